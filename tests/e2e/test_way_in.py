"""From an existing Compose project to the truth: without files, then with those of ``adopt``."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from e2e.conftest import NewProject
from e2e.project import BUSYBOX, Project
from e2e.tree import Outcome, Tree, environment

pytestmark = pytest.mark.e2e

LIVE = ("--json", "--remote-mode", "local", "--wait", "2m")
BUCKETS = """\
until mc alias set s http://store:9000 root rootroot; do sleep 1; done
mc mb --ignore-existing s/backups
mc stat s/backups
"""
SERVICES: Mapping[str, Any] = {
    "store": {
        "image": "pytest-platform-demo/minio",
        "command": ["server", "/data"],
        "environment": {"MINIO_ROOT_USER": "root", "MINIO_ROOT_PASSWORD": "rootroot"},
        "volumes": ["data:/data"],
        "ports": ["127.0.0.1::9000"],
        "restart": "unless-stopped",
        "healthcheck": {
            "test": ["CMD-SHELL", "mc alias set l http://127.0.0.1:9000 root rootroot"],
            "interval": "1s",
            "retries": 3,
        },
    },
    "Bucket_init": {
        "image": "pytest-platform-demo/mc",
        "entrypoint": ["/bin/sh", "-euc"],
        "command": [BUCKETS],
        "depends_on": {"store": {"condition": "service_healthy"}},
        "restart": "no",
    },
    "web": {
        "image": BUSYBOX,
        "command": ["sh", "-c", "echo hello >/tmp/index.html; exec httpd -f -p 8080 -h /tmp"],
        "init": True,
        "ports": ["127.0.0.1::8080"],
        "restart": "always",
        "depends_on": {"Bucket_init": {"condition": "service_completed_successfully"}},
    },
    "job": {"image": BUSYBOX, "command": ["true"], "network_mode": "none"},
    "debug": {"image": BUSYBOX, "profiles": ["debug"]},
}


@dataclass(frozen=True)
class Stack:
    """A project that runs, in a folder that knows nothing of it but its Compose file."""

    tree: Tree
    project: Project

    def write(self, services: Mapping[str, Any]) -> None:
        """Write the Compose file."""
        document = {"name": self.project.name, "services": services, "volumes": {"data": {}}}
        self.project.file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")

    def adopt(self, *arguments: str) -> str:
        """Run ``adopt``, which must succeed."""
        done = subprocess.run(
            [sys.executable, "-m", "pytest_platform", "adopt", *arguments],
            cwd=self.tree.root,
            env=environment(),
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def stack(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    tree = Tree(tmp_path_factory.mktemp("way-in"))
    stack = Stack(tree, new_project(tree.root / "compose.yaml", "way-in"))
    stack.write(SERVICES)
    stack.project.up()
    return stack


def _codes(outcome: Outcome) -> dict[str, set[str]]:
    """Return the codes of what is wrong with the state of each service."""
    return {
        module["name"].lower(): {
            check["code"]
            for check in module["checks"]
            if check["id"] == "health::state" and check["code"]
        }
        for module in outcome.modules.values()
    }


def test_the_first_minute(stack: Stack) -> None:
    outcome = stack.tree.pytest("--compose", *LIVE)
    verdicts = {name: one["verdict"] for name, one in outcome.modules.items()}
    assert verdicts == {
        "Bucket_init": "passed",
        "job": "error",
        "store": "passed",
        "web": "passed",
    }, outcome.stdout
    check = outcome.check("job", "health::state")
    assert (check["code"], check["verdict"]) == ("infer.undecided", "error")
    assert outcome.returncode == 1

    decided = {**SERVICES["job"], "x-platform": {"expected_state": "exited-success"}}
    stack.write({**SERVICES, "job": decided})
    outcome = stack.tree.pytest("--compose", *LIVE, "-n", "2")
    assert outcome.returncode == 0, outcome.stdout
    assert {one["verdict"] for one in outcome.modules.values()} == {"passed"}


def test_what_is_adopted_passes(stack: Stack) -> None:
    stack.write(SERVICES)
    said = stack.adopt("--remote-mode", "local")
    assert "modules/job/module.yaml:9: or running? It has exited 0" in said
    outcome = stack.tree.pytest(*LIVE)
    assert outcome.returncode == 0, outcome.stdout
    assert {one["verdict"] for one in outcome.modules.values()} == {"passed"}
    assert outcome.check("web", "smoke::the port 8080 serves a page")["verdict"] == "passed"
    assert outcome.check("store", "smoke::the port 9000 is open")["verdict"] == "passed"
    assert "wrote" not in stack.adopt("--remote-mode", "local")


BROKEN = {
    "gone": ("rm -s -f web", "web", "container.missing"),
    "stopped": ("stop -t 0 web", "web", "container.state.running"),
    "paused": ("pause web", "web", "container.state.running"),
    "killed": ("kill store", "store", "container.state.running"),
    "never-started": (
        "create --force-recreate Bucket_init",
        "bucket_init",
        "container.state.exited_success",
    ),
    "twice": ("up -d --scale job=2 --no-recreate job", "job", "container.duplicate"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_break_is_found_by_both(stack: Stack, name: str) -> None:
    words, module, code = BROKEN[name]
    stack.write(SERVICES)
    stack.adopt("--remote-mode", "local")
    stack.project.compose(words)
    try:
        live = ("--json", "--remote-mode", "local", "-m", "health")
        inferred, declared = stack.tree.pytest("--compose", *live), stack.tree.pytest(*live)
        assert _codes(inferred) == _codes(declared)
        assert code in _codes(inferred)[module]
    finally:
        if name == "paused":
            stack.project.compose("unpause web")
        stack.project.compose("up -d --scale job=1")


def test_a_one_shot_that_fails_is_found(stack: Stack) -> None:
    broken = {**SERVICES["Bucket_init"], "command": ["exit 7"]}
    stack.write({**SERVICES, "Bucket_init": broken})
    stack.project.compose("up -d --no-deps Bucket_init")
    stack.project.wait_for("Bucket_init", "exited")
    outcome = stack.tree.pytest("--compose", *LIVE)
    found = outcome.check("Bucket_init", "health::state")
    assert (found["code"], found["actual"]) == ("container.state.exited_success", "exited 7")
    stack.write(SERVICES)
    stack.project.up()
