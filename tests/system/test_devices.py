from __future__ import annotations

import pytest

from deep_photo_enhancer.system.devices import Device, parse_device


def test_the_names_of_devices() -> None:
    assert parse_device("auto") == Device("auto")
    assert parse_device("cpu") == Device("cpu")
    assert parse_device("cuda") == Device("cuda", None)
    assert parse_device("cuda:0") == Device("cuda", 0)
    assert parse_device("cuda:12") == Device("cuda", 12)


@pytest.mark.parametrize("name", ["", "gpu", "CPU", "cuda:", "cuda:first", "cuda:-1", "cpu:0", "cuda:\u0661", "cuda\n"])
def test_other_names_get_a_sentence(name: str) -> None:
    with pytest.raises(ValueError, match=r"not known; use auto, cpu, cuda, or cuda:1 for the second one"):
        parse_device(name)
