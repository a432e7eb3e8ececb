"""A stack of one's own holds what Compose runs; modules of another engine are told what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from e2e.tree import Outcome, Tree

pytestmark = pytest.mark.e2e

WEB = {"image": "pytest-platform-demo/web", "command": ["sleep", "9999"]}
NOWHERE = {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}
ASKED = ("--stack=ephemeral", "-m", "health or smoke", "--json")


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    tree = Tree(tmp_path)
    for name, engine in {"here": "compose", "there": "swarm"}.items():
        (tree.root / f"{name}.yaml").write_text(
            yaml.safe_dump({"services": {name: WEB}}), encoding="utf-8"
        )
        tree.module(
            *(name, "both", name),
            runtime={"expected_state": "running"},
            files=f"../../{name}.yaml",
            engine=engine,
        )
    return tree


def _refused(outcome: Outcome, module: str) -> bool:
    check = outcome.check(module, "health::state")
    said = ("runs on the engine swarm", "--remote-mode local or ssh", "leave it out with --module")
    return (check["verdict"], check["code"]) == ("error", "engine.other") and all(
        words in check["message"] for words in said
    )


def test_nothing_is_started_for_another_engine(tree: Tree) -> None:
    """No Engine answers here, and none is asked."""
    assert _refused(tree.pytest(*ASKED, "--module", "there", env=NOWHERE), "there")


@pytest.mark.usefixtures("engine")
def test_the_modules_of_compose_are_looked_at(tree: Tree) -> None:
    outcome = tree.pytest(*ASKED)
    assert outcome.check("here", "health::state")["verdict"] == "passed", outcome.stderr
    assert _refused(outcome, "there")


def test_what_needs_another_engine_is_refused(tree: Tree) -> None:
    tree.module(
        *("needs", "both", "here"),
        runtime={"expected_state": "running"},
        files="../../here.yaml",
        requires=["there"],
    )
    outcome = tree.pytest(*ASKED, "--module", "needs")
    assert _refused(outcome, "needs"), outcome.check("needs", "health::state")
