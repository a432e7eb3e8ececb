"""No condition of the guard is without its test, and the table names tests that exist."""

from __future__ import annotations

import re

from e2e.tree import ROOT

TESTS = ROOT / "tests"
TABLE = TESTS / "must_withstand.md"


def _text_of(pattern: str) -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in TESTS.glob(pattern))


def test_every_condition_of_the_guard_has_a_case() -> None:
    guard = ROOT / "src" / "pytest_platform" / "change" / "guard.py"
    codes = set(re.findall(r'"(guard\.\w+|stale-plan)"', guard.read_text(encoding="utf-8")))
    assert len(codes) >= 20
    tested = set(re.findall(r"\b(?:guard\.\w+|stale-plan)\b", _text_of("e2e/test_apply_*.py")))
    assert codes <= tested


def test_the_table_names_tests_that_exist() -> None:
    text = TABLE.read_text(encoding="utf-8")
    named = set(re.findall(r"\btest_\w+(?!\.py)\b", re.sub(r"\w+\.py", "", text)))
    defined = set(re.findall(r"^def (test_\w+)", _text_of("e2e/test_apply_*.py"), re.MULTILINE))
    assert named
    assert named <= defined


def test_the_table_names_cases_that_exist() -> None:
    text, tests = TABLE.read_text(encoding="utf-8"), _text_of("e2e/test_apply_*.py")
    cases = re.findall(r"\[([^\]]+)\]", text)
    assert cases
    assert [
        case for case in cases if f'"{case}"' not in tests and f"def {case}(" not in tests
    ] == []
