"""JSON of files that anybody may have written, into one of our types."""

from __future__ import annotations

from typing import TypeVar

import msgspec

T = TypeVar("T")


def decoded(data: bytes | str, type_: type[T]) -> T | None:
    """Return what the JSON says; None where it is no such thing, whatever is wrong with it.

    Raises:
        RecursionError: it is nested too deep to be read.
    """
    try:
        return msgspec.json.decode(data, type=type_)
    except (msgspec.MsgspecError, ValueError):
        return None
