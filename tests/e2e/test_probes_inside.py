"""Probes that look into containers and run commands: data files, on real containers.

Every file in ``tests/cases/probe/<kind>`` is a probe and its verdict. The containers of
``tests/cases/probe/inside.yaml`` are started once, and one run of pytest judges all cases.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import docker
import pytest
import yaml

from e2e.conftest import NewProject
from e2e.project import BUSYBOX
from e2e.tree import ROOT, Outcome, Tree
from pytest_platform.module.source import parse

pytestmark = pytest.mark.e2e

CASES = ROOT / "tests" / "cases" / "probe"
KINDS = ("exec", "command", "log", "file", "volume", "metrics")
FILES = sorted(file for kind in KINDS for file in (CASES / kind).glob("*.yaml"))
NAMES = [f"{file.parent.name}/{file.stem}" for file in FILES]


@pytest.fixture(scope="module")
def scratch(engine: docker.APIClient) -> Iterator[str]:
    """Make an image FROM scratch: one program, no shell, no folders."""
    name, tag = "pytest-platform-demo/scratch", secrets.token_hex(4)
    donor = engine.create_container(BUSYBOX)["Id"]
    try:
        chunks, _ = engine.get_archive(donor, "/bin/busybox")
        engine.import_image_from_data(b"".join(chunks), repository=name, tag=tag)
    finally:
        engine.remove_container(donor)
    yield f"{name}:{tag}"
    engine.remove_image(f"{name}:{tag}")


@pytest.fixture(scope="module")
def outcome(
    scratch: str, new_project: NewProject, tmp_path_factory: pytest.TempPathFactory
) -> Outcome:
    tree = Tree(tmp_path_factory.mktemp("inside"))
    project = new_project(tree.compose_file("app"), "inside")
    text = (CASES / "inside.yaml").read_text(encoding="utf-8").replace("SCRATCH", scratch)
    project.write(**yaml.safe_load(text))
    probes = [
        {"name": name, file.parent.name: _load(file)["probe"]}
        for name, file in zip(NAMES, FILES, strict=True)
    ]
    runtime = {"expected_state": "running"}
    tree.module("app", project.name, "tool", runtime=runtime, smoke=probes)
    project.up()
    project.compose("--profile never create never")
    project.wait_for("tool", "healthy")
    project.wait_for("metrics", "healthy")
    project.wait_for("done", "exited")
    project.compose("restart tool")
    project.wait_for("tool", "healthy")
    outcome = tree.pytest("-m", "smoke", "--json", "--remote-mode", "local")
    assert outcome.returncode == 1, outcome.stderr
    return outcome


@pytest.mark.parametrize(("name", "file"), list(zip(NAMES, FILES, strict=True)), ids=NAMES)
def test_case(name: str, file: Path, outcome: Outcome) -> None:
    check, expect = outcome.check("app", f"smoke::{name}"), _load(file)["expect"]
    found = {key: check[key] for key in ("verdict", "code")}
    assert found == {"verdict": expect["verdict"], "code": expect.get("code")}, check
    assert re.search(expect.get("message", ""), check["message"]), check["message"]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_passes_fails_and_errs(kind: str) -> None:
    verdicts = {_load(file)["expect"]["verdict"] for file in (CASES / kind).glob("*.yaml")}
    assert verdicts == {"passed", "failed", "error"}


def test_no_secret_is_told(outcome: Outcome) -> None:
    assert "swordfish" not in outcome.stdout + outcome.stderr
    assert "token=[redacted]" in outcome.check("app", "smoke::log/with-a-secret")["actual"]


def test_lines_that_differ_are_shown(outcome: Outcome) -> None:
    assert "    -workers: 8\n    +workers: 4\n" in outcome.stderr


def _load(file: Path) -> Mapping[str, Any]:
    case: Mapping[str, Any] = parse(file.read_text(encoding="utf-8"), file.name).data
    return case
