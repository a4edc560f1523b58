"""The loop of all training: steps, reports, checkpoints. What a step does is the method's (supervised.py, gan.py)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from threading import Event

import numpy as np
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, update_bn

from deep_photo_enhancer.errors import DivergenceError, TrainingError
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.system.memory import keep_freed_memory
from deep_photo_enhancer.system.signals import stop_signals
from deep_photo_enhancer.training.checkpoint import (
    ENHANCER,
    Checkpoint,
    has_checkpoint,
    load_checkpoint,
    optimiser_tensors,
    restore_optimiser,
    save_checkpoint,
)
from deep_photo_enhancer.training.config import OptimiserConfig, TrainConfig, differing_settings
from deep_photo_enhancer.training.data.pairs import Validation
from deep_photo_enhancer.training.distributed import Processes, find_device, join_processes, leave_processes
from deep_photo_enhancer.training.gan import GAN
from deep_photo_enhancer.training.log import Results, RunLog
from deep_photo_enhancer.training.method import Batch, Method, TrainingContext
from deep_photo_enhancer.training.metrics.look_distance import look_distance
from deep_photo_enhancer.training.metrics.quality import psnr, ssim
from deep_photo_enhancer.training.networks.build import build_network
from deep_photo_enhancer.training.networks.config import enhancer_config
from deep_photo_enhancer.training.networks.generator import Generator, enhancer_weights
from deep_photo_enhancer.training.prediction import predict
from deep_photo_enhancer.training.start import Start, load_start
from deep_photo_enhancer.training.stream import batches
from deep_photo_enhancer.training.supervised import Supervised

OpenLog = Callable[[Path, int, int], RunLog]
"""Opens a run's log: the run's folder, the first step, the number of steps."""
SAMPLES = 6
"""Validation photos in each sample picture."""


def train(config: TrainConfig, resume: bool = False) -> Path:
    """Train as `config` says and return the run's folder. TrainingError when it cannot go on; DataError on bad photos."""
    run = Path(config.run)
    if resume:
        checkpoint = load_checkpoint(run)
        if differing := differing_settings(checkpoint.config, config):
            raise TrainingError(
                f"{run}: was started with other settings of {', '.join(differing)}; resume it with the same, "
                "or begin a new run from it: --set run=... --set start_from=..."
            )
        return run_training(config, checkpoint)
    if has_checkpoint(run):
        raise TrainingError(f"{run}: holds a run already; continue it with --resume, or choose another folder: --set run=...")
    return run_training(config, None)


def run_training(config: TrainConfig, checkpoint: Checkpoint | None, open_log: OpenLog = RunLog) -> Path:
    """Train, from a checkpoint of the same run where there is one. open_log: what keeps and says the reports."""
    keep_freed_memory()
    torch.set_flush_denormal(True)
    if config.machine.threads:
        torch.set_num_threads(config.machine.threads)
    processes = join_processes(config.machine.device)
    try:
        trainer = Trainer(config, processes)
        if checkpoint is not None:
            trainer.restore(checkpoint)
        elif config.start_from is not None:
            trainer.start(load_start(config.start_from, config.start_strength))
        with stop_signals("stopping after this step; Ctrl-C again ends at once") as stop:
            trainer.fit(stop, open_log)
    finally:
        leave_processes(processes)
    return Path(config.run)


class Trainer:
    """One run: a method, its data, the average. Everything that it does depends on the configuration and the step alone."""

    def __init__(self, config: TrainConfig, processes: Processes) -> None:
        self.config = config
        self.processes = processes
        self.run = Path(config.run)
        self.step = 0
        self.device = find_device(config.machine.device, processes)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=config.machine.precision == "fp16")

        torch.manual_seed(config.seed)
        self.method = build_method(TrainingContext(config, self.device, processes, self.scaler))
        self.average = None
        if config.optimiser.average:
            self.average = AveragedModel(self.method.generator, multi_avg_fn=get_ema_multi_avg_fn(config.optimiser.average))

        batches_seen = config.optimiser.steps * self.method.batches_a_step
        self.samples, self.validation = self.method.open_data(batches_seen * config.optimiser.batch_size * processes.count)

    def fit(self, stop: Event, open_log: OpenLog = RunLog) -> None:
        """Train to the last step, or until asked to stop: then a checkpoint is written."""
        settings, batches_a_step = self.config.optimiser, self.method.batches_a_step
        stream = batches(
            self.samples,
            self.step * batches_a_step,
            settings.steps * batches_a_step,
            settings.batch_size,
            self.processes,
            self.config.machine.workers,
        )
        log = open_log(self.run, self.step, settings.steps) if self.processes.leads else None
        if log:
            log.say(f"training on {self.device}: {self.samples.photos_used} photos, {len(self.validation.y)} for validation")
            if self.step == 0 and log.is_due(0, self.config.log_every):
                self._report(log, dict.fromkeys(self.method.loss_names, float("nan")), float("nan"))
        losses: list[dict[str, float]] = []
        since = time.monotonic()
        while self.step < settings.steps and not self._anyone_asked(stop):
            of_step = self.update(islice(stream, batches_a_step))
            if log is None:
                continue
            losses.append(of_step)
            log.step()
            if log.is_due(self.step, self.config.log_every) or self.step == settings.steps:
                seen = len(losses) * settings.batch_size * batches_a_step * self.processes.count
                self._report(log, _means(losses), seen / (time.monotonic() - since))
                losses, since = [], time.monotonic()
        if log:
            if self.step < settings.steps:
                log.say(f"stopped at step {self.step}; resuming continues from {self.save(self.build_enhancer())}")
            log.close()

    def update(self, batches: Iterable[Batch]) -> dict[str, float]:
        """One step of the method; returns its losses."""
        losses = self.method.update(batches, self.step, learning_rate(self.step, self.config.optimiser))
        if self.average is not None:
            self.average.update_parameters(self.method.generator)
        self.step += 1
        return losses

    def save(self, enhancer: Generator) -> Path:
        """Write a checkpoint. TrainingError instead when weights are no longer finite."""
        networks = self.method.networks
        if not all(bool(torch.isfinite(weights).all()) for network in networks.values() for weights in network.parameters()):
            raise DivergenceError(f"{self.run}: the weights are no longer finite at step {self.step}; {self.method.advice}")
        tensors = {name: dict(network.state_dict()) for name, network in networks.items()}
        tensors |= {name: optimiser_tensors(optimiser) for name, optimiser in self.method.optimisers.items()}
        if self.average is not None:
            tensors["average"] = dict(self.average.module.state_dict())
            tensors["average_count"] = {"n_averaged": self.average.n_averaged}
        tensors[ENHANCER] = dict(enhancer.state_dict())
        state = {"scaler": self.scaler.state_dict(), "method": self.method.state()}
        return save_checkpoint(Checkpoint(self.step, self.config.to_dict(), tensors, state), self.run)

    def start(self, start: Start) -> None:
        """Begin with the weights of a trained generator. TrainingError when they do not fit."""
        self.method.start(start)
        if self.average is not None:
            self.average.module.load_state_dict(self.method.generator.state_dict())

    def restore(self, checkpoint: Checkpoint) -> None:
        """Continue from a checkpoint of the same run."""
        for name, network in self.method.networks.items():
            network.load_state_dict(checkpoint.tensors[name])
        for name, optimiser in self.method.optimisers.items():
            restore_optimiser(optimiser, checkpoint.tensors[name])
        if self.average is not None:
            self.average.module.load_state_dict(checkpoint.tensors["average"])
            self.average.n_averaged.copy_(checkpoint.tensors["average_count"]["n_averaged"])
        self.scaler.load_state_dict(checkpoint.state["scaler"])
        self.method.restore(checkpoint.state["method"])
        self.step = checkpoint.step

    def _report(self, log: RunLog, losses: dict[str, float], speed: float) -> None:
        enhancer = self.build_enhancer()
        y_fake = [predict(enhancer, x, self.device) for x in self.validation.x]
        figures = losses | self.method.figures() | _quality(y_fake, self.validation)
        if not self.config.kind.is_supervised:
            figures["ssim_to_x"] = float(np.mean([ssim(*pair) for pair in zip(y_fake, self.validation.x, strict=True)]))
        rate = self.method.optimisers["optimiser"].param_groups[0]["lr"]
        log.line({"step": self.step, **figures, "images_per_second": speed, "learning_rate": rate})
        log.show(
            Results(
                self.step,
                rows=lambda: self.method.sample_rows(self.validation, y_fake[:SAMPLES]),
                enhance=lambda x: predict(enhancer, x, self.device),
            )
        )
        if self.step:
            self.save(enhancer)

    def build_enhancer(self) -> Generator:
        """The enhancer as it is validated and exported: G_X or its average, its batch norms measured on fresh batches.

        With several processes it is built in the leading one, from its own batches: what the others' batch norms saw is not used.
        """
        trained = self.average.module if self.average is not None else self.method.generator
        enhancer = build_network(enhancer_config(self.config.network))
        enhancer.load_state_dict(enhancer_weights(trained.state_dict()))
        enhancer.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        update_bn(self.method.calibration_inputs(self._first_batches(self.config.recalibrate)), enhancer, self.device)
        return enhancer.eval()

    def _first_batches(self, count: int) -> Iterator[Batch]:
        """The run's first batches; the same in every process."""
        size = self.config.optimiser.batch_size
        for i in range(count):
            yield [torch.stack(parts) for parts in zip(*(self.samples[n] for n in range(i * size, (i + 1) * size)), strict=True)]

    def _anyone_asked(self, stop: Event) -> bool:
        """Whether the run was asked to stop in any of its processes: all must leave at the same step."""
        return self.processes.total([float(stop.is_set())], self.device)[0] > 0


def build_method(context: TrainingContext) -> Method:
    """The method of the context's configuration, with first weights."""
    return Supervised(context) if context.config.kind.is_supervised else GAN(context)


def _means(losses: list[dict[str, float]]) -> dict[str, float]:
    """Of the steps that have the figure; nan where none has."""
    columns = {name: [each[name] for each in losses if not np.isnan(each[name])] for name in losses[0]}
    return {name: float(np.mean(column)) if column else float("nan") for name, column in columns.items()}


def _quality(y_fake: list[Pixels], validation: Validation) -> dict[str, float]:
    """Distance of the results' look from the labels', and where these are pairs, PSNR and SSIM."""
    figures = {"look_distance": look_distance(y_fake, validation.y)}
    if validation.paired:
        pairs = list(zip(y_fake, validation.y, strict=True))
        figures["psnr"] = float(np.mean([psnr(*pair) for pair in pairs]))
        figures["ssim"] = float(np.mean([ssim(*pair) for pair in pairs]))
    return figures


def learning_rate(step: int, config: OptimiserConfig) -> float:
    """Constant in the first half, then linear to 0 after the last step (Section 6 of the paper). step counts from 0."""
    left = (config.steps - step) / (config.steps - config.steps // 2)
    return config.learning_rate * min(1.0, left)
