"""One page that needs nothing else: what is wrong and what to do, then every module."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from pytest_platform.report.coverage import notes
from pytest_platform.report.document import Document
from pytest_platform.report.fit import cut, one_line
from pytest_platform.report.formats.table import plan_lines
from pytest_platform.report.page import drawing, strips
from pytest_platform.report.page.cards import anchors, hosts
from pytest_platform.report.page.glance import BAR, glance
from pytest_platform.report.page.moments import took
from pytest_platform.report.page.problems import MESSAGES, PLACES, PageProblem, problems
from pytest_platform.report.past import Past
from pytest_platform.report.redact import visible

_CODE: Final = re.compile("`([^`]+)`")


def render(document: Document) -> str:
    """Return the page. Every text in it is escaped, and its control characters written out."""
    return with_past(document, {})


def with_past(document: Document, past: Past) -> str:
    """Return the page with what earlier runs say of the modules."""
    section = document.platform
    found = problems(section)
    cards = hosts(document, past)
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            glance=glance(document, past),
            past=bool(past),
            wrong=[one for one in found if one.severity != "warning"],
            warned=[one for one in found if one.severity == "warning"],
            problem_anchors=_by_code(found),
            hosts=cards,
            anchors=anchors(cards),
            slowest=max((one.seconds for host in cards for one in host.cards), default=0) or 1,
            picture=drawing.drawn(section.modules),
            notes=[*notes(section), *(line.removeprefix("  - ") for line in plan_lines(section))],
        )
    )


def _by_code(found: Sequence[PageProblem]) -> dict[tuple[str, str], str]:
    return {(one.code, one.severity): one.anchor for one in found}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pytest_platform.report.page"),
        autoescape=True,
        finalize=_finalised,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {
        "raw": _raw,
        "prose": _prose,
        "took": took,
        "cut": cut,
        "width": BAR,
        "limits": (MESSAGES, PLACES),
        "box_size": (drawing.WIDTH, drawing.HEIGHT),
        "strip_size": (strips.WIDTH, strips.STRIP),
        "plot_size": (strips.WIDTH, strips.PLOT),
    }
    return environment


def _finalised(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Markup):
        return one_line(value)
    return value


def _raw(line: str) -> Markup:
    """Return a line of a file, whose blanks count."""
    return Markup(escape(visible(line)))  # noqa: S704 - it is escaped


def _prose(text: str) -> Markup:
    """Return a text of the catalogue, in which backticks stand around code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(one_line(text)))))  # noqa: S704 - it is escaped
