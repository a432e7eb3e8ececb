"""What must not be shown: one rule for names and shapes, and the values that are known."""

from __future__ import annotations

from pytest_platform.secrets.forms import PIECE
from pytest_platform.secrets.vault import Secrets, replaced

__all__ = ["PIECE", "Secrets", "replaced"]
