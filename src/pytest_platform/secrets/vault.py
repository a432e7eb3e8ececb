"""Values that no report may carry, kept so that they cannot be shown by accident."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NewType

from ahocorasick_rs import AhoCorasick

from pytest_platform.secrets.forms import END, MIN_LENGTH, Form, Piece, ends, forms, is_own, pieces
from pytest_platform.secrets.names import says_secret
from pytest_platform.secrets.rule import of_outside
from pytest_platform.secrets.shapes import find, is_word
from pytest_platform.secrets.views import QUOTING, View, plain, views

Span = tuple[int, int]

_CUT = "..."


class Secrets:
    """A set of values to be redacted. Its representation does not show them.

    ``values`` are secret by where they stand. ``outside`` are names and values that come from
    outside the Compose file: the rule decides which of them are secret. What finds them is
    made on first use.
    """

    __slots__ = ("_finder", "_forms", "_outside", "_public", "_values")

    def __init__(self, values: Iterable[str] = (), outside: Iterable[tuple[str, str]] = ()) -> None:
        self._values = dict.fromkeys(values)
        self._outside = dict.fromkeys(outside)
        self._public: frozenset[str] = frozenset()
        self._forms: dict[str, Form] | None = None
        self._finder: _Finder | None = None

    def __repr__(self) -> str:
        return f"<Secrets: {len(self._values) + len(self._outside)} values>"

    def __len__(self) -> int:
        return len(self._known())

    def __or__(self, other: Secrets) -> Secrets:
        made = Secrets([*self._values, *other._values], [*self._outside, *other._outside])
        made._public = self._public | other._public
        return made

    def without(self, public: Iterable[str]) -> Secrets:
        """Take some values for public: names, and what the files say under public names.

        One that is secret by its name or place stays so, unless it is a word: to hide that
        would garble every report and keep nothing from anybody.
        """
        made = Secrets(self._values, self._outside)
        made._public = self._public | {one.strip() for one in public}
        return made

    def hide(self, text: str, mark: str) -> str:
        """Return ``text`` with every one of the values replaced by ``mark``.

        Takes a time that grows with the text alone, however many values there are.
        """
        return replaced(text, self.spans(text), mark)

    def spans(self, text: str) -> list[Span]:
        """Return from where to where values, or pieces of them, stand in a text."""
        known = self._known()
        if not known or len(text) < MIN_LENGTH:
            return []
        if self._finder is None:
            self._finder = _Finder(known, "\0".join(map(plain, self._public)))
        return [span for view in views(text) for span in self._finder.spans(view, text)]

    def _known(self) -> dict[str, Form]:
        if self._forms is None:
            kept = (one for one in dict.fromkeys(self._secret()) if not self._says_nothing(one))
            self._forms = {form.text: form for value in kept for form in forms(value)}
        return self._forms

    def _secret(self) -> Iterator[str]:
        for value in self._values:
            yield from (value, *value.splitlines())
        for name, value in self._outside:
            if value.strip() not in self._public or (says_secret(name) and not is_word(value)):
                yield from of_outside(name, value)

    def _says_nothing(self, value: str) -> bool:
        text = value.strip()
        return is_own(text) or (is_word(text) and text in self._public)


def replaced(text: str, spans: Iterable[Span], mark: str) -> str:
    """Return a text with ``mark`` in place of each span; of spans that overlap, once."""
    parts: list[str] = []
    shown = 0
    for start, end in _joined(spans):
        parts += [text[shown:start], mark]
        shown = end
    return "".join([*parts, text[shown:]])


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    begin, until = 0, 0
    for start, end in sorted(spans):
        if start < until:
            until = max(until, end)
            continue
        if until > begin:
            yield begin, until
        begin, until = start, end
    if until > begin:
        yield begin, until


class _Finder:
    """Finds many texts at once, by an automaton whose time does not grow with their number."""

    def __init__(self, known: Mapping[str, Form], public: str) -> None:
        whole = [form for form in known.values() if form.pieces]
        parts = _not_in(public, [one for form in whole for one in pieces(form)])
        self._after = sorted(form.text for form in whole)
        self._before = sorted(form.text[::-1] for form in whole)
        self._ends = {text for form in whole for text in ends(form)}
        kinds: dict[str, Form | Piece | None] = dict.fromkeys(self._ends)
        kinds |= {piece.text: piece for piece in parts}
        kinds |= known
        self._kinds = list(kinds.items())
        self._automaton = AhoCorasick(list(kinds))

    def spans(self, view: View, text: str) -> Iterator[Span]:
        """Yield where values stand in the text of which ``view`` is a reading."""
        cut = _CUT in view.text
        found = self._automaton.find_matches_as_indexes(view.text, overlapping=True)
        for index, start, end in found:
            pattern, kind = self._kinds[index]
            if isinstance(kind, Form):
                if _counts(kind, view, start, end, text):
                    yield view.span(start, end)
                continue
            span = _extent(view.text, start, kind) if kind else None
            if cut and not span and pattern in self._ends:
                span = self._beside_cut(view.text, start, end)
            if span:
                yield view.span(*span)

    def _beside_cut(self, text: str, start: int, end: int) -> Span | None:
        """Return the beginning of a value before ``...``, or the end of one after it."""
        until = start + _common(self._after, text[start : start + _WINDOW])
        # A dot of the value itself may be the first of the cut.
        ends = (until - back for back in range(len(_CUT)) if text.startswith(_CUT, until - back))
        until = next(ends, start)
        if until - start >= END:
            return start, until
        begin = end - _common(self._before, text[max(0, end - _WINDOW) : end][::-1])
        begins = (begin + on for on in range(len(_CUT)) if text.endswith(_CUT, 0, begin + on))
        begin = next(begins, end)
        if end - begin >= END:
            return begin, end
        return None


def _not_in(text: str, parts: list[Piece]) -> list[Piece]:
    """Return the pieces that do not stand in a text; takes a time that grows with both alone."""
    finder = AhoCorasick([one.text for one in parts])
    found = finder.find_matches_as_indexes(text, overlapping=True)
    there = {parts[index].text for index, _, _ in found}
    return [one for one in parts if one.text not in there]


def _counts(form: Form, view: View, start: int, end: int, text: str) -> bool:
    """Return whether a short form stands there as it must: as a word, or with its quoting."""
    if form.alone:
        beside = view.text[max(0, start - 1) : start] + view.text[end : end + 1]
        return not any(one.isalpha() for one in beside)
    if form.quoted:
        begin, until = view.span(start, end)
        around = text[max(0, begin - 1) : begin] + text[until : until + 1]
        return until - begin > end - start or any(one in QUOTING for one in around)
    return True


_WINDOW = 4096
"""No more characters than these are compared beside a cut."""


def _common(ordered: list[str], wanted: str) -> int:
    """Return how many characters of a text begin one of the sorted texts, at most."""
    place = bisect_left(ordered, wanted)
    return max(_shared(one, wanted) for one in ordered[max(0, place - 1) : place + 1])


def _shared(one: str, other: str) -> int:
    """Return how many characters two texts begin with in common."""
    same, most = 0, min(len(one), len(other))
    if one[:most] == other[:most]:
        return most
    while most - same > 1:
        middle = (same + most) // 2
        if one[same:middle] == other[same:middle]:
            same = middle
        else:
            most = middle
    return same


def _extent(text: str, at: int, piece: Piece) -> Span | None:
    """Return from where to where a text goes on like the form of which a piece was found."""
    form, place = piece.form, piece.place
    before = _shared(text[max(0, at - place) : at][::-1], form[:place][::-1])
    after = _shared(text[at : at + len(form) - place], form[place:])
    return (at - before, at + after) if before + after >= piece.least else None


Safe = NewType("Safe", str)
"""Text that may be shown. Only ``redact`` makes it."""

MARK: Final = "[redacted]"


def redact(text: str, secrets: Secrets) -> Safe:
    """Replace every secret value in ``text``, in whatever quoting it stands."""
    return Safe(replaced(text, [*secrets.spans(text), *find(text)], MARK))
