"""Answers of an Engine to ``inspect``, as the product reads them, from as little as a test says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_platform.docker.api import InspectedContainer, InspectedImage, understood

_CONTAINER: Mapping[str, Any] = {
    "Id": "x",
    "Name": "/x",
    "State": {"Status": "running", "ExitCode": 0, "StartedAt": "2026-01-01T00:00:00Z"},
    "Config": {},
    "HostConfig": {},
    "NetworkSettings": {},
}


def container(document: Mapping[str, Any]) -> InspectedContainer:
    """Read a container. What the document does not say is as usual: it runs."""
    return understood({**_CONTAINER, **document}, InspectedContainer, "here")


def image(document: Mapping[str, Any]) -> InspectedImage:
    """Read an image."""
    return understood(document, InspectedImage, "here")
