"""The variables that a script sets, and which of them are numbers for sure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pytest_platform.scripts.arithmetic import Numbers
from pytest_platform.scripts.census import Census, Step

_SET_ELSEWHERE: Final = frozenset({"eval", ".", "source", "mapfile", "readarray", "let", "getopts"})


def set_in(found: Census) -> frozenset[str]:
    """Give the names of all variables that a script may set."""
    names = {one.name for one in found.sets} | {name for name, _ in found.numbers}
    return frozenset(names | _read(found))


def numbers(found: Census, given: Mapping[str, str | None]) -> Numbers:
    """Say which variables are numbers; ``given`` are the values that the script gets.

    Where something may set variables that the script does not show, none of its own are.
    """
    if any(map(_hides, found.steps)):
        return Numbers(given, [])
    read = [(name, None) for name in _read(found)]
    return Numbers(given, [*found.numbers, *read])


def _hides(step: Step) -> bool:
    name = step.words[0]
    traps = name.text == "trap" and "=" in step.text
    return not name.literal or name.text in _SET_ELSEWHERE or traps


def _read(found: Census) -> set[str]:
    steps = (step for step in found.steps if step.words[0].text == "read")
    return {word.text for step in steps for word in step.words}
