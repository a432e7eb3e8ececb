"""No condition of the guard is without its test."""

from __future__ import annotations

import re

from e2e.tree import ROOT

TESTS = ROOT / "tests"


def test_every_condition_of_the_guard_has_a_case() -> None:
    guard = ROOT / "src" / "pytest_platform" / "change" / "conditions.py"
    codes = set(re.findall(r'"(guard\.\w+|stale-plan)"', guard.read_text(encoding="utf-8")))
    assert len(codes) >= 20
    files = TESTS.glob("e2e/test_apply_*.py")
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    assert codes <= set(re.findall(r"\b(?:guard\.\w+|stale-plan)\b", text))
