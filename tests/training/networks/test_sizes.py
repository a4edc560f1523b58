"""What PyTorch counts against sums over the layers, worked out by hand."""

from __future__ import annotations

from benchmarks.network_sizes import multiply_adds, parameters

from deep_photo_enhancer.training.networks.config import NetworkConfig


def test_the_global_unet_is_as_large_and_costly_as_published() -> None:
    config = NetworkConfig(512)
    assert round(parameters(config) / 1e6, 2) == 3.34
    assert round(2 * multiply_adds(config) / 1e9, 1) == 20.5


def test_every_layer_of_dped_and_fcn_works_at_full_size() -> None:
    dped = 9 * 9 * 3 * 64 + 10 * (3 * 3 * 64 * 64) + 9 * 9 * 64 * 3
    fcn = 3 * 3 * 3 * 32 + 8 * (3 * 3 * 32 * 32) + 32 * 3
    assert multiply_adds(NetworkConfig(128, "dped")) == 128**2 * dped
    assert multiply_adds(NetworkConfig(128, "fcn")) == 128**2 * fcn


def test_the_residual_blocks_of_8resblk_work_at_a_quarter_of_the_sides() -> None:
    outer = 2 * (7 * 7 * 3 * 32)
    # the places that count: of a convolution's output, of a transposed one's input
    half = 3 * 3 * 32 * 64 + 3 * 3 * 64 * 32
    quarter = 3 * 3 * 64 * 128 + 16 * (3 * 3 * 128 * 128) + 3 * 3 * 128 * 64
    assert multiply_adds(NetworkConfig(128, "8resblk")) == 128**2 * outer + 64**2 * half + 32**2 * quarter


def test_each_module_of_crn_works_at_its_own_size() -> None:
    coarse = 4**2 * (3 + 1024) + sum(side**2 * (1024 + 3 + 1024) for side in (8, 16, 32, 64))
    last = 128**2 * (1024 + 3 + 512)
    assert multiply_adds(NetworkConfig(128, "crn")) == 9 * 1024 * coarse + 9 * 512 * last + 128**2 * 512 * 3
