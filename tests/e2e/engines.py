"""What an Engine cannot show, by what a row of a table says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import docker


def is_podman(engine: docker.APIClient) -> bool:
    """Return whether Podman answers in place of Docker."""
    components = engine.version().get("Components") or ()
    return any(one["Name"] == "Podman Engine" for one in components)


def why_not(row: Mapping[str, Any], engine: docker.APIClient) -> str:
    """Return why this Engine cannot be brought to what a row is about; empty where it can.

    ``needs`` of a row is ``memory limits`` or ``API`` with its oldest version, ``not on podman``
    the difference of Podman that is in the way.
    """
    needs = row.get("needs", "")
    if needs == "memory limits" and not engine.info()["MemoryLimit"]:
        return "this kernel limits no container's memory"
    if needs.startswith("API ") and _version(engine.api_version) < _version(needs[4:]):
        return f"this Engine has the API {engine.api_version}, and {needs} is needed"
    return row.get("not on podman", "") if is_podman(engine) else ""


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))
