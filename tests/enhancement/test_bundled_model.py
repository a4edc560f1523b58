"""The model that comes with the package, as a user meets it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import deep_photo_enhancer as dpe
from deep_photo_enhancer.cli import main
from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.enhancement.models import DEFAULT, load_model
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.photo.vips import vips_image
from tests.enhancing_fixtures import smooth_photo

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "photos").glob("*.jpg"))


@pytest.fixture(scope="module")
def natural() -> Enhancer:
    return Enhancer()


def test_the_default_is_there_and_listed_first() -> None:
    assert next(iter(dpe.bundled_models())) == DEFAULT == "natural"
    result = CliRunner().invoke(main, ["models"])
    assert result.exit_code == 0
    assert result.stdout.startswith(f"natural: {load_model().description} (S = ")


def test_each_bundled_model_carries_its_description_and_network() -> None:
    assert dpe.bundled_models()
    for name in dpe.bundled_models():
        model = load_model(name)
        assert len(model.description) > 20
        assert model.card is not None
        assert model.card.name == name
        assert "photographs" in model.card.data
        assert model.card.licence.startswith("MIT")
        assert model.image_size % 64 == 0
        assert set(model.details["network"]) == {"image_size", "architecture", "individual_batch_norm", "keep_ends", "width"}
        assert not model.details["network"]["individual_batch_norm"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_photos_change_visibly_but_not_wildly(natural: Enhancer, path: Path) -> None:
    photo = dpe.load_photo(path)
    small = vips_image(photo.pixels).resize(400 / max(photo.size)).numpy()  # fast, and enough to judge by
    difference = natural(small).astype(int) - small
    assert 1 < abs(difference).mean() < 50
    clipped_before, clipped_after = ((codes == 255).all(2).mean() for codes in (small, small + difference))
    assert clipped_after - clipped_before < 0.05
    # the picture is the same picture: its lightness keeps its order
    grey, new_grey = small.mean(2).ravel(), (small + difference).mean(2).ravel()
    assert np.corrcoef(grey, new_grey)[0, 1] > 0.9


def test_vivid_photos_have_deeper_colours_than_natural_ones(natural: Enhancer) -> None:
    vivid = Enhancer("vivid")
    photos = [vips_image(dpe.load_photo(path).pixels).resize(0.1).numpy() for path in EXAMPLES[:3]]
    for photo in photos:
        assert colourfulness(vivid(photo)) > colourfulness(natural(photo))
    white = np.full((64, 96, 3), 255, np.uint8)
    np.testing.assert_array_equal(vivid(white), white)


def colourfulness(photo: Pixels) -> float:
    """Mean distance of a pixel to its own grey."""
    return float(np.abs(photo - photo.mean(2, keepdims=True)).mean())


def test_one_line_to_use(tmp_path: Path, natural: Enhancer) -> None:
    pixels = smooth_photo(60, 90)
    dpe.Photo(pixels).save(tmp_path / "in.png")
    dpe.enhance(tmp_path / "in.png").save(tmp_path / "out.png")
    np.testing.assert_array_equal(dpe.load_photo(tmp_path / "out.png").pixels, natural(pixels))
    np.testing.assert_array_equal(dpe.enhance(pixels, strength=0), pixels)
