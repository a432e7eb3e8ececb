"""A disk that becomes full while a stack of one's own is made: an error, and nothing is left."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from e2e.claims import could_not_look, no_traceback
from e2e.private_engine import PrivateEngine, needs_root
from e2e.project import BUSYBOX
from e2e.stacks import OWN, name_in, parts, store_and_job
from e2e.tree import Tree

pytestmark = [pytest.mark.e2e, needs_root]
MODULE = ("--module", "job", "--json", *OWN)
PROJECT = "pp-e2e-never-deployed"
LARGE = "x" * 40_000
FILL = "dd if=/dev/zero of=/data/x bs=4k"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk that is smaller than what is written to it, and not full yet."""
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize(
    ("more", "code"),
    [({}, "stack.up"), ({"API_KEY": "${API_KEY:?}"}, "platform.temporary")],
    ids=["the model", "the copy in which no value is missing"],
)
def test_the_folder_for_temporary_files(
    tree: Tree, engine: docker.APIClient, small: Path, more: dict[str, str], code: str
) -> None:
    store_and_job(tree, PROJECT, environment={"LARGE": LARGE, **more})
    outcome = tree.pytest(*MODULE, env={"TMPDIR": str(small)})
    message = could_not_look(outcome, "job", code)
    assert "cannot be written: No space left on device; free space in TMPDIR" in message
    assert not list(small.iterdir())
    assert not parts(engine, name_in(outcome.stderr))


def test_contract_checks_say_so_too(tree: Tree, small: Path) -> None:
    store_and_job(tree, PROJECT, environment={"LARGE": LARGE, "API_KEY": "${API_KEY:?}"})
    outcome = tree.pytest("--module", "job", "--json", env={"TMPDIR": str(small)})
    no_traceback(outcome)
    checks = outcome.modules["job"]["checks"]
    codes = {one["code"] for one in checks if one["verdict"] == "error"}
    assert codes == {"platform.temporary"}, [one["code"] for one in checks]


@pytest.mark.parametrize("full", [False, True], ids=["gets full", "is full"])
def test_the_disk_of_the_engine(tree: Tree, engine: docker.APIClient, full: bool) -> None:
    """What a container writes does not fit; where the disk is full already, nothing does."""
    with PrivateEngine(disk="24m") as private:
        client = private.client
        client.load_image(b"".join(engine.get_image(BUSYBOX)))  # type: ignore[no-untyped-call]
        if full:
            _fill(client)
        before = set(parts(client, ""))
        store_and_job(tree, PROJECT, FILL)
        outcome = tree.pytest(*MODULE, env={"DOCKER_HOST": private.url})
        assert set(parts(client, "")) == before
    if full:
        assert "no space left on device" in could_not_look(outcome, "job", "stack.up")
    else:
        no_traceback(outcome)
        assert outcome.check("job", "health::state")["verdict"] == "failed"


def _fill(client: docker.APIClient) -> None:
    host = client.create_host_config(binds=["full:/data"])
    made = client.create_container(BUSYBOX, ["sh", "-c", FILL], host_config=host)
    client.start(made)
    assert client.wait(made)["StatusCode"] == 1
