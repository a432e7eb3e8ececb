"""``explain CODE``: what a code means, why it matters, and what to do."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterator
from itertools import groupby

from pytest_platform.codes import CodeEntry, catalogue
from pytest_platform.text import did_you_mean, quoted

_WIDTH = 79
_HEAD = """\
# Codes

Every finding and every error has a code that stays the same between versions. This page is
generated from `src/pytest_platform/codes/` with
`python -m pytest_platform explain --markdown`; a test compares.
"""
_GROUPS = {
    "contract": "Contract: what is wrong in the files",
    "container": "State and drift: what is wrong with what runs",
    "swarm": "Services of a Swarm",
    "probe": "Probes: what a service did not answer as expected",
    "change": "Plan and apply: why a change was not made, and what became of one",
    "backup": "Backups: why a backup reference is not accepted",
    "stack": "Ephemeral stacks",
    "host": "Hosts: the way to an Engine",
    "platform": "The run itself",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the code, or ``--markdown`` for a page of all codes."""
    code = parser.add_argument("code", nargs="?", metavar="CODE", help="such as container.missing")
    code.completer = lambda **_: list(catalogue())  # type: ignore[attr-defined]
    parser.add_argument("--markdown", action="store_true", help="print the page of all codes")


def run(arguments: argparse.Namespace) -> int:
    """Print one entry, all codes with their titles, or the page; 1 for an unknown code."""
    if arguments.markdown:
        sys.stdout.write(page())
        return 0
    if arguments.code is None:
        sys.stdout.write("".join(f"{one.code}: {one.title}\n" for one in catalogue().values()))
        return 0
    entry = catalogue().get(arguments.code)
    if entry is None:
        hint = did_you_mean(arguments.code, catalogue())
        sys.stderr.write(f"explain: there is no code {quoted(arguments.code)}{hint}\n")
        return 1
    sys.stdout.write(explanation(entry))
    return 0


def explanation(entry: CodeEntry) -> str:
    """Return an entry as text for a terminal of 80 columns."""
    sentences = (entry.means, entry.why, f"What to do: {entry.do}")
    paragraphs = [textwrap.fill(one, _WIDTH) for one in sentences if one]
    example = textwrap.indent(entry.example.strip(), "    ")
    return "\n\n".join(filter(None, [f"{entry.code}: {entry.title}", *paragraphs, example])) + "\n"


def page() -> str:
    """Return the page of all codes in Markdown."""
    parts = [_HEAD]
    for group, entries in groupby(catalogue().values(), lambda one: one.group):
        parts += [f"## {_GROUPS[group]}\n", *(part for one in entries for part in _section(one))]
    return "\n".join(parts)


def _section(entry: CodeEntry) -> Iterator[str]:
    yield f"### `{entry.code}`\n"
    yield f"**{entry.title}.** {entry.means}" + (f" {entry.why}" if entry.why else "") + "\n"
    yield f"What to do: {entry.do}\n"
    if entry.example:
        yield f"```yaml\n{entry.example.strip()}\n```\n"
