"""The name of one finished backup of one module."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from msgspec import Struct

from pytest_platform.change.refusal import Refusal

MAX_LENGTH = 4096
"""Longer texts name no path on Linux."""

_STAMP = "%Y%m%dT%H%M%SZ"
# A module's name has no capital letters, so no part of a timestamp can be taken for one.
_NAME = re.compile(
    r"(?P<module>[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?)"
    r"-(?P<stamp>[0-9]{8}T[0-9]{6}Z)"
    r"(?:\.(?P<extension>[a-z0-9.]+))?"
)


class Reference(Struct, frozen=True):
    """One finished backup, as it was named.

    ``place`` is the path of a file, or a repository; ``item`` is the snapshot or archive
    in the repository. ``module`` and ``taken_at`` are what the name says, if it does.
    """

    kind: str
    text: str
    place: str
    item: str = ""
    extension: str = ""
    module: str | None = None
    taken_at: datetime | None = None

    def __str__(self) -> str:
        return self.text


class Name(Struct, frozen=True):
    """The parts of ``<module>-<YYYYMMDDTHHMMSSZ>[.<extension>]``."""

    module: str
    taken_at: datetime
    extension: str


def read_name(text: str) -> Name | None:
    """Take the name of a backup apart; None if it has another form."""
    found = _NAME.fullmatch(text)
    if found is None:
        return None
    try:
        taken_at = datetime.strptime(found["stamp"], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
    return Name(found["module"], taken_at, found["extension"] or "")


def is_plain(text: str) -> bool:
    """Return whether a text may be shown, and stand in a command, as it is."""
    return 0 < len(text) <= MAX_LENGTH and text.isprintable() and not text.startswith("-")


def wrong_form(form: str) -> Refusal:
    """Refuse a reference that has another form than ``form``; it is not repeated."""
    return Refusal("backup.form", f"this is not a backup reference; write {form}")


def has_password(repository: str) -> bool:
    """Return whether a URL carries more than a user's name before the host."""
    return not repository.startswith("/") and re.search(r"//.*:.*@", repository) is not None


def shown(text: str) -> str:
    """Return what people are shown of a text that is no reference and may hold anything."""
    told = re.sub(r"//.*@", "//[redacted]@", text[:200], flags=re.DOTALL)
    return told if is_plain(told) else told.encode("unicode_escape").decode()
