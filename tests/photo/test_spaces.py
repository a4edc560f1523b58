from __future__ import annotations

import numpy as np
from PIL import ImageCms

from deep_photo_enhancer.photo.profiles import _PRIMARIES, matrix_profile
from deep_photo_enhancer.photo.spaces import Space, is_srgb, profile_works
from tests.enhancing_fixtures import icc_profile, out_of_profile
from tests.photo.samples import RGB


def test_profiles_that_work() -> None:
    assert profile_works(icc_profile("p3"))
    assert profile_works(icc_profile("srgb"))
    assert not profile_works(b"")


def test_profiles_that_mean_srgb_are_known() -> None:
    written_elsewhere = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert written_elsewhere != icc_profile("srgb")
    assert is_srgb(written_elsewhere)
    assert is_srgb(icc_profile("srgb"))
    assert not is_srgb(icc_profile("p3"))


def test_a_made_profile_leads_to_srgb_and_back() -> None:
    rec2020 = matrix_profile(_PRIMARIES[9], None, "BT.2020")
    space = Space.of(rec2020, 3)
    own = (RGB / 255).astype(np.float32)
    srgb = space.to_srgb(own)
    assert np.abs(space.changed(own, srgb, srgb) - own).max() < 1e-3
    expected = out_of_profile(RGB, rec2020)
    inside = ((expected > 2) & (expected < 253)).all(2)
    assert inside.mean() > 0.3
    assert np.abs(srgb * 255 - expected)[inside].mean() < 0.5
