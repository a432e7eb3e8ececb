"""Durations and sizes as people write them. Pure."""

from __future__ import annotations

import re

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"([0-9]+)(ms|s|m|h|d)")


def seconds(duration: str) -> float:
    """Return a duration such as ``2m`` in seconds.

    Raises:
        ValueError: it is not a duration.
    """
    match = _DURATION.fullmatch(duration)
    if match is None:
        message = f"'{duration}' is not a duration; write a whole number with ms, s, m, h or d"
        raise ValueError(message)
    return int(match[1]) * _SECONDS[match[2]]
