"""A real nginx, configured well and badly: data files, and one run of pytest that judges all.

Every file in ``tests/cases/nginx/probes`` is a probe and what is found; the servers that it
goes to are beside it.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.claims import no_traceback
from e2e.conftest import NewProject
from e2e.tree import ROOT, Outcome, Tree
from probes.certificates import Certificates
from pytest_platform.module.source import parse

pytestmark = pytest.mark.e2e

CASES = ROOT / "tests" / "cases" / "nginx"
FILES = {file.stem: file for file in sorted(CASES.joinpath("probes").glob("*.yaml"))}
SHOWN = ("good", "wildcard", "expired", "wrong-name", "self-signed", "soon")
"""The certificates that it shows."""


@pytest.fixture(scope="module")
def outcome(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    tree = Tree(tmp_path_factory.mktemp("nginx"))
    folder, project = tree.folder("nginx"), new_project(tree.compose_file("nginx"), "nginx")
    shutil.copytree(CASES, folder, ignore=lambda *_: ["probes"])
    _certificates(folder)
    project.write(**yaml.safe_load((CASES / "compose.yaml").read_text(encoding="utf-8")))
    probes = [{"name": name, **_case(file)["probe"]} for name, file in FILES.items()]
    tree.module("nginx", project.name, "nginx", runtime={"expected_state": "healthy"}, smoke=probes)
    file = "../nginx/compose.yaml"
    running = {"expected_state": "running"}
    tree.module("typo", project.name, "typo", files=file, runtime=running)
    project.up()
    project.wait_for("nginx", "healthy")
    project.wait_for("typo", "exited")
    return tree.pytest("-m", "health or smoke", "--json", "--remote-mode", "local")


def _certificates(folder: Path) -> None:
    (folder / "certs").mkdir()
    certificates = Certificates(folder / "certs")
    for kind in SHOWN:
        certificates.context(kind)
    shutil.move(folder / "certs" / "ca.pem", folder)


@pytest.mark.parametrize("name", FILES)
def test_case(name: str, outcome: Outcome) -> None:
    check, expect = outcome.check("nginx", f"smoke::{name}"), _case(FILES[name])["expect"]
    found = {key: check[key] for key in ("verdict", "code")}
    assert found == {"verdict": expect["verdict"], "code": expect.get("code")}, check
    assert re.search(expect.get("message", ""), check["message"]), check["message"]


def test_one_that_works_is_healthy(outcome: Outcome) -> None:
    assert outcome.check("nginx", "health::state")["verdict"] == "passed"


def test_one_that_does_not_start_says_why(outcome: Outcome) -> None:
    check = outcome.check("typo", "health::state")
    assert (check["verdict"], check["code"]) == ("failed", "container.state.running")
    assert 'unknown directive "lisen"' in outcome.stderr
    no_traceback(outcome)


def _case(file: Path) -> dict[str, Any]:
    case: dict[str, Any] = parse(file.read_text(encoding="utf-8"), file.name).data
    return case
