"""The enhancer as an ONNX graph made for speed: what `GlobalUNet` computes in eval mode, in a cheaper order.

- A batch norm before a convolution is part of its kernel and offsets, as are SELU's own factors: both are affine maps of each
  channel, which a mirrored border goes through unchanged.
- With c = ln(alpha), SELU(x) = scale * (exp(min(t, c)) + max(t, c) - c - alpha) where t = x + c: ONNX Runtime computes these
  much faster than its Elu. What is needed of t, the layer before adds.
- A 3x3 convolution of features upsampled by two is four 2x2 convolutions of the features before, one for each place of a pixel.
- The global features can be given instead of computed, for parts of a photo that was summarised as a whole.

The graph holds the state dict's tensors under their own names, for training to start from, also those that no node takes. What is
derived from large ones is written as nodes: ONNX Runtime works it out once, when it loads the file.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from deep_photo_enhancer.enhancement.models import GIVEN_GLOBAL_FEATURES, GLOBAL_FEATURES
from deep_photo_enhancer.training.networks.config import NetworkConfig
from deep_photo_enhancer.training.networks.global_unet import BLACK_FROM, WHITE_FROM
from deep_photo_enhancer.training.networks.layers import SELU_ALPHA, SELU_SCALE

OPSET = 18
IR_VERSION = 10
EPSILON = 1e-5
"""Of the batch norms."""
LN_ALPHA = math.log(SELU_ALPHA)
"""c above."""
SELU_SHIFT = -SELU_SCALE * (LN_ALPHA + SELU_ALPHA)

WHICH_TAPS = np.array([[[1, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 1, 1]]])
"""[p, t, k]: whether tap k of three falls on pixel t of two neighbours that are upsampled by two. At p = 0 the taps lie around
the second half of the first pixel, at p = 1 around the first half of the second."""

Array = NDArray[Any]


@dataclass(frozen=True)
class Features:
    """What a value of the graph, (1, C, H, W), stands for: scale * value + shift; both (C,)."""

    value: str
    scale: Array
    shift: Array

    def normed(self, scale: Array, shift: Array) -> Features:
        return Features(self.value, scale * self.scale, scale * self.shift + shift)


class Graph:
    """Nodes in the order of their computation. A call adds one and returns the name of its output."""

    def __init__(self, weights: Mapping[str, Array], parent: Graph | None = None) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.numbers: count[int] = parent.numbers if parent else count()
        self.constants: dict[tuple[Any, ...], onnx.TensorProto] = parent.constants if parent else {}

    def __call__(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        output = output or f"{operator}_{next(self.numbers)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def constant(self, value: float | Array | Sequence[int], dtype: type = np.float32) -> str:
        array: Array = np.asarray(value, dtype)
        key = (dtype, array.shape, array.tobytes())
        if key not in self.constants:
            self.constants[key] = numpy_helper.from_array(array, f"constant_{len(self.constants)}")
        return self.constants[key].name

    def integers(self, *values: int) -> str:
        return self.constant(values, np.int64)

    def channels(self, values: Array) -> str:
        """(C,) for all pixels of (1, C, H, W)."""
        return self.constant(values.reshape(1, -1, 1, 1))

    def part(self, value: str, axis: int, start: int, stop: int, step: int = 1) -> str:
        return self("Slice", value, *(self.integers(number) for number in (start, stop, axis, step)))


def enhancer_graph(config: NetworkConfig, weights: Mapping[str, Array]) -> onnx.ModelProto:
    """The graph of an enhancer with these weights: the state dict of a `GlobalUNet` with one set of batch norms, as float32.

    Input "x" and output "y_fake", (1, 3, height, width), both multiples of 16. With global features, height and width are S
    unless "given_global_features", (1, 128, 1, 1), come with x; the output "global_features" tells which were used.
    """
    graph = Graph(weights)
    _enhancer(graph, config)
    photo: list[int | str] = [1, 3, "height", "width"]
    inputs, outputs = [_info("x", photo)], [_info("y_fake", photo)]
    constants = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    if config.has_global_features:
        channels = len(weights["local.bias"])
        inputs.append(_info(GIVEN_GLOBAL_FEATURES, ["given", channels, 1, 1]))
        outputs.append(_info(GLOBAL_FEATURES, [1, channels, 1, 1]))
        constants.append(numpy_helper.from_array(np.zeros((0, channels, 1, 1), np.float32), GIVEN_GLOBAL_FEATURES))
    constants += graph.constants.values()
    proto = helper.make_graph(graph.nodes, "enhancer", inputs, outputs, constants)
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(proto, opset_imports=opsets, ir_version=IR_VERSION, producer_name="deep_photo_enhancer")


def _info(name: str, shape: Sequence[int | str]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _enhancer(graph: Graph, config: NetworkConfig) -> None:
    features = Features("x", np.ones(3), np.zeros(3))
    skips = []
    for level in range(1, 6):
        skip, features = _encoder(graph, features, f"encoder{level}")
        skips.append(skip)
    below = _bottom(graph, features, config.has_global_features)
    below = _decoder_alone(graph, below, "decoder1", LN_ALPHA)
    for level, skip in zip(range(2, 6), reversed(skips[:-1]), strict=True):
        below = _decoder(graph, below, skip, level)
    residual = _decoder_alone(graph, below, "decoder6", 0)
    if config.keep_ends:
        residual = graph("Mul", residual, graph("Sub", graph.constant(1), _end_weights(graph)))
    graph("Add", "x", residual, output="y_fake")


def _encoder(graph: Graph, features: Features, name: str) -> tuple[Features, Features]:
    """conv -> SELU, which is what the decoder needs of a skip connection, and -> BN. Both share one value."""
    activated = _selu(graph, _convolution(graph, features, f"{name}.conv", LN_ALPHA))
    return activated, activated.normed(*_norm(graph, name))


def _end_weights(graph: Graph) -> str:
    """`global_unet.end_weights` of x: (1, 1, H, W)."""
    lowest, highest = (graph(operator, "x", graph.integers(1)) for operator in ("ReduceMin", "ReduceMax"))
    white = graph("Mul", graph("Sub", lowest, graph.constant(WHITE_FROM)), graph.constant(1 / (1 - WHITE_FROM)))
    black = graph("Mul", graph("Sub", graph.constant(BLACK_FROM), highest), graph.constant(1 / BLACK_FROM))
    nearer = graph("Clip", graph("Max", white, black), graph.constant(0), graph.constant(1))
    return graph("Mul", nearer, nearer)


def _bottom(graph: Graph, e5: Features, global_features: bool) -> str:
    """Local features, with the global ones fused in where the network has them; and LN_ALPHA."""
    if not global_features:
        return _convolution(graph, e5, "local", LN_ALPHA)
    local = _convolution(graph, e5, "local", 0)
    channels = len(graph.weights["local.bias"])
    fuse_local, fuse_global = (graph.part("fuse.weight", 1, start, start + channels) for start in (0, channels))
    fused = graph("Conv", local, fuse_local, graph.constant(graph.weights["fuse.bias"] + LN_ALPHA))
    return graph("Add", fused, graph("Conv", _global_features(graph, e5), fuse_global))


def _global_features(graph: Graph, e5: Features) -> str:
    """Those that are given; computed where none are."""
    are_given = graph("Greater", graph("Shape", GIVEN_GLOBAL_FEATURES, start=0, end=1), graph.integers(0))
    given, computed = Graph(graph.weights, graph), Graph(graph.weights, graph)
    given("Identity", GIVEN_GLOBAL_FEATURES, output="given")
    _computed_global_features(computed, e5, output="computed")
    branches = {
        branch: helper.make_graph(part.nodes, branch, [], [_info(output, [1, "C", 1, 1])])
        for branch, part, output in (("then_branch", given, "given"), ("else_branch", computed, "computed"))
    }
    return graph("If", are_given, output=GLOBAL_FEATURES, **branches)


def _computed_global_features(graph: Graph, features: Features, output: str) -> None:
    for name in ("conv1", "conv2"):
        _, features = _encoder(graph, features, f"global_features.{name}")
    hidden = _fully_connected(graph, features, "global_features.fully_connected1", LN_ALPHA)
    _fully_connected(graph, _selu(graph, hidden), "global_features.fully_connected2", 0, output)


def _decoder_alone(graph: Graph, below: str, name: str, more: float) -> str:
    """SELU -> BN -> conv, for the blocks without a skip connection; `more` is added."""
    return _convolution(graph, _selu(graph, below).normed(*_norm(graph, name)), f"{name}.conv", more)


def _decoder(graph: Graph, below: str, skip: Features, level: int) -> str:
    """What comes from below is upsampled, the skip connection concatenated; SELU -> BN -> conv: each part alone, then added.

    skip: after the encoder's SELU, which serves here, too.
    """
    name = f"decoder{level}"
    kernel = f"{name}.conv.weight"
    channels = graph.weights[kernel].shape[1]
    border = len(graph.weights[f"decoder{level - 1}.conv.bias"])
    scale, shift = _norm(graph, name)
    from_below = _selu(graph, below).normed(scale[:border], shift[:border])
    from_skip = skip.normed(scale[border:], shift[border:])
    offsets = _offsets(graph, np.concatenate([from_below.shift, from_skip.shift]), f"{name}.conv", LN_ALPHA)
    below_kernel = _scaled(graph, from_below, graph.part(kernel, 1, 0, border))
    upsampled = _upsampled_convolution(graph, from_below.value, below_kernel, border)
    skip_kernel = _scaled(graph, from_skip, graph.part(kernel, 1, border, channels))
    return graph("Add", graph("Conv", _padded(graph, from_skip.value), skip_kernel, offsets), upsampled)


def _upsampled_convolution(graph: Graph, value: str, kernel: str, channels: int) -> str:
    """A 3x3 convolution of a value, (1, C, H, W), that is upsampled by two and mirrored: without upsampling it."""
    places = graph.constant(np.einsum("ptk,qsl->pqklts", WHICH_TAPS, WHICH_TAPS).reshape(4, 9, 4))
    kernels = graph("MatMul", graph("Reshape", kernel, graph.integers(1, -1, 9)), places)  # (4, O * C, 4)
    kernels = graph("Reshape", kernels, graph.integers(-1, channels, 2, 2))  # (4 * O, C, 2, 2)
    convolved = graph("Conv", _padded(graph, value), kernels)  # (1, 4 * O, H + 1, W + 1)
    spread = graph("DepthToSpace", convolved, blocksize=2, mode="DCR")  # (1, O, 2 * H + 2, 2 * W + 2)
    return graph("Slice", spread, graph.integers(1, 1), graph.integers(-1, -1), graph.integers(2, 3))


def _convolution(graph: Graph, features: Features, name: str, more: float) -> str:
    """A layer of 3x3 taps, or of 5x5 with stride 2; `more` is added."""
    kernel, offsets = _scaled(graph, features, f"{name}.weight"), _offsets(graph, features.shift, name, more)
    if graph.weights[f"{name}.weight"].shape[-1] == 3:
        return graph("Conv", _padded(graph, features.value), kernel, offsets)
    return graph("Conv", _padded_for_stride(graph, features.value), kernel, offsets, strides=[2, 2])


def _fully_connected(graph: Graph, features: Features, name: str, more: float, output: str = "") -> str:
    kernel, offsets = _scaled(graph, features, f"{name}.weight"), _offsets(graph, features.shift, name, more)
    return graph("Conv", features.value, kernel, offsets, output=output)


def _scaled(graph: Graph, features: Features, kernel: str) -> str:
    """The kernel that takes the value in place of the features."""
    return kernel if (features.scale == 1).all() else graph("Mul", kernel, graph.channels(features.scale))


def _offsets(graph: Graph, shift: Array, name: str, more: float) -> str:
    """A layer's offsets, with what its kernel makes of the shift of its features."""
    sums = graph.weights[f"{name}.weight"].sum((2, 3), dtype=np.float64)  # (O, I)
    return graph.constant(graph.weights[f"{name}.bias"] + (sums * shift).sum(1) + more)


def _selu(graph: Graph, value: str) -> Features:
    """Of what the value is without LN_ALPHA."""
    bound = graph.constant(LN_ALPHA)
    both = graph("Add", graph("Exp", graph("Min", value, bound)), graph("Max", value, bound))
    return Features(both, np.array([SELU_SCALE]), np.array([SELU_SHIFT]))


def _norm(graph: Graph, name: str) -> tuple[Array, Array]:
    """Scale and shift of a batch norm, (C,), in float64."""
    weight, bias, mean, variance = (
        graph.weights[f"{name}.norm.real.{each}"].astype(np.float64) for each in ("weight", "bias", "running_mean", "running_var")
    )
    scale = weight / np.sqrt(variance + EPSILON)
    return scale, bias - scale * mean


def _padded(graph: Graph, value: str) -> str:
    """One mirrored row or column on each side."""
    return graph("Pad", value, graph.integers(0, 0, 1, 1, 0, 0, 1, 1), mode="edge")


def _padded_for_stride(graph: Graph, value: str) -> str:
    """Two mirrored rows or columns before an even number of them, one after: 5 taps with stride 2 reach no further."""
    for axis in (3, 2):
        before = graph.part(value, axis, 1, -(2**62), -1)
        after = graph.part(value, axis, -1, 2**62)
        value = graph("Concat", before, value, after, axis=axis)
    return value
