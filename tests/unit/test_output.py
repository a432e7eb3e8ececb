"""Where documents are written to: files are replaced, and nothing else is."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pytest_platform.output import Output, check_source

TEXT = b"a document\n"


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "it.json"
    path.write_text("old")
    before, inode = path.open("rb"), path.stat().st_ino
    output = Output.prepare(path)
    assert path.read_text() == "old"
    output.write(TEXT)
    assert before.read() == b"old"
    before.close()
    assert path.read_bytes() == TEXT
    assert path.stat().st_ino != inode
    assert [one.name for one in tmp_path.iterdir()] == ["it.json"]


def test_nothing_is_made_before_the_end(tmp_path: Path) -> None:
    output = Output.prepare(tmp_path / "it.json")
    assert list(tmp_path.iterdir()) == []
    output.write(TEXT, 0o600)
    assert stat.S_IMODE((tmp_path / "it.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("target", ["it.json", "nothing.json"])
def test_of_a_link_the_target_is_replaced(tmp_path: Path, target: str) -> None:
    (tmp_path / "it.json").write_text("old")
    (tmp_path / "link").symlink_to(target)
    (tmp_path / "link-to-link").symlink_to("link")
    Output.prepare(tmp_path / "link-to-link").write(TEXT)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / target).read_bytes() == TEXT


def test_a_device_stays_one(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/dev/null")
    for path in (Path("/dev/null"), tmp_path / "link"):
        Output.prepare(path).write(TEXT)
        assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    assert (tmp_path / "link").is_symlink()


def test_a_pipe_is_written_to_and_stays_open(tmp_path: Path) -> None:
    path, read = tmp_path / "pipe", []
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: read.append(path.read_bytes()))
    reader.start()
    while True:
        try:
            output = Output.prepare(path)
        except OSError:
            continue
        break
    output.write(TEXT * 20_000)
    reader.join()
    assert read == [TEXT * 20_000]
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_stdout_that_goes_to_a_file_is_written_to(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path; from pytest_platform.output import Output; "
        "Output.prepare(Path('/dev/stdout')).write(b'document'); print('more', flush=True)"
    )
    path = tmp_path / "out.txt"
    with path.open("wb") as stream:
        inode = path.stat().st_ino
        # As a shell does for `>>`: what is written later does not go over it.
        stream.close()
        with path.open("ab") as appended:
            subprocess.run([sys.executable, "-c", script], stdout=appended, check=True)
    assert path.read_text() == "documentmore\n"
    assert path.stat().st_ino == inode


@pytest.mark.parametrize("name", [".", "missing/it.json", "x" * 300, "x\0y", "file/it.json"])
def test_what_cannot_be_written_is_found_out_before(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"."):
        Output.prepare(tmp_path / name)
    with pytest.raises(OSError, match=r"."):
        check_source(tmp_path / name)


def test_a_pipe_without_a_reader_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="No such device"):
        Output.prepare(tmp_path / "pipe")
    with pytest.raises(OSError, match="no regular file"):
        check_source(tmp_path / "pipe")


def test_a_place_without_room_is_found_out_before(tmp_path: Path) -> None:
    """A limit of the process takes the place of a full disk."""
    script = (
        "import resource, signal, sys; from pathlib import Path; "
        "from pytest_platform.output import Output; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)); Output.prepare(Path(sys.argv[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "it.json")],
        capture_output=True,
        check=False,
        text=True,
    )
    assert "File too large" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_breaks_off_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "it.json"
    path.write_text("old")
    output = Output.prepare(path)
    path.unlink()
    path.mkdir()
    (path / "inside").touch()
    with pytest.raises(OSError, match=r"."):
        output.write(TEXT)
    assert [one.name for one in tmp_path.iterdir()] == ["it.json"]
