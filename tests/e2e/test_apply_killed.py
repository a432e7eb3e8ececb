"""An apply that is killed, at every step from the lock to the verdict, and the run after it.

The second run explains what it found, and starts nothing.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from e2e.applying import START, Stack, applied, failed_job, mutating, refused
from e2e.conftest import NewProject
from e2e.proxy import Proxy
from e2e.tree import finish

pytestmark = pytest.mark.e2e

SCRIPT = "test -e /data/go; while test -e /data/hold; do sleep 0.1; done"
KILLER = """\
import os, signal
from pytest_platform.change import apply
from pytest_platform.run import on_compose

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def is_of(event, args):
    return event is None or event in [getattr(one, "event", None) for one in args]

def before(owner, name, event=None):
    real = getattr(owner, name)
    def killed(*args, **keys):
        if is_of(event, args):
            die()
        return real(*args, **keys)
    setattr(owner, name, killed)

def after(owner, name, event=None):
    real = getattr(owner, name)
    def killed(*args, **keys):
        real(*args, **keys)
        if is_of(event, args):
            die()
    setattr(owner, name, killed)

"""


@dataclass(frozen=True)
class Step:
    """Where the run is killed, and what the next one finds.

    ``found`` are the codes of its refusal; with none there is nothing left to do.
    """

    name: str
    patch: str
    events: str
    found: str = ""
    hold: bool = False


LEFT = "guard.lock"
STEPS = (
    Step("the lock is taken", "before(apply._Attempt, 'under_lock')", "", LEFT),
    Step("looked under the lock", "before(apply._Attempt, 'run')", "", LEFT),
    Step("before the audit line", "before(apply, 'append', 'started')", "", LEFT),
    Step("after the audit line", "after(apply, 'append', 'started')", "started", LEFT),
    Step("before the start", "before(on_compose, 'start')", "started", LEFT),
    Step(
        "after the start",
        "after(on_compose, 'start')",
        "started",
        "guard.lock guard.in_progress",
        hold=True,
    ),
    Step(
        "before the wait",
        "before(on_compose, 'wait_for_exit')",
        "started",
        "guard.lock guard.in_progress",
        hold=True,
    ),
    Step("after the wait", "after(on_compose, 'wait_for_exit')", "started"),
    Step("after the log", "after(apply, 'capture')", "started"),
    Step("before it is verified", "before(apply._Attempt, 'verify')", "started"),
    Step("before the last audit line", "before(apply, 'append', 'ended')", "started"),
    Step("after the last audit line", "after(apply, 'append', 'ended')", "started ended"),
)


@pytest.fixture(scope="module")
def running(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """Start a store and a one-shot that fails."""
    folder = tmp_path_factory.mktemp("killed")
    return failed_job(folder, new_project, "apply-killed", script=SCRIPT)


@pytest.fixture
def failed(running: Stack) -> Iterator[Stack]:
    """Let the one-shot fail, and mend the cause; afterwards the lock is free again."""
    running.fail_again()
    running.audit.unlink(missing_ok=True)
    yield running
    running.sh("rm -f /data/hold")
    running.lock.unlink(missing_ok=True)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_killed(failed: Stack, proxy: Proxy, step: Step) -> None:
    if step.hold:
        failed.sh("touch /data/hold")
    pid = _killed_run(failed, step.patch)
    assert failed.events() == step.events.split()
    outcome = failed.apply("job", "-m", "apply", env=proxy.env)
    assert mutating(proxy) == []
    if not step.found:
        assert outcome.returncode == 0, outcome.stderr
        assert outcome.modules["job"]["plan"]["decision"] == "nothing-to-do"
        return
    assert refused(outcome) == set(step.found.split())
    assert f"process {pid}" in outcome.stderr
    assert "that process is gone" in outcome.stderr
    assert failed.lock.exists(), "the lock of the dead run is not stolen"


def test_what_is_told_helps(failed: Stack, proxy: Proxy) -> None:
    _killed_run(failed, "before(on_compose, 'start')")
    told = failed.apply("job", "-m", "apply").stderr
    (command,) = set(re.findall(r"when nothing runs any more: (rm \S+)", told))
    subprocess.run(command.split(), check=True)
    outcome = failed.apply("job", "-m", "apply", env=proxy.env)
    assert outcome.returncode == 0, outcome.stderr
    assert applied(outcome)["ran"] is True
    assert proxy.count(START) == 1


def test_the_plan_of_a_killed_run_is_used(failed: Stack, proxy: Proxy, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    assert failed.pytest(*failed.arguments(), f"--plan={plan}").returncode == 1
    _killed_run(failed, "before(on_compose, 'start')", f"--apply={plan}")
    failed.lock.unlink()
    outcome = failed.pytest(*failed.arguments(), "-m", "apply", f"--apply={plan}", env=proxy.env)
    assert refused(outcome) == {"guard.plan_used"}
    assert mutating(proxy) == []


def _killed_run(stack: Stack, patch: str, how: str = "--apply") -> int:
    (stack.tree.root / "killer.py").write_text(KILLER + patch + "\n", encoding="utf-8")
    process = stack.tree.start(*stack.arguments(), how, "-m", "apply", "-p", "killer")
    assert finish(process).returncode == -9
    return process.pid
