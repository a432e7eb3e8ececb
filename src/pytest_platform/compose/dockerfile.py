"""What a Dockerfile puts into its image: entrypoint, command, variables, and files. Pure.

What cannot be told from the text alone is None: the entrypoint of a base that is not here, a
value with a variable in it, an instruction in a form that is not known.
"""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

_HEREDOC: Final = re.compile(r"<<-?\s*[\"']?(\w+)[\"']?")
_ESCAPE: Final = re.compile(r"#\s*escape\s*=\s*(\S)", re.IGNORECASE)
_SHELL: Final = ("/bin/sh", "-c")


class Instruction(Struct, frozen=True):
    """A name in lower case, its arguments on one line, and the line at which it begins."""

    name: str
    text: str
    line: int


class Copied(Struct, frozen=True):
    """Files of the build context and where they go; no ``sources`` where they are not known."""

    sources: tuple[str, ...]
    target: str


class BuiltImage(Struct, frozen=True):
    """An image as its Dockerfile describes it; ``base`` is the image that it begins with.

    Of ``entrypoint``, ``command`` and ``healthcheck`` None says that the Dockerfile has none.
    ``lines`` are those of the Dockerfile, by ``entrypoint``, ``command`` and names of variables.
    """

    base: str
    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    healthcheck: tuple[str, ...] | None = None
    environment: Mapping[str, str | None] = field(default_factory=dict)
    folder: str = "/"
    copied: tuple[Copied, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict)
    runs: tuple[str, ...] = ()
    unclear: bool = False


def instructions(text: str) -> Iterator[Instruction]:
    """Yield the instructions of a Dockerfile, continued lines joined, comments left out."""
    lines = text.splitlines()
    escape = found[1] if lines and (found := _ESCAPE.fullmatch(lines[0].strip())) else "\\"
    at = 0
    while at < len(lines):
        start, parts = at, [lines[at]]
        at += 1
        if not lines[start].strip() or lines[start].lstrip().startswith("#"):
            continue
        while parts[-1].rstrip().endswith(escape) and at < len(lines):
            parts[-1] = parts[-1].rstrip()[: -len(escape)]
            more, at = lines[at], at + 1
            parts.append(more if not more.lstrip().startswith("#") else escape)
        joined = " ".join(part.strip() for part in parts).strip()
        name, _, rest = joined.partition(" ")
        if name.lower() in {"run", "copy", "add"}:
            for end in _HEREDOC.findall(rest):
                while at < len(lines) and lines[at].strip() != end:
                    rest, at = f"{rest}\n{lines[at]}", at + 1
                at += 1
        yield Instruction(name.lower(), rest.strip(), start + 1)


def image(text: str, target: str = "") -> BuiltImage | None:
    """Return the image of the last stage, or of ``target``; None where there is none."""
    stages: dict[str, BuiltImage] = {}
    current: BuiltImage | None = None
    name = ""
    for one in instructions(text):
        if one.name == "from":
            if current is not None:
                stages[name] = current
                if target and name == target.lower():
                    return current
            base, name = _from(one.text, len(stages))
            current = stages.get(base.lower()) or BuiltImage(base, unclear="$" in base)
        elif current is not None:
            current = _after(current, one)
    return current if not target or name == target.lower() or target == str(len(stages)) else None


def _from(text: str, number: int) -> tuple[str, str]:
    words = [word for word in text.split() if not word.startswith("--")]
    named = len(words) > 2 and words[1].lower() == "as"  # noqa: PLR2004 - IMAGE as NAME
    return words[0] if words else "", words[2].lower() if named else str(number)


def _after(image: BuiltImage, one: Instruction) -> BuiltImage:
    """Give an image after one more instruction."""
    change = _CHANGES.get(one.name)
    return replace(image, **change(image, one)) if change else image


def _entrypoint(image: BuiltImage, one: Instruction) -> dict[str, Any]:
    return {"entrypoint": _words(one.text), "lines": {**image.lines, "entrypoint": one.line}}


def _command(image: BuiltImage, one: Instruction) -> dict[str, Any]:
    return {"command": _words(one.text), "lines": {**image.lines, "command": one.line}}


def _healthcheck(image: BuiltImage, one: Instruction) -> dict[str, Any]:
    return {"healthcheck": _test(one.text), "lines": {**image.lines, "healthcheck": one.line}}


def _environment(image: BuiltImage, one: Instruction) -> dict[str, Any]:
    given = _pairs(one.text)
    lines = {**image.lines, **dict.fromkeys(given, one.line)}
    return {"environment": {**image.environment, **given}, "lines": lines}


def _folder(image: BuiltImage, one: Instruction) -> dict[str, Any]:
    return {"folder": posixpath.join(image.folder, one.text.strip("\"'"))}


def _copy(image: BuiltImage, one: Instruction) -> dict[str, Any]:
    return {"copied": (*image.copied, *_copied(image, one))}


def _run(image: BuiltImage, one: Instruction) -> dict[str, Any]:
    return {"runs": (*image.runs, one.text)}


def _unclear(_image: BuiltImage, _one: Instruction) -> dict[str, Any]:
    return {"unclear": True}


_CHANGES: Final[Mapping[str, Callable[[BuiltImage, Instruction], dict[str, Any]]]] = {
    "entrypoint": _entrypoint,
    "cmd": _command,
    "healthcheck": _healthcheck,
    "env": _environment,
    "workdir": _folder,
    "copy": _copy,
    "add": _copy,
    "run": _run,
    "shell": _unclear,
    "onbuild": _unclear,
}


def _words(text: str) -> tuple[str, ...]:
    """Give the words of the exec form, or the shell with the text of the shell form."""
    try:
        found = json.loads(text) if text.startswith("[") else None
    except ValueError:
        found = None
    exec_form = isinstance(found, list) and all(isinstance(word, str) for word in found)
    return tuple(found) if found is not None and exec_form else (*_SHELL, text)


def _test(text: str) -> tuple[str, ...]:
    words = text.split(None, 1)
    while words and words[0].startswith("--"):
        words = (words[1] if len(words) > 1 else "").split(None, 1)
    if not words or words[0].upper() != "CMD" or len(words) == 1:
        return ("NONE",)
    found = _words(words[1])
    return ("CMD-SHELL", words[1]) if found[:2] == _SHELL else ("CMD", *found)


def _pairs(text: str) -> dict[str, str | None]:
    """Give the variables of ``ENV a=b c=d`` or ``ENV a b``; None for a value with a variable."""
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    if words and "=" not in words[0]:
        name, _, value = text.partition(" ")
        pairs = [(name, value.strip())]
    else:
        pairs = [word.partition("=")[::2] for word in words]
    return {name: None if "$" in value else value for name, value in pairs}


def _copied(image: BuiltImage, one: Instruction) -> Iterator[Copied]:
    words: Sequence[str] = _words(one.text)
    if words[:2] == _SHELL:
        words = one.text.split()
    options = [word for word in words if word.startswith("--")]
    paths = [word for word in words if not word.startswith("--")]
    foreign = any(word.startswith("--from") for word in options) or "<<" in one.text
    if len(paths) < 2:  # noqa: PLR2004 - a source and a target
        return
    *sources, target = paths
    whole = posixpath.join(image.folder, target)
    unclear = foreign or any("$" in path or "*" in path for path in paths)
    yield Copied(() if unclear else tuple(sources), whole)


def overwrites(image: BuiltImage, path: str) -> bool:
    """Say whether a step of the build may write a file, by its name: not one that sets its mode."""
    name = posixpath.basename(path)
    for text in image.runs:
        for part in re.split(r"&&|\|\||[;\n]", text):
            if name in part and part.split()[:1] not in (["chmod"], ["chown"]):
                return True
    return False
