"""The guarded apply over ssh: one login and two sessions do, and what is left where it is cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from e2e.applying import START, Stack, applied, failed_job, mutating, refused
from e2e.claims import no_traceback
from e2e.conftest import NewProject, NewSshd
from e2e.hosts import CONFIG
from e2e.line import Line
from e2e.project import Project
from e2e.proxy import Proxy
from e2e.sshd import Sshd
from e2e.tree import Outcome

pytestmark = pytest.mark.e2e

SCRIPT = "test -e /data/go; while test -e /data/hold; do sleep 0.1; done; test ! -e /data/bad"
LOOK = "GET /containers/json"
WAIT = "POST /containers/[0-9a-f]+/wait"


@pytest.fixture(scope="module")
def running(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """Start a store and a one-shot that fails."""
    return failed_job(tmp_path_factory.mktemp("apply"), new_project, "ssh-apply-cut", script=SCRIPT)


@dataclass(frozen=True)
class Far:
    """A stack whose Engine is behind an ssh server; ``proxy`` sees what reaches the Engine."""

    stack: Stack
    sshd: Sshd
    proxy: Proxy

    @property
    def project(self) -> Project:
        """The project of the stack."""
        return self.stack.project

    def words(self, *more: str) -> tuple[str, ...]:
        """Return all that the guard asks for, over ssh."""
        words = [word for word in self.stack.arguments() if "--remote-mode" not in word]
        return (*words, "--remote-mode=ssh", f"--ssh-host={self.sshd.alias}", *more)

    def apply(self, *more: str, config: Path | None = None) -> Outcome:
        """Apply over ssh."""
        env = {CONFIG: str(config or self.sshd.config)}
        return self.stack.pytest(*self.words("--apply", *more), env=env)


@pytest.fixture
def far(running: Stack, new_sshd: NewSshd, proxy: Proxy) -> Iterator[Far]:
    """Let the one-shot fail, and mend the cause; afterwards the lock is free again."""
    running.fail_again()
    running.audit.unlink(missing_ok=True)
    yield Far(running, new_sshd(env=proxy.env, lines=("MaxSessions 2", "MaxStartups 2")), proxy)
    running.sh("rm -f /data/hold /data/bad")
    running.lock.unlink(missing_ok=True)


def test_one_login_for_all_of_it(far: Far) -> None:
    outcome = far.apply()
    assert outcome.returncode == 0, outcome.stderr
    assert applied(outcome)["ran"] is True
    assert far.proxy.count(START) == 1
    assert far.sshd.logins == 1
    assert far.stack.events() == ["started", "ended"]
    again = far.apply()
    assert again.returncode == 0, again.stderr
    assert again.modules["job"]["plan"]["decision"] == "nothing-to-do"
    assert far.proxy.count(START) == 1
    assert not far.stack.lock.exists()


def test_cut_before_the_look(far: Far) -> None:
    with Line(far.sshd.port) as line:
        far.proxy.when(LOOK, line.cut)
        outcome = far.apply(config=_through(far, line))
        assert line.connections == 1
    no_traceback(outcome)
    assert outcome.returncode == 1
    assert applied(outcome)["ran"] is False
    assert "ssh.cut" in outcome.stderr
    assert mutating(far.proxy) == []


def test_cut_while_it_runs_and_fails(far: Far) -> None:
    far.stack.sh("touch /data/hold /data/bad")
    with Line(far.sshd.port) as line:
        far.proxy.when(WAIT, line.cut)
        outcome = far.apply("-m", "apply", config=_through(far, line))
        assert line.connections == 1
    no_traceback(outcome)
    assert outcome.returncode == 1
    assert "ssh.cut" in outcome.stderr
    assert applied(outcome)["ran"] is True
    # It goes on without us, and the next run sees how it ended.
    assert far.project.container("job")["State"]["Status"] == "running"
    far.stack.sh("rm /data/hold")
    far.project.wait_for("job", "exited")
    after = far.apply("-m", "apply")
    assert refused(after) == {"guard.lock"}
    assert after.modules["job"]["observed"][0]["exit_code"] == 1
    assert far.proxy.count(START) == 1


def _through(far: Far, line: Line) -> Path:
    return far.sshd.client("line", f"Host *\n  Port {line.port}\n  StrictHostKeyChecking no")
