"""Seconds an image and peak memory of a two-way A-WGAN's training step on the CPU, ours and a plain one of the same mathematics.

python -m benchmarks.gan_step [--image-size 256 512] [--threads 1] [--steps 3] [--rounds 3]

A step is one update of the critics and one of the generators, with individual batch norm, on random photos a quarter of whose
square is padding. The plain one is written below as the step is usually written. Before anything is timed, both must give the
same losses from the same weights. Every figure comes from processes of its own, all variants in turn; their median is shown.
"""

import argparse
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from unittest.mock import patch

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.machine import machine
from deep_photo_enhancer.system.memory import keep_freed_memory
from deep_photo_enhancer.system.text import table
from deep_photo_enhancer.training.config import GanConfig, OptimiserConfig, TrainConfig
from deep_photo_enhancer.training.data.config import DataConfig
from deep_photo_enhancer.training.distributed import Processes
from deep_photo_enhancer.training.gan import GAN, mirror_padding
from deep_photo_enhancer.training.losses.content import masked_mse
from deep_photo_enhancer.training.method import TrainingContext
from deep_photo_enhancer.training.networks.config import NetworkConfig, Norms
from deep_photo_enhancer.training.networks.critic import SLOPE
from deep_photo_enhancer.training.networks.layers import SELU_ALPHA, SELU_SCALE

BATCH = {128: 4, 256: 4, 512: 2}
GAN_CONFIG = GanConfig(critic_steps=1, penalty_window=50, penalty_floor=0)
RATE = 1e-4
VARIANTS = ("plain", "plain, freed memory kept", "plain, also channels last", "ours")
AGREEMENT = 1e-9
"""Largest relative difference of the losses, whose sums run in another order."""


class PlainConv(nn.Conv2d):
    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int = 1) -> None:
        super().__init__(channels_in, channels_out, kernel, stride)

    def forward(self, features: Tensor) -> Tensor:
        border = self.kernel_size[0] // 2
        features = torch.cat([features[..., :border].flip(-1), features, features[..., -border:].flip(-1)], -1)
        features = torch.cat([features[..., :border, :].flip(-2), features, features[..., -border:, :].flip(-2)], -2)
        return super().forward(features)


class PlainBlock(nn.Module):
    """A block of the generator; `norm_first` in the decoder."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int = 3, stride: int = 1, norm_first: bool = False) -> None:
        super().__init__()
        self.norm_first = norm_first
        self.conv = PlainConv(channels_in, channels_out, kernel, stride)
        normed = channels_in if norm_first else channels_out
        self.norm = nn.ModuleDict({"real": nn.BatchNorm2d(normed), "generated": nn.BatchNorm2d(normed)})

    def forward(self, features: Tensor, norms: Norms) -> Tensor | tuple[Tensor, Tensor]:
        """Of an encoder's block also what its convolution gives: the skip connection."""
        if self.norm_first:
            result: Tensor = self.conv(self.norm[norms](plain_selu(features)))
            return result
        convolved = self.conv(features)
        return convolved, self.norm[norms](plain_selu(convolved))


def plain_selu(features: Tensor) -> Tensor:
    return SELU_SCALE * F.elu(features, SELU_ALPHA)


class PlainGenerator(nn.Module):
    """The global U-Net; its weights have the names of networks/global_unet.py."""

    def __init__(self, image_size: int) -> None:
        super().__init__()
        for i, (channels_in, channels_out) in enumerate([(3, 16), (16, 32), (32, 64), (64, 128), (128, 128)], 1):
            kernel, stride = (3, 1) if i == 1 else (5, 2)
            self.add_module(f"encoder{i}", PlainBlock(channels_in, channels_out, kernel, stride))
        self.local = PlainConv(128, 128, 3)
        self.global_features = nn.ModuleDict(
            {
                "conv1": PlainBlock(128, 128, 5, 2),
                "conv2": PlainBlock(128, 128, 5, 2),
                "fully_connected1": nn.Conv2d(128, 128, image_size // 64),
                "fully_connected2": nn.Conv2d(128, 128, 1),
            }
        )
        self.fuse = nn.Conv2d(256, 128, 1)
        for i, (channels_in, channels_out) in enumerate([(128, 128), (256, 128), (192, 64), (96, 32), (48, 16), (16, 3)], 1):
            self.add_module(f"decoder{i}", PlainBlock(channels_in, channels_out, norm_first=True))

    def forward(self, x: Tensor, norms: Norms = "real") -> Tensor:
        features, skips = x, []
        for i in range(1, 6):
            skip, features = self.get_submodule(f"encoder{i}")(features, norms)
            skips.append(skip)
        layers = self.global_features
        g = plain_selu(layers["fully_connected1"](layers["conv2"](layers["conv1"](features, norms)[1], norms)[1]))
        g = layers["fully_connected2"](g).expand(-1, -1, *features.shape[2:])
        features = self.fuse(torch.cat([self.local(features), g], 1))
        for i in range(1, 7):
            features = self.get_submodule(f"decoder{i}")(features, norms)
            if i < 5:
                features = torch.cat([F.interpolate(features, scale_factor=2), skips[4 - i]], 1)
        return x + features


class PlainCriticBlock(nn.Module):
    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.conv = PlainConv(channels_in, channels_out, kernel, stride)
        self.norm = nn.InstanceNorm2d(channels_out, affine=True)

    def forward(self, features: Tensor) -> Tensor:
        normed: Tensor = self.norm(F.leaky_relu(self.conv(features), SLOPE))
        return normed


class PlainCritic(nn.Module):
    def __init__(self, image_size: int) -> None:
        super().__init__()
        channels = [(16, 32), (32, 64), (64, 128), (128, 128), (128, 128)]
        self.blocks = nn.Sequential(PlainCriticBlock(3, 16, 3, 1), *[PlainCriticBlock(*pair, 5, 2) for pair in channels])
        self.fully_connected = nn.Linear(128 * (image_size // 32) ** 2, 1)

    def forward(self, photos: Tensor) -> Tensor:
        scores: Tensor = self.fully_connected(self.blocks(photos).flatten(1))
        return scores


class PlainGAN:
    """The two-way A-WGAN with the weights of `gan`. lambda stays as it is: the adaptive one does not move in 49 steps."""

    def __init__(self, gan: GAN, image_size: int, layout: torch.memory_format) -> None:
        self.layout = layout
        self.g_x, self.g_y = PlainGenerator(image_size), PlainGenerator(image_size)
        self.d_y, self.d_x = PlainCritic(image_size), PlainCritic(image_size)
        networks = (self.g_x, self.g_y, self.d_y, self.d_x)
        for network, same in zip(networks, gan.networks.values(), strict=True):
            network.load_state_dict(same.state_dict())
            network.to(memory_format=layout)  # type: ignore[call-overload]
        self.optimiser, self.critic_optimiser = (
            torch.optim.Adam([*first.parameters(), *second.parameters()], lr=RATE)
            for first, second in (networks[:2], networks[2:])
        )

    def update(self, batch: list[Tensor], random: torch.Generator) -> dict[str, float]:
        x, mask_x, y, mask_y = (part.contiguous(memory_format=self.layout) for part in batch)
        with torch.no_grad():
            y_fake, x_fake = self.padded(self.g_x(x), mask_x), self.padded(self.g_y(y), mask_y)
        critic = critic_loss(self.d_y, y, y_fake, random) + critic_loss(self.d_x, x, x_fake, random)
        self.critic_optimiser.zero_grad()
        critic.backward()
        self.critic_optimiser.step()

        y_fake, x_fake = self.padded(self.g_x(x), mask_x), self.padded(self.g_y(y), mask_y)
        x_cycled, y_cycled = self.g_y(y_fake.clamp(0, 1), "generated"), self.g_x(x_fake.clamp(0, 1), "generated")
        adversarial = -self.d_y(y_fake).mean() - self.d_x(x_fake).mean()
        identity = masked_mse(y_fake, x, mask_x) + masked_mse(x_fake, y, mask_y)
        cycle = masked_mse(x_cycled, x, mask_x) + masked_mse(y_cycled, y, mask_y)
        total = adversarial + GAN_CONFIG.alpha * identity + 10 * GAN_CONFIG.alpha * cycle
        self.optimiser.zero_grad()
        total.backward()
        self.optimiser.step()
        losses = {"critic": critic, "adversarial": adversarial, "identity": identity, "cycle": cycle, "generator": total}
        return {name: loss.item() for name, loss in losses.items()}

    def padded(self, photos: Tensor, mask: Tensor) -> Tensor:
        return mirror_padding(photos, mask).contiguous(memory_format=self.layout)


def critic_loss(critic: PlainCritic, real: Tensor, generated: Tensor, random: torch.Generator) -> Tensor:
    adversarial = critic(generated).mean() - critic(real).mean()
    place = torch.rand(len(real), 1, 1, 1, generator=random)
    points = (real + place * (generated - real)).requires_grad_()
    (gradients,) = torch.autograd.grad(critic(points).sum(), points, create_graph=True)
    penalty = torch.relu(gradients.flatten(1).norm(dim=1) - 1).mean()
    result: Tensor = adversarial + GAN_CONFIG.penalty_weight * penalty
    return result


def our_gan(image_size: int) -> GAN:
    config = TrainConfig(
        data=DataConfig(labels=("none",)),
        method="two_way",
        network=NetworkConfig(image_size, individual_batch_norm=True),
        optimiser=OptimiserConfig(learning_rate=RATE),
        gan=GAN_CONFIG,
    )
    torch.manual_seed(0)
    return GAN(TrainingContext(config, torch.device("cpu"), Processes(), torch.amp.GradScaler("cpu", enabled=False)))


def random_batch(image_size: int, batch: int) -> list[Tensor]:
    """x, its mask, y, its mask, as training takes them."""
    mask = torch.zeros(batch, 1, image_size, image_size)
    mask[..., : image_size * 3 // 4, :] = 1
    x, y = (mirror_padding(torch.rand(batch, 3, image_size, image_size), mask).contiguous() for _ in "xy")
    return [x, mask, y, mask]


def check_agreement() -> None:
    """In double precision, both must give the same losses step after step from the same weights."""
    torch.set_default_dtype(torch.float64)
    with patch.object(Tensor, "float", Tensor.double):  # ours makes the generators' photos float32 for the critics
        gan = our_gan(64)
        plain = PlainGAN(gan, 64, torch.contiguous_format)
        for step in range(3):
            batch = random_batch(64, 2)
            losses = gan.update([batch], step, RATE)
            for name, loss in plain.update(batch, gan._random(step, 0)).items():
                assert abs(loss - losses[name]) <= AGREEMENT * abs(loss), f"step {step}: {name} is {loss} and {losses[name]}"
    torch.set_default_dtype(torch.float32)


def measure(variant: str, image_size: int, threads: int, steps: int) -> tuple[float, float]:
    """Median seconds an image of the steps after the first one, and this process's peak memory in MB."""
    if variant != "plain":
        keep_freed_memory()
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    gan = our_gan(image_size)
    layout = torch.channels_last if "channels last" in variant else torch.contiguous_format
    plain = None if variant == "ours" else PlainGAN(gan, image_size, layout)
    seconds = []
    for step in range(steps + 1):
        batch = random_batch(image_size, BATCH[image_size])
        start = time.perf_counter()
        if plain is None:
            gan.update([batch], step, RATE)
        else:
            plain.update(batch, torch.Generator().manual_seed(step))
        seconds.append((time.perf_counter() - start) / BATCH[image_size])
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    return statistics.median(seconds[1:]), peak / 1024


def in_its_own_process(*arguments: str | int) -> tuple[float, float]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure, *arguments).result()  # type: ignore[arg-type]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--image-size", type=int, nargs="+", choices=BATCH, default=[256, 512])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=3, help="timed in each process, after one that is not")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    check_agreement()
    print(f"{machine()}, torch {torch.__version__}")
    print(f"{arguments.threads} threads; medians of {arguments.rounds} processes of {arguments.steps} steps each\n")
    rows, parts = [], []
    for size in arguments.image_size:
        measured: dict[str, list[tuple[float, float]]] = {variant: [] for variant in VARIANTS}
        for _ in range(arguments.rounds):
            for variant, figures in measured.items():
                figures.append(in_its_own_process(variant, size, arguments.threads, arguments.steps))
        seconds, peaks = (
            {variant: statistics.median(each[i] for each in figures) for variant, figures in measured.items()} for i in (0, 1)
        )
        plain, ours = seconds["plain"], seconds["ours"]
        cells = [f"{size}", f"{BATCH[size]}", f"{plain:.2f}", f"{ours:.2f}", f"{plain / ours:.2f}"]
        rows.append([*cells, f"{peaks['plain']:.0f}", f"{peaks['ours']:.0f}"])
        parts += [[f"{size}", variant, f"{seconds[variant]:.2f}", f"{peaks[variant]:.0f}"] for variant in VARIANTS]
    print(table(["S", "batch", "plain s/image", "ours s/image", "ratio", "plain peak MB", "ours peak MB"], rows))
    print(f"\nPart by part:\n\n{table(['S', 'step', 's/image', 'peak MB'], parts)}")


if __name__ == "__main__":
    main()
