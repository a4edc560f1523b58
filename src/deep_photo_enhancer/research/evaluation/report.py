"""An evaluation as a page to look at: tables, then every photo with all its pictures. It asks nothing of the network."""

from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from deep_photo_enhancer.research.evaluation.report_page import PAGE, SCRIPT, STYLE
from deep_photo_enhancer.research.evaluation.tables import Rows, difference_rows, how_measured, summary_rows
from deep_photo_enhancer.research.evaluation.thumbnails import Thumbnails
from deep_photo_enhancer.training.metrics.quality import METRICS
from deep_photo_enhancer.version import __version__

if TYPE_CHECKING:
    from deep_photo_enhancer.research.evaluation.evaluate import Evaluation


def report(evaluation: Evaluation) -> str:
    """report.html: photos sorted by the first system's PSNR, the worst first; other orders can be chosen on the page."""
    tables = [_table(summary_rows(evaluation))]
    if len(evaluation.systems) > 1:
        tables.append(_table(difference_rows(evaluation)))
    photos = "" if evaluation.thumbnails is None else _photos(evaluation, evaluation.thumbnails)
    return PAGE.substitute(
        style=STYLE,
        script=SCRIPT,
        version=escape(__version__),
        count=len(evaluation.names),
        tables="\n".join(tables),
        notes="\n".join(f"<li>{escape(sentence)}</li>" for sentence in how_measured(evaluation)),
        photos=photos,
    )


def _table(rows: Rows) -> str:
    heading, *body = rows
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in heading)
    lines = [
        f'<tr><th scope="row">{escape(name)}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
        for name, *cells in body
    ]
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'


def _photos(evaluation: Evaluation, thumbnails: Thumbnails) -> str:
    psnrs = evaluation.figures[evaluation.systems[0]]["psnr"]
    sections = "\n".join(_photo(evaluation, thumbnails, int(photo)) for photo in np.argsort(psnrs, kind="stable"))
    return f'{_order(evaluation)}\n<div id="photos">\n{sections}\n</div>'


def _order(evaluation: Evaluation) -> str:
    """What the photos can be sorted by: the number of a column of figures, and which end of it is bad."""
    options = [
        f'<option value="{number}" data-worst="{1 if metric.higher_is_better else -1}">'
        f"{escape(metric.title)} of {escape(system)}</option>"
        for number, (system, metric) in enumerate(
            (system, metric) for system in evaluation.systems for metric in METRICS.values()
        )
    ]
    return (
        f'<p class="order"><label>Sorted by <select id="by">{"".join(options)}</select></label> '
        '<label><select id="end"><option value="1">worst first</option><option value="-1">best first</option></select></label>'
        "</p>"
    )


def _photo(evaluation: Evaluation, thumbnails: Thumbnails, photo: int) -> str:
    figures = [values[photo] for of_system in evaluation.figures.values() for values in of_system.values()]
    height, width = thumbnails.shapes[photo]
    pictures = "".join(_picture(evaluation, thumbnails, photo, column) for column in range(len(thumbnails.columns)))
    name = escape(evaluation.names[photo])
    return (
        f'<section data-figures="{_numbers(figures)}"><h2>{name} <small>{width} x {height}</small></h2>'
        f'<div class="row">{pictures}</div></section>'
    )


def _numbers(values: Iterable[float]) -> str:
    """For JavaScript's Number()."""
    return " ".join("Infinity" if math.isinf(value) else f"{value:.6g}" for value in values)


def _picture(evaluation: Evaluation, thumbnails: Thumbnails, photo: int, column: int) -> str:
    title, path = thumbnails.columns[column], thumbnails.path(photo, column)
    height, width = thumbnails.shapes[photo]
    figures = ""
    if title in evaluation.figures and column < len(thumbnails.columns) - 1:
        values = {metric: evaluation.figures[title][name][photo] for name, metric in METRICS.items()}
        figures = "".join(f"<span>{escape(metric.title)} {value:.{metric.digits}f}</span>" for metric, value in values.items())
    return (
        f'<figure><a href="{path}">'
        f'<img src="{path}" alt="{escape(title)}" width="{width}" height="{height}" loading="lazy"></a>'
        f"<figcaption><b>{escape(title)}</b>{figures}</figcaption></figure>"
    )
