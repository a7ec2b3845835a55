"""How well, and how fast, records and descriptions of one person are found.

    python benchmarks/linkage.py [--quick] [--part febrl|population|at-once|found]

`febrl`: FEBRL 4 and FEBRL 3, with and without the social security number, beside Splink as documented and `recordlinkage`'s
classifiers. Ours and Splink's learn without labels, and a pair is taken from an even chance on; of `recordlinkage`'s
classifiers two need no labels, and two are told half of them and measured on the other half. `population`, `at-once`, `found`:
see linkage_population.py, linkage_at_once.py, linkage_found.py. Each part prints a table, saves it with a plot under
benchmarks/results/; the last line is one line of JSON with the figures of all parts. `--quick` takes smaller files.
"""

import argparse
import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from report import save

sys.path.insert(0, str(Path(__file__).parent.parent))
from benchmarks import febrl, febrl_peers
from sooner.engines.linkage.quality import Quality

OURS, NO, HALF = "ours", "none", "half of the pairs"
REPEATS = 3
T = TypeVar("T")
Row = dict[str, Any]


def main() -> None:
    arguments = _arguments()
    wanted = [arguments.part] if arguments.part else list(PARTS)
    told = {part: PARTS[part](quick=arguments.quick) for part in wanted}
    head = {name: told[wanted[0]][name] for name in ("unit", "ours", "best_peer", "ratio", "limit")}
    print(json.dumps({**head, "of": wanted[0], "parts": told}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="smaller files, about a minute")
    parser.add_argument("--part", choices=tuple(PARTS), default="")
    return parser.parse_args()


def of_febrl(*, quick: bool) -> Row:
    """Every method on FEBRL's files; its summary."""
    warnings.filterwarnings("ignore", module="recordlinkage|sklearn")
    repeats = 1 if quick else REPEATS
    rows = [
        row
        for file in (("4",) if quick else ("4", "3"))
        for with_number in (False, True)
        for row in _file(file, with_number, repeats)
    ]
    shown = [{"what": f"{row['file']}, {row['method']}", **row} for row in rows]
    title = "Share of FEBRL's pairs wrong or missed (1 - F1), even chance"
    save("linkage-febrl", shown, x="what", y="1 - F1", title=title)
    return _summary(rows)


def _file(file: str, with_number: bool, repeats: int) -> Iterator[Row]:
    data = febrl.load(file)
    said = f"FEBRL {file} {'with' if with_number else 'without'} number"
    for method, labels, took, found, truth in _methods(data, with_number, repeats):
        yield {"file": said, "method": method, "labels": labels, **_quality(found, truth), "seconds": took}


Measured = tuple[str, str, float, set[febrl.Pair], frozenset[febrl.Pair]]


def _methods(data: febrl.Data, with_number: bool, repeats: int) -> Iterator[Measured]:
    ours, took = _timed(lambda: febrl.weigh(data, with_number=with_number), repeats)
    yield OURS, NO, took, febrl.joined(data, ours.pairs), data.truth
    yield f"{OURS}, pairs alone", NO, took, _even(ours.pairs), data.truth
    peer, took = _timed(lambda: febrl_peers.splink(data, with_number=with_number), repeats)
    yield "Splink, documented", NO, took, _even(peer), data.truth
    yield "Splink, documented, joined as ours", NO, took, febrl.joined(data, peer), data.truth
    similar, took = _timed(lambda: febrl_peers.candidates(data, with_number=with_number), repeats)
    for method, found in febrl_peers.unsupervised(similar).items():
        yield method, NO, took, found, data.truth
        yield f"{method}, joined as ours", NO, took, febrl.joined(data, dict.fromkeys(found, 1.0)), data.truth
    for method, (found, truth) in febrl_peers.supervised(similar, data.truth).items():
        yield method, HALF, took, found, frozenset(truth)


def _even(weighed: Any) -> set[febrl.Pair]:
    return {pair for pair, weight in weighed.items() if weight >= febrl.EVEN}


def _timed(call: Callable[[], T], repeats: int) -> tuple[T, float]:
    """The last result and the median in seconds."""
    took = []
    for _ in range(repeats):
        begin = time.perf_counter()
        result = call()
        took.append(time.perf_counter() - begin)
    return result, round(statistics.median(took), 2)


def _quality(found: set[febrl.Pair], truth: frozenset[febrl.Pair]) -> Row:
    right = len(found & truth)
    made = Quality(right, len(found) - right, len(truth) - right)
    return {
        "precision": round(made.precision.value or 0.0, 5),
        "recall": round(made.recall.value or 0.0, 5),
        "F1": round(made.f1 or 0.0, 5),
        "1 - F1": round(1 - (made.f1 or 0.0), 5),
        "wrong": made.wrong,
        "missed": made.missed,
    }


def _summary(rows: list[Row]) -> Row:
    """The F1 on FEBRL 4 without the number, beside the best peer's that learned without labels; ours on each file."""
    first = [row for row in rows if row["file"] == "FEBRL 4 without number"]
    ours = next(row["F1"] for row in first if row["method"] == OURS)
    peer = max(row["F1"] for row in first if row["labels"] == NO and not row["method"].startswith(OURS))
    each = {row["file"]: row["F1"] for row in rows if row["method"] == OURS}
    reached = each["FEBRL 4 without number"] >= 0.999 and each["FEBRL 4 with number"] == 1.0
    return {
        "unit": "F1",
        "ours": ours,
        "best_peer": peer,
        "ratio": round(ours / peer, 4),
        "limit": 1.0,
        "each": each,
        "floors_reached": reached,
    }


def of_population(*, quick: bool) -> Row:
    from benchmarks import linkage_population

    return linkage_population.measure(quick=quick)


def of_at_once(*, quick: bool) -> Row:
    from benchmarks import linkage_at_once

    return linkage_at_once.measure(quick=quick)


def of_found(*, quick: bool) -> Row:
    from benchmarks import linkage_found

    return linkage_found.measure(quick=quick)


PARTS: dict[str, Callable[..., Row]] = {
    "febrl": of_febrl,
    "population": of_population,
    "at-once": of_at_once,
    "found": of_found,
}

if __name__ == "__main__":
    main()
