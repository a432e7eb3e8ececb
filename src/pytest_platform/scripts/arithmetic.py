"""What a shell evaluates as arithmetic: it runs the commands in ``a[$(…)]``, in values too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from pytest_platform.scripts import words

if TYPE_CHECKING:
    import tree_sitter

Names = frozenset[str] | None
"""The variables that have to be numbers for a text to be one; None where it may be anything."""

_COMPARES: Final = frozenset({"-eq", "-ne", "-lt", "-le", "-gt", "-ge"})
_SETS: Final = frozenset({"=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "|=", "^="})
_NUMBER: Final = re.compile(r"[-+]?(?:[0-9]+|0[xX][0-9a-fA-F]+)")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_OF_SHELL: Final = frozenset(
    {"RANDOM", "SECONDS", "LINENO", "EPOCHSECONDS", "UID", "EUID", "PPID", "BASHPID", "OPTIND"}
)
_COUNTS: Final = re.compile(r"\$(?:[#?$!]|\{[#?$!]\}|\{#\w+(?:\[[@*]\])?\})")
_COMMANDS: Final = re.compile(r"(?:\$\(|`)\s*(?:date \+%s|nproc|seq [0-9 ]+|wc -[lcw])\s*[)`]")
_DEFAULT: Final = re.compile(r"\$\{(\w+)(?::?[-=]([0-9]+)|:?\?[^$`]*)?\}")
_RUNS: Final = re.compile(r"\$\{!(?!\w+[*@]\}|\w+\[[@*]\]\})|@[^QUuL\]]\}")
_SLICE: Final = re.compile(r"\$\{\w+(?:\[[@*]\])?:(?![-=?+])([^}]*)\}")
_NOTHING: Final = frozenset({"test_operator", "comment", "arithmetic_expansion"})
_NAMES: Final = frozenset({"variable_name", "word"})
_INSIDE: Final = frozenset(
    {"binary_expression", "unary_expression", "postfix_expression", "parenthesized_expression"}
    | {"ternary_expression", "variable_assignment", "concatenation", "string"}
)


class Computed(Struct, frozen=True):
    """A text that is evaluated, the names in it, and the byte at which it begins."""

    names: Names
    text: str
    at: int


def evaluated(node: tree_sitter.Node) -> Names:
    """Give the names that a node has evaluated; the empty set where it evaluates nothing."""
    kind = node.type
    if kind == "arithmetic_expansion" or (kind == "compound_statement" and _is_double(node)):
        return _all_of(node.named_children)
    if kind == "c_style_for_statement":
        fields = ("initializer", "condition", "update")
        return _all_of(one for name in fields for one in node.children_by_field_name(name))
    if kind in {"binary_expression", "unary_expression"}:
        return _of_test(node)
    if kind == "subscript":
        index = node.child_by_field_name("index")
        every = index is not None and words.text_of(index) in {"@", "*"}
        return frozenset() if every else names_of(index)
    return _of_expansion(words.text_of(node)) if kind == "expansion" else frozenset()


def names_of(node: tree_sitter.Node | None) -> Names:
    """Give the names that have to be numbers for the value of a node to be one."""
    if node is None:
        return None
    text, kind = words.text_of(node), node.type
    if kind in _INSIDE and node.named_children:
        return _all_of(node.named_children)
    if any(one.fullmatch(text) for one in (_NUMBER, _COUNTS, _COMMANDS)) or kind in _NOTHING:
        return frozenset()
    if kind == "simple_expansion" or (kind in _NAMES and _NAME.fullmatch(text)):
        return frozenset({text.removeprefix("$")})
    found = _DEFAULT.fullmatch(text) if kind == "expansion" else None
    return frozenset({found[1]}) if found else None


def set_by(node: tree_sitter.Node) -> list[tuple[str, Names]]:
    """Give the variable that ``i = 0``, ``i += 1`` and ``i++`` set, and what its value needs."""
    operator = next((child.type for child in node.children if not child.is_named), "")
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    steps = node.type in {"postfix_expression", "unary_expression"} and operator in {"++", "--"}
    left = node.named_children[0] if steps and node.named_children else left
    if (
        left is None
        or left.type not in {"variable_name", "word"}
        or not (steps or operator in _SETS)
    ):
        return []
    name, needs = words.text_of(left), frozenset() if steps else names_of(right)
    return [(name, needs if operator == "=" or needs is None else needs | {name})]


def _all_of(nodes: Iterable[tree_sitter.Node]) -> Names:
    found: frozenset[str] = frozenset()
    for node in nodes:
        names = names_of(node)
        if names is None:
            return None
        found |= names
    return found


def _is_double(node: tree_sitter.Node) -> bool:
    return any(child.type == "((" for child in node.children)


def _of_test(node: tree_sitter.Node) -> Names:
    """Give what ``[[ a -eq b ]]`` evaluates, and ``-v`` in every test."""
    operator = node.child_by_field_name("operator")
    named = words.text_of(operator) if operator is not None else ""
    operands = [child for child in node.named_children if child.type != "test_operator"]
    if node.type == "unary_expression" and named in {"-v", "-R"}:
        plain = all(_NAME.fullmatch(words.text_of(one)) for one in operands)
        return frozenset() if plain else None
    return _all_of(operands) if named in _COMPARES and _is_of_bash(node) else frozenset()


def _is_of_bash(node: tree_sitter.Node) -> bool:
    outer = node.parent
    while outer is not None and outer.type != "test_command":
        outer = outer.parent
    return outer is not None and outer.children[0].type == "[["


def _of_expansion(text: str) -> Names:
    """Give what ``${a:b}`` evaluates; ``${!a}`` and ``${a@P}`` may run what stands in ``a``."""
    if _RUNS.search(text):
        return None
    found = _SLICE.fullmatch(text)
    parts = re.findall(r"[^\s:$(){}+*/-]+", found[1]) if found else []
    if any(not (_NUMBER.fullmatch(one) or re.fullmatch(r"\w+", one)) for one in parts):
        return None
    return frozenset(one for one in parts if _NAME.fullmatch(one))


class Numbers(Struct, frozen=True):
    """Which variables hold numbers for sure.

    ``given`` are the values that a script gets, None for one that is not known; ``sets`` what
    each assignment in it depends on.
    """

    given: Mapping[str, str | None]
    sets: Sequence[tuple[str, Names]]

    def unknown(self, found: Iterable[Computed]) -> Iterator[Computed]:
        """Yield what is evaluated and may be something else than numbers."""
        known = self._known()
        for one in found:
            if one.names is None or not one.names <= known:
                yield one

    def _known(self) -> frozenset[str]:
        """Take away what is no number until nothing more has to be."""
        names = {name for name, _ in self.sets if _may_be(self.given, name)}
        size = -1
        while size != len(names):
            size = len(names)
            names -= {
                name
                for name, needs in self.sets
                if needs is None or not needs <= names | self._others()
            }
        return frozenset(names) | self._others()

    def _others(self) -> frozenset[str]:
        """Give the names that are numbers although nothing here sets them."""
        here = {name for name, _ in self.sets}
        given = {name for name, value in self.given.items() if _NUMBER.fullmatch(value or "")}
        return frozenset(given | _OF_SHELL) - here


def _may_be(given: Mapping[str, str | None], name: str) -> bool:
    """Say whether a variable is a number, or nothing, before a script sets it."""
    return name not in given or _NUMBER.fullmatch(given[name] or "") is not None
