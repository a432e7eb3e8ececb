"""Every folder in ``tests/cases/module`` is a module file that is read, or refused in words.

Run with ``UPDATE_GOLDENS=1`` to write what is said now; then read it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from pytest_platform.errors import Problem
from pytest_platform.module.forms import Base, Text
from pytest_platform.module.loader import Broken, Module, Vocabulary, load
from pytest_platform.module.schema import module_schema
from pytest_platform.probes.exec import Exec

CASES = Path(__file__).parent.parent / "cases" / "module"


class Ping(Base, frozen=True):
    """A second kind, as a third party would add it."""

    host: Text


VOCABULARY = Vocabulary(
    kinds={"exec": Exec, "ping": Ping},
    waivable=frozenset({"contract.image.pinned", "contract.exposure", "contract.restart"}),
    reserved={"health": frozenset({"state", "owner"})},
)


def cases(direction: str) -> list[str]:
    """Name the folders of one direction."""
    return sorted(folder.name for folder in (CASES / direction).iterdir())


def read(direction: str, case: str, root: Path | None = None) -> Module | Broken:
    """Load the case's file; its repository is the folder of all cases of its direction."""
    root = root or CASES / direction
    return load(root / case / "module.yaml", root, VOCABULARY)


def told(problems: tuple[Problem, ...]) -> str:
    """Return all that people are shown."""
    return "\n\n".join(str(problem) for problem in problems) + "\n"


@pytest.mark.parametrize("case", cases("positive"))
def test_accepts(case: str) -> None:
    module = read("positive", case)
    assert isinstance(module, Module), told(module.problems)
    schema = json.loads(json.dumps(module_schema(VOCABULARY.kinds)))
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(module.source.data)


@pytest.mark.parametrize("case", cases("negative"))
def test_refuses(case: str, tmp_path: Path) -> None:
    # A copy, as the cases lie in a git repository, and what is outside of that has other words.
    shutil.copytree(CASES / "negative" / case, tmp_path / case, symlinks=True)
    broken = read("negative", case, tmp_path)
    assert isinstance(broken, Broken)
    golden = CASES / "negative" / case / "expected.txt"
    if os.environ.get("UPDATE_GOLDENS"):
        golden.write_text(told(broken.problems), encoding="utf-8")
    assert told(broken.problems) == golden.read_text(encoding="utf-8")
    assert all("\n" not in problem.message for problem in broken.problems)
    assert all(problem.code == "contract.schema" for problem in broken.problems)


def test_there_are_cases() -> None:
    assert len(cases("positive")) >= 12
    assert len(cases("negative")) >= 45


def test_a_well_formed_file_is_read_without_jsonschema() -> None:
    program = (
        "import sys; from pathlib import Path; "
        "from pytest_platform.module.loader import Module, Vocabulary, load; "
        "root = Path(sys.argv[1]); "
        "read = load(root / 'minimal/module.yaml', root, Vocabulary({}, frozenset(), {})); "
        "sys.exit(not isinstance(read, Module) or 'jsonschema' in sys.modules)"
    )
    arguments = [sys.executable, "-c", program, str(CASES / "positive")]
    subprocess.run(
        arguments, check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )
