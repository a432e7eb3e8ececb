"""Drift over ssh, where the values of variables are on the host alone.

The host has the files and a ``.env``; the machine that runs pytest has the files.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.conftest import NewProject, NewSshd
from e2e.project import FOREVER, Project, services_of
from e2e.sshd import Sshd
from e2e.tree import Outcome, Tree

pytestmark = pytest.mark.e2e

VALUE = "as-deployed-and-on-the-host-alone"
OTHER = "another-value-of-the-host"
SERVICES: dict[str, Any] = {
    "app": {
        "command": FOREVER,
        "environment": {"TOKEN": "${TOKEN:?}", "PLAIN": "word"},
        "labels": {"org.example.token": "${TOKEN:?}"},
        "restart": "always",
    },
    "quiet": {"command": FOREVER, "environment": {"TOKEN": "${TOKEN:?}"}},
    "mounts": {
        "command": FOREVER,
        "volumes": ["./conf:/conf:ro", "../beside:/beside", "/etc/hostname:/name:ro"],
        "secrets": ["word"],
    },
}
"""``quiet`` has a variable in its environment alone, and ``mounts`` has none, but files."""

SECRETS = {"word": {"file": "word.txt"}}


@dataclass
class Case:
    """A tree here, and the folder of the same project on the host."""

    tree: Tree
    project: Project
    there: Path
    env: Mapping[str, str]

    def drift(self, module: str = "app") -> tuple[dict[str, Any], list[str]]:
        """Return the check of drift, and the codes of the module."""
        words = ("--remote-mode=ssh", "--ssh-host=nas", "--json", "-m", "drift", "-vv")
        outcome = self.tree.pytest(*words, f"--module={module}", "--showlocals", env=self.env)
        assert not _leaked(outcome)
        return outcome.check(module, "drift::none"), outcome.modules[module]["drift"]

    def here(self, services: Mapping[str, Any]) -> None:
        """Write the Compose file here."""
        _write(self.tree.root / "modules" / "app" / "compose.yaml", services)

    def on_the_host(self, services: Mapping[str, Any], token: str = VALUE) -> None:
        """Write the Compose file there, and the values."""
        _write(self.there / "app" / "compose.yaml", services)
        (self.there / ".env").write_text(f"TOKEN={token}\n" if token else "", encoding="utf-8")


def _leaked(outcome: Outcome) -> bool:
    told = outcome.stdout + outcome.stderr
    return VALUE in told or OTHER in told


def _write(file: Path, services: Mapping[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump({"services": services_of(services), "secrets": SECRETS})
    file.write_text(text, encoding="utf-8")
    for folder in (file.parent / "conf", file.parent.parent / "beside"):
        folder.mkdir(exist_ok=True)
    file.with_name("word.txt").write_text("word", encoding="utf-8")


@pytest.fixture(scope="module")
def host(new_sshd: NewSshd) -> Sshd:
    """Start a host on which there is Compose."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return new_sshd(env={"PATH": path})


@pytest.fixture(scope="module")
def deployed(host: Sshd, new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Deploy from the host's own folder."""
    folder = tmp_path_factory.mktemp("drift")
    tree = Tree(folder / "here")
    project = new_project(folder / "there" / "compose.yaml", "ssh-drift")
    env = {"PYTEST_PLATFORM_SSH_CONFIG": str(host.config)}
    case = Case(tree, project, folder / "there", env)
    case.on_the_host(SERVICES)
    for name in SERVICES:
        runtime = {"expected_state": "running"}
        tree.module(name, project.name, name, files="../compose.yaml", runtime=runtime)
    for modules in (case.there, tree.root / "modules"):
        modules.joinpath("compose.yaml").write_text("include: [app/compose.yaml]\n")
    project.up()
    for name in SERVICES:
        project.wait_for(name, "running")
    return case


@pytest.fixture
def case(deployed: Case) -> Iterator[Case]:
    """Have the same files here and there, as deployed."""
    deployed.here(SERVICES)
    deployed.on_the_host(SERVICES)
    yield deployed
    shutil.rmtree(deployed.tree.root / ".pytest_cache", ignore_errors=True)


def changed(**keys: Any) -> dict[str, Any]:
    """Return the services with other keys of ``app``."""
    return {**SERVICES, "app": {**SERVICES["app"], **keys}}


def test_no_drift(case: Case) -> None:
    check, codes = case.drift()
    assert (check["verdict"], check["message"], codes) == ("passed", "no drift", [])


def test_another_value_on_the_host(case: Case) -> None:
    case.on_the_host(SERVICES, OTHER)
    assert case.drift()[1] == ["container.config"]
    assert case.drift("quiet")[1] == ["container.environment"]


def test_what_is_no_variable_is_compared_here(case: Case) -> None:
    services = changed(restart="no")
    case.here(services)
    case.on_the_host(services)
    assert case.drift()[1] == ["container.restart"]


def test_files_that_differ(case: Case) -> None:
    case.here(changed(restart="no"))
    check, codes = case.drift()
    assert (check["verdict"], check["code"], codes) == ("error", "drift.files", [])
    file = case.there / "app" / "compose.yaml"
    assert f"modules/app/compose.yaml differs from nas:{file}" in check["message"]
    assert "or set TOKEN here" in check["message"]


@pytest.fixture
def with_value(case: Case) -> Iterator[Case]:
    """Have the value of the variable here, too."""
    values = case.tree.root / "modules" / ".env"
    values.write_text(f"TOKEN={VALUE}\n", encoding="utf-8")
    yield case
    values.unlink()


def test_files_that_are_mounted_from_another_folder_there(case: Case) -> None:
    """Relative paths are those of the project's folder, here and there."""
    check, codes = case.drift("mounts")
    assert (check["verdict"], check["message"], codes) == ("passed", "no drift", [])


def test_the_same_with_all_values_here(with_value: Case) -> None:
    check, codes = with_value.drift("mounts")
    assert (check["verdict"], check["message"], codes) == ("passed", "no drift", [])


def mounts(**keys: Any) -> dict[str, Any]:
    """Return the services with other keys of ``mounts``."""
    return {**SERVICES, "mounts": {**SERVICES["mounts"], **keys}}


def test_another_file_is_mounted(with_value: Case) -> None:
    with_value.here(mounts(volumes=["./other:/conf:ro"]))
    check, codes = with_value.drift("mounts")
    assert codes == ["container.mounts"], check
    assert "/there/app/other" in check["message"] + str(check["expected"]), check


def test_only_the_hash_there_tells(with_value: Case) -> None:
    for write in (with_value.here, with_value.on_the_host):
        write(mounts(stop_signal="SIGINT"))
    assert with_value.drift("mounts")[1] == ["container.config"]


def test_files_that_differ_are_compared_by_their_fields(with_value: Case) -> None:
    with_value.here(mounts(stop_signal="SIGINT"))
    check, codes = with_value.drift("mounts")
    assert (check["verdict"], codes) == ("passed", []), check
    assert "only the config hash covers could not be compared" in check["message"]


def test_a_value_that_is_nowhere(case: Case) -> None:
    case.on_the_host(SERVICES, "")
    check, _ = case.drift()
    assert (check["verdict"], check["code"]) == ("error", "drift.unknown")
    assert "no value for TOKEN, neither here nor on nas" in check["message"]


def test_with_the_value_here_nothing_is_asked_there(with_value: Case) -> None:
    with_value.on_the_host(changed(restart="no"), "")
    check, _ = with_value.drift()
    assert (check["verdict"], check["message"]) == ("passed", "no drift")
