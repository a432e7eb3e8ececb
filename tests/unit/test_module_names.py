"""Names reach a shell on the host, the path of a lock and Compose: none may be more than that."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from msgspec import ValidationError, convert

from pytest_platform.module.forms import Name
from pytest_platform.module.loader import Broken, Module, Vocabulary, load
from pytest_platform.module.on_compose import ComposeService

INJECTIONS = (
    "--file=/etc/passwd",
    "-p",
    "home;reboot",
    "home\nreboot",
    "home\n",
    "home reboot",
    "$(reboot)",
    "${HOME}",
    "`reboot`",
    "home'",
    'home"',
    "home\\",
    "home|reboot",
    "home&",
    "home>x",
    "../home",
    "/home",
    "home/../../etc",
    "~",
    "*",
    "",
)
FIELDS = (
    "metadata.name",
    "spec.runtime.compose.project",
    "spec.requires.0",
    "spec.state.owner",
    "spec.state.backup_ref_modules.0",
)
GOOD: dict[str, Any] = {
    "apiVersion": "platform/v2",
    "kind": "Module",
    "metadata": {"name": "app", "summary": "For a test.", "owner": "tests"},
    "spec": {
        "runtime": {
            "compose": {"files": ["compose.yaml"], "project": "home", "service": "app"},
            "expected_state": "exited-success",
        },
        "requires": ["store"],
        "state": {"class": "sidecar", "owner": "store", "backup_ref_modules": ["store"]},
    },
}
ALPHABET = "ab0-_./$`'\"\\ \n\t;|&<>(){}*?~#=@:%"


def loaded(folder: Path, document: dict[str, Any]) -> Module | Broken:
    file = folder / "app" / "module.yaml"
    file.parent.mkdir()
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return load(file, folder, Vocabulary({}, frozenset(), {}))


def with_name(field: str, name: str) -> dict[str, Any]:
    """Return the good document with one name replaced."""
    document = copy.deepcopy(GOOD)
    *way, last = field.split(".")
    place: Any = document
    for key in way:
        place = place[key]
    place[0 if last == "0" else last] = name
    return document


def accepted(value: Any, kind: Any) -> bool:
    try:
        convert(value, kind)
    except ValidationError:
        return False
    return True


def test_the_names_of_a_good_file_are_read(tmp_path: Path) -> None:
    assert isinstance(loaded(tmp_path, GOOD), Module)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("name", INJECTIONS)
def test_a_name_that_injects_is_refused(tmp_path: Path, field: str, name: str) -> None:
    found = loaded(tmp_path, with_name(field, name))
    assert isinstance(found, Broken)
    assert {problem.code for problem in found.problems} == {"contract.schema"}


@given(st.text(alphabet=ALPHABET, max_size=10))
def test_no_name_passes_for_anything_else(text: str) -> None:
    compose = {"files": ["compose.yaml"], "project": text, "service": "app"}
    if accepted(text, Name) or accepted(compose, ComposeService):
        assert text[0].isalnum()
        assert not set(text) - set("ab0-_.")
