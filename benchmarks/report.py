"""How every benchmark keeps what it saw: a table as CSV, a plot as SVG, and the table printed."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def save(name: str, rows: Sequence[dict[str, Any]], *, x: str, y: str, title: str) -> None:
    """Print the rows and save them as results/NAME.csv and a bar chart results/NAME.svg."""
    RESULTS.mkdir(exist_ok=True)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with (RESULTS / f"{name}.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    _draw(name, rows, x, y, title)
    widths = {c: max(len(c), *(len(str(row.get(c, ""))) for row in rows)) for c in columns}
    for row in [dict(zip(columns, columns, strict=True)), *rows]:
        print("  ".join(str(row.get(c, "")).ljust(widths[c]) for c in columns))


def _draw(name: str, rows: Sequence[dict[str, Any]], x: str, y: str, title: str) -> None:
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 0.6 * len(rows) + 1.5))
    axes.barh([str(row[x]) for row in rows], [float(row[y]) for row in rows], color="#1d70b8")
    axes.set_xscale("log")
    axes.set_xlabel(y)
    axes.set_title(title)
    axes.invert_yaxis()
    figure.tight_layout()
    figure.savefig(RESULTS / f"{name}.svg", metadata={"Date": None})
    pyplot.close(figure)
