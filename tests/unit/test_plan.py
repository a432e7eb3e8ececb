"""Plans: saved so that only their owner reads them, and refused when they were altered."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from guard_model import module_of

from pytest_platform.change import plan as plans
from pytest_platform.change.guard_facts import Decision, GuardVerdict
from pytest_platform.change.refusal import Refusal
from pytest_platform.output import Output
from pytest_platform.secrets import Secrets

NOW = datetime(2026, 5, 17, 1, 8, 47, tzinfo=UTC)
SUBJECT = plans.subject_of(module_of(), "local", None, "5.6.1")
REFUSED = GuardVerdict(Decision.REFUSED, (Refusal("guard.apply", "order it: --apply"),))


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    plans.save(
        plans.make(SUBJECT, {"container.image", "container.config"}, REFUSED, NOW, Secrets()),
        Output.prepare(path),
    )
    return path


def test_a_plan_comes_back_as_it_was_saved(saved: Path) -> None:
    plan = plans.load(saved)
    assert plan.drift == ("container.config", "container.image")
    assert plan.digest == plans.digest_of(plan)
    assert plans.as_record(plan)["reasons"] == [
        {"code": "guard.apply", "message": "order it: --apply"}
    ]


def test_what_its_reasons_quote_is_redacted(tmp_path: Path) -> None:
    secrets = Secrets(["Kq7vXw2Zr9TbNm4"])
    quotes = Refusal("guard.owner", "store is unhealthy: no login for Kq7vXw2Zr9TbNm4")
    verdict = GuardVerdict(Decision.REFUSED, (quotes,))
    plan = plans.make(SUBJECT, (), verdict, NOW, secrets)
    path = tmp_path / "plan.json"
    plans.save(plan, Output.prepare(path))
    assert "Kq7vXw" not in path.read_text()
    assert plans.load(path).reasons[0].message == "store is unhealthy: no login for [redacted]"


def test_only_its_owner_reads_it(saved: Path) -> None:
    assert saved.stat().st_mode & 0o777 == 0o600


def test_an_old_plan_that_everybody_reads_is_replaced(saved: Path) -> None:
    saved.chmod(0o644)
    plans.save(plans.make(SUBJECT, (), REFUSED, NOW, Secrets()), Output.prepare(saved))
    assert saved.stat().st_mode & 0o777 == 0o600
    assert plans.load(saved).drift == ()


def test_a_file_that_is_no_plan_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "runbook.md"
    path.write_text("# What to do at three in the morning")
    with pytest.raises(plans.PlanUnusable, match="not a plan"):
        plans.save(plans.make(SUBJECT, (), REFUSED, NOW, Secrets()), Output.prepare(path))
    assert path.read_text().startswith("# What to do")


@pytest.mark.parametrize("field", ["decision", "drift", "created_at"])
def test_an_altered_plan_is_refused(saved: Path, field: str) -> None:
    data = json.loads(saved.read_text())
    data[field] = ["container.state.exited_success"] if field == "drift" else "allowed"
    saved.write_text(json.dumps(data))
    with pytest.raises(plans.PlanUnusable, match="altered"):
        plans.load(saved)


def test_an_altered_subject_is_refused(saved: Path) -> None:
    data = json.loads(saved.read_text())
    data["subject"]["container_id"] = "another"
    saved.write_text(json.dumps(data))
    with pytest.raises(plans.PlanUnusable, match="altered"):
        plans.load(saved)


NO_PLANS: dict[str, bytes] = {
    "nothing": b"",
    "half": b"{",
    "a list": b"[]",
    "null": b"null",
    "one key": b'{"schema": 1}',
    "long": b"x" * 100_000,
    "blanks": b" " * 70 * 1024,
    "nested": b"[" * 200_000,
    "nested objects": b'{"subject":' * 200_000,
    "no UTF-8": b'{"schema": 1, "decision": "\xff"}',
    "NUL": b"\0" * 100,
    "a huge number": b'{"schema": ' + b"9" * 5000 + b"}",
    "a wrong type": b'{"schema": "1", "subject": 5}',
    "another version": b'{"schema": 2, "plan": {}}',
}


@pytest.mark.parametrize("data", NO_PLANS.values(), ids=NO_PLANS)
def test_what_is_not_a_plan_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(data)
    with pytest.raises(plans.PlanUnusable, match="not a plan"):
        plans.load(path)


def test_what_has_changed_is_named() -> None:
    other = plans.subject_of(module_of(), "local", None, "5.7.0")
    assert plans.changed(SUBJECT, other) == ("compose_version",)


@pytest.mark.parametrize("more", [b'"schema": 1,', b'"digest": "another",', b" " * 70 * 1024])
def test_a_plan_with_a_key_twice_or_with_more_blanks_is_refused(saved: Path, more: bytes) -> None:
    saved.write_bytes(saved.read_bytes().replace(b"{", b"{" + more, 1))
    with pytest.raises(plans.PlanUnusable):
        plans.load(saved)


@pytest.mark.parametrize("name", ["x" * 300, "x\0y", ".", "missing/plan.json"])
def test_a_path_that_leads_to_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(plans.PlanUnusable, match="cannot be read"):
        plans.load(tmp_path / name)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(plans.PlanUnusable, match="no regular file"):
        plans.load(tmp_path / "pipe")
