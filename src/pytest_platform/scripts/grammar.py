"""The nodes of tree-sitter's grammar for bash, as the shapes of ``syntax``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from pytest_platform.scripts import words
from pytest_platform.scripts.syntax import (
    Background,
    Branch,
    Chain,
    Function,
    Loop,
    Negation,
    Node,
    Pipeline,
    Sequence,
    ShellCommand,
    Test,
)

if TYPE_CHECKING:
    import tree_sitter

_TESTS: Final = frozenset({"test_command", "arithmetic_expansion", "binary_expression"})
_GROUPS: Final = frozenset({"program", "subshell", "compound_statement", "do_group", "else_clause"})
_SIMPLE: Final = frozenset(
    {"command", "declaration_command", "unset_command", "variable_assignment"}
    | {"variable_assignments"}
)


def sequence_of(node: tree_sitter.Node, members: list[tree_sitter.Node]) -> Sequence:
    """Give the statements among ``members`` in the order in which they run."""
    found = [_statement(member) for member in members]
    kept = tuple(one for one in found if one is not None)
    return Sequence(words.text_of(node), kept, subshell=node.type == "subshell")


def _statement(node: tree_sitter.Node) -> Node | None:
    inner = _node(node)
    follower = node.next_sibling
    if inner is not None and follower is not None and follower.type == "&":
        return Background(inner.text, inner)
    return inner


def _node(node: tree_sitter.Node) -> Node | None:
    """Give the shape of one statement; None for comments, redirections and what is broken."""
    kind = node.type
    if kind in _SIMPLE:
        return _command(node)
    if kind in _TESTS:
        return Test(words.text_of(node), _substitutions(node))
    if kind in _GROUPS:
        return _group(node)
    reader = _READERS.get(kind)
    return reader(node) if reader else None


def _group(node: tree_sitter.Node) -> Node:
    if any(child.type == "((" for child in node.children):
        return Test(words.text_of(node), _substitutions(node))
    return sequence_of(node, node.named_children)


def _command(node: tree_sitter.Node) -> ShellCommand:
    found, stdin = words.words_of(node), words.herestring_of(node)
    return ShellCommand(words.text_of(node), found, stdin, _substitutions(node), at=node.start_byte)


def _substitutions(node: tree_sitter.Node) -> tuple[Sequence, ...]:
    return tuple(sequence_of(inner, inner.named_children) for inner in words.substitutions_of(node))


def _chain(node: tree_sitter.Node) -> Node | None:
    operands = [child for child in node.named_children if child.type != "comment"]
    parts = [part for part in map(_node, operands) if part is not None]
    operators = [child.type for child in node.children if child.type in {"&&", "||"}]
    if len(parts) != 2 or not operators:  # noqa: PLR2004 - left and right
        return parts[0] if len(parts) == 1 else None
    return Chain(words.text_of(node), operators[0], parts[0], parts[1])


def _pipeline(node: tree_sitter.Node) -> Node | None:
    parts = [part for part in map(_node, node.named_children) if part is not None]
    if parts and isinstance(parts[0], Negation):
        parts[0] = parts[0].inner
        return Negation(words.text_of(node), Pipeline(words.text_of(node), tuple(parts)))
    return Pipeline(words.text_of(node), tuple(parts)) if parts else None


def _negation(node: tree_sitter.Node) -> Node | None:
    inner = next((part for part in map(_node, node.named_children) if part is not None), None)
    return Negation(words.text_of(node), inner) if inner else None


def _redirected(node: tree_sitter.Node) -> Node | None:
    """Give what is redirected; bash's grammar hangs what follows ``<<EOF`` on the redirection."""
    body = node.child_by_field_name("body")
    heredoc = next((child for child in node.children if child.type == "heredoc_redirect"), None)
    if body is None:
        return None
    if heredoc is None:
        return _with_redirections(_node(body), node)
    first = _node(body)
    if isinstance(first, ShellCommand):
        text, at = words.heredoc_text(heredoc), words.heredoc_at(heredoc)
        first = replace(first, stdin=text, stdin_at=at)
    return _continued(first, heredoc)


def _with_redirections(inner: Node | None, node: tree_sitter.Node) -> Node | None:
    if not isinstance(inner, ShellCommand):
        return inner
    redirects = [child for child in node.children if child.type == "file_redirect"]
    texts = [words.text_of(child) for child in redirects]
    reads = any(text.startswith(("<", "0<")) for text in texts)
    writes = any(text.startswith((">", "1>", "&>")) for text in texts)
    return replace(inner, reads=reads, writes=writes)


def _continued(first: Node | None, heredoc: tree_sitter.Node) -> Node | None:
    right = heredoc.child_by_field_name("right")
    operator = next((child.type for child in heredoc.children if child.type in {"&&", "||"}), None)
    pipe = next((child for child in heredoc.children if child.type == "pipeline"), None)
    follower = right or pipe
    second = _node(follower) if follower else None
    if first is None or second is None:
        return first
    text = words.text_of(heredoc.parent or heredoc)
    if pipe is not None:
        return Pipeline(text, (first, second))
    return _grafted(text, first, operator or "&&", second)


def _grafted(text: str, first: Node, operator: str, right: Node) -> Chain:
    """Give ``first && right`` where ``right`` is itself a chain: chains lean to the left."""
    if isinstance(right, Chain):
        left = _grafted(text, first, operator, right.left)
        return Chain(text, right.operator, left, right.right)
    return Chain(text, operator, first, right)


def _loop(node: tree_sitter.Node) -> Node:
    body = node.child_by_field_name("body")
    kind = node.children[0].type
    conditions = node.children_by_field_name("condition") if kind in {"while", "until"} else []
    named = [child for child in conditions if child.is_named]
    condition = sequence_of(node, named) if named else None
    return Loop(words.text_of(node), kind, condition, _body(node, body), node.start_byte)


def _body(node: tree_sitter.Node, body: tree_sitter.Node | None) -> Sequence:
    return sequence_of(body or node, body.named_children if body else [])


def _branch(node: tree_sitter.Node) -> Node:
    arms = [node, *(child for child in node.children if child.type == "elif_clause")]
    otherwise = [child for child in node.children if child.type == "else_clause"]
    conditions = tuple(sequence_of(arm, _condition(arm)) for arm in arms)
    bodies = [sequence_of(arm, _arm(arm)) for arm in arms]
    bodies += [sequence_of(arm, arm.named_children) for arm in otherwise]
    return Branch(words.text_of(node), conditions, tuple(bodies))


def _condition(arm: tree_sitter.Node) -> list[tree_sitter.Node]:
    return _around_then(arm)[0]


def _arm(arm: tree_sitter.Node) -> list[tree_sitter.Node]:
    inner = _around_then(arm)[1]
    return [child for child in inner if child.type not in {"elif_clause", "else_clause"}]


def _around_then(
    arm: tree_sitter.Node,
) -> tuple[list[tree_sitter.Node], list[tree_sitter.Node]]:
    then = next((at for at, child in enumerate(arm.children) if child.type == "then"), 0)
    before = [child for child in arm.children[:then] if child.is_named]
    return before, [child for child in arm.children[then:] if child.is_named]


def _case(node: tree_sitter.Node) -> Node:
    items = [child for child in node.named_children if child.type == "case_item"]
    bodies = tuple(sequence_of(item, _without_patterns(item)) for item in items)
    return Branch(words.text_of(node), (), bodies)


def _without_patterns(item: tree_sitter.Node) -> list[tree_sitter.Node]:
    patterns = {child.id for child in item.children_by_field_name("value")}
    return [child for child in item.named_children if child.id not in patterns]


def _function(node: tree_sitter.Node) -> Node | None:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    inner = _node(body) if body else None
    return Function(words.text_of(node), words.text_of(name), inner) if name and inner else None


_READERS: Final = {
    "list": _chain,
    "pipeline": _pipeline,
    "negated_command": _negation,
    "redirected_statement": _redirected,
    "while_statement": _loop,
    "for_statement": _loop,
    "c_style_for_statement": _loop,
    "if_statement": _branch,
    "case_statement": _case,
    "function_definition": _function,
}
