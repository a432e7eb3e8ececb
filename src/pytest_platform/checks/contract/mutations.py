"""A sidecar one-shot that does more than create or verify.

A one-shot that may be run again on the data of a stateful module has to be harmless, so
whatever removes or changes something is declared, with a reason, or it is a finding. A
declared command allows every command that begins with its words: ``mc anonymous set`` allows
``/usr/bin/mc anonymous set download local/media``, and ``drop index`` allows that statement of
SQL. The path of a program, ``sudo`` and its like, and options do not count. A script
that cannot be read as shell is a finding as well: nobody can tell what it does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from pytest_platform.checks.shell.changes import Change, changes
from pytest_platform.checks.shell.destroying import IMAGE_PROGRAMS
from pytest_platform.checks.shell.invocation import (
    Argument,
    Program,
    arguments,
    basename,
    invocation,
    program,
)
from pytest_platform.checks.shell.parsing import parse
from pytest_platform.checks.shell.quoting import shortened
from pytest_platform.verdict import Finding

CODE: Final = "contract.mutations"

_ADVICE: Final = "take it out, or declare it under runtime.beyond_create with a reason"


def findings(
    rendered: Mapping[str, Any], source: Mapping[str, Any], allowed: Collection[str]
) -> list[Finding]:
    """Tell what a one-shot does beyond creating and verifying, one finding for each command.

    ``rendered`` is the service as it runs, ``source`` the same before interpolation; only
    the latter is ever quoted. ``allowed`` are the declared commands.
    """
    found = program(_with_program_of_image(rendered, arguments(rendered, source)))
    if found is None:
        return []
    declared = [tuple(text.lower().split()) for text in allowed]
    told = [
        _finding(found.field, change.does, text)
        for change, text in _changes(found)
        if not any(_allows(words, change) for words in declared)
    ]
    return [*dict.fromkeys(told), *_unreadable(found)]


def _with_program_of_image(rendered: Mapping[str, Any], words: list[Argument]) -> list[Argument]:
    name = str(rendered.get("image", "")).partition("@")[0]
    known = (image for image in IMAGE_PROGRAMS if name.partition(":")[0].endswith(image))
    image = next(known, None)
    if image is None or not words or rendered.get("entrypoint"):
        return words
    if invocation(words) or basename(words[0].text) == IMAGE_PROGRAMS[image]:
        return words
    return [Argument(IMAGE_PROGRAMS[image], "command", IMAGE_PROGRAMS[image]), *words]


def _changes(found: Program) -> list[tuple[Change, str | None]]:
    """Judge what runs, and quote what was written where both have the same shape."""
    ran = changes(parse(found.text).body)
    written = changes(parse(found.written).body) if found.written is not None else []
    if [one.does for one in written] == [one.does for one in ran]:
        return [(one, other.text) for one, other in zip(ran, written, strict=True)]
    return [(one, None) for one in ran]


def _allows(declared: tuple[str, ...], change: Change) -> bool:
    """Say whether a change begins with the declared words, options left out or not."""
    candidates = (change.words, tuple(word for word in change.words if not word.startswith("-")))
    return bool(declared) and any(
        tuple(word.lower() for word in words[: len(declared)]) == declared for words in candidates
    )


def _finding(field: str, does: str, text: str | None) -> Finding:
    quoted = f"`{shortened(text)}`" if text else "a command"
    return Finding(
        code=CODE,
        message=f"{quoted} {does}, a sidecar one-shot only creates or verifies: {_ADVICE}",
        expected="creates or verifies, nothing else",
        actual=f"{quoted} {does}",
        path=(field,),
    )


def _unreadable(found: Program) -> list[Finding]:
    if not parse(found.text).broken:
        return []
    return [
        Finding(
            code=CODE,
            message="the script cannot be read as shell, so nobody can tell that it only creates "
            "or verifies: correct it, or move the odd part into a script file",
            expected="a script that can be read",
            actual="not readable as shell",
            path=(found.field,),
        )
    ]
