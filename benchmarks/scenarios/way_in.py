"""From a Compose project without modules: ``adopt``, and ``--compose``."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

from measuring import Cost, Goal, Section, added, median, ratio, run, take_turns
from projects import PROJECT, PYTEST, QUIET, compose, deployed, names_of, service, tree

from scenarios.options import Options

_SIZES: Final = (50, 200)
_CODES: Final = (0, 1)
"""Findings of a stranger's file are nothing that ends a measurement."""


def way_in(root: Path, options: Options) -> Section:
    """Measure both on files alone, and on what runs."""
    section = Section("`adopt` and `--compose`")
    _files(section, root, options)
    _what_runs(section, root, options)
    return section


def _files(section: Section, root: Path, options: Options) -> None:
    """Measure files of 50 and of 200 services, beside Compose that renders them."""
    each: dict[int, float] = {}
    for size in _SIZES:
        folder = root / str(size)
        folder.mkdir()
        file = folder / "compose.yaml"
        file.write_text("services:\n" + "".join(service(name) for name in names_of(size)))

        def adopt(folder: Path = folder) -> Cost:
            shutil.rmtree(folder / "modules", ignore_errors=True)
            cost = run([sys.executable, "-m", "pytest_platform", "adopt"], folder, codes=_CODES)
            shutil.rmtree(folder / "modules", ignore_errors=True)
            return cost

        render = "`docker compose config`"
        costs = take_turns(
            options.rounds,
            {
                render: lambda file=file: run(compose(file, "config")),  # type: ignore[misc]
                "`adopt`": adopt,
                "`pytest --compose`, contract": lambda folder=folder: run(  # type: ignore[misc]
                    [*PYTEST, "--compose", "-m", "contract", *QUIET], folder, codes=_CODES
                ),
            },
        )
        section.compare(f"{size} services", costs, render)
        each[size] = median(costs["`pytest --compose`, contract"])
    few, many = _SIZES
    grows = (each[many] / each[few]) / (many / few)
    section.goals.append(Goal("`--compose`: growth beside that of the services", grows, 1.0))


_ADOPTED: Final = 50
_LIVE: Final = ("--remote-mode", "local", f"--platform-project={PROJECT}")


def _what_runs(section: Section, root: Path, options: Options) -> None:
    """Measure ``adopt`` of what runs beside ``ps``, and ``--compose`` beside module files."""
    folder, listed = root / "adopted", "`docker compose ps`"
    file = _bare(folder, tree(root / "few", _ADOPTED))

    def adopt() -> Cost:
        argv = [sys.executable, "-m", "pytest_platform", "adopt", *_LIVE]
        cost = run(argv, folder)
        shutil.rmtree(folder / "modules")
        return cost

    with deployed(file):
        ps = compose(file, "ps", "--all")
        costs = take_turns(options.rounds, {listed: lambda: run(ps), "`adopt`": adopt})
    section.compare(f"{_ADOPTED} running services", costs, listed)
    beside = added(costs["`adopt`"], costs[listed]) / 1000
    section.goals.append(Goal("`adopt` beside `docker compose ps`", beside, 5.0, " s"))

    declared, inferred = "with module files", "`pytest --compose`"
    modules = tree(root / "many", options.probed)
    file = _bare(root / "inferred", modules)
    state = [*PYTEST, "-m", "health", *_LIVE, *QUIET]
    with deployed(file):
        costs = take_turns(
            options.rounds,
            {
                declared: lambda: run(state, modules),
                inferred: lambda: run([*state, "--compose"], file.parent),
            },
        )
    section.compare(f"{options.probed} containers, one state check each", costs, declared)
    times = ratio(costs[inferred], costs[declared])
    section.goals.append(Goal("`--compose` beside module files", times, 1.3))


def _bare(folder: Path, modules: Path) -> Path:
    """Copy a project's Compose file to where no module file is."""
    folder.mkdir()
    return Path(shutil.copy(modules / "modules" / "compose.yaml", folder))
