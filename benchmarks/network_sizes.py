"""How large and how costly the networks of the paper's Tables 1 and 2 are: parameters, and multiply-adds for one photo.

python -m benchmarks.network_sizes [--image-size 512]

Counted by PyTorch while the networks run on tensors without values: convolutions and fully connected layers, nothing else.
"""

import argparse

import torch

from deep_photo_enhancer.system.text import table
from deep_photo_enhancer.training.networks.build import count_multiply_adds, count_parameters
from deep_photo_enhancer.training.networks.config import ARCHITECTURES, NetworkConfig

NARROWER = [("8resblk", 2.0), ("dped", 0.5), ("8resblk", 0.5), ("fcn", 0.75), ("crn", 1 / 8), ("crn", 1 / 16)]
"""Other widths: CycleGAN's released code, and what a small machine trains."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--image-size", type=int, default=512)
    size = parser.parse_args().image_size
    print(f"torch {torch.__version__}; one photo of {size} x {size}\n")
    rows = []
    for architecture, width in [*((name, 1.0) for name in ARCHITECTURES), *NARROWER]:
        config = NetworkConfig(size, architecture, width=width)
        adds = count_multiply_adds(config)
        cells = [architecture, f"{width:g}", f"{count_parameters(config):,}"]
        rows.append([*cells, f"{adds / 1e9:.2f} G", f"{2 * adds / 1e9:.1f} G"])
    print(table(["architecture", "width", "parameters", "multiply-adds", "FLOP"], rows))


if __name__ == "__main__":
    main()
