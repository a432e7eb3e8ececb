"""Which texts of a Compose file hold a secret in plain view, before any variable is set."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache

from pytest_platform.compose.interpolation import declared, variables
from pytest_platform.secrets.names import says_secret
from pytest_platform.secrets.texts import Found, in_text, is_literal, login, shaped


def in_value(name: str, text: str, beside: Collection[str] = ()) -> tuple[Found, ...]:
    """Return what is secret in the value of ``name``; ``beside`` are the names next to it."""
    return _in_value(name, text, tuple(beside))


# Most services say the same in most places, and several ask for it.
@lru_cache(maxsize=8192)
def _in_value(name: str, text: str, beside: tuple[str, ...]) -> tuple[Found, ...]:
    return tuple(_of_value(name, text, beside))


def _of_value(name: str, text: str, beside: tuple[str, ...]) -> Iterator[Found]:
    value = declared(declared(text))
    secret = says_secret(name, beside) or login(name, value) is not None
    if secret and is_literal(value):
        yield Found("a secret (as a default)" if "${" in text else "a secret", value)
    else:
        yield from in_command(text)


def in_command(text: str) -> Iterator[Found]:
    """Yield what is secret in a text: a command, a script, a URL."""
    once = declared(text)  # as Compose reads it
    plain = declared(once)  # as a shell then reads it
    found = [*shaped(once), *in_text(plain)]
    yield from found or _defaults(text)


def _defaults(text: str) -> Iterator[Found]:
    found = (*variables(text), *variables(declared(text)))
    # A variable for an access key counts as the name of an account.
    names = [name.upper().replace("ACCESS", "SECRET") for name, _ in found]
    for name, default in found:
        if default and says_secret(name, names) and is_literal(value := declared(default)):
            yield Found(f"the default of ${{{name}}}", value)
