"""What a script gives its variables, and where they have it for sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pytest_platform.scripts import arithmetic, words
from pytest_platform.scripts.arithmetic import Names
from pytest_platform.scripts.syntax import Word

if TYPE_CHECKING:
    import tree_sitter


class Set(Struct, frozen=True):
    """A variable and all values that one place gives it; None where they are not written there.

    It has one of them for sure from byte ``start`` to byte ``end``.
    """

    name: str
    values: tuple[str, ...] | None
    start: int = 0
    end: int = 0


def assigned(node: tree_sitter.Node) -> tuple[str, ...] | None:
    """Give the value of an assignment; None where it is not written there."""
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    adds = any(child.type == "+=" for child in node.children)
    if name is None or name.type != "variable_name" or adds:
        return None
    word = words.word_of(value) if value is not None else Word("", literal=True)
    plain = value is None or value.type != "array"
    return (word.text,) if plain and word.literal else None


def looped(node: tree_sitter.Node) -> tuple[str, ...] | None:
    """Give the values of a ``for``; None where they are not written there."""
    given = [words.word_of(child) for child in node.children_by_field_name("value")]
    literal = node.children[0].type == "for" and all(word.literal for word in given)
    return tuple(word.text for word in given) if given and literal else None


def needs(node: tree_sitter.Node) -> Names:
    """Give the names that have to be numbers for a variable to be one; None where it may not be."""
    if node.type == "for_statement":
        given = [arithmetic.names_of(child) for child in node.children_by_field_name("value")]
        known = [names for names in given if names is not None]
        return frozenset().union(*known) if given and len(known) == len(given) else None
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    adds = any(child.type == "+=" for child in node.children)
    if adds or node.type != "variable_assignment" or name is None or name.type == "subscript":
        return None
    word = words.text_of(value) if value is not None else "0"
    # What is no number here is none, even if it is the name of one that is.
    return None if word.isidentifier() else arithmetic.names_of(value) if value else frozenset()


def holds(node: tree_sitter.Node) -> tuple[int, int]:
    """Give from where to where a variable has its value whatever else happens."""
    if node.type == "for_statement":
        return node.start_byte, node.end_byte
    outer = node.parent
    while outer is not None and outer.type in {"declaration_command", "variable_assignments"}:
        node, outer = outer, outer.parent
    after = node.next_sibling
    certain = outer is not None and outer.type == "program"
    if not certain or outer is None or (after is not None and after.type == "&"):
        return 0, 0
    return node.end_byte, outer.end_byte
