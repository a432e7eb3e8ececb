"""A saved plan: applied as it is, once, or refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from e2e.applying import START, Stack, applied, failed_job, mutating, refused, validate
from e2e.conftest import NewProject
from e2e.proxy import Proxy
from e2e.tree import Outcome

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def running(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """Start a store and a one-shot that fails."""
    return failed_job(tmp_path_factory.mktemp("plan"), new_project, "apply-plan")


@pytest.fixture
def failed(running: Stack) -> Stack:
    """Let the one-shot fail."""
    running.fail_again()
    running.audit.unlink(missing_ok=True)
    return running


@pytest.fixture
def plan(failed: Stack, tmp_path: Path) -> Path:
    """Save a plan."""
    path = tmp_path / "plan.json"
    outcome = failed.pytest(*failed.arguments(), f"--plan={path}")
    assert outcome.modules["job"]["plan"]["decision"] == "allowed", outcome.stderr
    return path


def _apply(stack: Stack, plan: Path, proxy: Proxy) -> Outcome:
    return stack.pytest(*stack.arguments(), "-m", "apply", f"--apply={plan}", env=proxy.env)


def test_it_is_applied_once(failed: Stack, plan: Path, proxy: Proxy) -> None:
    outcome = _apply(failed, plan, proxy)
    assert outcome.returncode == 0, outcome.stderr
    assert applied(outcome)["ran"] is True
    saved = json.loads(plan.read_text(encoding="utf-8"))
    verified = saved["backup"]
    assert (verified["kind"], verified["level"]) == ("file", "structural")
    assert (verified["files"], verified["bytes"]) == (1, 20_000)
    assert "only a restore shows" in verified["promise"]
    assert outcome.modules["job"]["plan"]["backup"] == verified
    for line in failed.lines():
        assert line["plan"] == saved["digest"]
        told = {key: line[f"backup_{key}"] for key in ("level", "promise", "files", "bytes")}
        assert told == {key: verified[key] for key in told}
    assert failed.events() == ["started", "ended"]
    failed.fail_again()
    assert refused(_apply(failed, plan, proxy)) == {"guard.plan_used", "stale-plan"}
    assert proxy.count(START) == 1


def _by_somebody(stack: Stack) -> None:
    stack.fail_again()


def _recreated(stack: Stack) -> None:
    stack.break_again()
    stack.project.up("--force-recreate job")
    stack.project.wait_for("job", "exited")


def _removed(stack: Stack) -> None:
    stack.project.compose("rm -f job")


def _declared_otherwise(stack: Stack) -> None:
    stack.change("job", hostname="another")


def test_what_its_reasons_quote_is_redacted(failed: Stack, tmp_path: Path) -> None:
    """The owner's health check prints what is secret; the plan says why the owner is not well."""
    value = "Hc3nPz8Yd5RgLk2B"
    check = ["CMD-SHELL", f"echo no login for {value}; false"]
    copy = failed.copy(tmp_path / "copy")
    (copy.tree.root / "modules" / ".env").write_text(f"STORE_PASSWORD={value}\n")
    environment = {"STORE_PASSWORD": "${STORE_PASSWORD}"}
    copy.change(
        "store",
        environment=environment,
        healthcheck={"test": check, "interval": "1s", "retries": 1},
    )
    copy.project.compose(f"-f {copy.tree.root}/modules/compose.yaml up -d --no-deps store")
    try:
        copy.project.wait_for("store", "unhealthy")
        plan = tmp_path / "plan.json"
        outcome = copy.pytest(*copy.arguments(), f"--plan={plan}")
        written = plan.read_text(encoding="utf-8")
    finally:
        failed.project.up("--no-deps store")
        failed.project.wait_for("store", "healthy")
    assert "no login for [redacted]" in written, outcome.stderr
    assert value not in written + outcome.stdout + outcome.stderr


STALE: dict[Callable[[Stack], None], str] = {
    _by_somebody: "stale-plan",
    _recreated: "stale-plan",
    _removed: "stale-plan guard.drift guard.labels",
    _declared_otherwise: "stale-plan guard.drift",
}


@pytest.mark.parametrize("change", STALE, ids=lambda one: one.__name__)
def test_it_is_stale(
    failed: Stack, plan: Path, proxy: Proxy, tmp_path: Path, change: Callable[[Stack], None]
) -> None:
    stack = failed.copy(tmp_path / "platform")
    change(stack)
    try:
        assert refused(_apply(stack, plan, proxy)) == set(STALE[change].split())
    finally:
        failed.break_again()
        failed.project.up("job")
    assert mutating(proxy) == []


def _altered(plan: dict[str, Any]) -> None:
    plan["subject"]["container_id"] = "0" * 64


def _of_more(plan: dict[str, Any]) -> None:
    plan["more"] = "of it"


def _of_the_future(plan: dict[str, Any]) -> None:
    plan["schema"] = 2


@pytest.mark.parametrize("alter", [_altered, _of_more, _of_the_future])
def test_it_was_altered(
    failed: Stack, plan: Path, proxy: Proxy, alter: Callable[[dict[str, Any]], None]
) -> None:
    document = json.loads(plan.read_text(encoding="utf-8"))
    alter(document)
    plan.write_text(json.dumps(document), encoding="utf-8")
    outcome = _apply(failed, plan, proxy)
    assert outcome.returncode == 1
    validate(outcome.document, "report")
    check = outcome.check("job", "apply::apply")
    assert (check["verdict"], check["code"]) == ("failed", "plan.unusable")
    last = failed.lines()[-1]
    assert (last["event"], last["reasons"]) == ("refused", ["plan.unusable"])
    assert mutating(proxy) == []
