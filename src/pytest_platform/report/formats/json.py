"""The document itself, as ``pytest --json`` writes it."""

from __future__ import annotations

import json
from typing import Any

from pytest_platform.report.document import Document, as_builtins


def render(document: Document) -> str:
    """Return the document as JSON with an indentation of two."""
    return encoded(as_builtins(document))


def encoded(document: dict[str, Any]) -> str:
    """Return a document in builtins as JSON; what other plugins put in is made a text."""
    return json.dumps(document, default=str, indent=2) + "\n"
