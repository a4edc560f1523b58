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
