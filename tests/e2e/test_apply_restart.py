"""The Engine is restarted while a one-shot runs under the guarded apply."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from e2e.applying import Stack, applied, make_stack, one_shot, refused, store
from e2e.claims import no_traceback
from e2e.private_engine import PrivateEngine, needs_root
from e2e.project import BUSYBOX, PREFIX, Project
from e2e.tree import Outcome, finish

pytestmark = [pytest.mark.e2e, needs_root]

HOLD = "test -e /data/go; while test -e /data/hold; do sleep 0.1; done"


@pytest.fixture(scope="module")
def private(engine: docker.APIClient) -> Iterator[PrivateEngine]:
    """Start an Engine with the one image that is needed."""
    with PrivateEngine() as one:
        one.client.load_image(b"".join(engine.get_image(BUSYBOX)))  # type: ignore[no-untyped-call]
        yield one


@pytest.fixture
def held(private: PrivateEngine, tmp_path: Path) -> Iterator[Stack]:
    """Make a one-shot that has failed, and when it is run again goes on until it may end."""

    def project(file: Path, word: str) -> Project:
        name = f"{PREFIX}{secrets.token_hex(3)}-{word}"
        return Project(name, file, private.client, {"DOCKER_HOST": private.url})

    stack = make_stack(tmp_path, project, "apply-restart")
    stack.write({"store": {**store(), "restart": "always"}, "job": one_shot(HOLD)})
    stack.owner()
    stack.job()
    stack.project.up()
    stack.project.wait_for("store", "healthy")
    stack.project.wait_for("job", "exited")
    stack.sh("touch /data/go /data/hold")
    yield stack
    stack.project.compose("down -v -t 0")
    assert not stack.lock.exists(), "every run that ends gives the lock back"


def _start(stack: Stack) -> subprocess.Popen[str]:
    process = stack.tree.start(
        *stack.arguments(), "--apply", "-m", "apply", env=dict(stack.project.env)
    )
    stack.project.wait_for("job", "running")
    return process


def _ended(process: subprocess.Popen[str], stack: Stack) -> Outcome:
    """Wait for an apply that was cut off, and see that it says so in an orderly way."""
    outcome = finish(process)
    no_traceback(outcome)
    assert outcome.returncode == 1, outcome.stderr
    assert applied(outcome)["ran"] is True
    lines = stack.lines()
    assert [line["event"] for line in lines] == ["started", "ended"]
    assert lines[-1]["verdict"] == "failed"
    return outcome


def _started_at(stack: Stack) -> str:
    return str(stack.project.container("job")["State"]["StartedAt"])


def test_the_one_shot_dies_with_the_engine(private: PrivateEngine, held: Stack) -> None:
    private.keep_containers(live_restore=False)
    process = _start(held)
    started = _started_at(held)
    private.stop()
    check = _ended(process, held).check("job", "apply::apply")
    # Which of the two the Engine still gets to say, it decides itself.
    assert (check["verdict"], check["code"]) in {
        ("failed", "engine.unreachable"),
        ("failed", "apply.exit_code"),
    }
    private.start()
    state = held.project.container("job")["State"]
    assert (state["Status"], state["StartedAt"]) == ("exited", started), "nothing ran it again"
    held.project.wait_for("store", "healthy")
    held.sh("rm /data/hold")
    again = held.apply("job", "-m", "apply")
    assert again.returncode == 0, again.stderr
    assert applied(again) == {**applied(again), "ran": True, "exit_code": 0}


def test_the_one_shot_outlives_the_engine(private: PrivateEngine, held: Stack) -> None:
    private.keep_containers(live_restore=True)
    process = _start(held)
    started = _started_at(held)
    private.stop()
    check = _ended(process, held).check("job", "apply::apply")
    assert (check["verdict"], check["code"]) == ("failed", "engine.unreachable")
    assert "may go on" in check["message"]
    private.start()
    assert held.project.container("job")["State"]["Status"] == "running"
    assert refused(held.apply("job", "-m", "apply")) == {"guard.in_progress"}
    held.sh("rm /data/hold")
    held.project.wait_for("job", "exited")
    state = held.project.container("job")["State"]
    assert (state["ExitCode"], state["StartedAt"]) == (0, started), "nothing ran it again"
