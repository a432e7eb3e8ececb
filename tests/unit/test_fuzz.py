"""Readers are given broken files: each is a value or a refusal with its place, never a crash.

``PLATFORM_FUZZ`` says how many; each comes from its number, so that a failure can be repeated.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from oddities import SHARES, broken, chance, changed, of_share

from pytest_platform.checks.registry import vocabulary
from pytest_platform.compose import program
from pytest_platform.compose.rendered import Rendered
from pytest_platform.compose.service import RenderedService
from pytest_platform.compose.tree import documents
from pytest_platform.errors import ComposeError
from pytest_platform.module.loader import Broken, Module, load

ROOT = Path(__file__).resolve().parents[2]
SEEDS = [one.read_text(encoding="utf-8") for one in sorted(ROOT.glob("modules/*/*.yaml"))]
PIECES = [
    *("&a", "*a", "<<: *a", "!!python/object:x", "---", "...", "|", ">", "{", "}", "[", "]"),
    *("\t", "\x00", "\ufeff", "\ud800", "\u2028", "\x85", "'", '"', ": ", "- ", "?", "#", "%"),
    *("null", "~", "yes", "22:22", "1e999", "0x", ".nan", "2027-13-99", "9" * 400, "a" * 4000),
]


@pytest.mark.parametrize("share", range(SHARES))
def test_a_module_is_read_or_refused(share: int, tmp_path: Path) -> None:
    words = vocabulary()
    file = tmp_path / "web" / "module.yaml"
    file.parent.mkdir()
    for number in of_share(share):
        text = broken(number, SEEDS[number % len(SEEDS)], PIECES)
        file.unlink(missing_ok=True)  # for a new file a disk is not waited for
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        read = load(file, tmp_path, words)
        assert isinstance(read, Module) or (isinstance(read, Broken) and read.problems), number


@pytest.mark.parametrize("share", range(SHARES))
def test_a_compose_file_is_read_as_far_as_it_can_be(share: int) -> None:
    for number in of_share(share):
        assert isinstance(documents(broken(number, SEEDS[number % len(SEEDS)], PIECES)), list), (
            number
        )


@pytest.mark.parametrize("share", range(SHARES))
def test_an_answer_of_compose_is_a_project_or_refused(share: int) -> None:
    service = {"image": "x", "ports": [{"target": 1}], "environment": {"A": "b"}, "deploy": {}}
    whole = {"name": "p", "services": {"web": service}, "volumes": {"v": None}}
    for number in of_share(share):
        text = json.dumps(changed(chance(number), whole))
        for one in (text, broken(number, text, PIECES)):
            model = _or_refused(lambda one=one: program._read_model(one))  # type: ignore[misc]
            read = _services(model) if model else []
            assert all(isinstance(one, RenderedService) for one in read), number


def _services(model: Any) -> list[Any]:
    return list(Rendered(model).services.values())


def _or_refused(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except ComposeError:
        return None
