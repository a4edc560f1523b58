"""One step of GAN training; whole runs are in test_gan_runs.py."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from deep_photo_enhancer.errors import TrainingError
from deep_photo_enhancer.training import gan as gan_module
from deep_photo_enhancer.training.config import GanConfig, MachineConfig, OptimiserConfig, TrainConfig
from deep_photo_enhancer.training.data.config import DataConfig
from deep_photo_enhancer.training.data.drawing import to_sample
from deep_photo_enhancer.training.data.pairs import Validation
from deep_photo_enhancer.training.data.unpaired import Domains, UnpairedSamples
from deep_photo_enhancer.training.distributed import Processes
from deep_photo_enhancer.training.gan import GAN, CriticLoss, mirror_padding
from deep_photo_enhancer.training.losses.adaptive_weight import AdaptiveWeight, window_at
from deep_photo_enhancer.training.losses.adversarial import OBJECTIVES
from deep_photo_enhancer.training.losses.content import Translation, cycle_loss, masked_mse
from deep_photo_enhancer.training.method import Batch, TrainingContext
from deep_photo_enhancer.training.networks.config import NetworkConfig
from deep_photo_enhancer.training.networks.critic import Critic
from deep_photo_enhancer.training.networks.global_unet import GlobalUNet
from deep_photo_enhancer.training.networks.layers import BatchNorms
from deep_photo_enhancer.training.prediction import predict
from deep_photo_enhancer.training.start import LAST, SIZED_BY_IMAGE, Start, load_start
from deep_photo_enhancer.training.stream import batches
from tests.synthetic import synthetic_photo

CPU = torch.device("cpu")
RATE = 1e-3
STILL = 1e-12
"""A learning rate at which nothing moves."""


def gan_of(
    method: str, size: int = 64, norms: bool = False, precision: str = "fp32", rank: int = 0, seed: int = 0, **settings: Any
) -> GAN:
    config = TrainConfig(
        data=DataConfig(labels=("unused",)),
        method=method,
        run="the run",
        seed=seed,
        network=NetworkConfig(size, individual_batch_norm=norms),
        optimiser=OptimiserConfig(steps=100, batch_size=2, learning_rate=RATE),
        gan=GanConfig(**{"critic_steps": 1, **settings}),
        machine=MachineConfig(precision=precision, threads=1),
    )
    torch.manual_seed(0)
    return GAN(TrainingContext(config, CPU, Processes(rank), torch.amp.GradScaler("cpu", enabled=False)))


@pytest.fixture(scope="module")
def taken() -> list[Batch]:
    """Three batches of two dark lying x and two standing y."""
    torch.set_num_threads(1)
    x = [synthetic_photo(i, 72, 96) // 2 for i in range(4)]
    y = [synthetic_photo(10 + i, 96, 72) for i in range(5)]
    samples = UnpairedSamples(Domains(x, y), DataConfig(labels=("y",), inputs=("x",)), 64, 0, 6)
    return list(batches(samples, 0, 3, 2, Processes(), 0))


def weights_of(network: nn.Module) -> Tensor:
    """All of them in one row."""
    return torch.cat([parameter.detach().flatten() for parameter in network.parameters()])


def passes_of(gan: GAN) -> list[dict[str, Tensor]]:
    """Fills with what the generators make of each batch of their own updates."""
    made: list[dict[str, Tensor]] = []
    gan.generators.register_forward_hook(lambda _module, _taken, given: made.append(given))
    return made


def raw_outputs_of(gan: GAN) -> dict[str, list[Tensor]]:
    """Fills with all that G_X ("x") and G_Y ("y") give, before anything is done to the padding."""
    raw: dict[str, list[Tensor]] = {}
    for domain, network in gan.generators.named_children():
        raw[domain] = []
        network.register_forward_hook(lambda _module, _taken, given, domain=domain: raw[domain].append(given))
    return raw


def judged_by(gan: GAN) -> list[tuple[dict[str, Tensor], dict[str, Tensor], dict[str, float]]]:
    """Fills with the real and generated photos and the penalties' weights of each update of the critics."""
    judged: list[tuple[dict[str, Tensor], dict[str, Tensor], dict[str, float]]] = []

    def note(domain: str, real: Tensor, generated: Tensor, weight: float) -> None:
        if domain == next(iter(gan.critic_losses)):
            judged.append(({}, {}, {}))
        reals, generateds, weights = judged[-1]
        reals[domain], generateds[domain], weights[domain] = real, generated, weight

    for domain, loss in gan.critic_losses.items():
        loss.register_forward_pre_hook(lambda _module, taken, domain=domain: note(domain, *taken[:3]))
    return judged


def at_each_step(optimiser: torch.optim.Optimizer, action: Callable[[], None]) -> None:
    optimiser.register_step_post_hook(lambda _optimiser, _arguments, _settings: action())


# Losses


def test_every_figure_is_that_of_its_equation(taken: list[Batch]) -> None:
    gan = gan_of("two_way", norms=True, objective="wgan-gp", alpha=7, critic_learning_rate=STILL)
    made, judged, raw = passes_of(gan), judged_by(gan), raw_outputs_of(gan)
    x, mask_x, y, mask_y = taken[0]
    losses = gan.update(taken[:1], 0, RATE)
    (photos,) = made
    y_fake, x_fake = photos["y_fake"], photos["x_fake"]
    ((real, generated, weights),) = judged
    assert torch.equal(real["x"], x)
    assert torch.equal(real["y"], y)
    # x' is made of y, y' of x: the critics see them with the padding that real photos have
    assert torch.equal(generated["x"], mirror_padding(raw["y"][0], mask_y))
    assert torch.equal(generated["y"], mirror_padding(raw["x"][0], mask_x))
    assert not torch.equal(generated["y"], raw["x"][0])
    assert weights == {"x": 10, "y": 10}

    identity = masked_mse(y_fake, x, mask_x) + masked_mse(x_fake, y, mask_y)
    cycle = masked_mse(photos["x_cycled"], x, mask_x) + masked_mse(photos["y_cycled"], y, mask_y)
    with torch.no_grad():
        scores = {domain: critic(generated[domain]).mean() for domain, critic in gan.critics.items()}
        gaps = {domain: critic(real[domain]).mean() - scores[domain] for domain, critic in gan.critics.items()}
    adversarial = -scores["x"] - scores["y"]
    expected = {
        "gap_x": gaps["x"],
        "gap_y": gaps["y"],
        "critic": -gaps["x"] - gaps["y"] + 10 * (losses["penalty_x"] + losses["penalty_y"]),
        "identity": identity,
        "cycle": cycle,
        "adversarial": adversarial,
        "generator": adversarial + 7 * identity + 70 * cycle,
    }
    assert losses.keys() == expected.keys() | {"penalty_x", "penalty_y"}
    for name, value in expected.items():
        assert losses[name] == pytest.approx(value.item(), rel=1e-3, abs=1e-5), name
    assert min(losses["penalty_x"], losses["penalty_y"]) > 0


def test_the_one_way_gan_has_the_terms_of_one_direction(taken: list[Batch]) -> None:
    gan = gan_of("one_way", alpha=7)
    made = passes_of(gan)
    losses = gan.update(taken[:1], 0, RATE)
    assert made[0].keys() == {"y_fake"}
    assert losses.keys() == {"gap_y", "penalty_y", "critic", "adversarial", "identity", "generator"}
    assert losses["identity"] == pytest.approx(masked_mse(made[0]["y_fake"], *taken[0][:2]).item())
    assert losses["generator"] == pytest.approx(losses["adversarial"] + 7 * losses["identity"], rel=1e-5)
    assert gan.figures().keys() == {"lambda_y", "mean_norm_y"}
    assert gan.networks.keys() == {"generator_x", "critic_y"}


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_trains_critic_and_generator(taken: list[Batch], objective: str) -> None:
    gan = gan_of("one_way", objective=objective)
    before = {name: weights_of(network) for name, network in gan.networks.items()}
    losses = gan.update(taken[:1], 0, RATE)
    assert all(math.isfinite(value) for value in losses.values())
    for name, network in gan.networks.items():
        assert (weights_of(network) != before[name]).float().mean() > 0.9
    has_penalty = objective in ("dragan", "wgan-gp", "a-wgan")
    assert math.isfinite(gan.figures()["mean_norm_y"]) == has_penalty
    assert ("penalty_y" in losses) == has_penalty


def test_figures_of_the_critics_are_means_over_their_steps(taken: list[Batch]) -> None:
    def losses_of(some: list[Batch]) -> dict[str, float]:
        return gan_of("one_way", critic_steps=len(some), critic_learning_rate=STILL).update(some, 0, STILL)

    first, second, both = (losses_of(some) for some in (taken[:1], taken[1:2], taken[:2]))
    assert both["gap_y"] == pytest.approx((first["gap_y"] + second["gap_y"]) / 2, rel=1e-4)
    assert first["gap_y"] != pytest.approx(second["gap_y"], rel=0.01)


def test_each_critic_step_of_each_process_has_random_points_of_its_own_and_the_same_when_repeated(taken: list[Batch]) -> None:
    def seeds(step: int, **settings: Any) -> list[int]:
        gan = gan_of("one_way", critic_steps=2, **settings)
        seen: list[int] = []
        gan.critic_losses["y"].register_forward_pre_hook(lambda _module, given: seen.append(given[3].initial_seed()))
        gan.update(taken[:2], step, RATE)
        return seen

    assert seeds(0) == seeds(0)
    assert len({*seeds(0), *seeds(1), *seeds(0, rank=1), *seeds(0, seed=1)}) == 8


def test_no_cycle_loss_reaches_what_a_generator_paints_into_the_padding(taken: list[Batch]) -> None:
    gan = gan_of("two_way")
    raw = raw_outputs_of(gan)
    x, mask_x, y, mask_y = gan.context.move_batch(taken[0])
    made = gan.generators(x, mask_x, y, mask_y)
    passes = [Translation(x, mask_x, made["y_fake"], made["x_cycled"]), Translation(y, mask_y, made["x_fake"], made["y_cycled"])]
    first = raw["x"][0], raw["y"][0]
    for gradient, mask in zip(torch.autograd.grad(cycle_loss(passes), first), (mask_x, mask_y), strict=True):
        assert (mask == 0).any()
        assert (gradient * (1 - mask) == 0).all()
        assert ((gradient != 0) & (mask != 0)).float().sum() > 0.9 * 3 * mask.sum()


def test_what_is_generated_without_gradient_is_what_the_passes_make(taken: list[Batch]) -> None:
    gan = gan_of("two_way")
    batch = gan.context.move_batch(taken[0])
    passes, generated = gan.generators(*batch), gan.generators.generate(*batch)
    assert generated.keys() == {"y_fake", "x_fake"}
    assert all(torch.equal(photos, passes[name]) and not photos.requires_grad for name, photos in generated.items())


# Padding

SHAPES = [(64, 64), (40, 64), (64, 33), (9, 64), (64, 1)]


def test_the_padding_becomes_that_of_a_real_photo_whatever_was_there() -> None:
    samples = [to_sample(synthetic_photo(i, *shape), 64) for i, shape in enumerate(SHAPES)]
    padded, mask = (torch.stack(parts) for parts in zip(*samples, strict=True))
    spoilt = padded * mask + (1 - mask) * torch.rand(padded.shape)
    assert (spoilt != padded).any()
    assert torch.equal(mirror_padding(spoilt, mask), padded)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_photo_learns_from_its_mirror_image_and_not_from_its_own_padding(shape: tuple[int, int]) -> None:
    photo, mask = (part[None] for part in to_sample(synthetic_photo(0, *shape), 64))
    photo.requires_grad_()
    mirror_padding(photo, mask).sum().backward()
    assert photo.grad is not None
    assert (photo.grad[0, :, : shape[0], : shape[1]] >= 1).all()  # once itself, and once for each mirror image
    assert photo.grad.sum() == 3 * 64 * 64
    assert (photo.grad * (1 - mask) == 0).all()


# Turns of critics and generators


@pytest.mark.parametrize("method", ["one_way", "two_way"])
def test_critics_take_their_steps_and_generators_one_and_each_changes_only_itself(taken: list[Batch], method: str) -> None:
    gan = gan_of(method, critic_steps=3)
    assert gan.batches_a_step == 3
    turns: list[tuple[str, list[str]]] = []
    state = {"generators": weights_of(gan.generators), "critics": weights_of(gan.critics)}

    def note(who: str) -> Callable[[], None]:
        def compare() -> None:
            now = {"generators": weights_of(gan.generators), "critics": weights_of(gan.critics)}
            turns.append((who, [name for name in now if not torch.equal(now[name], state[name])]))
            state.update(now)

        return compare

    at_each_step(gan.optimiser, note("generators"))
    at_each_step(gan.critic_optimiser, note("critics"))
    gan.update(taken, 0, RATE)
    assert turns == [("critics", ["critics"])] * 3 + [("generators", ["generators"])]
    assert torch.equal(weights_of(gan.generators), state["generators"])
    assert torch.equal(weights_of(gan.critics), state["critics"])


def test_the_generators_update_uses_the_last_batch_of_the_critics_and_what_was_made_of_it(taken: list[Batch]) -> None:
    gan = gan_of("two_way", critic_steps=3)
    made, judged = passes_of(gan), judged_by(gan)
    seen: list[Tensor] = []
    gan.generator.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    gan.update(taken, 0, RATE)
    for (real, generated, _), (x, mask_x, y, mask_y) in zip(judged, taken, strict=True):
        assert torch.equal(real["x"], x)
        assert torch.equal(real["y"], y)
        for domain, mask in (("y", mask_x), ("x", mask_y)):
            assert not generated[domain].requires_grad
            assert torch.equal(generated[domain], mirror_padding(generated[domain], mask))
    (photos,) = made
    for domain, name, mask in (("y", "y_fake", taken[2][1]), ("x", "x_fake", taken[2][3])):
        assert torch.equal(judged[2][1][domain], mirror_padding(photos[name].detach(), mask))
    # G_X makes y' of each batch once; G'_X makes y'' of the last one
    assert len(seen) == 3 + 1
    assert all(torch.equal(x, batch[0]) for x, batch in zip(seen, taken, strict=False))
    assert torch.equal(seen[3], photos["x_fake"].clamp(0, 1))


def test_no_gradient_of_the_generators_reaches_the_critics_nor_the_other_way_round(taken: list[Batch]) -> None:
    gan = gan_of("two_way")
    of_critics: list[Tensor] = []
    generators_had: list[bool] = []
    needed: list[bool] = []

    def after_the_critics() -> None:
        of_critics.extend(parameter.grad.clone() for parameter in gan.critics.parameters() if parameter.grad is not None)
        generators_had.append(any(parameter.grad is not None for parameter in gan.generators.parameters()))

    at_each_step(gan.critic_optimiser, after_the_critics)
    critic = gan.critics["y"]
    critic.register_forward_pre_hook(lambda _module, _taken: needed.append(any(p.requires_grad for p in critic.parameters())))
    gan.update(taken[:1], 0, RATE)

    assert generators_had == [False]
    assert needed == [True, True, False]  # scores, gradient norms, generators' update
    assert all(parameter.requires_grad for parameter in gan.critics.parameters())
    for parameter, gradient in zip(gan.critics.parameters(), of_critics, strict=True):
        assert parameter.grad is not None
        assert torch.equal(parameter.grad, gradient)
    assert all(parameter.grad is not None for parameter in gan.generators.parameters())


@pytest.mark.parametrize(("own", "expected"), [(None, 5e-4), (4e-3, 2e-3)])
def test_critics_learn_at_their_own_rate_which_falls_like_the_generators(
    taken: list[Batch], own: float | None, expected: float
) -> None:
    gan = gan_of("one_way", critic_learning_rate=own)
    before = weights_of(gan.generators), weights_of(gan.critics)
    gan.update(taken[:1], 60, RATE / 2)
    after = weights_of(gan.generators), weights_of(gan.critics)
    # Adam's first step is the learning rate, against the gradient's sign
    moved = [(new - old).abs().max().item() for new, old in zip(after, before, strict=True)]
    assert moved == pytest.approx([5e-4, expected], rel=0.01)


# Individual batch norm


def norms_of(network: nn.Module) -> list[BatchNorms]:
    return [module for module in network.modules() if isinstance(module, BatchNorms)]


def test_real_and_generated_photos_have_statistics_and_offsets_of_their_own_and_share_all_else(taken: list[Batch]) -> None:
    gan = gan_of("two_way", norms=True, critic_steps=2)
    gan.update(taken[:2], 0, RATE)
    gan.update(taken[1:], 1, RATE)
    for network in gan.generators.children():
        assert len(norms_of(network)) == 13
        for pair in norms_of(network):
            real, generated = pair["real"], pair["generated"]
            assert isinstance(real, nn.BatchNorm2d)
            assert isinstance(generated, nn.BatchNorm2d)
            for name in ("weight", "bias", "running_mean", "running_var"):
                assert not torch.equal(getattr(real, name), getattr(generated, name)), name
            assert [int(norm.get_buffer("num_batches_tracked")) for norm in (real, generated)] == [4, 2]
        convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
        assert len(convolutions) == 17


def test_without_it_one_set_sees_all_photos(taken: list[Batch]) -> None:
    gan = gan_of("two_way", critic_steps=2)
    gan.update(taken[:2], 0, RATE)
    for norms in norms_of(gan.generators):
        (norm,) = norms.values()
        assert isinstance(norm, nn.BatchNorm2d)
        assert norm.num_batches_tracked == 3


def test_statistics_are_measured_on_x_and_where_one_set_serves_both_on_generated_x_as_well(taken: list[Batch]) -> None:
    x = [batch[0] for batch in taken]
    for gan in (gan_of("one_way"), gan_of("two_way", norms=True)):
        assert all(torch.equal(*pair) for pair in zip(gan.calibration_inputs(taken), x, strict=True))
    gan = gan_of("two_way")
    gan.update(taken[:1], 0, RATE)
    before = {name: tensor.clone() for name, tensor in gan.generators.state_dict().items()}
    inputs = list(gan.calibration_inputs(taken))
    assert all(torch.equal(tensor, before[name]) for name, tensor in gan.generators.state_dict().items())
    assert all(torch.equal(*pair) for pair in zip(inputs[::2], x, strict=True))
    x_fake = [gan.generators.generate(*batch)["x_fake"].clamp(0, 1) for batch in taken]
    for pair in zip(inputs[1::2], x_fake, strict=True):
        torch.testing.assert_close(*pair)


@pytest.mark.parametrize(("method", "norms", "generators"), [("one_way", False, 1), ("two_way", False, 2), ("two_way", True, 2)])
def test_each_parameter_is_in_its_optimiser_once(method: str, norms: bool, generators: int) -> None:
    gan = gan_of(method, norms=norms)
    for optimiser, networks, of_one in (
        (gan.optimiser, gan.generators, GlobalUNet(NetworkConfig(64, individual_batch_norm=norms))),
        (gan.critic_optimiser, gan.critics, gan.networks["critic_y"]),
    ):
        (group,) = optimiser.param_groups
        held = [id(parameter) for parameter in group["params"]]
        assert len(held) == len(set(held)) == generators * len(list(of_one.parameters()))
        assert set(held) == {id(parameter) for parameter in networks.parameters()}


# State


def test_adaptive_weights_are_saved_and_restored(taken: list[Batch]) -> None:
    gan = gan_of("two_way", penalty_window=50, penalty_floor=0.0)
    for norm in [2.0] * 50 + [1.5] * 3:
        gan.penalty_weights["y"].observe(norm)
    gan.update(taken[:1], 0, RATE)
    assert gan.figures()["lambda_y"] == 20
    assert gan.figures()["lambda_x"] == 10
    restored = gan_of("two_way", penalty_window=50, penalty_floor=0.0)
    restored.restore(json.loads(json.dumps(gan.state())))
    assert restored.figures() == gan.figures()
    assert restored.state() == gan.state()
    assert len(restored.penalty_weights["x"].norms) == 1


def test_the_critics_are_punished_with_the_weights_as_they_are_now(taken: list[Batch]) -> None:
    gan = gan_of("two_way")
    gan.penalty_weights["x"].value = 40
    judged = judged_by(gan)
    gan.update(taken[:1], 0, RATE)
    assert judged[0][2] == {"y": 10, "x": 40}


def test_only_a_wgan_adapts_its_weights(taken: list[Batch]) -> None:
    for objective in ("dragan", "wgan-gp"):
        gan = gan_of("one_way", objective=objective)
        for _ in range(60):
            gan.penalty_weights["y"].observe(5)
        gan.update(taken[:1], 0, RATE)
        assert gan.figures()["lambda_y"] == 10


# Divergence


@pytest.mark.parametrize("spoilt", [0, 2], ids=["x", "y"])
def test_a_loss_that_is_no_number_stops_the_training(taken: list[Batch], spoilt: int) -> None:
    batch = [tensor.clone() for tensor in taken[0]]
    batch[spoilt][0, 0, 0, 0] = float("nan")
    with pytest.raises(TrainingError) as caught:
        gan_of("one_way").update([batch], 6, RATE)
    assert str(caught.value) == f"the run: the loss critic is nan at step 7; {GAN.advice}"


def test_a_gap_too_large_for_photos_of_the_size_stops_the_training(taken: list[Batch], monkeypatch: pytest.MonkeyPatch) -> None:
    gan = gan_of("one_way", critic_learning_rate=STILL)
    gap = gan.update(taken[:1], 0, STILL)["gap_y"]
    longest = 3**0.5 * 64  # line in the space of photos
    monkeypatch.setattr(gan_module, "DIVERGED", 1.1 * abs(gap) / longest)
    gan.update(taken[:1], 1, STILL)
    monkeypatch.setattr(gan_module, "DIVERGED", 0.9 * abs(gap) / longest)
    for sign in (1, -1):
        with pytest.raises(TrainingError) as caught:
            gan.update(taken[:1], 2, STILL)
        assert str(caught.value) == f"the run: the critic's gap_y is {sign * gap:.3g} at step 3, it diverges; {GAN.advice}"
        with torch.no_grad():
            gan.critics["y"].get_parameter("fully_connected.weight").neg_()


# Start, precision, pictures


@pytest.mark.parametrize("size", [64, 128])
def test_both_generators_start_from_a_trained_one(size: int) -> None:
    start = load_start("natural")
    gan = gan_of("two_way", size, norms=True)
    gan.start(start)
    assert start.network["image_size"] == 256
    for domain in ("x", "y"):
        for name, tensor in gan.networks[f"generator_{domain}"].state_dict().items():
            if name == SIZED_BY_IMAGE or name.endswith("num_batches_tracked"):
                continue
            trained = start.weights[name.replace(".norm.generated.", ".norm.real.")]
            negated = domain == "y" and name in LAST
            assert torch.equal(tensor, -trained if negated else trained), f"{domain}: {name}"


def test_generators_compute_in_bf16_and_critics_in_full_precision(taken: list[Batch]) -> None:
    gan = gan_of("two_way", norms=True, precision="bf16", critic_steps=2)
    types: dict[str, set[torch.dtype]] = {name: set() for name in gan.networks}

    def note(name: str) -> Callable[[nn.Module, Any, Tensor], None]:
        return lambda _module, _taken, given: types[name].add(given.dtype)

    for name, network in gan.networks.items():
        next(module for module in network.modules() if isinstance(module, nn.Conv2d)).register_forward_hook(note(name))
    losses = gan.update(taken[:2], 0, RATE)
    assert types["generator_x"] == types["generator_y"] == {torch.bfloat16}
    assert types["critic_x"] == types["critic_y"] == {torch.float32}
    assert all(math.isfinite(value) for value in losses.values())
    assert {parameter.dtype for network in gan.networks.values() for parameter in network.parameters()} == {torch.float32}
    full = gan_of("two_way", norms=True, critic_steps=2).update(taken[:2], 0, RATE)
    assert losses["identity"] == pytest.approx(full["identity"], rel=0.2)


def close_to(picture: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    return picture.shape == other.shape and bool(np.abs(picture.astype(int) - other).max() <= 1)


def test_a_row_of_the_sample_picture_goes_there_and_back(taken: list[Batch]) -> None:
    gan = gan_of("two_way", norms=True)
    gan.update(taken[:1], 0, 0.02)
    x, y = [synthetic_photo(0, 48, 64)], [synthetic_photo(1, 64, 40)]
    y_fake = [255 - x[0]]
    (row,) = gan.sample_rows(Validation(x, y, paired=False), y_fake)
    g_x, g_y = (gan.networks[f"generator_{domain}"].eval() for domain in ("x", "y"))
    x_fake = predict(g_y, y[0], CPU)
    expected = [
        x[0],
        y_fake[0],
        predict(g_y, y_fake[0], CPU, "generated"),
        y[0],
        x_fake,
        predict(g_x, x_fake, CPU, "generated"),
    ]
    assert len(row) == 6
    assert all(close_to(photo, other) for photo, other in zip(row, expected, strict=True))
    assert not close_to(expected[2], predict(g_y, y_fake[0], CPU))
    one_way = gan_of("one_way").sample_rows(Validation(x, y, paired=False), y_fake)
    assert [[photo.shape for photo in row] for row in one_way] == [[x[0].shape, y_fake[0].shape]]


def test_a_row_is_shown_for_each_result() -> None:
    photos = [synthetic_photo(i, 64, 64) for i in range(3)]
    for method in ("one_way", "two_way"):
        rows: Sequence[object] = gan_of(method).sample_rows(Validation(photos, photos[:2], paired=False), photos[:2])
        assert len(rows) == 2


# A critic alone: lambda holds it


def critic_norms(first: float, steps: int, instance_norm: bool, window: int, floor: float) -> list[float]:
    """The gradient's norms of a critic that learns to tell dark, cool photos from others, A-WGAN at S = 64 and a rate of 1e-4."""
    y, x = (torch.stack([torch.from_numpy(synthetic_photo(i, 64, 64).copy()) for i in range(k, k + 8)]) for k in (0, 8))
    y, x = (photos.permute(0, 3, 1, 2) / 255 for photos in (y, x * torch.tensor([0.45, 0.5, 0.6])))
    torch.manual_seed(0)
    loss = CriticLoss(Critic(64, instance_norm), OBJECTIVES["a-wgan"])
    weight = AdaptiveWeight(first, window=window, floor=floor)
    optimiser = torch.optim.Adam(loss.parameters(), lr=1e-4, betas=(0.5, 0.9))
    random = torch.Generator().manual_seed(0)
    norms = []
    for _ in range(steps):
        of_y, of_x = (photos[torch.randperm(8, generator=random)[:2]] for photos in (y, x))
        terms = loss(of_y, of_x, weight.value, random)
        optimiser.zero_grad()
        terms["total"].backward()
        optimiser.step()
        norms.append(terms["norm"].item())
        weight.observe(norms[-1], terms["gap"].item())
    return norms


@pytest.mark.parametrize("first", [10, 64])
@pytest.mark.parametrize("instance_norm", [True, False])
def test_lambda_holds_a_critic_from_any_start(instance_norm: bool, first: float) -> None:
    window = window_at(1e-4)
    norms = critic_norms(first, 4 * window, instance_norm, window, GanConfig().penalty_floor)
    assert max(norms[2 * window :]) < 3


def test_by_the_papers_letter_a_critic_without_norm_escapes_from_a_small_lambda() -> None:
    assert max(critic_norms(10, 30, False, 50, 0)) > 10


# The first phases of a run that starts from a trained generator


def changed_parts(gan: GAN, batches: list[Batch], step: int, rate: float = RATE) -> set[str]:
    before = {name: weights_of(network) for name, network in gan.networks.items()}
    gan.update(batches, step, rate)
    return {name for name, network in gan.networks.items() if not torch.equal(weights_of(network), before[name])}


def test_first_g_y_learns_alone_then_the_critics_then_all(taken: list[Batch]) -> None:
    gan = gan_of("two_way", norms=True, inverse_steps=1, warm_up=2)
    critics = {"critic_x", "critic_y"}
    changed = [changed_parts(gan, taken[:1], step) for step in range(4)]
    assert changed == [{"generator_y"}, critics, critics, critics | {"generator_x", "generator_y"}]


def test_without_first_phases_all_learn_at_once(taken: list[Batch]) -> None:
    assert changed_parts(gan_of("one_way"), taken[:1], 0) == {"generator_x", "critic_y"}


def test_g_y_is_fitted_to_undo_what_a_trained_g_x_does() -> None:
    """Its start, G_X's weights with the residual negated, leaves x'' about as far from x as y' is."""
    x = torch.stack([torch.from_numpy(synthetic_photo(i, 64, 64).copy()).permute(2, 0, 1) / 255 for i in range(2)])
    mask = torch.ones(2, 1, 64, 64)
    trained = trained_generator(x, x**0.4)
    gan = gan_of("two_way", norms=True, inverse_steps=30)
    gan.start(Start(dict(trained.state_dict()), trained.config.to_dict()))
    for step in range(30):
        gan.update([[x, mask, x, mask]], step, 2e-3)
    with torch.no_grad():
        made = gan.generators(x, mask, x, mask)
    moved, missed = ((made[name] - x).square().mean().sqrt().item() for name in ("y_fake", "x_cycled"))
    assert moved > 0.1
    assert missed < 0.4 * moved
    # with the norms for real photos, which turn y into x', likewise
    with torch.no_grad():
        assert (gan.networks["generator_y"](made["y_fake"].clamp(0, 1)) - x).square().mean().sqrt() < 0.4 * moved


def trained_generator(x: Tensor, y: Tensor) -> GlobalUNet:
    torch.manual_seed(0)
    network = GlobalUNet(NetworkConfig(64))
    optimiser = torch.optim.Adam(network.parameters(), lr=5e-3)
    for _ in range(25):
        optimiser.zero_grad()
        (network(x) - y).square().mean().backward()
        optimiser.step()
    return network


def test_second_passes_see_photos_clipped_to_what_files_hold(taken: list[Batch]) -> None:
    gan = gan_of("two_way")
    for network in gan.generators.children():
        network.get_parameter("decoder6.conv.bias").data.fill_(1.2)
    seen: list[Tensor] = []
    gan.networks["generator_y"].register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    made = gan.generators(*gan.context.move_batch(taken[0]))
    assert made["y_fake"].max() > 1.2
    assert torch.equal(seen[1], made["y_fake"].clamp(0, 1))
