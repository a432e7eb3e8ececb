"""The history: verdict and duration of each module in the last runs, in one SQLite file.

It holds names, verdicts and seconds, and no text of a finding. A run is written in one
transaction, so that runs at the same time, and a process that dies, leave a whole history.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from msgspec import UNSET, Struct

from pytest_platform.errors import PlatformError
from pytest_platform.output import Output
from pytest_platform.report.document import Document
from pytest_platform.report.module_report import ModuleReport
from pytest_platform.report.past import PastRun

KEPT: Final = 200
"""Runs of each module that are kept; people are shown fewer."""
_APPLICATION: Final = 0x70706C68
"""What SQLite's header says of the file: that it is a history of ours."""
_VERSION: Final = 1
_MAGIC: Final = b"SQLite format 3\0"
_TABLES: Final = (
    "CREATE TABLE run (id INTEGER PRIMARY KEY, created REAL NOT NULL)",
    """CREATE TABLE result (kind TEXT, module TEXT, run INTEGER, verdict TEXT NOT NULL,
    seconds REAL NOT NULL, PRIMARY KEY (kind, module, run)) WITHOUT ROWID""",
    "CREATE INDEX result_run ON result (run)",
    f"PRAGMA application_id = {_APPLICATION}",
    f"PRAGMA user_version = {_VERSION}",
)
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_BROKEN: Final = frozenset(
    {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH}
)


class HistoryUnwritable(PlatformError):
    """The history cannot be written: no permission, no room, no such place."""

    code = "history.unwritable"


class HistoryUnreadable(PlatformError):
    """There is no history, it is damaged, or the file is something else."""

    code = "history.unreadable"


class HistoryLocked(PlatformError):
    """Another process has held the history for longer than we wait."""

    code = "history.locked"


class HistoryVersion(PlatformError):
    """The history was written by another version of this package."""

    code = "history.version"


class History(Struct, frozen=True):
    """One history. ``patience`` is for how many seconds it waits where it is locked."""

    path: Path
    patience: float = 20.0

    def prepare(self) -> None:
        """Find out before anything is tested that a run can be added; make the file, if need be.

        Raises:
            HistoryUnwritable, HistoryUnreadable, HistoryLocked, HistoryVersion: it cannot.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            target = Output.prepare(self.path)
        except OSError as error:
            raise HistoryUnwritable(self._cannot(error.strerror)) from None
        if target.descriptor is not None:
            target.close()
            raise HistoryUnwritable(self._cannot("it is no regular file"))
        if not _MAGIC.startswith(_beginning(self.path)):
            raise HistoryUnreadable(f"{self.path}: it is no history; name another file")
        with self._opened() as database, _changed(database):
            self._check(database, new=_is_empty(database))
            said = database.execute("PRAGMA quick_check(1)").fetchone()[0]
            if said != "ok":
                raise sqlite3.DatabaseError(said)

    def add(self, document: Document) -> None:
        """Add a run, and drop the oldest ones of its modules. One without checks adds nothing.

        Raises:
            HistoryUnwritable, HistoryUnreadable, HistoryLocked, HistoryVersion: it cannot.
        """
        modules = [one for one in document.platform.modules if one.checks]
        if not modules or document.created is UNSET:
            return
        kind = _kind(document)
        with self._opened() as database, _changed(database):
            self._check(database, new=_is_empty(database))
            insert = "INSERT INTO run (created) VALUES (?)"
            run = database.execute(insert, (document.created,)).lastrowid
            database.executemany(
                "INSERT OR IGNORE INTO result VALUES (?, ?, ?, ?, ?)",
                [(kind, _name(one), run, one.verdict, _seconds(one)) for one in modules],
            )
            _prune(database, [(kind, _name(one), kind, _name(one), KEPT) for one in modules])

    def before(self, document: Document) -> dict[str, list[PastRun]]:
        """Return the runs of each module up to this one, which is the last of them.

        Raises:
            HistoryUnreadable, HistoryLocked, HistoryVersion: it cannot be read.
        """
        kind = _kind(document)
        created = 0.0 if document.created is UNSET else document.created
        past: dict[str, list[PastRun]] = {}
        with self._opened("ro") as database:
            self._check(database)
            for module in document.platform.modules:
                rows = database.execute(
                    "SELECT created, verdict, seconds FROM result JOIN run ON id = run WHERE "
                    "kind = ? AND module = ? AND created < ? ORDER BY run DESC LIMIT ?",
                    (kind, _name(module), created, KEPT),
                )
                earlier = sorted((PastRun(*row) for row in rows), key=_created)
                now = PastRun(created, module.verdict, _seconds(module))
                past[module.name] = [*earlier, now]
        return past

    @contextmanager
    def _opened(self, mode: str = "rwc") -> Iterator[sqlite3.Connection]:
        """Open the file, and say of what SQLite refuses what people can do about it."""
        address = f"{Path(os.path.abspath(self.path)).as_uri()}?mode={mode}"  # noqa: PTH100 - links stay
        try:
            with closing(
                sqlite3.connect(address, timeout=self.patience, isolation_level=None, uri=True)
            ) as database:
                yield database
        except sqlite3.Error as error:
            raise self._refused(error, mode) from None

    def _refused(self, error: sqlite3.Error, mode: str) -> PlatformError:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in _BUSY:
            waited = f"for {self.patience:g} s another process has had it locked"
            return HistoryLocked(f"{self.path}: {waited}; end that process, or name another file")
        if code in _BROKEN:
            return HistoryUnreadable(
                f"{self.path}: it is damaged, or no history ({error}); move it away, and the next "
                "run begins a new one"
            )
        if mode == "ro":
            return HistoryUnreadable(f"{self.path}: the history cannot be read: {error}")
        return HistoryUnwritable(self._cannot(str(error)))

    def _check(self, database: sqlite3.Connection, *, new: bool = False) -> None:
        for statement in _TABLES if new else ():
            database.execute(statement)
        application = database.execute("PRAGMA application_id").fetchone()[0]
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if application != _APPLICATION:
            raise HistoryUnreadable(
                f"{self.path}: it is a database of something else; name another file"
            )
        if version != _VERSION:
            raise HistoryVersion(
                f"{self.path}: its version is {version}, and this package writes {_VERSION}; use "
                "the package that wrote it, or name another file"
            )

    def _cannot(self, reason: str | None) -> str:
        return f"{self.path}: the history cannot be written: {reason}"


@contextmanager
def _changed(database: sqlite3.Connection) -> Iterator[None]:
    """Do all of a block, or nothing of it, alone."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        # A full disk has rolled it back already.
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def _beginning(path: Path) -> bytes:
    """Return what a file begins with: SQLite would overwrite one that is smaller than a page."""
    try:
        with path.open("rb") as stream:
            return stream.read(len(_MAGIC))
    except OSError:
        return b""


def _is_empty(database: sqlite3.Connection) -> bool:
    return bool(database.execute("SELECT count(*) = 0 FROM sqlite_master").fetchone()[0])


def _prune(database: sqlite3.Connection, modules: list[tuple[str, str, str, str, int]]) -> None:
    database.executemany(
        "DELETE FROM result WHERE kind = ? AND module = ? AND run <= (SELECT run FROM result "
        "WHERE kind = ? AND module = ? ORDER BY run DESC LIMIT 1 OFFSET ?)",
        modules,
    )
    database.execute(
        "DELETE FROM run WHERE NOT EXISTS (SELECT 1 FROM result WHERE result.run = run.id)"
    )


def _kind(document: Document) -> str:
    """Return what a run looked at: runs of different kinds say nothing of each other."""
    section = document.platform
    return "files" if section.remote_mode in {None, "skip"} else section.stack or "deployed"


def _name(module: ModuleReport) -> str:
    """Return the name as SQLite takes it: a name of a file may hold bytes that are no UTF-8."""
    return module.name.encode(errors="backslashreplace").decode()


def _seconds(module: ModuleReport) -> float:
    return sum(check.seconds for check in module.checks)


def _created(run: PastRun) -> float:
    return run.created
