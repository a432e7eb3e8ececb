"""What a YAML parser complains about, in words that say what to do."""

from __future__ import annotations

import re
from typing import Any

from pytest_platform.module.places import START, Span

_UNFIT = "the indentation does not fit the lines before it"
_UNCLOSED = "found unexpected end of stream"
_WORDS = {
    "mapping values are not allowed in this context": (
        "a ': ' where no key can stand; check the indentation, "
        "or put text that holds ': ' in quotes"
    ),
    "could not find expected ':'": "a key without ':'; write 'key: value'",
    "did not find expected ',' or ']'": "a ',' or the closing ']' is missing",
    "did not find expected ',' or '}'": "a ',' or the closing '}' is missing",
    "did not find expected '-' indicator": f"{_UNFIT}; a list item starts with '- '",
    "did not find expected key": _UNFIT,
    "did not find expected <document start>": _UNFIT,
    "block sequence entries are not allowed in this context": (
        "a list item where none can stand; start the list on a line of its own"
    ),
    "found undefined tag handle": "tags have no meaning here; remove it",
    "found a tab character that violates indentation": "a tab; indent with spaces",
    "found invalid Unicode character escape code": "an escape that stands for no character",
    "found unknown escape character": (
        "a backslash with no meaning in double quotes; use single quotes"
    ),
    _UNCLOSED: "a quote that is never closed",
}
_FORBIDDEN = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def forbidden(text: str) -> tuple[str, Span] | None:
    """Return a message on the first character that no YAML file may hold, and its place."""
    found = _FORBIDDEN.search(text)
    if found is None:
        return None
    lines = text[: found.start() + 1].splitlines() or [""]
    # A forbidden character may end a line for Python; YAML does not know it at all.
    line = len(re.findall(r"\r\n|[\n\r\x85\u2028\u2029]", text[: found.start()])) + 1
    message = f"the character U+{ord(found[0]):04X} cannot stand in a YAML file; remove it"
    return message, Span(line, max(0, len(lines[-1]) - 1), 1)


def explain(error: Any, text: str) -> tuple[str, Span]:
    """Return what the ``yaml.YAMLError`` means for ``text``, and where."""
    problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
    opened = getattr(error, "context_mark", None)
    mark = opened if problem == _UNCLOSED else getattr(error, "problem_mark", None) or opened
    span = Span(mark.line + 1, mark.column, 1) if mark else START
    before, character = _around(text, mark)
    return f"not valid YAML: {_explain(error, problem, before, character)}", span


def _explain(error: Any, problem: str, before: str, character: str) -> str:
    if problem == "found character that cannot start any token":
        if character == "\t":
            return "a tab; indent with spaces"
        return f"text cannot start with '{character}'; put it in quotes"
    opened = getattr(error, "context_mark", None)
    words = _WORDS.get(problem, problem)
    if words == _UNFIT and before.strip():
        return "text that does not belong here; check the quotes before it"
    if "closing" in words and opened:
        return f"{words} (opened on line {opened.line + 1})"
    return words


def _around(text: str, mark: Any) -> tuple[str, str]:
    """Return what stands on the line before the mark, and the character at it."""
    lines = text.splitlines()
    line = lines[mark.line] if mark is not None and mark.line < len(lines) else ""
    return (line[: mark.column], line[mark.column : mark.column + 1]) if line else ("", "")
