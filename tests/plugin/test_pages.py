"""The documentation: it builds, its links lead somewhere, and its examples work."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from page_yaml import problems
from pages import (
    DOCS,
    ROOT,
    TOOLS,
    Block,
    Story,
    blocks,
    commands,
    hand_written,
    has_commands,
    matches,
)
from plugin.project import Project, invalid

PAGES = hand_written()
BLOCKS = [block for page in PAGES for block in blocks(page)]
SHOWN = {"text"}
README_WORDS = 900


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def test_the_pages_build_without_a_warning(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet"]
    done = subprocess.run(
        [*build, "--builder", "html", "--doctree-dir", str(tmp_path / "trees"), DOCS, tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "index.html").is_file()


@pytest.mark.parametrize("script", ["generate.py", "figures.py"])
def test_what_is_generated_is_as_its_source_is(script: str) -> None:
    check = [sys.executable, str(DOCS / script), "--check"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_readme_is_short() -> None:
    words = (ROOT / "README.md").read_text(encoding="utf-8").split()
    assert len(words) <= README_WORDS


def test_the_readme_shows_the_first_minute() -> None:
    """The whole transcript is run by a test of its own; the README shows a part of it."""
    whole = (DOCS / "first-minute.txt").read_text(encoding="utf-8")
    shown = [one.text for one in blocks(ROOT / "README.md") if one.text.startswith("$ pytest")]
    assert len(shown) == 1
    assert matches(shown[0], whole)


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


OUTSIDE = ["README.md", "CONTRIBUTING.md", "GLOSSARY.md", "CHANGELOG.md"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_links_lead_somewhere(name: str) -> None:
    """Sphinx checks the links of its own pages; these are beside them."""
    text = re.sub(r"```.*?```", "", (ROOT / name).read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        found = ROOT / path if path else ROOT / name
        assert found.exists(), f"{name}: {target}"
        assert not anchor or anchor in _anchors(found), f"{name}: {target}"


def test_every_page_is_in_the_contents() -> None:
    """Sphinx refuses a page that no other lists; so none is hidden by an option instead."""
    orphans = [_name(page) for page in PAGES if ":orphan:" in page.read_text(encoding="utf-8")]
    assert orphans == []


@pytest.mark.parametrize("page", [*filter(has_commands, PAGES)], ids=_name)
def test_what_a_page_shows_works(page: Path, empty: Project, tmp_path: Path) -> None:
    Story(page, tmp_path / "story", empty.env).follow()


FILES = [block for block in BLOCKS if block.file]


@pytest.mark.parametrize("block", FILES, ids=lambda block: block.place)
def test_a_block_that_is_a_file_is_named_above_it(block: Block) -> None:
    """Neither Sphinx nor code hosts show the info string."""
    lines = block.page.read_text(encoding="utf-8").splitlines()
    above = " ".join(lines[max(0, block.line - 5) : block.line - 1])
    assert f"`{block.file}`" in above, f"{block.place}: {block.file}"


RULES = [block for block in BLOCKS if "prometheus" in block.words]


def test_there_are_rules_for_prometheus() -> None:
    assert RULES


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not here; Debian: prometheus")
@pytest.mark.parametrize("block", RULES, ids=lambda block: block.place)
def test_prometheus_takes_the_rules(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(block.text, encoding="utf-8")
    check = ["promtool", "check", "rules", str(file)]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "SUCCESS: 3 rules found" in done.stdout


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_no_block_is_left_unchecked(block: Block) -> None:
    if block.file or block.language in SHOWN or block.of_sphinx:
        return
    check = CHECKS.get(block.language)
    assert check, f"{block.place}: nothing checks '{block.language}': name a file or use text"
    check(block)


def _check_yaml(block: Block) -> None:
    found = problems(block)
    assert not found, f"{block.place}: {found}"


def _check_json(block: Block) -> None:
    found = invalid(json.loads(block.text))
    assert not found, f"{block.place}: {found}"


def _check_console(block: Block) -> None:
    assert set(block.words) <= {"engine", "fails", *TOOLS}, block.place
    assert list(commands(block.text)), f"{block.place}: no command; begin it with '$ '"


@cache
def _help() -> set[str]:
    """Return the options of pytest and of all plugins."""
    argv = [sys.executable, "-m", "pytest", "--help"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(re.findall(r"--[a-z-]+", done.stdout))


def _check_elsewhere(block: Block) -> None:
    """Commands that cannot run here are at least commands, with options that exist."""
    assert block.words == ("elsewhere",), f"{block.place}: make it a console block, which is run"
    parsed = subprocess.run(
        ["bash", "-n"], input=block.text, capture_output=True, text=True, check=False
    )
    assert parsed.returncode == 0, f"{block.place}: {parsed.stderr}"
    for line in block.text.replace("\\\n", " ").splitlines():
        if re.match(r"(\S+=\S+ )*pytest ", line):
            options = re.findall(r"(?<= )--[a-z-]+", line)
            unknown = [one for one in options if one not in _help()]
            assert not unknown, f"{block.place}: {unknown}"


CHECKS = {
    "yaml": _check_yaml,
    "json": _check_json,
    "console": _check_console,
    "sh": _check_elsewhere,
}


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("a\n...\nd", "a\nb\nc\nd\n", True),
        ("a\n...", "a\n", True),
        ("== 3 passed in 0.52s ==", "===== 3 passed in 11.90s =====", True),
        ("a ... c", "a b c", True),
        ("a\nb", "a", False),
        ("== 3 passed in 0.52s ==", "== 4 passed in 0.52s ==", False),
        ("a\n...\nd", "a\nb\n", False),
    ],
)
def test_the_comparison_can_fail(expected: str, printed: str, same: bool) -> None:
    assert matches(expected, printed) is same
