"""Text in messages and reports: excerpts, quoted and listed words, the nearest known word."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
from textwrap import indent

_LONGEST = 60
_SLACK = 0.1
"""How much worse than the best another suggestion may be."""

_OF_COMMAND = 40
"""Characters of a command in a message."""


def excerpt(heading: str, text: str) -> str:
    """Return foreign output, indented below a heading of ours; nothing where it is blank."""
    return f"  {heading}\n{indent(text.rstrip(), '    ')}" if text.strip() else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the nearest known words, or an empty string."""
    matches = nearest(word, known)
    return f"; did you mean {either(matches)}?" if matches else ""


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Return up to three known words that look like ``word``, best first."""
    word = word[:_LONGEST]
    matches = get_close_matches(word, list(known), n=3, cutoff=0.6)
    ratios = [SequenceMatcher(None, match, word).ratio() for match in matches]
    return [m for m, ratio in zip(matches, ratios, strict=True) if ratio > ratios[0] - _SLACK]


def either(words: Iterable[str]) -> str:
    """Return ``'a', 'b' or 'c'``."""
    *most, last = [quoted(word) for word in words]
    return f"{', '.join(most)} or {last}" if most else last


def quoted(word: str) -> str:
    """Return ``word`` in quotes: on one line, not too long, and harmless on a terminal."""
    shown = word if len(word) <= _LONGEST else f"{word[: _LONGEST - 1]}…"
    plain = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in shown)
    return f"'{plain}'"


def words(text: str) -> frozenset[str]:
    """Return the words of a text, for tables that are easier to read without quotes."""
    return frozenset(text.split())


def shortened(text: str, length: int = _OF_COMMAND) -> str:
    """Put text on one line, hide what is assigned to a ``NAME``, and cut it after ``length``.

    >>> shortened("PASSWORD=abc mc mb  local/media", 18)
    'PASSWORD=… mc mb …'
    """
    line = " ".join(map(_without_value, text.split()))
    return line if len(line) <= length else f"{line[: length - 1]}…"


def _without_value(word: str) -> str:
    name, equals, value = word.partition("=")
    hides = equals and value and name.isidentifier() and name.isupper()
    return f"{name}=…" if hides else word
