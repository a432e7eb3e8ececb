"""Moments and durations as people write them; in UTC, for a page without a script. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_UNITS: Final = ((86400.0, "day"), (3600.0, "hour"), (60.0, "minute"))


def moment(seconds: float) -> str:
    """Return seconds since 1970 as a moment; empty where they are none."""
    try:
        found = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return ""
    return f"{found.day} {found:%b %Y, %H:%M} UTC"


def parsed(text: str | None) -> float | None:
    """Return the seconds since 1970 of a moment in RFC 3339; None where it is none."""
    try:
        return datetime.fromisoformat(text or "").timestamp()
    except ValueError:
        return None


def span(seconds: float) -> str:
    """Return a long duration in its largest unit: ``3 days``."""
    for size, name in _UNITS:
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'s' if count > 1 else ''}"
    return "less than a minute"


def took(seconds: float) -> str:
    """Return how long something took: ``0.02 s``, ``3.4 s``, ``2 min 05 s``."""
    if seconds >= 59.95:  # noqa: PLR2004 - what would be shown as 60 seconds is a minute
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes} min {rest:02} s"
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds:.2f} s"
