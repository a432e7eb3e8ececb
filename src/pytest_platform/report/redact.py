"""What is told has gone through ``redact``, and is then shortened to what people read."""

from __future__ import annotations

import re
from typing import Any, Final

from pytest_platform.secrets import Secrets
from pytest_platform.secrets.vault import MARK, Safe, redact

__all__ = ["MARK", "Safe", "redact", "redact_all", "safe", "told", "told_lines", "visible"]

SHOWN = 500
"""Characters of a message, or of what was expected or seen."""
SHOWN_LINES = 12
SHOWN_OF_A_LINE = 120
"""Lines of a diff, and characters of each."""

CODES: Final = frozenset({"code", "verdict", "drift", "decision", "digest"})
"""Keys of the section ``platform`` whose values are words of ours, or digests."""

_CONTROL: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")


def told(text: str, secrets: Secrets) -> Safe:
    """Redact a text, and only then put it on one line and shorten it to what people read."""
    lines = (part.strip() for part in redact(text, secrets).splitlines())
    return _short(" | ".join(part for part in lines if part), SHOWN)


def safe(text: str | None, secrets: Secrets) -> str | None:
    """Redact a text and put it on one line, where there is one."""
    return None if text is None else told(text, secrets)


def told_lines(text: str, secrets: Secrets) -> list[Safe]:
    """Redact a text, and only then keep its first lines and shorten each of them."""
    lines = redact(text, secrets).splitlines()
    shown = [_short(line, SHOWN_OF_A_LINE) for line in lines[:SHOWN_LINES]]
    return [*shown, Safe("…")] if len(lines) > SHOWN_LINES else shown


def visible(text: str) -> Safe:
    r"""Write out the control characters of a redacted text: a terminal is not to obey them.

    >>> visible("\x1b]0;title\x07 done")
    '\\x1b]0;title\\x07 done'
    """
    return Safe(_CONTROL.sub(_written_out, text))


def visible_but_colours(text: str) -> Safe:
    """Write out control characters but those that colour, which tests may use as they like."""
    parts = _COLOUR.split(text)
    colours = [*_COLOUR.findall(text), ""]
    return Safe("".join(visible(part) + one for part, one in zip(parts, colours, strict=True)))


def _written_out(found: re.Match[str]) -> str:
    if found[0] == "\r" and found.string[found.end() : found.end() + 1] == "\n":
        return "\r"
    return found[0].encode("unicode_escape").decode()


def _short(line: str, longest: int) -> Safe:
    printable = visible(line)
    return Safe(printable if len(printable) <= longest else printable[:longest] + "…")


def redact_all(value: Any, secrets: Secrets, ours: frozenset[str] = frozenset()) -> Any:
    """Redact every text in nested lists and dicts; a copy, the original is left as it is.

    What stands under the keys in ``ours`` are words of ours.
    """
    if isinstance(value, str):
        return redact(value, secrets)
    if isinstance(value, dict):
        return {
            redact(key, secrets) if isinstance(key, str) else key: (
                _plain(one) if key in ours else redact_all(one, secrets, ours)
            )
            for key, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact_all(inner, secrets, ours) for inner in value]
    return value


def _plain(value: Any) -> Any:
    """Make builtins of enumerations: only those cross to xdist's controller."""
    if isinstance(value, str):
        return str(value)
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
