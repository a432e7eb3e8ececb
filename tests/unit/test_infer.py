"""What a service is expected to do, from the Compose project alone: one file per case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_platform.module.infer import data_of, infer

CASES = Path(__file__).parents[1] / "cases"


def _read(path: Path) -> dict[str, Any]:
    case: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return case


@pytest.mark.parametrize("file", sorted((CASES / "infer").glob("*.yaml")), ids=lambda one: one.stem)
def test_expected_state(file: Path) -> None:
    case = _read(file)
    found = infer(case["service"], case["services"])
    said = found.state.value if found.decided else "undecided"
    assert (said, found.reason) == (case["expected"], case["reason"])


@pytest.mark.parametrize(
    "file", sorted((CASES / "infer_data").glob("*.yaml")), ids=lambda one: one.stem
)
def test_state_class(file: Path) -> None:
    case = _read(file)
    name, services = case["service"], case["services"]
    found = data_of(name, services, infer(name, services))
    assert (found.class_.value, found.owner) == (case["class"], case.get("owner"))
    assert found.reason == case["reason"]
