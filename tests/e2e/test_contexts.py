"""Which Engine is asked: DOCKER_HOST, else the docker context, and never another one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from e2e.claims import could_not_look
from e2e.conftest import NewProject
from e2e.project import FOREVER, Project
from e2e.proxy import Proxy
from e2e.tree import Tree

pytestmark = pytest.mark.e2e

LIVE = ("--json", "--remote-mode", "local", "-m", "health")


@pytest.fixture(scope="module")
def project(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Deploy a service on the Engine that also answers where nothing is configured."""
    project = new_project(tmp_path_factory.mktemp("contexts") / "compose.yaml", "contexts")
    project.write({"web": {"command": FOREVER}})
    project.up()
    project.wait_for("web", "running")
    return project


@pytest.fixture
def web(tree: Tree, project: Project) -> Tree:
    """Declare it."""
    tree.module("web", project.name, "web", runtime={"expected_state": "running"})
    return tree


def _configure(folder: Path, current: str, contexts: Mapping[str, str]) -> dict[str, str]:
    """Write a configuration of docker; returns the environment that names it alone."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"currentContext": current}))
    for name, host in contexts.items():
        meta = folder / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
        meta.mkdir(parents=True)
        endpoint = {"docker": {"Host": host, "SkipTLSVerify": False}}
        document = {"Name": name, "Metadata": {}, "Endpoints": endpoint}
        (meta / "meta.json").write_text(json.dumps(document))
    return {"DOCKER_CONFIG": str(folder), "DOCKER_HOST": ""}


def test_the_current_context(web: Tree, proxy: Proxy, tmp_path: Path) -> None:
    env = _configure(tmp_path / "docker", "homelab", {"homelab": proxy.url})
    outcome = web.pytest(*LIVE, env=env)
    assert outcome.returncode == 0, outcome.stderr
    assert proxy.count("GET /containers/json") == 1


def test_the_context_of_the_environment(web: Tree, proxy: Proxy, tmp_path: Path) -> None:
    contexts = {"homelab": f"unix://{tmp_path}/none.sock", "other": proxy.url}
    env = _configure(tmp_path / "docker", "homelab", contexts)
    outcome = web.pytest(*LIVE, env={**env, "DOCKER_CONTEXT": "other"})
    assert outcome.returncode == 0, outcome.stderr
    assert proxy.count("GET /containers/json") == 1


def test_docker_host_wins(web: Tree, proxy: Proxy, tmp_path: Path) -> None:
    env = _configure(tmp_path / "docker", "homelab", {"homelab": f"unix://{tmp_path}/none.sock"})
    outcome = web.pytest(*LIVE, env={**env, **proxy.env, "DOCKER_CONTEXT": "homelab"})
    assert outcome.returncode == 0, outcome.stderr
    assert proxy.count("GET /containers/json") == 1


def test_a_context_without_engine(web: Tree, tmp_path: Path) -> None:
    # On the machine's own socket all is well. It must not be asked in place of this one.
    env = _configure(tmp_path / "docker", "homelab", {"homelab": f"unix://{tmp_path}/none.sock"})
    could_not_look(web.pytest(*LIVE, env=env), "web", "engine.unreachable")


@pytest.mark.parametrize("where", ["current", "environment"])
def test_an_unknown_context(web: Tree, tmp_path: Path, where: str) -> None:
    current = "nobody" if where == "current" else "default"
    env = _configure(tmp_path / "docker", current, {})
    chosen = {"DOCKER_CONTEXT": "nobody"} if where == "environment" else {}
    outcome = web.pytest(*LIVE, env={**env, **chosen})
    message = could_not_look(outcome, "web", "engine.unreachable")
    assert "docker context" in message


def test_a_context_that_cannot_be_read(web: Tree, tmp_path: Path) -> None:
    folder = tmp_path / "docker"
    env = _configure(folder, "homelab", {"homelab": "unix:///none.sock"})
    (meta,) = folder.rglob("meta.json")
    meta.write_text("{")
    message = could_not_look(web.pytest(*LIVE, env=env), "web", "engine.unreachable")
    assert "context cannot be read" in message


def test_a_context_over_ssh_is_not_local(web: Tree, tmp_path: Path) -> None:
    env = _configure(tmp_path / "docker", "homelab", {"homelab": "ssh://somebody@somewhere"})
    message = could_not_look(web.pytest(*LIVE, env=env), "web", "engine.unreachable")
    assert "ssh" in message
