"""Reading an archive to its end, on the host."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from pytest_platform.change.backup.host import BackupHost
from pytest_platform.change.refusal import Refusal

END_OF_TAR = "\0" * 1024
"""Two blocks of zeros end every tar. Without them it was cut between two entries."""

WITHOUT_CONTENT = Refusal(
    "backup.empty", "a file in the backup has to have content; all of them are empty or zeros"
)

_KEPT = 2048
_DAMAGED = dict.fromkeys(range(1, 126), "backup.damaged")
_STATUS = """exec 5>&1
for tool in awk grep tr wc; do
  command -v "$tool" >/dev/null || { echo "$tool: not found" >&2; exit 127; }
done
case $(tar --help 2>&1) in *ignore-zeros*) more=--ignore-zeros ;; *) more= ;; esac
status=$({ { %s; echo "$?" >&4; } | %s >&5; } 4>&1)
exit "$status"
"""
"""A pipe whose exit status is that of its middle: the program that reads the archive."""

_ENTRIES = r"""awk '
function told(size) { files++; bytes += size }
/^[-?]/ && !/\/$/ && match($0, / [0-9]+ [0-9]+-[0-9]+-[0-9]+ /) {
    told(substr($0, RSTART + 1)); next }
/^[-?]/ && !/\/$/ { told($4); next }
$2 ~ /^[0-9]+-[0-9]+-[0-9]+$/ && !/\/$/ { told($1) }
END { printf "%.0f %.0f\n", files, bytes }'"""
"""The regular files of a listing by tar, by unzip -Z, or by BusyBox's unzip -l."""

_LETTERS = r"{ tr -d '\000' | wc -c; }"
_LISTING = _STATUS % ('"$@" | tar -t -v $more -f -', _ENTRIES)
_CONTENT = _STATUS % ('"$@" | tar -x -O -f -', _LETTERS)
_PLAIN = _STATUS % ('"$@"', _LETTERS)
_ZIP_LISTING = _STATUS % ('unzip -Z "$1" 2>/dev/null || unzip -l "$1"', _ENTRIES)
_ZIP_CONTENT = _STATUS % ('unzip -p -P "" "$1"', _LETTERS)
_STATEMENTS = r"tr -d '\000' | grep -a -v -c -E '^[[:space:]]*((--|/\*|#).*)?$' || :"
_DUMP = _STATUS % ('"$@"', f"{{ {_STATEMENTS}; }}")
_DUMP_ENDS = re.compile(
    r"^-- PostgreSQL database (?:cluster )?dump complete|^-- Dump completed|^COMMIT;", re.MULTILINE
)


class Format(Struct, frozen=True):
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


class ArchiveExtent(Struct, frozen=True):
    """What was counted while all of it was read.

    ``files`` and ``bytes`` are those of regular files. ``filled`` is how many bytes are
    other than zero; of a dump, how many lines hold more than a comment.
    """

    files: int
    bytes: int
    filled: int


class Contents(Struct, frozen=True):
    """The end of the unpacked stream, and what it holds."""

    content: Literal["tar", "sql", "zip"]
    ending: str
    extent: ArchiveExtent


def observe_contents(host: BackupHost, path: str, extension: str) -> Contents | Refusal:
    """Read all of it. Every byte passes through the program that unpacks it."""
    form = FORMATS[extension]
    argv = [*form.unpack, path]
    ending = host.ending(argv, "read the backup to its end", _KEPT, _DAMAGED)
    if isinstance(ending, Refusal):
        return ending
    extent = _extent(host, form.content, argv, path)
    return extent if isinstance(extent, Refusal) else Contents(form.content, ending, extent)


def _extent(
    host: BackupHost, content: str, argv: Sequence[str], path: str
) -> ArchiveExtent | Refusal:
    if content == "tar":
        return tar_extent(host, argv, _DAMAGED)
    if content == "zip":
        return _counted(host, ("unzip", _ZIP_LISTING, _ZIP_CONTENT), [path], _DAMAGED)
    lines = _count(host, (argv[0], _DUMP), argv, _DAMAGED)
    return lines if isinstance(lines, Refusal) else ArchiveExtent(1, 0, lines[0])


def tar_extent(
    host: BackupHost, argv: Sequence[str], codes: Mapping[int, str]
) -> ArchiveExtent | Refusal:
    """Count what is in the tar that a command prints. All of its entries are read."""
    return _counted(host, ("tar", _LISTING, _CONTENT), argv, codes)


def _counted(
    host: BackupHost, scripts: tuple[str, str, str], argv: Sequence[str], codes: Mapping[int, str]
) -> ArchiveExtent | Refusal:
    program, listing, content = scripts
    entries = _count(host, (program, listing), argv, codes)
    if isinstance(entries, Refusal):
        return entries
    filled = _count(host, (program, content), argv, codes)
    return (
        filled if isinstance(filled, Refusal) else ArchiveExtent(entries[0], entries[1], filled[0])
    )


def filled(
    host: BackupHost, argv: Sequence[str], codes: Mapping[int, str], *, packed: bool = False
) -> int | Refusal:
    """Count the bytes other than zero in what a command prints, or in the files of its tar.

    Without ``packed`` any exit status of the command but 0 refuses.
    """
    script = _CONTENT if packed else _PLAIN
    found = _count(host, (argv[0], script), argv, codes)
    return found if isinstance(found, Refusal) else found[0]


def _count(
    host: BackupHost, script: tuple[str, str], argv: Sequence[str], codes: Mapping[int, str]
) -> list[int] | Refusal:
    program, text = script
    command = ["sh", "-c", text, program, *argv]
    printed = host.ending(command, "count what the backup holds", _KEPT, codes, program=program)
    if isinstance(printed, Refusal):
        return printed
    numbers = [int(word) for word in printed.split() if word.isdecimal()]
    message = f"{program} and awk have to print numbers; they did not"
    return numbers or Refusal("backup.unreadable", message)


def judge_contents(contents: Contents, *, deep: bool) -> Iterator[Refusal]:
    """Refuse what ends too early, and what holds nothing."""
    if contents.content == "tar":
        yield from _judge_tar(contents)
    elif contents.content == "sql":
        yield from _judge_sql(contents, deep=deep)
    if contents.content != "sql":
        yield from judge_extent(contents.extent)


def judge_extent(extent: ArchiveExtent) -> Iterator[Refusal]:
    """Refuse folders, links, files without a byte, and files of zeros alone."""
    if not extent.files:
        yield Refusal("backup.empty", "the backup has to hold at least one file; it has none")
    elif not extent.filled:
        yield WITHOUT_CONTENT


def _judge_tar(contents: Contents) -> Iterator[Refusal]:
    if not contents.ending.endswith(END_OF_TAR):
        message = "the tar has to end with two blocks of zeros; it was cut, or never finished"
        yield Refusal("backup.damaged", message)


def _judge_sql(contents: Contents, *, deep: bool) -> Iterator[Refusal]:
    if contents.ending.endswith("\0"):
        message = "the dump has to be text to its end; a crash has left zeros there"
        yield Refusal("backup.damaged", message)
    elif not contents.extent.filled:
        message = "the dump has to hold a statement; it is empty, or comments alone"
        yield Refusal("backup.empty", message)
    elif deep and not _DUMP_ENDS.search(contents.ending):
        message = (
            "the dump has to end with the line by which pg_dump, mysqldump or sqlite3 say "
            "that it is complete"
        )
        yield Refusal("backup.incomplete", message)
