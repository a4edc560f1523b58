"""Seconds a training step takes on the CPU, with and without keeping freed memory: each in a process of its own, in turn.

python -m benchmarks.step [--image-size 256] [--batch-size 8] [--threads 1] [--runs 7]
"""

import argparse
import statistics
import subprocess
import sys

from benchmarks.machine import machine

STEP = """
import sys, time, statistics, torch
from deep_photo_enhancer.training.networks.config import NetworkConfig
from deep_photo_enhancer.training.networks.global_unet import GlobalUNet
from deep_photo_enhancer.system.memory import keep_freed_memory
keep, size, batch, threads, runs = map(int, sys.argv[1:])
if keep:
    keep_freed_memory()
torch.set_num_threads(threads)
torch.set_flush_denormal(True)
torch.manual_seed(0)
network = GlobalUNet(NetworkConfig(size)).to(memory_format=torch.channels_last)
x = torch.rand(batch, 3, size, size).to(memory_format=torch.channels_last)
optimiser = torch.optim.Adam(network.parameters())
times = []
for _ in range(runs + 1):
    start = time.perf_counter()
    optimiser.zero_grad()
    ((network(x) - x * 0.5) ** 2).mean().backward()
    optimiser.step()
    times.append(time.perf_counter() - start)
print(statistics.median(times[1:]))
"""
ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--image-size", type=int, default=256)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runs", type=int, default=7)
    arguments = parser.parse_args()
    numbers = [str(n) for n in (arguments.image_size, arguments.batch_size, arguments.threads, arguments.runs)]
    times: dict[int, list[float]] = {0: [], 1: []}
    for _ in range(ROUNDS):
        for keep in times:
            command = [sys.executable, "-c", STEP, str(keep), *numbers]
            times[keep].append(float(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    plain, kept = (statistics.median(times[keep]) for keep in (0, 1))
    print(machine())
    print(f"S = {numbers[0]}, batch {numbers[1]}, {numbers[2]} threads; median of {ROUNDS} processes of {numbers[3]} steps each")
    print(f"plain {plain:.2f} s, freed memory kept {kept:.2f} s a step: {plain / kept:.2f} times as long without")


if __name__ == "__main__":
    main()
