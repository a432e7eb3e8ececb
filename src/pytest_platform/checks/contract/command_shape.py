"""A shell that does not get its script, and shell text that gets no shell.

After ``sh -c`` exactly one argument is the whole script; what follows it is only its ``$0``,
``$1`` and so on. Compose splits a command that is written as a string into words, and drops
it from the first unquoted ``;``, ``&``, ``|``, ``<`` or ``>`` on, without a warning. And where
YAML has joined the lines of a script, a comment or a here-document takes the rest of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from pytest_platform.checks.contract.no_shell import AS_LIST, finding, has_spaces, without_shell
from pytest_platform.compose.service import RenderedService
from pytest_platform.scripts.invocation import (
    SHELLS,
    Argument,
    Invocation,
    arguments,
    basename,
    invocation,
)
from pytest_platform.scripts.parsing import encoded, nodes, parse, uses_operands
from pytest_platform.scripts.splitting import Split, split
from pytest_platform.scripts.syntax import ShellCommand
from pytest_platform.scripts.unvalued import unvalued
from pytest_platform.scripts.words import text_of
from pytest_platform.text import shortened
from pytest_platform.verdict import Finding

if TYPE_CHECKING:
    import tree_sitter

_AS_LINES: Final = "write the script under `|`, which keeps its lines, as `>` does not"
_NAMES_FOR_ZERO: Final = SHELLS | {"--", "-", "_"}
_BETWEEN_COMMANDS: Final = re.compile(r";|&&|\|\|")


def findings(rendered: RenderedService, source: Mapping[str, Any]) -> list[Finding]:
    """Report where what runs is not what was written, at most once for each field.

    ``rendered`` is the service as it runs, ``source`` the same before interpolation and
    splitting; only the latter is ever quoted. Where ``source`` is empty, what Compose
    dropped cannot be seen and only the arguments are judged.
    """
    words = arguments(rendered, source)
    shell = invocation(words)
    splits = _splits(source)
    found = _of_shell(shell) if shell else without_shell(words, splits)
    found = found or (_filled(shell, source) if shell else [])
    at_fault = {finding.path[0] for finding in found}
    drops = [_dropped(field, one) for field, one in splits.items() if field not in at_fault]
    return [*found, *(drop for drop in drops if drop)]


def _filled(shell: Invocation, source: Mapping[str, Any]) -> list[Finding]:
    """Report that a script's text comes from a variable, which Compose splits into words."""
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
    return [finding(script, message, f"only the first word of {quoted} runs")] if names else []


def _splits(source: Mapping[str, Any]) -> dict[str, Split]:
    texts = {field: source.get(field) for field in ("entrypoint", "command")}
    return {field: split(text) for field, text in texts.items() if isinstance(text, str)}


def _dropped(field: str, one: Split) -> Finding | None:
    """Report what Compose dropped; a last ``;`` or ``&`` takes nothing with it."""
    if not one.dropped.strip("; &\n\t"):
        return None
    kept, lost = shortened(one.kept), shortened(one.dropped)
    lost_at = len(one.kept) + len(one.dropped) - len(one.dropped.lstrip())
    return finding(
        Argument(field, field, None, (field,), [lost_at]),
        f"Compose runs only `{kept}` and drops `{lost}`, for no shell reads it: {AS_LIST}",
        f"only `{kept}` runs",
    )


def _of_shell(shell: Invocation) -> list[Finding]:
    script = shell.script
    name = basename(shell.shell.text)
    if not shell.takes_script:
        return [_file_with_spaces(name, script)] if script and has_spaces(script.text) else []
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
    return any(has_spaces(word.text) for word in operands if word.field == script.field)


def _is_one_word(text: str) -> bool:
    one = split(text)
    return len(one.words) <= 1 and not one.dropped


def _is_one_quoted_word(text: str) -> bool:
    """Say whether a whole script is in quotes, so that a shell takes it for a program's name."""
    statements = parse(text).body.statements
    if len(statements) != 1 or not isinstance(statements[0], ShellCommand):
        return False
    words = statements[0].words
    return len(words) == 1 and words[0].quoted and words[0].literal and has_spaces(words[0].text)


def _advice(shell: Invocation, field: str) -> str:
    """Say where the script goes: the field of the shell, or one that holds the script alone."""
    if shell.shell.field == field:
        return AS_LIST
    return f'write {field}: ["the whole script"], a list of one element'


def _cut(name: str, shell: Invocation, script: Argument) -> Finding:
    operands = shell.operands
    quoted = "its first word" if script.written is None else f"`{shortened(script.written)}`"
    rest = f"{len(operands)} more word{'s' if len(operands) > 1 else ''}"
    return finding(
        script,
        f"`{name} -c` runs only {quoted} and ignores {rest}: {_advice(shell, script.field)}",
        f"the script is only {quoted}",
    )


def _no_script(name: str, shell: Argument) -> Finding:
    return finding(
        shell,
        f"`{name} -c` gets no script, and Docker drops the image's own command: {AS_LIST}",
        "no argument after `-c`",
    )


def _file_with_spaces(name: str, script: Argument) -> Finding:
    quoted = "a script" if script.written is None else f"`{shortened(script.written)}`"
    return finding(
        script,
        f"`{name}` takes {quoted} for the name of a file, for `-c` is missing: {AS_LIST}",
        "no `-c` in front of the script",
    )


def _quoted_twice(name: str, script: Argument) -> Finding:
    return finding(
        script,
        f"`{name} -c` takes the whole script for the name of one program, because it is in "
        "quotes of its own: take the inner quotes away",
        "the script is one quoted word",
    )


def _swallowed(name: str, script: Argument) -> list[Finding]:
    """Report what takes the rest of a script that the shell did get."""
    if in_comment(script.text):
        taker, why = "a comment", "`#` reaches to the end of the only line"
    elif in_here_document(script.text):
        taker, why = "a here-document", "its end stands on no line of its own"
    else:
        return []
    message = f"{taker} takes what follows in the script of `{name} -c`, for {why}: {_AS_LINES}"
    return [finding(script, message, f"{taker} takes the rest of the script")]


def in_comment(script: str) -> bool:
    """Say whether a comment on the only line is all there is, or has commands in it.

    >>> in_comment("# first mc mb a"), in_comment("mc mb a # for pictures")
    (True, False)
    """
    line = script.strip()
    if "\n" in line:
        return False
    comments = map(text_of, nodes(encoded(line), {"comment"}))
    return line.startswith("#") or any(map(_BETWEEN_COMMANDS.search, comments))


def in_here_document(script: str) -> bool:
    r"""Say whether the end of a here-document stands behind it, but on no line of its own.

    >>> in_here_document("cat <<END\na\nEND\nb"), in_here_document("cat <<END a END && b")
    (False, True)
    """
    source = encoded(script)
    lines = source.decode().split("\n")
    last = {line.lstrip("\t"): row for row, line in enumerate(lines)}
    unended = (
        start
        for start in nodes(source, {"heredoc_start"})
        if last.get(_end_of(start), -1) <= start.end_point.row
    )
    return any(_end_of(start) in source[start.end_byte :].decode().split() for start in unended)


def _end_of(start: tree_sitter.Node) -> str:
    return text_of(start).strip("'\"\\")
