"""The files that a module's Compose service is made of, found without rendering."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from pytest_platform.compose.source import included
from pytest_platform.compose.tree import Node, documents
from pytest_platform.module.loader import Module
from pytest_platform.module.source import MAX_BYTES, inside

_MAX_FILES: Final = 500
_OF_SERVICE: Final = (
    ("env_file",),
    ("env_file", "path"),
    ("label_file",),
    ("volumes",),
    ("volumes", "source"),
)
"""Where a service names files. In a list, each element is looked at."""
_OF_PROJECT: Final = ("secrets", "configs")


class _Part(NamedTuple):
    """A Compose file, and the service in it that counts."""

    file: Path
    service: str


class Reader:
    """Reads Compose files, each once. ``folders`` are those of all modules."""

    def __init__(self, root: Path, folders: frozenset[Path]) -> None:
        self._root = root
        self._folders = folders
        self._trees: dict[Path, list[Node]] = {}

    def paths(self, module: Module) -> Iterator[Path]:
        """Yield the files and folders, absolute, that the module's service depends on.

        An included file in another module's folder counts only where it has this service.
        What a path with a variable stands for is not known here.
        """
        first = module.compose_files[0].parent
        foreign = self._folders - {module.folder.resolve()}
        for part in self._parts(module):
            declared = part.file in module.compose_files or part.service != module.service
            if declared or part.file.parent not in foreign or self._has(part):
                base = first if part.file in module.compose_files else part.file.parent
                yield from (part.file, base / ".env")
                yield from (base / text for text in self._named(part))

    def _parts(self, module: Module) -> Iterator[_Part]:
        """Yield the files that Compose reads, with what they include and extend."""
        pending = [_Part(file, module.service) for file in reversed(module.compose_files)]
        seen: set[_Part] = set()
        while pending and len(seen) < _MAX_FILES:
            part = pending.pop()
            if part in seen:
                continue
            seen.add(part)
            yield part
            for tree in self._read(part.file):
                pending += [_Part(file, part.service) for file in included(tree, part.file.parent)]
                pending += _extended(tree, part)

    def _has(self, part: _Part) -> bool:
        return any(_find(tree, "services", part.service) for tree in self._read(part.file))

    def _named(self, part: _Part) -> Iterator[str]:
        for tree in self._read(part.file):
            yield from _built(tree, part.service)
            texts = [text for path in _OF_SERVICE for text in _texts(tree, part.service, path)]
            texts += _devices(tree)
            texts += [text for key in _OF_PROJECT for text in _files(tree, key)]
            texts += _each(tree, "include", "env_file")
            yield from (text for text in texts if text and "$" not in text)

    def _read(self, file: Path) -> list[Node]:
        if file not in self._trees:
            self._trees[file] = _documents(file, self._root)
        return self._trees[file]


def _documents(file: Path, root: Path) -> list[Node]:
    try:
        if not inside(file, root) or not file.is_file() or file.stat().st_size > MAX_BYTES:
            return []
        return documents(file.read_text(encoding="utf-8-sig", errors="replace"))
    except (OSError, RuntimeError, ValueError):
        return []


def _find(node: Node, *path: str) -> Node | None:
    for name in path:
        found = node.find(name)
        if found is None:
            return None
        node = found[1]
    return node


def _extended(tree: Node, part: _Part) -> Iterator[_Part]:
    extends = _find(tree, "services", part.service, "extends")
    if extends is None:
        return
    file, service = _find(extends, "file"), _find(extends, "service")
    name = service.text if service else extends.text
    if name:
        path = (part.file.parent / file.text).resolve() if file else part.file
        yield _Part(path, name)


def _texts(tree: Node, service: str, path: tuple[str, ...]) -> Iterator[str]:
    """Yield the values at a path of a service; of a mount, the folder or file on the host."""
    node = _find(tree, "services", service, path[0])
    if node is None:
        return
    for one in (node, *(child for name, _, child in node.children if name.isdigit())):
        found = _find(one, *path[1:])
        text = found.text if found else ""
        if path[0] == "volumes":
            text = text.partition(":")[0] if "/" in text.partition(":")[0] else ""
        yield text


def _built(tree: Node, service: str) -> Iterator[str]:
    """Yield what a build reads, and what is watched: contexts, and the Dockerfile in one."""
    build = _find(tree, "services", service, "build")
    if build is not None:
        found = _find(build, "context")
        context = build.text or (found.text if found else ".")
        dockerfile = _find(build, "dockerfile")
        texts = [context, *_named_contexts(build)]
        if dockerfile is not None and "$" not in dockerfile.text:
            texts.append(posixpath.join(context, dockerfile.text))
        yield from (text for text in texts if text and "$" not in text and "://" not in text)
    watched = _find(tree, "services", service, "develop", "watch")
    for _, _, rule in watched.children if watched else ():
        if (path := _find(rule, "path")) and "$" not in path.text:
            yield path.text


def _named_contexts(build: Node) -> Iterator[str]:
    """Yield the folders of ``additional_contexts``, a mapping or a list of ``NAME=FOLDER``."""
    found = _find(build, "additional_contexts")
    for name, _, child in found.children if found else ():
        text = child.text.partition("=")[2] if name.isdigit() else child.text
        if not text.startswith(("service:", "docker-image:", "oci-layout:")):
            yield text


def _devices(tree: Node) -> Iterator[str]:
    """Yield the folders of the host that named volumes stand for."""
    volumes = _find(tree, "volumes")
    for _, _, volume in volumes.children if volumes else ():
        device = _find(volume, "driver_opts", "device")
        if device is not None and not device.text.startswith(":"):
            yield device.text


def _files(tree: Node, key: str) -> Iterator[str]:
    node = _find(tree, key)
    for _, _, child in node.children if node else ():
        if file := _find(child, "file"):
            yield file.text


def _each(tree: Node, key: str, field: str) -> Iterator[str]:
    """Yield a field of each element of a list, itself a text or a list of them."""
    node = _find(tree, key)
    for _, _, child in node.children if node else ():
        if found := _find(child, field):
            yield from (found.text, *(one.text for _, _, one in found.children))
