"""The truth table of state, row by row, with real containers.

Every file in ``tests/cases/state`` is a row: services, the steps that bring them there,
what the module declares, and the verdict. All are brought up first, each as a project of
its own; then one run of pytest judges all of them.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest
import yaml

from e2e.conftest import NewProject
from e2e.engines import why_not
from e2e.project import Project
from e2e.tree import ROOT, Outcome, Tree

pytestmark = pytest.mark.e2e

FILES = sorted((ROOT / "tests" / "cases" / "state").glob("*.yaml"))
AT_ONCE = 4


@dataclass(frozen=True)
class Table:
    """What one run said of all cases; ``unmade`` are those that could not be brought there."""

    outcome: Outcome
    unmade: Mapping[str, Exception]


@pytest.fixture(scope="module")
def table(
    new_project: NewProject, tmp_path_factory: pytest.TempPathFactory, engine: docker.APIClient
) -> Table:
    tree = Tree(tmp_path_factory.mktemp("truth"))
    cases = {file.stem: _load(file) for file in FILES}
    cases = {name: case for name, case in cases.items() if not why_not(case, engine)}
    projects = {name: _project(name, case, tree, new_project) for name, case in cases.items()}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = {name: pool.submit(_bring_up, projects[name], cases[name]) for name in cases}
    unmade = {name: job.exception() for name, job in jobs.items()}
    outcome = tree.pytest("-m", "health", "--json", "--remote-mode", "local")
    return Table(outcome, {name: one for name, one in unmade.items() if isinstance(one, Exception)})


@pytest.mark.parametrize("name", [file.stem for file in FILES])
def test_row(name: str, table: Table, engine: docker.APIClient) -> None:
    case = _load(_file(name))
    if reason := why_not(case, engine):
        pytest.skip(reason)
    if name in table.unmade:
        raise table.unmade[name]
    check = table.outcome.check(name, "health::state")
    expect = case["expect"]
    if engine.api_version == "1.41":
        expect = case.get("expect before 23.0", expect)
    found = {key: check[key] for key in ("verdict", "code")}
    assert found == {"verdict": expect["verdict"], "code": expect.get("code")}, check["message"]
    assert re.search(expect.get("message", ""), check["message"]), check["message"]
    assert table.outcome.modules[name]["verdict"] == expect["verdict"]


def test_a_run_with_failures_exits_1(table: Table) -> None:
    assert table.outcome.returncode == 1
    assert table.outcome.document["exitcode"] == 1


def _file(name: str) -> Path:
    return ROOT / "tests" / "cases" / "state" / f"{name}.yaml"


def _load(file: Path) -> dict[str, Any]:
    case: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return case


def _project(name: str, case: Mapping[str, Any], tree: Tree, new_project: NewProject) -> Project:
    """Write the files of a case; nothing is started."""
    project = new_project(tree.compose_file(name), case.get("project", name))
    _write(project, {key: case[key] for key in ("services", "volumes") if key in case})
    service = next(iter(case["services"]))
    spec: dict[str, Any] = {}
    if owner := case.get("owner"):
        spec = {"state": {"class": "sidecar", "owner": f"{name}-owner"}}
        tree.module(
            f"{name}-owner",
            project.name,
            owner,
            files=f"../{name}/compose.yaml",
            runtime={"expected_state": "running"},
        )
    tree.module(name, project.name, service, runtime=case["module"], **spec)
    return project


def _write(project: Project, document: Mapping[str, Any]) -> None:
    text = yaml.safe_dump(
        {key: document[key] for key in ("services", "volumes") if key in document}
    )
    project.write(**yaml.safe_load(text.replace("PROJECT", project.name)))


def _bring_up(project: Project, case: Mapping[str, Any]) -> None:
    for step in case["steps"]:
        ((verb, what),) = step.items()
        match verb:
            case "compose":
                project.compose(what)
            case "compose refuses":
                project.compose(what, refused=True)
            case "write":
                _write(project, {**case, "services": what})
            case "docker":
                words = shlex.split(what.replace("PROJECT", project.name))
                subprocess.run(["docker", *words], check=True, capture_output=True, timeout=60)
            case "until":
                for service, words in what.items():
                    project.wait_for(service, *words.split())
            case "until older than":
                for service, seconds in what.items():
                    project.wait_for_age(service, seconds)
            case _:
                message = f"no such step: {verb}"
                raise ValueError(message)
