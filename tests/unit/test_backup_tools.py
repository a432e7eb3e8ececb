"""Snapshots of restic and archives of borg: real repositories, real programs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Self

import pytest

from pytest_platform.change.backup import BackupFacts, verify
from pytest_platform.hosts.transport import CommandResult, Local
from pytest_platform.module.data import Backup
from transports import Answering, Command

EMPTY = Path(__file__).resolve().parents[1] / "cases" / "restic"
TAKEN = datetime(2026, 5, 17, 1, 8, 47, tzinfo=UTC)
NOW = TAKEN + timedelta(hours=6)
STAMP = "20260517T010847Z"
ARCHIVE = f"minio-{STAMP}"
PASSWORD = "correct-horse"  # noqa: S105 - of repositories that the tests make
Level = Literal["exists", "structural", "data"]
LEVELS: tuple[Level, ...] = ("exists", "structural", "data")


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give the programs a home, and the credentials as a host's environment has them."""
    missing = [name for name in ("restic", "borg") if shutil.which(name) is None]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"install on this machine: {', '.join(missing)}")
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("RESTIC_PASSWORD", PASSWORD)
        patch.setenv("BORG_PASSPHRASE", PASSWORD)
        patch.setenv("TZ", "UTC")
        yield


@pytest.fixture(autouse=True)
def fresh(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what borg remembers of a repository that was copied."""
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return fill(folder)


def fill(folder: Path) -> Path:
    (folder / "größe 1").write_bytes(os.urandom(200_000))
    (folder / "b").write_text("b")
    return folder


def run(*argv: str | Path, status: int = 0) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    return done.stdout


class Repository:
    """A folder that one of the programs fills."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            self.init()

    def init(self) -> None:
        raise NotImplementedError

    def copy_to(self, root: Path) -> Self:
        return type(self)(Path(shutil.copytree(self.path, root / self.path.name)))


class Restic(Repository):
    """A repository, and taking snapshots into it.

    It is a copy of an empty one. What ``restic init`` makes has a key that takes half a second of
    work at each call; this one has the same key with the least work.
    """

    def init(self) -> None:
        shutil.copytree(EMPTY, self.path)
        for name in (
            "index",
            "locks",
            "snapshots",
            *(f"data/{number:02x}" for number in range(256)),
        ):
            (self.path / name).mkdir(parents=True)

    def take(self, *sources: Path, tags: str = "minio,complete", status: int = 0) -> str:
        argv: list[str | Path] = ["restic", "-r", self.path, "-q", "backup"]
        argv += ["--time", "2026-05-17 01:08:47"]
        before = set(self.ids())
        run(*argv, "--tag", tags, *sources, status=status)
        (new,) = set(self.ids()) - before
        return f"restic:{self.path}#{new}"

    def ids(self) -> list[str]:
        rows = json.loads(run("restic", "-r", self.path, "snapshots", "--json"))
        return [str(row["id"]) for row in rows or ()]


class Borg(Repository):
    """A repository, and taking archives into it."""

    def init(self) -> None:
        run("borg", "init", "-e", "repokey", self.path)

    def take(
        self, *sources: Path, name: str = ARCHIVE, comment: str = "complete", status: int = 0
    ) -> str:
        argv = ["borg", "create", "--timestamp", "2026-05-17T01:08:47"]
        run(*argv, "--comment", comment, f"{self.path}::{name}", *sources, status=status)
        return f"borg:{self.path}::{name}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder


@dataclass
class Made:
    """A folder with a repository of each kind, each with one good backup."""

    folder: Path
    restic: Restic
    borg: Borg
    references: dict[str, str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("made")
    (folder / "data").mkdir()
    fill(folder / "data")
    restic, borg = Restic(folder / "restic's repo"), Borg(folder / "borg's repo")
    references = {"restic": restic.take(folder / "data"), "borg": borg.take(folder / "data")}
    return Made(folder, restic, borg, references)


@pytest.fixture
def restic(made: Made, root: Path) -> Restic:
    """Return a copy of the repository, which has one snapshot."""
    return made.restic.copy_to(root)


@pytest.fixture
def borg(made: Made, root: Path) -> Borg:
    """Return a copy of the repository, which has one archive."""
    return made.borg.copy_to(root)


@pytest.fixture(params=["restic", "borg"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def repository(kind: str, made: Made, root: Path) -> Path:
    repository = made.restic if kind == "restic" else made.borg
    return repository.copy_to(root).path


@pytest.fixture
def reference(kind: str, made: Made, root: Path, repository: Path) -> str:
    """Return a good backup of each of the two kinds."""
    assert repository.is_dir()
    return made.references[kind].replace(str(made.folder), str(root))


def look(text: str, root: Path, level: Level = "structural", **changed: Any) -> BackupFacts:
    policy = Backup(
        roots=changed.pop("roots", (str(root),)),
        level=level,
        max_age=changed.pop("max_age", "7d"),
        min_size=changed.pop("min_size", "1KiB"),
    )
    keywords = {"modules": ("minio",), "transport": Local(), "now": NOW, **changed}
    return verify(text, policy=policy, **keywords)


def codes(facts: BackupFacts) -> list[str]:
    for refusal in facts.refusals:
        assert refusal.message.isprintable(), refusal.message
        assert 20 < len(refusal.message) < 700, refusal.message
    assert facts.verified == (not facts.refusals)
    assert PASSWORD not in repr(facts)
    return sorted(refusal.code for refusal in facts.refusals)


def files(folder: Path) -> dict[Path, bytes]:
    """Return the content of all files but borg's counter of nonces."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != "nonce"]
    return {path: path.read_bytes() for path in paths}


def damage(folder: Path) -> None:
    """Change one byte in the middle of the biggest file."""
    path = max(
        (path for path in folder.rglob("*") if path.is_file()), key=lambda p: p.stat().st_size
    )
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


# Both


@pytest.mark.parametrize("level", LEVELS)
def test_a_good_backup_is_verified_and_nothing_is_written(
    reference: str, root: Path, level: Level
) -> None:
    before = files(root)
    facts = look(reference, root, level)
    assert codes(facts) == []
    assert (facts.module, facts.level, facts.taken_at) == ("minio", level, TAKEN)
    assert facts.kind == reference.partition(":")[0]
    assert facts.size is not None
    assert facts.size >= 200_000
    assert facts.evidence
    assert facts.evidence.level == level
    assert facts.evidence.bytes == (None if level == "exists" else facts.size)
    assert files(root) == before


def test_outside_the_roots(reference: str, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    assert "backup.outside_roots" in codes(look(reference, tmp_path / "other"))


def test_a_link_out_of_the_roots(
    reference: str, repository: Path, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "moved").mkdir()
    repository.rename(tmp_path / "moved" / "repo")
    repository.symlink_to(tmp_path / "moved" / "repo")
    assert codes(look(reference, root)) == ["backup.outside_roots"]


def test_a_root_that_is_the_repository_by_a_link(
    reference: str, repository: Path, root: Path
) -> None:
    (root.parent / "link").symlink_to(repository)
    assert codes(look(reference, root.parent / "link")) == []


def test_no_repository(reference: str, repository: Path, root: Path) -> None:
    shutil.rmtree(repository)
    assert codes(look(reference, root)) == ["backup.absent"]


def test_of_another_module(reference: str, root: Path) -> None:
    assert codes(look(reference, root, modules=("minio-init", "postgres"))) == ["backup.module"]


def test_from_the_future(reference: str, root: Path) -> None:
    facts = look(reference, root, now=TAKEN - timedelta(hours=1))
    assert set(codes(facts)) == {"backup.future"}


def test_too_old(reference: str, root: Path) -> None:
    assert set(codes(look(reference, root, max_age="1h"))) == {"backup.too_old"}


def test_too_small(reference: str, root: Path) -> None:
    assert codes(look(reference, root, min_size="1GiB")) == ["backup.too_small"]


@pytest.mark.parametrize("password", ["", "wrong-secret-word"])
def test_a_wrong_password_is_not_shown(
    reference: str, root: Path, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESTIC_PASSWORD", password)
    monkeypatch.setenv("BORG_PASSPHRASE", password)
    facts = look(reference, root, "data")
    assert codes(facts) == ["backup.credentials"]
    assert "wrong-secret-word" not in repr(facts)


@pytest.mark.parametrize("level", ["structural", "data"])
def test_damaged_data_is_found(reference: str, repository: Path, root: Path, level: Level) -> None:
    damage(repository / "data")
    facts = look(reference, root, level)
    assert set(codes(facts)) == {"backup.damaged"}
    assert facts.level != level


def _cut(path: Path) -> None:
    path.chmod(0o600)
    os.truncate(path, path.stat().st_size // 2)


def _overwrite(path: Path) -> None:
    path.chmod(0o600)
    path.write_bytes(os.urandom(path.stat().st_size))


@pytest.mark.parametrize("harm", [Path.unlink, _cut, _overwrite])
@pytest.mark.parametrize("level", ["structural", "data"])
def test_a_harmed_repository_is_damaged(
    reference: str, repository: Path, root: Path, level: Level, harm: Callable[[Path], None]
) -> None:
    files = [path for path in (repository / "data").rglob("*") if path.is_file()]
    harm(max(files, key=lambda path: path.stat().st_size))
    facts = look(reference, root, level)
    assert set(codes(facts)) == {"backup.damaged"}
    assert facts.level != level


@pytest.mark.parametrize("content", ["folders", "empty files", "links", "zeros"])
def test_a_backup_without_content(kind: str, repository: Path, root: Path, content: str) -> None:
    folder = root.parent / "without"
    (folder / "inner").mkdir(parents=True)
    if content == "links":
        (folder / "link").symlink_to("elsewhere")
    elif content != "folders":
        (folder / "a").write_bytes(b"\0" * (5000 if content == "zeros" else 0))
    restic = kind == "restic"
    made = Restic(repository).take(folder) if restic else Borg(repository).take(folder, name=OTHER)
    assert codes(look(made, root)) == ["backup.empty"]


def test_lost_data_is_found_at_the_level_structural(
    reference: str, repository: Path, root: Path
) -> None:
    folder = repository / "data"
    packs = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size > 100_000]
    for path in packs:
        path.unlink()
    facts = look(reference, root)
    assert codes(facts) != []
    assert facts.level != "structural"


def test_what_a_program_says_is_cleaned(
    kind: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = (
        f'echo "key $RESTIC_PASSWORD \33[31m https://me:{PASSWORD}x@host/ $(seq 999)" >&2; exit 9'
    )
    _fake(tmp_path, monkeypatch, kind, script.replace("seq 999", "seq -s , 99"))
    text = {"restic": f"restic:{root}#79766175", "borg": f"borg:{root}::{ARCHIVE}"}[kind]
    facts = look(text, root)
    assert codes(facts) == ["backup.unreadable"]
    assert "exited 9" in facts.refusals[0].message


@pytest.mark.parametrize("said", ["", "[]", "null", "{}", "[{}]", '{"archives": [1]}', "no JSON"])
def test_what_is_not_understood_refuses(
    kind: str, said: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fake(tmp_path, monkeypatch, kind, f"echo '{said}'")
    text = {"restic": f"restic:{root}#79766175", "borg": f"borg:{root}::{ARCHIVE}"}[kind]
    assert codes(look(text, root))[0] in {"backup.unreadable", "backup.absent"}


def test_a_program_that_waits(
    kind: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fake(tmp_path, monkeypatch, kind, "exec sleep 60")
    text = {"restic": f"restic:{root}#79766175", "borg": f"borg:{root}::{ARCHIVE}"}[kind]
    assert codes(look(text, root, reading=1)) == ["backup.timeout"]


def _fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, script: str) -> None:
    program = tmp_path / "bin" / name
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")


def test_a_missing_program(
    kind: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("timeout", "readlink", "sh", "tail"):
        (tmp_path / "bin" / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    text = {"restic": f"restic:{root}#79766175", "borg": f"borg:{root}::{ARCHIVE}"}[kind]
    facts = look(text, root)
    assert codes(facts) == ["backup.tool_missing"]
    assert kind in facts.refusals[0].message


Answers = dict[tuple[str, ...], CommandResult]


def recording(answers: Answers) -> Answering:
    """Return this machine; ``answers`` becomes what every command answered."""

    def run(command: Command) -> CommandResult:
        done = Local().run(
            command.argv, timeout=command.timeout, env=command.env, limit=command.limit
        )
        answers[command.argv] = done
        return done

    return Answering(run)


def replaying(answers: Answers, subcommand: str, status: int) -> Answering:
    """Answer what was recorded, but let one subcommand end with another exit status."""

    def answer(command: Command) -> CommandResult:
        done = answers[command.argv]
        if subcommand not in command.argv:
            return done
        if "sh" in command.argv:
            return CommandResult(0, done.stdout.replace("exit 0\n", f"exit {status}\n"), "")
        return CommandResult(status, done.stdout, "")

    return Answering(answer)


@pytest.fixture(scope="module")
def recorded(made: Made) -> Answers:
    answers: Answers = {}
    transport = recording(answers)
    for reference in made.references.values():
        assert codes(look(reference, made.folder, "data", transport=transport)) == []
    return answers


def test_no_lock_is_taken(recorded: Answers) -> None:
    looks = [argv for argv in recorded if {"restic", "borg"} & set(argv)]
    assert {word for argv in looks for word in argv} >= {"--read-data", "--verify-data"}
    assert all({"--no-lock", "--bypass-lock"} & set(argv) for argv in looks)


def test_the_mark_names_no_module(made: Made) -> None:
    facts = look(made.references["restic"], made.folder, "exists", modules=("complete",))
    assert codes(facts) == ["backup.module"]


STATUSES = {
    3: "backup.incomplete",
    10: "backup.absent",
    11: "backup.locked",
    12: "backup.credentials",
}


@pytest.mark.parametrize("subcommand", ["snapshots", "stats", "check", "dump"])
def test_every_exit_status_of_restic_but_0_refuses(
    made: Made, recorded: Answers, subcommand: str
) -> None:
    for status in range(1, 256):
        transport = replaying(recorded, subcommand, status)
        facts = look(made.references["restic"], made.folder, "data", transport=transport)
        told = codes(facts)
        expected = STATUSES.get(status, told[0])
        if expected == "backup.absent" and subcommand in {"check", "dump"}:
            expected = "backup.damaged"
        assert told == [expected], status
        assert facts.level != "data", status


@pytest.mark.parametrize("subcommand", ["info", "check", "extract"])
def test_every_exit_status_of_borg_but_0_refuses(
    made: Made, recorded: Answers, subcommand: str
) -> None:
    for status in range(1, 256):
        transport = replaying(recorded, subcommand, status)
        facts = look(made.references["borg"], made.folder, "data", transport=transport)
        assert len(codes(facts)) == 1, status
        assert facts.level != "data", status


# restic


def test_a_partial_snapshot(restic: Restic, data: Path, root: Path) -> None:
    reference = restic.take(data, Path("/proc/self/mem"), tags="minio", status=3)
    facts = look(reference, root, "data")
    assert codes(facts) == ["backup.incomplete"]
    assert "restic tag --add complete" in facts.refusals[0].message


def test_marking_a_snapshot_as_complete(restic: Restic, data: Path, root: Path) -> None:
    before = restic.ids()
    reference = restic.take(data, tags="module=minio")
    assert codes(look(reference, root)) == ["backup.incomplete"]
    run("restic", "-r", restic.path, "tag", "--add", "complete", reference.rpartition("#")[2])
    assert codes(look(reference, root)) == ["backup.absent"]
    (new,) = set(restic.ids()) - set(before)
    assert codes(look(f"restic:{restic.path}#{new[:8]}", root)) == []


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ("minio,complete", None),
        ("module=minio,complete", None),
        ("postgres,minio,complete", None),
        ("minio-init,complete", "backup.module"),
        ("complete", "backup.module"),
        ("Minio,complete", "backup.module"),
    ],
)
def test_tags(restic: Restic, data: Path, root: Path, tags: str, code: str | None) -> None:
    facts = look(restic.take(data, tags=tags), root, "exists")
    assert codes(facts) == ([code] if code else [])


def test_a_path_names_no_module(restic: Restic, tmp_path: Path, root: Path) -> None:
    (tmp_path / "minio").mkdir()
    (tmp_path / "minio" / "a").write_bytes(os.urandom(2000))
    facts = look(restic.take(tmp_path / "minio", tags="complete"), root, "exists")
    assert codes(facts) == ["backup.module"]


def test_an_absent_snapshot(restic: Restic, root: Path) -> None:
    assert codes(look(f"restic:{restic.path}#79766175", root)) == ["backup.absent"]


def test_an_ambiguous_id(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {"id": f"79766175{letter * 56}", "time": "2026-05-17T01:08:47.123456789+02:00"}
        for letter in "ab"
    ]
    _fake(tmp_path, monkeypatch, "restic", f"echo '{json.dumps(rows)}'")
    assert codes(look(f"restic:{root}#79766175", root)) == ["backup.ambiguous"]


def test_a_snapshot_of_nothing(restic: Restic, tmp_path: Path, root: Path) -> None:
    (tmp_path / "empty").write_text("")
    assert codes(look(restic.take(tmp_path / "empty"), root)) == ["backup.empty"]


def test_a_repository_elsewhere_has_to_be_a_root(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fake(tmp_path, monkeypatch, "restic", "echo called >&2; exit 9")
    text = "restic:s3:s3.example/bucket#79766175"
    assert codes(look(text, root)) == ["backup.outside_roots"]
    assert codes(look(text, root, roots=("s3:s3.example/bucket",))) == ["backup.unreadable"]


# borg


OTHER = "minio-20260517T010848Z"


def test_a_partial_archive(borg: Borg, data: Path, root: Path) -> None:
    reference = borg.take(data, data / "none", name=OTHER, comment="", status=1)
    facts = look(reference, root, "data")
    assert codes(facts) == ["backup.incomplete"]
    assert "borg recreate --comment complete" in facts.refusals[0].message


def test_marking_an_archive_as_complete(borg: Borg, data: Path, root: Path) -> None:
    reference = borg.take(data, name=OTHER, comment="")
    assert codes(look(reference, root, "data")) == ["backup.incomplete"]
    run("borg", "recreate", "--comment", "complete", f"{borg.path}::{OTHER}")
    assert codes(look(reference, root, "data")) == []


def test_an_absent_archive(borg: Borg, root: Path) -> None:
    assert codes(look(f"borg:{borg.path}::{OTHER}", root)) == ["backup.absent"]


def test_an_archive_of_nothing(borg: Borg, tmp_path: Path, root: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert codes(look(borg.take(tmp_path / "empty", name=OTHER), root)) == ["backup.empty"]


def test_a_new_name_on_an_old_archive(borg: Borg, data: Path, root: Path) -> None:
    name = "minio-20260530T000000Z"
    reference = borg.take(data, name=name)
    now = datetime(2026, 5, 30, 1, tzinfo=UTC)
    assert codes(look(reference, root, now=now)) == ["backup.too_old"]


def test_the_host_may_be_in_any_time_zone(
    borg: Borg, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = f"borg:{borg.path}::{ARCHIVE}"
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    assert codes(look(reference, root, now=TAKEN + timedelta(minutes=1))) == []


def test_braces_are_not_replaced(borg: Borg, root: Path) -> None:
    (root / "{now}").symlink_to(borg.path)
    assert codes(look(f"borg:{root}/{{now}}::{ARCHIVE}", root)) == ["backup.form"]
    borg.path.rename(root / "{user}")
    (root / "plain").symlink_to(root / "{user}")
    assert codes(look(f"borg:{root}/plain::{ARCHIVE}", root)) == ["backup.unreadable"]
