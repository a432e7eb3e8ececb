"""The script files that commands run, by their paths in the container."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct, field

from pytest_platform.scripts.commands import bare
from pytest_platform.scripts.invocation import SHELLS, Argument, basename, invocation
from pytest_platform.scripts.parsing import parse
from pytest_platform.scripts.syntax import Script, ShellCommand, descend

_SHEBANG: Final = re.compile(
    r"#![ \t]*(?:/usr/bin/env[ \t]+(?:-S[ \t]+)?|(?:/usr(?:/local)?)?/bin/)(sh|bash|ash|dash)"
    r"((?:[ \t]+[-+][aefuvxhkmp]+|[ \t]+-[a-z]*o[ \t]+pipefail)*)[ \t]*(?:\n|\Z)"
)
_ENDINGS: Final = (".sh", ".bash", ".ash")
_DEPTH: Final = 8


class Texts(Struct, frozen=True):
    """The script files that can be read, by path: as the shell gets them, and as written.

    ``sources`` are those that Compose interpolates, with doubled dollars.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)


NO_TEXTS: Final = Texts()


class ScriptRun(Struct, frozen=True):
    """A script file that a shell runs; ``shell`` is empty where the file itself decides."""

    path: str
    shell: str
    options: frozenset[str]


def interpreter(text: str) -> tuple[str, str] | None:
    """Give the shell that runs a script by itself, and its options; None where that is none.

    >>> interpreter("#!/bin/sh -e"), interpreter("#!/data/sh"), interpreter("ls")
    (('sh', ' -e'), None, ('sh', ''))
    """
    if not text.startswith("#!"):
        return "sh", ""
    found = _SHEBANG.match(text)
    return (found[1], found[2]) if found else None


def run_by(command: ShellCommand) -> ScriptRun | None:
    """Return the script file that a command runs; None where it runs a program.

    >>> run_by(parse("exec sh -e /s/init.sh a").body.statements[0]).path
    '/s/init.sh'
    """
    texts = tuple(word.text for word in command.words)
    texts = texts[len(texts) - len(bare(texts)) :]
    if not texts:
        return None
    if basename(texts[0]) in SHELLS:
        found = invocation([Argument(text, "command", None) for text in texts])
        script = found.script if found and not found.takes_script else None
        if found is None or script is None:
            return None
        return ScriptRun(script.text, basename(texts[0]), found.options)
    return ScriptRun(texts[0], "", frozenset()) if "/" in texts[0] else None


def read_by(run: ScriptRun, scripts: Mapping[str, str]) -> ScriptRun | None:
    """Complete what runs by the first line of its file; None where that is not to be read."""
    text = scripts.get(run.path)
    if text is None or run.shell:
        return run if text is not None else None
    first = interpreter(text)
    if first is None:
        return None
    options = (one[1:] for one in first[1].split() if one.startswith("-"))
    return ScriptRun(run.path, first[0], frozenset("".join(options)))


def all_run(script: Script, scripts: Mapping[str, str], depth: int = 0) -> Iterator[ScriptRun]:
    """Yield the files that a script runs and that can be read, those that they run included."""
    for node in descend(script.body):
        run = run_by(node) if isinstance(node, ShellCommand) else None
        read = read_by(run, scripts) if run else None
        if read is not None and depth < _DEPTH:
            yield read
            yield from all_run(parse(scripts[read.path]), scripts, depth + 1)


def unread(script: Script, scripts: Mapping[str, str]) -> str | None:
    """Return the path of the script file that is all that a script runs, and cannot be read."""
    statements = script.body.statements
    only = statements[0] if len(statements) == 1 else None
    run = run_by(only) if isinstance(only, ShellCommand) else None
    if run is None or run.path in scripts or not (run.shell or run.path.endswith(_ENDINGS)):
        return None
    return run.path
