"""The flagship stack is broken in many ways; each is found, and the whole stack never is.

Every file in ``tests/cases/confusion`` is one way, with the codes that must be found in each
module, and those that may come along with them.
"""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

import pytest
import yaml

from e2e.certificate import write_expired
from e2e.conftest import NewProject
from e2e.confusion import ARGUMENTS, MODULES, Case, Stack, found
from e2e.ports import free_ports
from e2e.tree import ROOT, Tree

pytestmark = [
    pytest.mark.e2e,
    # The SDK leaves the socket of a command in a container to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

CASES = sorted((ROOT / "tests" / "cases" / "confusion").glob("*.yaml"))
TIMES = int(os.environ.get("PLATFORM_TIMES", "50"))


@pytest.fixture(scope="module")
def stack(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """Start a copy of the two modules, with a project name of its own."""
    tree = Tree(tmp_path_factory.mktemp("confusion"))
    folder = tree.root / "modules"
    for name in MODULES:
        shutil.copytree(ROOT / "modules" / name, folder / name)
    shutil.copy(ROOT / "modules" / "defaults.yaml", folder)
    (folder / "compose.yaml").write_text("include: [minio/compose.yaml, minio-init/compose.yaml]\n")
    ports = free_ports(2)
    project = new_project(
        folder / "compose.yaml",
        "confusion",
        env={
            "MINIO_IMAGE": "pytest-platform-demo/minio",
            "MC_IMAGE": "pytest-platform-demo/mc",
            "MINIO_PORT": str(ports[0]),
            "MINIO_CONSOLE_PORT": str(ports[1]),
            "MINIO_ROOT_USER": f"user-{secrets.token_hex(6)}",
            "MINIO_ROOT_PASSWORD": f"word-{secrets.token_hex(12)}",
        },
    )
    for file in folder.rglob("*.yaml"):
        file.write_text(_faster(file.read_text().replace("home-platform", project.name)))
    write_expired(folder / "minio" / "tls", "minio")
    before = tmp_path_factory.mktemp("before") / "modules"
    shutil.copytree(folder, before)
    made = Stack(tree, project, before)
    made.start()
    return made


def _faster(text: str) -> str:
    """Ask for the health more often, so that nobody has to wait for a change of it."""
    return text.replace("interval: 5s", "interval: 1s").replace("period: 30s", "period: 10s")


def test_it_is_what_a_person_gets(stack: Stack) -> None:
    """The short way that the other tests go finds what a process of its own finds."""
    case = Case.of(next(one for one in CASES if one.stem == "bucket-missing"))
    with stack.broken(case):
        outcome = stack.tree.pytest(*ARGUMENTS, "--json", env=stack.project.env)
        assert outcome.returncode == 1, outcome.stderr
        assert found(outcome.document) == stack.look()


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_found(stack: Stack, file: Path) -> None:
    case = Case.of(file)
    with stack.broken(case):
        codes = stack.look()
    for module in MODULES:
        must, may = set(case.finds.get(module, [])), set(case.also.get(module, []))
        assert must <= codes[module], f"{module}: {codes[module]}"
        assert codes[module] <= must | may, f"{module}: {codes[module]}"


def test_there_are_enough() -> None:
    """Each finds something, and no two are the same."""
    texts = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in CASES]
    assert len(texts) >= 30
    assert all(any(text["finds"].values()) for text in texts)
    ways = [str({**text, "finds": None, "also": None}) for text in texts]
    assert len(set(ways)) == len(ways)


def test_the_whole_stack_passes_every_time(stack: Stack) -> None:
    stack.start()
    seen = [stack.look() for _ in range(TIMES)]
    assert seen == [{name: set() for name in MODULES}] * TIMES
