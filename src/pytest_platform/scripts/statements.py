"""Statements of SQL that are known to create or to verify."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from pytest_platform.scripts import verbs
from pytest_platform.scripts.syntax import Word

_PSQL: Final = {
    "flags": ["-t", "-A", "-q", "-X", "-w", "-1", "--tuples-only", "--quiet", "--no-psqlrc"],
    "values": ["-h", "-p", "-U", "-d", "-c", "--host", "--port", "--username", "--dbname"],
    "choices": {"-v": "ON_ERROR_STOP=(1|on)", "--command": r"(?!)"},
}
_COMMAND: Final = re.compile("-[tAqXw1]*c")
_CLUSTER: Final = re.compile("-[^-].")
_KNOWN: Final = re.compile(
    r"SELECT\s+(1|version\(\)|current_\w+|now\(\))"
    r"(\s+FROM\s+\w+(\s+WHERE\s+\w+\s*=\s*'\w*')?)?"
    r"|SHOW\s+\w+|CREATE\s+(DATABASE|ROLE|SCHEMA|EXTENSION)\s+[\w\". ]+"
    r"|CREATE\s+(TABLE|SCHEMA|EXTENSION|SEQUENCE|INDEX)\s+IF\s+NOT\s+EXISTS\s+"
    r"(?!.*\b(AS|SELECT)\b)[\w\"., ()]+|\\[ld]t?",
    re.IGNORECASE,
)


def unknown(given: Sequence[Word], stdin: str | None) -> list[tuple[str, ...]]:
    """Give the words of each statement that a ``psql`` runs and that is not known."""
    texts = [word for before, word in pairwise(given) if _COMMAND.fullmatch(before.text)]
    read = verbs.options(_PSQL, {}, given[1:])
    whole = tuple(word.text for word in given)
    odd = [w for w in given[1:] if _CLUSTER.match(w.text) and not _COMMAND.fullmatch(w.text)]
    if odd or read is None or not all(word.literal for word in [*texts, *given[1:]]):
        return [whole]
    if not texts and stdin is None:
        return [whole]
    joined = [word.text for word in texts] or [stdin or ""]
    if any(mark in text for text in joined for mark in ("$", "/*")):
        return [whole]
    parts = [part.strip() for text in joined for part in re.sub(r"--.*", "", text).split(";")]
    return [tuple(part.split()) for part in parts if part and not _KNOWN.fullmatch(part)]
