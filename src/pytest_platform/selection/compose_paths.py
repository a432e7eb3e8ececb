"""The files that a module's Compose service is made of, found without rendering."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from pytest_platform.compose.env_file import entries
from pytest_platform.compose.interpolation import optional, split_outside
from pytest_platform.compose.placeholders import Placeholders, lacking
from pytest_platform.compose.references import extended, included, walk
from pytest_platform.compose.tree import Node, documents
from pytest_platform.module.loader import Module
from pytest_platform.module.source import MAX_BYTES, inside
from pytest_platform.reading import read_text
from pytest_platform.selection.other_services import ImageBuilder, builders, others

_OF_SERVICE: Final = (
    ("env_file",),
    ("env_file", "path"),
    ("label_file",),
    ("volumes",),
    ("volumes", "source"),
    ("security_opt",),
    ("credential_spec", "file"),
)
"""Where a service names files. In a list, each element is looked at."""
_OF_PROJECT: Final = ("secrets", "configs")
_SECCOMP: Final = ("seccomp:", "seccomp=")


class _Part(NamedTuple):
    """A Compose file, the service in it that counts, and where its relative paths begin."""

    file: Path
    service: str
    base: Path


class Reader:
    """Reads Compose files, each once. ``folders`` are those of all modules."""

    def __init__(self, root: Path, folders: frozenset[Path]) -> None:
        self._root = root
        self._folders = folders
        self._trees: dict[Path, list[Node]] = {}

    def paths(self, module: Module) -> Iterator[Path]:
        """Yield the files and folders, absolute, that the module's service depends on.

        An included file in another module's folder counts only where it has this service.
        Where a variable without value and default decides about a path, that is any path.
        """
        foreign = self._folders - {module.folder.resolve()}
        for part in self._parts(module):
            declared = part.file in module.compose_files or part.service != module.service
            if declared or part.file.parent not in foreign or self._has(part):
                yield from (part.file, part.base / ".env")
                for text in self._named(part):
                    yield from self._resolved(text, part.base)

    def _parts(self, module: Module) -> Iterator[_Part]:
        """Yield the files that Compose reads, with what they include and extend."""
        first = module.compose_files[0].parent
        start = [_Part(file, module.service, first) for file in reversed(module.compose_files)]
        files = list(self._walk(start, []))
        trees = [tree for part in files for tree in self._read(part.file)]
        built = [one for tree in trees for one in builders(tree, module.project)]
        yield from self._walk(start, built)

    def _walk(self, start: list[_Part], built: Collection[ImageBuilder]) -> Iterator[_Part]:
        def further(part: _Part) -> Iterator[_Part]:
            for tree in self._read(part.file):
                yield from self._included(tree, part)
                yield from _extended(tree, part)
                for other in others(tree, part.service, built):
                    yield from (one._replace(service=other) for one in (part, *start))

        return walk(start, further)

    def _included(self, tree: Node, part: _Part) -> Iterator[_Part]:
        """Yield the files of ``include``; relative paths in them begin at their own folder."""
        for one in included(tree):
            for file in self._resolved(one.path, part.file.parent):
                base = part.file.parent / one.folder if one.folder else file.parent
                yield _Part(file.resolve(), part.service, base)

    def _resolved(self, text: str, base: Path) -> Iterator[Path]:
        """Yield what a path may stand for: by defaults, by ``.env``, or anything."""
        if "$" not in text:
            yield base / text
            return
        values = {name: value for name, value in entries(base / ".env") if value}
        fills = Placeholders({})
        for folder in {str(base), str(self._root)}:
            for known in ({}, values):
                given = {"HOME": str(Path("~").expanduser()), **known, "PWD": folder}
                if lacking(text, given):
                    yield self._root
                else:
                    yield base / fills.plain(text, ("environment",), given)
        if optional(text):
            yield self._root

    def _has(self, part: _Part) -> bool:
        return any(tree.at("services", part.service) for tree in self._read(part.file))

    def _named(self, part: _Part) -> Iterator[str]:
        for tree in self._read(part.file):
            yield from _built(tree, part.service)
            texts = [text for path in _OF_SERVICE for text in _texts(tree, part.service, path)]
            texts += _devices(tree)
            texts += [text for key in _OF_PROJECT for text in _files(tree, key)]
            texts += _each(tree, "include", "env_file")
            yield from filter(None, texts)

    def _read(self, file: Path) -> list[Node]:
        if file not in self._trees:
            self._trees[file] = _documents(file, self._root)
        return self._trees[file]


def _documents(file: Path, root: Path) -> list[Node]:
    try:
        text = read_text(file, MAX_BYTES + 1) if inside(file, root) else ""
    except (OSError, RuntimeError, ValueError):
        return []
    return documents(text) if len(text) <= MAX_BYTES else []


def _extended(tree: Node, part: _Part) -> Iterator[_Part]:
    service = tree.at("services", part.service)
    base = extended(service) if service else None
    if base and base.service:
        path = (part.file.parent / base.file).resolve() if base.file else part.file
        yield _Part(path, base.service, path.parent if base.file else part.base)


def _texts(tree: Node, service: str, path: tuple[str, ...]) -> Iterator[str]:
    """Yield the values at a path of a service; of a mount, the folder or file on the host."""
    node = tree.at("services", service, path[0])
    if node is None:
        return
    for one in (node, *(child for name, _, child in node.children if name.isdigit())):
        found = one.at(*path[1:])
        text = found.text if found else ""
        if path[0] == "volumes":
            source = split_outside(text, ":")[0]
            text = source if "/" in source or "$" in source else ""
        elif path[0] == "security_opt":
            text = text[len(_SECCOMP[0]) :] if text.startswith(_SECCOMP) else ""
        yield text


def _built(tree: Node, service: str) -> Iterator[str]:
    """Yield what a build reads, and what is watched: contexts, and the Dockerfile in one."""
    build = tree.at("services", service, "build")
    if build is not None:
        found = build.at("context")
        context = build.text or (found.text if found else ".")
        dockerfile = build.at("dockerfile")
        texts = [context, *_named_contexts(build)]
        if dockerfile is not None:
            file = posixpath.join(context, dockerfile.text)
            texts += [file, f"{file}.dockerignore"]
        yield from (text for text in texts if text and "://" not in text)
    watched = tree.at("services", service, "develop", "watch")
    for _, _, rule in watched.children if watched else ():
        if path := rule.at("path"):
            yield path.text


def _named_contexts(build: Node) -> Iterator[str]:
    """Yield the folders of ``additional_contexts``, a mapping or a list of ``NAME=FOLDER``."""
    found = build.at("additional_contexts")
    for name, _, child in found.children if found else ():
        text = child.text.partition("=")[2] if name.isdigit() else child.text
        if not text.startswith(("service:", "docker-image:", "oci-layout:")):
            yield text


def _devices(tree: Node) -> Iterator[str]:
    """Yield the folders of the host that named volumes stand for."""
    volumes = tree.at("volumes")
    for _, _, volume in volumes.children if volumes else ():
        device = volume.at("driver_opts", "device")
        if device is not None and not device.text.startswith(":"):
            yield device.text


def _files(tree: Node, key: str) -> Iterator[str]:
    node = tree.at(key)
    for _, _, child in node.children if node else ():
        if file := child.at("file"):
            yield file.text


def _each(tree: Node, key: str, field: str) -> Iterator[str]:
    """Yield a field of each element of a list, itself a text or a list of them."""
    node = tree.at(key)
    for _, _, child in node.children if node else ():
        if found := child.at(field):
            yield from (found.text, *(one.text for _, _, one in found.children))
