"""From a YAML file to plain data that knows the place of every value."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path
from typing import Any

import yaml

from pytest_platform.errors import Problem
from pytest_platform.module.building import Builder
from pytest_platform.module.places import (
    CODE,
    START,
    ModuleSource,
    Span,
    Unreadable,
    problem_at,
)
from pytest_platform.verdict import Location

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
    bad = forbidden(text)
    if bad is not None:
        raise Unreadable(problem_at(file, text, bad[1], bad[0]))
    source = ModuleSource(file, text, None)
    try:
        data = Builder(source).document(yaml.parse(text, Loader=_LOADER))
    except yaml.YAMLError as error:
        message, span = explain(error, text)
        raise Unreadable(problem_at(file, text, span, message)) from None
    return ModuleSource(file, text, data, source.keys, source.values)


def inside(path: Path, root: Path) -> bool:
    """Return whether ``path``, with its links resolved, lies inside ``root``."""
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


_UNFIT = "the indentation does not fit the lines before it"
_UNCLOSED = "found unexpected end of stream"

_WORDS = {
    "mapping values are not allowed in this context": (
        "a ': ' where no key can stand; check the indentation, "
        "or put text that holds ': ' in quotes"
    ),
    "could not find expected ':'": "a key without ':'; write 'key: value'",
    "did not find expected ',' or ']'": "a ',' or the closing ']' is missing",
    "did not find expected ',' or '}'": "a ',' or the closing '}' is missing",
    "did not find expected '-' indicator": f"{_UNFIT}; a list item starts with '- '",
    "did not find expected key": _UNFIT,
    "did not find expected <document start>": _UNFIT,
    "block sequence entries are not allowed in this context": (
        "a list item where none can stand; start the list on a line of its own"
    ),
    "found undefined tag handle": "tags have no meaning here; remove it",
    "found a tab character that violates indentation": "a tab; indent with spaces",
    "found invalid Unicode character escape code": "an escape that stands for no character",
    "found unknown escape character": (
        "a backslash with no meaning in double quotes; use single quotes"
    ),
    _UNCLOSED: "a quote that is never closed",
}

_FORBIDDEN = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def forbidden(text: str) -> tuple[str, Span] | None:
    """Return a message on the first character that no YAML file may hold, and its place."""
    found = _FORBIDDEN.search(text)
    if found is None:
        return None
    lines = text[: found.start() + 1].splitlines() or [""]
    # A forbidden character may end a line for Python; YAML does not know it at all.
    line = len(re.findall(r"\r\n|[\n\r\x85\u2028\u2029]", text[: found.start()])) + 1
    message = f"the character U+{ord(found[0]):04X} cannot stand in a YAML file; remove it"
    return message, Span(line, max(0, len(lines[-1]) - 1), 1)


def explain(error: Any, text: str) -> tuple[str, Span]:
    """Return what the ``yaml.YAMLError`` means for ``text``, and where."""
    problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
    opened = getattr(error, "context_mark", None)
    mark = opened if problem == _UNCLOSED else getattr(error, "problem_mark", None) or opened
    span = Span(mark.line + 1, mark.column, 1) if mark else START
    before, character = _around(text, mark)
    return f"not valid YAML: {_explain(error, problem, before, character)}", span


def _explain(error: Any, problem: str, before: str, character: str) -> str:
    if problem == "found character that cannot start any token":
        if character == "\t":
            return "a tab; indent with spaces"
        return f"text cannot start with '{character}'; put it in quotes"
    opened = getattr(error, "context_mark", None)
    words = _WORDS.get(problem, problem)
    if words == _UNFIT and before.strip():
        return "text that does not belong here; check the quotes before it"
    if "closing" in words and opened:
        return f"{words} (opened on line {opened.line + 1})"
    return words


def _around(text: str, mark: Any) -> tuple[str, str]:
    """Return what stands on the line before the mark, and the character at it."""
    lines = text.splitlines()
    line = lines[mark.line] if mark is not None and mark.line < len(lines) else ""
    return (line[: mark.column], line[mark.column : mark.column + 1]) if line else ("", "")
