"""Why something is not done: a stable code and one sentence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason. ``message`` says what would satisfy it."""

    code: str
    message: str
