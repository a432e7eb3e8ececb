"""The catalogue of codes holds every code that the source uses, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_platform.cli import COMMANDS, explain, main
from pytest_platform.codes import GROUPS, catalogue

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "pytest_platform"
PREFIXES = {code.partition(".")[0] for code in catalogue() if "." in code}
CODE = re.compile(rf"(?:{'|'.join(sorted(PREFIXES))})(?:\.[a-z][a-z0-9_]*)+")
FILES = re.compile(r".*\.(?:json|md|ya?ml|toml|env|sh)")


def _literals() -> Iterator[str]:
    """Yield every string of the source, but for docstrings of files with several lines."""
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_every_code_of_the_source_is_documented() -> None:
    used = {text for text in _literals() if CODE.fullmatch(text) and not FILES.fullmatch(text)}
    missing = sorted(used - catalogue().keys())
    assert not missing, "describe them in src/pytest_platform/codes/"


def test_every_documented_code_is_used() -> None:
    unused = sorted(catalogue().keys() - set(_literals()))
    assert not unused, "remove them from src/pytest_platform/codes/"


def test_every_group_is_a_file() -> None:
    files = {file.stem for file in (SOURCE / "codes").glob("*.toml")}
    assert files == set(GROUPS)
    assert {entry.group for entry in catalogue().values()} == files


@pytest.mark.parametrize("code", catalogue())
def test_an_entry_is_written_in_sentences(code: str) -> None:
    entry = catalogue()[code]
    assert not entry.title.endswith(".")
    for text in (entry.means, entry.do, *([entry.why] if entry.why else [])):
        assert text == text.strip()
        assert text.endswith((".", "`."))


def test_the_committed_page_is_the_generated_one() -> None:
    committed = (ROOT / "docs" / "codes.md").read_text(encoding="utf-8")
    assert committed == explain.page(), (
        "python -m pytest_platform explain --markdown >docs/codes.md"
    )


def test_a_code_is_explained_within_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "contract.command_shape"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "contract.command_shape: The shell does not get the script"
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("What to do: ") for line in lines)


def test_an_unknown_code_gets_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "container.mising"]) == 1
    assert "did you mean 'container.missing'?" in capsys.readouterr().err


def test_all_codes_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[0] for line in listed] == list(catalogue())


@pytest.mark.parametrize("words", [[], ["shema"], ["schema", "--no-such"], ["explain", "a", "b"]])
def test_wrong_arguments_exit_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert "usage: pytest-platform" in capsys.readouterr().err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([name, "--help"])
    assert not caught.value.code
    assert f"usage: pytest-platform {name}" in capsys.readouterr().out
