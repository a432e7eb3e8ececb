"""Probes of names that do not exist, and of names of which nobody can tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from e2e.conftest import NewProject
from e2e.project import FOREVER
from e2e.tree import Outcome, Tree, finish
from probes.names import SILENT, asking, needs_root, resolver

pytestmark = [pytest.mark.e2e, needs_root]

NOBODY = "nobody.example.org"
PROBES: dict[str, dict[str, Any]] = {
    "http": {"http": {"url": f"http://{NOBODY}/"}},
    "tcp": {"tcp": {"host": NOBODY, "port": 80}},
    "tcp, closed": {"tcp": {"host": NOBODY, "port": 80, "open": False}},
    "tls": {"tls": {"host": NOBODY, "port": 443, "server_name": NOBODY}},
    "dns": {"dns": {"name": "status.example.org", "resolver": {"host": NOBODY}}},
}
KNOWN = {"tcp": {"host": "here.example.org", "port": 1, "open": False}}
"""That its port is closed can be told only where the name is found."""


@pytest.fixture(scope="module")
def tree(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    tree = Tree(tmp_path_factory.mktemp("names"))
    project = new_project(tree.compose_file("app"), "names")
    project.write({"app": {"command": FOREVER}})
    probes = [{"name": name, **probe} for name, probe in {**PROBES, "known": KNOWN}.items()]
    tree.module("app", project.name, "app", runtime={"expected_state": "running"}, smoke=probes)
    project.up()
    return tree


def looked(tree: Tree, name_server: str, folder: Path) -> Outcome:
    """Run the checks where the machine asks this name server."""
    words = ("-m", "health or smoke", "--json", "--remote-mode", "local")
    return finish(tree.start(*words, prefix=asking(name_server, folder)))


def test_a_name_that_does_not_exist(tree: Tree, tmp_path: Path) -> None:
    """It was looked up, and is wrong. It is no closed port either: nobody was asked."""
    with resolver() as name_server:
        outcome = looked(tree, name_server, tmp_path)
    assert outcome.check("app", "smoke::known")["verdict"] == "passed", outcome.stdout
    for name in PROBES:
        check = outcome.check("app", f"smoke::{name}")
        assert check["verdict"] == "failed", check
        assert check["code"] == f"probe.{name.partition(',')[0]}", check
        assert "there is no such name" in check["message"], check


def test_no_name_server_answers(tree: Tree, tmp_path: Path) -> None:
    """Whether the name exists is not known, so nothing is said of the service."""
    outcome = looked(tree, SILENT, tmp_path)
    for name in (*PROBES, "known"):
        check = outcome.check("app", f"smoke::{name}")
        assert (check["verdict"], check["code"]) == ("error", "probe.no_way"), check
        assert "cannot be looked up" in check["message"], check
