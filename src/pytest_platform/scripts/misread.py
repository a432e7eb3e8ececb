"""Where the tree of a script is not what a shell makes of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pytest_platform.scripts import words

if TYPE_CHECKING:
    import tree_sitter

_TEXTS: Final = frozenset(
    {"word", "number", "string", "string_content", "translated_string", "heredoc_body"}
    | {"heredoc_content", "expansion", "regex", "extglob_pattern", "variable_name"}
)
_HIDDEN: Final = re.compile(r"(?<!\\)(?:\\\\)*(?:\$\(|`)")
_TEST_OPERATORS: Final = frozenset({"<", ">", "&&", "||", "(", ")"})


def misread(node: tree_sitter.Node, *, bash: bool) -> bool:
    """Say whether a shell may run what the tree takes for something else."""
    return hides_command(node) or is_read_otherwise(node, bash=bash)


def hides_command(node: tree_sitter.Node) -> bool:
    """Say whether a text holds a substitution for which the tree has no node."""
    if node.type not in _TEXTS or _is_quoted(node):
        return False
    raw, at, kept = node.text or b"", 0, b""
    for child in node.named_children:
        kept += raw[at : child.start_byte - node.start_byte] + b" "
        at = child.end_byte - node.start_byte
    return bool(_HIDDEN.search((kept + raw[at:]).decode(errors="replace")))


def _is_quoted(node: tree_sitter.Node) -> bool:
    """Say whether a node belongs to a here-document in which nothing is replaced."""
    parent = node.parent
    while parent is not None and parent.type in {"heredoc_body", "heredoc_redirect"}:
        start = next((one for one in parent.children if one.type == "heredoc_start"), None)
        if start is not None:
            return any(mark in words.text_of(start) for mark in "'\"\\")
        parent = parent.parent
    return False


def is_read_otherwise(node: tree_sitter.Node, *, bash: bool) -> bool:
    """Say whether another shell, or any, runs what the tree takes for a test or arithmetic."""
    if node.type == "compound_statement":
        return not bash and any(child.type == "((" for child in node.children)
    if node.type != "test_command" or (bash and node.children[0].type == "[["):
        return False
    return bool(_TEST_OPERATORS & set(_tokens(node)))


def _tokens(node: tree_sitter.Node) -> list[str]:
    if node.type.endswith("_substitution"):
        return []
    own = [] if node.is_named else [node.type]
    return [*own, *(token for child in node.children for token in _tokens(child))]
