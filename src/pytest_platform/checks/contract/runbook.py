"""Whoever is called at night finds a runbook that says what to do; a draft may lack it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pytest_platform.checks.contract.facts import Facts
from pytest_platform.checks.contract.markdown import Section, sections
from pytest_platform.module.loader import Module
from pytest_platform.module.nearest import quoted
from pytest_platform.reading import read_text
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
