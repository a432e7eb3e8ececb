"""How Compose splits a ``command`` or ``entrypoint`` that is written as one string.

Compose splits into words by quotes and spaces, and stops without a word at the first
unquoted ``;``, ``&``, ``|``, ``<`` or ``>``. Rendering only shows the words that are left;
this module says what was dropped, from the text before interpolation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

OPERATORS: Final = ";&|<>"
_QUOTES: Final = "\"'`"


@dataclass(frozen=True, slots=True)
class Split:
    """The words that Compose keeps, and the text that it drops, from the operator on.

    ``lines`` are the words that begin a new line, where a shell would begin a new command.
    ``places`` are the characters of the text from which those of each word come.
    """

    words: tuple[str, ...]
    lines: tuple[str, ...]
    kept: str
    dropped: str
    places: tuple[tuple[int, ...], ...] = field(default=(), compare=False, repr=False)


def split(text: str) -> Split:
    """Split ``text`` as Compose does.

    >>> split("kong up && kong finish")
    Split(words=('kong', 'up'), lines=(), kept='kong up ', dropped='&& kong finish')
    """
    return _Splitter(text).run()


@dataclass(slots=True)
class _Splitter:
    text: str
    at: int = 0
    words: list[str] = field(default_factory=list)
    places: list[tuple[int, ...]] = field(default_factory=list)
    place: list[int] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)
    word: str | None = None
    closing: str = ""

    def run(self) -> Split:
        while self.at < len(self.text) and not self._stops():
            self.at += self._take(self.text[self.at])
        end = self.at
        if self.text[end : end + 1] == ">" and (self.word or "")[:1].isdigit():
            end -= len(self.word or "")  # The number of a stream goes with its operator.
            self.word = None
        self._end_word()
        lines = tuple(self.words[at] for at in self.breaks if 0 < at < len(self.words))
        kept, dropped = self.text[:end], self.text[end:]
        return Split(tuple(self.words), lines, kept, dropped, tuple(self.places))

    def _stops(self) -> bool:
        return not self.closing and self.text[self.at] in OPERATORS

    def _take(self, char: str) -> int:
        if self.text.startswith(("${", "$("), self.at):
            return self._take_expansion()
        if char == "\\" and self.closing != "'":
            return self._add(self.text[self.at + 1 : self.at + 2], length=2)
        if char.isspace() and not self.closing:
            return self._end_word(ends_line=char == "\n")
        if char == self.closing or (char in _QUOTES and not self.closing):
            return self._toggle(char)
        return self._add(char)

    def _take_expansion(self) -> int:
        """Keep ``${…}``, which interpolation replaces, and ``$(…)`` in one piece."""
        if self.text[self.at + 1] == "(" and self.closing:
            return self._add("$(", length=2)
        opening, closing = self.text[self.at + 1], "}" if self.text[self.at + 1] == "{" else ")"
        depth = 0
        for end in range(self.at + 1, len(self.text)):
            depth += (self.text[end] == opening) - (self.text[end] == closing)
            if depth == 0:
                span = self.text[self.at : end + 1]
                return self._add(span, length=len(span))
        return self._add("$")

    def _toggle(self, char: str) -> int:
        self.closing = "" if self.closing else char
        return self._add("`" if char == "`" else "")

    def _add(self, text: str, length: int = 1) -> int:
        self.word = (self.word or "") + text
        start = self.at if len(text) == length else self.at + length - 1
        self.place.extend(range(start, start + len(text)))
        return length

    def _end_word(self, *, ends_line: bool = False) -> int:
        if self.word is not None:
            self.words.append(self.word)
            self.places.append(tuple(self.place))
        self.place.clear()
        if ends_line:
            self.breaks.append(len(self.words))
        self.word = None
        return 1
