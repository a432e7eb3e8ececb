"""A variable of the shell that Compose replaces before the shell sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pytest_platform.compose.interpolation import variables
from pytest_platform.scripts.commands import plain
from pytest_platform.scripts.invocation import Argument, arguments, invocation, single_dollars
from pytest_platform.scripts.parsing import encoded, nodes, parse
from pytest_platform.scripts.syntax import Command, descend
from pytest_platform.scripts.words import text_of
from pytest_platform.verdict import Finding

CODE: Final = "contract.interpolation"


def findings(rendered: Mapping[str, Any], source: Mapping[str, Any]) -> list[Finding]:
    """Tell which variables a script sets itself, and yet writes with one dollar."""
    found = invocation(arguments(rendered, source))
    script = found.script if found and found.takes_script else None
    if script is None or script.written is None:
        return []
    asked = [one.name for one in variables(script.written) if one.default is None]
    own = set(_set_by(single_dollars(script.written)))
    return [
        _finding(script, name)
        for name in dict.fromkeys(asked)
        if name in own and not _hands_on(script.written, name)
    ]


def _set_by(script: str) -> Iterator[str]:
    for node in nodes(encoded(script), {"variable_assignment", "for_statement"}):
        name = node.child_by_field_name("name") or node.child_by_field_name("variable")
        if name is not None:
            yield text_of(name)
    for command in descend(parse(script).body):
        if isinstance(command, Command) and plain(command)[:1] == ("read",):
            yield from (word for word in plain(command)[1:] if word.isidentifier())


def _hands_on(written: str, name: str) -> bool:
    """Say whether the script sets a variable to what Compose puts in: ``export T=$T``."""
    return bool(re.search(rf"(?<!\w){name}=[\"']?\$\{{?{name}(?!\w)", written))


def _finding(script: Argument, name: str) -> Finding:
    found = re.search(rf"(?<!\$)(?:\$\$)*\$\{{?({name})(?!\w)", script.written or "")
    return Finding(
        code=CODE,
        message=f"Compose replaces `${name}`, which the script sets itself, before the shell sees "
        f"it: write `$${name}`",
        expected=f"`$${name}`, which Compose hands on as `${name}`",
        actual=f"`${name}`",
        path=script.path or (script.field,),
        spot=script.spot(found.end() - len(found[0].lstrip("$")) - 1 if found else 0),
    )
