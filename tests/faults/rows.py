"""The rows of the table, and how each is brought about."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from e2e.tree import Outcome, Tree

TABLE = Path(__file__).with_name("table")
_REPEAT = "repeat"


@dataclass(frozen=True)
class Row:
    """One fault: what is changed in a tree that is well, and what a run has to say.

    ``files`` are contents by path (see ``put``), ``replace`` are pairs of texts by path.
    ``top`` stands beside the services of the Compose file. ``do`` are words for Compose,
    ``by_hand`` orders for the Engine. ``said`` is what people read where the document is
    written already.
    ``server`` is what a server says, ``answers`` are those of an Engine, by path.
    ``verdict`` is that of the module ``web``, None where no module is judged.
    """

    name: str
    code: str
    exit: int
    verdict: str | None = None
    files: Mapping[str, Any] = field(default_factory=dict)
    replace: Mapping[str, Sequence[str]] = field(default_factory=dict)
    args: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    service: Mapping[str, Any] = field(default_factory=dict)
    runtime: Mapping[str, Any] = field(default_factory=dict)
    top: Mapping[str, Any] = field(default_factory=dict)
    do: Sequence[str] = ()
    by_hand: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    until: str = ""
    said: str = ""
    server: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    ssh: str = ""


def rows_of(name: str) -> list[Row]:
    """Read one file of the table."""
    documents = yaml.safe_load((TABLE / f"{name}.yaml").read_text(encoding="utf-8"))
    return [Row(**document) for document in documents]


def bring_about(row: Row, tree: Tree) -> None:
    """Change a tree so that the fault is there."""
    for name, (old, new) in row.replace.items():
        path = tree.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{row.name}: {name} has no {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    for name, content in row.files.items():
        put(tree.root / name, content)


def put(path: Path, content: Any) -> None:
    """Put something at a path: a text, or a mapping with one of the keys below."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        for one in path.iterdir():
            one.unlink()
        path.rmdir()
    path.unlink(missing_ok=True)
    if isinstance(content, str):
        path.write_text(content, encoding="utf-8")
        return
    ((kind, value),) = content.items()
    if kind == "link":
        path.symlink_to(value)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "bytes":
        path.write_bytes(bytes.fromhex(value))
    elif kind == _REPEAT:
        path.write_text(value["before"] + value["text"] * value["times"], encoding="utf-8")
    else:
        assert kind == "absent", kind


def codes_in(outcome: Outcome) -> set[str]:
    """Return every code of a document: of checks, their findings, drift, and its own error."""
    return set(_codes(outcome.document["platform"]))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _codes(value: Any) -> Any:
    if isinstance(value, dict):
        if isinstance(value.get("code"), str):
            yield value["code"]
        yield from filter(_is_text, value.get("drift") or ())
        for one in value.values():
            yield from _codes(one)
    elif isinstance(value, list):
        for one in value:
            yield from _codes(one)
