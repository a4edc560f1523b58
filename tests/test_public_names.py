from __future__ import annotations

import io
import re
import subprocess
import sys
from ast import literal_eval
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import deep_photo_enhancer as dpe
from deep_photo_enhancer import errors

if TYPE_CHECKING:
    from typing_extensions import assert_type


def test_public_names_are_these_and_no_others() -> None:
    assert dpe.__all__ == [
        "ArchiveError",
        "ConfigError",
        "DPEError",
        "DataError",
        "DivergenceError",
        "Enhancer",
        "ModelError",
        "Photo",
        "PhotoError",
        "SaveOptions",
        "TrainingError",
        "__version__",
        "bundled_models",
        "enhance",
        "load_photo",
    ]
    assert dir(dpe) == sorted(dpe.__all__)


def test_nothing_else_is_reachable_but_the_wings() -> None:
    program = "import deep_photo_enhancer as dpe; print([n for n in vars(dpe) if n[:2] != '__' and n not in dpe.__all__])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert sorted(literal_eval(done.stdout)) == ["enhancement", "errors", "photo", "system", "version"]


def test_the_same_kind_comes_back_as_a_type_checker_sees_it(identity: dpe.Enhancer, tmp_path: Path) -> None:
    array = np.zeros((4, 5, 3), np.uint8)
    picture = Image.fromarray(array)
    picture.save(tmp_path / "in.png")
    content = (tmp_path / "in.png").read_bytes()
    for enhance in (identity, dpe.enhance):
        photo = enhance(str(tmp_path / "in.png"))
        assert isinstance(enhance(content), dpe.Photo)
        assert isinstance(enhance(io.BytesIO(content)), dpe.Photo)
        assert isinstance(enhance(photo), dpe.Photo)
        assert isinstance(enhance(array), np.ndarray)
        assert isinstance(enhance(picture), Image.Image)
    if TYPE_CHECKING:
        assert_type(dpe.enhance("in.jpg"), dpe.Photo)
        assert_type(dpe.enhance(Path("in.jpg"), 0.5), dpe.Photo)
        assert_type(dpe.enhance(photo), dpe.Photo)
        assert_type(dpe.enhance(content), dpe.Photo)
        assert_type(dpe.enhance(io.BytesIO(content), model="natural"), dpe.Photo)
        assert_type(dpe.enhance(array), NDArray[np.uint8])
        assert_type(dpe.enhance(picture), Image.Image)
        assert_type(identity("in.jpg"), dpe.Photo)
        assert_type(identity(array), NDArray[np.uint8])
        assert_type(identity(picture), Image.Image)
        dpe.enhance(1)  # type: ignore[call-overload]


def test_the_package_says_that_it_is_typed() -> None:
    assert resources.files(dpe).joinpath("py.typed").is_file()


def test_the_version_is_one() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+([ab.]\w+)?", dpe.__version__)


def test_every_error_is_a_dpe_error_and_stands_in_the_tree() -> None:
    kinds = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert all(issubclass(kind, dpe.DPEError) for kind in kinds.values())
    assert set(kinds) == set(re.findall(r"\w+Error", errors.__doc__ or ""))
    assert set(kinds) <= set(dpe.__all__)
