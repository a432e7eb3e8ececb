"""Failures of steps that run beside the script: in the background, by ``find``, for a value."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import takewhile
from typing import Final

from pytest_platform.scripts import endings
from pytest_platform.scripts.commands import matters, plain
from pytest_platform.scripts.fates import BACKGROUND, FOUND, Hidden
from pytest_platform.scripts.losses import is_step
from pytest_platform.scripts.syntax import (
    Background,
    Branch,
    Loop,
    Node,
    ShellCommand,
    Word,
    descend,
)

_ASSIGNED: Final = re.compile(r"([A-Za-z_]\w*)=\"?\$\(")
_VERSION: Final = frozenset({"-v", "-V"})


def in_background(
    statement: Background, statements: tuple[Node, ...], *, last: bool
) -> Iterator[Hidden]:
    """Give a step that runs in the background, and whose status nothing asks for.

    A bare ``wait`` drops it, and so does a script that ends with no other step behind it.
    ``last`` says that the script ends with these statements.
    """
    words = [endings.plain_of(one) for one in statements]
    behind = statements[statements.index(statement) + 1 :]
    ends = last and all(endings.is_quiet(one, {}) for one in behind)
    if ("wait",) in words or ends:
        yield from _never_asked(statement, words)


def in_background_of(statement: Loop | Branch, behind: tuple[Node, ...]) -> Iterator[Hidden]:
    """Give the steps that a loop starts in the background, and a bare ``wait`` behind it drops."""
    words = [endings.plain_of(node) for one in (statement, *behind) for node in descend(one)]
    asked = any(one[:1] == ("wait",) and one[1:] for one in words)
    if ("wait",) in map(endings.plain_of, behind) and not asked:
        for node in descend(statement):
            if isinstance(node, Background):
                yield from _never_asked(node, words)


def _never_asked(statement: Background, words: Collection[tuple[str, ...]]) -> Iterator[Hidden]:
    """Give the step, unless it is a server: it idles, or something ends it."""
    kills = any(one[:1] == ("kill",) for one in words)
    inner = statement.inner
    if (
        isinstance(inner, ShellCommand)
        and matters(inner)
        and not kills
        and not endings.idles(inner)
    ):
        yield Hidden(BACKGROUND, inner.text, inner.at)


def in_find(command: ShellCommand) -> Iterator[Hidden]:
    """Give a ``find`` that runs a step by ``-exec … ;`` and ends with 0 whatever that does."""
    words = plain(command)
    if words[:1] != ("find",):
        return
    for at, word in enumerate(words):
        if word not in {"-exec", "-execdir"}:
            continue
        run = list(takewhile(lambda one: one not in {";", "+"}, words[at + 1 :]))
        step = ShellCommand("", tuple(Word(one, literal=True) for one in run))
        if words[at + 1 + len(run) :][:1] == (";",) and matters(step):
            yield Hidden(FOUND, command.text, command.at)
            return


def in_assignment(command: ShellCommand, fate: str) -> Iterator[Hidden]:
    """Give ``x=$(step)`` whose status gets lost, and whose step does more than print a value."""
    if command.words or not _ASSIGNED.match(command.text):
        return
    for step in command.nested[-1].statements[-1:] if command.nested else ():
        if isinstance(step, ShellCommand) and is_step(step) and not _VERSION & {*plain(step)[1:]}:
            yield Hidden(fate, command.text, command.at)


def is_noticed(one: Hidden, later: tuple[Node, ...]) -> bool:
    """Say whether a step behind an assignment uses what it got, so that it fails without."""
    found = _ASSIGNED.match(one.text)
    if found is None or one.file:
        return False
    name = re.compile(rf"(?<!\w){found[1]}(?!\w)")
    printed = [
        node.text
        for statement in later
        for node in descend(statement)
        if isinstance(node, ShellCommand) and endings.is_quiet(node, {}) and not node.writes
    ]
    return sum(len(name.findall(node.text)) for node in later) > sum(
        len(name.findall(text)) for text in printed
    )
