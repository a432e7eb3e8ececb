"""A stack of its own: what comes on top of starting and removing it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from measuring import Cost, Goal, Section, added, run, take_turns
from projects import PYTEST, QUIET, compose, tree

from scenarios.options import Options

_SERVICES: Final = 3
_BARE: Final = "`docker compose up -d` and `down -v`"


def around_compose(root: Path, options: Options) -> Section:
    """Compare an ephemeral stack with the two commands of Compose alone."""
    folder = tree(root / "tree", _SERVICES)
    file = folder / "modules" / "compose.yaml"
    # A network of its own, as stacks have; none is published.
    file.write_text(file.read_text().replace("    network_mode: none\n", ""))

    def bare() -> Cost:
        up = run(compose(file, "up", "-d"))
        down = run(compose(file, "down", "-v"))
        return Cost(*(one + other for one, other in zip(up, down, strict=True)))

    argv = [*PYTEST, "--stack", "ephemeral", "-m", "health", *QUIET]
    ours = "pytest-platform `--stack ephemeral -m health`"
    nothing = "pytest, with nothing selected"
    collect = [*PYTEST, "-m", "health", "--collect-only", *QUIET]
    costs = take_turns(
        options.rounds,
        {_BARE: bare, ours: lambda: run(argv, folder), nothing: lambda: run(collect, folder)},
    )
    section = Section(f"An ephemeral stack of {_SERVICES} services")
    section.compare("started, looked at, removed", costs, _BARE)
    more = added(costs[ours], costs[_BARE]) / 1000
    section.goals.append(Goal("added to bare Compose, median of pairs", more, 0.5, " s"))
    return section
