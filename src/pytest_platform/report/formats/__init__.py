"""Formats: each a pure function of the document. Nothing is imported before it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pytest_platform.report.document import Document
    from pytest_platform.report.past import Past

FORMATS: Final[Mapping[str, str]] = {
    "json": "the document itself",
    "table": "the table of modules and what is wrong, for a terminal",
    "markdown": "the same in Markdown, for the summary of a CI job",
    "github": "annotations of GitHub's workflows",
    "gitlab": "GitLab's code quality report",
    "sarif": "SARIF 2.1.0 of what the contract checks found",
    "prometheus": "metrics for node_exporter's textfile collector",
    "nagios": "one line with performance data, and the exit code of a Nagios plugin",
    "tap": "the Test Anything Protocol, version 14",
    "html": "one page that needs nothing else",
}
"""Every format with what it is. A new one is a file of that name here with ``render(document)``,
and one line.

A format may also have ``fitted(document, width)``, which keeps to the columns of a terminal;
``with_past(document, past)``, which shows earlier runs, too;
``exit_code(document)``, with which the command ``report`` ends; and ``unreadable(reason)``, its
text and exit code where there is no document.
"""


_NEEDS: Final[Mapping[str, str]] = {"html": "jinja2"}
"""Libraries that only one format needs; the extra of this package has the format's name."""


def missing(name: str) -> str:
    """Return what to install for a format; empty where all is there."""
    if name not in _NEEDS or find_spec(_NEEDS[name]):
        return ""
    return f"the format '{name}' needs {_NEEDS[name]}; pip install 'pytest-platform[{name}]'"


def render(
    name: str, document: Document, width: int | None = None, past: Past | None = None
) -> str:
    """Return the document in a format; ``width`` are the columns of a terminal, None for any.

    ``past`` are earlier runs, for a format that shows them.
    """
    format_ = _module(name)
    if past and shows_history(name):
        return str(format_.with_past(document, past))
    fitted = getattr(format_, "fitted", None)
    text: str = fitted(document, width) if fitted else format_.render(document)
    return text


def shows_history(name: str) -> bool:
    """Tell whether a format shows earlier runs."""
    return hasattr(_module(name), "with_past")


def exit_code(name: str, document: Document) -> int:
    """Return with what the command ``report`` ends: 0, but for formats that say otherwise."""
    code = getattr(_module(name), "exit_code", None)
    return int(code(document)) if code else 0


def unreadable(name: str, reason: str) -> tuple[str, int]:
    """Return the text and the exit code of the command ``report`` where there is no document."""
    answer = getattr(_module(name), "unreadable", None)
    text, code = answer(reason) if answer else ("", 1)
    return str(text), int(code)


def _module(name: str) -> Any:
    return import_module(f"{__name__}.{name}")
