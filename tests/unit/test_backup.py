"""Backup references and files: every way in which a file is no backup of the module."""

from __future__ import annotations

import hashlib
import io
import os
import shlex
import shutil
import stat
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_platform.change.backup import BackupFacts, Reference, match, parse, registry, verify
from pytest_platform.change.refusal import Refusal
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.transport import CommandResult, CommandTimeout, Local
from pytest_platform.module.data import Backup
from pytest_platform.units import in_bytes
from transports import Answering, Command, always

TAKEN = datetime(2026, 5, 17, 1, 8, 47, tzinfo=UTC)
NOW = TAKEN + timedelta(hours=6)
STAMP = "20260517T010847Z"
NAME = f"minio-{STAMP}.tar.gz"
Level = Literal["exists", "structural", "data"]


@pytest.fixture(scope="module", autouse=True)
def programs() -> None:
    """In CI nothing is skipped: there a missing program is a failure."""
    names = ("tar", "gzip", "zstd", "xz", "bzip2", "unzip", "sha256sum", "timeout")
    missing = [name for name in names if shutil.which(name) is None]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"install on this machine: {', '.join(missing)}")
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder


def over_shell(command: Command) -> CommandResult:
    """Run a command as ssh does: quoted, by a shell, without this environment."""
    path = f"PATH={os.environ['PATH']}"
    given = [path, *(f"{name}={value}" for name, value in (command.env or {}).items())]
    argv = ["env", "-i", *given, "sh", "-c", shlex.join(command.argv)]
    return Local().run(argv, timeout=command.timeout, limit=command.limit)


def tar(size: int = 5000) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in ("data/a", "data/b"):
            entry = tarfile.TarInfo(name)
            entry.size = size
            archive.addfile(entry, io.BytesIO(os.urandom(size)))
    return packed.getvalue()


def squeeze(data: bytes, *program: str) -> bytes:
    return subprocess.run(program, input=data, capture_output=True, check=True).stdout


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("data/a", os.urandom(5000))
    return packed.getvalue()


DUMP = b"CREATE TABLE t ();\n" * 200 + b"--\n-- PostgreSQL database dump complete\n--\n\n"
MAKE: dict[str, Callable[[], bytes]] = {
    "tar": tar,
    "tar.gz": lambda: squeeze(tar(), "gzip", "-n"),
    "tgz": lambda: squeeze(tar(), "gzip", "-n"),
    "tar.zst": lambda: squeeze(tar(), "zstd", "-q"),
    "tzst": lambda: squeeze(tar(), "zstd", "-q", "--ultra", "--long=31", "-T1"),
    "tar.xz": lambda: squeeze(tar(), "xz"),
    "txz": lambda: squeeze(tar(), "xz"),
    "tar.bz2": lambda: squeeze(tar(), "bzip2"),
    "tbz2": lambda: squeeze(tar(), "bzip2"),
    "zip": zipped,
    "sql": lambda: DUMP,
    "sql.gz": lambda: squeeze(DUMP + os.urandom(2000).hex().encode() + DUMP, "gzip"),
    "sql.zst": lambda: squeeze(DUMP + os.urandom(2000).hex().encode() + DUMP, "zstd", "-q"),
    "sql.xz": lambda: squeeze(DUMP + os.urandom(2000).hex().encode() + DUMP, "xz"),
    "sql.bz2": lambda: squeeze(DUMP + os.urandom(2000).hex().encode() + DUMP, "bzip2"),
}


def put(path: Path, data: bytes | None = None, *, at: datetime = TAKEN) -> Path:
    path.write_bytes(MAKE["tar.gz"]() if data is None else data)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def seal(path: Path, text: str = "{digest}  {name}\n") -> None:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    Path(f"{path}.sha256").write_text(text.format(digest=digest, name=path.name, path=path))


def look(
    text: str | Path, *roots: Path, level: Level = "structural", **changed: Any
) -> BackupFacts:
    policy = Backup(
        roots=tuple(map(str, roots)),
        level=level,
        max_age=changed.pop("max_age", "7d"),
        min_size=changed.pop("min_size", "1KiB"),
    )
    keywords = {"modules": ("minio",), "transport": Local(), "now": NOW, **changed}
    return verify(str(text), policy=policy, **keywords)


def codes(facts: BackupFacts) -> list[str]:
    for refusal in facts.refusals:
        assert refusal.message.isprintable(), refusal.message
        assert 20 < len(refusal.message) < 1000, refusal.message
    assert facts.verified == (not facts.refusals)
    return sorted(refusal.code for refusal in facts.refusals)


# What is a backup


@pytest.mark.parametrize("extension", MAKE)
@pytest.mark.parametrize("level", ["exists", "structural", "data"])
def test_a_good_file_is_verified(root: Path, extension: str, level: Level) -> None:
    path = put(root / f"minio-{STAMP}.{extension}", MAKE[extension]())
    seal(path)
    facts = look(path, root, level=level)
    assert codes(facts) == []
    assert (facts.module, facts.kind, facts.level) == ("minio", "file", level)
    assert (facts.taken_at, facts.size) == (TAKEN, path.stat().st_size)
    assert facts.reference == str(path)
    assert facts.evidence
    assert (facts.evidence.kind, facts.evidence.level) == ("file", level)
    dump, read = extension.startswith("sql"), level != "exists"
    assert (facts.evidence.files is not None) == read
    assert (facts.evidence.bytes is not None) == (read and not dump)
    assert ("no content was read" in str(facts.evidence)) == (not read)


def test_the_evidence_counts_regular_files_and_their_bytes(root: Path) -> None:
    files = (_entry("data/", tarfile.DIRTYPE), _entry("a", tarfile.SYMTYPE), _entry("b"))
    path = put(root / f"minio-{STAMP}.tar", _tar(*files, _entry("c"), content=b"x" * 700))
    evidence = look(path, root, min_size="1B").evidence
    assert evidence
    assert (evidence.files, evidence.bytes) == (2, 1400)
    assert str(evidence).startswith("backup verified (structural), 2 files with 1400 bytes read: ")


def test_every_ending_has_a_case() -> None:
    from pytest_platform.change.backup.archive import FORMATS

    assert set(MAKE) == set(FORMATS)


def test_every_kind_is_registered() -> None:
    folder = Path(registry.__file__).parent
    kinds = [path.stem for path in folder.glob("*.py") if "\nKIND = " in path.read_text()]
    assert sorted(kinds) == sorted(registry.KINDS)


@pytest.mark.parametrize(
    "folder", ["with spaces", 'it\'s "quoted"', "$(id);`id`", "-rf", "ü*?[a]", "a:b"]
)
@pytest.mark.parametrize(
    "transport", [Local(), Answering(over_shell)], ids=["local", "over a shell"]
)
def test_any_path_is_only_a_path(root: Path, folder: str, transport: Local) -> None:
    (root / folder).mkdir()
    path = put(root / folder / NAME)
    seal(path)
    assert codes(look(path, root, level="data", transport=transport)) == []
    seal(path, "0" * 64)
    assert codes(look(path, root, transport=transport)) == ["backup.checksum"]


def test_a_long_path(root: Path) -> None:
    folder = root / ("a" * 200) / ("b" * 200)
    folder.mkdir(parents=True)
    assert codes(look(folder / NAME, root)) == ["backup.absent"]
    assert codes(look(put(folder / NAME), root)) == []


def test_a_backslash_in_the_path_changes_what_sha256sum_prints(root: Path) -> None:
    (root / "a\\b").mkdir()
    path = put(root / "a\\b" / NAME)
    seal(path, "{digest}  {path}\n")
    assert codes(look(path, root, level="data")) == []


def test_links_inside_the_roots_and_a_root_that_is_a_link(root: Path, tmp_path: Path) -> None:
    (root / "real").mkdir()
    put(root / "real" / NAME)
    (root / "latest").symlink_to("real")
    (tmp_path / "link").symlink_to(root)
    assert codes(look(root / "latest" / NAME, root)) == []
    assert codes(look(tmp_path / "link" / "latest" / NAME, root)) == []
    assert codes(look(root / "real" / NAME, tmp_path / "link")) == []
    assert codes(look(root / "latest" / ".." / "real" / NAME, root)) == []
    assert codes(look(root / "real" / NAME, tmp_path / "none", root)) == []


def test_clocks_may_differ_by_minutes(root: Path) -> None:
    path = put(root / NAME)
    assert codes(look(path, root, now=TAKEN - timedelta(minutes=4))) == []
    assert codes(look(path, root, now=TAKEN + timedelta(days=7))) == []


# Where it lies


def test_a_link_out_of_the_roots(root: Path, tmp_path: Path) -> None:
    put(tmp_path / NAME)
    (root / NAME).symlink_to(tmp_path / NAME)
    assert codes(look(root / NAME, root)) == ["backup.outside_roots"]


def test_a_folder_that_leads_out_of_the_roots(root: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    put(tmp_path / "out" / NAME)
    (root / "in").symlink_to(tmp_path / "out")
    assert codes(look(root / "in" / NAME, root)) == ["backup.outside_roots"]
    assert codes(look(f"{root}/../out/{NAME}", root)) == ["backup.outside_roots"]


def test_a_folder_beside_the_root_with_the_same_beginning(root: Path, tmp_path: Path) -> None:
    (tmp_path / "backups-old").mkdir()
    path = put(tmp_path / "backups-old" / NAME)
    assert codes(look(path, root)) == ["backup.outside_roots"]


def test_a_link_to_a_file_of_another_name(root: Path) -> None:
    put(root / f"postgres-{STAMP}.tar.gz")
    (root / NAME).symlink_to(f"postgres-{STAMP}.tar.gz")
    assert codes(look(root / NAME, root)) == ["backup.renamed"]


def test_links_that_go_round(root: Path) -> None:
    (root / NAME).symlink_to(NAME)
    assert codes(look(root / NAME, root)) == ["backup.unreadable"]


def test_a_link_to_a_path_with_a_newline(root: Path) -> None:
    (root / "a\nb").mkdir()
    put(root / "a\nb" / NAME)
    (root / "in").symlink_to("a\nb")
    assert codes(look(root / "in" / NAME, root)) == ["backup.unreadable"]


@pytest.mark.parametrize("name", [NAME, f"none/{NAME}"])
def test_absent(root: Path, name: str) -> None:
    assert codes(look(root / name, root)) == ["backup.absent"]


def test_a_dangling_link(root: Path) -> None:
    (root / NAME).symlink_to("none")
    assert codes(look(root / NAME, root)) == ["backup.absent"]


# What it is


def test_a_folder(root: Path) -> None:
    (root / NAME).mkdir()
    os.utime(root / NAME, (TAKEN.timestamp(), TAKEN.timestamp()))
    assert codes(look(root / NAME, root)) == ["backup.not_a_file"]


def test_a_pipe_is_not_read(root: Path) -> None:
    os.mkfifo(root / NAME)
    os.utime(root / NAME, (TAKEN.timestamp(), TAKEN.timestamp()))
    assert codes(look(root / NAME, root)) == ["backup.not_a_file"]


def test_too_small(root: Path) -> None:
    path = put(root / NAME)
    assert codes(look(path, root, min_size="1MiB")) == ["backup.too_small"]
    assert codes(look(path, root, min_size=f"{path.stat().st_size}B")) == []
    assert codes(look(path, root, min_size=f"{path.stat().st_size + 1}B")) == ["backup.too_small"]


def test_a_file_of_no_bytes_is_no_backup_even_if_none_are_asked_for(root: Path) -> None:
    path = put(root / f"minio-{STAMP}.sql", b"")
    assert codes(look(path, root, min_size="0B", level="exists")) == ["backup.empty"]


@pytest.mark.parametrize("data", [b"\0" * 4096, DUMP[:3000] + b"\0" * 1000])
def test_a_dump_of_which_a_crash_has_left_zeros(root: Path, data: bytes) -> None:
    path = put(root / f"minio-{STAMP}.sql", data)
    assert codes(look(path, root, min_size="1B")) == ["backup.damaged"]


@pytest.mark.parametrize(
    ("extension", "data"),
    [
        ("tar", b"\0" * 10240),
        ("tar.gz", squeeze(b"\0" * 10240, "gzip")),
        ("sql.gz", squeeze(b"", "gzip")),
        ("sql.gz", squeeze(b"\n \n", "gzip")),
    ],
)
def test_an_archive_without_entries(root: Path, extension: str, data: bytes) -> None:
    path = put(root / f"minio-{STAMP}.{extension}", data)
    assert codes(look(path, root, min_size="1B")) == ["backup.empty"]
    assert look(path, root, min_size="1B").level == "exists"


@pytest.mark.parametrize("extension", [name for name in MAKE if name != "sql"])
@pytest.mark.parametrize("part", [0.3, 0.9, 0.999])
def test_truncated(root: Path, extension: str, part: float) -> None:
    whole = MAKE[extension]().rstrip(b"\0") if extension == "tar" else MAKE[extension]()
    path = put(root / f"minio-{STAMP}.{extension}", whole[: int(len(whole) * part)])
    facts = look(path, root, min_size="1B")
    assert set(codes(facts)) == {"backup.damaged"}
    assert facts.level == "exists"


def test_a_zip_without_entries(root: Path) -> None:
    path = put(root / f"minio-{STAMP}.zip", b"PK\5\6" + b"\0" * 18)
    assert codes(look(path, root, min_size="1B")) == ["backup.damaged"]


@pytest.mark.parametrize("extension", ["tar", "tar.gz"])
def test_a_tar_that_was_cut_between_two_entries(root: Path, extension: str) -> None:
    cut = tar()[: 512 + 5120]
    assert subprocess.run(["tar", "-tf", "-"], input=cut, check=True, capture_output=True)
    data = cut if extension == "tar" else squeeze(cut, "gzip")
    path = put(root / f"minio-{STAMP}.{extension}", data)
    assert codes(look(path, root)) == ["backup.damaged"]


def test_a_damaged_byte(root: Path) -> None:
    data = bytearray(MAKE["tar.gz"]())
    data[len(data) // 2] ^= 1
    assert "backup.damaged" in codes(look(put(root / NAME, bytes(data)), root))


def test_an_archive_of_another_format(root: Path) -> None:
    assert set(codes(look(put(root / NAME, os.urandom(4000)), root))) == {"backup.damaged"}
    path = put(root / f"minio-{STAMP}.tar", os.urandom(4000))
    assert "backup.damaged" in codes(look(path, root))


def test_an_encrypted_zip_asks_nobody(root: Path) -> None:
    if shutil.which("zip") is None:
        pytest.skip("no zip to make one")
    (root / "a").write_bytes(os.urandom(4000))
    path = root / f"minio-{STAMP}.zip"
    subprocess.run(["zip", "-q", "-P", "secret", path, "a"], cwd=root, check=True)
    os.utime(path, (TAKEN.timestamp(), TAKEN.timestamp()))
    assert codes(look(path, root)) == ["backup.damaged"]


def test_a_dump_that_does_not_say_that_it_is_complete(root: Path) -> None:
    path = put(root / f"minio-{STAMP}.sql", DUMP[:3000])
    seal(path)
    assert codes(look(path, root)) == []
    facts = look(path, root, level="data")
    assert codes(facts) == ["backup.incomplete"]
    assert facts.level == "structural"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(root: Path) -> None:
    path = put(root / NAME)
    path.chmod(0)
    assert codes(look(path, root)) == ["backup.unreadable"]


def test_a_file_that_changes_while_it_is_read(root: Path) -> None:
    path = put(root / NAME)

    def write(command: Command) -> CommandResult:
        done = Local().run(command.argv, timeout=command.timeout, limit=command.limit)
        if "tar" in command.argv:
            put(path)
        return done

    assert codes(look(path, root, transport=Answering(write))) == ["backup.changed"]


def test_a_file_that_becomes_a_link_after_it_was_resolved(root: Path, tmp_path: Path) -> None:
    path = put(root / NAME)
    other = put(tmp_path / NAME)

    def exchange(command: Command) -> None:
        if "stat" in command.argv and not path.is_symlink():
            path.unlink()
            path.symlink_to(other)
            os.utime(path, (TAKEN.timestamp(),) * 2, follow_symlinks=False)

    assert "backup.not_a_file" in codes(look(path, root, transport=Answering(exchange)))


# How old it is


def test_from_the_future(root: Path) -> None:
    path = put(root / NAME)
    before = TAKEN - timedelta(minutes=6)
    assert codes(look(path, root, now=before)) == ["backup.future", "backup.future"]
    put(path, at=NOW + timedelta(hours=1))
    assert codes(look(path, root)) == ["backup.future"]


def test_too_old(root: Path) -> None:
    path = put(root / NAME)
    after = TAKEN + timedelta(days=7, seconds=1)
    assert codes(look(path, root, now=after)) == ["backup.too_old", "backup.too_old"]
    assert codes(look(path, root, now=TAKEN + timedelta(days=2), max_age="1d")) == [
        "backup.too_old",
        "backup.too_old",
    ]


def test_a_new_name_on_old_content(root: Path) -> None:
    path = put(root / NAME, at=TAKEN - timedelta(days=30))
    assert codes(look(path, root)) == ["backup.too_old"]


# The checksum beside it


@pytest.mark.parametrize(
    "text",
    [
        "{digest}  {name}\n",
        "{digest} *{name}\n",
        "{digest}  {path}\n",
        "{digest}  ./{name}\n",
        "{digest}",
        "{digest}\n",
    ],
)
@pytest.mark.parametrize("level", ["exists", "structural", "data"])
def test_forms_of_a_checksum(root: Path, text: str, level: Level) -> None:
    path = put(root / NAME)
    seal(path, text)
    assert codes(look(path, root, level=level)) == []
    os.utime(path, (TAKEN.timestamp() + 1, TAKEN.timestamp() + 1))
    beside = Path(f"{path}.sha256")
    beside.write_text(
        beside.read_text().upper().replace(NAME.upper(), NAME).replace(str(path).upper(), str(path))
    )
    assert codes(look(path, root, level=level)) == []


@pytest.mark.parametrize("level", ["exists", "structural", "data"])
def test_tampered(root: Path, level: Level) -> None:
    path = put(root / NAME)
    seal(path)
    put(path)
    facts = look(path, root, level=level)
    assert codes(facts) == ["backup.checksum"]
    assert facts.level is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "{digest}  other.tar.gz\n",
        "{digest} {name}\n",
        "{digest}  {name}\n{digest}  {name}\n",
        "{digest}x\n",
        "SHA256 ({name}) = {digest}\n",
        "abc  {name}\n",
        " {digest}\n",
        "not a checksum\n" * 1000,
    ],
)
def test_a_malformed_checksum(root: Path, text: str) -> None:
    path = put(root / NAME)
    seal(path, text)
    assert codes(look(path, root)) == ["backup.checksum_form"]


def test_a_checksum_that_is_no_file(root: Path) -> None:
    path = put(root / NAME)
    os.mkfifo(f"{path}.sha256")
    assert codes(look(path, root)) == ["backup.checksum_form"]
    Path(f"{path}.sha256").unlink()
    Path(f"{path}.sha256").symlink_to("none")
    assert codes(look(path, root)) == ["backup.checksum_form"]


def test_the_level_data_insists_on_the_checksum(root: Path) -> None:
    facts = look(put(root / NAME), root, level="data")
    assert codes(facts) == ["backup.checksum_missing"]
    assert facts.level == "structural"


# Of which module


@pytest.mark.parametrize("name", ["minio-init", "postgres", "minio-20260517", "mini", "minio2"])
def test_of_another_module(root: Path, name: str) -> None:
    path = put(root / f"{name}-{STAMP}.tar.gz")
    assert codes(look(path, root)) == ["backup.module"]
    assert [refusal.code for refusal in match(str(path), ["minio"])] == ["backup.module"]
    assert match(str(path), ["minio", name]) == ()


def test_no_module_unlocks(root: Path) -> None:
    path = put(root / NAME)
    assert codes(look(path, root, modules=())) == ["backup.module"]
    assert [refusal.code for refusal in match("restic:/r#79766175", [])] == ["backup.module"]


def test_match_touches_no_files() -> None:
    assert match(f"/none/{NAME}", ["minio"]) == ()
    assert match("restic:/none#79766175", ["minio"]) == ()
    assert match(f"borg:/none::minio-{STAMP}", ["minio"]) == ()
    assert [refusal.code for refusal in match("none", ["minio"])] == ["backup.form"]


def test_all_refusals_at_once(root: Path) -> None:
    path = put(root / f"minio-init-{STAMP}.tar.gz", b"x", at=TAKEN - timedelta(days=300))
    seal(path, "nonsense")
    assert codes(look(path, root)) == [
        "backup.checksum_form",
        "backup.damaged",
        "backup.module",
        "backup.too_old",
        "backup.too_small",
    ]


# When the host does not answer


def _only(folder: Path, *names: str) -> str:
    folder.mkdir()
    for name in names:
        (folder / name).symlink_to(str(shutil.which(name)))
    return str(folder)


TOOLS = (
    *("timeout", "readlink", "stat", "head", "tail", "sh", "sha256sum", "gzip", "tar"),
    *("awk", "grep", "tr", "wc"),
)


@pytest.mark.parametrize("missing", TOOLS)
def test_a_missing_tool(
    root: Path, tmp_path: Path, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(root / NAME)
    seal(path)
    rest = [name for name in TOOLS if name != missing]
    monkeypatch.setenv("PATH", _only(tmp_path / "bin", *rest))
    facts = look(path, root)
    assert set(codes(facts)) <= {"backup.tool_missing", "backup.unreadable"}
    assert missing in " ".join(refusal.message for refusal in facts.refusals)


def test_the_tools_that_are_enough(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(root / NAME)
    monkeypatch.setenv("PATH", _only(tmp_path / "bin", *TOOLS))
    assert codes(look(path, root)) == []


def test_a_tool_that_does_not_end(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "bin" / "gzip"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    path = put(root / NAME)
    monkeypatch.setenv("PATH", f"{slow.parent}:{os.environ['PATH']}")
    facts = look(path, root, reading=1)
    assert codes(facts) == ["backup.timeout"]
    assert "gzip" in facts.refusals[0].message


def broken(error: PlatformError) -> Answering:
    return Answering(always(error))


def test_a_host_that_does_not_answer(root: Path) -> None:
    assert codes(look(root / NAME, root, transport=broken(PlatformError("no route")))) == [
        "backup.host"
    ]
    assert codes(look(root / NAME, root, transport=broken(CommandTimeout("late")))) == [
        "backup.timeout"
    ]


ANSWERS = st.builds(
    CommandResult,
    st.sampled_from([0, 0, 0, 1, 2, 3, 10, 124, 127, 255]),
    st.one_of(
        st.text(max_size=40),
        st.sampled_from(
            ["/srv/x\n", "81a4 9 9 1 2 3\n", "exit 0\n", "[]", "null", '{"archives":[{}]}', "1e999"]
        ),
    ),
    st.text(max_size=40),
)
TEXTS = st.sampled_from(
    [
        f"/srv/{NAME}",
        "restic:/srv/r#79766175",
        f"borg:/srv/b::minio-{STAMP}",
        "restic:s3:b#00000000",
    ]
)


@settings(max_examples=300)
@given(TEXTS, st.lists(ANSWERS, min_size=20, max_size=20))
def test_whatever_the_host_answers_is_judged(text: str, answers: list[CommandResult]) -> None:
    rest = iter(answers)
    facts = look(text, Path("/srv"), level="data", transport=Answering(lambda _: next(rest)))
    codes(facts)
    assert not facts.verified


# The text


WRONG = [
    "",
    "-",
    "--help",
    "minio",
    NAME,
    f"./{NAME}",
    f"-/{NAME}",
    f"file:/srv/{NAME}",
    f"/srv/{NAME}/",
    f"/srv/{NAME}/.",
    f"/srv/{NAME}\n",
    f"/srv/a\nb/{NAME}",
    f"/srv/\x00/{NAME}",
    f"/srv/\x1b[31m/{NAME}",
    f"/srv/\u2028/{NAME}",
    f"/srv/\ud800/{NAME}",
    f"/srv/{'a' * 5000}/{NAME}",
    "/srv/minio.tar.gz",
    "/srv/minio-20260517.tar.gz",
    "/srv/minio-20261317T010847Z.tar.gz",
    "/srv/minio-20260517T010847.tar.gz",
    "/srv/minio-20260517t010847z.tar.gz",
    f"/srv/minio-{STAMP}",
    f"/srv/minio-{STAMP}.",
    f"/srv/minio-{STAMP}.rar",
    f"/srv/minio-{STAMP}.tar.gz.partial",
    f"/srv/minio-{STAMP}.tar.gz.sha256",
    f"/srv/-{STAMP}.tar.gz",
    f"/srv/Minio-{STAMP}.tar.gz",
    f"/srv/minio -{STAMP}.tar.gz",
    f"/srv/-minio-{STAMP}.tar.gz",
    "/srv/minio-\u0662\u0660260517T010847Z.tar.gz",
    "restic:",
    "restic:/r",
    "restic:/r#latest",
    "restic:/r#",
    "restic:/r#7976617",
    "restic:/r#7976617G",
    "restic:#79766175",
    "restic:r#79766175",
    "restic:-o#79766175",
    "restic:/r#79766175 --help",
    "restic:rest:https://me:secret@host/r#79766175",
    "RESTIC:/r#79766175",
    "borg:",
    "borg:/b",
    "borg:/b::",
    f"borg:/b:minio-{STAMP}",
    f"borg::minio-{STAMP}",
    f"borg:b::minio-{STAMP}",
    f"borg:-b::minio-{STAMP}",
    f"borg:/{{now}}::minio-{STAMP}",
    f"borg:/b::minio-{STAMP}.checkpoint",
    f"borg:/b::minio-{STAMP}.checkpoint.1",
    f"borg:/b::minio-{STAMP}.tar.gz",
    "borg:/b::minio",
    f"borg:ssh://me:secret@host/b::minio-{STAMP}",
    "tape:/b",
]


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_form(text: str) -> None:
    refusal = parse(text)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "backup.form"
    assert "write " in refusal.message
    facts = look(text, Path("/"), transport=broken(PlatformError("nothing may be asked")))
    assert codes(facts) == ["backup.form"]
    assert facts.reference.isprintable()
    assert "secret" not in repr(facts)


@pytest.mark.parametrize(
    ("text", "place", "item"),
    [
        ("restic:/srv/r#79766175", "/srv/r", "79766175"),
        ("restic:/srv/it's a repo#79766175", "/srv/it's a repo", "79766175"),
        ("restic:sftp:me@host:/r#" + "0f" * 32, "sftp:me@host:/r", "0f" * 32),
        ("restic:s3:https://s3.example/b#79766175", "s3:https://s3.example/b", "79766175"),
        (f"borg:/srv/b::minio-{STAMP}", "/srv/b", f"minio-{STAMP}"),
        (f"borg:ssh://me@host:22/./b::minio-{STAMP}", "ssh://me@host:22/./b", f"minio-{STAMP}"),
    ],
)
def test_repositories(text: str, place: str, item: str) -> None:
    reference = parse(text)
    assert isinstance(reference, Reference)
    assert (reference.place, reference.item) == (place, item)
    assert str(reference) == text


@given(st.one_of(st.text(), st.text().map("/srv/{}".format), st.text().map("restic:{}#0".format)))
def test_parse_never_raises(text: str) -> None:
    assert isinstance(parse(text), Reference | Refusal)
    match(text, ["minio"])


@given(
    st.lists(st.from_regex(r"[a-zA-Z0-9 '$._-]{1,12}", fullmatch=True), max_size=4),
    st.from_regex(r"[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?", fullmatch=True),
    st.datetimes(timezones=st.just(UTC)).map(lambda time: time.replace(microsecond=0)),
    st.sampled_from(sorted(MAKE)),
)
def test_a_file_round_trips(folders: list[str], module: str, time: datetime, ending: str) -> None:
    text = "/".join(["", *folders, f"{module}-{time.year:04}{time:%m%dT%H%M%SZ}.{ending}"])
    reference = parse(text)
    assert isinstance(reference, Reference)
    assert (reference.module, reference.extension) == (module, ending)
    assert reference.taken_at == time
    assert parse(str(reference)) == reference
    assert match(text, [module]) == ()
    assert match(text, [f"{module}x", module[:-1]]) != ()


@pytest.mark.parametrize(
    ("text", "number"), [("0B", 0), ("7B", 7), ("1KiB", 1024), ("3MiB", 3 * 2**20), ("2TiB", 2**41)]
)
def test_sizes(text: str, number: int) -> None:
    assert in_bytes(text) == number


@pytest.mark.parametrize("text", ["", "B", "1", "1KB", "-1B", "1.5MiB", "²B", "1 B"])
def test_no_sizes(text: str) -> None:
    with pytest.raises(ValueError, match="not a size"):
        in_bytes(text)


# What it holds


def _tar(*entries: tarfile.TarInfo, content: bytes = b"") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for entry in entries:
            entry.size = len(content) if entry.isreg() else 0
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def _entry(name: str, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, "elsewhere"
    return entry


def _zip(*names: str, content: bytes = b"", mode: int = stat.S_IFREG | 0o600) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archive.writestr(entry, content)
    return packed.getvalue()


WITHOUT_CONTENT = {
    "a folder": _tar(_entry("data/", tarfile.DIRTYPE)),
    "files without a byte": _tar(_entry("data/", tarfile.DIRTYPE), _entry("data/a")),
    "links": _tar(_entry("a", tarfile.SYMTYPE), _entry("b", tarfile.LNKTYPE)),
    "pipes": _tar(_entry("a", tarfile.FIFOTYPE)),
    "zeros": _tar(_entry("a"), content=b"\0" * 5000),
}
PACKERS = {
    "tar": (),
    "tar.gz": ("gzip",),
    "tar.zst": ("zstd", "-q"),
    "tar.xz": ("xz",),
    "tar.bz2": ("bzip2",),
}


@pytest.mark.parametrize("extension", PACKERS)
@pytest.mark.parametrize("what", WITHOUT_CONTENT)
@pytest.mark.parametrize("level", ["structural", "data"])
def test_a_tar_without_content(root: Path, extension: str, what: str, level: Level) -> None:
    data = WITHOUT_CONTENT[what]
    packed = squeeze(data, *PACKERS[extension]) if PACKERS[extension] else data
    path = put(root / f"minio-{STAMP}.{extension}", packed)
    seal(path)
    facts = look(path, root, min_size="1B", level=level)
    assert codes(facts) == ["backup.empty"]
    assert facts.level == "exists"


@pytest.mark.parametrize(
    "data",
    [
        _zip("data/", mode=stat.S_IFDIR | 0o755),
        _zip("data/a", "data/b"),
        _zip("data/a", content=b"\0" * 5000),
        _zip("link", content=b"elsewhere", mode=stat.S_IFLNK | 0o777),
    ],
    ids=["folder", "empty files", "zeros", "links"],
)
def test_a_zip_without_content(root: Path, data: bytes) -> None:
    path = put(root / f"minio-{STAMP}.zip", data)
    assert codes(look(path, root, min_size="1B")) == ["backup.empty"]


@pytest.mark.parametrize("dump", [b"-- PostgreSQL database dump complete\n", b"\n/* x */\n# x\n"])
def test_a_dump_of_comments_alone(root: Path, dump: bytes) -> None:
    path = put(root / f"minio-{STAMP}.sql", dump * 50)
    assert codes(look(path, root, min_size="1B")) == ["backup.empty"]


@pytest.mark.parametrize("extension", [name for name in PACKERS if name != "tar"])
def test_what_follows_the_end_of_the_tar_is_no_tar(root: Path, extension: str) -> None:
    """Programs that unpack read one member after the other, and a tar ends before the second."""
    junk = os.urandom(5000) + b"\0" * 2048
    packed = b"".join(squeeze(part, *PACKERS[extension]) for part in (tar(), junk))
    path = put(root / f"minio-{STAMP}.{extension}", packed)
    seal(path)
    assert codes(look(path, root, level="data")) == ["backup.damaged"]


def test_one_file_with_content_is_enough(root: Path) -> None:
    files = (_entry("data/", tarfile.DIRTYPE), _entry("a\n- b", tarfile.SYMTYPE), _entry("data/a"))
    path = put(root / f"minio-{STAMP}.tar", _tar(*files, content=b"x"))
    assert codes(look(path, root, min_size="1B")) == []
