"""What a project that has no modules pays for the plugin being installed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from measuring import Cost, Goal, Section, added, run, take_turns
from projects import PYTEST, QUIET, test_file

from scenarios.options import Options

_TEST: Final = "def test_nothing():\n    pass\n"
_PAIRS: Final = 6


def unrelated_project(root: Path, options: Options) -> Section:
    """Compare a run of one test with the plugin and without it."""
    folder = test_file(root / "unrelated", _TEST)

    def ran(*words: str) -> Cost:
        return run([*PYTEST, *QUIET, *words], folder)

    costs = take_turns(
        _PAIRS * options.rounds,
        {"without the plugin": lambda: ran("-p", "no:platform"), "with it": ran},
    )
    section = Section("Start-up of an unrelated project")
    section.compare("one empty test", costs, "without the plugin")
    tax = added(costs["with it"], costs["without the plugin"])
    section.goals.append(Goal("added, median of pairs", tax, 5, " ms"))
    return section
