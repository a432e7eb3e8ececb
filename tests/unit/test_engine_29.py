"""What the API 1.52 of Docker 29 does not send any more is not missed, and what it adds is no harm.

Its documents are recorded ones of Docker with what its public history of changes lists.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_platform.checks.drift.observed import image_of, observed
from pytest_platform.docker.api import InspectedContainer, InspectedImage, understood
from pytest_platform.docker.details import Digests
from pytest_platform.docker.snapshot import read_container

CASES = Path(__file__).parents[1] / "cases" / "drift"
RECORDED = {
    file.parent.name: json.loads(file.read_text(encoding="utf-8"))
    for file in sorted(CASES.glob("*/observed.json"))
    if not file.parent.name.startswith("podman")
}
ADDRESSES = {
    **dict.fromkeys(("Bridge", "EndpointID", "Gateway", "GlobalIPv6Address", "IPAddress"), ""),
    **dict.fromkeys(("IPv6Gateway", "LinkLocalIPv6Address", "MacAddress"), ""),
    **dict.fromkeys(("GlobalIPv6PrefixLen", "IPPrefixLen", "LinkLocalIPv6PrefixLen"), 0),
    **dict.fromkeys(("SecondaryIPAddresses", "SecondaryIPv6Addresses"), None),
    "HairpinMode": False,
}
NETWORK = {
    "IPAMConfig": None,
    "IPAddress": "172.18.0.2",
    "GlobalIPv6Address": "",
    "Aliases": ["app"],
    "DNSNames": ["app"],
    "GwPriority": 0,
}
OMITTED_IF_UNSET = ("Cmd", "Entrypoint", "Env", "Labels", "OnBuild", "User", "Volumes")
ADDED = {"Descriptor": {"mediaType": "application/vnd.oci.image.index.v1+json", "size": 1}}
DIGESTS = Digests()


@pytest.mark.parametrize("name", RECORDED)
def test_a_container_is_read_as_before(name: str) -> None:
    for recorded in RECORDED[name]["containers"]:
        documents = _before(recorded), _now(recorded)
        assert documents[0] != documents[1]
        before, now = (understood(one, InspectedContainer, "here") for one in documents)
        assert read_container(now) == read_container(before)
        old, new = (DIGESTS.without_values(one) for one in (before, now))
        assert observed(new, None) == observed(old, None)


@pytest.mark.parametrize("name", RECORDED)
def test_an_image_is_read_as_before(name: str) -> None:
    for before in RECORDED[name]["images"].values():
        kept = {key: value for key, value in before["Config"].items() if _is_sent(key, value)}
        now = {**before, **ADDED, "Config": kept}
        images = (understood(one, InspectedImage, "here") for one in (before, now))
        old, new = map(DIGESTS.without_values, images)
        assert image_of(new) == image_of(old)


def test_there_are_images_with_unset_fields() -> None:
    images = [one["Config"] for two in RECORDED.values() for one in two["images"].values()]
    assert any(not _is_sent(key, value) for one in images for key, value in one.items())


def _is_sent(key: str, value: Any) -> bool:
    return bool(value) or key not in OMITTED_IF_UNSET


def _before(recorded: dict[str, Any]) -> dict[str, Any]:
    networks = {"Networks": {"default": NETWORK}, "Ports": {}}
    return {
        "State": {"Status": "running", "ExitCode": 0, "StartedAt": "2026-05-17T01:08:47.1Z"},
        **recorded,
        "HostConfig": {**recorded["HostConfig"], "KernelMemoryTCP": 0},
        "Config": {**recorded["Config"], "OnBuild": None},
        "NetworkSettings": {**ADDRESSES, **networks},
    }


def _now(recorded: dict[str, Any]) -> dict[str, Any]:
    before = _before(recorded)
    settings = {key: before["NetworkSettings"][key] for key in ("Networks", "Ports")}
    manifest = {"ImageManifestDescriptor": ADDED["Descriptor"]}
    return {
        **before,
        **manifest,
        "HostConfig": recorded["HostConfig"],
        "Config": recorded["Config"],
        "NetworkSettings": settings,
    }
