"""Drift of services on a real Swarm: none where nothing was changed, one code for one change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.swarm_nodes import Swarm, possible, swarm
from e2e.tree import ROOT, Outcome, Tree

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not possible(), reason="starting a Swarm needs root and dockerd"),
]

CASES = ROOT / "tests" / "cases" / "swarm"
IMAGE = "pytest-platform-demo/busybox"
STACKS: dict[str, Any] = yaml.safe_load(
    (CASES / "stacks.yaml").read_text("utf-8").replace("IMAGE", IMAGE)
)
CHANGES: list[list[str]] = yaml.safe_load((CASES / "changes.yaml").read_text("utf-8"))
CHANGED: Mapping[str, Any] = {
    "image": IMAGE,
    "command": ["sleep", "9999"],
    "environment": {"KEEP": "1"},
    "volumes": ["data:/data"],
    "ports": [{"target": 80, "published": 18070, "mode": "host"}],
    "healthcheck": {"test": ["CMD", "true"], "interval": "5s"},
    "secrets": ["word"],
    "configs": ["words"],
}
TOP = {
    "volumes": {"data": {}},
    "networks": {"default": {}, "other": {}},
    "secrets": {"word": {"file": "./secret.txt"}},
    "configs": {"words": {"file": "./config.txt"}},
}


@pytest.fixture(scope="module")
def node() -> Iterator[Swarm]:
    with swarm(1) as one:
        yield one


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    tree = Tree(tmp_path_factory.mktemp("swarm-drift"))
    for name, text in {"secret.txt": "s", "config.txt": "c", "web.env": "FILE=1\n"}.items():
        (tree.root / name).write_text(text, encoding="utf-8")
    for stack, content in STACKS.items():
        _write(tree, stack, content)
    changed = {f"c{number:02}": dict(CHANGED) for number in range(len(CHANGES))}
    keeper = {"image": IMAGE, "command": ["sleep", "9999"], "networks": ["other"]}
    services = {**changed, "keeper": keeper}
    _write(tree, "changes", {"version": "3.8", "services": services, **TOP})
    return tree


def _write(tree: Tree, stack: str, content: Mapping[str, Any]) -> None:
    file = tree.root / f"{stack}.yaml"
    file.write_text(yaml.safe_dump(dict(content), sort_keys=False), encoding="utf-8")
    for service, one in content["services"].items():
        deploy = one.get("deploy") or {}
        ends = "job" in deploy.get("mode", "") or (
            "restart_policy" in deploy and not deploy.get("update_config")
        )
        runtime = {"expected_state": "exited-success" if ends else "running"}
        runtime["replicas"] = deploy.get("replicas", 1)
        path = f"../../{file.name}"
        tree.module(
            f"{stack}-{service}", stack, service, runtime=runtime, files=path, engine="swarm"
        )


@pytest.fixture(scope="module")
def outcome(node: Swarm, tree: Tree) -> Outcome:
    node.manager.docker("tag", IMAGE, f"{IMAGE}:other")
    for stack in (*STACKS, "changes"):
        node.manager.docker("stack", "deploy", "-c", str(tree.root / f"{stack}.yaml"), stack)
    for number, (_, *words) in enumerate(CHANGES):
        node.manager.docker("service", "update", "--detach", *words, f"changes_c{number:02}")
    env = {"DOCKER_HOST": node.manager.url}
    return tree.pytest("-m", "drift", "--json", "--remote-mode", "local", env=env)


OF_STATE = ("container.state.", "container.missing", "task.")


def _settings(outcome: Outcome, module: str) -> list[str]:
    """Return what differs in settings: the tasks themselves may be on their way yet."""
    check = outcome.check(module, "drift::none")
    assert check["verdict"] in {"passed", "failed"}, check["message"]
    found: list[str] = outcome.modules[module]["drift"]
    beside = {"container.health", "service.update"}
    return [code for code in found if not code.startswith(OF_STATE) and code not in beside]


def test_there_are_enough_of_them() -> None:
    assert len(STACKS) >= 20
    assert len([code for code, *_ in CHANGES if code]) >= 30


@pytest.mark.parametrize("stack", STACKS)
def test_what_was_deployed_has_no_drift(stack: str, outcome: Outcome) -> None:
    for service in STACKS[stack]["services"]:
        name = f"{stack}-{service}"
        assert _settings(outcome, name) == [], outcome.check(name, "drift::none")["message"]


@pytest.mark.parametrize("number", range(len(CHANGES)), ids=lambda one: str(CHANGES[one][1:]))
def test_one_change_has_one_code(number: int, outcome: Outcome) -> None:
    code = CHANGES[number][0]
    found = _settings(outcome, f"changes-c{number:02}")
    assert found == ([code] if code else [])


def test_no_value_is_told(outcome: Outcome, tree: Tree) -> None:
    assert Path(tree.root / "secret.txt").exists()
    assert "two words" not in outcome.stdout
