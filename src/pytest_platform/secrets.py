"""Values that no report may carry, kept so that they cannot be shown by accident."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pytest_platform.spellings import MIN_LENGTH, spellings

PIECE = 24
"""As much of a longer value is hidden by itself, where it was cut or broken into lines."""


class Secrets:
    """A set of values to be redacted. Its representation does not show them.

    Also under ``--showlocals`` or in a debugger's listing nothing but the number of
    values is seen.
    """

    __slots__ = ("_forms", "_index", "_pieces")

    def __init__(self, values: Iterable[str] = ()) -> None:
        forms = frozenset(form for value in values for form in spellings(value))
        self._set(forms, dict(_pieces_of(forms)))

    def __repr__(self) -> str:
        return f"<Secrets: {len(self._forms)} forms of values>"

    def __len__(self) -> int:
        return len(self._forms)

    def __or__(self, other: Secrets) -> Secrets:
        return Secrets._of(self._forms | other._forms, {**self._pieces, **other._pieces})

    def without(self, public: Iterable[str]) -> Secrets:
        """Drop what stands in public text anyway: names, declared words, contents of files."""
        texts = "\0".join(public)
        forms = frozenset(form for form in self._forms if form not in texts)
        pieces = {
            piece: (form, place)
            for piece, (form, place) in self._pieces.items()
            if form in forms and piece not in texts
        }
        return Secrets._of(forms, pieces)

    @classmethod
    def _of(cls, forms: frozenset[str], pieces: Mapping[str, tuple[str, int]]) -> Secrets:
        made = cls()
        made._set(forms, pieces)
        return made

    def _set(self, forms: frozenset[str], pieces: Mapping[str, tuple[str, int]]) -> None:
        self._forms, self._pieces = forms, pieces
        self._index: dict[str, list[str]] = {}
        # The longest first, so that none is hidden in part.
        for form in sorted(forms, key=len, reverse=True):
            self._index.setdefault(form[:MIN_LENGTH], []).append(form)

    def hide(self, text: str, mark: str) -> str:
        """Return ``text`` with every one of the values replaced by ``mark``.

        Takes as long for many values as for few: not a regular expression of them all.
        """
        parts: list[str] = []
        shown = at = 0
        while self._forms and at <= len(text) - MIN_LENGTH:
            start, end = self._found(text, at)
            if end == at:
                at += 1
                continue
            parts += [text[shown : max(shown, start)], mark]
            shown = at = end
        return "".join([*parts, text[shown:]])

    def _found(self, text: str, at: int) -> tuple[int, int]:
        """Return from where to where a value stands, or a piece of one; nothing is ``at, at``.

        A piece is what pytest, a test, or the end of a line has left of a long value.
        """
        for form in self._index.get(text[at : at + MIN_LENGTH], ()):
            if text.startswith(form, at):
                return at, at + len(form)
        piece = self._pieces.get(text[at : at + PIECE])
        return _extent(text, at, *piece) if piece else (at, at)


def _pieces_of(forms: Iterable[str]) -> Iterator[tuple[str, tuple[str, int]]]:
    """Yield pieces one after the other, and the last one, each with its form and place in it."""
    for form in forms:
        last = len(form) - PIECE
        for at in (*range(0, last, PIECE), last) if last > 0 else ():
            yield form[at : at + PIECE], (form, at)


def _extent(text: str, at: int, form: str, place: int) -> tuple[int, int]:
    """Return from where to where a text goes on like the form of which a piece was found."""
    start, end = at, at + PIECE
    while start and at - start < place and text[start - 1] == form[place - (at - start) - 1]:
        start -= 1
    rest = form[place:]
    while end < len(text) and end - at < len(rest) and text[end] == rest[end - at]:
        end += 1
    return start, end
