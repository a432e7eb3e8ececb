"""From a YAML file to plain data that knows the place of every value."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import yaml

from pytest_platform.errors import Problem
from pytest_platform.module import syntax
from pytest_platform.module.building import MAX_DEPTH, MAX_NODES, Builder
from pytest_platform.module.places import CODE, ModuleSource, Path_, Span, Unreadable, problem_at
from pytest_platform.verdict import Location

__all__ = [
    "CODE",
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_NODES",
    "ModuleSource",
    "Path_",
    "Span",
    "Unreadable",
    "inside",
    "parse",
    "problem_at",
    "read",
]

MAX_BYTES = 1024 * 1024

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(path: Path, root: Path) -> ModuleSource:
    """Read the YAML file at ``path``, which must lie inside ``root``.

    Raises:
        Unreadable: it is missing, too large, not a file, leaves ``root``, or is not
            the YAML that is accepted here.
    """
    file = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    return parse(_decoded(_bytes(path, root, file), file), file)


def parse(text: str, file: str) -> ModuleSource:
    """Parse YAML text; ``file`` is the name to show in problems.

    Raises:
        Unreadable: the text is not the YAML that is accepted here.
    """
    bad = syntax.forbidden(text)
    if bad is not None:
        raise Unreadable(problem_at(file, text, bad[1], bad[0]))
    source = ModuleSource(file, text, None)
    try:
        data = Builder(source).document(yaml.parse(text, Loader=_LOADER))
    except yaml.YAMLError as error:
        message, span = syntax.explain(error, text)
        raise Unreadable(problem_at(file, text, span, message)) from None
    return ModuleSource(file, text, data, source.keys, source.values)


def inside(path: Path, root: Path) -> bool:
    """Tell whether ``path``, with its links resolved, lies inside ``root``."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def _bytes(path: Path, root: Path, file: str) -> bytes:
    try:
        if not inside(path, root):
            raise _refuse(file, "leads out of the repository; keep the file itself inside")
        _regular(path, file)
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, RuntimeError) as error:
        raise _refuse(file, f"cannot be read: {_reason(error)}") from None
    if len(content) > MAX_BYTES:
        raise _too_large(file)
    return content


def _regular(path: Path, file: str) -> None:
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise _refuse(file, "is a folder; it must be a file")
    if not stat.S_ISREG(status.st_mode):
        raise _refuse(file, "is not a regular file")
    if status.st_size > MAX_BYTES:
        raise _too_large(file)


def _decoded(content: bytes, file: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = f"0x{content[error.start]:02X}"
        raise _refuse(file, f"is not UTF-8: byte {byte}; save it as UTF-8", line) from None


def _reason(error: OSError | RuntimeError) -> str:
    if isinstance(error, OSError) and error.errno != errno.ELOOP:
        return (error.strerror or "unknown reason").lower()
    return "its links lead in a circle"


def _too_large(file: str) -> Unreadable:
    return _refuse(file, "is larger than 1 MiB; a module file is a page of text")


def _refuse(file: str, message: str, line: int = 1) -> Unreadable:
    return Unreadable(Problem(CODE, f"{file} {message}", Location(file, line)))
