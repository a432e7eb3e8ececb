"""The last runs of a module as a strip, and how long they took as a plot: paths of SVG. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby, pairwise
from statistics import median
from typing import Final

from msgspec import Struct

from pytest_platform.report.page.moments import took
from pytest_platform.report.past import SHOWN_RUNS, PastRun, changes

STEP: Final = 4
"""Units from one run to the next in a strip and in a plot."""
WIDTH: Final = STEP * SHOWN_RUNS
_GAP: Final = 1
STRIP: Final = 16
PLOT: Final = 24
_ORDER: Final = ("failed", "error", "unverified", "passed")


class Strip(Struct, frozen=True):
    """``lines`` are a path for each verdict; their style cuts them into runs. ``label`` says it."""

    lines: Sequence[tuple[str, str]]
    label: str


class Plot(Struct, frozen=True):
    """``line`` joins how long the runs took; ``end`` is where the last one is."""

    line: str
    end: tuple[int, int]
    label: str


def strip(runs: Sequence[PastRun]) -> Strip:
    """Draw the verdicts of the last runs, the newest one at the right end."""
    shown = runs[-SHOWN_RUNS:]
    start = SHOWN_RUNS - len(shown)
    lines: dict[str, str] = {}
    ends: dict[str, int] = {}
    at = start * STEP
    for verdict, same in groupby(one.verdict for one in shown):
        length = len(list(same)) * STEP - _GAP
        move = f"m{at - ends[verdict]} 0" if verdict in ends else f"M{at} 8"
        lines[verdict] = lines.get(verdict, "") + f"{move}h{length}"
        ends[verdict] = at + length
        at += length + _GAP
    counts = Counter(one.verdict for one in shown)
    said = ", ".join(f"{counts[one]} {one}" for one in _ORDER if counts[one])
    flips = changes(runs)
    changed = f"; changed {flips} time{'s' if flips > 1 else ''}" if flips else ""
    return Strip(list(lines.items()), f"last {_runs(len(shown))}: {said}{changed}")


def plot(runs: Sequence[PastRun]) -> Plot | None:
    """Draw how long the last runs took; None for fewer than two."""
    shown = [one.seconds for one in runs[-SHOWN_RUNS:]]
    if len(shown) < 2:  # noqa: PLR2004 - a line has two ends
        return None
    longest = max(shown) or 1.0
    start = SHOWN_RUNS - len(shown)
    heights = [round(PLOT - 2 - (PLOT - 4) * one / longest) for one in shown]
    # Steps from one run to the next are the shortest way to write it.
    steps = "".join(f"l{STEP} {second - first}" for first, second in pairwise(heights))
    line = f"M{start * STEP + STEP // 2} {heights[0]}{steps}".replace(" -", "-")
    label = f"took {took(shown[-1])}, median {took(median(shown))}, at most {took(longest)}"
    return Plot(line, (WIDTH - STEP // 2, heights[-1]), label)


def _runs(count: int) -> str:
    return "run" if count == 1 else f"{count} runs"
