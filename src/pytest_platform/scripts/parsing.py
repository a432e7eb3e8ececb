"""Shell text into ``syntax``, read by tree-sitter's grammar for bash.

What the grammar cannot read is left out and marks the script as ``broken``; nothing here
raises for a text, however odd. Nesting deeper than ``DEPTH`` counts as unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from itertools import pairwise
from typing import Final

import tree_sitter
import tree_sitter_bash

from pytest_platform.scripts import words
from pytest_platform.scripts.grammar import sequence_of
from pytest_platform.scripts.syntax import Script, Sequence, ShellCommand, descend

DEPTH: Final = 120
# Where the grammar's scanner asks C's isdigit(), which is defined for 0 to 255 alone: of
# a character beyond, it reads memory that may not be there.
_BEYOND_ISDIGIT: Final = re.compile(r"(\{[0-9]*(?:\.\.[0-9]*)?)[^\x00-\xff]")
_CLOSING: Final = frozenset({b"do", b"done", b"then", b"elif", b"else", b"fi", b"esac", b"}"})
_OPERAND_NODES: Final = frozenset({"simple_expansion", "expansion"})


def parse(text: str) -> Script:
    """Read a script.

    >>> parse("mc mb local/media").body.statements[0].words[1].text
    'mb'
    """
    root = root_of(text)
    if depth_exceeds(root, DEPTH):
        return Script(Sequence(text, ()), broken=True, source=encoded(text))
    broken = root.has_error or _closes_what_is_not_open(root)
    return Script(sequence_of(root, root.named_children), broken, encoded(text))


def _closes_what_is_not_open(root: tree_sitter.Node) -> bool:
    """Say whether the grammar took ``done``, ``fi`` and their like for the name of a command."""
    names = (node for node in _leaves(root) if node.parent and node.parent.type == "command_name")
    return any(name.text in _CLOSING for name in names)


def root_of(text: str) -> tree_sitter.Node:
    """Give the tree of a script as the grammar reads it; parts of it may be errors."""
    source = encoded(text)
    root = _tree(source)
    return _tree(_repaired(root, source)) if root.has_error else root


def uses_operands(text: str) -> bool:
    """Say whether a script heeds the words behind it: ``"$@"``, ``$1``, ``shift``.

    >>> uses_operands('exec "$0" "$@"'), uses_operands("awk '{print $1}'")
    (True, False)
    """
    found = nodes(encoded(text), _OPERAND_NODES)
    names = [words.text_of(node).strip("${}")[:1] for node in found]
    return any(name and (name.isdigit() or name in "@*#") for name in names) or _shifts(text)


def _shifts(text: str) -> bool:
    commands = [node for node in descend(parse(text).body) if isinstance(node, ShellCommand)]
    return any(node.words[:1] and node.words[0].text == "shift" for node in commands)


def nodes(source: bytes, kinds: AbstractSet[str]) -> list[tree_sitter.Node]:
    """Give the nodes of some kinds in a script that was ``encoded``, in no order."""
    pending, found = [_tree(source)], []
    while pending:
        node = pending.pop()
        if node.type in kinds:
            found.append(node)
        pending.extend(node.named_children)
    return found


def strings(text: str) -> list[str]:
    """Give the outermost texts in double quotes of a script, as written."""
    pending, found = [root_of(text)], []
    while pending:
        node = pending.pop()
        if node.type == "string":
            found.append(words.text_of(node))
        else:
            pending.extend(node.named_children)
    return found


def encoded(text: str) -> bytes:
    """Give a script as the bytes that the grammar can read."""
    return _BEYOND_ISDIGIT.sub(r"\1?", text).encode(errors="replace")


def _tree(text: bytes) -> tree_sitter.Node:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))
    return parser.parse(text).root_node


def _repaired(root: tree_sitter.Node, text: bytes) -> bytes:
    """Write ``;`` between ``)`` or ``}`` and ``do`` or ``then``, where the grammar insists on it.

    ``until (probe) do`` is right in every shell.
    """
    leaves = _leaves(root)
    ends = [
        before.end_byte
        for before, after in pairwise(leaves)
        if before.type in {")", "}"} and after.text in {b"do", b"then"}
    ]
    for end in reversed(ends):
        # In place of a blank, so that what follows stays where it is.
        text = text[:end] + b";" + text[end + text[end : end + 1].isspace() :]
    return text


def _leaves(root: tree_sitter.Node) -> list[tree_sitter.Node]:
    pending, leaves = [root], []
    while pending:
        node = pending.pop()
        pending.extend(reversed(node.children))
        if not node.children:
            leaves.append(node)
    return leaves


def depth_exceeds(root: tree_sitter.Node, limit: int) -> bool:
    """Say whether the tree is nested deeper than a limit."""
    level = [root]
    for _ in range(limit):
        level = [child for node in level for child in node.named_children]
    return bool(level)
