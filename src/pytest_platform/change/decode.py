"""JSON of files that anybody may have written, into one of our types."""

from __future__ import annotations

from typing import TypeVar

import msgspec

T = TypeVar("T")


def decoded(data: bytes | str, type_: type[T]) -> T | None:
    """Return what the JSON says; None where it is no such thing, whatever is wrong with it.

    Nothing that we write is nested deep, so text that is too deep to be read is not ours either.
    """
    try:
        return msgspec.json.decode(data, type=type_)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
