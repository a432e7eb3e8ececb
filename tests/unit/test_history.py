"""The history: what is kept, what is refused, and that it is whole whatever happens."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from documents import Json, check, document, everything, hostile, module
from pytest_platform.cli import main
from pytest_platform.errors import PlatformError
from pytest_platform.report.document import Document, read
from pytest_platform.report.history import KEPT, History
from pytest_platform.report.past import PastRun

NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="a disk is mounted, which needs root")


def run(created: float, *modules: Json, **more: Any) -> Document:
    """Make the document of a run."""
    return read({**document(*(modules or (module("web"),)), **more), "created": created})


def kept(path: Path) -> list[tuple[Any, ...]]:
    """Return all that a history holds of modules."""
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT module, verdict FROM result ORDER BY run").fetchall()


@pytest.fixture
def history(tmp_path: Path) -> History:
    """Make a new history that waits for nobody."""
    made = History(tmp_path / "some folder" / "100% history?#.sqlite", 0.05)
    made.prepare()
    return made


def test_runs_are_told_in_their_order(history: History) -> None:
    bad = module("web", check("failed", seconds=2.5), verdict="failed")
    for created, modules in ((1.0, module("web")), (3.0, bad), (2.0, module("web"))):
        history.add(run(created, modules))
    assert history.before(run(4.0, module("web"), module("new"))) == {
        "web": [
            PastRun(1.0, "passed", 0.25),
            PastRun(2.0, "passed", 0.25),
            PastRun(3.0, "failed", 2.5),
            PastRun(4.0, "passed", 0.25),
        ],
        "new": [PastRun(4.0, "passed", 0.25)],
    }


def test_a_run_that_is_in_it_is_told_once_and_later_ones_are_not(history: History) -> None:
    for created in (1.0, 2.0, 3.0):
        history.add(run(created))
    assert [one.created for one in history.before(run(2.0))["web"]] == [1.0, 2.0]


def test_runs_of_another_kind_say_nothing(history: History) -> None:
    history.add(run(1.0, remote_mode="skip"))
    history.add(run(2.0, stack="ephemeral"))
    history.add(run(3.0))
    assert [one.created for one in history.before(run(4.0))["web"]] == [3.0, 4.0]
    assert [one.created for one in history.before(run(4.0, remote_mode="ssh"))["web"]] == [3.0, 4.0]


def test_a_run_without_checks_is_none(history: History) -> None:
    error = {"code": "platform.usage", "message": "no such module"}
    section: Json = {"schema": 1, "remote_mode": None, "stack": None, "modules": [], "error": error}
    history.add(read({"exitcode": 4, "platform": section}))
    unreached = {**module("web"), "checks": []}
    history.add(run(1.0, unreached))
    assert not kept(history.path)


def test_the_oldest_runs_are_dropped(history: History) -> None:
    history.add(run(0.5, module("seldom")))
    for created in range(KEPT + 5):
        history.add(run(float(created)))
    assert len(kept(history.path)) == KEPT + 1
    assert len(history.before(run(9999.0))["web"]) == KEPT + 1
    assert history.before(run(9999.0, module("seldom")))["seldom"][0].created == 0.5
    with closing(sqlite3.connect(history.path)) as database:
        (runs,) = database.execute("SELECT count(*) FROM run").fetchone()
    assert runs == KEPT + 1


def test_ten_thousand_runs_are_pruned_at_once(history: History) -> None:
    """Counted in steps of SQLite's machine, which do not depend on the busy one below it."""
    names = [f"m{one}" for one in range(20)]
    with closing(sqlite3.connect(history.path)) as database, database:
        database.executemany("INSERT INTO run VALUES (?, ?)", ((one, one) for one in range(10_000)))
        database.executemany(
            "INSERT INTO result VALUES ('deployed', ?, ?, 'passed', 1)",
            ((name, one) for one in range(10_000) for name in names),
        )
    history.prepare()
    now = run(20_000.0, *map(module, names))
    assert {len(one) for one in history.before(now).values()} == {KEPT + 1}
    history.add(now)
    assert len(kept(history.path)) == KEPT * len(names)
    history.add(run(20_001.0, *map(module, names)))
    assert len(kept(history.path)) == KEPT * len(names)


def test_names_are_only_names(history: History) -> None:
    made = read(hostile())
    history.add(made)
    assert len(kept(history.path)) == len(made.platform.modules)
    odd = run(1.0, module("a\udcffb"))
    history.add(odd)
    assert len(history.before(run(2.0, module("a\udcffb")))["a\udcffb"]) == 2


def test_no_text_of_a_finding_is_kept(history: History) -> None:
    bad = module("web", check("failed", "a sentinel-7Hq"), verdict="failed")
    history.add(run(1.0, bad))
    assert b"sentinel-7Hq" not in history.path.read_bytes()


def test_runs_at_the_same_time_are_all_kept(history: History) -> None:
    patient = History(history.path, 60.0)
    threads = [
        threading.Thread(target=patient.add, args=(run(float(one)),)) for one in range(1, 17)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(kept(history.path)) == 16


def test_a_process_that_dies_leaves_a_whole_history(history: History) -> None:
    """It dies between two statements of its transaction, its journal beside the file."""
    history.add(run(1.0))
    dies = (
        "import os, sqlite3, sys\n"
        "database = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "database.execute('PRAGMA cache_size = 1')\n"
        "database.execute('BEGIN IMMEDIATE')\n"
        "for one in range(100, 5000):\n"
        "    database.execute('INSERT INTO run VALUES (?, 1)', (one,))\n"
        "os._exit(9)\n"
    )
    done = subprocess.run([sys.executable, "-c", dies, history.path], check=False)
    assert done.returncode == 9
    assert Path(f"{history.path}-journal").stat().st_size
    history.prepare()
    history.add(run(2.0))
    assert [one.created for one in history.before(run(3.0))["web"]] == [1.0, 2.0, 3.0]


def refused(history: History) -> PlatformError:
    """Return what is said where a run is to begin."""
    with pytest.raises(PlatformError) as caught:
        history.prepare()
    assert "\n" not in str(caught.value)
    assert str(history.path) in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    "content",
    [b"no database at all\n" * 9, b"SQLite format 3\x00" + b"\xff" * 4096, b"x"],
    ids=["text", "header", "one byte"],
)
def test_what_is_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "history.sqlite"
    path.write_bytes(content)
    assert refused(History(path)).code == "history.unreadable"
    assert path.read_bytes() == content


@pytest.mark.parametrize("where", ["cut", "overwritten"])
def test_a_damaged_history(history: History, where: str) -> None:
    for created in range(150):
        history.add(run(float(created), *(module(f"module-{one}") for one in range(5))))
    data = history.path.read_bytes()
    half = len(data) // 2
    history.path.write_bytes(data[:half] if where == "cut" else data[:4096] + b"\x07" * half)
    damaged = history.path.read_bytes()
    assert refused(history).code == "history.unreadable"
    assert history.path.read_bytes() == damaged


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs.sqlite"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE run (id)")
    before = path.read_bytes()
    assert refused(History(path)).code == "history.unreadable"
    assert path.read_bytes() == before


def test_a_history_whose_tables_are_gone(history: History) -> None:
    with closing(sqlite3.connect(history.path)) as database, database:
        database.execute("DROP TABLE result")
    with pytest.raises(PlatformError) as caught:
        history.before(run(1.0))
    assert caught.value.code == "history.unreadable"


@pytest.mark.parametrize("version", [0, 2, 99])
def test_another_version_is_left_alone(history: History, version: int) -> None:
    history.add(run(1.0))
    with closing(sqlite3.connect(history.path)) as database:
        database.execute(f"PRAGMA user_version = {version}")
    before = history.path.read_bytes()
    error = refused(history)
    assert error.code == "history.version"
    assert f"its version is {version}" in str(error)
    assert history.path.read_bytes() == before


@pytest.mark.parametrize("how", ["IMMEDIATE", "EXCLUSIVE"])
def test_a_locked_history(history: History, how: str) -> None:
    history.add(run(1.0))
    with closing(sqlite3.connect(history.path, isolation_level=None)) as other:
        other.execute(f"BEGIN {how}")
        assert refused(history).code == "history.locked"
        with pytest.raises(PlatformError) as caught:
            history.add(run(2.0))
        assert caught.value.code == "history.locked"
    history.add(run(2.0))
    assert len(kept(history.path)) == 2


@pytest.mark.parametrize("name", ["a folder", "pipe", "/dev/null", "/proc/history", "file/x"])
def test_what_cannot_be_a_history(tmp_path: Path, name: str) -> None:
    (tmp_path / "a folder").mkdir()
    (tmp_path / "file").write_text("x", encoding="utf-8")
    os.mkfifo(tmp_path / "pipe")
    assert refused(History(tmp_path / name)).code == "history.unwritable"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """Mount a small disk."""
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


def fill(folder: Path) -> None:
    """Leave no room on a disk."""
    with (folder / "x").open("wb", 0) as stream, suppress(OSError):
        while True:
            stream.write(bytes(4096))


@NEEDS_ROOT
def test_a_full_disk_is_refused_first(small: Path) -> None:
    fill(small)
    error = refused(History(small / "history.sqlite"))
    assert error.code == "history.unwritable"
    assert "No space left on device" in str(error)


@NEEDS_ROOT
def test_a_disk_that_gets_full_leaves_a_whole_history(small: Path) -> None:
    history = History(small / "history.sqlite", 0.05)
    history.prepare()
    history.add(run(1.0))
    fill(small)
    many = [module(f"a module with a long name {one}") for one in range(300)]
    with pytest.raises(PlatformError, match="full") as caught:
        history.add(run(2.0, *many))
    assert caught.value.code == "history.unwritable"
    assert [one.created for one in history.before(run(3.0))["web"]] == [1.0, 3.0]
    (small / "x").unlink()
    history.prepare()
    assert kept(history.path) == [("web", "passed")]


def _command(tmp_path: Path, *more: str) -> int:
    file = tmp_path / "report.json"
    file.write_text(json.dumps(everything()), encoding="utf-8")
    return main(["report", "html", str(file), *more])


def test_the_command_shows_a_history(history: History, tmp_path: Path, capsys: Any) -> None:
    history.add(run(1.0))
    assert _command(tmp_path, "--platform-history", str(history.path)) == 0
    assert 'class="strip"' in capsys.readouterr().out
    assert _command(tmp_path) == 0
    assert 'class="strip"' not in capsys.readouterr().out


def test_the_command_makes_no_history(tmp_path: Path, capsys: Any) -> None:
    missing = tmp_path / "missing.sqlite"
    assert _command(tmp_path, "--platform-history", str(missing)) == 1
    said = capsys.readouterr()
    assert not said.out
    assert "[history.unreadable]" in said.err
    assert said.err.count("\n") == 1
    assert not missing.exists()


def test_a_format_that_shows_no_history_says_so(history: History, capsys: Any) -> None:
    assert main(["report", "table", "x.json", "--platform-history", str(history.path)]) == 1
    assert "the format 'table' shows none" in capsys.readouterr().err
