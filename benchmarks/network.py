"""How long the network takes for one small copy: as it is exported, and with weights of lower precision; and what those cost.

python -m benchmarks.network [MODEL ...] [--runs 9] [--photos examples/photos]

Models are names or files. The first is also tried in float16 and in 8 bits (static, per channel, calibrated on the photos), and
is what the others' outputs are compared with. Times are medians of interleaved runs.
"""

import argparse
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.transformers.float16 import convert_float_to_float16

from benchmarks.machine import machine
from deep_photo_enhancer.enhancement.models import Floats, find_model, load_model
from deep_photo_enhancer.enhancement.square import pad_to_square
from deep_photo_enhancer.photo.small_copies import small_copy
from deep_photo_enhancer.system.text import table
from deep_photo_enhancer.training.data.files import find_photos

CALIBRATION = 6
THREADS = (1, 2)


class Calibration(CalibrationDataReader):  # type: ignore[misc]
    """Squares for the choice of the 8-bit ranges."""

    def __init__(self, squares: list[Floats]) -> None:
        self.rest = iter(squares)

    def get_next(self) -> dict[str, Floats] | None:
        square = next(self.rest, None)
        return None if square is None else {"x": square}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=["natural"])
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--photos", type=Path, default=Path("examples/photos"))
    arguments = parser.parse_args()
    side = load_model(arguments.models[0]).image_size
    squares = [square_of(path, side) for path in find_photos([arguments.photos])]
    print(machine())
    print(f"S = {side}, median of {arguments.runs} interleaved runs; y_fake of {len(squares)} photos against the first line's\n")
    with tempfile.TemporaryDirectory() as folder:
        files = {str(name): find_model(name) for name in arguments.models}
        first = next(iter(files))
        files[f"{first}, float16"] = in_float16(files[first], Path(folder) / "float16.onnx")
        files[f"{first}, 8 bits"] = in_8_bits(files[first], Path(folder) / "int8.onnx", squares[:CALIBRATION])
        report(files, squares, arguments.runs)


def square_of(path: Path, side: int) -> Floats:
    """(1, 3, S, S) in [0, 1]."""
    photo = small_copy(path, side).astype(np.float32) / np.float32(255)
    return np.ascontiguousarray(pad_to_square(photo, side).transpose(2, 0, 1)[None])


def report(files: dict[str, Path], squares: list[Floats], runs: int) -> None:
    sessions = {name: [session(path, threads) for threads in THREADS] for name, path in files.items()}
    by_threads = [medians(list(each), squares[0], runs) for each in zip(*sessions.values(), strict=True)]
    reference = outputs(next(iter(sessions.values()))[0], squares)
    rows = []
    for i, (name, path) in enumerate(files.items()):
        figures = [f"{1000 * column[i]:.1f}" for column in by_threads]
        loading = 1000 * statistics.median(seconds(partial(session, path, 1)) for _ in range(runs))
        fidelity = psnr(outputs(sessions[name][0], squares), reference)
        rows.append([name, *figures, f"{loading:.0f}", f"{path.stat().st_size / 1e6:.1f}", fidelity])
    by_thread = [f"ms, threads: {threads}" for threads in THREADS]
    print(table(["network", *by_thread, "ms to load", "MB", "PSNR of y_fake"], rows))


def session(path: Path, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.enable_mem_pattern = False
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def outputs(network: Any, squares: list[Floats]) -> list[Floats]:
    return [network.run(["y_fake"], {"x": square})[0] for square in squares]


def medians(networks: list[Any], square: Floats, runs: int) -> list[float]:
    """Seconds of each network."""
    times: list[list[float]] = [[] for _ in networks]
    for run in range(runs + 1):
        for network, own in zip(networks, times, strict=True):
            spent = seconds(partial(network.run, ["y_fake"], {"x": square}))
            if run:  # the first one allocates
                own.append(spent)
    return [statistics.median(own) for own in times]


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def psnr(made: list[Floats], reference: list[Floats]) -> str:
    """Decibels for white = 1, clipped as pictures are."""
    error = np.mean([np.mean((a.clip(0, 1) - b.clip(0, 1)) ** 2) for a, b in zip(made, reference, strict=True)])
    return "-" if error == 0 else f"{-10 * np.log10(error):.1f} dB"


def in_float16(model: Path, output: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tells of each weight that float16 rounds
        onnx.save(convert_float_to_float16(onnx.load(worked_out(model, output)), keep_io_types=True), output)
    return output


def in_8_bits(model: Path, output: Path, squares: list[Floats]) -> Path:
    quantize_static(
        worked_out(model, output),
        output,
        Calibration(squares),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=["Conv"],
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )
    return output


def worked_out(model: Path, output: Path) -> Path:
    """The model for tools that look for plain weights: constants worked out, global features always computed."""
    plain = onnx.load(model)
    choice = next(i for i, node in enumerate(plain.graph.node) if node.op_type == "If")
    computed = next(each.g for each in plain.graph.node[choice].attribute if each.name == "else_branch")
    renamed = onnx.helper.make_node("Identity", [computed.output[0].name], plain.graph.node[choice].output)
    nodes = [*plain.graph.node[:choice], *computed.node, renamed, *plain.graph.node[choice + 1 :]]
    del plain.graph.node[:], plain.graph.input[1:]
    plain.graph.node.extend(nodes)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(output.with_suffix(".basic.onnx"))
    onnxruntime.InferenceSession(plain.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return Path(options.optimized_model_filepath)


if __name__ == "__main__":
    main()
