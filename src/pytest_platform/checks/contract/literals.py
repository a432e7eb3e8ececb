"""Which names say that their value is secret, and which texts hold a secret in plain view."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from pytest_platform.checks.contract.interpolation import UNKNOWN, declared, variables


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SAYS_SECRET: Final = _set(
    "PASSWORD PASSWORDS PASSWD PASSPHRASE TOKEN TOKENS SECRET SECRETS CREDENTIAL CREDENTIALS "
    "APIKEY SECRETKEY PRIVATEKEY ACCESSKEY ACCOUNTKEY ENCRYPTIONKEY REQUIREPASS MASTERAUTH"
)
_SAYS_SECRET_ALONE: Final = _set("PASS PWD")
_SECRET_KEYS: Final = _set(
    "API SECRET PRIVATE ACCESS ENCRYPTION ENC CRYPT CIPHER AES FERNET SIGNING SIGN HMAC MASTER "
    "JWT AUTH ACCOUNT STORAGE SHARED SESSION SERVICE ROLE APP UNSEAL LICENSE HASH SIGNATURE WEBHOOK"
)
"""``KEY`` says secret next to one of these words."""

_HARMLESS: Final = _set(
    "PUBLIC FILE FILES PATH DIR DIRECTORY FOLDER URL URI HOST PORT ENDPOINT ADDRESS DOMAIN "
    "NAME NAMES ID IDS USER USERNAME EMAIL TTL EXPIRY EXPIRES EXPIRE EXPIRATION AGE LIFETIME "
    "DURATION TIMEOUT INTERVAL SECONDS MINUTES HOURS DAYS LENGTH LEN MIN MAX LIMIT COUNT SIZE "
    "POLICY ALGORITHM ALGO TYPE KIND FORMAT MODE METHOD VERSION ENABLED ENABLE DISABLED DISABLE "
    "REQUIRED RESET ISSUER AUDIENCE HEADER PREFIX SUFFIX SCOPE SCOPES CLAIM FIELD REALM PROVIDER "
    "BACKEND STORE MANAGER ENGINE ROTATION STRENGTH ITERATIONS ROUNDS RATE CONVERTER RETENTION "
    "HINT MOUNT THROUGH CMD COMMAND SOURCE REF FROM CLASS HANDLER MECHANISM MECHANISMS PROTOCOL "
    "SERVERS FACTOR RULES LOCATION FILENAME CONFIG"
)
"""A name is only about a secret where one of these words follows the one that says so."""

_WORDS_AS_VALUES: Final = _set(
    "true false yes no on off null nil none 0 1 enabled disabled required optional auto "
    "md5 bcrypt argon2 argon2id pbkdf2 scram-sha-256"
)
_PATH: Final = re.compile(r"(\.{0,2}|~)/[\w.@-]+(/[\w.@-]+)*/?")
_SHAPES: Final = {
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a private key": re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY"),
    "a GitHub token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{22,})"),
    "a GitLab token": re.compile(r"\bglpat-[\w-]{20,}"),
    "a Slack token": re.compile(r"\bxox[abeprs]-[A-Za-z0-9-]{10,}"),
    "a Slack webhook": re.compile(r"hooks\.slack\.com/services/\w+/\w+/\w+"),
    "a Google API key": re.compile(r"\bAIza[\w-]{35}"),
    "a Stripe key": re.compile(r"\b[rs]k_live_[A-Za-z0-9]{16,}"),
    "a hash of a password": re.compile(r"\$(?:apr1|2[abxy])\$[^\s$]+\$?[^\s$]*"),
}
_URL: Final = re.compile(r"\b[A-Za-z][\w+.-]{0,40}://[^\s:/@'\"]*:([^\s/@'\"]+)@")
_HEADER: Final = re.compile(r"\bAuthorization:\s*(?:Bearer|Basic)\s+([^\s'\"]+)", re.IGNORECASE)
_JSON: Final = re.compile(r"""["']([A-Za-z][\w.-]*)["']\s*:\s*["']([^"']*)["']""")
_SQL: Final = re.compile(r"\b(?:PASSWORD|IDENTIFIED\s+BY)\s+'([^']*)'", re.IGNORECASE)
_LINE: Final = re.compile(
    r"""^[ \t]*(?:-[ \t]+)?["']?([A-Za-z][\w.-]*)["']?(?:[ \t]*=|:)[ \t]+"""
    r"""("[^"\n]*"|'[^'\n]*'|[^\s"'{}\[\]|>&*!#][^\s#]*)[ \t]*$""",
    re.MULTILINE,
)
"""A line of YAML or TOML."""

_ASSIGNMENT: Final = re.compile(
    r"(?<![\w.$-])([A-Za-z_][\w.]*)=(\"[^\"]*\"|'[^']*'|[^\s,;|&)'\"]*)"
)
_OPTION: Final = re.compile(r"(?<!\S)--([A-Za-z][\w.-]*)[=\s]\s*(\"[^\"]*\"|'[^']*'|[^\s;|&)'\"]+)")
_CURL: Final = re.compile(
    r"\bcurl\b[^;|&\n]{0,400}?\s(?:-[A-Za-z]*u|--user)[\s=]*['\"]?[^\s:'\"]+:([^\s'\"]+)"
)
_MYSQL: Final = re.compile(
    r"(?:^|[;|&(\n'\"/]|CMD|CMD-SHELL)\s*(?:mysql|mariadb)[\w-]*\s"
    r"(?:[^;|&\n]{0,400}?\s)??-p['\"]?([^\s'\"]+)"
)
_GAP: Final = r"(?:[ \t]|\\\n)+"
_MC_WORD: Final = rf"{_GAP}[^\s;|&<>\\]+"
_MC: Final = re.compile(
    rf"\b(?:(?:alias set|config host add)(?:{_MC_WORD}){{3}}|admin user add(?:{_MC_WORD}){{2}})"
    rf"{_GAP}([^\s;|&<>\\]+)"
)
_LOGIN: Final = re.compile(r"([\w.@-]+)([:/])([^\s:/]+)")


def says_secret(name: str, beside: Collection[str] = ()) -> bool:
    """Tell whether a value of this name is secret. ``beside`` are the names next to it.

    >>> says_secret("POSTGRES_PASSWORD"), says_secret("PASSWORD_MIN_LENGTH")
    (True, False)
    """
    words = [word.upper() for word in _WORD.findall(name)]
    return _is_secret(words) and not _names_a_pair(name, beside)


def _is_secret(words: list[str]) -> bool:
    if "PUBLIC" in words:
        return False
    last = max((at for at in range(len(words)) if _word_is_secret(words, at)), default=None)
    if last is None or (words[last] == "TOKENS" and {"MAX", "MIN"} & {*words}):
        return False
    return not _HARMLESS & {*words[last + 1 :]}


def _word_is_secret(words: list[str], at: int) -> bool:
    word = words[at]
    if word in _SAYS_SECRET_ALONE:
        return len(words) > 1 or word == "PASS"
    if word == "KEY":
        beside = {*words[max(0, at - 1) : at], *words[at + 1 : at + 2]}
        return bool(_SECRET_KEYS & beside)
    return word.endswith(tuple(_SAYS_SECRET))


def _names_a_pair(name: str, beside: Collection[str]) -> bool:
    """Tell whether this is the name of an account, whose secret stands beside it."""
    upper = name.upper()
    if "ACCESS" not in upper or "SECRET" in upper:
        return False
    pairs = {upper.replace("ACCESS", "SECRET"), upper.replace("ACCESS", "SECRET_ACCESS")}
    return any(other.upper() in pairs for other in beside)


def is_literal(value: str) -> bool:
    """Tell whether a value, its variables replaced, is one that anybody can read."""
    plain = value.strip(" \t\n'\"")
    if not plain or UNKNOWN in plain or plain.lower() in _WORDS_AS_VALUES:
        return False
    return not (plain.startswith(("$", "`", "urn:")) or "://" in plain or _PATH.fullmatch(plain))


def _is_login(name: str, value: str) -> bool:
    """Tell whether a value is a user and a password, as ``admin:…``, and as Neo4j's ``neo4j/…``."""
    words = [word.upper() for word in _WORD.findall(name)]
    found = _LOGIN.fullmatch(value.strip(" \t\n'\""))
    if not found or not (words[-1:] == ["AUTH"] or words[-2:] == ["USER", "INFO"]):
        return False
    user, between, password = found.groups()
    is_port = password.isdigit() and len(password) <= len("65535")
    return not is_port if between == ":" else name.lower().startswith(user.lower())


def in_value(name: str, text: str, beside: Collection[str] = ()) -> Iterator[str]:
    """Say what is secret in the value of ``name``."""
    value = declared(declared(text))
    secret = says_secret(name, beside) or _is_login(name, value)
    if secret and is_literal(value):
        yield "a secret (as a default)" if "${" in text else "a secret"
    else:
        yield from in_text(text)


def in_text(text: str) -> Iterator[str]:
    """Say what is secret in a text: a command, a script, a URL."""
    once = declared(text)  # as Compose reads it
    plain = declared(once)  # as a shell then reads it
    found = [what for what, shape in _SHAPES.items() if shape.search(once)]
    found += _named(plain)
    found += (what for what, values in _unnamed(plain) if any(map(is_literal, values)))
    yield from found or _defaults(text)


def _named(plain: str) -> Iterator[str]:
    forms = (_ASSIGNMENT, _OPTION, _JSON, _LINE)
    pairs = [pair for form in forms for pair in form.findall(plain)]
    names = [name for name, _ in pairs]
    for name, value in pairs:
        if says_secret(name, names) and is_literal(value) and not value.startswith("-"):
            yield f"the value of {name}"


def _unnamed(plain: str) -> Iterator[tuple[str, list[str]]]:
    yield "the password in a URL", _URL.findall(plain)
    yield "the value of Authorization", _HEADER.findall(plain)
    yield "the password in SQL", _SQL.findall(plain)
    yield "the password for curl", _CURL.findall(plain)
    yield "the password for MySQL", _MYSQL.findall(plain)
    yield "the secret key for mc", _MC.findall(plain)


def _defaults(text: str) -> Iterator[str]:
    found = (*variables(text), *variables(declared(text)))
    # A variable for an access key counts as the name of an account.
    names = [name.upper().replace("ACCESS", "SECRET") for name, _ in found]
    for name, default in found:
        if default and says_secret(name, names) and is_literal(declared(default)):
            yield f"the default of ${{{name}}}"
