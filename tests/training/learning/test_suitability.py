from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.photo import load_photo
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.training.learning import suitability
from deep_photo_enhancer.training.learning.suitability import RUN_MARK, fingerprint, suitable_photos
from tests.photo.samples import needs, refusal
from tests.synthetic import grey, synthetic_photo, write_photo

HEIGHT, WIDTH = 192, 288


def photo(seed: int) -> Pixels:
    return synthetic_photo(seed, HEIGHT, WIDTH)


def luma(seed: int) -> Pixels:
    return np.asarray(Image.fromarray(photo(seed)).convert("L"))


def fog(features: NDArray[np.float64] | float = 0.0) -> Pixels:
    """A pale blue fog with faint features, (H, W)."""
    noise = np.random.default_rng(0).normal(0, 1, (HEIGHT, WIDTH))
    return np.clip((noise + features)[..., None] + [200, 206, 216], 0, 255).astype(np.uint8)


def blurred_spot(row: float, column: float) -> NDArray[np.float64]:
    rows, columns = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j]
    spot: NDArray[np.float64] = 8 * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 0.05)
    return spot


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def test_photos_in_colour_each_different_are_all_suitable_in_the_order_of_their_paths(tmp_path: Path) -> None:
    for name, seed in {"b.jpg": 1, "a.png": 2, "deeper/c.webp": 3, "d.tif": 4}.items():
        write_photo(tmp_path / name, photo(seed))
    found = suitable_photos(tmp_path, least=4)
    assert names(found.photos) == ["a.png", "b.jpg", "d.tif", "c.webp"]
    assert found.left_out == []


def test_a_phones_photos_are_learned_from(tmp_path: Path) -> None:
    needs(".heic")
    for seed, name in enumerate(("a.jpg", "b.jpg", "c.heic", "d.heic", "e.HEIC")):
        write_photo(tmp_path / "made" / f"{name}.png", photo(seed))
        load_photo(tmp_path / "made" / f"{name}.png").save(tmp_path / "phone" / name)
    found = suitable_photos(tmp_path / "phone", least=5)
    assert names(found.photos) == ["a.jpg", "b.jpg", "c.heic", "d.heic", "e.HEIC"]
    assert found.left_out == []


def test_thirty_photos_are_needed_and_are_enough(tmp_path: Path) -> None:
    for seed in range(29):
        write_photo(tmp_path / f"{seed}.jpg", photo(seed))
    with pytest.raises(DataError, match=r"29 of 29 photos can be used, and 30 are needed"):
        suitable_photos(tmp_path)
    write_photo(tmp_path / "29.jpg", photo(29))
    assert len(suitable_photos(tmp_path).photos) == 30


def _exact(image: Image.Image, path: Path) -> None:
    image.save(path.with_suffix(".png"))


def _poor_jpeg(image: Image.Image, path: Path) -> None:
    image.save(path.with_suffix(".jpg"), quality=40)


def _other_size(image: Image.Image, path: Path) -> None:
    image.resize((WIDTH * 9 // 10, HEIGHT * 9 // 10), Image.Resampling.BICUBIC).save(path.with_suffix(".jpg"), quality=80)


@pytest.mark.parametrize("save_copy", [_exact, _poor_jpeg, _other_size])
def test_a_copy_is_left_out_and_its_sentence_names_both(tmp_path: Path, save_copy: Callable[[Image.Image, Path], None]) -> None:
    for seed in range(8):
        original = write_photo(tmp_path / f"a{seed}.png", photo(seed))
        with Image.open(original) as image:
            save_copy(image, tmp_path / f"copy{seed}")
    found = suitable_photos(tmp_path, least=1)
    assert names(found.photos) == [f"a{seed}.png" for seed in range(8)]
    assert len(found.left_out) == 8
    for seed, sentence in enumerate(found.left_out):
        assert sentence.startswith(f"{tmp_path / f'copy{seed}'}.")
        assert sentence.endswith(f": the same picture as {tmp_path / f'a{seed}.png'}")


def test_a_copy_of_a_photo_with_much_contrast_may_differ_more(tmp_path: Path) -> None:
    """Resizing programs cut odd rows and columns, which moves every edge by a part of a pixel."""
    tiles = np.random.default_rng(0).integers(0, 256, (24, 36, 3), dtype=np.uint8)
    image = Image.fromarray(tiles.repeat(8, axis=0).repeat(8, axis=1))
    image.save(tmp_path / "a.png")
    image.crop((1, 1, WIDTH, HEIGHT)).resize((260, 173), Image.Resampling.BICUBIC).save(tmp_path / "b.jpg", quality=80)
    assert names(suitable_photos(tmp_path, least=1).photos) == ["a.png"]


def test_of_copies_the_one_with_the_most_pixels_stays(tmp_path: Path) -> None:
    large = Image.fromarray(synthetic_photo(0, 2 * HEIGHT, 2 * WIDTH))
    large.resize((WIDTH, HEIGHT)).save(tmp_path / "a.jpg", quality=70)
    large.save(tmp_path / "b.jpg", quality=50)
    large.resize((WIDTH * 3 // 2, HEIGHT * 3 // 2)).save(tmp_path / "c.png")
    found = suitable_photos(tmp_path, least=1)
    assert names(found.photos) == ["b.jpg"]
    assert found.left_out == [f"{tmp_path / name}: the same picture as {tmp_path / 'b.jpg'}" for name in ("a.jpg", "c.png")]


def test_mirrored_darkened_and_reframed_photos_are_no_copies(tmp_path: Path) -> None:
    scene = synthetic_photo(0, HEIGHT, WIDTH + 60)
    write_photo(tmp_path / "a.png", scene[:, :WIDTH])
    write_photo(tmp_path / "mirrored.png", scene[:, :WIDTH][:, ::-1])
    write_photo(tmp_path / "darkened.png", (scene[:, :WIDTH] * 0.8).astype(np.uint8))
    write_photo(tmp_path / "reframed.png", scene[:, 60:])
    assert len(suitable_photos(tmp_path, least=1).photos) == 4


def test_different_fogs_stay_and_their_copies_go(tmp_path: Path) -> None:
    slope = np.linspace(-4, 4, WIDTH) + np.zeros((HEIGHT, 1))
    fogs = [fog(), fog(3), fog(slope), fog(-slope), fog(blurred_spot(0.3, 0.3)), fog(blurred_spot(0.7, 0.6))]
    for i, pixels in enumerate(fogs):
        Image.fromarray(pixels).save(tmp_path / f"fog{i}.jpg", quality=90)
        Image.fromarray(pixels).save(tmp_path / f"copy{i}.jpg", quality=60)
    found = suitable_photos(tmp_path, least=1)
    assert names(found.photos) == [f"copy{i}.jpg" for i in range(6)]
    assert [sentence.split("same picture as ")[1] for sentence in found.left_out] == [str(path) for path in found.photos]


def test_grey_photos_are_left_out_in_one_band_and_in_three_and_with_noise(tmp_path: Path) -> None:
    write_photo(tmp_path / "band.png", luma(0))
    bands = np.repeat(luma(1)[..., None], 3, axis=2)
    write_photo(tmp_path / "bands.png", bands)
    noise = np.random.default_rng(0).normal(0, 3, bands.shape)
    Image.fromarray(np.clip(bands + noise, 0, 255).astype(np.uint8)).save(tmp_path / "noisy.jpg", quality=90)
    write_photo(tmp_path / "z.png", photo(2))
    found = suitable_photos(tmp_path, least=1)
    assert names(found.photos) == ["z.png"]
    assert found.left_out == [f"{tmp_path / name}: black and white" for name in ("band.png", "bands.png", "noisy.jpg")]


def test_sepia_and_pale_fog_are_colour(tmp_path: Path) -> None:
    write_photo(tmp_path / "sepia.jpg", (luma(0)[..., None] * [1.0, 0.88, 0.7]).astype(np.uint8))
    write_photo(tmp_path / "fog.jpg", fog())
    assert len(suitable_photos(tmp_path, least=2).photos) == 2


def test_tiny_and_unreadable_photos_are_left_out(tmp_path: Path) -> None:
    write_photo(tmp_path / "edge.png", synthetic_photo(0, 256, 170))
    write_photo(tmp_path / "icon.png", synthetic_photo(1, 90, 120))
    write_photo(tmp_path / "nearly.png", synthetic_photo(2, 255, 255))
    (tmp_path / "text.png").write_text("not a photo")
    broken = write_photo(tmp_path / "truncated.jpg", photo(3))
    broken.write_bytes(broken.read_bytes()[:3000])
    found = suitable_photos(tmp_path, least=1)
    assert names(found.photos) == ["edge.png"]
    assert found.left_out == [
        f"{tmp_path / 'icon.png'}: 120 x 90 pixels: too small to learn from; the long side must have 256",
        f"{tmp_path / 'nearly.png'}: 255 x 255 pixels: too small to learn from; the long side must have 256",
        refusal(tmp_path / "text.png"),
        refusal(tmp_path / "truncated.jpg"),
    ]


def test_of_too_many_photos_an_even_choice_is_kept_and_one_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(9):
        write_photo(tmp_path / f"{seed}.jpg", photo(seed))
    write_photo(tmp_path / "z.jpg", photo(8))
    monkeypatch.setattr(suitability, "MAX_PHOTOS", 9)
    assert len(suitable_photos(tmp_path, least=1).left_out) == 1
    monkeypatch.setattr(suitability, "MAX_PHOTOS", 4)
    found = suitable_photos(tmp_path, least=1)
    assert names(found.photos) == ["0.jpg", "2.jpg", "4.jpg", "6.jpg"]
    assert found.left_out == [
        f"{tmp_path / 'z.jpg'}: the same picture as {tmp_path / '8.jpg'}",
        f"{tmp_path}: 9 photos are suitable; 4, evenly spread among them, are enough",
    ]


def test_of_far_too_many_photos_only_some_evenly_spread_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(9):
        write_photo(tmp_path / f"{seed}.jpg", photo(seed))
    (tmp_path / "1.jpg").write_text("not a photo, but not looked at either")
    monkeypatch.setattr(suitability, "MAX_PHOTOS", 2)
    found = suitable_photos(tmp_path, least=1)
    assert names(found.photos) == ["0.jpg", "4.jpg"]
    assert found.left_out == [f"{tmp_path}: 5 photos are suitable; 2, evenly spread among them, are enough"]
    (tmp_path / "8.jpg").unlink()
    with pytest.raises(DataError, match=r"7 of 8 photos can be used \(left out: 1 unreadable\)"):
        suitable_photos(tmp_path, least=8)


def test_pictures_in_the_runs_of_earlier_looks_are_nobodys_photos(tmp_path: Path) -> None:
    write_photo(tmp_path / "a.png", photo(0))
    write_photo(tmp_path / "not-a-run" / "liked" / "b.png", photo(1))
    run = tmp_path / "looks" / "old-run"
    for i, name in enumerate(
        ("progress.png", "liked/y0000.png", "ordinary/x0000.png", "samples/00000050.png", "shown/liked/0.png")
    ):
        write_photo(run / name, photo(2 + i))
    (run / RUN_MARK).write_text("{}")
    assert names(suitable_photos(tmp_path, least=1).photos) == ["a.png", "b.png"]
    for folder in (run, run / "liked"):
        with pytest.raises(DataError, match="0 of 0 photos can be used, and "):
            suitable_photos(folder, least=1)


def test_a_fingerprint_tells_of_photos_that_came_or_went_and_of_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    for name in ("a.png", "trip/b.png"):
        write_photo(folder / name, grey(10))
    first = fingerprint(folder)
    (folder / "notes.txt").write_text("no photo")
    assert fingerprint(folder) == fingerprint(shutil.copytree(folder, tmp_path / "renamed")) == first
    write_photo(folder / "c.png", grey(10))
    assert fingerprint(folder) != first
    (folder / "c.png").unlink()
    write_photo(folder / "a.png", synthetic_photo(0))
    assert fingerprint(folder) != first


def test_a_file_name_that_is_no_text_is_left_out_and_named(tmp_path: Path) -> None:
    write_photo(tmp_path / "a.png", photo(0))
    strange = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png"))
    try:
        strange.write_bytes((tmp_path / "a.png").read_bytes())
    except OSError:
        pytest.skip("the file system refuses such names")
    found = suitable_photos(tmp_path, least=1)
    assert names(found.photos) == ["a.png"]
    assert len(found.left_out) == 1
    assert found.left_out[0].startswith(f"{strange}: ")


def test_too_few_photos_are_an_error_that_counts_the_reasons_and_says_what_to_do(tmp_path: Path) -> None:
    for seed in range(3):
        write_photo(tmp_path / f"{seed}.png", photo(seed))
        write_photo(tmp_path / f"grey{seed}.png", luma(10 + seed))
    for name in ("copy.png", "again.png"):
        write_photo(tmp_path / name, photo(0))
    write_photo(tmp_path / "icon.png", synthetic_photo(4, 90, 120))
    with pytest.raises(DataError) as caught:
        suitable_photos(tmp_path, least=4)
    assert str(caught.value) == (
        f"{tmp_path}: 3 of 9 photos can be used (left out: 3 black and white, 2 duplicate, 1 too small), and 4 are needed:"
        " add different photos in colour, of 256 pixels or more; 100 are better"
    )


def test_a_folder_all_in_black_and_white_is_answered_that_photos_in_colour_are_needed(tmp_path: Path) -> None:
    for seed in range(3):
        write_photo(tmp_path / f"{seed}.png", luma(seed))
    with pytest.raises(
        DataError, match=r"0 of 3 photos .*: 3 black and white\), and 1 are needed: add different photos in colour"
    ):
        suitable_photos(tmp_path, least=1)


def test_a_missing_folder_and_an_empty_one_are_errors_that_name_them(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere: no such folder"):
        suitable_photos(tmp_path / "nowhere")
    with pytest.raises(DataError, match="no photos there"):
        suitable_photos(tmp_path)


def test_looking_twice_finds_the_same(tmp_path: Path) -> None:
    for i in range(12):
        Image.fromarray(photo(i % 5)).save(tmp_path / f"{i}.jpg", quality=95 - 4 * i)
    write_photo(tmp_path / "grey.png", luma(0))
    first = suitable_photos(tmp_path, least=1)
    assert len(first.left_out) == 8
    assert suitable_photos(tmp_path, least=1) == first
