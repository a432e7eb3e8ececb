"""What earlier runs say of a module: since when it is as it is, and whether it flaps. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from msgspec import Struct

SHOWN_RUNS: Final = 50
"""Runs of a module that people are shown."""
FLAPPING: Final = 3
"""Changes between well and not well, in the runs that are shown, from which a module flaps."""
_WELL: Final[Mapping[str, bool]] = {"passed": True, "failed": False, "error": False}
"""What a verdict says; ``unverified`` says neither."""


class PastRun(Struct, frozen=True):
    """One module in one run. ``created`` is in seconds since 1970 UTC, ``seconds`` how long."""

    created: float
    verdict: str
    seconds: float


Past = Mapping[str, Sequence[PastRun]]
"""The runs of each module by its name, the oldest first; the run that is reported is the last."""


class Streak(Struct, frozen=True):
    """For how long a module has been well, or not.

    ``runs`` counts the runs that say so. ``known`` is false where the history does not reach
    back to a run that says the opposite.
    """

    well: bool
    since: float
    runs: int
    known: bool


def streak(runs: Sequence[PastRun]) -> Streak | None:
    """Return since when a module is as it is; None where no run says how it is."""
    said = [(one, _WELL[one.verdict]) for one in runs if one.verdict in _WELL]
    if not said or runs[-1].verdict not in _WELL:
        return None
    last, count = said[-1][1], 0
    for _, well in reversed(said):
        if well is not last:
            return Streak(last, said[-count][0].created, count, known=True)
        count += 1
    return Streak(last, said[0][0].created, count, known=False)


def changes(runs: Sequence[PastRun]) -> int:
    """Return how often a module changed between well and not well in the runs that are shown."""
    said = [_WELL[one.verdict] for one in runs[-SHOWN_RUNS:] if one.verdict in _WELL]
    return sum(first is not second for first, second in pairwise(said))


def flaps(runs: Sequence[PastRun]) -> bool:
    """Tell whether a module changes so often that one verdict of it says little."""
    return changes(runs) >= FLAPPING
