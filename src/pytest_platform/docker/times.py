"""Times as an Engine writes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from pytest_platform.docker.api import InspectedVolume
from pytest_platform.errors import EngineAnswer
from pytest_platform.text import quoted


def time_of(text: str | None) -> datetime | None:
    """Read the Engine's time; its year 1 means never.

    Raises:
        EngineAnswer: it is none.
    """
    if not text or text.startswith("0001-"):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        message = f"the Engine gives {quoted(text)} for a time: look at its version and its clock"
        raise EngineAnswer(message) from None


def made(volumes: Iterable[InspectedVolume]) -> dict[str, datetime]:
    """Return when each volume was made, as an Engine from 23.0 on knows it.

    Before, the Engine gives the last change of the volume's top folder instead.
    """
    times = ((one.name, time_of(one.created_at)) for one in volumes)
    return {name: moment for name, moment in times if moment}
