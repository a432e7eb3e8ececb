"""The boundary: nothing is told or written that has not gone through ``redact``."""

from __future__ import annotations

from typing import Final, NewType

from pytest_platform.secrets.shapes import find
from pytest_platform.secrets.vault import Secrets, replaced

Safe = NewType("Safe", str)
"""Text that may be shown. Only ``redact`` makes it."""

MARK: Final = "[redacted]"


def redact(text: str, secrets: Secrets) -> Safe:
    """Replace every secret value in ``text``, in whatever quoting it stands."""
    return Safe(replaced(text, [*secrets.spans(text), *find(text)], MARK))
