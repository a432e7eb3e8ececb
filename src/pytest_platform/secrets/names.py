"""The one rule for names: which name says that its value is secret, and which that it is public."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SAYS_SECRET: Final = _set(
    "PASSWORD PASSWORDS PASSWD PASSPHRASE PASSCODE TOKEN TOKENS SECRET SECRETS CREDENTIAL "
    "CREDENTIALS APIKEY SECRETKEY PRIVATEKEY ACCESSKEY ACCOUNTKEY ENCRYPTIONKEY PRESHAREDKEY "
    "REQUIREPASS MASTERAUTH PASS PWD"
)
"""A word that ends with one of these says secret: ``RPCPASS``, ``DBPASSWORD``."""

_OTHER_WORDS: Final = _set(
    "BYPASS COMPASS ENCOMPASS OVERPASS PROXYPASS SURPASS TRESPASS UNDERPASS OLDPWD"
)
_SAYS_SECRET_ALONE: Final = _set("PSK SALT AUTHORIZATION")
_SECRET_KEYS: Final = _set(
    "API SECRET PRIVATE ACCESS ENCRYPTION ENC CRYPT CIPHER AES FERNET SIGNING SIGN HMAC MASTER "
    "JWT AUTH ACCOUNT STORAGE SHARED PRESHARED SESSION SERVICE ROLE APP UNSEAL LICENSE HASH "
    "SIGNATURE WEBHOOK"
)
"""``KEY`` says secret next to one of these words."""

_SECRET_IDS: Final = (("ROOT", "TOKEN", "ID"), ("ERLANG", "COOKIE"))
"""Words that together name a secret although the last one alone is harmless."""

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

_PUBLIC: Final = _set(
    "TZ TIMEZONE LANG LANGUAGE LOCALE MODE LEVEL VERSION TAG IMAGE REGISTRY PLATFORM ARCH REGION "
    "ZONE HOST HOSTNAME DOMAIN FQDN NAME PROJECT PROFILE PROFILES SERVICE CONTAINER NETWORK VOLUME "
    "DIR DIRECTORY FOLDER PATH ENABLED DISABLED DEBUG UID GID PUID PGID UMASK RESTART"
)
"""A name whose last word is one of these says that its value is public."""

_ACCOUNTS: Final = _set("USER USERNAME LOGIN")
_OF_STORES: Final = (("ACCOUNT",), ("KEY", "ID"))
"""Words by which programs for backups name the account of an object store."""


def says_secret(name: str, beside: Collection[str] = ()) -> bool:
    """Return whether a value of this name is secret. ``beside`` are the names next to it.

    >>> says_secret("POSTGRES_PASSWORD"), says_secret("PASSWORD_MIN_LENGTH")
    (True, False)
    """
    words = words_of(name)
    return _is_secret(words) and not _names_a_pair(name, beside)


def says_public(name: str) -> bool:
    """Return whether a value of this name is public wherever it comes from.

    >>> says_public("LOG_LEVEL"), says_public("TOKEN_NAME"), says_public("DB_PASSWORD")
    (True, True, False)
    """
    words = words_of(name)
    return bool(words) and words[-1] in _PUBLIC and not _is_secret(words)


def says_credential(name: str) -> bool:
    """Return whether a value of this name is secret, or the account of an object store.

    >>> says_credential("AWS_ACCESS_KEY_ID"), says_credential("B2_ACCOUNT_ID")
    (True, True)
    """
    words = words_of(name)
    there = (
        words[at : at + len(one)] == list(one) for one in _OF_STORES for at in range(len(words))
    )
    return says_secret(name) or any(there)


def says_account(name: str) -> bool:
    """Return whether a value of this name is the name of an account.

    >>> says_account("DB_USER"), says_account("USER_AGENT")
    (True, False)
    """
    return bool(_ACCOUNTS & {*words_of(name)[-1:]})


def words_of(name: str) -> list[str]:
    """Split a name into its words, in capital letters: ``DB_PWD``, ``dbPwd``, ``db-pwd``.

    >>> words_of("dbPwd")
    ['DB', 'PWD']
    """
    return [word.upper() for word in _WORD.findall(name)]


def _is_secret(words: list[str]) -> bool:
    if "PUBLIC" in words:
        return False
    if any(tuple(words[-len(one) :]) == one for one in _SECRET_IDS):
        return True
    last = max((at for at in range(len(words)) if _word_is_secret(words, at)), default=None)
    if last is None or (words[last] == "TOKENS" and {"MAX", "MIN"} & {*words}):
        return False
    return not _HARMLESS & {*words[last + 1 :]}


def _word_is_secret(words: list[str], at: int) -> bool:
    word = words[at]
    if word == "PWD":
        return len(words) > 1
    if word in _OTHER_WORDS:
        return False
    if word == "KEY":
        beside = {*words[max(0, at - 1) : at], *words[at + 1 : at + 2]}
        return bool(_SECRET_KEYS & beside)
    return word in _SAYS_SECRET_ALONE or word.endswith(tuple(_SAYS_SECRET))


def _names_a_pair(name: str, beside: Collection[str]) -> bool:
    """Return whether this is the name of an account, whose secret stands beside it."""
    upper = name.upper()
    if "ACCESS" not in upper or "SECRET" in upper:
        return False
    pairs = {upper.replace("ACCESS", "SECRET"), upper.replace("ACCESS", "SECRET_ACCESS")}
    return any(other.upper() in pairs for other in beside)
