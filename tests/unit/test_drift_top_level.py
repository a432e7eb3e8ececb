"""Networks and volumes beside the services, on data.

Each file in ``tests/cases/drift_top_level`` is a case: what is ``declared``, what is ``there`` by
``inspect``, and both texts of the drift that is expected.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec import convert

from pytest_platform.checks.drift.deployed import resolved, shares
from pytest_platform.checks.drift.top_level import KINDS, differing, networks_of, volumes_of
from pytest_platform.compose.service import service_of
from pytest_platform.docker.api import InspectedNetwork, InspectedVolume
from pytest_platform.docker.host_config import HostConfig

CASES = Path(__file__).parents[1] / "cases" / "drift_top_level"
KIND = {kind.code.partition(".")[0]: kind for kind, _ in KINDS}
SEEN: dict[str, Any] = {"network": InspectedNetwork, "volume": InspectedVolume}
FULL, OTHER = "a" * 64, "b" * 64


@pytest.mark.parametrize("file", sorted(CASES.glob("*.yaml")), ids=lambda file: str(file.stem))
def test_case(file: Path) -> None:
    case = yaml.safe_load(file.read_text(encoding="utf-8"))
    kind = KIND[case["kind"]]
    model = {kind.section: {"one": {"name": "home_one", **case["declared"]}}}
    seen = {"home_one": convert({"Name": "home_one", **case["there"]}, SEEN[case["kind"]])}
    found = list(differing(kind, ["one", "one"], model, seen, "5.6.1"))
    expected = case["expected"]
    assert [[one.drift.expected, one.drift.actual] for one in found] == [expected] * bool(expected)
    assert {(one.drift.code, one.name, one.key) for one in found} <= {
        (kind.code, "home_one", "one")
    }


@pytest.mark.parametrize("model", [{}, {"volumes": None}, {"volumes": {"data": None}}])
def test_what_is_not_declared_is_not_compared(model: dict[str, Any]) -> None:
    assert not list(
        differing(KIND["volume"], ["data"], model, {"data": InspectedVolume(name="data")}, "5.6.1")
    )


def test_without_a_name_the_key_is_the_name() -> None:
    model = {"volumes": {"data": {"driver": "nfs"}}}
    (one,) = differing(
        KIND["volume"],
        ["data"],
        model,
        {"data": InspectedVolume(name="data", driver="local")},
        "5.6.1",
    )
    assert one.name == one.key == "data"


@pytest.mark.parametrize(
    ("service", "keys"),
    [
        ({"networks": {"a": None, "b": {}}}, ["a", "b"]),
        ({"networks": {"a": None}, "network_mode": "host"}, []),
        ({}, []),
    ],
)
def test_networks_of_a_service(service: dict[str, Any], keys: list[str]) -> None:
    assert networks_of(service_of(service)) == keys


@pytest.mark.parametrize(
    ("mounts", "keys"),
    [
        ([{"type": "volume", "source": "a"}, {"type": "bind", "source": "/b"}], ["a"]),
        ([{"type": "volume"}, {"type": "tmpfs"}, {"type": "volume", "source": ""}], []),
        ([{"type": "zfs", "source": "c"}], []),
        (None, []),
    ],
)
def test_volumes_of_a_service(mounts: Any, keys: list[str]) -> None:
    assert volumes_of(service_of({"volumes": mounts})) == keys


@pytest.mark.parametrize(
    ("service", "shared"),
    [
        ({"network_mode": "service:a"}, True),
        ({"pid": "service:a"}, True),
        ({"ipc": "service:a"}, True),
        ({"volumes_from": ["a"]}, True),
        ({"network_mode": "host", "pid": "host", "ipc": "shareable", "volumes_from": []}, False),
        ({}, False),
    ],
)
def test_what_a_service_shares(service: dict[str, Any], *, shared: bool) -> None:
    assert shares(service_of(service)) is shared


@pytest.mark.parametrize(
    ("service", "host", "found"),
    [
        # Of several containers of a service, the one in use.
        ({"ipc": "service:a"}, {"IpcMode": f"container:{OTHER}"}, {"ipc": f"container:{OTHER}"}),
        # None of them is in use: another one is there by now.
        ({"pid": "service:a"}, {"PidMode": "container:gone"}, {"pid": f"container:{FULL}"}),
        ({"pid": "service:a"}, {"PidMode": None}, {"pid": f"container:{FULL}"}),
        ({"pid": "host", "ipc": None}, {"PidMode": "host"}, {"pid": "host", "ipc": None}),
        ({"volumes_from": ["a"]}, {"VolumesFrom": [f"{OTHER}:ro"]}, {"volumes_from": [OTHER]}),
        ({"volumes_from": ["a:ro"]}, {"VolumesFrom": None}, {"volumes_from": [FULL]}),
        ({"volumes_from": ["gone:ro"]}, {}, {"volumes_from": ["gone:ro"]}),
        ({"volumes_from": ["container:db:ro"]}, {}, {"volumes_from": ["db"]}),
        ({"volumes_from": []}, {}, {"volumes_from": []}),
    ],
)
def test_names_of_services_become_ids(
    service: dict[str, Any], host: dict[str, Any], found: dict[str, Any]
) -> None:
    ids = {"a": [FULL, OTHER], "empty": []}
    assert resolved(service, convert(host, HostConfig), ids) == found
