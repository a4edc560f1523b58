from __future__ import annotations

from deep_photo_enhancer.research.reproduce.budgets import BUDGETS
from deep_photo_enhancer.research.reproduce.paper_tables import TABLES
from tests.research.reproduce.fixtures import plan


def test_the_papers_budget_is_the_released_schedule() -> None:
    supervised, gan = plan("table2", "global U-Net", "paper").config, plan("table4", "A-WGAN, two-way, iBN", "paper").config
    epoch = 2250 * 8 // 3  # batches: 8 views of each photo
    assert supervised.optimiser.steps == 50 * epoch == 300_000
    assert gan.optimiser.steps * gan.gan.critic_steps == 150 * epoch == 900_000
    assert gan.optimiser.steps == 18_000
    for config in (supervised, gan):
        assert config.network.image_size == 512
        assert config.data.rotate
        assert (config.optimiser.batch_size, config.optimiser.learning_rate) == (3, 1e-5)
        assert config.optimiser.betas == (0.9, 0.999)
    assert supervised.loss == "log-mse"
    assert (gan.gan.alpha, gan.gan.penalty_weight, gan.method) == (1000, 10, "two_way")
    assert (gan.gan.penalty_floor, gan.gan.penalty_window, gan.gan.warm_up) == (0, 50, 0)
    assert gan.network.individual_batch_norm
    assert not supervised.network.individual_batch_norm


def test_the_smoke_budget_runs_every_branch_of_the_gans() -> None:
    gan = plan("table4", "A-WGAN, two-way", "smoke").config
    assert 0 < gan.gan.warm_up < gan.optimiser.steps
    assert gan.gan.penalty_window == 1  # lambda changes, and the floor counts
    assert gan.gan.penalty_floor > 0
    assert gan.data.rotate


def test_medium_and_large_are_small_at_more_pixels_with_more_steps() -> None:
    for table, row, steps in (
        ("table4", "A-WGAN, two-way, iBN", (150, 250, 500)),
        ("table2", "global U-Net", (1000, 1000, 2000)),
    ):
        configs = [plan(table, row, name).config for name in ("small", "medium", "large")]
        assert [config.network.image_size for config in configs] == [64, 128, 256]
        assert tuple(config.optimiser.steps for config in configs) == steps
        assert len({(c.optimiser.learning_rate, c.gan.alpha, c.gan.critic_instance_norm) for c in configs}) == 1


def test_all_systems_of_a_table_see_as_many_photos() -> None:
    for budget in BUDGETS.values():
        for table in TABLES.values():
            configs = [plan(table.name, row.name, budget.name).config for row in table.rows]
            costs = {(c.optimiser.steps, c.optimiser.batch_size, c.gan.critic_steps, c.network.image_size) for c in configs}
            assert len(costs) == 1
