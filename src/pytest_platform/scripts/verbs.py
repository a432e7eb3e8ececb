"""The table of what is known to create or to verify, and how a command is looked up in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, Final

from pytest_platform.scripts.option_words import VerbEntry, is_one, options
from pytest_platform.scripts.syntax import Word

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_UNARY: Final = 2


@cache
def table() -> Mapping[str, Any]:
    """Read ``verbs.yaml`` and ``surroundings.yaml``, which are part of this package."""
    import yaml

    found: dict[str, Any] = {}
    for name in ("verbs.yaml", "surroundings.yaml"):
        found |= yaml.safe_load(files(__package__).joinpath(name).read_text(encoding="utf-8"))
    return found


@cache
def _programs() -> Mapping[str, VerbEntry]:
    return {name: entry for entry in table()["programs"] for name in entry["names"]}


def plain_name(word: str) -> str:
    """Give a program's name without its folder, where that is one of the system's.

    >>> plain_name("/usr/bin/mc"), plain_name("/data/mc")
    ('mc', '/data/mc')
    """
    folder, _, name = word.rpartition("/")
    known = (*table()["folders"], *table()["program_folders"])
    return name if folder in known else word


def may_be_set(variable: str) -> bool:
    """Say whether this variable may have any value without consequences for what runs.

    >>> may_be_set("PW"), may_be_set("KAFKA_OPTS"), may_be_set("KAFKA_BROKERS")
    (True, False, True)
    """
    rules = table()["variables"]
    if _is_any(rules["harmless"], variable):
        return True
    if not _NAME.fullmatch(variable) or _is_any(rules["deciding"], variable):
        return False
    return not _is_any(rules["families"], variable) or _is_any([rules["data"]], variable)


def may_have(variable: str, value: str | None) -> bool:
    """Say whether a variable that programs get, of this value, is data; None: of any value.

    >>> may_have("APP_ENV", None), may_have("FOO", "3"), may_have("FOO", "/data/a.so")
    (True, True, False)
    """
    if not may_be_set(variable):
        return False
    rules = table()["variables"]
    named = _is_any(rules["harmless"], variable) or _is_any([rules["data"]], variable)
    if named or _is_any(rules["words"], variable.upper()):
        return True
    return value is not None and (not value or _is_any(rules["values"], value))


def sample(variable: str) -> str | None:
    """Give what stands for the unknown value of a variable whose name says what data it holds.

    >>> sample("API_URL"), sample("DB_PORT"), sample("COMMAND")
    ('http://x', '1', None)
    """
    samples: Mapping[str, str] = table()["variables"]["samples"]
    found = (one for pattern, one in samples.items() if re.fullmatch(pattern, variable))
    return next(found, None)


def _is_any(patterns: Sequence[str], text: str) -> bool:
    return any(re.fullmatch(pattern, text) for pattern in patterns)


def creates_or_verifies(words: Sequence[Word]) -> bool:
    """Say whether a command is known to do no more. ``words`` begin with the program's name."""
    entry = _programs().get(words[0].text)
    if entry is None or entry.get("sql"):
        return False
    if entry.get("any"):
        return True
    if entry.get("test"):
        return _only_tests(words[1:])
    rest = list(words[1:])
    rules: list[VerbEntry] = entry.get("rules") or [{}]
    return any(_fits(entry, rule, rest) for rule in rules)


def _only_tests(words: Sequence[Word]) -> bool:
    """Say whether no word asks for ``-v a[i]``, for which a shell runs what stands in ``i``."""
    words = [word for word in words if word.text not in {"]", "!"}]
    unclear = len(words) == _UNARY and not words[0].literal
    return not unclear and all(
        after.literal and _NAME.fullmatch(after.text)
        for before, after in pairwise(words)
        if before.text in {"-v", "-R"}
    )


def _fits(entry: VerbEntry, rule: VerbEntry, words: list[Word]) -> bool:
    read = options(entry, rule, words)
    if read is None:
        return False
    given, operands = read
    wanted = str(rule.get("words", "")).split()
    texts = [word.text.lower() if entry.get("ignore_case") else word.text for word in operands]
    head, tail = operands[: len(wanted)], operands[len(wanted) :]
    if texts[: len(wanted)] != wanted or not all(word.literal for word in head):
        return False
    needs, needs_all = entry.get("needs", ()), rule.get("needs_all", ())
    if (needs and not given & set(needs)) or not given >= set(needs_all):
        return False
    if entry.get("format_first"):
        return bool(tail) and tail[0].literal
    if not _begins(entry, tail) or (rule.get("exactly") and tail):
        return False
    tail = tail[1:] if entry.get("first") else tail
    return all(_operand_fits(entry, rule, word) for word in tail)


def _begins(entry: VerbEntry, tail: Sequence[Word]) -> bool:
    """Say whether the first operand is what it has to be, such as a script of ``sed``."""
    first = entry.get("first")
    return not first or bool(tail and tail[0].literal and re.fullmatch(first, tail[0].text))


def _operand_fits(entry: VerbEntry, rule: VerbEntry, word: Word) -> bool:
    if rule.get("dynamic", entry.get("dynamic")):
        return True
    if entry.get("variables"):
        name = word.text.partition("=")[0]
        return bool(_NAME.fullmatch(name)) and may_be_set(name)
    return (
        is_one(word) and re.fullmatch(entry.get("operands", ".*"), word.text, re.DOTALL) is not None
    )


def unwrapped(name: str, words: list[Word]) -> tuple[Word, ...] | None:
    """Give the command behind ``env``, ``timeout`` and the like; None where that is not plain."""
    rule = table()["wrappers"][name]
    token = ""
    while words and words[0].text[:1] == "-":
        option = words.pop(0).text
        if option in rule.get("values", ()) and words:
            value = words.pop(0).text
            token = value if option == "-I" else token
        elif option[:2] in rule.get("values", ()) and option[2:]:
            token = option[2:] if option[:2] == "-I" else token
        elif option not in rule.get("flags", ()):
            return None
    while rule.get("assignments") and words and "=" in words[0].text:
        variable, _, given = words[0].text.partition("=")
        if not may_have(variable, given if words.pop(0).literal else None):
            return None
    words = words[rule.get("operands", 0) :]
    if rule.get("fills"):
        words = [
            w if not token or token not in w.text else Word(w.text, literal=False) for w in words
        ]
        words += [] if token else [Word("$1", literal=False)]
    return tuple(words) or None
