"""The guarded apply over ssh, where the connection is cut while the one-shot runs.

The one-shot goes on, and the next run says what became of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from e2e.applying import Stack, applied, failed_job, refused
from e2e.conftest import NewProject, NewSshd
from e2e.line import Line
from e2e.sshd import Sshd
from e2e.tree import finish
from e2e.waiting import until

pytestmark = pytest.mark.e2e

SCRIPT = "test -e /data/go; while test -e /data/hold; do sleep 0.1; done"


@pytest.fixture(scope="module")
def host(new_sshd: NewSshd) -> Sshd:
    """Start a host."""
    return new_sshd()


@pytest.fixture
def held(
    host: Sshd, new_project: NewProject, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """Let a one-shot on the host fail; run again it goes on until it is let go."""
    folder = tmp_path_factory.mktemp("cut")
    stack = replace(failed_job(folder, new_project, "ssh-cut", script=SCRIPT), sshd=host)
    stack.mend()
    stack.sh("touch /data/hold")
    yield stack
    stack.lock.unlink(missing_ok=True)


def test_the_connection_is_cut_while_it_runs(held: Stack, host: Sshd) -> None:
    words = (*held.arguments(), "--apply", "-m", "apply")
    with Line(host.port) as line:
        host.trust(line.port)
        process = held.begin(*words)
        until(lambda: held.events() == ["started"], "the one-shot is to be started")
        held.project.wait_for("job", "running")
        line.cut()
        outcome = finish(process)
    host.trust(host.port)
    check = outcome.check("job", "apply::apply")
    assert (outcome.returncode, check["verdict"], check["code"]) == (1, "failed", "ssh.cut")
    assert "the one-shot may go on" in check["message"]
    assert applied(outcome) == {**applied(outcome), "ran": True, "exit_code": None}
    assert [line["host"] for line in held.lines()] == ["nas", "nas"]
    _the_next_runs(held, process.pid)


def _the_next_runs(held: Stack, pid: int) -> None:
    """Say what became of it: first that it runs, then that it has done its work."""
    running = held.apply("job", "-m", "apply")
    assert refused(running) == {"guard.lock", "guard.in_progress"}
    assert f"process {pid}" in running.stderr
    assert "that process is gone" in running.stderr
    held.sh("rm /data/hold")
    held.project.wait_for("job", "exited")
    done = held.apply("job", "-m", "apply")
    assert done.returncode == 0, done.stderr
    assert done.modules["job"]["plan"]["decision"] == "nothing-to-do"
    assert f"process {pid}" in done.check("job", "apply::apply")["message"]
    assert held.lock.exists(), "the lock of the dead run is not stolen"
