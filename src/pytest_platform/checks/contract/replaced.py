"""A variable of the shell that Compose replaces before the shell sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pytest_platform.compose.interpolation import variables
from pytest_platform.compose.service import RenderedService
from pytest_platform.scripts.commands import plain
from pytest_platform.scripts.files import NO_TEXTS, Texts, all_run
from pytest_platform.scripts.invocation import arguments, invocation, program, single_dollars
from pytest_platform.scripts.parsing import encoded, nodes, parse
from pytest_platform.scripts.syntax import ShellCommand, descend
from pytest_platform.scripts.words import text_of
from pytest_platform.verdict import Finding, Spot

CODE: Final = "contract.interpolation"


def findings(
    rendered: RenderedService, source: Mapping[str, Any], scripts: Texts = NO_TEXTS
) -> list[Finding]:
    """Tell which variables a script sets itself, and yet writes with one dollar.

    ``scripts`` are the files that can be read; Compose interpolates those of ``configs``.
    """
    words = arguments(rendered, source)
    shell, found = invocation(words), program(words)
    script = shell.script if shell and shell.takes_script else None
    told = []
    if script is not None and script.written is not None:
        path = script.path or (script.field,)
        told = [_finding(name, path, script.spot(at)) for name, at in _replaced(script.written)]
    runs = all_run(parse(found.text), scripts.texts) if found and scripts.sources else ()
    for file in dict.fromkeys(run.path for run in runs):
        text = scripts.sources.get(file, "")
        for name, at in _replaced(text):
            spot = Spot(len(single_dollars(text[:at])), file)
            told.append(_finding(name, (words[0].field,), spot))
    return told


def _replaced(script: str) -> Iterator[tuple[str, int]]:
    """Yield what a script sets and Compose replaces, with where that stands first."""
    asked = [one.name for one in variables(script) if one.default is None]
    own = set(_set_by(single_dollars(script)))
    for name in dict.fromkeys(asked):
        if name in own and not _hands_on(script, name):
            found = re.search(rf"(?<!\$)(?:\$\$)*(\$\{{?{name})(?!\w)", script)
            yield name, found.start(1) if found else 0


def _set_by(script: str) -> Iterator[str]:
    for node in nodes(encoded(script), {"variable_assignment", "for_statement"}):
        name = node.child_by_field_name("name") or node.child_by_field_name("variable")
        if name is not None:
            yield text_of(name)
    for command in descend(parse(script).body):
        if isinstance(command, ShellCommand) and plain(command)[:1] == ("read",):
            yield from (word for word in plain(command)[1:] if word.isidentifier())


def _hands_on(written: str, name: str) -> bool:
    """Say whether the script sets a variable to what Compose puts in: ``export T=$T``."""
    return bool(re.search(rf"(?<!\w){name}=[\"']?\$\{{?{name}(?!\w)", written))


def _finding(name: str, path: tuple[str, ...], spot: Spot) -> Finding:
    return Finding(
        code=CODE,
        message=f"Compose replaces `${name}`, which the script sets itself, before the shell sees "
        f"it: write `$${name}`",
        expected=f"`$${name}`, which Compose hands on as `${name}`",
        actual=f"`${name}`",
        path=path,
        spot=spot,
    )
