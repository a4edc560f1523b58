from __future__ import annotations

import re
from importlib import resources

import deep_photo_enhancer as dpe
from deep_photo_enhancer import errors


def test_public_names_are_these_and_no_others() -> None:
    assert dpe.__all__ == [
        "ConfigError",
        "DPEError",
        "DataError",
        "DivergenceError",
        "Enhancer",
        "ModelError",
        "Photo",
        "PhotoError",
        "TrainingError",
        "__version__",
        "bundled_models",
        "enhance",
        "load_photo",
    ]
    assert all(hasattr(dpe, name) for name in dpe.__all__)


def test_the_package_says_that_it_is_typed() -> None:
    assert resources.files(dpe).joinpath("py.typed").is_file()


def test_the_version_is_one() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+([ab.]\w+)?", dpe.__version__)


def test_every_error_is_a_dpe_error_and_stands_in_the_tree() -> None:
    kinds = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert all(issubclass(kind, dpe.DPEError) for kind in kinds.values())
    assert set(kinds) == set(re.findall(r"\w+Error", errors.__doc__ or ""))
    assert set(kinds) <= set(dpe.__all__)
