"""Many photos: which file goes where, and a line for each that fails while the others go on."""

from deep_photo_enhancer.enhancement.batch.existing import is_done
from deep_photo_enhancer.enhancement.batch.job import Existing, Job, JobOptions, Outcome, State, Status
from deep_photo_enhancer.enhancement.batch.plan import Plan
from deep_photo_enhancer.enhancement.batch.records import Records
from deep_photo_enhancer.enhancement.batch.report import Report
from deep_photo_enhancer.enhancement.batch.run import COMPARE_SIDE, run_job, run_jobs, side_by_side
from deep_photo_enhancer.enhancement.batch.watch import watch

__all__ = [
    "COMPARE_SIDE",
    "Existing",
    "Job",
    "JobOptions",
    "Outcome",
    "Plan",
    "Records",
    "Report",
    "State",
    "Status",
    "is_done",
    "run_job",
    "run_jobs",
    "side_by_side",
    "watch",
]
