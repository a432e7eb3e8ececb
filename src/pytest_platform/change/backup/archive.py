"""Reading an archive to its end, on the host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pytest_platform.change.backup.host import Host
from pytest_platform.change.refusal import Refusal

END_OF_TAR = "\0" * 1024
"""Two blocks of zeros end every tar. Without them it was cut between two entries."""

_KEPT = 2048
_DAMAGED = dict.fromkeys(range(1, 126), "backup.damaged")
_LISTING = '"$@" | tar -t -f -'
_DUMP_ENDS = re.compile(
    r"^-- PostgreSQL database (?:cluster )?dump complete|^-- Dump completed|^COMMIT;", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Format:
    """How a file is unpacked to one stream, and what that stream is."""

    unpack: tuple[str, ...]
    content: Literal["tar", "sql", "zip"]


_UNPACK = {
    "": ("cat", "--"),
    ".gz": ("gzip", "-d", "-c", "--"),
    ".zst": ("zstd", "-d", "-c", "-q", "--long=31", "--"),
    ".xz": ("xz", "-d", "-c", "--"),
    ".bz2": ("bzip2", "-d", "-c", "--"),
}

FORMATS = {
    **{f"tar{packed}": Format(unpack, "tar") for packed, unpack in _UNPACK.items()},
    **{f"sql{packed}": Format(unpack, "sql") for packed, unpack in _UNPACK.items()},
    "tgz": Format(_UNPACK[".gz"], "tar"),
    "tzst": Format(_UNPACK[".zst"], "tar"),
    "txz": Format(_UNPACK[".xz"], "tar"),
    "tbz2": Format(_UNPACK[".bz2"], "tar"),
    # An empty password keeps unzip from asking for one on the terminal.
    "zip": Format(("unzip", "-tqq", "-P", ""), "zip"),
}
"""The endings of backups, without the leading dot."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The end of the unpacked stream, and of a tar the end of the list of its entries."""

    content: Literal["tar", "sql", "zip"]
    ending: str
    listing: str = ""


def observe_contents(host: Host, path: str, extension: str) -> Contents | Refusal:
    """Read all of it. Every byte passes through the program that unpacks it."""
    form = FORMATS[extension]
    ending = host.ending([*form.unpack, path], "read the backup to its end", _KEPT, _DAMAGED)
    if isinstance(ending, Refusal) or form.content != "tar":
        return ending if isinstance(ending, Refusal) else Contents(form.content, ending)
    argv = ["sh", "-c", _LISTING, "tar", *form.unpack, path]
    listing = host.ending(argv, "list the backup's entries", _KEPT, _DAMAGED)
    return listing if isinstance(listing, Refusal) else Contents("tar", ending, listing)


def judge_contents(contents: Contents, *, deep: bool) -> Iterator[Refusal]:
    """Refuse what ends too early, and what holds nothing."""
    if contents.content == "tar":
        yield from _judge_tar(contents)
    elif contents.content == "sql":
        yield from _judge_sql(contents, deep=deep)


def _judge_tar(contents: Contents) -> Iterator[Refusal]:
    if not contents.ending.endswith(END_OF_TAR):
        message = "the tar has to end with two blocks of zeros; it was cut, or never finished"
        yield Refusal("backup.damaged", message)
    if not contents.listing.strip():
        yield Refusal("backup.empty", "the tar has to hold at least one entry; it has none")


def _judge_sql(contents: Contents, *, deep: bool) -> Iterator[Refusal]:
    if not contents.ending.strip():
        yield Refusal("backup.empty", "the dump has to hold something; it is empty")
    elif contents.ending.endswith("\0"):
        message = "the dump has to be text to its end; a crash has left zeros there"
        yield Refusal("backup.damaged", message)
    elif deep and not _DUMP_ENDS.search(contents.ending):
        message = (
            "the dump has to end with the line by which pg_dump, mysqldump or sqlite3 say "
            "that it is complete"
        )
        yield Refusal("backup.incomplete", message)
