"""The variables that a script sets, and which of them are numbers for sure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pytest_platform.scripts import verbs
from pytest_platform.scripts.arithmetic import Numbers
from pytest_platform.scripts.census import Census, Step

_SET_ELSEWHERE: Final = frozenset({"eval", ".", "source", "mapfile", "readarray", "let", "getopts"})


def set_in(found: Census) -> frozenset[str]:
    """Give the names of all variables that a script may set."""
    names = {one.name for one in found.sets} | {name for name, _ in found.numbers}
    return frozenset(names | _read(found))


def is_expanded(name: str, text: str) -> bool:
    """Say whether a script asks for the value of a variable, so that it is its own.

    >>> is_expanded("A", 'ls "${A:-b}"'), is_expanded("A", "A=1 ls $AB")
    (True, False)
    """
    return occurrences(name, text) > 0


def occurrences(name: str, text: str) -> int:
    """Count how often a script asks for the value of a variable."""
    return len(re.findall(rf"\$\{{?[#!]?{re.escape(name)}(?!\w)", text))


def heeded(found: Census, text: str) -> Iterator[tuple[str, str, int]]:
    """Yield what programs get and may heed: not known to be data, and not used by the script.

    Each is a variable, the text that exports it, and where that begins, in bytes.
    """
    for name, value, shown, at in found.exported:
        own = not verbs.may_be_set(name) or is_expanded(name, text)
        if not own and not all(verbs.may_have(name, one) for one in _values_of(name, value, found)):
            yield name, shown, at


def _values_of(name: str, value: str | None, found: Census) -> Sequence[str | None]:
    """Give what a variable that is exported may be; None stands for what is not written there."""
    if value is not None:
        return (value,)
    given = [one.values for one in found.sets if one.name == name]
    known = [one for values in given for one in values or ()]
    return known if known and None not in given else (None,)


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
