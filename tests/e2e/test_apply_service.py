"""An order for a stateful service: nothing to do where it is as declared, refused where not."""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.applying import STORE, Stack, failed_job, mutating, refused
from e2e.conftest import NewProject
from e2e.proxy import Proxy

pytestmark = pytest.mark.e2e

JUDGED = ("-m", "apply or health or smoke")


@pytest.fixture(scope="module")
def running(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """Start a healthy store."""
    return failed_job(tmp_path_factory.mktemp("service"), new_project, "apply-service")


def test_without_drift_there_is_nothing_to_do(running: Stack, proxy: Proxy) -> None:
    outcome = running.apply(STORE, *JUDGED, env=proxy.env)
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.modules[STORE]["plan"]["decision"] == "nothing-to-do"
    assert outcome.check(STORE, "health::state")["verdict"] == "passed"
    assert mutating(proxy) == []
    assert running.events()[-1] == "nothing-to-do"


def test_it_wants_its_backup(running: Stack, proxy: Proxy) -> None:
    given = [word for word in running.arguments(STORE) if not word.startswith("--backup-ref")]
    outcome = running.pytest(*given, "--apply", *JUDGED, env=proxy.env)
    assert refused(outcome, STORE) == {"guard.backup_ref"}
    assert mutating(proxy) == []


def test_its_plan_says_that_there_is_nothing_to_do(running: Stack) -> None:
    outcome = running.pytest(f"--module={STORE}", "--remote-mode=local", "--json", "--plan")
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.modules[STORE]["plan"]["decision"] == "nothing-to-do"
    assert outcome.modules[STORE]["plan"]["reasons"] == []


def test_with_drift_it_is_refused(running: Stack, proxy: Proxy, tmp_path: Path) -> None:
    stack = running.copy(tmp_path / "platform")
    stack.change(STORE, environment={"MORE": "of it"})
    assert refused(stack.apply(STORE, *JUDGED, env=proxy.env), STORE) >= {"guard.one_shot"}
    assert mutating(proxy) == []
