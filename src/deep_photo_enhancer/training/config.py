"""A training run's configuration: frozen dataclasses, read from YAML, changed by `--set key=value`."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml

from deep_photo_enhancer.errors import ConfigError
from deep_photo_enhancer.training.data.config import DataConfig
from deep_photo_enhancer.training.losses.adversarial import OBJECTIVES
from deep_photo_enhancer.training.losses.content import DISTANCES, SUPERVISED_LOSSES
from deep_photo_enhancer.training.networks.config import NetworkConfig

Config = TypeVar("Config")


@dataclass(frozen=True)
class MethodKind:
    """What a way of training is made of; supervised.py and gan.py do the training."""

    critics: tuple[str, ...]
    """The domains whose photos have a critic: with D_Y goes G_X, with D_X goes G_Y. Without any, photos come in pairs."""

    @property
    def is_supervised(self) -> bool:
        return not self.critics

    @property
    def is_two_way(self) -> bool:
        return "x" in self.critics


METHODS = {
    "supervised": MethodKind(critics=()),
    "one_way": MethodKind(critics=("y",)),
    "two_way": MethodKind(critics=("y", "x")),
}
"""By the names that a recipe gives them."""


@dataclass(frozen=True)
class OptimiserConfig:
    """Adam, its learning rate constant in the first half and falling linearly to 0 in the second."""

    steps: int = 10_000
    """Updates of the weights."""
    batch_size: int = 8
    """Photos in one pass; with several processes, in each of them."""
    accumulate: int = 1
    """Passes whose gradients add up to one update."""
    learning_rate: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    """Adam's decay rates; GANs with a gradient penalty use (0.5, 0.9) or (0, 0.9)."""
    average: float = 0.0
    """Decay of the exponential moving average of the weights, for example 0.995; 0 keeps none."""

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "accumulate"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate must be above 0, not {self.learning_rate}")
        if not all(0 <= beta < 1 for beta in self.betas):
            raise ValueError(f"betas lie in [0, 1), not {self.betas}")
        if not 0 <= self.average < 1:
            raise ValueError(f"average lies in [0, 1), not {self.average}")


@dataclass(frozen=True)
class GanConfig:
    """How generators and critics learn from each other; the supervised method has no use for it."""

    objective: str = "a-wgan"
    """gan, lsgan, dragan, wgan-gp or a-wgan."""
    alpha: float = 1000.0
    """Weight of the identity loss; the cycle loss has ten times as much (Eq. 13)."""
    cycle_weight: float | None = None
    """Weight of the cycle loss, where it shall not be ten times alpha."""
    cycle: str = "mse"
    """What the cycle loss measures: mse (Eq. 6), or l1 as CycleGAN does (its Eq. 2)."""
    penalty_weight: float = 10.0
    """lambda, the gradient penalty's weight (Eq. 12); with a-wgan the value that it starts from."""
    penalty_floor: float = 1.5
    """a-wgan: lambda stays above this times the critic's mean gap, below which a linear penalty cannot hold it (ours); 0 is the
    paper's letter."""
    penalty_window: int | None = None
    """a-wgan: critic steps that lambda's mean norm is taken over; 50 is the paper's letter. None: 50 at its learning rate of
    1e-5, fewer at higher ones (ours)."""
    critic_steps: int = 5
    """Updates of the critics for one of the generators; 50 in the authors' code."""
    critic_learning_rate: float | None = None
    """Of the critics; none: that of the generators."""
    inverse_steps: int = 0
    """First steps of a run, in which G_Y alone learns to undo what G_X makes of x; for a G_X that starts trained."""
    warm_up: int = 0
    """Steps after those in which the critics alone learn, so that the generators first hear critics worth listening to."""
    critic: str = "paper"
    """paper: one score a photo; pooled: a mean over the photo's places, which learns light and colour sooner (ours); patch:
    CycleGAN's critic of overlapping patches of 70 x 70 pixels, for gan and lsgan."""
    critic_instance_norm: bool = True
    """The paper's critics; without instance norm they see exposure and colour much sooner. Pooled critics have none."""

    @property
    def preparing_steps(self) -> int:
        """First steps of a run that leave G_X as it is."""
        return self.inverse_steps + self.warm_up

    def __post_init__(self) -> None:
        if self.objective not in OBJECTIVES:
            raise ValueError(f"objective is one of {', '.join(OBJECTIVES)}, not {self.objective}")
        if not self.alpha >= 0:
            raise ValueError(f"alpha must be at least 0, not {self.alpha}")
        if self.cycle_weight is not None and not self.cycle_weight >= 0:
            raise ValueError(f"cycle_weight must be at least 0, not {self.cycle_weight}")
        if self.cycle not in DISTANCES:
            raise ValueError(f"cycle is {' or '.join(DISTANCES)}, not {self.cycle}")
        if self.critic not in ("paper", "pooled", "patch"):
            raise ValueError(f"critic is paper, pooled or patch, not {self.critic}")
        if self.critic == "patch" and OBJECTIVES[self.objective].penalty is not None:
            raise ValueError(f"critic patch has no one score whose gradient {self.objective} could punish; use gan or lsgan")
        if not self.penalty_weight > 0:
            raise ValueError(f"penalty_weight must be above 0, not {self.penalty_weight}")
        if not self.penalty_floor >= 0:
            raise ValueError(f"penalty_floor must be at least 0, not {self.penalty_floor}")
        if self.penalty_window is not None and self.penalty_window < 1:
            raise ValueError(f"penalty_window must be at least 1, not {self.penalty_window}")
        if self.critic_steps < 1:
            raise ValueError(f"critic_steps must be at least 1, not {self.critic_steps}")
        for name in ("inverse_steps", "warm_up"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be at least 0, not {getattr(self, name)}")
        if self.critic_learning_rate is not None and not self.critic_learning_rate > 0:
            raise ValueError(f"critic_learning_rate must be above 0, not {self.critic_learning_rate}")


@dataclass(frozen=True)
class MachineConfig:
    """Where and how the arithmetic is done."""

    device: str = "cpu"
    """cpu, cuda, cuda:n, or auto: CUDA where it works. The run's first line says which it is."""
    precision: str = "fp32"
    """fp32, or autocast to bf16 or fp16 (fp16 on CUDA only)."""
    threads: int = 0
    """Threads of the network on the CPU; 0 leaves PyTorch's own choice."""
    workers: int = 0
    """Processes that prepare photos, at most one a core; 0 prepares them between the steps."""

    def __post_init__(self) -> None:
        if self.precision not in ("fp32", "bf16", "fp16"):
            raise ValueError(f"precision is fp32, bf16 or fp16, not {self.precision}")
        if self.precision == "fp16" and not self.device.startswith("cuda"):
            raise ValueError("precision fp16 needs device cuda; use bf16 or fp32")
        for name in ("threads", "workers"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be at least 0, not {getattr(self, name)}")


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides what a run does; saved with every checkpoint."""

    data: DataConfig
    method: str = "supervised"
    """supervised (pairs), one_way (G_X and D_Y, unpaired) or two_way (G_X, G_Y, D_X and D_Y, unpaired)."""
    run: str = "runs/supervised"
    """Folder of the run: log, pictures, checkpoints."""
    seed: int = 0
    """Of the first weights, the order and the augmentation of the photos, and the flattening."""
    network: NetworkConfig = field(default_factory=NetworkConfig)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    gan: GanConfig = field(default_factory=GanConfig)
    machine: MachineConfig = field(default_factory=MachineConfig)
    loss: str = "mse"
    """Supervised: mse, log-mse (as in the authors' code: PSNR itself), rmse (between the two) or lab (colour difference
    in CIELAB)."""
    start_from: str | None = None
    """A trained generator to start from: a run's folder, a checkpoint, a model's file or a bundled model's name; its image_size
    may differ."""
    start_strength: float = 1.0
    """How much what start_from names changes photos at first, from 0 (nothing: its features alone are kept) to 1 (as trained)."""
    log_every: int = 200
    """Steps from one CSV line, picture, validation and checkpoint to the next."""
    recalibrate: int = 32
    """Batches from which the batch norms' running statistics are re-measured before validation and export."""

    def __post_init__(self) -> None:
        for name in ("log_every", "recalibrate"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if not 0 <= self.start_strength <= 1:
            raise ValueError(f"start_strength must be from 0 to 1, not {self.start_strength}")
        if self.start_strength < 1 and self.start_from is None:
            raise ValueError("start_strength weakens start_from; set start_from, or leave start_strength out")
        if self.loss not in SUPERVISED_LOSSES:
            raise ValueError(f"loss is one of {', '.join(SUPERVISED_LOSSES)}, not {self.loss}")
        if self.method not in METHODS:
            raise ValueError(f"method is one of {', '.join(METHODS)}, not {self.method}")
        if not self.kind.is_supervised and self.optimiser.accumulate != 1:
            raise ValueError("optimiser.accumulate is for the supervised method; give GANs a larger batch_size")
        if not self.kind.is_two_way and self.network.individual_batch_norm:
            raise ValueError("network.individual_batch_norm needs method two_way: the others see no generated photos")
        if not self.kind.is_two_way and self.gan.inverse_steps:
            raise ValueError("gan.inverse_steps needs method two_way: the others have no G_Y")

    @property
    def kind(self) -> MethodKind:
        """What the method is made of."""
        return METHODS[self.method]

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def load_config(path: str | Path, settings: Sequence[str] = ()) -> TrainConfig:
    """Read a YAML recipe and apply `key=value` settings (dots reach into sections). ConfigError says what is wrong."""
    try:
        values = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise ConfigError(f"{path}: cannot read this recipe: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not a text file in UTF-8") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: a recipe is a list of `key: value` lines")
    for setting in settings:
        _apply_setting(values, setting)
    return from_dict(TrainConfig, values)


MAY_CHANGE = ("run", "machine", "log_every", "start_from", "start_strength", "data.cache", "optimiser.steps")
"""Settings that a resumed run may have otherwise than when it was started."""


def differing_settings(saved: Mapping[str, Any], config: TrainConfig) -> list[str]:
    """The settings in which a checkpoint's configuration differs from `config`, those left out that may change."""
    before, now = (_flatten_keys(values) for values in (saved, json.loads(json.dumps(config.to_dict()))))
    names = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    return [name for name in names if not f"{name}.".startswith(tuple(f"{free}." for free in MAY_CHANGE))]


def _flatten_keys(values: Mapping[str, Any], where: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= _flatten_keys(value, f"{where}{key}.") if isinstance(value, Mapping) else {f"{where}{key}": value}
    return flat


def from_dict(kind: type[Config], values: Mapping[str, Any], where: str = "") -> Config:
    """Build a configuration dataclass from plain values. ConfigError on unknown keys, wrong types and impossible values."""
    hints = typing.get_type_hints(kind)
    if unknown := sorted(map(str, set(values) - set(hints))):
        raise ConfigError(f"{where}{unknown[0]}: no such setting; known here: {', '.join(hints)}")
    for setting in dataclasses.fields(kind):  # type: ignore[arg-type]
        if setting.name not in values and setting.default is setting.default_factory is dataclasses.MISSING:
            raise ConfigError(f"{where}{setting.name}: missing from the recipe")
    try:
        return kind(**{key: _convert(hints[key], value, f"{where}{key}") for key, value in values.items()})
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{where.rstrip('.') or 'recipe'}: {error}") from error


def _apply_setting(values: dict[str, Any], setting: str) -> None:
    key, equals, text = setting.partition("=")
    if not equals:
        raise ConfigError(f"--set {setting}: write it as key=value")
    *sections, last = key.split(".")
    for section in sections:
        values = values.setdefault(section, {})
        if not isinstance(values, dict):
            raise ConfigError(f"--set {setting}: {section} is not a section")
    try:
        values[last] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {setting}: cannot read the value") from error


def _convert(hint: Any, value: Any, where: str) -> Any:
    """A plain YAML value as the type of its field; YAML reads 1e-3 as text, so numbers may come as text."""
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, Mapping):
            raise ConfigError(f"{where}: a section of settings, not {value!r}")
        return from_dict(hint, value, f"{where}.")
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _convert(arguments[0], value, where)
    if origin is tuple:
        items = value if isinstance(value, list | tuple) else [value]
        if arguments[-1] is not Ellipsis and len(items) != len(arguments):
            raise ConfigError(f"{where}: needs {len(arguments)} values, not {value!r}")
        return tuple(_convert(arguments[0], item, where) for item in items)
    if hint is float and isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            return float(value)
        except ValueError:
            pass
    elif isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        return value
    raise ConfigError(f"{where}: needs a value of type {hint.__name__}, not {value!r}")
