"""From files alone: may this one-shot be run again? For CI, where no Engine is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from e2e.applying import Stack, make_stack, one_shot, store, validate
from e2e.conftest import NewProject
from e2e.tree import Outcome

pytestmark = pytest.mark.e2e

ALLOW = "--allow-stateful"


@pytest.fixture(scope="module")
def stack(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """Write the files of a platform. Nothing of it runs."""
    made = make_stack(tmp_path_factory.mktemp("offline"), new_project, "apply-offline")
    made.write({"store": store(), "job": one_shot(), "unpinned": one_shot()})
    made.owner()
    made.job()
    made.job("unpinned", waivers=[])
    return made


def _plan(stack: Stack, *arguments: str, module: str = "job") -> Outcome:
    nowhere = {"DOCKER_HOST": f"unix://{stack.tree.root}/nowhere.sock"}
    outcome = stack.pytest(f"--module={module}", "--json", "--plan", *arguments, env=nowhere)
    validate(outcome.document, "report")
    assert outcome.document["platform"]["remote_mode"] == "skip"
    assert not stack.audit.exists()
    return outcome


def _reference(module: str) -> str:
    return f"--backup-ref=/srv/backups/{module}-20260517T010847Z.tar.gz"


def test_eligible(stack: Stack) -> None:
    outcome = _plan(stack, ALLOW, _reference("store"))
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.check("job", "apply::plan")["message"] == "eligible (backup not verified)"
    plan = outcome.modules["job"]["plan"]
    assert (plan["decision"], plan["reasons"]) == ("eligible", [])


@pytest.mark.parametrize(
    ("module", "arguments", "codes"),
    [
        ("job", [ALLOW], "guard.backup_ref"),
        ("job", [_reference("store")], "guard.allow_stateful"),
        ("job", [], "guard.backup_ref guard.allow_stateful"),
        ("job", [ALLOW, _reference("job")], "guard.backup"),
        ("job", [ALLOW, "--backup-ref=yesterday"], "guard.backup"),
        ("unpinned", [ALLOW, _reference("store")], "guard.contract"),
        ("store", [ALLOW, _reference("store")], "guard.one_shot guard.restart guard.contract"),
        ("jo[b]", [ALLOW, _reference("store")], "guard.module"),
    ],
    ids=str,
)
def test_blocked(stack: Stack, module: str, arguments: list[str], codes: str) -> None:
    outcome = _plan(stack, *arguments, module=module)
    assert outcome.returncode == 1
    (found,) = outcome.modules.values()
    assert found["plan"]["decision"] == "refused"
    assert {reason["code"] for reason in found["plan"]["reasons"]} == set(codes.split())
    assert found["checks"][0]["message"].startswith("blocked: ")
    assert all(re.search(rf"\b{re.escape(code)}\b", outcome.stderr) for code in codes.split())


def test_it_is_told_to_people(stack: Stack, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    outcome = stack.pytest("--module=job", f"--plan={plan}", ALLOW, _reference("store"))
    assert outcome.returncode == 0, outcome.stderr
    assert "job: eligible" in outcome.stdout
    assert plan.stat().st_mode & 0o777 == 0o600
