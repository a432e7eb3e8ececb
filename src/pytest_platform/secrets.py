"""Values that no report may carry, kept so that they cannot be shown by accident."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, urlsplit

MIN_LENGTH = 4
"""Shorter values cannot be told from ordinary text and are not looked for."""

_ORDINARY = frozenset(
    {
        *("true", "false", "none", "null", "default", "enabled", "disabled"),
        *("running", "healthy", "unhealthy", "starting", "exited", "created", "paused"),
        *("restarting", "removing", "dead", "passed", "failed", "error", "skipped"),
        *("local", "localhost"),
    }
)
"""Words of every report. As values they keep nothing from anybody."""


class Secrets:
    """A set of values to be redacted. Its representation does not show them.

    Also under ``--showlocals`` or in a debugger's listing nothing but the number of
    values is seen.
    """

    __slots__ = ("_forms", "_pattern")

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._forms = frozenset(form for value in values for form in _forms(value))
        self._pattern = _pattern(self._forms)

    def __repr__(self) -> str:
        return f"<Secrets: {len(self._forms)} forms of values>"

    def __len__(self) -> int:
        return len(self._forms)

    def __or__(self, other: Secrets) -> Secrets:
        return Secrets._of(self._forms | other._forms)

    def without(self, public: Iterable[str]) -> Secrets:
        """Drop what stands in public text anyway: names, declared words, contents of files."""
        texts = "\0".join(public)
        return Secrets._of(frozenset(form for form in self._forms if form not in texts))

    @classmethod
    def _of(cls, forms: frozenset[str]) -> Secrets:
        made = cls()
        made._forms, made._pattern = forms, _pattern(forms)
        return made

    def hide(self, text: str, mark: str) -> str:
        """Return ``text`` with every one of the values replaced by ``mark``."""
        return self._pattern.sub(mark, text) if self._pattern else text


def _pattern(forms: frozenset[str]) -> re.Pattern[str] | None:
    """Match any of the forms, the longest first so that none is hidden in part."""
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    return re.compile("|".join(map(re.escape, longest_first))) if longest_first else None


def _forms(value: str) -> Iterator[str]:
    """Yield the forms in which a value turns up: its lines, its quotings, a URL's password."""
    candidates = [value, *value.splitlines(), *_passwords(value)]
    for candidate in candidates:
        text = candidate.strip()
        if len(text) < MIN_LENGTH or text.lower() in _ORDINARY:
            continue
        yield text
        yield json.dumps(text)[1:-1]
        yield quote(text, safe="")
        yield base64.b64encode(text.encode()).decode().rstrip("=")


def _passwords(value: str) -> Iterator[str]:
    if "://" not in value:
        return
    try:
        parts = urlsplit(value)
        yield from filter(None, (parts.password,))
    except ValueError:
        return
