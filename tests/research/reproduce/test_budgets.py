from __future__ import annotations

from deep_photo_enhancer.research.reproduce.budgets import BUDGETS
from deep_photo_enhancer.research.reproduce.paper_tables import TABLES
from tests.research.reproduce.fixtures import plan


def test_the_papers_budget_is_the_papers() -> None:
    supervised, gan = plan("table2", "global U-Net", "paper").config, plan("table4", "A-WGAN, two-way, iBN", "paper").config
    assert supervised.network.image_size == gan.network.image_size == 512
    assert supervised.optimiser.steps * supervised.optimiser.batch_size == 150 * 2250
    assert gan.optimiser.steps * gan.gan.critic_steps * gan.optimiser.batch_size == 150 * 2250
    assert supervised.optimiser.learning_rate == gan.optimiser.learning_rate == 1e-5
    assert (gan.gan.alpha, gan.gan.penalty_weight, gan.method) == (1000, 10, "two_way")
    assert gan.network.individual_batch_norm
    assert not supervised.network.individual_batch_norm


def test_all_systems_of_a_table_see_as_many_photos() -> None:
    for budget in BUDGETS.values():
        for table in TABLES.values():
            configs = [plan(table.name, row.name, budget.name).config for row in table.rows]
            costs = {(c.optimiser.steps, c.optimiser.batch_size, c.gan.critic_steps, c.network.image_size) for c in configs}
            assert len(costs) == 1
