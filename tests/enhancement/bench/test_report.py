from __future__ import annotations

from copy import deepcopy
from typing import Any

from deep_photo_enhancer.enhancement.bench import markdown, report

FIGURES: dict[str, Any] = {
    "machine": {"processor": "A", "cores": 2, "device": "cpu", "model": "natural", "compiled kernel": True},
    "photos": [
        {
            "photo": "a.jpg",
            "megapixels": 24.0,
            "stages": {"decode": 0.21, "network": 0.1, "fit": 0.02, "apply": 0.11, "encode": 0.25},
            "whole": 0.7,
            "floor": 0.5,
            "ratio": 1.4,
            "command": 1.25,
            "peak_megabytes": 290.4,
        }
    ],
    "folder": {"photos": 8, "one_at_a_time": 100.0, "several_at_once": 150.0, "floor": 180.0},
    "cold start": 0.5,
}


def test_the_report_is_for_people() -> None:
    assert (
        report(FIGURES)
        == """\
A, 2 cores, cpu, model natural

a.jpg, 24.0 megapixels
  decode: read the file            0.210 s
  network: enhance the small copy  0.100 s
  fit: find its change             0.020 s
  apply: carry it to full size     0.110 s
  encode: write the file           0.250 s
  from file to file                0.700 s
  reading and writing alone        0.500 s
  the first over the second           1.40
  the command, from start to end    1.25 s
  its memory, at most               290 MB

8 of these photos, photos a minute: 100 one at a time, 150 with one on every core (1.50 times as many); decoding and encoding \
alone 180 (1.20 times as many).
Cold start: a photo of 512 pixels in 0.50 s from the command's start to its end."""
    )


def test_what_is_unknown_is_left_out_and_no_name_breaks_a_line() -> None:
    figures = deepcopy(FIGURES)
    figures["photos"][0] |= {"photo": "two\nlines.jpg", "peak_megabytes": None}
    figures["machine"]["compiled kernel"] = False
    text = report(figures)
    assert "two\\nlines.jpg, 24.0 megapixels\n" in text
    assert "MB" not in text
    assert text.splitlines()[0].endswith("without the compiled kernel")


def test_the_table_in_markdown() -> None:
    lines = markdown(FIGURES).splitlines()
    columns = "photo|megapixels|decode|network|fit|apply|encode|whole|codec floor|ratio|command|peak memory"
    assert "|".join(cell.strip() for cell in lines[4].strip("|").split("|")) == columns
    assert lines[6].split("|")[2:5] == ["       24.0 ", "  0.210 ", "   0.100 "]
