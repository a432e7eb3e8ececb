"""Drift on real containers: what ``docker`` changes beside Compose, and what only an Engine shows.

Every file in ``tests/cases/drift_live`` is a row: what is deployed, the steps that change it or
its files, and the codes that are to be found. All are brought there first; then one run of
pytest judges all of them. ``env`` is there for Compose alone, and not for that run.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
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

FILES = sorted((ROOT / "tests" / "cases" / "drift_live").glob("*.yaml"))
SECTIONS = ("services", "networks", "volumes")
AT_ONCE = 4


@dataclass(frozen=True)
class Table:
    """What one run said of all rows; ``unmade`` are those that could not be brought there."""

    outcome: Outcome
    unmade: Mapping[str, Exception]


@pytest.fixture(scope="module")
def table(
    new_project: NewProject, tmp_path_factory: pytest.TempPathFactory, engine: docker.APIClient
) -> Iterator[Table]:
    tree = Tree(tmp_path_factory.mktemp("drift"))
    rows = {file.stem: _load(file) for file in FILES}
    rows = {name: row for name, row in rows.items() if not why_not(row, engine)}
    projects = {name: _project(name, row, tree, new_project) for name, row in rows.items()}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = {name: pool.submit(_bring, projects[name], rows[name]) for name in rows}
    unmade = {name: job.exception() for name, job in jobs.items()}
    outcome = tree.pytest("-m", "drift", "--json", "--remote-mode", "local")
    yield Table(outcome, {name: one for name, one in unmade.items() if isinstance(one, Exception)})
    for name, project in projects.items():
        if image := rows[name].get("made image"):
            _docker("rmi", _filled(image, project))


@pytest.mark.parametrize("name", [file.stem for file in FILES])
def test_row(name: str, table: Table, engine: docker.APIClient) -> None:
    row = _load(ROOT / "tests" / "cases" / "drift_live" / f"{name}.yaml")
    if reason := why_not(row, engine):
        pytest.skip(reason)
    if name in table.unmade:
        raise table.unmade[name]
    check = table.outcome.check(name, "drift::none")
    assert table.outcome.modules[name]["drift"] == row["drift"], check["message"]
    assert re.search(row.get("message", ""), check["message"]), check["message"]
    assert check["verdict"] == row.get("verdict", "failed" if row["drift"] else "passed")


def _load(file: Path) -> dict[str, Any]:
    row: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return row


def _project(name: str, row: Mapping[str, Any], tree: Tree, new_project: NewProject) -> Project:
    """Write the files of a row; nothing is started."""
    project = new_project(tree.compose_file(name), f"drift-{name}", env=row.get("env") or {})
    _write(project, row)
    for file, text in (row.get("files") or {}).items():
        path = project.file.parent / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    # Data is at stake, so that what differs fails.
    state = {"class": "stateful", "backup": {"roots": ["/srv/backups"]}}
    tree.module(name, project.name, "app", runtime={"expected_state": "running"}, state=state)
    return project


def _write(project: Project, row: Mapping[str, Any]) -> None:
    text = yaml.safe_dump({key: row[key] for key in SECTIONS if key in row})
    document = yaml.safe_load(_filled(text, project))
    project.write(**document)
    if any("build" in one for one in document["services"].values()):
        project.file.write_text(yaml.safe_dump(document), encoding="utf-8")


def _filled(text: str, project: Project) -> str:
    return text.replace("PROJECT", project.name).replace("FOLDER", str(project.file.parent))


def _bring(project: Project, row: Mapping[str, Any]) -> None:
    for step in row["steps"]:
        ((verb, what),) = step.items()
        match verb:
            case "compose":
                project.compose(_filled(what, project))
            case "docker":
                _docker(*shlex.split(_filled(what, project)))
            case "write":
                _write(project, what)
            case "again":
                _run_again(project, what)
            case _:
                raise ValueError(f"no such step: {verb}")


def _run_again(project: Project, options: str) -> None:
    """Make the container of ``app`` anew by ``docker create``, with the labels that it has."""
    container = project.container("app")
    config = container["Config"]
    labels = [f"--label={name}={value}" for name, value in config["Labels"].items()]
    name = f"--name={container['Name'].lstrip('/')}"
    _docker("rm", "-f", container["Id"])
    how = ["create", name, "--network=none", *labels, *shlex.split(options)]
    _docker(*how, config["Image"], *config["Cmd"])


def _docker(*words: str) -> None:
    subprocess.run(["docker", *words], check=True, capture_output=True, timeout=60)
