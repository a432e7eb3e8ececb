"""Every step of a script, wherever in it, and what the reader does not know.

Each node of the tree is visited. A kind of node that is not in the table is reported, so
nothing that a script does can be left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pytest_platform.checks.shell import words
from pytest_platform.checks.shell.parsing import DEPTH, depth_exceeds, root_of
from pytest_platform.checks.shell.syntax import Word

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
    | {"regex", "c_style_for_statement", "subscript"}
)
_STEPS: Final = frozenset({"command", "declaration_command", "unset_command"})
_FEEDS: Final = frozenset({"heredoc_redirect", "herestring_redirect"})
_SHELL_READS: Final = frozenset({"<", "<&"})


@dataclass(frozen=True, slots=True)
class Step:
    """A simple command. ``stdin`` is None where what feeds it is not known, or nothing does.

    ``at`` is where it begins, ``sets`` are the variables that are set in front of it.
    """

    words: tuple[Word, ...]
    text: str
    stdin: str | None
    at: int


@dataclass(frozen=True, slots=True)
class Write:
    """A redirection to a file: its operator and where it goes."""

    operator: str
    target: Word
    text: str


@dataclass(slots=True)
class Census:
    """All that a script does. ``functions`` are those that are defined for sure, and where."""

    steps: list[Step] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    variables: list[tuple[str, str]] = field(default_factory=list)
    functions: dict[str, int] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


def take(text: str) -> Census:
    """Read a script; what cannot be read stands in ``unknown``."""
    found = Census()
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
    if kind not in _KNOWN:
        found.unknown.append(words.text_of(node))
    elif kind in _STEPS:
        _note_step(found, node)
    elif kind == "file_redirect":
        _note_redirect(found, node)
    elif kind == "function_definition":
        _note_function(found, node)
    elif kind in {"variable_assignment", "for_statement"}:
        name = node.child_by_field_name("name" if kind[0] == "v" else "variable")
        text = words.text_of(name).partition("[")[0] if name else ""
        found.variables.append((text, words.text_of(node)))
    elif kind == "expansion" and any(child.type in {"=", ":="} for child in node.children):
        names = [child for child in node.named_children if child.type == "variable_name"]
        found.variables.append((words.text_of(names[0]) if names else "", words.text_of(node)))


def _note_step(found: Census, node: tree_sitter.Node) -> None:
    given = words.words_of(node)
    if node.type == "declaration_command":
        # An assignment is noted as a variable of its own; the operands here are bare names.
        given = tuple(word for word in given if "=" not in word.text or word.text[:1] == "-")
    if given:
        found.steps.append(Step(given, words.text_of(node), _fed(node), node.start_byte))


def _note_redirect(found: Census, node: tree_sitter.Node) -> None:
    operator = next((child.type for child in node.children if not child.is_named), "")
    target = node.child_by_field_name("destination")
    if target is None:
        if words.text_of(node).lstrip("0123456789") not in {">&-", "<&-"}:
            found.unknown.append(words.text_of(node))
        return
    if operator not in _SHELL_READS:
        found.writes.append(Write(operator, words.word_of(target), words.text_of(node)))


def _note_function(found: Census, node: tree_sitter.Node) -> None:
    name, after = node.child_by_field_name("name"), node.next_sibling
    certain = node.parent is not None and node.parent.type == "program"
    if name and certain and not (after is not None and after.type == "&"):
        found.functions.setdefault(words.text_of(name), node.end_byte)


def _fed(node: tree_sitter.Node) -> str | None:
    """Give the text on a command's standard input, where it is written in the script."""
    parent = node.parent
    redirects = [child for child in node.named_children if child.type in _FEEDS]
    if parent is not None and parent.type == "redirected_statement":
        redirects += [child for child in parent.named_children if child.type.endswith("_redirect")]
    inputs = [child for child in redirects if child.type in _FEEDS or _reads(child)]
    if len(inputs) == 1 and inputs[0].type in _FEEDS:
        return _text_of_feed(inputs[0])
    if inputs or parent is None or parent.type != "pipeline":
        return None
    return _printed(node.prev_named_sibling)


def _reads(redirect: tree_sitter.Node) -> bool:
    return any(child.type in {"<", "<&"} for child in redirect.children)


def _text_of_feed(feed: tree_sitter.Node) -> str | None:
    if feed.type == "herestring_redirect":
        given = [words.word_of(child) for child in feed.named_children]
        return given[0].text if len(given) == 1 and given[0].literal else None
    if any(child.type in {"pipeline", "file_redirect"} for child in feed.named_children):
        return None
    quoted = any(mark in words.text_of(feed).partition("\n")[0] for mark in "'\"\\")
    text = words.heredoc_text(feed)
    return text if quoted or not set("$`\\") & set(text) else None


def _printed(before: tree_sitter.Node | None) -> str | None:
    given = words.words_of(before) if before is not None and before.type == "command" else ()
    if not given or given[0].text not in {"echo", "printf"} or not all(w.literal for w in given):
        return None
    text = " ".join(word.text for word in given[1:])
    return None if set("%\\") & set(text) or text.startswith("-") else text
