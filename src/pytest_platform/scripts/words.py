"""Words of a command out of tree-sitter's nodes: quotes gone, expansions left as written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_platform.scripts.syntax import Word

if TYPE_CHECKING:
    import tree_sitter

_SUBSTITUTIONS: Final = frozenset({"command_substitution", "process_substitution"})
_NOT_WORDS: Final = frozenset(
    {"variable_assignment", "file_redirect", "herestring_redirect", "heredoc_redirect", "comment"}
)
_QUOTED: Final = frozenset({"string", "raw_string", "ansi_c_string", "translated_string"})
_EXPANSIONS: Final = frozenset(
    {"simple_expansion", "expansion", "arithmetic_expansion", "brace_expression"} | _SUBSTITUTIONS
)


def text_of(node: tree_sitter.Node) -> str:
    """Give the text of a node as it was written."""
    return (node.text or b"").decode(errors="replace")


def words_of(node: tree_sitter.Node) -> tuple[Word, ...]:
    """Give the words of a command, its name first; assignments and redirections are none."""
    if node.type == "variable_assignment":
        return ()
    if node.type in {"declaration_command", "unset_command"}:
        members = [child for child in node.children if child.type not in _NOT_WORDS]
    else:
        members = [child for child in node.named_children if child.type not in _NOT_WORDS]
    return tuple(map(word_of, members))


def substitutions_of(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    """Give the outermost ``$(…)``, backquotes and ``<(…)`` inside a node."""
    found: list[tree_sitter.Node] = []
    for child in node.named_children:
        found += [child] if child.type in _SUBSTITUTIONS else substitutions_of(child)
    return found


def herestring_of(node: tree_sitter.Node) -> str:
    """Give what stands after ``<<<``, or nothing."""
    found = [child for child in node.named_children if child.type == "herestring_redirect"]
    return " ".join(_unquoted(inner) for child in found for inner in child.named_children)


def heredoc_at(node: tree_sitter.Node) -> int:
    """Give the byte at which the lines of a here-document begin."""
    return node.start_byte + len((node.text or b"").partition(b"\n")[0]) + 1


def heredoc_text(node: tree_sitter.Node) -> str:
    """Give the lines of a here-document; without its last line it goes on to the end."""
    start = text_of(node).partition("\n")[2]
    ends = [text_of(child) for child in node.children if child.type == "heredoc_end"]
    return start.rpartition(ends[-1])[0] if any(ends) else start


def word_of(node: tree_sitter.Node) -> Word:
    """Give one word, quotes removed."""
    inner = node.named_children[0] if node.type == "command_name" and node.child_count else node
    quoted = inner.type in _QUOTED
    opening = (2 if text_of(inner).startswith("$") else 1) if quoted else 0
    whole = quoted or (inner.type == "concatenation" and all(map(_stays_one, inner.children)))
    return Word(_unquoted(inner), not _expands(inner), whole, inner.start_byte + opening)


def _stays_one(part: tree_sitter.Node) -> bool:
    """Say whether a part of a word, like ``-p"$PW"``, is quoted or has nothing to fill in."""
    return part.type in _QUOTED or not _expands(part)


def _expands(node: tree_sitter.Node) -> bool:
    if node.type in _EXPANSIONS or any(map(_expands, node.named_children)):
        return True
    text = text_of(node)
    if node.type == "ansi_c_string":
        return "\\" in text
    return node.type == "word" and (
        (text[:1] in {"*", "?", "["} and len(text) > 1) or "{" in text[:-1]
    )


def _unquoted(node: tree_sitter.Node) -> str:
    text = text_of(node)
    if node.type == "concatenation":
        return "".join(map(_unquoted, node.children))
    if node.type in {"string", "translated_string"}:
        inner = text.removeprefix("$").removeprefix('"').removesuffix('"')
        return inner.replace('\\"', '"').replace("\\$", "$").replace("\\\n", "")
    if node.type in {"raw_string", "ansi_c_string"}:
        return text.removeprefix("$").removeprefix("'").removesuffix("'")
    return text.replace("\\\n", "").replace("\\", "") if node.type == "word" else text
