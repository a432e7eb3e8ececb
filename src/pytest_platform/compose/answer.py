"""What Compose answers, taken for a project only where it is one."""

from __future__ import annotations

import json
import signal
from collections.abc import Mapping
from typing import Any, Final

from pytest_platform.errors import ComposeError

_SECTIONS: Final = ("services", "networks", "volumes", "secrets", "configs")


def read_model(text: str) -> Mapping[str, Any]:
    """Return the document of ``config --format json``.

    Raises:
        ComposeError: it is no project, as where a wrapper of that name answers.
    """
    try:
        model = json.loads(text)
    except (ValueError, RecursionError):
        model = None
    if not isinstance(model, Mapping) or not all(map(_is_section, map(model.get, _SECTIONS))):
        message = (
            "Compose answers with what is no project; try: docker compose config --format json"
        )
        raise ComposeError(message)
    return model


def ended_by(returncode: int) -> str:
    """Say which signal ended Compose, where it said nothing itself."""
    if returncode >= 0:
        return "no message"
    try:
        name = signal.Signals(-returncode).name
    except ValueError:
        name = f"signal {-returncode}"
    return f"it was ended by {name} while it read them"


def _is_section(section: Any) -> bool:
    if section is None:
        return True
    return isinstance(section, Mapping) and all(
        entry is None or isinstance(entry, Mapping) for entry in section.values()
    )
