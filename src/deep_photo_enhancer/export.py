"""Writes a trained network as an ONNX file that the enhancer takes."""

from __future__ import annotations

import contextlib
import json
import logging
import warnings
from pathlib import Path

import onnx
import torch

from deep_photo_enhancer.errors import ModelError
from deep_photo_enhancer.models import CONFIG_KEY
from deep_photo_enhancer.networks.global_unet import GlobalUNet, GlobalUNetConfig
from deep_photo_enhancer.training.checkpoint import load_checkpoint

OPSET = 18


def export_run(run: Path, output: Path, description: str) -> Path:
    """Write the best weights of a run, or of one checkpoint's folder, with their configuration. TrainingError without one."""
    checkpoint = load_checkpoint(run)
    network = GlobalUNet(GlobalUNetConfig(**checkpoint.config["network"]))
    network.load_state_dict(checkpoint.best_weights)
    details = {
        "description": description,
        "network": network.config.to_dict(),
        "step": checkpoint.step,
        "training": checkpoint.config,
    }
    return export_network(network, output, details)


def export_network(network: GlobalUNet, output: Path, details: dict[str, object]) -> Path:
    """Write a network as ONNX: input "x" and output "y_fake", (1, 3, S, S); details go into the file's metadata as JSON."""
    size = network.config.image_size
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own deprecated internals
        program = torch.onnx.export(
            network.eval(),
            (torch.zeros(1, 3, size, size),),
            input_names=["x"],
            output_names=["y_fake"],
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    onnx.helper.set_model_props(model, {CONFIG_KEY: json.dumps(details)})
    onnx.checker.check_model(model)
    unfinished = output.with_name(f".{output.name}.part")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        onnx.save_model(model, unfinished)
        unfinished.replace(output)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise ModelError(f"{output}: cannot write there: {error.strerror}; choose another file") from error
    return output
