"""Source text made fit for a message."""

from __future__ import annotations

from typing import Final

LENGTH: Final = 40


def shortened(text: str, length: int = LENGTH) -> str:
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
