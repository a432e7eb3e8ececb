"""The words of a command parted into options, their values and operands, by the table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pytest_platform.scripts.syntax import Word

VerbEntry = Mapping[str, Any]

_OPTION_WITHOUT_VALUE: Final = 2


def is_one(word: Word) -> bool:
    """Say whether a word stays one word, and no option, whatever is filled in."""
    if word.literal:
        return True
    return word.quoted and not word.text.startswith(("$", "`", "\\"))


def is_one_option(entry: VerbEntry, word: Word) -> bool:
    """Say whether a word is an option that holds its value, and stays one word."""
    whole = word.literal or word.quoted
    return whole and re.fullmatch(entry.get("attached", r"(?!)"), word.text) is not None


def options(
    entry: VerbEntry, rule: VerbEntry, words: Sequence[Word]
) -> tuple[set[str], list[Word]] | None:
    """Part options from operands; None where an option is not known."""
    flags = {*entry.get("flags", ()), *entry.get("more_flags", ()), *rule.get("flags", ())}
    values = {*entry.get("values", ()), *rule.get("values", ())}
    choices = {**entry.get("choices", {}), **rule.get("choices", {})}
    given: set[str] = set()
    operands: list[Word] = []
    pending = list(words)
    while pending:
        word = pending.pop(0)
        if word.text[:1] not in {"-", "+"} or word.text == "-" or _is_operand(word, flags, choices):
            operands.append(word)
            continue
        if is_one_option(entry, word):
            continue  # Its value follows in the same word, whatever it is.
        if not word.literal and not word.quoted and "=" not in word.text:
            return None
        parts = _parts(word.text, flags, {*values, *choices})
        if parts is None:
            return None
        names, value = parts
        given |= set(names)
        if names[-1] in flags and names[-1] not in {*values, *choices}:
            continue
        told = _value(word, value, pending)
        if told is None or not _chosen(choices, names[-1], told):
            return None
    return given, operands


def _value(word: Word, value: str | None, pending: list[Word]) -> Word | None:
    """Take the value of an option, from its word or the next; None where it may be several."""
    if value is not None:
        told = Word(value, word.literal, word.quoted)
    elif pending:
        told = pending.pop(0)
    else:
        return None
    return told if told.literal or told.quoted else None


def _is_operand(word: Word, flags: set[str], choices: Mapping[str, str]) -> bool:
    """Say whether ``+%s`` of ``date`` is none of the options that begin with a plus."""
    plus = {name for name in {*flags, *choices} if name.startswith("+")}
    return word.text.startswith("+") and not plus


def _chosen(choices: Mapping[str, str], name: str, told: Word) -> bool:
    if name not in choices:
        return True
    return told.literal and re.fullmatch(choices[name], told.text, re.DOTALL) is not None


def _parts(text: str, flags: set[str], values: set[str]) -> tuple[list[str], str | None] | None:
    """Give the options that a word stands for, and the value that it holds.

    >>> _parts("-fsSo/x", {"-f", "-s", "-S"}, {"-o"}), _parts("--a=b", set(), {"--a"})
    ((['-f', '-s', '-S', '-o'], '/x'), (['--a'], 'b'))
    """
    if text in flags or text in values:
        return [text], None
    name, equals, value = text.partition("=")
    if equals and name in values:
        return [name], value
    if text.startswith("--") or len(text) <= _OPTION_WITHOUT_VALUE:
        return None
    names: list[str] = []
    for at, letter in enumerate(text[1:], 1):
        names.append(f"{text[0]}{letter}")
        if names[-1] in values:
            return names, text[at + 1 :] or None
        if names[-1] not in flags:
            return None
    return names, None
