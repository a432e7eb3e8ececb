"""The fixture ``guarded_apply`` in a smoke test goes the way of the generated item."""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.applying import START, Stack, failed_job, mutating
from e2e.conftest import NewProject
from e2e.proxy import Proxy
from e2e.tree import Outcome

pytestmark = pytest.mark.e2e

SMOKE = """\
import pytest

pytestmark = [pytest.mark.module("job"), pytest.mark.smoke]

def test_again(guarded_apply):
    assert guarded_apply().exit_code == 0
"""
TWICE = (
    SMOKE
    + """\

def test_and_again(guarded_apply):
    guarded_apply()
"""
)

AT_ONCE = """\
import pytest
from concurrent.futures import ThreadPoolExecutor

pytestmark = [pytest.mark.module("job"), pytest.mark.smoke]

def test_again(guarded_apply):
    with ThreadPoolExecutor(2) as threads:
        both = [threads.submit(guarded_apply) for _ in range(2)]
    assert sorted(one.result().ran for one in both) == [False, True]
"""


@pytest.fixture(scope="module")
def running(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """Start a store and a one-shot that fails."""
    return failed_job(tmp_path_factory.mktemp("fixture"), new_project, "apply-fixture")


@pytest.fixture
def failed(running: Stack, tmp_path: Path) -> Stack:
    """Let the one-shot fail, and write a smoke test that runs it again."""
    running.fail_again()
    stack = running.copy(tmp_path / "platform")
    _write(stack, SMOKE)
    return stack


def _write(stack: Stack, text: str) -> None:
    folder = stack.tree.root / "smoke"
    folder.mkdir(exist_ok=True)
    (folder / "test_again.py").write_text(text, encoding="utf-8")


def _run(stack: Stack, proxy: Proxy, *arguments: str) -> Outcome:
    # The generated item would come first, and leave the fixture nothing to do.
    return stack.pytest(*arguments, "-k", "again", env=proxy.env)


def test_it_refuses_without_a_backup(failed: Stack, proxy: Proxy) -> None:
    given = [word for word in failed.arguments() if not word.startswith("--backup-ref")]
    outcome = _run(failed, proxy, *given, "--apply")
    assert outcome.returncode == 1
    assert "name a finished backup of store: --backup-ref=REF" in outcome.stderr
    assert "guard.backup_ref" in outcome.stderr
    assert mutating(proxy) == []
    assert [line["reasons"] for line in failed.lines()] == [["guard.backup_ref"]]


def test_it_refuses_a_backup_that_is_not_verified(failed: Stack, proxy: Proxy) -> None:
    absent = f"--backup-ref={failed.roots}/store-20200101T000000Z.tar.gz"
    outcome = _run(failed, proxy, *failed.arguments(), "--apply", absent)
    assert outcome.returncode == 1
    assert "backup.absent" in outcome.stderr
    assert mutating(proxy) == []


def test_it_refuses_without_the_order(failed: Stack, proxy: Proxy) -> None:
    outcome = _run(failed, proxy, *failed.arguments())
    assert outcome.returncode == 1
    assert "order it: --apply" in outcome.stderr
    assert [line["reasons"] for line in failed.lines()] == [["guard.apply"]]
    assert mutating(proxy) == []


def test_it_runs_with_everything(failed: Stack, proxy: Proxy) -> None:
    outcome = _run(failed, proxy, *failed.arguments(), "--apply")
    assert outcome.returncode == 0, outcome.stderr
    assert proxy.count(START) == 1
    assert failed.events() == ["started", "ended"]


def test_it_runs_once_in_a_run(failed: Stack, proxy: Proxy) -> None:
    _write(failed, TWICE)
    failed.break_again()
    outcome = _run(failed, proxy, *failed.arguments(), "--apply")
    assert outcome.returncode == 1
    assert failed.events() == ["started", "ended", "refused"]
    assert failed.lines()[-1]["reasons"] == ["guard.once"]
    assert proxy.count(START) == 1


def test_from_two_threads_one_waits_and_has_nothing_to_do(failed: Stack, proxy: Proxy) -> None:
    _write(failed, AT_ONCE)
    outcome = _run(failed, proxy, *failed.arguments(), "--apply")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert proxy.count(START) == 1
