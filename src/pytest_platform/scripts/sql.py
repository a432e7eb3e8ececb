"""Clients of databases that exit 0 although a statement failed, unless an option forbids it."""

from __future__ import annotations

from typing import Final

_STOPS: Final = "ON_ERROR_STOP"
_OFF: Final = ("ON_ERROR_STOP=0", "ON_ERROR_STOP=off", "ON_ERROR_STOP=false")
_QUERIES: Final = ("-c", "--command", "-l", "--list", "-V", "--version", "--help")
_SQLCMD_RUNS: Final = ("-i", "-Q", "-q")


def advice(words: tuple[str, ...], *, reads: bool, stdin: str) -> str | None:
    """Give the option that is missing, None where a failure is seen.

    ``reads`` says that the program's input is redirected; ``stdin`` is its text where known.

    >>> advice(("psql", "-f", "a.sql"), reads=False, stdin="")
    '-v ON_ERROR_STOP=1'
    """
    if words[:1] == ("psql",):
        return None if _psql_stops(words, reads=reads, stdin=stdin) else "-v ON_ERROR_STOP=1"
    if words[:1] == ("sqlcmd",):
        return None if _sqlcmd_stops(words, reads=reads, stdin=stdin) else "-b"
    return None


def _psql_stops(words: tuple[str, ...], *, reads: bool, stdin: str) -> bool:
    text = " ".join((*words, stdin))
    if _STOPS in text:
        return not any(off in text for off in _OFF)
    has_file = any(_is(word, "f") or word.startswith("--file") for word in words[1:])
    asks = any(_is(word, "c") or word.startswith(_QUERIES) for word in words[1:])
    return not has_file and (asks or not (reads or stdin))


def _is(word: str, letter: str) -> bool:
    """Find the letter in a cluster of options that take no value, or in front of a value."""
    cluster = word[1:].lstrip("aAeEnqsStwWxX1")
    return word.startswith("-") and not word.startswith("--") and cluster.startswith(letter)


def _sqlcmd_stops(words: tuple[str, ...], *, reads: bool, stdin: str) -> bool:
    runs = reads or bool(stdin) or any(word.startswith(_SQLCMD_RUNS) for word in words[1:])
    only_asks = any(word.lstrip().upper().startswith("SELECT") for word in words)
    stops = any(word == "-b" or _is_cluster_with_b(word) for word in words[1:])
    return not runs or stops or only_asks


def _is_cluster_with_b(word: str) -> bool:
    letters = set(word[1:])
    return word.startswith("-") and "b" in letters and letters <= set("bCEeIkNrX")
