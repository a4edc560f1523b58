"""One server's parts, put together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from deep_photo_enhancer.enhancement.models import DEFAULT, known_models, load_model
from deep_photo_enhancer.errors import ModelError
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
    """Model files beside the bundled ones and the user's own, by name; the first is the default."""
    output: Path | None = None
    """The folder that the page may save into."""


class Server:
    """What the routes share."""

    def __init__(self, settings: Settings, folder: PrivateFolder) -> None:
        """ModelError for a model that cannot be used."""
        self.access, self.limits, self.output = settings.access, settings.limits, settings.output
        self.saving = asyncio.Lock()
        """Held by the one who writes into `output`."""
        self.metrics = Metrics()
        self.folder = folder
        self.pages = Pages(self.limits)
        self.default = next(iter(settings.models), DEFAULT)
        self.files: dict[str, Path] = {}
        self._descriptions: dict[str, str] = {}
        for name, path in settings.models.items():
            self.add_model(name, path)
        for name, path in known_models().items():
            with suppress(ModelError):  # a damaged one of the user's own: `dpe models` says so
                self.add_model(name, path)
        self.workers = Workers(self.limits, self.files, self.default, folder.path, self.metrics)

    def add_model(self, name: str, path: Path) -> None:
        """Offer one more. ModelError when it cannot be used; a name that is taken stays whose it is."""
        if name not in self.files:
            self._descriptions[name] = load_model(path).description
            self.files[name] = path

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
