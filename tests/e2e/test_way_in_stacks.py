"""Real stacks, from Compose files alone and by what ``adopt`` writes; each broken in ten ways.

A stack is a folder of ``tests/cases/way_in``: ``compose.yaml``, and ``breaks.yaml`` with what is
changed in it, which words Compose is given, and which codes are found. Without ``declared``,
module files find the same as the Compose file alone.
"""

from __future__ import annotations

import copy
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.conftest import NewProject
from e2e.project import Project
from e2e.tree import ROOT, Outcome, Tree, environment
from probes.certificates import Certificates

pytestmark = pytest.mark.e2e

CASES = ROOT / "tests" / "cases" / "way_in"
STACKS = sorted(folder.name for folder in CASES.iterdir())
LIVE = ("--json", "--remote-mode", "local")


class Stack:
    """A stack that runs, in a folder with its Compose file and what that mounts."""

    def __init__(self, name: str, new_project: NewProject, folder: Path) -> None:
        shutil.copytree(CASES / name, folder)
        self.tree = Tree(folder)
        self.document = _read(folder / "compose.yaml")
        profiles = {"COMPOSE_PROFILES": "full"} if name == "replicas" else {}
        self.env = profiles
        self.project: Project = new_project(folder / "compose.yaml", f"way-{name}", env=profiles)
        self.breaks: dict[str, Any] = _read(folder / "breaks.yaml")
        if name == "nginx":
            (folder / "issued").mkdir()
            Certificates(folder / "issued").context("good")

    def write(self, change: Mapping[str, Mapping[str, Any]]) -> None:
        """Write the Compose file, with some fields of its services changed."""
        document = copy.deepcopy(self.document)
        document["name"] = self.project.name
        for service in document["services"].values():
            service["stop_grace_period"] = "0s"
        for service, fields in change.items():
            document["services"][service].update(fields)
        self.project.file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")

    def pytest(self, *arguments: str) -> Outcome:
        """Run pytest on what runs."""
        return self.tree.pytest(*LIVE, *arguments, env=self.env)

    def adopt(self) -> None:
        """Write module files of what runs."""
        done = subprocess.run(
            [sys.executable, "-m", "pytest_platform", "adopt", "--remote-mode", "local"],
            cwd=self.tree.root,
            env=environment(self.env),
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode == 0, done.stderr


@pytest.fixture(params=STACKS)
def stack(
    request: pytest.FixtureRequest, new_project: NewProject, tmp_path: Path
) -> Iterator[Stack]:
    one = Stack(request.param, new_project, tmp_path / "stack")
    one.write({})
    one.project.up()
    yield one
    one.project.down()


def test_green_without_files_and_with_them_and_no_break_unseen(stack: Stack) -> None:
    inferred = stack.pytest("--compose", "--wait", "2m")
    assert _verdicts(inferred) == {"passed"}, inferred.stdout + inferred.stderr
    stack.adopt()
    declared = stack.pytest()
    assert _verdicts(declared) == {"passed"}, declared.stdout + declared.stderr
    found = {name: _broken(stack, spec) for name, spec in stack.breaks.items()}
    assert found == {name: _expected(spec) for name, spec in stack.breaks.items()}


def _broken(stack: Stack, spec: Mapping[str, Any]) -> tuple[Any, Any]:
    """Break the stack, look both ways for the codes of the states, and mend it again."""
    stack.write(spec.get("change", {}))
    for words in spec["run"]:
        stack.project.compose(words)
    if "wait" in spec:
        stack.project.wait_for(*spec["wait"])
    inferred, declared = (
        _codes(stack.pytest(*how, "-m", "health"), spec["finds"]) for how in (("--compose",), ())
    )
    stack.write({})
    for words in (*spec.get("undo", ()), "up -d"):
        stack.project.compose(words)
    return inferred, declared


def _expected(spec: Mapping[str, Any]) -> tuple[Any, Any]:
    return spec["finds"], spec.get("declared", spec["finds"])


def _codes(outcome: Outcome, services: Mapping[str, str]) -> dict[str, str | None]:
    return {name: outcome.check(name, "health::state")["code"] for name in services}


def _verdicts(outcome: Outcome) -> set[str]:
    return {module["verdict"] for module in outcome.modules.values()}


def _read(file: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return document
