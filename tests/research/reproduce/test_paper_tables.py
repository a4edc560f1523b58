from __future__ import annotations

from deep_photo_enhancer.research.reproduce.paper_tables import TABLES


def test_the_papers_best_network_and_objective_lead_its_tables() -> None:
    for table, best in (
        ("table1", "global U-Net"),
        ("table2", "global U-Net"),
        ("table3", "A-WGAN"),
        ("table4", "A-WGAN, two-way, iBN"),
    ):
        known = [row for row in TABLES[table].rows if row.paper]
        assert max(known, key=lambda row: row.paper["psnr"]).name == best


def test_each_row_of_the_unpaired_tables_is_there_with_the_pooled_critic_too() -> None:
    for table in ("table3", "table4", "lambdas"):
        rows = {row.name: row for row in TABLES[table].rows}
        for name, row in rows.items():
            if not name.endswith(", pooled critic"):
                pooled = rows[f"{name}, pooled critic"]
                assert pooled.settings == {**row.settings, "gan.critic": "pooled"}
                assert not pooled.paper
