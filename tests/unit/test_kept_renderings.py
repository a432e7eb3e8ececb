"""A rendering that is kept holds only as long as nothing has changed that goes into it."""

from __future__ import annotations

import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pytest_platform.compose.kept import KeepingLocal
from pytest_platform.compose.renderer import Renderer
from pytest_platform.hosts.transport import CommandResult

Change = Callable[[Path, pytest.MonkeyPatch], object]

FILES = {
    "compose.yaml": """\
include: [part.yaml]
services:
  app:
    image: x:1
    environment: {MODE: fast, FROM_OUTSIDE: }
    env_file: [{path: app.env, required: false}]
    extends: {file: base.yaml, service: base}
  other: {image: y, profiles: [more]}
""",
    "part.yaml": "services: {part: {image: z}}\n",
    "base.yaml": "services: {base: {user: '1'}}\n",
}
SECRET = "from-outside-the-files"  # noqa: S105 - a mark to look for


class Kept(KeepingLocal):
    """Has a folder, and a version of Compose of its own."""

    def __init__(self, folder: Path, version: str = "") -> None:
        super().__init__(lambda: folder)
        self.version = version

    def run(self, argv: Sequence[str], **options: Any) -> CommandResult:
        result = super().run(argv, **options)
        if self.version and argv[-2:] == ["version", "--short"]:
            self._versions[tuple(argv)] = replace(result, stdout=self.version)
        return result


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("FROM_OUTSIDE", raising=False)
    folder = tmp_path / "project"
    write(folder, FILES)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    folder = tmp_path / "kept"
    folder.mkdir()
    return folder


def write(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)


def rendered(project: Path, kept: Path, name: str = "p", version: str = "") -> Mapping[str, Any]:
    here = Kept(kept, version)
    return Renderer(here).rendered((project / "compose.yaml",), name).model


def names(kept: Path) -> set[str]:
    return {one.name for one in kept.iterdir()}


def test_what_has_not_changed_is_not_rendered_again(project: Path, kept: Path) -> None:
    first = rendered(project, kept)
    (one,) = kept.iterdir()
    assert stat.S_IMODE(one.stat().st_mode) == 0o600
    # Proof that the second answer comes from there.
    one.write_text(one.read_text().replace("x:1", "kept:1"))
    second = rendered(project, kept)
    assert first["services"]["app"]["image"] == "x:1"
    assert second["services"]["app"]["image"] == "kept:1"


def _named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, {"other.env": f"FROM_OUTSIDE={SECRET}\n"})
    monkeypatch.setenv("COMPOSE_ENV_FILES", str(folder / "other.env"))


CHANGES: Mapping[str, tuple[Change, Sequence[str], object]] = {
    "the file": (
        lambda folder, _: write(
            folder, {"compose.yaml": FILES["compose.yaml"].replace("x:1", "x:2")}
        ),
        ("app", "image"),
        "x:2",
    ),
    "the same, as long as before and as old": (
        lambda folder, _: write(
            folder, {"compose.yaml": FILES["compose.yaml"].replace("x:1", "w:1")}
        ),
        ("app", "image"),
        "w:1",
    ),
    "an included file": (
        lambda folder, _: write(folder, {"part.yaml": "services: {part: {image: z:9}}\n"}),
        ("part", "image"),
        "z:9",
    ),
    "a file that is extended": (
        lambda folder, _: write(folder, {"base.yaml": "services: {base: {user: '7'}}\n"}),
        ("app", "user"),
        "7",
    ),
    "a file of variables appears": (
        lambda folder, _: write(folder, {"app.env": f"TOKEN={SECRET}\n"}),
        ("app", "environment", "TOKEN"),
        SECRET,
    ),
    "a variable that has no value in the file gets one": (
        lambda _, monkeypatch: monkeypatch.setenv("FROM_OUTSIDE", SECRET),
        ("app", "environment", "FROM_OUTSIDE"),
        SECRET,
    ),
    "the same, in .env": (
        lambda folder, _: write(folder, {".env": f"FROM_OUTSIDE={SECRET}\n"}),
        ("app", "environment", "FROM_OUTSIDE"),
        SECRET,
    ),
    "the same, in a file that the environment names": (
        _named,
        ("app", "environment", "FROM_OUTSIDE"),
        SECRET,
    ),
    "a file is no longer included": (
        lambda folder, _: write(
            folder, {"compose.yaml": FILES["compose.yaml"].replace("include: [part.yaml]\n", "")}
        ),
        ("part",),
        None,
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_is_seen(
    name: str, project: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, path, expected = CHANGES[name]
    rendered(project, kept)
    assert names(kept)
    change(project, monkeypatch)
    found: Any = rendered(project, kept)["services"]
    for key in path:
        found = found.get(key)
    assert found == expected
    assert not any(SECRET in one.read_text() for one in kept.iterdir())


def test_another_project_or_version_is_another_rendering(project: Path, kept: Path) -> None:
    for name, version in (("p", ""), ("q", ""), ("p", "99.0")):
        assert rendered(project, kept, name, version)["name"] == name
    assert len(names(kept)) == 3


def test_an_option_is_another_rendering(project: Path, kept: Path) -> None:
    renderer = Renderer(Kept(kept))
    files = (project / "compose.yaml",)
    renderer.rendered(files, "p")
    renderer.uninterpolated(files, "p")
    write(project.parent, FILES)
    renderer.in_folder(project.parent).rendered(files, "p")
    assert len(names(kept)) == 3


OUTSIDE = {
    "a variable": "services: {app: {image: 'x:${FROM_OUTSIDE}'}}\n",
    "a variable with a default": "services: {app: {image: 'x:${FROM_OUTSIDE:-1}'}}\n",
    "a name without a value": "services: {app: {image: x, environment: [FROM_OUTSIDE]}}\n",
    "a name in an anchor": (
        "x-e: &e {FROM_OUTSIDE: }\nservices: {app: {image: x, environment: *e}}\n"
    ),
    "an argument of a build": "services: {app: {build: {context: ., args: [FROM_OUTSIDE]}}}\n",
    "a file of variables": "services: {app: {image: x, env_file: outside.env}}\n",
    "a config": (
        "configs: {c: {environment: FROM_OUTSIDE}}\nservices: {app: {image: x, configs: [c]}}\n"
    ),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_value_from_outside_is_never_kept(
    name: str, project: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project, {"compose.yaml": OUTSIDE[name], "outside.env": f"FROM_OUTSIDE={SECRET}\n"})
    monkeypatch.setenv("FROM_OUTSIDE", SECRET)
    rendered(project, kept)
    assert not names(kept)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"inputs": 1}', '{"inputs": {"x": 1}}', "\x00"])
def test_what_is_no_rendering_is_made_again(text: str, project: Path, kept: Path) -> None:
    rendered(project, kept)
    (one,) = kept.iterdir()
    one.write_text(text)
    assert rendered(project, kept)["services"]["app"]["image"] == "x:1"


def test_a_folder_that_cannot_be_written_keeps_nothing(project: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert rendered(project, file)["services"]["app"]["image"] == "x:1"
