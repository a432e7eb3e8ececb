"""Why something is not done: a stable code and one sentence."""

from __future__ import annotations

from msgspec import Struct


class Refusal(Struct, frozen=True):
    """One reason. ``message`` says what would satisfy it."""

    code: str
    message: str
