"""Every step of a script, wherever in it, and what the reader does not know.

Each node of the tree is visited. A kind of node that is not in the table is reported, so
nothing that a script does can be left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from pytest_platform.scripts import arithmetic, assignments, misread, words
from pytest_platform.scripts.arithmetic import Computed, Names
from pytest_platform.scripts.assignments import Set
from pytest_platform.scripts.feeds import SHELL_READS, fed
from pytest_platform.scripts.parsing import DEPTH, depth_exceeds, root_of
from pytest_platform.scripts.syntax import Word

if TYPE_CHECKING:
    import tree_sitter

_KNOWN: Final = frozenset(
    {"program", "comment", "word", "number", "string", "string_content", "raw_string", "list"}
    | {"ansi_c_string", "translated_string", "concatenation", "simple_expansion", "expansion"}
    | {"variable_name", "special_variable_name", "command_substitution", "process_substitution"}
    | {"arithmetic_expansion", "brace_expression", "pipeline", "negated_command", "subshell"}
    | {"redirected_statement", "file_redirect", "file_descriptor", "herestring_redirect"}
    | {"heredoc_redirect", "heredoc_start", "heredoc_body", "heredoc_content", "heredoc_end"}
    | {"command", "command_name", "declaration_command", "unset_command", "compound_statement"}
    | {"variable_assignment", "variable_assignments", "if_statement", "elif_clause", "do_group"}
    | {"else_clause", "for_statement", "while_statement", "case_statement", "case_item"}
    | {"function_definition", "test_command", "unary_expression", "binary_expression", "array"}
    | {"parenthesized_expression", "postfix_expression", "test_operator", "extglob_pattern"}
    | {"regex", "c_style_for_statement", "subscript", "ternary_expression"}
)
_STEPS: Final = frozenset({"command", "declaration_command", "unset_command"})


class Step(Struct, frozen=True):
    """A simple command. ``stdin`` is None where what feeds it is not known, or nothing does.

    ``at`` is where it begins, ``function`` the function in whose body, which is defined for sure.
    """

    words: tuple[Word, ...]
    text: str
    stdin: str | None
    at: int
    function: str = ""


class Write(Struct, frozen=True):
    """A redirection to a file: its operator and where it goes."""

    operator: str
    target: Word
    text: str
    at: int = 0
    silent: bool = False
    """Nothing is written, as by ``: > file``, or a line without text by ``echo > file``."""


class Census(Struct):
    """All that a script does. ``functions`` are those that are defined for sure, and where."""

    steps: list[Step] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    variables: list[tuple[str, str, int]] = field(default_factory=list)
    exported: list[tuple[str, str | None, str, int]] = field(default_factory=list)
    sets: list[Set] = field(default_factory=list)
    computed: list[Computed] = field(default_factory=list)
    numbers: list[tuple[str, Names]] = field(default_factory=list)
    functions: dict[str, int] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    bash: bool = False


def take(text: str, *, bash: bool = False) -> Census:
    """Read a script; what cannot be read stands in ``unknown``.

    ``bash`` says that its shell has ``[[`` and ``((``. For another shell ``((rm x))`` are two
    subshells, and ``[[ a > b ]]`` writes to a file.
    """
    found = Census(bash=bash)
    root = root_of(text)
    if root.has_error or depth_exceeds(root, DEPTH):
        found.unknown.append(text)
        return found
    pending = [root]
    while pending:
        node = pending.pop()
        _note(found, node)
        pending.extend(reversed(node.named_children))
    return found


def _note(found: Census, node: tree_sitter.Node) -> None:
    kind = node.type
    _note_arithmetic(found, node)
    if (
        kind not in _KNOWN
        or misread.hides_command(node)
        or misread.is_read_otherwise(node, bash=found.bash)
    ):
        found.unknown.append(words.text_of(node))
    elif kind in _STEPS:
        _note_step(found, node)
    elif kind == "file_redirect":
        _note_redirect(found, node)
    elif kind == "function_definition":
        _note_function(found, node)
    elif kind == "variable_assignment":
        _note_variable(found, node, "name", assignments.assigned(node))
    elif kind == "for_statement":
        _note_variable(found, node, "variable", assignments.looped(node))
    elif kind == "expansion" and any(child.type in {"=", ":="} for child in node.children):
        _note_variable(found, node, "", None)


def _note_arithmetic(found: Census, node: tree_sitter.Node) -> None:
    """Note what is evaluated, and what is known to be a number afterwards."""
    names = arithmetic.evaluated(node)
    if names is None or names:
        found.computed.append(Computed(names, words.text_of(node), node.start_byte))
    found.numbers += arithmetic.set_by(node)


def _note_variable(
    found: Census, node: tree_sitter.Node, field: str, values: tuple[str, ...] | None
) -> None:
    names = [child for child in node.named_children if child.type == "variable_name"]
    name = node.child_by_field_name(field) if field else next(iter(names), None)
    text = words.text_of(name).partition("[")[0] if name else ""
    found.variables.append((text, words.text_of(node), node.start_byte))
    if _is_exported(node):
        value = values[0] if values else None
        found.exported.append((text, value, words.text_of(node), node.start_byte))
    found.sets.append(Set(text, values, *assignments.holds(node)))
    found.numbers.append((text, assignments.needs(node)))


def _is_exported(node: tree_sitter.Node) -> bool:
    """Say whether an assignment is for a program: in front of one, or by ``export``."""
    outer = node.parent
    if outer is None or outer.type not in {"command", "declaration_command"}:
        return False
    return outer.type == "command" or _exports(outer)


def _exports(declaration: tree_sitter.Node) -> bool:
    first = words.text_of(declaration).split()[:2]
    return first[0] == "export" or (first[-1].startswith("-") and "x" in first[-1])


def _behind(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    """Give the words that stand behind the redirections of a statement."""
    found: list[tree_sitter.Node] = []
    for child in node.named_children:
        if child.type == "file_redirect":
            found += child.children_by_field_name("destination")[1:]
        elif child.type == "heredoc_redirect":
            found += child.children_by_field_name("argument")
    return found


def _note_step(found: Census, node: tree_sitter.Node) -> None:
    given = words.words_of(node)
    if node.parent is not None and node.parent.type == "redirected_statement":
        given += tuple(map(words.word_of, _behind(node.parent)))
    if given:
        text, function = words.text_of(node), _function_around(node)
        if node.type == "declaration_command" and _exports(node):
            names = [one.text for one in given[1:] if one.literal and one.text[:1] != "-"]
            found.exported += [(name, None, text, node.start_byte) for name in names]
        found.steps.append(Step(given, text, fed(node), node.start_byte, function))


def _function_around(node: tree_sitter.Node) -> str:
    outer = node.parent
    while outer is not None and outer.type != "function_definition":
        outer = outer.parent
    name = outer.child_by_field_name("name") if outer is not None else None
    certain = outer is not None and outer.parent is not None and outer.parent.type == "program"
    return words.text_of(name) if name is not None and certain else ""


def _note_redirect(found: Census, node: tree_sitter.Node) -> None:
    operator = next((child.type for child in node.children if not child.is_named), "")
    if len(node.children_by_field_name("destination")) > 1 and not _is_of_command(node, found.bash):
        found.unknown.append(words.text_of(node))
    target = node.child_by_field_name("destination")
    if target is None:
        if words.text_of(node).lstrip("0123456789") not in {">&-", "<&-"}:
            found.unknown.append(words.text_of(node))
        return
    if operator not in SHELL_READS:
        text, word = words.text_of(node), words.word_of(target)
        found.writes.append(Write(operator, word, text, node.start_byte, _is_silent(node)))


def _is_silent(redirect: tree_sitter.Node) -> bool:
    body = redirect.parent.child_by_field_name("body") if redirect.parent is not None else None
    given = words.words_of(body) if body is not None and body.type == "command" else ()
    return tuple(word.text for word in given) in {("echo",), (":",), ("true",)}


def _is_of_command(redirect: tree_sitter.Node, bash: bool) -> bool:
    """Say whether words behind a redirection are a command's; ``&>`` ends one, but in bash."""
    parent = redirect.parent
    body = parent.child_by_field_name("body") if parent is not None else None
    ends = not bash and any(child.type.startswith("&>") for child in redirect.children)
    return body is not None and body.type in _STEPS and not ends


def _note_function(found: Census, node: tree_sitter.Node) -> None:
    name, after = node.child_by_field_name("name"), node.next_sibling
    certain = node.parent is not None and node.parent.type == "program"
    if name and certain and not (after is not None and after.type == "&"):
        found.functions.setdefault(words.text_of(name), node.end_byte)
