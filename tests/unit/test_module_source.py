"""Reading text and files: scalars, odd files, and whatever bytes there may be."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_platform.module.loader import Broken, Module, Vocabulary, load
from pytest_platform.module.places import Unreadable
from pytest_platform.module.source import MAX_BYTES, parse, read

EMPTY = Vocabulary(kinds={}, waivable=frozenset(), reserved={})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("no", "no"),
        ("22:22", "22:22"),
        ("1.10", "1.10"),
        ("1e3", "1e3"),
        ("0b1", "0b1"),
        ("1_000", "1_000"),
        ("2027-01-31", "2027-01-31"),
        (".inf", ".inf"),
        ("0x1F", 31),
        ("0o17", 15),
        ("007", 7),
        ("-5", -5),
        ("+5", 5),
        ("'5'", "5"),
        ("! 5", "5"),
        ("true", True),
        ("False", False),
        ("tRue", "tRue"),
        ("null", None),
        ("~", None),
        ("", None),
        ("'~'", "~"),
        ("9" * 30, "9" * 30),
    ],
)
def test_scalars_follow_yaml_1_2(text: str, value: object) -> None:
    data = parse(f"key: {text}\n", "module.yaml").data
    assert data == {"key": value}
    assert type(data["key"]) is type(value)


def test_places_are_known() -> None:
    source = parse("a:\n  - b: 1\n  - *x\n".replace("*x", "c"), "module.yaml")
    assert source.line("a", 0, "b") == 2
    assert source.line("a", 1) == 3
    assert source.line("a", 1, "not", "there") == 3
    assert source.line("nowhere") == 1


def test_lone_surrogate_is_refused() -> None:
    with pytest.raises(Unreadable, match=r"U\+D800"):
        parse("a: \ud800", "module.yaml")


def message(path: Path, root: Path) -> str:
    with pytest.raises(Unreadable) as caught:
        read(path, root)
    problem = caught.value.problem
    assert "\n" not in problem.message
    assert str(problem).endswith(f"{problem.location}: contract.schema")
    return problem.message


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "modules" / "web"
    folder.mkdir(parents=True)
    return folder / "module.yaml"


def test_missing(path: Path, tmp_path: Path) -> None:
    told = message(path, tmp_path)
    assert told == "modules/web/module.yaml cannot be read: no such file or directory"


def test_just_over_one_mebibyte(path: Path, tmp_path: Path) -> None:
    path.write_text("a: 1\n" + "#" * (MAX_BYTES - 4))
    assert "larger than 1 MiB" in message(path, tmp_path)


def test_exactly_one_mebibyte(path: Path, tmp_path: Path) -> None:
    path.write_text("a: 1\n" + "#" * (MAX_BYTES - 5))
    assert read(path, tmp_path).data == {"a": 1}


def test_fifty_megabytes(path: Path, tmp_path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(50_000_000)
    assert "larger than 1 MiB" in message(path, tmp_path)


def test_a_folder(path: Path, tmp_path: Path) -> None:
    path.mkdir()
    assert "is a folder" in message(path, tmp_path)


def test_a_fifo_does_not_block(path: Path, tmp_path: Path) -> None:
    os.mkfifo(path)
    assert "not a regular file" in message(path, tmp_path)


def test_a_link_that_leaves(path: Path, tmp_path: Path) -> None:
    path.symlink_to("/etc/hostname")
    assert "leads out of the repository" in message(path, tmp_path)


def test_a_folder_that_leaves(path: Path, tmp_path: Path) -> None:
    root = tmp_path / "repository"
    root.mkdir()
    path.write_text("a: 1")
    (root / "modules").symlink_to(tmp_path / "modules")
    assert "leads out" in message(root / "modules" / "web" / "module.yaml", root)


def test_a_link_that_stays(path: Path, tmp_path: Path) -> None:
    (tmp_path / "shared.yaml").write_text("a: 1")
    path.symlink_to("../../shared.yaml")
    assert read(path, tmp_path).data == {"a": 1}


def test_a_link_to_itself(path: Path, tmp_path: Path) -> None:
    path.symlink_to("module.yaml")
    assert "links lead in a circle" in message(path, tmp_path)


def test_the_root_may_be_a_link(path: Path, tmp_path: Path) -> None:
    path.write_text("a: 1")
    linked = tmp_path / "linked"
    linked.symlink_to(tmp_path / "modules")
    assert read(linked / "web" / "module.yaml", linked).file == "web/module.yaml"


WELL_FORMED = """\
apiVersion: platform/v2
kind: Module
metadata: {name: web, summary: Serves the start page., owner: platform}
spec:
  runtime:
    compose: {files: [compose.yaml], project: home, service: web}
    expected_state: healthy
  state: {class: stateless}
"""


@pytest.mark.parametrize("name", ["compose.yaml", "runbook.md"])
@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("/etc/hostname", "leaves the repository"),
        ("../../../nowhere", "leaves the repository"),
        ("compose.yaml", "circle"),
    ],
)
def test_what_a_module_names_may_not_leave_through_a_link(
    path: Path, tmp_path: Path, name: str, target: str, told: str
) -> None:
    path.write_text(WELL_FORMED)
    (path.parent / name).symlink_to(name if told == "circle" else target)
    broken = load(path, tmp_path, EMPTY)
    assert isinstance(broken, Broken)
    assert [told in problem.message for problem in broken.problems] == [True]


def test_a_file_above_the_rootdir_and_inside_of_the_repository(path: Path, tmp_path: Path) -> None:
    """Without an ini file pytest takes the folder in which it is started for the rootdir."""
    (tmp_path / ".git").mkdir()
    path.write_text(WELL_FORMED.replace("[compose.yaml]", "[../../compose.yaml]"))
    broken = load(path, path.parents[1], EMPTY)
    assert isinstance(broken, Broken)
    (problem,) = broken.problems
    assert f"run pytest with --rootdir {tmp_path}" in problem.message


def test_a_link_of_a_module_may_stay(path: Path, tmp_path: Path) -> None:
    path.write_text(WELL_FORMED)
    (path.parent / "compose.yaml").symlink_to("../compose.yaml")
    assert isinstance(load(path, tmp_path, EMPTY), Module)


YAML_LIKE = st.text(alphabet="ab1.:-[]{}&*!|>'\"#%@`,?~\\ \n\t\r<=\x85\u2028\ufeffé🏠", max_size=80)


@given(st.text(max_size=60) | YAML_LIKE)
def test_any_text_is_data_or_unreadable(text: str) -> None:
    told = outcome(text)
    assert told is None or (told and "\n" not in told)


def outcome(text: str) -> str | None:
    try:
        parse(text, "module.yaml")
    except Unreadable as error:
        return error.problem.message
    return None


@pytest.fixture(scope="module")
def any_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository") / "web"
    folder.mkdir()
    return folder / "module.yaml"


@given(content=st.binary(max_size=60) | YAML_LIKE.map(str.encode))
def test_any_bytes_are_a_broken_module(any_file: Path, content: bytes) -> None:
    any_file.write_bytes(content)
    loaded: Any = load(any_file, any_file.parent.parent, EMPTY)
    assert isinstance(loaded, Broken)
    assert loaded.problems
