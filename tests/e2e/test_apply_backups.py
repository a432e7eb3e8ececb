"""Backups that do not do. Each is refused with its reason, and the Engine sees only reading."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from e2e.applying import Stack, failed_job, mutating, refused
from e2e.backups import checksum, good_backup, name_of
from e2e.conftest import NewProject
from e2e.proxy import Proxy
from e2e.tree import finish

pytestmark = pytest.mark.e2e

NOW = datetime.now(UTC)
_DROP = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
WITHOUT_RIGHTS = _DROP if os.geteuid() == 0 else ()


def a_link_out(folder: Path) -> Path:
    outside = good_backup(folder.parents[1] / "outside" / folder.name, "store")
    (folder / outside.name).symlink_to(outside)
    return folder / outside.name


def a_path_out(folder: Path) -> Path:
    outside = good_backup(folder.parents[1] / "outside" / folder.name, "store")
    return folder / ".." / ".." / "outside" / folder.name / outside.name


def a_folder(folder: Path) -> Path:
    (folder / name_of("store")).mkdir()
    return folder / name_of("store")


def empty(folder: Path) -> Path:
    (folder / name_of("store")).touch()
    return folder / name_of("store")


def truncated(folder: Path) -> Path:
    path = good_backup(folder, "store")
    path.write_bytes(path.read_bytes()[:-4000])
    return path


def tampered(folder: Path) -> Path:
    path = good_backup(folder, "store")
    checksum(path)
    good_backup(folder, "store", NOW - timedelta(minutes=20)).replace(path)
    return path


def from_the_future(folder: Path) -> Path:
    return good_backup(folder, "store", NOW + timedelta(days=1))


def too_old(folder: Path) -> Path:
    return good_backup(folder, "store", NOW - timedelta(days=8))


def old_under_a_new_name(folder: Path) -> Path:
    path = good_backup(folder, "store")
    old = (NOW - timedelta(days=8)).timestamp()
    os.utime(path, (old, old))
    return path


def of_another_module(folder: Path) -> Path:
    return good_backup(folder, "job")


def with_another_extension(folder: Path) -> Path:
    return good_backup(folder, "store").rename(folder / name_of("store").replace("tar.gz", "txt"))


def unreadable(folder: Path) -> Path:
    path = good_backup(folder, "store")
    path.chmod(0)
    return path


def absent(folder: Path) -> Path:
    return folder / name_of("store")


CASES: dict[Callable[[Path], Path], str] = {
    a_link_out: "backup.outside_roots",
    a_path_out: "backup.outside_roots",
    a_folder: "backup.not_a_file",
    empty: "backup.empty",
    truncated: "backup.damaged",
    tampered: "backup.checksum",
    from_the_future: "backup.future",
    too_old: "backup.too_old",
    old_under_a_new_name: "backup.too_old",
    of_another_module: "backup.module",
    with_another_extension: "backup.form",
    unreadable: "backup.unreadable",
    absent: "backup.absent",
}


@pytest.fixture(scope="module")
def failed(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """Start a store and a one-shot that fails."""
    return failed_job(tmp_path_factory.mktemp("backups"), new_project, "apply-backups")


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_a_backup_that_does_not_do(
    failed: Stack, proxy: Proxy, make: Callable[[Path], Path]
) -> None:
    folder = failed.roots / make.__name__
    folder.mkdir()
    given = (*failed.arguments(), "--apply", "-m", "apply", f"--backup-ref={make(folder)}")
    # Root may read any file, unless it has dropped the capability to.
    outcome = finish(failed.tree.start(*given, env=proxy.env, prefix=WITHOUT_RIGHTS))
    assert refused(outcome) == {"guard.backup"}
    (reason,) = outcome.modules["job"]["plan"]["reasons"]
    assert f"[{CASES[make]}]" in reason["message"]
    assert mutating(proxy) == []
