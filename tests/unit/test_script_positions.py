"""Findings about a script point at its own line and column, on cases that are data.

In the files of a case, ``«`` marks each place that is to be found; it is taken out before the
files are judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_platform.checks.contract.facts import Facts
from pytest_platform.checks.registry import CONTRACT, vocabulary
from pytest_platform.compose.renderer import Renderer
from pytest_platform.hosts.transport import Local
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Module

CASES = sorted((Path(__file__).resolve().parents[1] / "cases" / "script_positions").glob("*.yaml"))
MARK = "«"
MODULE = """\
apiVersion: platform/v2
kind: Module
metadata: {name: app, summary: A part., owner: platform}
spec:
  runtime:
    compose: {files: [compose.yaml], project: cases, service: app}
    expected_state: exited-success
  state: {class: sidecar, owner: store, backup_ref_modules: [store]}
"""


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(Local())


def marks(name: str, text: str) -> Iterator[str]:
    """Yield the marked places; each mark is gone before the next one is looked for."""
    while (at := text.find(MARK)) >= 0:
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        yield f"modules/app/{name}:{line}:{column}"
        text = text.replace(MARK, "", 1)


def lay_out(root: Path, files: dict[str, str]) -> None:
    for name, text in {"module.yaml": MODULE, **files}.items():
        file = root / "modules" / "app" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace(MARK, ""), encoding="utf-8", newline="")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_it_points_there(case: Path, tmp_path: Path, renderer: Renderer) -> None:
    told: dict[str, Any] = yaml.safe_load(case.read_text(encoding="utf-8"))
    lay_out(tmp_path, told["files"])
    catalog = Catalog(tmp_path / "modules", tmp_path, vocabulary())
    module = catalog.get("app")
    assert isinstance(module, Module)
    facts = Facts(module, catalog, renderer, date(2026, 6, 15))
    found = [facts.placed(one) for one in CONTRACT[f"contract.{told['check']}"](facts)]
    expected = [place for name, text in told["files"].items() for place in marks(name, text)]
    assert expected, "a case marks at least one place"
    assert [str(one.location) for one in found] == expected, [one.message for one in found]


def test_a_case_says_why() -> None:
    assert CASES
    assert all(case.read_text(encoding="utf-8").startswith("# ") for case in CASES)
