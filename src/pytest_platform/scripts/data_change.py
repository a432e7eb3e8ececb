"""A step of a script that changes data, and where it stands in the text."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from pytest_platform.scripts import census


class DataChange(Struct, frozen=True):
    """A command that is not known; ``words`` are those by which it can be declared.

    ``at`` is the character at which it begins in ``within``, the text of a script, or of the
    ``file`` that is run. Both are empty where it is the command that was asked about.
    """

    does: str
    words: tuple[str, ...]
    text: str
    at: int = 0
    within: str = ""
    file: str = ""


def outside(source: bytes, step: census.Step, change: DataChange) -> int:
    """Give the byte at which a change begins that a step makes, also by a script inside it."""
    if change.file:
        return change.at
    starts = [word.at for word in step.words if change.within and word.text == change.within]
    inner = change.within.encode()
    if starts and source.startswith(inner, starts[0]):
        return starts[0] + len(change.within[: change.at].encode())
    if inner and change.within == step.stdin and (at := source.find(inner, step.at)) > 0:
        return at + len(change.within[: change.at].encode())
    return step.at


def of_characters(change: DataChange, source: bytes, text: str) -> DataChange:
    """Count its place in characters of the text, and not in bytes."""
    at = len(source[: change.at].decode(errors="replace"))
    return replace(change, at=at, within=text)
