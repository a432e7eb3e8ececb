"""The JSON document as Markdown, for the summary that a CI job shows.

The document is redacted already. What it holds may come from a stranger's change, so
nothing of it is taken for markup.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Final

from pytest_platform.report.document import Document, Platform
from pytest_platform.report.faults import BAD
from pytest_platform.report.fit import one_line
from pytest_platform.report.formats.table import plan_lines, table

_MARKUP: Final = re.compile(r"([\\`*_{}\[\]()#+.!|~@:-])")
_MAX_CHECKS: Final = 50


def render(document: Document) -> str:
    """Return the table of modules, and every check that failed or could not look."""
    return "\n".join(_lines(document.platform)) + "\n"


def _lines(section: Platform) -> Iterator[str]:
    yield "### platform"
    yield ""
    if error := section.error:
        yield f"{plain(error.message)} ({plain(error.code)})"
        yield ""
    if since := section.changed_since:
        names = ", ".join(plain(one.module) for one in since.touched) or "no module"
        yield f"Changed since {plain(since.ref)}: {names}"
        yield ""
    if section.modules:
        yield from _table(section)
        yield from _checks(section)
    for line in plan_lines(section):
        yield f"- {plain(line.strip().removeprefix('- '))}"


def _table(section: Platform) -> Iterator[str]:
    """Yield the table as people see it at the end of a run, in a block of code."""
    yield "```text"
    # A line that starts with the mark would end the block.
    yield from (line.replace("`", "?") for line, _ in table(section))
    yield "```"
    yield ""


def _checks(section: Platform) -> Iterator[str]:
    bad = [
        (module, check)
        for module in section.modules
        for check in module.checks
        if check.verdict in BAD
    ]
    for module, check in bad[:_MAX_CHECKS]:
        name, code = plain(f"{module.name}::{check.id}"), plain(str(check.code))
        yield f"- **{name}** {plain(check.message)} ({code})"
    if len(bad) > _MAX_CHECKS:
        yield f"- and {len(bad) - _MAX_CHECKS} more"
    if bad:
        yield ""


def plain(text: str) -> str:
    """Return a text on one line in which nothing is markup."""
    return _MARKUP.sub(r"\\\1", html.escape(one_line(text), quote=False))
