"""A Compose project that runs, in a folder that has nothing but what it needs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from e2e.conftest import NewProject
from e2e.project import Project
from e2e.tree import ROOT, Outcome, Tree, environment
from probes.certificates import Certificates

CASES = ROOT / "tests" / "cases" / "way_in"

Codes = dict[str, set[str]]
"""What is wrong with each service, by its name in small letters, as its module is called."""


@dataclass(frozen=True)
class Stack:
    """A project, and the case that says of what it is made, and how it can be broken."""

    tree: Tree
    project: Project
    case: Mapping[str, Any]

    @property
    def env(self) -> Mapping[str, str]:
        """What Compose and pytest are given beside their environment."""
        env: Mapping[str, str] = self.case.get("env", {})
        return env

    def write(self, services: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        """Write the Compose file, with other values for keys of ``services``."""
        mine, other = self.case["services"], services or {}
        document = {
            "name": self.project.name,
            "services": {name: {**mine[name], **other.get(name, {})} for name in mine},
            "volumes": self.case.get("volumes", {}),
        }
        self.project.file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")

    def adopt(self, *arguments: str, env: Mapping[str, str] | None = None) -> str:
        """Run ``adopt``, which must succeed; return what it said."""
        done = subprocess.run(
            [sys.executable, "-m", "pytest_platform", "adopt", *arguments],
            cwd=self.tree.root,
            env=environment({**self.env, **(env or {})}),
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
        return done.stdout

    def pytest(self, *arguments: str, env: Mapping[str, str] | None = None) -> Outcome:
        """Run pytest on the stack, which gives a document."""
        return self.tree.pytest("--json", *arguments, env={**self.env, **(env or {})})

    def mend(self) -> None:
        """Make the project what it was in the beginning."""
        paused = [one for one in self.project.containers() if one["State"]["Paused"]]
        for service in {one["Config"]["Labels"]["com.docker.compose.service"] for one in paused}:
            self.project.compose(f"unpause {service}")
        self.write()
        self.project.up("-t 0 --remove-orphans")


def stack_of(name: str, new_project: NewProject, folder: Path) -> Stack:
    """Start the stack of a case in a folder."""
    case = yaml.safe_load((CASES / f"{name}.yaml").read_text(encoding="utf-8"))
    tree = Tree(folder)
    project = new_project(folder / "compose.yaml", name, env=case.get("env", {}))
    stack = Stack(tree, project, case)
    for file, text in case.get("files", {}).items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text, encoding="utf-8")
    if "certs" in case.get("volumes", {}):
        _certificate(folder / "certs")
    stack.write()
    project.up()
    return stack


def _certificate(folder: Path) -> None:
    folder.mkdir()
    Certificates(folder).context("good")


def codes_of(outcome: Outcome) -> Codes:
    """Return what is wrong with what runs, and what a deployment would change."""
    return {
        module["name"].lower(): {
            *filter(None, (check["code"] for check in module["checks"])),
            *module["drift"],
        }
        for module in outcome.modules.values()
    }


def not_as_declared(outcome: Outcome) -> set[str]:
    """Name the services whose own state is wrong, and not that of what they need."""
    return {
        module["name"].lower()
        for module in outcome.modules.values()
        for check in module["checks"]
        if check["id"] == "health::state" and check["code"]
    }
