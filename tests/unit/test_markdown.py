"""A JSON document as Markdown: what a stranger's change has put into it is no markup."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from documents import HOSTILE, Json, check, document, module
from pytest_platform.cli import main
from pytest_platform.report.document import read
from pytest_platform.report.fit import one_line
from pytest_platform.report.formats.markdown import plain, render


def markdown(made: Json) -> str:
    """Return a document as Markdown."""
    return render(read(made))


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_is_markup(text: str) -> None:
    """Read by a Markdown parser, it is the text that it was."""
    tokens = MarkdownIt().parseInline(plain(text))
    children = (tokens[0].children if tokens else None) or []
    assert not text or children
    assert {one.type for one in children} <= {"text", "text_special"}, children
    assert "".join(one.content for one in children) == one_line(text)


def test_a_hostile_message_stays_in_its_line() -> None:
    told = markdown(document(module("web", check("failed", "\n".join(HOSTILE)), verdict="failed")))
    (line,) = (one for one in told.splitlines() if one.startswith("- "))
    assert line.startswith("- **web")
    assert "<script>" not in told


def test_the_block_of_the_table_cannot_be_left() -> None:
    told = markdown(document(module("```\n# heading"), module("web")))
    assert [line for line in told.splitlines() if line.startswith("```")] == ["```text", "```"]


def test_what_is_told() -> None:
    bad = module("web", check("failed"), check("error", "could not look"), verdict="error")
    told = markdown(document(bad, module("db", check("passed"))))
    rows = [line.split() for line in told.partition("```text")[2].partition("```")[0].splitlines()]
    assert ["web", "running", "not", "looked", "at", "-", "error", "error"] in rows
    assert ["db", "running", "not", "looked", "at", "-", "passed", "passed"] in rows
    assert told.count("\n- ") == 2
    assert "it is wrong" in told
    assert "could not look" in told


def test_many_failures_are_cut() -> None:
    told = markdown(document(module("web", *[check("failed")] * 70, verdict="failed")))
    assert told.count("it is wrong") == 50
    assert "- and 20 more" in told


def test_a_run_that_ended_early() -> None:
    told = markdown(document(error={"code": "platform.usage", "message": "no such module"}))
    assert "no such module" in told
    assert "```" not in told


def test_a_change_that_touches_nothing() -> None:
    told = markdown(document(changed_since={"ref": "main", "touched": []}))
    assert "Changed since main: no module" in told


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"platform": 1}', "no JSON", "\x00"])
def test_what_is_no_document(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "report.json"
    file.write_text(text, encoding="utf-8")
    assert main(["summary", str(file)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "[summary.unreadable]" in said.err


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "report.json"
    file.write_text(json.dumps(document(module("web"))), encoding="utf-8")
    assert main(["summary", str(file)]) == 0
    assert capsys.readouterr().out.startswith("### platform\n")
    assert main(["summary", str(tmp_path / "nowhere.json")]) == 1
