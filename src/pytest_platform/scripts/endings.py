"""How a piece of script ends: quietly, with a failure, leaving early, or never."""

from __future__ import annotations

import re
from typing import Final

from pytest_platform.scripts.commands import QUIET, plain
from pytest_platform.scripts.syntax import (
    Background,
    Chain,
    Function,
    Loop,
    Node,
    Pipeline,
    Sequence,
    ShellCommand,
    descend,
)

Functions = dict[str, Node]
_KEEPS_STATUS: Final = re.compile(r"(\w+)=\"?\$(?:\?|\{\?\})\"?")
_LEAVING: Final = frozenset({"exit", "return"})
_SUCCESS: Final = frozenset({"0", "true", ":"})
_FILTERS: Final = frozenset(
    {"tee", "cat", "logger", "gzip", "xz", "zstd", "bzip2", "sed", "awk", "sort", "head", "tail"}
    | {"tr", "cut", "ts", "uniq", "wc", "xxd", "base64"}
)
"""Ends of a pipeline that succeed whatever they are given."""


def functions_of(script: Node) -> Functions:
    """Give the bodies of all functions by name."""
    return {node.name: node.body for node in descend(script) if isinstance(node, Function)}


def called(node: Node, functions: Functions) -> Node:
    """Give the body of the function where ``node`` calls one, else ``node``."""
    if isinstance(node, ShellCommand) and node.words:
        return functions.get(node.words[0].text, node)
    return node


def is_quiet(node: Node, functions: Functions) -> bool:
    """Say whether a piece always succeeds and does nothing but talk or wait."""
    node = called(node, functions)
    if isinstance(node, Sequence):
        return all(is_quiet(inner, {}) for inner in node.statements)
    words = plain_of(node)
    # `wait` for one process hands on the status of that.
    return bool(words) and words[0] in QUIET and (words[0] != "wait" or len(words) == 1)


def leaves_with(node: Node, functions: Functions) -> str | None:
    """Give the argument with which a piece surely leaves the script or function, else None.

    A bare ``exit`` gives "$?", for it hands on the status of what ran before. What leaves
    a subshell leaves nothing else.
    """
    node = called(node, functions)
    if isinstance(node, Sequence):
        return None if node.subshell else _first_leaving(node)
    words = plain(node) if isinstance(node, ShellCommand) else ()
    return (*words[1:], "$?")[0] if words[:1] and words[0] in _LEAVING else None


def _first_leaving(sequence: Sequence) -> str | None:
    """Give the argument of the first ``exit``; a bare one behind what is quiet leaves with 0."""
    before: Node | None = None
    for statement in sequence.statements:
        code = leaves_with(statement, {})
        if code is not None:
            return "0" if code == "$?" and before and is_quiet(before, {}) else code
        before = statement
    return None


def ends_with(node: Node, functions: Functions) -> str | None:
    """Give the status with which a piece surely ends: by leaving, ``false`` or a subshell."""
    node = called(node, functions)
    if isinstance(node, Sequence):
        last = ends_with(node.statements[-1], {}) if node.statements else None
        return _first_leaving(node) or last
    is_false = isinstance(node, ShellCommand) and plain(node)[:1] == ("false",)
    return "1" if is_false else leaves_with(node, functions)


def succeeds(code: str | None) -> bool:
    """Say whether this argument of ``exit`` reports success whatever happened."""
    return code in _SUCCESS


def is_jump(node: Node) -> bool:
    """Say whether a piece is ``break`` or ``continue``."""
    return isinstance(node, ShellCommand) and plain(node)[:1] in {("break",), ("continue",)}


def idles(node: Node) -> ShellCommand | Loop | None:
    """Give the part of a piece that is reached in any case and then never ends."""
    match node:
        case ShellCommand():
            return node if _waits_for_ever(plain(node)) else None
        case Sequence():
            return _first_idle(node.statements)
        case Chain():
            return idles(node.left) or idles(node.right)
        case Pipeline():
            return idles(node.parts[-1])
        case Loop():
            return node if _is_endless(node) else None
        case _:
            return None


def _first_idle(statements: tuple[Node, ...]) -> ShellCommand | Loop | None:
    waits = bool(statements) and plain_of(statements[-1])[:1] == ("wait",)
    inner = [one.inner if waits and isinstance(one, Background) else one for one in statements]
    return next((found for found in map(idles, inner) if found is not None), None)


def plain_of(node: Node) -> tuple[str, ...]:
    """Give the plain words of a command; nothing for any other piece."""
    return plain(node) if isinstance(node, ShellCommand) else ()


def _waits_for_ever(words: tuple[str, ...]) -> bool:
    if words[:1] == ("tail",):
        options = [word for word in words[1:] if word.startswith("-")]
        return any(word.startswith("--follow") or _follows(word) for word in options)
    return words[:1] == ("sleep",) and words[1:2] in {("infinity",), ("inf",)}


def _follows(option: str) -> bool:
    return not option.startswith("--") and ("f" in option or "F" in option)


def _is_endless(loop: Loop) -> bool:
    """Say whether the condition is a constant and nothing in the body leaves the loop."""
    constants = {"while": {"true", ":", "1"}, "until": {"false"}}.get(loop.kind, set())
    statements = loop.condition.statements if loop.condition else ()
    condition = plain_of(statements[0])[:1] if len(statements) == 1 else ()
    inside = [plain_of(node)[:1] for node in descend(loop.body)]
    leaves = any(words and words[0] in _LEAVING | {"break"} for words in inside)
    return bool(condition) and condition[0] in constants and not leaves


def reads_status(statement: Node, later: tuple[Node, ...]) -> bool:
    """Say whether a statement looks at ``$?``, or keeps it for one that does more than print it."""
    kept = _KEEPS_STATUS.fullmatch(statement.text)
    if kept is not None:
        uses = [one for one in later if re.search(rf"\$\{{?{kept[1]}\b", one.text)]
        return not uses or any(not is_quiet(one, {}) for one in uses)
    bare_exit = leaves_with(statement, {}) == "$?"
    return bare_exit or "$?" in statement.text or "${?}" in statement.text


def always_succeeds(last: Node) -> bool:
    """Say whether the end of a pipeline succeeds whatever it is given."""
    words = plain_of(last)
    if words[:1] == ("jq",):
        return not any(word == "--exit-status" or _has_e(word) for word in words[1:])
    return bool(words) and words[0] in _FILTERS | QUIET


def _has_e(option: str) -> bool:
    return option.startswith("-") and not option.startswith("--") and "e" in option
