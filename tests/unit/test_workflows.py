"""The workflows of this repository: well formed, safe, and the same on both forges.

Bad examples are in ``tests/cases/workflows``. Those in ``rules`` are named after the rules
that they break: ``env+run-input.yaml`` breaks ``env`` and ``run``, and no other.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from workflow_rules import RULES, broken

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "cases" / "workflows"
GITHUB = sorted((ROOT / ".github" / "workflows").iterdir())
FORGEJO = sorted((ROOT / ".forgejo" / "workflows").iterdir())
DIFFERENCES = {
    # GitHub's own refuses other servers; Forgejo's is the same without that question.
    "actions/upload-artifact@b7c566a772e6b6bfb58ed0dc250532a479d7789f # v6.0.0": (
        "forgejo/upload-artifact@16871d9e8cfcf27ff31822cac382bbb5450f1e1e # v4.3.1"
    ),
}
"""All in which the files for Forgejo differ. README tells it."""


def name(file: Path) -> str:
    """Name a file for people."""
    return f"{file.parent.parent.name}-{file.stem}"


def lint(files: Sequence[Path]) -> subprocess.CompletedProcess[str]:
    """Check files against the schema that the linter has brought along."""
    argv = ["check_jsonschema", "--builtin-schema", "vendor.github-workflows", "--color=never"]
    named = map(str, files)
    return subprocess.run(
        [sys.executable, "-m", *argv, *named], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("file", [*GITHUB, *FORGEJO], ids=name)
def test_ours_are_safe(file: Path) -> None:
    assert broken(file.read_text(encoding="utf-8")) == []


def test_ours_are_well_formed() -> None:
    """Forgejo's syntax is that of GitHub where these files are concerned."""
    done = lint([*GITHUB, *FORGEJO])
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("file", sorted((CASES / "good").iterdir()), ids=lambda file: file.stem)
def test_good_examples(file: Path) -> None:
    assert broken(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("file", sorted((CASES / "rules").iterdir()), ids=lambda file: file.stem)
def test_bad_examples(file: Path) -> None:
    expected = sorted(file.stem.partition("-")[0].split("+"))
    assert broken(file.read_text(encoding="utf-8")) == expected


def test_every_rule_has_an_example() -> None:
    shown = {rule for file in (CASES / "rules").iterdir() for rule in broken(file.read_text())}
    assert shown == set(RULES)


def test_the_schema_finds_what_is_malformed() -> None:
    files = sorted((CASES / "schema").iterdir())
    done = lint(files)
    assert done.returncode == 1, done.stdout
    assert [file.name for file in files if f"{file}::" not in done.stdout] == []


def test_both_forges_run_the_same() -> None:
    assert [file.name for file in FORGEJO] == [file.name for file in GITHUB]
    for github, forgejo in zip(GITHUB, FORGEJO, strict=True):
        text = github.read_text(encoding="utf-8")
        for ours, theirs in DIFFERENCES.items():
            assert ours in text, f"{github.name} has no {ours} any more"
            text = text.replace(ours, theirs)
        assert forgejo.read_text(encoding="utf-8") == text, forgejo.name
