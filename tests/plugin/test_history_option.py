"""``--platform-history``: kept by runs, shown by the page, refused before a test runs."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from plugin.project import Project

FAST = ("-k", "schema")
DEFAULT = ".pytest_platform/history.sqlite"


def _runs(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        count: int = database.execute("SELECT count(*) FROM result").fetchone()[0]
    return count


def test_runs_are_kept_and_shown(project: Project) -> None:
    """Bare, it takes no word that follows it; workers add nothing of their own."""
    first = project.pytest("--platform-history", "modules", *FAST)
    assert first.code == 0, str(first)
    second = project.pytest(*FAST, "--platform-history", "-n", "2", "--platform-report=html=p.html")
    assert second.code == 0, str(second)
    assert _runs(project.root / DEFAULT) == 2
    assert "last 2 runs: 2 unverified" in (project.root / "p.html").read_text(encoding="utf-8")


def test_the_ini_file_names_a_history_and_the_command_line_another(project: Project) -> None:
    project.file("pytest.ini", "[pytest]\nplatform_history = kept/h.sqlite\n")
    folder = project.root / "modules"
    assert project.pytest(*FAST, cwd="modules").code == 0
    assert _runs(project.root / "kept/h.sqlite") == 1
    assert project.pytest(*FAST, "--platform-history=mine.sqlite", cwd="modules").code == 0
    assert _runs(folder / "mine.sqlite") == 1
    assert _runs(project.root / "kept/h.sqlite") == 1


def test_listing_tests_is_no_run(project: Project) -> None:
    assert project.pytest("--collect-only", "--platform-history").code == 0
    assert not _runs(project.root / DEFAULT)


def test_runs_at_the_same_time(project: Project) -> None:
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda _: project.pytest(*FAST, "--platform-history"), range(4)))
    assert {one.code for one in outcomes} == {0}, "\n".join(map(str, outcomes))
    assert _runs(project.root / DEFAULT) == 4


@pytest.mark.parametrize(
    ("path", "code"),
    [("modules", "history.unwritable"), ("no.sqlite", "history.unreadable")],
)
@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["alone", "workers"])
def test_what_cannot_be_used_is_refused_first(
    project: Project, path: str, code: str, more: tuple[str, ...]
) -> None:
    project.file("no.sqlite", "no database\n" * 100)
    outcome = project.pytest(*FAST, f"--platform-history={path}", *more)
    assert outcome.code == 4, str(outcome)
    assert f"[{code}]" in outcome.stderr
    assert "passed" not in outcome.stdout
    assert "Traceback" not in outcome.stderr


def test_json_on_stdout_says_what_was_refused(project: Project) -> None:
    outcome = project.pytest(*FAST, "--json", "--platform-history=modules")
    assert outcome.code == 4, str(outcome)
    assert "the history cannot be written" in outcome.error["message"]


def test_reports_are_written_where_the_history_cannot_be(project: Project) -> None:
    """It becomes a folder while the tests run."""
    project.file(
        "conftest.py",
        "import pathlib, pytest\n"
        "def pytest_sessionfinish():\n"
        "    path = pathlib.Path('h.sqlite')\n"
        "    path.unlink()\n"
        "    path.mkdir()\n",
    )
    outcome = project.pytest(*FAST, "--platform-history=h.sqlite", "--platform-report=html=p.html")
    assert outcome.code == 4, str(outcome)
    assert "[history.un" in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert (project.root / "p.html").stat().st_size
