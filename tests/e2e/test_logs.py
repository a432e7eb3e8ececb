"""Logs of containers, read through the Engine and bounded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import docker
import pytest

from e2e.conftest import NewProject
from e2e.project import FOREVER
from pytest_platform.docker.api import InspectedContainer
from pytest_platform.docker.engine import Engine
from pytest_platform.hosts.transport import Local

pytestmark = pytest.mark.e2e

SCRIPT = "echo one; echo two >&2; yes a line of the log | head -n 2000; echo last; touch /tmp/ready"
BOTH = ("stdout", "stderr")
Containers = Mapping[str, InspectedContainer]


@pytest.fixture(scope="module")
def reading() -> Iterator[Engine]:
    """Give the Engine as the plugin reads it."""
    one = Engine(Local())
    yield one
    one.close()


@pytest.fixture(scope="module")
def containers(
    reading: Engine, new_project: NewProject, tmp_path_factory: pytest.TempPathFactory
) -> Containers:
    """Inspect one container with a terminal, and one without."""
    project = new_project(tmp_path_factory.mktemp("logs") / "compose.yaml", "logs")
    ready = {"test": ["CMD", "test", "-f", "/tmp/ready"], "interval": "1s"}  # noqa: S108
    command = ["sh", "-ec", f"{SCRIPT}; exec {' '.join(FOREVER)}"]
    service = {"command": command, "healthcheck": ready}
    project.write({"plain": service, "terminal": {**service, "tty": True}})
    project.up()
    for name in ("plain", "terminal"):
        project.wait_for(name, "healthy")
    ids = {name: project.container(name)["Id"] for name in ("plain", "terminal")}
    found = {name: reading.inspect(id_) for name, id_ in ids.items()}
    return {name: one for name, one in found.items() if one is not None}


@pytest.mark.parametrize("name", ["plain", "terminal"])
def test_all_of_it(reading: Engine, containers: Containers, name: str) -> None:
    data, cut = reading.log(containers[name], since=0, streams=BOTH, tail=None, limit=2**20)
    lines = data.decode().split()
    assert not cut
    assert {"one", "two", "last"} <= set(lines)
    assert lines.count("log") == 2000


@pytest.mark.parametrize("name", ["plain", "terminal"])
def test_a_long_one_is_cut_after_a_line(reading: Engine, containers: Containers, name: str) -> None:
    data, cut = reading.log(containers[name], since=0, streams=BOTH, tail=None, limit=5000)
    assert cut
    assert 0 < len(data) <= 5000
    assert data.decode().rstrip("\r").endswith("a line of the log")


def test_one_stream(reading: Engine, containers: Containers) -> None:
    data, _ = reading.log(containers["plain"], since=0, streams=("stderr",), tail=None, limit=2**20)
    assert data == b"two\n"


def test_the_end(reading: Engine, containers: Containers) -> None:
    data, cut = reading.log(containers["plain"], since=0, streams=BOTH, tail=5, limit=2**20)
    assert not cut
    assert len(data.splitlines()) == 5
    assert b"last\n" in data


def test_nothing_since_the_future(
    engine: docker.APIClient, reading: Engine, containers: Containers
) -> None:
    assert engine.logs(containers["plain"].id)
    data, cut = reading.log(containers["plain"], since=4e9, streams=BOTH, tail=None, limit=2**20)
    assert (data, cut) == (b"", False)
