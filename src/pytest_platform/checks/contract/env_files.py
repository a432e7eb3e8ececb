"""The files of variables that a service names and that git tracks."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from pytest_platform.compose.env_file import entries, read
from pytest_platform.compose.literals import in_value
from pytest_platform.compose.tree import Node, documents
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.transport import Local
from pytest_platform.module.loader import Module
from pytest_platform.module.source import inside
from pytest_platform.verdict import Location

_TIMEOUT = 10.0


class Held(NamedTuple):
    """A secret in a file that everybody with the repository can read."""

    name: str
    what: str
    location: Location


def in_tracked_files(module: Module) -> Iterator[Held]:
    """Yield the secrets in the files below ``env_file`` of a service, where git tracks them."""
    for file in dict.fromkeys(_files(module)):
        held = list(_in_file(file, module.root))
        if held and _is_tracked(file):
            yield from held


def _in_file(file: Path, root: Path) -> Iterator[Held]:
    lines = read(file).splitlines()
    pairs = {name: value for name, value in entries(file) if value}
    for name, value in pairs.items():
        if found := list(in_value(name, value, tuple(pairs))):
            number = next((at for at, line in enumerate(lines, 1) if name in line), 1)
            yield Held(name, found[0].what, Location(_shown(file, root), number))


def unread(module: Module) -> Iterator[tuple[str, str]]:
    """Yield the files below ``env_file`` that may be others at a deployment, and why.

    They are named as they are written. A file that git does not track holds anything elsewhere.
    """
    for compose_file, text in dict.fromkeys(_named(module)):
        file = compose_file.parent / text
        if "$" in text or not file.is_file():
            yield text, "is not here"
        elif not _is_tracked(file):
            yield text, "is not tracked by git"


def _files(module: Module) -> Iterator[Path]:
    for compose_file, text in _named(module):
        file = compose_file.parent / text
        if "$" not in text and inside(file, module.root):
            yield file


def _named(module: Module) -> Iterator[tuple[Path, str]]:
    for compose_file in module.compose_files:
        for tree in documents(read(compose_file)):
            node = tree.at("services", module.service, "env_file")
            for text in _paths(node) if node else ():
                yield compose_file, text


def _paths(node: Node) -> Iterator[str]:
    for one in (node, *(child for _, _, child in node.children)):
        path = one.at("path")
        yield from filter(None, (one.text, path.text if path else ""))


def _is_tracked(file: Path) -> bool:
    argv = ["git", "-C", str(file.parent), "ls-files", "--error-unmatch", "--", file.name]
    try:
        return Local().run(argv, timeout=_TIMEOUT).returncode == 0
    except PlatformError:
        return False


def ignored(files: Collection[Path]) -> set[Path]:
    """Return those of some files that git is told to leave out of its repository."""
    found: set[Path] = set()
    for folder in {file.parent for file in files}:
        named = {file.name: file for file in files if file.parent == folder}
        argv = [
            "git",
            "-C",
            str(folder),
            "-c",
            "core.quotePath=false",
            "check-ignore",
            "--",
            *named,
        ]
        with suppress(PlatformError):
            said = Local().run(argv, timeout=_TIMEOUT).stdout
            found |= {named[name] for name in said.splitlines() if name in named}
    return found


def _shown(file: Path, root: Path) -> str:
    resolved, top = file.resolve(), root.resolve()
    return resolved.relative_to(top).as_posix() if resolved.is_relative_to(top) else str(file)
