"""The lock and the audit log, on this machine's own files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from pytest_platform.change import audit, lock
from pytest_platform.hosts.transport import CommandTimeout, Local
from pytest_platform.secrets import Secrets
from transports import Answering, always

LINE = audit.AuditLine(
    time="2026-05-17T01:08:47+00:00",
    run="abc",
    user="ada",
    machine="desk",
    event="started",
    module="minio-init",
    project="home",
    host="local",
    plan="digest",
)
NONE = Secrets()
BEYOND_ALL_PROCESSES = 2**22 + 1
"""No process has this number, while that of one that has ended may be given to another."""


@pytest.fixture
def project() -> Iterator[str]:
    name = f"pp-lock-{uuid4().hex[:8]}"
    yield name
    Path(f"{lock.FOLDER}/pytest-platform-{name}.lock").unlink(missing_ok=True)


def holder() -> lock.Holder:
    return lock.Holder.me("minio-init", "2026-05-17T01:08:47+00:00")


def test_the_lock_is_given_back(project: str) -> None:
    for _ in range(2):
        with lock.held(Local(), project, holder()):
            assert Path(f"{lock.FOLDER}/pytest-platform-{project}.lock").exists()
    assert not list(Path(lock.FOLDER).glob(f"pytest-platform-{project}*"))


def test_it_is_given_back_after_an_exception(project: str) -> None:
    with pytest.raises(KeyboardInterrupt), lock.held(Local(), project, holder()):
        raise KeyboardInterrupt
    assert not list(Path(lock.FOLDER).glob(f"pytest-platform-{project}*"))


def test_a_second_one_is_refused_and_told_who_holds_it(project: str) -> None:
    first = holder()
    with (
        lock.held(Local(), project, first),
        pytest.raises(lock.LockHeld, match=f"held by .*{first.run}.*for minio-init"),
        lock.held(Local(), project, holder()),
    ):
        pytest.fail("two hold one lock")
    assert not list(Path(lock.FOLDER).glob(f"pytest-platform-{project}*"))


def test_a_lock_that_a_dead_run_left_is_explained_and_not_taken(project: str) -> None:
    left = msgspec.structs.replace(holder(), pid=BEYOND_ALL_PROCESSES)
    path = Path(f"{lock.FOLDER}/pytest-platform-{project}.lock")
    path.write_bytes(msgspec.json.encode(left) + b"\n")
    with (
        pytest.raises(lock.LockHeld, match=f"is gone.*rm {path}"),
        lock.held(Local(), project, holder()),
    ):
        pytest.fail("a lock was stolen")
    assert msgspec.json.decode(path.read_bytes(), type=lock.Holder) == left


def test_the_holder_is_looked_for_on_its_own_machine(project: str) -> None:
    """The host of the lock may be another machine, with other processes of the same numbers."""
    transport = Answering()
    with (
        lock.held(Local(), project, holder()),
        pytest.raises(lock.LockHeld, match="is held by"),
        lock.held(transport, project, holder()),
    ):
        pytest.fail("two hold one lock")
    assert [argv[2] for argv in transport.ran] == [lock._TAKE, lock._GIVE_BACK]


def test_a_lock_that_somebody_replaced_is_not_removed(project: str) -> None:
    path = Path(f"{lock.FOLDER}/pytest-platform-{project}.lock")
    with lock.held(Local(), project, holder()):
        path.write_text("somebody else")
    assert path.read_text() == "somebody else"


UNUSABLE = ["", "nonsense", "[]", "[" * 200_000, '{"user":' * 200_000, "\0\0", '{"pid": 1e999}']


@pytest.mark.parametrize("content", UNUSABLE, ids=range(len(UNUSABLE)))
def test_a_lock_without_a_holder_refuses(project: str, content: str) -> None:
    Path(f"{lock.FOLDER}/pytest-platform-{project}.lock").write_text(content)
    with (
        pytest.raises(lock.LockHeld, match="remove it by hand"),
        lock.held(Local(), project, holder()),
    ):
        pytest.fail("a lock was stolen")


def make_folder(path: Path) -> None:
    path.mkdir()


def make_link(path: Path) -> None:
    path.symlink_to("nowhere")


def make_link_to_folder(path: Path) -> None:
    path.symlink_to("/tmp")  # noqa: S108 - any folder does


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


ODD = [make_folder, make_link, make_link_to_folder, make_pipe]


@pytest.fixture
def odd_place(project: str) -> Iterator[Path]:
    path = Path(f"{lock.FOLDER}/pytest-platform-{project}.lock")
    yield path
    if path.is_dir() and not path.is_symlink():
        path.rmdir()


@pytest.mark.parametrize("make", ODD)
def test_what_is_no_file_is_no_lock(
    project: str, odd_place: Path, make: Callable[[Path], None]
) -> None:
    make(odd_place)
    before = odd_place.lstat()
    with pytest.raises(lock.LockHeld), lock.held(Local(), project, holder()):
        pytest.fail("what is there was taken for a lock")
    assert odd_place.lstat().st_ino == before.st_ino
    assert lock.held_by(Local(), project)


@pytest.mark.parametrize("shell", ["sh", "busybox sh", "bash --posix"])
@pytest.mark.parametrize("make", ODD[:3])
def test_what_appears_after_the_look_is_not_taken(
    odd_place: Path, make: Callable[[Path], None], shell: str
) -> None:
    """The look is left out of the script, as if something had appeared right after it."""
    if shutil.which(shell.split(maxsplit=1)[0]) is None:
        pytest.skip(f"there is no {shell} here")
    make(odd_place)
    script = lock._TAKE.replace('[ ! -e "$1" ] && [ ! -h "$1" ] &&', "")
    assert script != lock._TAKE
    argv = [*shell.split(), "-uc", script, "sh", str(odd_place), "me"]
    done = subprocess.run(argv, capture_output=True, check=False, timeout=60)
    assert done.returncode == 1
    if odd_place.is_dir() and not odd_place.is_symlink():
        assert not list(odd_place.iterdir())


def test_of_many_at_once_one_takes_it(project: str) -> None:
    taken: list[int] = []

    def take(number: int) -> None:
        with suppress(lock.LockHeld):
            lock._take(Local(), lock._path(project), f'{{"run": {number}}}')
            taken.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1


def test_a_host_that_does_not_answer_refuses(project: str) -> None:
    silent = Answering(always(CommandTimeout("sh did not end within 20 s")))
    with (
        pytest.raises(lock.LockHeld, match="cannot be reached"),
        lock.held(silent, project, holder()),
    ):
        pytest.fail("a lock was taken")


def test_what_others_have_said_is_redacted(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    line = msgspec.structs.replace(LINE, backup_ref="/srv/Kq7vXw2Zr9TbNm4/a.tar", reasons=("x.y",))
    audit.append(path, line, Secrets(["Kq7vXw2Zr9TbNm4", "x.y", "started"]))
    written = json.loads(path.read_text())
    assert written["backup_ref"] == "/srv/[redacted]/a.tar"
    assert (written["reasons"], written["event"]) == (["x.y"], "started")


def test_lines_are_appended_and_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "audit.jsonl"
    audit.append(path, LINE, NONE)
    audit.append(path, msgspec.structs.replace(LINE, event="ended", verdict="passed"), NONE)
    events = [json.loads(line)["event"] for line in path.read_text().splitlines()]
    assert events == ["started", "ended"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_used_plan_is_known(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    assert not audit.plan_was_used(path, "digest")
    path.write_bytes(b"a line that was cut\n")
    audit.append(path, LINE, NONE)
    assert audit.plan_was_used(path, "digest")
    assert not audit.plan_was_used(path, "another")


def test_a_full_disk_is_an_error() -> None:
    """The device file takes nothing, like a disk without room."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(audit.AuditUnwritable, match="nothing was started"):
        audit.append(Path("/dev/full"), LINE, NONE)


def test_a_folder_in_its_place_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(audit.AuditUnwritable):
        audit.append(tmp_path, LINE, NONE)


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe",
        b"\0",
        b"[" * 200_000,
        b'{"more":' + b"[" * 200_000,
        b'{"more":' * 200_000,
        b'{"event": 5}',
        b" " * 70_000,
    ],
)
def test_a_line_of_something_else_does_not_hide_others(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(line + b"\n")
    audit.append(path, LINE, NONE)
    assert audit.plan_was_used(path, "digest")


def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(audit.AuditUnwritable):
        audit.append(tmp_path / "pipe", LINE, NONE)
    with pytest.raises(audit.AuditUnreadable):
        audit.plan_was_used(tmp_path / "pipe", "digest")
