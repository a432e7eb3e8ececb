"""What people would do without the plugin: the same checks on the same containers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import goss
from measuring import Cost, Measure, run
from projects import PROBED, PROJECT, PYTEST, QUIET, compose, containers_of, names_of, test_file

OURS: Final = "pytest-platform"
FLOOR: Final = "floor: empty tests, and the bare requests over one connection"
WITHOUT: Final = ("-p", "no:platform", *QUIET)

_FLOOR: Final = """\
import docker
import pytest


@pytest.fixture(scope="session", autouse=True)
def look():
    client = docker.APIClient(version="auto")
    label = "com.docker.compose.project"
    for listed in client.containers(all=True, filters={{"label": label}}):
        if listed["Labels"][label] != "{project}":
            continue
        client.inspect_container(listed["Id"])
        for _ in range({probes}):
            made = client.exec_create(listed["Id"], ["{probed}"])["Id"]
            client.exec_start(made)
            assert client.exec_inspect(made)["ExitCode"] == 0


@pytest.mark.parametrize("number", range({checks}))
def test_nothing(number):
    pass
"""
_SDK: Final = """\
import docker
import pytest

NAMES = {names}


@pytest.mark.parametrize("name", NAMES)
def test_running(name):
    client = docker.from_env()
    assert client.containers.get(name).status == "running"


@pytest.mark.parametrize("number", range({probes}))
@pytest.mark.parametrize("name", NAMES)
def test_probe(name, number):
    client = docker.from_env()
    assert client.containers.get(name).exec_run(["{probed}"]).exit_code == 0
"""
# What its documentation shows; its checks are one command each.
_TESTINFRA: Final = """\
import pytest

NAMES = {names}


@pytest.mark.parametrize("name", NAMES)
def test_running(host, name):
    assert host.docker(name).is_running


@pytest.mark.parametrize("number", range({probes}))
@pytest.mark.parametrize("name", NAMES)
def test_probe(host, name, number):
    assert host.run("docker exec %s {probed}", name).rc == 0
"""
_BASH: Final = """\
set -eu
for name in {names}; do
  test "$(docker inspect -f '{{{{.State.Running}}}}' "$name")" = true
  for number in $(seq {probes}); do docker exec "$name" {probed}; done
done
"""
_GOSS_STATE: Final = """\
  "docker inspect -f '{{{{`{{{{.State.Running}}}}`}}}}' {name}":
    exit-status: 0
    stdout: ["true"]
"""
_GOSS_PROBE: Final = """\
  "docker exec {name} {probed} # {number}":
    exit-status: 0
"""


@dataclass(frozen=True)
class Case:
    """What is checked: so many containers of a project, so many probes in each."""

    folder: Path
    file: Path
    count: int
    probes: int = 0

    def fill(self, text: str, **more: object) -> str:
        """Put the figures of the case into a test file or a script."""
        names: object = containers_of(self.count)
        shared = {"project": PROJECT, "probed": PROBED, "probes": self.probes, "names": names}
        return text.format(**{**shared, **more})


def floor(case: Case) -> Measure:
    """Return pytest with tests that do nothing, and the requests that cannot be done without."""
    checks = case.count * (1 + case.probes)
    folder = test_file(case.folder / "floor", case.fill(_FLOOR, checks=checks))
    return lambda: run([*PYTEST, *WITHOUT], folder)


def sdk(case: Case) -> Measure:
    """Return a test file of the plain docker SDK, a client for each test."""
    folder = test_file(case.folder / "sdk", case.fill(_SDK))
    return lambda: run([*PYTEST, *WITHOUT], folder)


def with_testinfra(case: Case, *where: str, env: Mapping[str, str] | None = None) -> Measure:
    """Return pytest-testinfra, on this machine or where the options say."""
    folder = test_file(case.folder / "testinfra", case.fill(_TESTINFRA))
    options = where or ("--hosts", "local://")
    return lambda: run([*PYTEST, *options, *WITHOUT], folder, env)


def bash(case: Case) -> Measure:
    """Return a script with a ``docker`` command for each check."""
    script = case.folder / "check.sh"
    script.write_text(case.fill(_BASH, names=" ".join(containers_of(case.count))))
    return lambda: run(["bash", script])


def goss_validate(case: Case) -> Measure:
    """Return goss, with a command for each check."""
    file = case.folder / "goss.yaml"
    text = "command:\n"
    for name in containers_of(case.count):
        text += case.fill(_GOSS_STATE, name=name)
        text += "".join(case.fill(_GOSS_PROBE, name=name, number=one) for one in range(case.probes))
    file.write_text(text)
    return lambda: run([goss.PROGRAM, "--gossfile", file, "validate", "--format", "silent"])


def up_wait(case: Case) -> Measure:
    """Return ``docker compose up --wait``, which has nothing to do but to look."""
    return lambda: run(compose(case.file, "up", "--detach", "--wait"))


def one_inspect(case: Case) -> Callable[[], Cost]:
    """Return one ``docker inspect`` of all containers, which judges nothing."""
    return lambda: run(["docker", "inspect", *containers_of(case.count)])


def ours(case: Case, *options: str, env: Mapping[str, str] | None = None) -> Measure:
    """Return the plugin, in the folder of the Compose file's project."""
    words = options or ("--remote-mode", "local")
    root = case.file.parents[1]
    return lambda: run([*PYTEST, *words, *QUIET], root, env)


LOCAL: Final[Mapping[str, Callable[[Case], Measure]]] = {
    FLOOR: floor,
    "plain docker SDK, a client for each test": sdk,
    "bash, a `docker` command for each check": bash,
    "goss, a command for each check": goss_validate,
    "pytest-testinfra": with_testinfra,
}
"""All that can judge as many checks as there are."""

__all__ = ["FLOOR", "LOCAL", "OURS", "WITHOUT", "Case", "names_of", "one_inspect", "ours"]
