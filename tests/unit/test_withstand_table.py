"""The tables of what must be withstood name tests and cases that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
TABLE = TESTS / "must_withstand.md"
NAMED = re.compile(
    r"`(?:(?P<file>[\w/]+\.py)(?:::)?)?(?P<test>test_\w+)?(?:\[(?P<case>[^\]]+)\])?`"
)


def named() -> Iterator[tuple[str, str, str]]:
    """Yield file, test and case as the rows name them; what is left out is as before it."""
    file, test = "", ""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    for line in (line for line in lines if line.startswith("|")):
        for found in NAMED.finditer(line.rpartition(" | ")[2]):
            file, test = found["file"] or file, found["test"] or test
            yield file, test if found["test"] or found["case"] else "", found["case"] or ""


ROWS = sorted(set(named()))


def test_there_are_some() -> None:
    assert len(ROWS) > 100


@pytest.mark.parametrize(("file", "test", "case"), ROWS)
def test_it_exists(file: str, test: str, case: str) -> None:
    text = (TESTS / file).read_text(encoding="utf-8")
    assert f"def {test}(" in text or not test
    assert not case or _is_word_of(case, text) or _is_file(case)


def _is_word_of(case: str, text: str) -> bool:
    parts = [case, *case.split("-")[:1]]
    return any(re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text) for part in parts)


def _is_file(case: str) -> bool:
    kind, _, name = case.replace("/", "-", 1).partition("-")
    files = [*(TESTS / "cases").rglob(f"{name}.*"), *(TESTS / "cases").rglob(f"{case}.*")]
    return any(kind in path.parts or path.stem == case for path in files)
