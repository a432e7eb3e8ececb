"""Text that a script feeds to a command: by a here-document, a here-string or a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_platform.scripts import words

if TYPE_CHECKING:
    import tree_sitter

_FEEDS: Final = frozenset({"heredoc_redirect", "herestring_redirect"})
SHELL_READS: Final = frozenset({"<", "<&"})


def fed(node: tree_sitter.Node) -> str | None:
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
