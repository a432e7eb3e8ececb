"""What has changed since a commit, asked of real repositories."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from pytest_platform.hosts.transport import Local
from pytest_platform.selection.git import (
    ChangesUnknown,
    Git,
    HistoryTooShort,
    NoRepository,
    UnknownRef,
)
from repository import ENVIRONMENT, Repository


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what a person has set for git."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"):
        monkeypatch.setenv(name, ENVIRONMENT[name])


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Make a repository: a branch has left ``main`` at its first commit, and both went on."""
    made = Repository(tmp_path / "origin")
    made.commit("kept", "old name", "gone", "modules/web/a")
    made.git("switch", "--quiet", "--create", "branch")
    made.commit("modules/web/b")
    made.git("switch", "--quiet", "main")
    made.commit("on main")
    made.git("switch", "--quiet", "branch")
    return made


def changed(root: Path, ref: str = "main") -> set[str]:
    """Ask what has changed."""
    return set(Git(root, Local()).changed_since(ref))


def refusal(root: Path, ref: str) -> ChangesUnknown:
    """Ask, and return why there is no answer."""
    with pytest.raises(ChangesUnknown) as caught:
        changed(root, ref)
    assert "\n" not in str(caught.value)
    return caught.value


def test_since_the_branch_was_left(repository: Repository) -> None:
    """What others did on ``main`` meanwhile is not of this change."""
    assert changed(repository.root) == {"modules/web/b"}


def test_nothing(repository: Repository) -> None:
    assert changed(repository.root, "HEAD") == set()


@pytest.mark.parametrize("ref", ["main", "HEAD~1", "tag", "refs/heads/main", "HEAD@{0}~1"])
def test_kinds_of_names(repository: Repository, ref: str) -> None:
    repository.git("tag", "tag", "main")
    assert changed(repository.root, ref) == {"modules/web/b"}


def test_an_id(repository: Repository) -> None:
    assert changed(repository.root, repository.git("rev-parse", "main")[:12]) == {"modules/web/b"}


def test_what_is_not_committed(repository: Repository) -> None:
    repository.write(".gitignore", "ignored\n")
    for name in ("kept", "staged", "new/untracked ä\n.yaml", "ignored"):
        repository.write(name, "changed\n")
    repository.git("add", "staged")
    (repository.root / "gone").unlink()
    expected = {"kept", "staged", "new/untracked ä\n.yaml", ".gitignore", "gone"}
    assert changed(repository.root, "HEAD") == expected


def test_a_renamed_file_counts_twice(repository: Repository) -> None:
    repository.git("mv", "old name", "new name")
    repository.commit()
    assert changed(repository.root, "HEAD~1") == {"old name", "new name"}


def test_undone_is_not_changed(repository: Repository) -> None:
    """A change that the working tree takes back is none."""
    (repository.root / "modules/web/b").unlink()
    assert changed(repository.root) == set()


def test_a_platform_in_a_subfolder(repository: Repository) -> None:
    """Paths are relative to it; the rest of the repository is left out."""
    repository.commit("elsewhere")
    repository.write("modules/web/c")
    assert changed(repository.root / "modules") == {"web/b", "web/c"}


def test_settings_of_people_change_nothing(repository: Repository) -> None:
    repository.git("config", "diff.renames", "copies")
    repository.git("config", "diff.relative", "false")
    repository.git("config", "diff.external", "false")
    repository.git("config", "core.quotePath", "true")
    repository.git("config", "color.ui", "always")
    repository.git("mv", "old name", "nëw")
    assert changed(repository.root, "HEAD") == {"old name", "nëw"}


def test_several_merge_bases(repository: Repository) -> None:
    """Two lines of history that were merged both ways have more than one."""
    first = repository.git("rev-parse", "branch")
    repository.git("merge", "--quiet", "--no-edit", "main")
    repository.git("switch", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-edit", first)
    repository.commit("last")
    assert "last" in changed(repository.root, "branch")


@pytest.mark.parametrize("ref", ["-x", "--output=stolen", "--", "-", "", " "])
def test_what_is_no_name(repository: Repository, ref: str) -> None:
    error = refusal(repository.root, ref)
    assert (error.code, repr(ref) in str(error)) == ("changes.ref", True), str(error)
    assert not (repository.root / "stolen").exists()


@pytest.mark.parametrize("ref", ["nowhere", "origin/main", "main..branch", "kept", "HEAD:kept"])
def test_an_unknown_ref(repository: Repository, ref: str) -> None:
    error = refusal(repository.root, ref)
    assert isinstance(error, UnknownRef), repr(error)
    assert f"git knows no commit '{ref}'" in str(error)
    assert "fetch-depth: 0" in str(error)


def test_a_repository_without_commits(tmp_path: Path) -> None:
    assert refusal(Repository(tmp_path).root, "main").code == "changes.ref"


def test_unrelated_histories(repository: Repository) -> None:
    repository.git("switch", "--quiet", "--orphan", "other")
    repository.commit("x")
    error = refusal(repository.root, "main")
    assert error.code == "changes.ref"
    assert "no commit in common" in str(error)


def test_a_shallow_clone(repository: Repository, tmp_path: Path) -> None:
    """As by default in continuous integration, with the base branch fetched as shallow."""
    clone = repository.clone(tmp_path / "clone", "--depth=1", "--branch=branch")
    assert refusal(clone.root, "origin/main").code == "changes.ref"
    clone.git("fetch", "--quiet", "--depth=1", "origin", "main:refs/remotes/origin/main")
    error = refusal(clone.root, "origin/main")
    assert isinstance(error, HistoryTooShort), repr(error)
    assert error.code == "changes.shallow"
    assert "fetch-depth: 0" in str(error)
    clone.git("fetch", "--quiet", "--unshallow")
    assert changed(clone.root, "origin/main") == {"modules/web/b"}


def test_no_repository(tmp_path: Path) -> None:
    error = refusal(tmp_path, "main")
    assert isinstance(error, NoRepository), repr(error)
    assert error.code == "changes.repository"
    assert str(tmp_path) in str(error)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_repository_of_another_user(repository: Repository) -> None:
    for path in (repository.root, repository.root / ".git"):
        shutil.chown(path, 12345)
    error = refusal(repository.root, "main")
    assert error.code == "changes.repository"
    assert f"git config --global --add safe.directory {repository.root}" in str(error)


def test_no_git(repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    error = refusal(repository.root, "main")
    assert error.code == "changes.git"
    assert "git cannot be run" in str(error)
