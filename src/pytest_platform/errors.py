"""Errors that a user can cause: one line, a stable code, a place and what to do next."""

from __future__ import annotations

from msgspec import Struct

from pytest_platform.verdict import Excerpt, Location


class Problem(Struct, frozen=True):
    """Something in a file that stops it from being used. A value, not an exception."""

    code: str
    message: str
    location: Location
    excerpt: Excerpt | None = None

    def __str__(self) -> str:
        return render(self.message, self.code, self.location, self.excerpt)


def render(
    message: str, code: str, location: Location | None, excerpt: Excerpt | None = None
) -> str:
    """Format an error for people: the message, the source with a caret, ``file:line: code``.

    The only place that does so. The message comes first because pytest's short
    summary shows the first line alone.
    """
    parts = [message]
    if excerpt is not None:
        parts.append(str(excerpt))
    parts.append(f"{location}: {code}" if location else code)
    return "\n".join(parts)


class PlatformError(Exception):
    """Base of all errors of this package that end a check with the verdict ``error``.

    ``code`` is stable; ``str(error)`` is one line that says what to do next.
    """

    code = "platform.error"

    def __init__(self, message: str, *, location: Location | None = None) -> None:
        super().__init__(" ".join(message.split()))
        self.location = location


class UsageError(PlatformError):
    """The command line, the environment or the ini file asks for what cannot be done."""

    code = "platform.usage"


class ModuleBroken(PlatformError):
    """A module that another one needs cannot be read; its own checks say why."""

    code = "module.broken"


class EngineError(PlatformError):
    """The Docker Engine could not be asked."""

    code = "engine.unreachable"


class EngineForbidden(EngineError):
    """The Engine's socket refuses this user."""

    code = "engine.permission"


class EngineAnswer(EngineError):
    """What answers is no Docker Engine, or none that can be understood."""

    code = "engine.answer"


class EngineTimeout(EngineError):
    """The Engine accepted a request and did not answer within the deadline."""

    code = "engine.timeout"


class ComposeMissing(PlatformError):
    """No Compose renderer is installed."""

    code = "compose.missing"


class ComposeTimeout(PlatformError):
    """Compose did not say within the deadline which version it is."""

    code = "compose.timeout"


class ComposeError(PlatformError):
    """Compose could not render the files."""

    code = "compose.render"


class CannotCompare(PlatformError):
    """What runs cannot be compared with what is declared; that is no answer either way."""

    code = "drift.unknown"


class FilesDiffer(CannotCompare):
    """The Compose files on the host are not the ones here, so its values do not help."""

    code = "drift.files"
