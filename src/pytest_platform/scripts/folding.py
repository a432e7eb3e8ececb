"""What takes the rest of a script with it, as where YAML's ``>`` has joined its lines.

A comment reaches to the end of its line, and a here-document to a line that holds its end
and nothing else. Where that line has become a part of another, what follows never runs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pytest_platform.scripts.parsing import encoded, nodes
from pytest_platform.scripts.words import text_of

if TYPE_CHECKING:
    import tree_sitter

_BETWEEN_COMMANDS: Final = re.compile(r";|&&|\|\|")


def in_comment(script: str) -> bool:
    """Say whether a comment on the only line is all there is, or has commands in it.

    >>> in_comment("# first mc mb a"), in_comment("mc mb a # for pictures")
    (True, False)
    """
    line = script.strip()
    if "\n" in line:
        return False
    comments = map(text_of, nodes(encoded(line), {"comment"}))
    return line.startswith("#") or any(map(_BETWEEN_COMMANDS.search, comments))


def in_here_document(script: str) -> bool:
    r"""Say whether the end of a here-document stands behind it, but on no line of its own.

    >>> in_here_document("cat <<END\na\nEND\nb"), in_here_document("cat <<END a END && b")
    (False, True)
    """
    source = encoded(script)
    lines = source.decode().split("\n")
    last = {line.lstrip("\t"): row for row, line in enumerate(lines)}
    unended = (
        start
        for start in nodes(source, {"heredoc_start"})
        if last.get(_end_of(start), -1) <= start.end_point.row
    )
    return any(_end_of(start) in source[start.end_byte :].decode().split() for start in unended)


def _end_of(start: tree_sitter.Node) -> str:
    return text_of(start).strip("'\"\\")
