"""Clients of SQL: which exit 0 although a statement failed, and which statements are known.

A client ends well after a failure unless an option forbids it. A statement that is known creates
or verifies.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from pytest_platform.scripts import option_words
from pytest_platform.scripts.syntax import Word

_STOPS: Final = "ON_ERROR_STOP"
_OFF: Final = ("ON_ERROR_STOP=0", "ON_ERROR_STOP=off", "ON_ERROR_STOP=false")
_QUERIES: Final = ("-c", "--command", "-l", "--list", "-V", "--version", "--help")
_SQLCMD_RUNS: Final = ("-i", "-Q", "-q")
_PSQL: Final = {
    "flags": ["-t", "-A", "-q", "-X", "-w", "-1", "--tuples-only", "--quiet", "--no-psqlrc"],
    "values": ["-h", "-p", "-U", "-d", "-c", "--host", "--port", "--username", "--dbname"],
    "choices": {"-v": "ON_ERROR_STOP=(1|on)", "--command": r"(?!)"},
}
_MYSQL: Final = {
    "flags": ["-N", "-B", "-s", "-t", "--silent", "--skip-column-names", "--batch"],
    "values": ["-h", "-u", "-P", "-D", "-e", "--host", "--user", "--port", "--database"],
    "attached": r"-p\S*|-[uhPD]\w\S*|--password=\S*",
}
_CLIENTS: Final[Mapping[str, tuple[Mapping[str, Any], re.Pattern[str]]]] = {
    "psql": (_PSQL, re.compile("-[tAqXw1]*c")),
    "mysql": (_MYSQL, re.compile("-[NBst]*e")),
    "mariadb": (_MYSQL, re.compile("-[NBst]*e")),
}
_CLUSTER: Final = re.compile("-[^-].")
_TEXT: Final = r"'[^'\\]*'"
_KNOWN: Final = re.compile(
    r"SELECT\s+(1|version\(\)|current_\w+|now\(\))"
    r"(\s+FROM\s+\w+(\s+WHERE\s+\w+\s*=\s*'\w*')?)?"
    r"|SHOW\s+\w+|CREATE\s+(DATABASE|SCHEMA|EXTENSION)\s+[\w\". ]+"
    r"|CREATE\s+EXTENSION\s+IF\s+NOT\s+EXISTS\s+\"[\w-]+\""
    r"|CREATE\s+(TABLE|SCHEMA|EXTENSION|SEQUENCE)\s+IF\s+NOT\s+EXISTS\s+"
    r"(?!.*\b(AS|SELECT)\b)[\w\"., ()]+|\\[ld]t?"
    # An expression in an index is run for each row.
    r"|CREATE\s+(UNIQUE\s+)?INDEX\s+IF\s+NOT\s+EXISTS\s+\w+\s+ON\s+[\w.]+\s*\([\w\", ]+\)"
    r"|CREATE\s+DATABASE\s+(IF\s+NOT\s+EXISTS\s+)?`?\w+`?(\s+CHARACTER\s+SET\s+\w+)?(\s+COLLATE\s+\w+)?"
    rf"|CREATE\s+(ROLE|USER)\s+\"?\w+\"?(\s+(WITH|LOGIN|(ENCRYPTED\s+)?PASSWORD\s+{_TEXT}))*"
    rf"|CREATE\s+USER\s+IF\s+NOT\s+EXISTS\s+'?\w+'?(@'[\w.%]+')?(\s+IDENTIFIED\s+BY\s+{_TEXT})?",
    re.IGNORECASE,
)


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


def is_client(name: str) -> bool:
    """Say whether a program runs statements of SQL."""
    return name in _CLIENTS


def unknown(given: Sequence[Word], stdin: str | None) -> list[tuple[str, ...]]:
    """Give the words of each statement that a client of SQL runs and that is not known."""
    options, command = _CLIENTS[given[0].text]
    psql = given[0].text == "psql"
    texts = [word for before, word in pairwise(given) if command.fullmatch(before.text)]
    read = option_words.options(options, {}, given[1:])
    whole = tuple(word.text for word in given)
    odd = [
        word
        for word in given[1:]
        if _CLUSTER.match(word.text)
        and not command.fullmatch(word.text)
        and not option_words.is_one_option(options, word)
    ]
    if odd or read is None or (not texts and stdin is None):
        return [whole]
    if not all(word.literal for word in texts) or not all(map(option_words.is_one, read[1])):
        return [whole]
    joined = [word.text for word in texts] or [stdin or ""]
    marks = ("$", "/*") if psql else ("$", "/*", "#", "--", "\\")
    if any(mark in text for text in joined for mark in marks):
        return [whole]
    parts = [part.strip() for text in joined for part in re.sub(r"--.*", "", text).split(";")]
    return [tuple(part.split()) for part in parts if part and not _KNOWN.fullmatch(part)]
