"""Supervised training: y_fake = G(x) is drawn towards y."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, update_bn

from deep_photo_enhancer.data.files import Pixels
from deep_photo_enhancer.data.pairs import Batch, TrainingPairs, load_photos, to_sample, validation_pairs
from deep_photo_enhancer.errors import TrainingError
from deep_photo_enhancer.evaluation.metrics import psnr, ssim
from deep_photo_enhancer.losses import masked_mse
from deep_photo_enhancer.networks.global_unet import GlobalUNet
from deep_photo_enhancer.training.checkpoint import (
    Checkpoint,
    load_checkpoint,
    optimiser_tensors,
    restore_optimiser,
    save_checkpoint,
)
from deep_photo_enhancer.training.config import OptimiserConfig, TrainConfig, differing_settings
from deep_photo_enhancer.training.distributed import Processes, join_processes, leave_processes, share_gradients
from deep_photo_enhancer.training.log import RunLog
from deep_photo_enhancer.training.memory import keep_freed_memory
from deep_photo_enhancer.training.start import start_weights
from deep_photo_enhancer.training.stream import batches

SAMPLES = 6
"""Validation photos in each sample picture."""

ADVICE = (
    "the last good checkpoint is kept: start from it with a lower learning rate "
    "(--set start_from=... --set optimiser.learning_rate=...)"
)


def train(config: TrainConfig, resume: bool = False) -> Path:
    """Train as `config` says and return the run's folder. TrainingError when it cannot go on; DataError on bad photos."""
    keep_freed_memory()
    torch.set_flush_denormal(True)
    if config.machine.threads:
        torch.set_num_threads(config.machine.threads)
    run = Path(config.run)
    if not resume and (run / "checkpoints").exists():
        raise TrainingError(f"{run}: holds a run already; continue it with --resume, or choose another folder: --set run=...")
    processes = join_processes(config.machine.device)
    try:
        trainer = Trainer(config, processes)
        if resume:
            trainer.restore(load_checkpoint(run))
        elif config.start_from is not None:
            trainer.start(load_checkpoint(Path(config.start_from)))
        with _stop_signals() as stop:
            trainer.fit(stop)
    finally:
        leave_processes(processes)
    return run


class StopRequest:
    """Whether somebody asked the run to stop after the current step."""

    requested = False


class Trainer:
    """One run: network, optimiser, average, data. Everything that it does depends on the configuration and the step alone."""

    def __init__(self, config: TrainConfig, processes: Processes) -> None:
        self.config = config
        self.processes = processes
        self.run = Path(config.run)
        self.step = 0
        self.device = _device(config.machine.device, processes)
        self.autocast_type = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[config.machine.precision]

        size = config.network.image_size
        training, validation = load_photos(config.data, size)
        pairs_seen = config.optimiser.steps * config.optimiser.accumulate * config.optimiser.batch_size * processes.count
        self.pairs = TrainingPairs(training, config.data, size, config.seed, length=pairs_seen)
        self.validation = validation_pairs(validation, config.data.flattening, size, config.seed)

        torch.manual_seed(config.seed)
        network = GlobalUNet(config.network)
        self.network = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=config.optimiser.learning_rate)
        self.average = None
        if config.optimiser.average:
            self.average = AveragedModel(self.network, multi_avg_fn=get_ema_multi_avg_fn(config.optimiser.average))
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=config.machine.precision == "fp16")
        self.forward = share_gradients(self.network, self.device, processes)

    def fit(self, stop: StopRequest) -> None:
        """Train to the last step, or until asked to stop: then a checkpoint is written."""
        settings = self.config.optimiser
        stream = batches(
            self.pairs,
            self.step * settings.accumulate,
            settings.steps * settings.accumulate,
            settings.batch_size,
            self.processes,
            self.config.machine.workers,
        )
        log = RunLog(self.run, self.step, settings.steps) if self.processes.leads else None
        if log:
            log.say(f"training on {self.device}: {len(self.pairs.photos.y)} photos, {len(self.validation)} for validation")
        losses: list[float] = []
        since = time.monotonic()
        while self.step < settings.steps and not self._anyone_asked(stop):
            losses.append(self.update([next(stream) for _ in range(settings.accumulate)]))
            if log:
                log.step()
            if self.step % self.config.log_every == 0 or self.step == settings.steps:
                seen = len(losses) * settings.batch_size * settings.accumulate * self.processes.count
                speed = seen / (time.monotonic() - since)
                if log:
                    self._report(log, float(np.mean(losses)), speed)
                losses, since = [], time.monotonic()
        if log:
            if self.step < settings.steps:
                self.recalibrated()
                log.say(f"stopped at step {self.step}; continue with --resume: {self.save()}")
            log.close()

    def update(self, passes: list[Batch]) -> float:
        """One update of the weights from the gradients of all passes; returns the loss, a mean over passes and processes."""
        self.network.train()
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.step, self.config.optimiser)
        self.optimiser.zero_grad(set_to_none=True)
        total = 0.0
        for i, batch in enumerate(passes):
            is_last = i == len(passes) - 1
            with contextlib.nullcontext() if is_last else self._without_sharing():
                loss = self._loss(batch) / len(passes)
                self.scaler.scale(loss).backward()
            total += loss.item() / self.processes.count
        total = self.processes.total([total], self.device)[0]
        if not np.isfinite(total):
            raise TrainingError(f"{self.run}: the loss is {total} at step {self.step + 1}; {ADVICE}")
        self.scaler.step(self.optimiser)
        self.scaler.update()
        if self.average is not None:
            self.average.update_parameters(self.network)
        self.step += 1
        return total

    def save(self) -> Path:
        """Write a checkpoint. TrainingError instead when the weights are no longer finite."""
        if not all(bool(torch.isfinite(parameter).all()) for parameter in self.network.parameters()):
            raise TrainingError(f"{self.run}: the weights are no longer finite at step {self.step}; {ADVICE}")
        tensors = {"model": dict(self.network.state_dict()), "optimiser": optimiser_tensors(self.optimiser)}
        if self.average is not None:
            tensors["average"] = dict(self.average.module.state_dict())
            tensors["average_count"] = {"n_averaged": self.average.n_averaged}
        return save_checkpoint(Checkpoint(self.step, self.config.to_dict(), tensors, self.scaler.state_dict()), self.run)

    def start(self, checkpoint: Checkpoint) -> None:
        """Begin with the weights of another run. TrainingError when they do not fit."""
        weights = start_weights(checkpoint, self.config.network)
        self.network.load_state_dict(weights)
        if self.average is not None:
            self.average.module.load_state_dict(weights)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Continue from a checkpoint of the same recipe. TrainingError names the settings that differ."""
        if differing := differing_settings(checkpoint.config, self.config):
            raise TrainingError(
                f"{self.run}: was started with other settings of {', '.join(differing)}; resume it with the same, "
                "or begin a new run from it: --set run=... --set start_from=..."
            )
        self.network.load_state_dict(checkpoint.tensors["model"])
        restore_optimiser(self.optimiser, checkpoint.tensors["optimiser"])
        if self.average is not None:
            self.average.module.load_state_dict(checkpoint.tensors["average"])
            self.average.n_averaged.copy_(checkpoint.tensors["average_count"]["n_averaged"])
        self.scaler.load_state_dict(checkpoint.scaler)
        self.step = checkpoint.step

    def _report(self, log: RunLog, loss: float, speed: float) -> None:
        network = self.recalibrated()
        y_fake = [predict(network, x, self.config.network.image_size, self.device) for x, _ in self.validation]
        log.line(
            {
                "step": self.step,
                "loss": loss,
                "psnr": float(np.mean([psnr(out, y) for out, (_, y) in zip(y_fake, self.validation, strict=True)])),
                "ssim": float(np.mean([ssim(out, y) for out, (_, y) in zip(y_fake, self.validation, strict=True)])),
                "images_per_second": speed,
                "learning_rate": learning_rate(self.step - 1, self.config.optimiser),
            }
        )
        shown = list(zip(self.validation, y_fake, strict=True))[:SAMPLES]
        log.picture(f"{self.step:08d}", [[x, out, y] for (x, y), out in shown])
        self.save()

    def recalibrated(self) -> nn.Module:
        """The network that is validated and exported (the average, if kept), its batch norms measured on fresh batches."""
        network: nn.Module = self.average.module if self.average is not None else self.network
        numbers = range(self.config.recalibrate)
        size = self.config.optimiser.batch_size
        inputs = (
            torch.stack([self.pairs[n][0] for n in range(i * size, (i + 1) * size)]).contiguous(memory_format=torch.channels_last)
            for i in numbers
        )
        update_bn(inputs, network, self.device)
        return network.eval()

    def _anyone_asked(self, stop: StopRequest) -> bool:
        """Whether the run was asked to stop in any of its processes: all must leave at the same step."""
        return self.processes.total([float(stop.requested)], self.device)[0] > 0

    def _loss(self, batch: Batch) -> Tensor:
        x, y, mask = (tensor.to(self.device, non_blocking=True) for tensor in batch)
        x = x.contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, self.autocast_type, enabled=self.autocast_type != torch.float32):
            y_fake = self.forward(x)
        return masked_mse(y_fake.float(), y, mask)

    def _without_sharing(self) -> contextlib.AbstractContextManager[None]:
        """Gradients of all but the last pass stay in their process."""
        no_sync = getattr(self.forward, "no_sync", contextlib.nullcontext)
        context: contextlib.AbstractContextManager[None] = no_sync()
        return context


def learning_rate(step: int, config: OptimiserConfig) -> float:
    """Constant in the first half, then linear to 0 after the last step (Section 6 of the paper). step counts from 0."""
    left = (config.steps - step) / (config.steps - config.steps // 2)
    return config.learning_rate * min(1.0, left)


@torch.no_grad()
def predict(network: nn.Module, x: Pixels, image_size: int, device: torch.device) -> Pixels:
    """y_fake for a photo whose long side is S: padded, enhanced, cropped, clipped. (H, W, 3), uint8."""
    planes, _, _ = to_sample(x, x, image_size)
    y_fake = network(planes[None].to(device))[0].cpu().numpy().transpose(1, 2, 0)  # (1, 3, S, S) -> (S, S, 3)
    cropped: Pixels = (np.clip(y_fake[: x.shape[0], : x.shape[1]], 0, 1) * 255 + 0.5).astype(np.uint8)
    return cropped


def _device(name: str, processes: Processes) -> torch.device:
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise TrainingError(f"machine.device {name}: no such device; use cpu, cuda or cuda:n") from error
    if device.type not in ("cpu", "cuda"):
        raise TrainingError(f"machine.device {name}: not supported; use cpu, cuda or cuda:n")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise TrainingError(
            f"machine.device {name}: this machine or this PyTorch has no such CUDA device; use --set machine.device=cpu"
        )
    if device.type == "cuda" and processes.count > 1:
        return torch.device("cuda", processes.local_rank)
    return device


@contextlib.contextmanager
def _stop_signals() -> Iterator[StopRequest]:
    """Ctrl-C and a polite kill end the run after the current step; a second Ctrl-C ends it at once."""
    stop = StopRequest()

    def request(_number: int, _frame: FrameType | None) -> None:
        if stop.requested:
            raise KeyboardInterrupt
        stop.requested = True
        print("stopping after this step; Ctrl-C again ends at once", file=sys.stderr, flush=True)

    before = {number: signal.signal(number, request) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
