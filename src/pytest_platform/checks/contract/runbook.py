"""Whoever is called at night finds a runbook that says what to do; a draft may lack it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from pytest_platform.checks.contract.facts import Facts
from pytest_platform.module.loader import Module
from pytest_platform.reading import read_text
from pytest_platform.text import quoted
from pytest_platform.verdict import Finding, Location

CODE: Final = "contract.runbook"

_SECTIONS: Final = ("Purpose", "Verify", "Recover")
_EXPECTED: Final = "a runbook with the sections Purpose, Verify and Recover"


def judge(facts: Facts) -> Iterator[Finding]:
    """Look for the runbook and its three sections, each with some text."""
    module = facts.module
    if module.manifest.metadata.contract == "draft":
        return
    name = quoted(module.manifest.spec.runbook)
    text = _read(module)
    if text is None:
        message = f"the runbook {name} is missing or cannot be read: write {_EXPECTED}"
        yield Finding(CODE, message, _EXPECTED, location=module.at("spec", "runbook"))
    else:
        yield from _judge(sections(text), name, _place(module))


def _read(module: Module) -> str | None:
    path = module.folder / module.manifest.spec.runbook
    try:
        return read_text(path)
    except OSError:
        return None


def _judge(found: list[Section], name: str, file: str) -> Iterator[Finding]:
    for title in _SECTIONS:
        matching = [one for one in found if one.title == title.lower()]
        if not matching:
            message = f"the runbook {name} has no section {title}: add '## {title}' and some text"
            yield Finding(CODE, message, _EXPECTED, f"no {title}", location=Location(file, 1))
        elif all(one.empty for one in matching):
            message = f"the section {title} of the runbook {name} is empty: write it"
            place = Location(file, matching[0].line)
            yield Finding(CODE, message, _EXPECTED, f"{title} is empty", location=place)


def _place(module: Module) -> str:
    path = (module.folder / module.manifest.spec.runbook).resolve()
    root = module.root.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


_COMMENT: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)

_UNDERLINED: Final = re.compile(
    r"^ {0,3}(?![ \t#>`~]|[*+-][ \t]|[0-9]+[.)][ \t])(.+)\n {0,3}(?:=+|-+)[ \t]*$", re.MULTILINE
)
"""A heading with a line below it; list items and quotations are none."""

_HEADING: Final = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*))?")
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
_ATTRIBUTES: Final = re.compile(r"[ \t]*(?:\{[#.:][^{}]*\}|<a [^>]*>(?:</a>)?)[ \t]*")
_LINK: Final = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_SHORTCODE: Final = re.compile(r":[a-z0-9_+-]+:")
_AROUND: Final = " \t\ufe0e\ufe0f\u200d"
_EDGES: Final = re.compile(r"^[\W_]+|[\W_]+$")
_NUMBER: Final = re.compile(r"^[0-9.]+[.)]?[ \t]+")


class Section(Struct):
    """A heading: ``title`` is in lower case without markup, ``line`` counts from 1."""

    title: str
    level: int
    line: int
    empty: bool = True


def sections(text: str) -> list[Section]:
    """List the sections. One is empty if nothing stands in it, nor in those below it."""
    found: list[Section] = []
    around: list[Section] = []
    for number, line, heading in _lines(text):
        if heading:
            section = Section(_title(heading[2] or ""), len(heading[1]), number)
            found.append(section)
            around = [*(one for one in around if one.level < section.level), section]
        elif line.strip():
            for one in around:
                one.empty = False
    return found


def _lines(text: str) -> Iterator[tuple[int, str, re.Match[str] | None]]:
    """Yield number and text of each line, and the heading that it is outside code."""
    fence = ""
    plain = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text)
    for number, line in enumerate(_UNDERLINED.sub(_with_hash, plain).splitlines(), 1):
        yield number, line, None if fence else _HEADING.fullmatch(line)
        if not fence:
            opening = _FENCE.match(line)
            fence = opening[1] if opening else ""
        elif line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""


def _with_hash(match: re.Match[str]) -> str:
    level = "#" if match[0].rstrip().endswith("=") else "##"
    return f"{level} {match[1]}\n"


def _title(text: str) -> str:
    """Return a heading without its number, markup, attributes, symbols and punctuation."""
    plain = _ATTRIBUTES.sub("", text.strip().rstrip("#").strip())
    plain = _LINK.sub(r"\1", _SHORTCODE.sub("", plain))
    plain = "".join(one for one in plain if unicodedata.category(one)[0] not in "SC")
    return _EDGES.sub("", _NUMBER.sub("", plain.strip(_AROUND))).lower()
