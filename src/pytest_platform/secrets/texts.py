"""What is secret within a text in plain view: a command, a script, a URL, lines of settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from pytest_platform.secrets.names import says_secret, words_of
from pytest_platform.secrets.shapes import SHAPES

UNKNOWN: Final = "\0"
"""Stands for the value of a variable without a default."""

_WORDS_AS_VALUES: Final = frozenset(
    [
        "true",
        "false",
        "yes",
        "no",
        "on",
        "off",
        "null",
        "nil",
        "none",
        "empty",
        "0",
        "1",
        "enabled",
        "disabled",
        "required",
        "optional",
        "auto",
        "md5",
        "bcrypt",
        "argon2",
        "argon2id",
        "pbkdf2",
        "scram-sha-256",
    ]
)
_PATH: Final = re.compile(r"(\.{0,2}|~)/[\w.@-]+(/[\w.@-]+)*/?")
_PLACEHOLDER: Final = re.compile(
    r"<[^<>]*>|[*x.]{3,}|n/?a|placeholder|dummy"
    r"|(?:sk-)?(?:no|not|non)[-_ ](?:(?:a|an|the|api|auth|real)[-_ ])*"
    r"(?:secret|real|needed|required|used|key|token|password|necessary|set|applicable)\w*"
    r"(?:[-_ ](?:required|needed|used|set|necessary|secret|token|key|password))*"
    r"|(?:un|not[-_ ])used|ignored?",
    re.IGNORECASE,
)
"""A value that says itself that it is no secret."""

_CODE: Final = re.compile(r"^\s*\+|\+\s*$|\w\(")
"""What a program makes when it runs, such as ``' + randomBytes(32).toString('``."""

_HEADER: Final = re.compile(r"\bAuthorization:\s*(?:Bearer|Basic)\s+([^\s'\"]+)", re.IGNORECASE)
_URL: Final = re.compile(r"\b[A-Za-z][\w+.-]{0,40}://[^\s:/@'\"]*:([^\s/@'\"]+)@")
_DSN: Final = re.compile(r"(?<![\w/])[\w.-]+:([^\s:@/'\"]+)@(?:tcp|udp|unix)\(")
_JSON: Final = re.compile(r"""["']([A-Za-z][\w.-]*)["']\s*:\s*["']([^"']*)["']""")
_SQL: Final = re.compile(r"\b(?:PASSWORD|IDENTIFIED\s+BY)\s+'([^']*)'", re.IGNORECASE)
_NETRC: Final = re.compile(r"\blogin\s+\S+\s+password\s+(\S+)")
_LINE: Final = re.compile(
    r"""^[ \t]*(?:-[ \t]+)?["']?([A-Za-z][\w.-]*)["']?(?:[ \t]*=|:)[ \t]+"""
    r"""("[^"\n]*"|'[^'\n]*'|[^\s"'{}\[\]|>&*!#][^\s#]*)[ \t]*$""",
    re.MULTILINE,
)
"""A line of YAML, TOML or an ini file."""

_ASSIGNMENT: Final = re.compile(
    r"(?<![\w.$-])([A-Za-z_][\w.]*)=(\"[^\"]*\"|'[^']*'|[^\s,;|&)'\"]*)"
)
_OPTION: Final = re.compile(r"(?<!\S)--([A-Za-z][\w.-]*)[=\s]\s*(\"[^\"]*\"|'[^']*'|[^\s;|&)'\"]+)")
_CURL: Final = re.compile(
    r"\bcurl\b[^;|&\n]{0,400}?\s(?:-[A-Za-z]*u|--user)[\s=]*['\"]?[^\s:'\"]+:([^\s'\"]+)"
)
_BEGINS: Final = (
    r"(?:^|[;|&(\n'\"/{!]|\b(?:CMD|CMD-SHELL|exec|sudo|until|while|if|then|do)\s|\s-\w{0,5}c\s)\s*"
)
"""Where a command may begin, also in the words of a list."""

_WORDS: Final = r"\s(?:[^;|&\n]{0,400}?\s)??"
_MYSQL: Final = re.compile(rf"{_BEGINS}(?:mysql|mariadb)[\w-]*{_WORDS}-p['\"]?([^\s'\"]+)")
_MONGO: Final = re.compile(
    rf"{_BEGINS}mongo(?:sh|dump|restore|export|import|stat|top)?{_WORDS}-p[\s=]*['\"]?([^\s'\"-][^\s'\"]*)"
)
_REDIS: Final = re.compile(rf"{_BEGINS}redis-cli{_WORDS}-a\s+['\"]?([^\s'\"]+)")
_GAP: Final = r"(?:[ \t]|\\\n)+"
_MC_WORD: Final = rf"{_GAP}[^\s;|&<>\\]+"
_MC: Final = re.compile(
    rf"\b(?:(?:alias set|config host add)(?:{_MC_WORD}){{3}}|admin user add(?:{_MC_WORD}){{2}})"
    rf"{_GAP}([^\s;|&<>\\]+)"
)
_UNNAMED: Final = {
    "the password in a URL": (_URL, _DSN),
    "the value of Authorization": (_HEADER,),
    "the password in SQL": (_SQL,),
    "the password for curl": (_CURL,),
    "the password for MySQL": (_MYSQL,),
    "the password for MongoDB": (_MONGO,),
    "the password for Redis": (_REDIS,),
    "the password of a login": (_NETRC,),
    "the secret key for mc": (_MC,),
}
_LOGIN: Final = re.compile(r"([\w.@-]+)([:/])([^\s:/]+)")


class Found(NamedTuple):
    """A secret in a text: what it is, for people, and its value, for nobody."""

    what: str
    value: str


def is_literal(value: str) -> bool:
    """Return whether a value, its variables replaced, is one that anybody can read."""
    plain = value.strip(" \t\n'\"")
    if not plain or UNKNOWN in plain or plain.lower() in _WORDS_AS_VALUES:
        return False
    if _PLACEHOLDER.fullmatch(plain) or _CODE.search(value.strip("'\"")):
        return False
    if plain.lstrip("\\").startswith(("$", "`")):
        return False
    return not (plain.startswith("urn:") or "://" in plain or _PATH.fullmatch(plain))


def login(name: str, value: str) -> str | None:
    """Return the password of a user and a password, as ``admin:…`` and as Neo4j's ``neo4j/…``."""
    words = words_of(name)
    found = _LOGIN.fullmatch(value.strip(" \t\n'\""))
    if not found or not (words[-1:] == ["AUTH"] or words[-2:] == ["USER", "INFO"]):
        return None
    user, between, password = found.groups()
    is_port = password.isdigit() and len(password) <= len("65535")
    said = not is_port if between == ":" else name.lower().startswith(user.lower())
    return password if said else None


def shaped(text: str) -> Iterator[Found]:
    """Yield what the shape alone gives away."""
    for what, shape in SHAPES.items():
        yield from (Found(what, found[0]) for found in shape.finditer(text))


def in_text(text: str) -> Iterator[Found]:
    """Yield what is secret in a text by the names and the commands in it."""
    pairs = [pair for form in (_ASSIGNMENT, _OPTION, _JSON, _LINE) for pair in form.findall(text)]
    names = [name for name, _ in pairs]
    for name, value in pairs:
        if says_secret(name, names) and is_literal(value) and not value.startswith("-"):
            yield Found(f"the value of {name}", value)
    for what, shapes in _UNNAMED.items():
        found = (value for shape in shapes for value in shape.findall(text))
        yield from (Found(what, value) for value in found if is_literal(value))
