"""The values that a script's variables can have, where all of them can be read.

A command with such variables is judged once for each of their values, as it then runs. Where
one value is not known, the variable stays what it is: something that may be anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from pytest_platform.scripts.assignments import Set
from pytest_platform.scripts.census import Census, Step
from pytest_platform.scripts.syntax import Word

_VARIABLE: Final = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
_SPLITS: Final = re.compile(r"[\s*?\[\\~{]")
_HIDE_VALUES: Final = frozenset(
    {"eval", ".", "source", "set", "shift", "getopts", "mapfile"}
    | {"readarray", "unset", "trap", "let"}
)
_SET_VALUES: Final = frozenset(
    {"read", "export", "readonly", "local", "declare", "typeset", "printf"}
)
_MOST: Final = 64


@dataclass(frozen=True, slots=True)
class Values:
    """What is known of the variables of one script."""

    known: Mapping[str, Sequence[str]]
    calls: Mapping[str, Sequence[tuple[Word, ...]]]
    environment: Mapping[str, str]
    sets: Sequence[Set]

    @classmethod
    def of(cls, found: Census, environment: Mapping[str, str]) -> Values:
        """Collect what is assigned, looped over, handed to functions, and in the environment."""
        calls: dict[str, list[tuple[Word, ...]]] = {}
        for step in found.steps:
            calls.setdefault(step.words[0].text, []).append(step.words)
        if _HIDE_VALUES & calls.keys() or not all(_is_shown(step, calls) for step in found.steps):
            return cls({}, {}, {}, ())
        read = {word.text for s in found.steps if s.words[0].text == "read" for word in s.words}
        unclear = read | {one.name for one in found.sets if one.values is None}
        known: dict[str, list[str]] = {name: [value] for name, value in environment.items()}
        for one in found.sets:
            known.setdefault(one.name, []).extend(one.values or ())
        told = {name: values for name, values in known.items() if name not in unclear}
        return cls(told, calls, environment, found.sets)

    def each(self, step: Step) -> Iterator[tuple[Word, ...]]:
        """Yield the words of a step for each combination of values of its variables."""
        if _relays(step):
            yield from ((*call[1:], *step.words[1:]) for call in self.calls.get(step.function, ()))
            return
        names = sorted({one for word in step.words for one in _names(word)})
        values = {name: told for name in names if (told := self._of(name, step)) is not None}
        size = 1
        for told in values.values():
            size *= len(told)
        quotes = "'" in step.text and not all(one.literal or one.quoted for one in step.words)
        if not values or size > _MOST or quotes or "\\" in step.text or "((" in step.text:
            yield step.words
            return
        for chosen in product(*values.values()):
            filled = dict(zip(values, chosen, strict=True))
            yield tuple(_filled(word, filled) for word in step.words)

    def _of(self, name: str, step: Step) -> Sequence[str] | None:
        if not name.isdigit():
            certain = any(s.name == name and s.start <= step.at < s.end for s in self.sets)
            return self.known.get(name) if certain or name in self.environment else None
        given = self.calls.get(step.function, ()) if step.function else ()
        words = [call[int(name)] if int(name) < len(call) else None for call in given]
        told = [word.text for word in words if word is not None and word.literal]
        return told if told and len(told) == len(words) and name != "0" else None


def _relays(step: Step) -> bool:
    """Say whether a step of a function runs what the function is called with."""
    return bool(step.function) and step.words[0].text == "$@" and step.words[0].quoted


def _is_shown(step: Step, calls: Mapping[str, Sequence[tuple[Word, ...]]]) -> bool:
    """Say whether it is written in the script what a step runs, and that this sets nothing."""
    if not _relays(step):
        return step.words[0].literal
    relayed = [call[1:2] for call in calls.get(step.function, ())]
    return bool(relayed) and all(
        one and one[0].literal and one[0].text not in _HIDE_VALUES | _SET_VALUES for one in relayed
    )


def _names(word: Word) -> Iterator[str]:
    for found in _VARIABLE.finditer(word.text) if not word.literal else ():
        yield found[1] or found[2]


def _filled(word: Word, values: Mapping[str, str]) -> Word:
    """Fill in a word; it stays as it was where it would not be one plain word then."""
    if word.literal or not set(_names(word)) <= values.keys():
        return word
    if not word.quoted and any(_SPLITS.search(values[name]) for name in _names(word)):
        return word
    rest = _VARIABLE.sub("", word.text)
    if set("$`") & set(rest) or any(set("$`") & set(values[name]) for name in _names(word)):
        return word
    text = _VARIABLE.sub(lambda found: values[found[1] or found[2]], word.text)
    empty = not text and not word.quoted
    return word if empty else Word(text, literal=True, quoted=word.quoted, at=word.at)
