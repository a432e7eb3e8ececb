"""One fault, told once: what stands on a module that is not as declared is not asked."""

from __future__ import annotations

from typing import Any

import pytest

from e2e.claims import no_traceback
from e2e.conftest import NewProject
from e2e.project import FOREVER
from e2e.tree import Outcome, Tree

pytestmark = pytest.mark.e2e

LIVE = ("--json", "--remote-mode", "local")
ASKED = [{"name": "it answers", "exec": {"command": ["echo", "yes"]}}]
ANSWER = "smoke::it answers"


@pytest.fixture(scope="module")
def platform(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Make a page that stands on an app, which stands on a database, which has stopped."""
    tree = Tree(tmp_path_factory.mktemp("dependencies"))
    project = new_project(tree.compose_file("db"), "dependencies")
    stopped = ["sh", "-c", "exit 3"]
    project.write(
        {name: {"command": FOREVER} for name in ("app", "page", "other", "helper")}
        | {"db": {"command": stopped}}
    )
    sidecar = {"class": "sidecar", "owner": "app", "backup_ref_modules": ["app"]}
    requires: dict[str, list[str]] = {
        "db": [],
        "app": ["db"],
        "page": ["app"],
        "other": [],
        "helper": [],
    }
    for name, names in requires.items():
        tree.module(
            name,
            project.name,
            name,
            files="../db/compose.yaml",
            runtime={"expected_state": "running"},
            requires=names,
            state=sidecar if name == "helper" else {"class": "stateless"},
            smoke=ASKED,
        )
    project.up()
    project.wait_for("db", "exited")
    for name in ("app", "page", "other", "helper"):
        project.wait_for(name, "running")
    return tree


def verdicts(outcome: Outcome, module: str) -> dict[str, tuple[str, str | None]]:
    """Return the verdict and the code of each check of a module."""
    checks: list[dict[str, Any]] = outcome.modules[module]["checks"]
    return {check["id"]: (check["verdict"], check["code"]) for check in checks}


BLOCKED = ("skipped", "probe.blocked")
WRONG = ("failed", "container.state.running")
WELL = ("passed", None)
LEFT = ("skipped", None)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_the_whole_platform(platform: Tree, workers: str) -> None:
    outcome = platform.pytest(*LIVE, "-m", "health or smoke", "-n", workers)
    no_traceback(outcome)
    assert outcome.returncode == 1
    assert outcome.document["summary"]["failed"] == 1, "the fault is told once"
    assert verdicts(outcome, "db") == {"health::state": WRONG, ANSWER: BLOCKED}
    assert verdicts(outcome, "app") == {
        "health::state": WELL,
        "health::requires": LEFT,
        ANSWER: BLOCKED,
    }
    page = {"health::state": WELL, "health::requires": LEFT, ANSWER: BLOCKED}
    assert verdicts(outcome, "page") == page
    helper = {"health::state": WELL, "health::owner": LEFT, ANSWER: BLOCKED}
    assert verdicts(outcome, "helper") == helper
    assert verdicts(outcome, "other") == {"health::state": WELL, ANSWER: WELL}
    told = {name: one["verdict"] for name, one in outcome.modules.items()}
    unverified = dict.fromkeys(("app", "helper", "page"), "unverified")
    assert told == {**unverified, "db": "failed", "other": "passed"}
    message = outcome.check("page", ANSWER)["message"]
    assert message.startswith("not asked, because 'db', which it requires, is not as declared")


@pytest.mark.parametrize(
    ("module", "teller"), [("app", "requires"), ("page", "requires"), ("helper", "owner")]
)
def test_one_module(platform: Tree, module: str, teller: str) -> None:
    """The one that is at fault is not selected, however far below, so this one tells."""
    outcome = platform.pytest(*LIVE, "--module", module, "-m", "health or smoke")
    assert outcome.returncode == 1
    assert list(outcome.modules) == [module]
    assert verdicts(outcome, module) == {
        "health::state": WELL,
        f"health::{teller}": WRONG,
        ANSWER: BLOCKED,
    }
    assert outcome.modules[module]["verdict"] == "failed"
    check = outcome.check(module, f"health::{teller}")
    assert "db-1 exited 3" in check["message"]
    assert check["file"] == "modules/db/module.yaml", "it points at what is at fault"


@pytest.mark.parametrize("module", ["db", "app", "page", "helper"])
def test_probes_alone(platform: Tree, module: str) -> None:
    """No check of a state is there to tell the fault, so the probe does; nothing is green."""
    outcome = platform.pytest(*LIVE, "--module", module, "-m", "smoke")
    assert outcome.returncode == 1
    assert verdicts(outcome, module) == {ANSWER: ("error", "probe.blocked")}
    assert outcome.modules[module]["verdict"] == "error"
