"""One server's parts, put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deep_photo_enhancer.enhancement.models import DEFAULT, bundled_models, load_model
from deep_photo_enhancer.web.access import Access
from deep_photo_enhancer.web.limits import Limits
from deep_photo_enhancer.web.metrics import Metrics
from deep_photo_enhancer.web.pages import Pages
from deep_photo_enhancer.web.pool import Workers
from deep_photo_enhancer.web.private import PrivateFolder
from deep_photo_enhancer.web.problems import Problem


@dataclass(frozen=True)
class Settings:
    """What a server is started with."""

    access: Access
    limits: Limits = field(default_factory=Limits)
    models: Mapping[str, Path] = field(default_factory=dict)
    """Model files beside the bundled ones, by name; the first is the default."""
    output: Path | None = None
    """The folder that the page may save into."""


class Server:
    """What the routes share."""

    def __init__(self, settings: Settings, folder: PrivateFolder) -> None:
        """ModelError for a model that cannot be used."""
        self.access, self.limits, self.output = settings.access, settings.limits, settings.output
        self.metrics = Metrics()
        self.folder = folder
        self.pages = Pages(self.limits)
        self.files = {**settings.models, **bundled_models()}
        self.default = next(iter(settings.models), DEFAULT)
        self._descriptions = {name: load_model(path).description for name, path in self.files.items()}
        self.workers = Workers(self.limits, self.files, self.default, folder.path, self.metrics)

    def models(self) -> list[tuple[str, str]]:
        """Names and descriptions, the default first."""
        return list(self._descriptions.items())

    def check_model(self, name: str) -> None:
        """Problem 400 for a name that is none."""
        if name not in self.files:
            raise Problem(400, f"model: {name} is none of {', '.join(self.files)}.")

    def gauges(self) -> dict[str, tuple[str, float]]:
        """What is so just now, for the metrics."""
        return {
            "dpe_workers_busy": ("Workers at work.", self.workers.busy),
            "dpe_tasks_waiting": ("Tasks without a worker.", self.workers.waiting),
            "dpe_pages": ("Browsers that are here.", len(self.pages)),
        }
