"""The boundary: nothing is told that has not gone through ``redact``."""

from __future__ import annotations

import re
from typing import Any, NewType

from pytest_platform.secrets import Secrets

Safe = NewType("Safe", str)
"""Text that may be shown. Only ``redact`` makes it."""

MARK = "[redacted]"
SHOWN = 500
"""Characters of a message, or of what was expected or seen."""
SHOWN_LINES = 12
SHOWN_OF_A_LINE = 120
"""Lines of a diff, and characters of each."""

_PASSWORD_IN_URL = re.compile(r"(?<=://)([^\s:/?#@]*):[^\s/?#]+@")
"""Hidden wherever it stands, also where nobody has told that it is a secret."""

_UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"


def redact(text: str, secrets: Secrets) -> Safe:
    """Replace every secret value in ``text``, in whatever quoting it stands."""
    return Safe(_PASSWORD_IN_URL.sub(rf"\1:{MARK}@", secrets.hide(text, MARK)))


def told(text: str, secrets: Secrets) -> Safe:
    """Redact a text, and only then put it on one line and shorten it to what people read."""
    lines = (part.strip() for part in redact(text, secrets).splitlines())
    return _short(" | ".join(part for part in lines if part), SHOWN)


def told_lines(text: str, secrets: Secrets) -> list[Safe]:
    """Redact a text, and only then keep its first lines and shorten each of them."""
    lines = redact(text, secrets).splitlines()
    shown = [_short(line, SHOWN_OF_A_LINE) for line in lines[:SHOWN_LINES]]
    return [*shown, Safe("…")] if len(lines) > SHOWN_LINES else shown


def _short(line: str, longest: int) -> Safe:
    printable = "".join(char if char.isprintable() else _UNPRINTABLE for char in line)
    return Safe(printable if len(printable) <= longest else printable[:longest] + "…")


def redact_all(value: Any, secrets: Secrets) -> Any:
    """Redact every text in nested lists and dicts; a copy, the original is left as it is."""
    if isinstance(value, str):
        return redact(value, secrets)
    if isinstance(value, dict):
        return {key: redact_all(inner, secrets) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [redact_all(inner, secrets) for inner in value]
    return value
