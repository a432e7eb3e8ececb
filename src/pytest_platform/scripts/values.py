"""The values that a script's variables can have, where all of them can be read.

A command with such variables is judged once for each of their values, as it then runs. Where
one value is not known, the variable stays what it is: something that may be anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import product
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from pytest_platform.scripts.assignments import Set
from pytest_platform.scripts.census import Census, Step
from pytest_platform.scripts.syntax import Word

_VARIABLE: Final = re.compile(r"\$(?:(\w+)|\{(\w+)(?::?-([^{}$`\s'\"]*))?\})")
_SPLITS: Final = re.compile(r"[\s*?\[\\~{]")
_HIDE_VALUES: Final = frozenset(
    {"eval", ".", "source", "shift", "getopts", "mapfile"} | {"readarray", "unset", "trap", "let"}
)
_SET_VALUES: Final = frozenset(
    {"read", "export", "readonly", "local", "declare", "typeset", "printf"}
)
_BLANK: Final = re.compile(r"\s")
_MOST: Final = 64
_ARRANGES: Final = re.compile(r"[-+][abefhmnuvxCE]*o?|pipefail|errexit|nounset|xtrace")
_TESTS: Final = frozenset({"test", "["})


def _no_sample(_name: str) -> None:
    return None


class Values(Struct, frozen=True):
    """What is known of the variables of one script."""

    known: Mapping[str, Sequence[str]]
    calls: Mapping[str, Sequence[tuple[Word, ...]]]
    environment: Mapping[str, str]
    sets: Sequence[Set]
    samples: Callable[[str], str | None] = _no_sample

    @classmethod
    def of(
        cls,
        found: Census,
        environment: Mapping[str, str],
        sample: Callable[[str], str | None] = _no_sample,
    ) -> Values:
        """Collect what is assigned, looped over, handed to functions, and in the environment.

        ``sample`` gives what stands for the unknown value of a variable that the script does
        not set itself, where its name says what data it holds.
        """
        calls: dict[str, list[tuple[Word, ...]]] = {}
        for step in found.steps:
            calls.setdefault(step.words[0].text, []).append(step.words)
        if (
            _HIDE_VALUES & calls.keys()
            or any(map(_sets_operands, found.steps))
            or not all(_is_shown(step, calls) for step in found.steps)
        ):
            return cls({}, {}, {}, ())
        own = {one.name for one in found.sets} | {name for name, _ in found.numbers}
        read = {word.text for s in found.steps if s.words[0].text == "read" for word in s.words}
        unclear = read | {one.name for one in found.sets if one.values is None}
        known: dict[str, list[str]] = {name: [value] for name, value in environment.items()}
        for one in found.sets:
            known.setdefault(one.name, []).extend(one.values or ())
        told = {name: values for name, values in known.items() if name not in unclear}
        own |= read | environment.keys()
        return cls(told, calls, environment, found.sets, lambda n: None if n in own else sample(n))

    def without(self, names: Collection[str]) -> Values:
        """Forget the values of variables that somebody else fills in."""
        return replace(self, known={a: b for a, b in self.known.items() if a not in names})

    def each(self, step: Step) -> Iterator[tuple[Word, ...]]:
        """Yield the words of a step for each combination of values of its variables."""
        if _relays(step):
            yield from ((*call[1:], *step.words[1:]) for call in self.calls.get(step.function, ()))
            return
        asked = sorted({one[0] for word in step.words for one in _expansions(word)})
        values = {one: told for one in asked if (told := self._told(one, step)) is not None}
        size = 1
        for told in values.values():
            size *= len(told)
        quotes = "'" in step.text and not all(one.literal or one.quoted for one in step.words)
        if not values or size > _MOST or quotes or "\\" in step.text or "((" in step.text:
            yield step.words
            return
        for chosen in product(*values.values()):
            filled = dict(zip(values, chosen, strict=True))
            yield tuple(self._word(word, filled) for word in step.words)

    def _word(self, word: Word, filled: Mapping[str, str]) -> Word:
        """Fill in a word, but what is only known by its name not in texts, nor where it splits."""
        unsafe = not word.quoted or _BLANK.search(word.text)
        sampled = any(self.samples(one[1] or one[2]) for one in _expansions(word))
        return word if unsafe and sampled else _filled(word, filled)

    def _told(self, expansion: str, step: Step) -> Sequence[str] | None:
        """Give what an expansion can be, its default included."""
        found = _VARIABLE.fullmatch(expansion)
        name, default = (found[1] or found[2], found[3]) if found else ("", None)
        told = self._of(name, step)
        if told is None or default is None:
            return told
        certain = all(told) and self.samples(name) is None
        return told if certain else [*filter(None, told), default]

    def _of(self, name: str, step: Step) -> Sequence[str] | None:
        if not name.isdigit():
            if name not in self.known and step.words[0].text not in _TESTS:
                one = self.samples(name)
                return None if one is None else [one]
            certain = any(s.name == name and s.start <= step.at < s.end for s in self.sets)
            return self.known.get(name) if certain or name in self.environment else None
        given = self.calls.get(step.function, ()) if step.function else ()
        words = [call[int(name)] if int(name) < len(call) else None for call in given]
        told = [word.text for word in words if word is not None and word.literal]
        return told if told and len(told) == len(words) and name != "0" else None


def _sets_operands(step: Step) -> bool:
    """Say whether a ``set`` gives the script other operands, or options that do."""
    given = step.words[1:] if step.words[0].text == "set" else ()
    return not all(word.literal and _ARRANGES.fullmatch(word.text) for word in given)


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


def _expansions(word: Word) -> Iterator[re.Match[str]]:
    yield from _VARIABLE.finditer(word.text) if not word.literal else ()


def _filled(word: Word, values: Mapping[str, str]) -> Word:
    """Fill in a word; it stays as it was where it would not be one plain word then.

    ``values`` are the values by the expansions as they are written.
    """
    asked = [one[0] for one in _expansions(word)]
    if word.literal or not set(asked) <= values.keys():
        return word
    if not word.quoted and any(_SPLITS.search(values[one]) for one in asked):
        return word
    rest = _VARIABLE.sub("", word.text)
    if set("$`") & set(rest) or any(set("$`") & set(values[one]) for one in asked):
        return word
    text = _VARIABLE.sub(lambda found: values[found[0]], word.text)
    empty = not text and not word.quoted
    return word if empty else Word(text, literal=True, quoted=word.quoted, at=word.at)
