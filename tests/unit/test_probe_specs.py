"""Probes that cannot be meant so are refused when the file is read, in words.

Every file in ``tests/cases/probe/refused`` is a probe and a part of what is said of it.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from pytest_platform.checks.registry import vocabulary
from pytest_platform.module.diagnosis import diagnose
from pytest_platform.module.examples import ONE_SHOT
from pytest_platform.module.loader import shaped
from pytest_platform.module.places import ModuleSource
from pytest_platform.module.probes import ProbeRefused
from pytest_platform.module.source import parse

CASES = Path(__file__).parents[1] / "cases" / "probe"
FILES = sorted((CASES / "refused").glob("*.yaml"))
KINDS = vocabulary().kinds


def source_of(probe: dict[str, Any]) -> ModuleSource:
    data = copy.deepcopy(parse(ONE_SHOT, "module.yaml").data)
    data["spec"]["smoke"] = [{"name": "it", **probe}]
    return ModuleSource("module.yaml", "", data)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_is_refused(file: Path) -> None:
    case = parse(file.read_text(encoding="utf-8"), file.name).data
    source = source_of(case["probe"])
    with pytest.raises(ProbeRefused):
        shaped(source, KINDS)
    (problem,) = diagnose(source, KINDS)
    assert case["message"] in problem.message
    assert "\n" not in problem.message
