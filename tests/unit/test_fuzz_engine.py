"""Engines answer with fields missing, added and odd: each answer is read, or refused by its code.

The documents are recorded ones, of several Engines and versions.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from oddities import SHARES, chance, changed, of_share

from pytest_platform.checks.drift.observed import image_of, observed
from pytest_platform.docker.api import InspectedContainer, InspectedImage, understood
from pytest_platform.docker.details import Digests
from pytest_platform.docker.snapshot import read_container
from pytest_platform.errors import EngineAnswer

CASES = Path(__file__).parents[1] / "cases" / "drift"
RECORDED = [json.loads(one.read_text()) for one in sorted(CASES.glob("*/observed.json"))]
STATE = {
    "Status": "running",
    "ExitCode": 0,
    "StartedAt": "2026-05-17T01:08:47.123456789Z",
    "Health": {"Status": "healthy", "Log": [{"Output": "fine", "ExitCode": 0}]},
}
NETWORKS = {"web": {"IPAddress": "10.0.0.2", "Aliases": ["web"], "IPAMConfig": None}}
CONTAINERS = [
    {"State": STATE, "NetworkSettings": {"Networks": NETWORKS, "Ports": {}}, **one}
    for recorded in RECORDED
    for one in recorded["containers"]
]
IMAGES = [one for recorded in RECORDED for one in recorded["images"].values()]
DIGESTS = Digests()


@pytest.mark.parametrize("share", range(SHARES))
def test_a_container_is_read_or_refused(share: int) -> None:
    def read(document: Any) -> None:
        container = understood(document, InspectedContainer, "here")
        read_container(container)
        observed(DIGESTS.without_values(container), None)

    assert _all_read(share, CONTAINERS, read) > 0


@pytest.mark.parametrize("share", range(SHARES))
def test_an_image_is_read_or_refused(share: int) -> None:
    def read(document: Any) -> None:
        image_of(DIGESTS.without_values(understood(document, InspectedImage, "here")))

    assert _all_read(share, IMAGES, read) > 0


@pytest.mark.parametrize("document", CONTAINERS, ids=lambda one: one["Name"])
def test_what_was_recorded_is_read(document: Any) -> None:
    assert read_container(understood(document, InspectedContainer, "here")).id


def _all_read(share: int, seeds: list[Any], read: Callable[[Any], None]) -> int:
    """Return how many were read; what is not refused with its code is a failure."""
    return sum(_is_read(number, seeds, read) for number in of_share(share))


def _is_read(number: int, seeds: list[Any], read: Callable[[Any], None]) -> bool:
    by = chance(number)
    document = changed(by, seeds[number % len(seeds)], by.choice((0.005, 0.02, 0.1)))
    try:
        read(document)
    except EngineAnswer:
        return False
    except Exception as error:  # noqa: BLE001 - whatever it is, the number has to be told
        pytest.fail(f"case {number}: {error!r}")
    return True
