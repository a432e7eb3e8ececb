"""Annotations of GitHub's workflows (and Forgejo's), at the place of what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from pytest_platform.report.document import Document, Platform
from pytest_platform.report.faults import ReportedFault, faults
from pytest_platform.report.fit import one_line

_MESSAGE: Final[Mapping[str, str]] = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY: Final[Mapping[str, str]] = {**_MESSAGE, ":": "%3A", ",": "%2C"}

_Place = tuple[str, str, str, str, int, int]
"""Severity, code, message, file, line, and a column that is 0 for the line as a whole."""


def render(document: Document) -> str:
    """Return a command on each line; what only warns is a warning."""
    return "".join(f"{line}\n" for line in _lines(document.platform))


def _lines(section: Platform) -> Iterator[str]:
    if error := section.error:
        yield _command("error", {"title": error.code}, error.message)
    for place, names in _by_place(section).items():
        severity, code, message, file, line, column = place
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        level = "warning" if severity == "warning" else "error"
        at = {"line": str(line), **({"col": str(column)} if column else {})}
        where = {"file": file, **at, "title": code}
        yield _command(level, where, f"{names[0]}{more}: {message}")
    for module in section.modules:
        if found := module.contradiction:
            where = {"file": module.file, "title": found.code}
            yield _command("warning", where, f"{module.name}: {found.message}")


def _by_place(section: Platform) -> dict[_Place, list[str]]:
    """Return the names of checks by what they found and where: one annotation for each."""
    places: dict[_Place, list[str]] = {}
    for one in faults(section, warnings=True):
        places.setdefault(_key(one), []).append(one.name)
    return places


def _key(fault: ReportedFault) -> _Place:
    column = fault.finding.column or 0
    return (fault.severity, fault.code, fault.message, fault.file, fault.line, column)


def _command(level: str, properties: Mapping[str, str], message: str) -> str:
    shown = ",".join(f"{key}={_escaped(one, _PROPERTY)}" for key, one in properties.items())
    return f"::{level} {shown}::{_escaped(message, _MESSAGE)}"


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    return "".join(escapes.get(one, one) for one in one_line(text))
