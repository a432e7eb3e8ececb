"""What a script removes or changes, wherever in it: conditions, functions, nested scripts."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from pytest_platform.checks.shell import curl, destroying
from pytest_platform.checks.shell.commands import (
    REMOVING,
    bare,
    matches,
    removes_only_scratch,
)
from pytest_platform.checks.shell.invocation import SHELLS, Argument, invocation
from pytest_platform.checks.shell.parsing import parse
from pytest_platform.checks.shell.syntax import Command, Node, Pipeline, descend

_NESTING: Final = 5
_FIND_RUNS: Final = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
_TEXT_SOURCES: Final = frozenset({"echo", "printf", "cat"})


@dataclass(frozen=True, slots=True)
class Change:
    """A command that does more than create or verify.

    ``does`` says what; ``words`` are the plain words by which it can be declared; ``text``
    is how it was written.
    """

    does: str
    words: tuple[str, ...]
    text: str


def changes(script: Node, nesting: int = 0) -> list[Change]:
    """Give everything that a script removes or changes."""
    nodes = descend(script)
    fed = {
        id(part): text for node in nodes if isinstance(node, Pipeline) for part, text in _fed(node)
    }
    return [
        change
        for node in nodes
        if isinstance(node, Command)
        for change in _of_words(
            bare(tuple(word.text for word in node.words)),
            node.text,
            node.stdin + fed.get(id(node), ""),
            nesting,
        )
    ]


def _fed(pipeline: Pipeline) -> list[tuple[Node, str]]:
    """Give the parts of a pipeline that are fed by an ``echo`` or here-document, with its text."""
    return [(after, _output(before)) for before, after in pairwise(pipeline.parts)]


def _output(node: Node) -> str:
    if not isinstance(node, Command) or not node.words:
        return ""
    words = bare(tuple(word.text for word in node.words))
    return " ".join([*words[1:], node.stdin]) if words[:1] and words[0] in _TEXT_SOURCES else ""


def _of_words(words: tuple[str, ...], text: str, stdin: str, nesting: int) -> list[Change]:
    if not words:
        return []
    inner = _nested(words, stdin, nesting)
    if inner is not None:
        return inner
    does = _does(words)
    if does:
        return [Change(does, words, text)]
    return [*_of_find(words, text, nesting), *_of_statements(words, text, stdin)]


def _nested(words: tuple[str, ...], stdin: str, nesting: int) -> list[Change] | None:
    """Follow ``sh -c '…'``, ``eval '…'`` and a script on a shell's standard input."""
    if nesting >= _NESTING:
        return None
    if words[0] == "eval":
        return changes(parse(" ".join(words[1:])).body, nesting + 1)
    if words[0] not in SHELLS:
        return None
    found = invocation([Argument(word, "command", None) for word in words])
    takes_script = found is not None and found.takes_script and found.script is not None
    script = found.script.text if found and found.script and takes_script else stdin
    return changes(parse(script).body, nesting + 1)


def _does(words: tuple[str, ...]) -> str | None:
    """Look a command up in the tables."""
    if words[0] in REMOVING:
        return None if removes_only_scratch(words) else "removes"
    if words[0] == "curl":
        return _curl(words)
    if words[0] in destroying.KEY_VALUE_PROGRAMS:
        lowered = tuple(word.lower() for word in words)
        hit = {word.upper() for word in words} & destroying.KEY_VALUE_WORDS
        return "removes" if hit else _in_table(lowered)
    return _in_table(words)


def _in_table(words: tuple[str, ...]) -> str | None:
    if any(matches(words, rule) for rule in destroying.ONLY_LOOKING):
        return None
    table = destroying.MORE_THAN_CREATING.items()
    return next((does for does, rules in table for rule in rules if matches(words, rule)), None)


def _curl(words: tuple[str, ...]) -> str | None:
    options = curl.options_of(words)
    method = (options.get("-X") or options.get("--request") or "").upper()
    return {"DELETE": "removes", "PATCH": "changes something"}.get(method)


def _of_find(words: tuple[str, ...], text: str, nesting: int) -> list[Change]:
    starts = [at for at, word in enumerate(words) if words[0] == "find" and word in _FIND_RUNS]
    return [
        change for at in starts for change in _of_words(bare(words[at + 1 :]), text, "", nesting)
    ]


def _of_statements(words: tuple[str, ...], text: str, stdin: str) -> list[Change]:
    """Look for statements of SQL and the like, in the arguments and on standard input."""
    texts = [*words[1:], stdin]
    if words[0] in destroying.SQL_PROGRAMS:
        return [
            Change("changes or removes data", statement, text)
            for one in texts
            for statement in _statements(one)
            if _is_change(statement)
        ]
    if words[0] in destroying.KEY_VALUE_PROGRAMS:
        hit = {word.upper() for word in _split(stdin)} & destroying.KEY_VALUE_WORDS
        return [Change("removes", words, text)] if hit else []
    calls = [call for call in destroying.DOCUMENT_CALLS if any(call in one for one in texts)]
    is_document = words[0] in destroying.DOCUMENT_PROGRAMS
    return [Change("changes or removes data", words, text)] if is_document and calls else []


def _statements(text: str) -> list[tuple[str, ...]]:
    lines = [line.partition("--")[0] for line in text.split("\n")]
    return [tuple(one.split()) for one in " ".join(lines).split(";") if one.strip()]


def _is_change(statement: tuple[str, ...]) -> bool:
    upper = tuple(word.upper().strip("'\"()") for word in statement)
    pairs = set(pairwise(upper))
    starts = len(upper) > 1 and upper[0] in destroying.SQL_STARTS
    return starts or bool(pairs & set(destroying.SQL_ANYWHERE))


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
