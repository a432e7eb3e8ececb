"""Text in messages and reports."""

from __future__ import annotations

from textwrap import indent


def excerpt(heading: str, text: str) -> str:
    """Return foreign output, indented below a heading of ours; nothing where it is blank."""
    return f"  {heading}\n{indent(text.rstrip(), '    ')}" if text.strip() else ""
