"""Shell text that gets no shell: what only a shell would understand is handed to a program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pytest_platform.scripts.invocation import SHELLS, Argument, basename
from pytest_platform.scripts.splitting import Split
from pytest_platform.text import shortened
from pytest_platform.verdict import Finding

CODE: Final = "contract.command_shape"

_EXPECTED: Final = "one argument after `-c` is the whole script"
AS_LIST: Final = 'write ["/bin/sh", "-c", "the whole script"]'
_SHELL_OPERATORS: Final = frozenset({"&&", "||", "|", ">", ">>", "2>&1", "&>"})
_TAKE_OPERATORS: Final = frozenset({"find", "expr", "test", "["})
_BUILTINS: Final = frozenset({"set", "cd", "export", "source", "."})
_LINE_STARTS: Final = _BUILTINS | {"exec", "then", "else", "fi", "do", "done", "if", "for", "while"}


def has_spaces(text: str) -> bool:
    """Return whether a text is more than one word."""
    return len(text.split()) > 1


def without_shell(words: list[Argument], splits: Mapping[str, Split]) -> list[Finding]:
    """Find the first sign that a text was written for a shell, where none reads it."""
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
    if not has_spaces(first.text) or not (first.field == "entrypoint" or is_shell):
        return None
    return finding(
        first,
        f"the first element is taken for a program's name, spaces included: {AS_LIST}",
        "the program's name has spaces",
    )


def _assignment(words: list[Argument]) -> Finding | None:
    name, equals, _ = words[0].text.partition("=")
    if not (equals and name.isidentifier() and len(words) > 1):
        return None
    return finding(
        words[0],
        f"`{name}=…` in front of a program needs a shell: "
        f"set {name} under environment, or {AS_LIST}",
        f"`{name}=…` is taken for the program's name",
    )


def _operator(words: list[Argument]) -> Finding | None:
    found = next((word for word in words if word.text in _SHELL_OPERATORS), None)
    if found is None or basename(words[0].text) in _TAKE_OPERATORS:
        return None
    return finding(
        found,
        f"`{found.text}` is handed to the program as a word, for no shell reads it: {AS_LIST}",
        f"`{found.text}` is an argument",
    )


def _lines(field: str, one: Split) -> Finding | None:
    """Report that lines were joined: where a line begins as only a shell's command would."""
    continued = any(word.startswith("\n") for word in one.words)
    first = one.words[0] if one.words else ""
    starts = {word for word in one.lines if not word.startswith("-")}
    several = starts & (_LINE_STARTS | {first}) or (one.lines and first in _BUILTINS)
    if not (several or continued or first.startswith("#")):
        return None
    kept = shortened(one.kept)
    return finding(
        Argument(field, field, None, (field,), [0]),
        f"Compose joins the lines into the words of one command, `{kept}`: {AS_LIST}",
        "several lines are one command",
    )


def finding(at: Argument, message: str, actual: str) -> Finding:
    """Make a finding that points at an argument."""
    path = at.path or (at.field,)
    return Finding(CODE, message, _EXPECTED, actual, path, spot=at.spot())
