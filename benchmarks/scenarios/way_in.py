"""From a Compose project without modules: ``adopt``, and ``--compose``."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

from measuring import Cost, Goal, Section, median, run, take_turns
from projects import PYTEST, QUIET, compose, names_of, service

from scenarios.options import Options

_SIZES: Final = (50, 200)
_CODES: Final = (0, 1)
"""Findings of a stranger's file are nothing that ends a measurement."""


def many_services(root: Path, options: Options) -> Section:
    """Measure both for files of 50 and of 200 services, beside Compose that renders them."""
    section = Section("`adopt` and `--compose`")
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
    return section
