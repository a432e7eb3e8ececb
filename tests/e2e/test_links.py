"""A folder that is reached through a link, as ``/home`` is on some systems, is no drift."""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.conftest import NewProject
from e2e.project import FOREVER
from e2e.tree import Tree

pytestmark = pytest.mark.e2e


def test_deployed_through_a_link(new_project: NewProject, tmp_path: Path) -> None:
    tree = Tree(tmp_path / "real")
    tree.folder("web").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tree.root)
    through = Tree(tmp_path / "link")
    project = new_project(through.compose_file("web"), "links")
    service = {"command": FOREVER, "volumes": ["./data:/data:ro"], "secrets": ["key"]}
    (tree.folder("web") / "data").mkdir()
    (tree.folder("web") / "key.txt").write_text("key of the web\n")
    secrets = {"key": {"file": "./key.txt"}}
    project.write({"web": service}, secrets=secrets)
    tree.module("web", project.name, "web", runtime={"expected_state": "running"})
    project.up()
    project.wait_for("web", "running")
    (mount, *_) = project.container("web")["Mounts"]
    assert mount["Source"].startswith(f"{through.root}/"), mount
    asked = ("--remote-mode=local", "-m", "drift", "--json")
    same = tree.pytest(*asked)
    assert same.check("web", "drift::none")["message"] == "no drift", same.stdout
    project.write({"web": {**service, "volumes": ["./other:/data:ro"]}}, secrets=secrets)
    other = tree.pytest(*asked)
    assert other.modules["web"]["drift"] == ["container.mounts"], other.stdout
