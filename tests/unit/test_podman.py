"""What Podman answers in another way than Docker is read as it is meant.

What is found is what Podman 5.8 and 4.3 answered for containers that were made with these options.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pytest_platform.checks.drift import rights
from pytest_platform.checks.drift.model import ContainerSettings, Desired, Evidence, Observed
from pytest_platform.compose.service import service_of
from pytest_platform.docker.api import InspectedContainer, understood
from pytest_platform.docker.host_config import HostConfig
from pytest_platform.docker.podman import is_between_runs, is_podman
from pytest_platform.docker.snapshot import read_container

GIVEN = sorted(rights.GIVEN_BY_PODMAN)
# What Podman 4 gives, too.
BEFORE = ["AUDIT_WRITE", "MKNOD", "NET_RAW"]
MORE = ["AUDIT_WRITE", "MKNOD", "NET_ADMIN", "NET_RAW", "SYS_ADMIN"]
NOW = datetime(2026, 5, 17, 12, tzinfo=UTC)


def _without(name: str) -> list[str]:
    return [one for one in GIVEN if one != name]


@pytest.mark.parametrize(
    ("service", "add", "drop", "same"),
    [
        ({}, [], [], True),
        ({"cap_drop": ["ALL"]}, [], GIVEN, True),
        ({"cap_drop": ["all"], "cap_add": ["net_admin"]}, ["NET_ADMIN"], GIVEN, True),
        ({"cap_drop": ["ALL"], "cap_add": ["CAP_CHOWN"]}, [], _without("CHOWN"), True),
        ({"cap_add": ["CHOWN"]}, [], [], True),
        ({"cap_add": ["NET_ADMIN"], "cap_drop": ["NET_RAW"]}, ["NET_ADMIN"], [], True),
        ({"cap_drop": ["CHOWN"]}, [], ["CHOWN"], True),
        ({"cap_add": ["ALL"]}, MORE, [], True),
        ({"cap_add": ["ALL"], "cap_drop": ["CHOWN"]}, MORE, ["CHOWN"], True),
        ({"cap_drop": ["ALL"]}, [], [*GIVEN, *BEFORE], True),
        ({"cap_drop": ["NET_RAW"]}, [], ["NET_RAW"], True),
        ({"cap_add": ["NET_RAW"]}, [], [], True),
        ({"cap_add": ["NET_RAW"]}, ["NET_RAW"], [], True),
        ({"cap_add": ["ALL"], "cap_drop": ["MKNOD"]}, MORE, ["MKNOD"], True),
        ({}, ["NET_RAW"], [], False),
        ({}, ["NET_ADMIN"], [], False),
        ({}, [], ["CHOWN"], False),
        ({"cap_drop": ["ALL"]}, [], [], False),
        ({"cap_drop": ["ALL"]}, [], _without("CHOWN"), False),
        ({"cap_drop": ["ALL"]}, ["NET_ADMIN"], GIVEN, False),
        ({"cap_add": ["NET_ADMIN"]}, [], [], False),
        ({"cap_add": ["ALL"]}, [], [], False),
        ({"cap_add": ["ALL"], "cap_drop": ["CHOWN"]}, MORE, [], False),
        ({"cap_add": ["ALL"], "cap_drop": ["CHOWN"]}, MORE, ["CHOWN", "KILL"], False),
        ({"cap_add": ["CHOWN", "KILL"]}, ["CHOWN"], [], True),
        ({"cap_add": ["CHOWN"], "cap_drop": ["SYS_ADMIN"]}, [], ["SYS_ADMIN"], True),
    ],
)
def test_capabilities(service: dict[str, Any], add: list[str], drop: list[str], same: bool) -> None:
    found = _config(service, {"Privileged": False, "CapAdd": add, "CapDrop": drop})
    assert (found is None) is same, found


def test_a_privileged_container_has_all_that_the_machine_has() -> None:
    host = {"Privileged": True, "CapAdd": [], "CapDrop": ["SYS_RESOURCE"]}
    assert _config({"privileged": True, "cap_drop": ["CHOWN"]}, host) is None
    found = _config({"cap_drop": ["CHOWN"]}, host)
    assert found == ("privileged false", "privileged true")


def test_the_users_of_the_host_are_what_podman_has() -> None:
    assert _config({"userns_mode": "host"}, {"UsernsMode": ""}) is None
    assert _config({"userns_mode": "host"}, {"UsernsMode": ""}, podman=False) is not None
    assert _config({"userns_mode": "host"}, {"UsernsMode": "private"}) is not None


@pytest.mark.parametrize(
    ("service", "cpus", "quota", "same"),
    [
        ({"cpus": 0.5}, 500_000_000, 50_000, True),
        ({"cpus": 0.123456789}, 123_450_000, 12_345, True),
        ({"cpu_quota": 30_000}, 0, 30_000, True),
        ({"cpu_quota": 50_000, "cpu_period": 100_000}, 500_000_000, 50_000, True),
        ({}, 0, 0, True),
        ({"cpus": 0.5}, 250_000_000, 25_000, False),
        ({"cpus": 0.5}, 750_000_000, 75_000, False),
        ({"cpus": 0.50001}, 500_020_000, 50_002, False),
        ({"cpus": 0.3}, 0, 30_000, False),
        ({"cpu_quota": 30_000}, 0, 20_000, False),
        ({}, 500_000_000, 50_000, False),
        ({"cpus": 1e39}, 500_000_000, 50_000, False),
    ],
)
def test_shares_of_the_cpus(service: dict[str, Any], cpus: int, quota: int, same: bool) -> None:
    found = _config(service, {"NanoCpus": cpus, "CpuQuota": quota})
    assert (found is None) is same, found


def _config(
    service: dict[str, Any], host: dict[str, Any], *, podman: bool = True
) -> tuple[str, str] | None:
    want = ContainerSettings(rights=rights.declared(service_of(service)))
    have = ContainerSettings(rights=rights.observed(msgspec.convert(host, HostConfig)))
    return rights.config(Desired(want), Observed(have, podman=podman), Evidence())


def _document(
    policy: str = "always", *, status: str = "exited", code: int = 7, **more: Any
) -> dict[str, Any]:
    finished = more.pop("finished", NOW - timedelta(seconds=1)).isoformat()
    most, count = more.pop("most", 0), more.pop("count", 0)
    return {
        "Id": "c1",
        "Name": "/web",
        "State": {"Status": status, "ExitCode": code, "FinishedAt": finished},
        "Config": {},
        "HostConfig": {
            "RestartPolicy": {"Name": policy, "MaximumRetryCount": most},
            "UTSMode": "private",
            **more,
        },
        "RestartCount": count,
        "NetworkSettings": {},
    }


def _inspected(document: dict[str, Any]) -> InspectedContainer:
    return understood(document, InspectedContainer, "here")


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (_document(), True),
        (_document("unless-stopped", code=0), True),
        (_document("on-failure"), True),
        (_document("on-failure", most=3, count=2), True),
        (_document("on-failure", most=3, count=3), False),
        (_document("on-failure", code=0), False),
        (_document(status="stopped"), True),
        (_document("no"), False),
        (_document(""), False),
        (_document(status="running"), False),
        (_document(status="created"), False),
        (_document(finished=NOW - timedelta(minutes=1)), False),
        (_document(finished=NOW + timedelta(seconds=1)), True),
        (_document(finished=NOW + timedelta(minutes=1)), False),
        (_document(UTSMode=""), False),
    ],
)
def test_it_says_exited_between_two_runs(document: dict[str, Any], expected: bool) -> None:
    assert is_between_runs(_inspected(document), NOW) is expected


def test_a_restart_under_way_is_counted_as_docker_counts_it() -> None:
    seen = read_container(_inspected(_document(finished=datetime.now(UTC), count=2)))
    assert (seen.status, seen.restart_count, seen.exit_code) == ("restarting", 3, 7)
    seen = read_container(_inspected(_document(finished=datetime.now(UTC), count=2, UTSMode="")))
    assert (seen.status, seen.restart_count) == ("exited", 2)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("stopped", "exited"),
        ("stopping", "running"),
        ("configured", "created"),
        ("initialized", "created"),
        ("exited", "exited"),
        ("paused", "paused"),
    ],
)
def test_the_words_of_podman_4_are_those_of_docker(said: str, meant: str) -> None:
    assert read_container(_inspected(_document("no", status=said))).status == meant


def test_it_is_known_by_what_docker_does_not_say() -> None:
    notes = {"io.container.manager": "libpod"}
    for host, podman in [
        ({"Annotations": notes}, True),
        ({"UTSMode": "private"}, True),
        ({"UTSMode": "", "Annotations": None}, False),
        ({}, False),
    ]:
        assert is_podman(_inspected({**_document(), "HostConfig": host})) is podman
