"""Files only: the contract checks of many modules, and of one among many."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path
from typing import Final

from measuring import Cost, Goal, Measure, Section, added, median, run, take_turns
from projects import PYTEST, tree

from scenarios.options import Options

_FRESH: Final = ("-p", "no:cacheprovider")
_CONTRACT: Final = ("-q", "-m", "contract")
_GOALS: Final = {False: (1.0, 1.0), True: (3.0, 1.0)}
"""Milliseconds a check with one Compose file and with a file each: first run, second run."""


def all_modules(root: Path, options: Options) -> Section:
    """Measure all contract checks, with one Compose file and with one each."""
    section = Section("Contract checks only: no Engine, no network")
    for count in options.modules:
        for own_file in (False, True):
            _measure(section, root, count, options.rounds, own_file=own_file)
    section.remarks.append(
        "The first run has no cache folder of pytest, the second has that of one."
    )
    return section


def _measure(section: Section, root: Path, count: int, rounds: int, *, own_file: bool) -> None:
    kind = "a Compose file each" if own_file else "one Compose file"
    folder = tree(root / f"{count}-{own_file}", count, own_file=own_file)
    checks = _checks(folder)
    cache = f"cache_dir={root / 'cache'}-{count}-{own_file}"
    measures: dict[str, Measure] = {
        "the files collected only": lambda: _run(folder, *_FRESH, "--collect-only"),
        "first run": lambda: _run(folder, *_FRESH),
        "second run": lambda: _run(folder, "-o", cache),
        "first run, `-n 2`": lambda: _run(folder, *_FRESH, "-n", "2"),
        "second run, `-n 2`": lambda: _run(folder, "-o", cache, "-n", "2"),
    }
    costs = take_turns(rounds, measures)
    heading = f"{count:,} modules, {kind}, {checks:,} checks"
    section.compare(heading, costs, "the files collected only")
    for name, target in zip(("first run", "second run"), _GOALS[own_file], strict=True):
        each = 1000 * median(costs[name]) / checks
        section.goals.append(Goal(f"{count:,}, {kind}, {name}: a check", each, target, " ms"))


def _run(folder: Path, *words: str) -> Cost:
    return run([*PYTEST, *_CONTRACT, *words], folder)


def _checks(folder: Path) -> int:
    """Count the contract checks of a tree."""
    import subprocess

    argv = [*PYTEST, *_CONTRACT, *_FRESH, "--collect-only"]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=True)
    return Counter("::contract::" in line for line in done.stdout.splitlines())[True]


def one_module(root: Path, options: Options) -> Section:
    """Compare one module of 1,000 with the only one there is, in a first run and in a later one."""
    section = Section("One module out of 1,000, and out of one")
    few, many = tree(root / "few", 1), tree(root / "many", 1000)
    for name, kept in (("first run", _FRESH), ("second run", ())):
        argv = [*PYTEST, "--module", "m-0000", *_CONTRACT, *kept]
        costs = take_turns(
            2 * options.rounds,
            {"of one": partial(run, argv, few), "of 1,000": partial(run, argv, many)},
        )
        section.compare(f"all contract checks of one module, {name}", costs, "of one")
        more = added(costs["of 1,000"], costs["of one"])
        goal = Goal(f"more than of one, {name}, median of pairs", more, 30, " ms")
        section.goals.append(goal)
    section.remarks.append(
        "The second run has what pytest's cache folder keeps: Compose does not render again what "
        "has not changed."
    )
    return section
