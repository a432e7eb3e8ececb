"""Run commands that take turns, and put what they cost into tables of ratios."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

_UNWANTED = frozenset({"PYTHONDONTWRITEBYTECODE", "PYTEST_ADDOPTS", "CI"})


class Cost(NamedTuple):
    """What a run cost: seconds of wall and of CPU, and the MiB of its largest process."""

    wall: float
    cpu: float = 0.0
    memory: float = 0.0


Measure = Callable[[], Cost]
Costs = Mapping[str, Sequence[Cost]]


@dataclass(frozen=True)
class Goal:
    """A figure beside what it should be at most, or at least with ``above``."""

    what: str
    value: float
    target: float
    unit: str = ""
    above: bool = False

    @property
    def met(self) -> bool:
        """Whether the figure is good enough."""
        return self.value >= self.target if self.above else self.value <= self.target


@dataclass
class Section:
    """What one scenario gave: tables in Markdown, goals, and remarks."""

    title: str
    tables: list[str] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def compare(self, heading: str, costs: Costs, base: str) -> None:
        """Add a table of all that took turns, each beside ``base``."""
        head = (
            "| what | median | spread | CPU | memory | times the first |\n|---|--:|--:|--:|--:|--:|"
        )
        names = [base, *(name for name in costs if name != base)]
        rows = [_row(name, costs[name], costs[base]) for name in names]
        self.tables.append("\n".join([f"**{heading}**", "", head, *rows]))


def run(
    argv: Sequence[str | Path],
    folder: Path | None = None,
    env: Mapping[str, str] | None = None,
    codes: Sequence[int] = (0,),
) -> Cost:
    """Measure a whole run of a command; one that ends with another code ends the benchmark."""
    words = [str(word) for word in argv]
    kept = {name: value for name, value in os.environ.items() if name not in _UNWANTED}
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            words,
            cwd=folder,
            env={**kept, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in codes:
            said.seek(0)
            text = said.read().decode(errors="replace")
            sys.exit(f"{' '.join(words[:8])} ended with {process.returncode}:\n{text[-4000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def take_turns(rounds: int, measures: Mapping[str, Measure]) -> dict[str, list[Cost]]:
    """Run all once to warm up, then ``rounds`` times, each round beginning with another one."""
    for measure in measures.values():
        measure()
    taken: dict[str, list[Cost]] = {name: [] for name in measures}
    names = list(measures)
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            taken[name].append(measures[name]())
    return taken


def ratio(above: Sequence[Cost], below: Sequence[Cost]) -> float:
    """Return the median of the ratios of wall time, round by round."""
    pairs = zip(above, below, strict=True)
    return statistics.median(more.wall / less.wall for more, less in pairs)


def median(costs: Sequence[Cost]) -> float:
    """Return the median wall time in seconds."""
    return statistics.median(one.wall for one in costs)


def added(above: Sequence[Cost], below: Sequence[Cost]) -> float:
    """Return the median of the differences of wall time, round by round, in milliseconds."""
    pairs = zip(above, below, strict=True)
    return 1000 * statistics.median(more.wall - less.wall for more, less in pairs)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that ``share`` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def _row(name: str, costs: Sequence[Cost], base: Sequence[Cost]) -> str:
    walls = [one.wall for one in costs]
    cpu = statistics.median(one.cpu for one in costs)
    memory = max(one.memory for one in costs)
    spread = f"{_seconds(min(walls))} to {_seconds(max(walls))}"
    cells = (
        name,
        _seconds(statistics.median(walls)),
        spread,
        _seconds(cpu) if cpu else "",
        f"{memory:.0f} MiB" if memory else "",
        f"{ratio(costs, base):.2f}",
    )
    return f"| {' | '.join(cells)} |"


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{1000 * value:.0f} ms"
