"""Files of containers, read through the Engine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import docker
import pytest

from e2e.conftest import NewProject
from pytest_platform.docker import files
from pytest_platform.docker.engine import Engine
from pytest_platform.docker.files import FilesTooMuch
from pytest_platform.docker.paths import FilesHidden
from pytest_platform.hosts.transport import Local

pytestmark = pytest.mark.e2e

SCRIPT = """
mkdir -p /data/backups/empty /run/x
printf one > /data/backups/one
printf one > /data/same
ln -s backups/one /data/link
ln -s /data /via
mkfifo /data/pipe
head -c 3000000 /dev/zero > /data/large
touch /tmp/ready
exec sleep infinity
"""
PATIENCE = 60.0


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


LISTING = {
    "backups": "directory",
    "backups/empty": "directory",
    "backups/one": sha256(b"one"),
    "same": sha256(b"one"),
    "link": "link backups/one",
    "pipe": "special",
    "large": sha256(b"\0" * 3_000_000),
}


@pytest.fixture(scope="module")
def reading() -> Iterator[Engine]:
    """Give the Engine as the plugin reads it."""
    one = Engine(Local())
    yield one
    one.close()


@pytest.fixture(scope="module")
def container(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Start a container with a volume; returns its id."""
    project = new_project(tmp_path_factory.mktemp("files") / "compose.yaml", "files")
    ready = {"test": ["CMD", "test", "-f", "/tmp/ready"], "interval": "1s"}  # noqa: S108
    service = {
        "command": ["sh", "-ec", SCRIPT],
        "volumes": ["data:/data"],
        "tmpfs": ["/run/x"],
        "healthcheck": ready,
    }
    project.write({"app": service}, volumes={"data": {}})
    project.up()
    project.wait_for("app", "healthy")
    identity: str = project.container("app")["Id"]
    return identity


@pytest.mark.parametrize("path", ["/data", "/data/", "/via"])
def test_contents(reading: Engine, container: str, path: str) -> None:
    assert files.contents(reading, container, path, timeout=PATIENCE) == LISTING


def test_contents_of_nothing(reading: Engine, container: str) -> None:
    assert files.contents(reading, container, "/none", timeout=PATIENCE) == {}


def test_what_cannot_be_read_in_time_is_an_error(reading: Engine, container: str) -> None:
    for ask in (files.contents, files.digest, files.count):
        with pytest.raises(FilesTooMuch, match="cannot be read within"):
            ask(reading, container, "/data", timeout=0)


def test_too_many_entries_are_an_error(
    reading: Engine, container: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_ENTRIES", 3)
    with pytest.raises(FilesTooMuch, match="more than 3 entries"):
        files.contents(reading, container, "/data", timeout=PATIENCE)


@pytest.mark.parametrize(("enough", "expected"), [(None, 5), (2, 2), (100, 5)])
def test_count(reading: Engine, container: str, enough: int | None, expected: int) -> None:
    counted = files.count(reading, container, "/data", timeout=PATIENCE, enough=enough)
    assert counted == expected


def test_a_part_of_a_large_file(reading: Engine, container: str) -> None:
    found = files.read(reading, container, "/data/large", limit=10, timeout=PATIENCE)
    assert found is not None
    assert (found.content, found.cut, found.entry.size) == (b"\0" * 10, True, 3_000_000)


@pytest.mark.parametrize("path", ["/proc/self", "/run/x", "/run/x/y", "/data/../run/x"])
def test_what_cannot_be_seen_is_an_error(reading: Engine, container: str, path: str) -> None:
    with pytest.raises(FilesHidden):
        files.read(reading, container, path, limit=0, timeout=PATIENCE)


def test_nothing_is_changed(engine: docker.APIClient, reading: Engine, container: str) -> None:
    before = engine.inspect_container(container)["State"]
    files.contents(reading, container, "/data", timeout=PATIENCE)
    assert {**engine.inspect_container(container)["State"], "Health": 0} == {**before, "Health": 0}
