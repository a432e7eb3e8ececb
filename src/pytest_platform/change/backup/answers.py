"""Reading what restic and borg answer as JSON. What has another form is a refusal."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from pytest_platform.change.refusal import Refusal

T = TypeVar("T")
_FRACTION = re.compile(r"\.[0-9]+")


def read_json(said: str | Refusal, program: str, read: Callable[[Any], T]) -> T | Refusal:
    """Decode an answer and take from it what ``read`` takes.

    ``read`` may raise what indexing and conversion raise.
    """
    if isinstance(said, Refusal):
        return said
    try:
        return read(msgspec.json.decode(said))
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError):
        message = f"{program} has to answer in the JSON that is known here; use another version"
        return Refusal("backup.unreadable", message)


def read_time(text: str) -> datetime:
    """Read a time; one without offset is in UTC, as the command's environment asks.

    Raises:
        ValueError: it is not a time.
    """
    moment = datetime.fromisoformat(_FRACTION.sub("", text))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
