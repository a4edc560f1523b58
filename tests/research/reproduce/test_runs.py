from __future__ import annotations

from tests.research.reproduce.fixtures import plan


def test_rows_that_two_tables_share_are_one_run() -> None:
    assert plan("table3", "A-WGAN").folder == plan("table4", "A-WGAN, one-way").folder
    assert plan("table3", "WGAN-GP, lambda 10").folder == plan("table4", "WGAN-GP, one-way").folder
    assert plan("table3", "WGAN-GP, lambda 10").folder != plan("table3", "WGAN-GP, lambda 1").folder
    assert plan("table3", "A-WGAN").folder != plan("table3", "A-WGAN", seed=1).folder


def test_other_photos_at_the_same_place_are_another_run() -> None:
    assert plan("table3", "A-WGAN").folder != plan("table3", "A-WGAN", photo="a0002").folder
