"""The config hash is computed as Compose does: held against hashes that Compose has written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_platform.checks.drift.deployed import resolved, shares
from pytest_platform.checks.drift.left_over import orphans
from pytest_platform.checks.drift.top_level import KINDS, differing
from pytest_platform.compose.config_hash import of_network, of_service, of_volume
from pytest_platform.compose.service import service_of
from pytest_platform.docker.api import InspectedVolume
from pytest_platform.docker.details import Listed
from pytest_platform.docker.host_config import HostConfig

CASES = Path(__file__).parents[1] / "cases" / "drift"
ORDERED = {
    "configs",
    "deploy",
    "devices",
    "healthcheck",
    "logging",
    "ports",
    "secrets",
    "ulimits",
    "volumes",
}
CHANGED = re.compile(r"/srv/|sha256:")
FULL, OTHER = "a" * 64, "b" * 64
INTERNAL = {
    "name": "dr-h_n1",
    "driver": "bridge",
    "driver_opts": {"com.docker.network.bridge.name": "drh0"},
    "ipam": {"config": [{"subnet": "10.99.77.0/24"}]},
    "internal": True,
    "labels": {"a": "b"},
}
DATA: dict[str, Any] = {
    "name": "dr-h_data",
    "driver_opts": {"device": "tmpfs", "o": "size=1m", "type": "tmpfs"},
    "labels": {"x": "y"},
}
INTERNAL_HASH = "0d5f84a81e9c4dbb07df5d1531ef924f49e46b9f4246eb1e56827e0016a57ace"
DATA_HASH = "5eb52a482cb24166f331070617b239270bde3faf336e10071540cb36c48f8f05"


def _recorded() -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield services with the hashes that Compose gave.

    Where they were recorded paths were others, and so was the order of keys in what is no map.
    """
    for folder in sorted(CASES.iterdir()):
        kept = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        service = kept["model"]["services"].get("app")
        if (
            service
            and kept["hash"]
            and not (ORDERED & service.keys() or CHANGED.search(json.dumps(service)))
        ):
            yield folder.name, service, kept["hash"]


RECORDED = list(_recorded())


def test_there_are_many_recorded_hashes() -> None:
    assert len(RECORDED) > 80


@pytest.mark.parametrize(
    ("service", "hashed"), [one[1:] for one in RECORDED], ids=[one[0] for one in RECORDED]
)
def test_of_services(service: dict[str, Any], hashed: str) -> None:
    assert of_service(service) == hashed


def test_of_a_network() -> None:
    assert of_network(INTERNAL) == INTERNAL_HASH
    assert of_network({"name": "dr-h_default", "ipam": {}}) == (
        "be05bb911eca8227a431ad18b5c70124d4649951f927b79eff23eae14ab2282d"
    )


def test_of_a_volume_with_the_driver_that_goes_without_saying() -> None:
    assert of_volume(DATA) == of_volume({**DATA, "driver": "local"}) == DATA_HASH


def _made(hashed: str, version: str, options: dict[str, str] | None = None) -> InspectedVolume:
    labels = {"com.docker.compose.config-hash": hashed, "com.docker.compose.version": version}
    return InspectedVolume("dr-h_data", {**labels, "x": "y"}, options, "local")


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (_made(DATA_HASH, "5.6.1"), []),
        (
            _made("another", "5.6.1", options=DATA["driver_opts"]),
            ["the settings in the Compose files"],
        ),
        (_made("another", "5.0.0", options=DATA["driver_opts"]), []),
        (_made("another", "5.0.0", options={**DATA["driver_opts"], "o": "size=2m"}), ["o size=1m"]),
        (_made("another", "5.0.0", options=None), ["device tmpfs, o size=1m, type tmpfs"]),
    ],
)
def test_a_volume_is_compared_by_hash_or_by_what_inspect_shows(
    made: InspectedVolume, found: list[str]
) -> None:
    kind = KINDS[1][0]
    drifts = differing(kind, ["data"], {"volumes": {"data": DATA}}, {"dr-h_data": made}, "5.6.1")
    assert [one.drift.expected for one in drifts] == found


@pytest.mark.parametrize("wanted", [{**DATA, "external": True}, {**DATA, "name": "not-there"}])
def test_what_is_external_or_not_there_is_not_compared(wanted: dict[str, Any]) -> None:
    seen = {"dr-h_data": _made("another", "5.6.1")}
    assert not list(differing(KINDS[1][0], ["data"], {"volumes": {"data": wanted}}, seen, "5.6.1"))


def test_names_of_services_become_ids_of_their_containers() -> None:
    service = {"network_mode": "service:a", "pid": "service:gone", "volumes_from": ["a:ro", "b"]}
    host = HostConfig(network_mode=f"container:{OTHER}", volumes_from=[FULL])
    found = resolved(service, host, {"a": [FULL, OTHER], "b": [OTHER]})
    assert shares(service_of(service))
    assert found == {
        "network_mode": f"container:{OTHER}",
        "pid": "service:gone",
        "volumes_from": [FULL, OTHER],
    }


@pytest.mark.parametrize(
    ("files", "left"),
    [
        (("/srv/a/compose.yaml",), True),
        (("/srv/a/compose.yaml", "/srv/a/more.yaml"), False),
        (("/srv/b/compose.yaml",), False),
        ((), True),
    ],
)
def test_an_orphan_was_made_from_the_files_of_the_project(
    files: tuple[str, ...], *, left: bool
) -> None:
    listed = [Listed("p-old-1", "p", "old", FULL, files)]
    assert bool(orphans("p", {"app"}, listed, {"/srv/a/compose.yaml"})) is left
