"""A shell that does not get its script, and shell text that gets no shell.

After ``sh -c`` exactly one argument is the whole script; what follows it is only its ``$0``,
``$1`` and so on. Compose splits a command that is written as a string into words, and drops
it from the first unquoted ``;``, ``&``, ``|``, ``<`` or ``>`` on, without a warning. And where
YAML has joined the lines of a script, a comment or a here-document takes the rest of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pytest_platform.scripts import folding
from pytest_platform.scripts.invocation import (
    SHELLS,
    Argument,
    Invocation,
    arguments,
    basename,
    invocation,
)
from pytest_platform.scripts.parsing import parse, uses_operands
from pytest_platform.scripts.quoting import shortened
from pytest_platform.scripts.splitting import Split, split
from pytest_platform.scripts.syntax import ShellCommand
from pytest_platform.scripts.unvalued import unvalued
from pytest_platform.verdict import Finding

CODE: Final = "contract.command_shape"

_EXPECTED: Final = "one argument after `-c` is the whole script"
_AS_LIST: Final = 'write ["/bin/sh", "-c", "the whole script"]'
_AS_LINES: Final = "write the script under `|`, which keeps its lines, as `>` does not"
_NAMES_FOR_ZERO: Final = SHELLS | {"--", "-", "_"}
_SHELL_OPERATORS: Final = frozenset({"&&", "||", "|", ">", ">>", "2>&1", "&>"})
_TAKE_OPERATORS: Final = frozenset({"find", "expr", "test", "["})
_BUILTINS: Final = frozenset({"set", "cd", "export", "source", "."})
_LINE_STARTS: Final = _BUILTINS | {"exec", "then", "else", "fi", "do", "done", "if", "for", "while"}


def findings(rendered: Mapping[str, Any], source: Mapping[str, Any]) -> list[Finding]:
    """Tell where what runs is not what was written, at most once for each field.

    ``rendered`` is the service as it runs, ``source`` the same before interpolation and
    splitting; only the latter is ever quoted. Where ``source`` is empty, what Compose
    dropped cannot be seen and only the arguments are judged.
    """
    words = arguments(rendered, source)
    shell = invocation(words)
    splits = _splits(source)
    found = _of_shell(shell) if shell else _without_shell(words, splits)
    found = found or (_filled(shell, source) if shell else [])
    at_fault = {finding.path[0] for finding in found}
    drops = [_dropped(field, one) for field, one in splits.items() if field not in at_fault]
    return [*found, *(drop for drop in drops if drop)]


def _filled(shell: Invocation, source: Mapping[str, Any]) -> list[Finding]:
    """Tell that a script's text comes from a variable, which Compose splits into words."""
    script = shell.script
    if not shell.takes_script or script is None or not isinstance(source.get(script.field), str):
        return []
    plain = re.sub(r"'[^']*'|\"(?:[^\"\\\\]|\\\\.)*\"", "", source[script.field])
    names = [name for name in unvalued(script.written, script.text) if f"{name}" in plain]
    quoted = f"`${{{names[0]}}}`" if names else ""
    message = (
        f"`{basename(shell.shell.text)} -c` runs only the first word of what {quoted} holds, for "
        f"Compose splits it: {_advice(shell, script.field)}"
    )
    return [_finding(script, message, f"only the first word of {quoted} runs")] if names else []


def _splits(source: Mapping[str, Any]) -> dict[str, Split]:
    texts = {field: source.get(field) for field in ("entrypoint", "command")}
    return {field: split(text) for field, text in texts.items() if isinstance(text, str)}


def _dropped(field: str, one: Split) -> Finding | None:
    """Tell what Compose dropped; a last ``;`` or ``&`` takes nothing with it."""
    if not one.dropped.strip("; &\n\t"):
        return None
    kept, lost = shortened(one.kept), shortened(one.dropped)
    lost_at = len(one.kept) + len(one.dropped) - len(one.dropped.lstrip())
    return _finding(
        Argument(field, field, None, (field,), [lost_at]),
        f"Compose runs only `{kept}` and drops `{lost}`, for no shell reads it: {_AS_LIST}",
        f"only `{kept}` runs",
    )


def _of_shell(shell: Invocation) -> list[Finding]:
    script = shell.script
    name = basename(shell.shell.text)
    if not shell.takes_script:
        return [_file_with_spaces(name, script)] if script and _has_spaces(script.text) else []
    if script is None:
        return [_no_script(name, shell.shell)]
    if _is_cut(script, shell.operands):
        return [_cut(name, shell, script)]
    if _is_one_quoted_word(script.text):
        return [_quoted_twice(name, script)]
    return _swallowed(name, script)


def _is_cut(script: Argument, operands: tuple[Argument, ...]) -> bool:
    """Say whether words behind the script were meant to be part of it.

    They were not where the script asks for them, where they only name it, and where a
    script of several words is complete without them: words of the other field, as those
    of an older ``command``, or plain words, which a script ignores.
    """
    if not operands or uses_operands(script.text):
        return False
    if _is_one_word(script.text):
        return not (len(operands) == 1 and basename(operands[0].text) in _NAMES_FOR_ZERO)
    return any(_has_spaces(word.text) for word in operands if word.field == script.field)


def _is_one_word(text: str) -> bool:
    one = split(text)
    return len(one.words) <= 1 and not one.dropped


def _has_spaces(text: str) -> bool:
    return len(text.split()) > 1


def _is_one_quoted_word(text: str) -> bool:
    """Say whether a whole script is in quotes, so that a shell takes it for a program's name."""
    statements = parse(text).body.statements
    if len(statements) != 1 or not isinstance(statements[0], ShellCommand):
        return False
    words = statements[0].words
    return len(words) == 1 and words[0].quoted and words[0].literal and _has_spaces(words[0].text)


def _advice(shell: Invocation, field: str) -> str:
    """Say where the script goes: the field of the shell, or one that holds the script alone."""
    if shell.shell.field == field:
        return _AS_LIST
    return f'write {field}: ["the whole script"], a list of one element'


def _cut(name: str, shell: Invocation, script: Argument) -> Finding:
    operands = shell.operands
    quoted = "its first word" if script.written is None else f"`{shortened(script.written)}`"
    rest = f"{len(operands)} more word{'s' if len(operands) > 1 else ''}"
    return _finding(
        script,
        f"`{name} -c` runs only {quoted} and ignores {rest}: {_advice(shell, script.field)}",
        f"the script is only {quoted}",
    )


def _no_script(name: str, shell: Argument) -> Finding:
    return _finding(
        shell,
        f"`{name} -c` gets no script, and Docker drops the image's own command: {_AS_LIST}",
        "no argument after `-c`",
    )


def _file_with_spaces(name: str, script: Argument) -> Finding:
    quoted = "a script" if script.written is None else f"`{shortened(script.written)}`"
    return _finding(
        script,
        f"`{name}` takes {quoted} for the name of a file, for `-c` is missing: {_AS_LIST}",
        "no `-c` in front of the script",
    )


def _quoted_twice(name: str, script: Argument) -> Finding:
    return _finding(
        script,
        f"`{name} -c` takes the whole script for the name of one program, because it is in "
        "quotes of its own: take the inner quotes away",
        "the script is one quoted word",
    )


def _swallowed(name: str, script: Argument) -> list[Finding]:
    """Tell what takes the rest of a script that the shell did get."""
    if folding.in_comment(script.text):
        taker, why = "a comment", "`#` reaches to the end of the only line"
    elif folding.in_here_document(script.text):
        taker, why = "a here-document", "its end stands on no line of its own"
    else:
        return []
    message = f"{taker} takes what follows in the script of `{name} -c`, for {why}: {_AS_LINES}"
    return [_finding(script, message, f"{taker} takes the rest of the script")]


def _without_shell(words: list[Argument], splits: Mapping[str, Split]) -> list[Finding]:
    if not words:
        return []
    reasons = (
        _program_with_spaces(words),
        _assignment(words),
        _operator(words),
        *(_lines(field, one) for field, one in splits.items()),
    )
    return [finding for finding in reasons if finding][:1]


def _program_with_spaces(words: list[Argument]) -> Finding | None:
    """``["sh -c", "script"]``: the first element is a program's name, not a line of shell."""
    first = words[0]
    is_shell = basename(first.text.split(" ")[0]) in SHELLS and len(words) > 1
    if not _has_spaces(first.text) or not (first.field == "entrypoint" or is_shell):
        return None
    return _finding(
        first,
        f"the first element is taken for a program's name, spaces included: {_AS_LIST}",
        "the program's name has spaces",
    )


def _assignment(words: list[Argument]) -> Finding | None:
    name, equals, _ = words[0].text.partition("=")
    if not (equals and name.isidentifier() and len(words) > 1):
        return None
    return _finding(
        words[0],
        f"`{name}=…` in front of a program needs a shell: "
        f"set {name} under environment, or {_AS_LIST}",
        f"`{name}=…` is taken for the program's name",
    )


def _operator(words: list[Argument]) -> Finding | None:
    found = next((word for word in words if word.text in _SHELL_OPERATORS), None)
    if found is None or basename(words[0].text) in _TAKE_OPERATORS:
        return None
    return _finding(
        found,
        f"`{found.text}` is handed to the program as a word, for no shell reads it: {_AS_LIST}",
        f"`{found.text}` is an argument",
    )


def _lines(field: str, one: Split) -> Finding | None:
    """Tell that lines were joined: where a line begins as only a shell's command would."""
    continued = any(word.startswith("\n") for word in one.words)
    first = one.words[0] if one.words else ""
    starts = {word for word in one.lines if not word.startswith("-")}
    several = starts & (_LINE_STARTS | {first}) or (one.lines and first in _BUILTINS)
    if not (several or continued or first.startswith("#")):
        return None
    kept = shortened(one.kept)
    return _finding(
        Argument(field, field, None, (field,), [0]),
        f"Compose joins the lines into the words of one command, `{kept}`: {_AS_LIST}",
        "several lines are one command",
    )


def _finding(at: Argument, message: str, actual: str) -> Finding:
    path = at.path or (at.field,)
    return Finding(CODE, message, _EXPECTED, actual, path, spot=at.spot())
