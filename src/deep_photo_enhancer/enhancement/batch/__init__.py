"""Many photos: which file goes where, and a line for each that fails while the others go on."""

from deep_photo_enhancer.enhancement.batch.compare import COMPARE_SIDE, side_by_side
from deep_photo_enhancer.enhancement.batch.job import Existing, Job, Outcome, Status
from deep_photo_enhancer.enhancement.batch.plan import Plan
from deep_photo_enhancer.enhancement.batch.report import Report
from deep_photo_enhancer.enhancement.batch.run import Treatment, is_done, run_job, run_jobs
from deep_photo_enhancer.enhancement.batch.watch import watch

__all__ = [
    "COMPARE_SIDE",
    "Existing",
    "Job",
    "Outcome",
    "Plan",
    "Report",
    "Status",
    "Treatment",
    "is_done",
    "run_job",
    "run_jobs",
    "side_by_side",
    "watch",
]
