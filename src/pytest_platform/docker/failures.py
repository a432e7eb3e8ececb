"""What went wrong with a connection to an Engine, in words for people, and with its code."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from json import JSONDecodeError

from pytest_platform.errors import (
    EngineAnswer,
    EngineError,
    EngineForbidden,
    EngineTimeout,
    PlatformError,
)
from pytest_platform.hosts.transport import Transport

_VERSION = "Error while fetching server API version: "
"""How the SDK begins what it says of its first question."""

_PORT = "Port "
"""How urllib begins what it says of an address whose port is none."""


def explained(error: Exception, transport: Transport, seconds: int) -> PlatformError:
    """Turn what the client raised into an error for people; ``seconds`` was its deadline."""
    from docker.errors import APIError

    host = transport.name
    if isinstance(error, APIError):
        return EngineError(f"the Engine on {host} refused a request: {error}")
    cause = _root_cause(error)
    if getattr(cause, "errno", None) == errno.EMFILE:
        # To ask the transport, it takes a file, too.
        return EngineError(f"this process may open no more connections to {host}: raise ulimit -n")
    return transport.failure() or _said(error, cause, host, seconds)


def _said(error: Exception, cause: BaseException, host: str, seconds: int) -> PlatformError:
    import requests

    if isinstance(error, requests.exceptions.Timeout) or isinstance(cause, TimeoutError):
        return EngineTimeout(f"the Engine on {host} did not answer within {seconds} s")
    if isinstance(cause, PermissionError):
        return EngineForbidden(
            f"the Engine's socket on {host} refuses this user; "
            "join the group 'docker' or name another Engine with DOCKER_HOST"
        )
    if known := _answered(error, cause, host):
        return known
    if isinstance(error, requests.exceptions.ConnectionError) or isinstance(cause, OSError):
        said = getattr(cause, "strerror", None) or str(cause)
        return EngineError(
            f"no Docker Engine answers on {host} ({said}); "
            "start it or name another with DOCKER_HOST"
        )
    return EngineError(f"the Engine on {host} cannot be asked: {error}; correct DOCKER_HOST")


def _answered(error: Exception, cause: BaseException, host: str) -> EngineError | None:
    """Say what is wrong with an answer; None where there was none."""
    import requests

    if isinstance(cause, requests.HTTPError):
        said = f"{cause.response.status_code} {cause.response.reason}"
        return EngineError(
            f"the Engine on {host} refused a request ({said}): look for a proxy on the way"
        )
    if any(map(_is_cut, _causes(error))):
        return EngineError(f"the Engine on {host} hung up in the middle of an answer; ask again")
    if _is_no_engine(error, cause):
        return EngineAnswer(
            f"what answers on {host} is no Docker Engine ({_short(error)}): "
            "correct DOCKER_HOST or the docker context"
        )
    return None


def _is_cut(cause: BaseException) -> bool:
    """Return whether an answer ended before its end."""
    import requests

    empty = isinstance(cause, JSONDecodeError) and not cause.doc.strip()
    cut = (IncompleteRead, requests.exceptions.ChunkedEncodingError)
    return empty or isinstance(cause, cut)


def _is_no_engine(error: Exception, cause: BaseException) -> bool:
    """Return whether something answered that is no answer: no HTTP, no JSON, or none of these."""
    if isinstance(cause, HTTPException):
        return not isinstance(cause, RemoteDisconnected)
    if str(cause).startswith(_PORT):
        return False
    asked_version = str(error).startswith(_VERSION)
    return isinstance(cause, (ValueError, TypeError, KeyError)) or (
        asked_version and not isinstance(cause, OSError)
    )


def _short(error: Exception) -> str:
    return " ".join(str(error).removeprefix(_VERSION).split())[:120]


def _root_cause(error: BaseException) -> BaseException:
    """Dig out the operating system's error from under the wrappings of urllib3 and requests."""
    deepest = error
    for deepest in _causes(error):
        if isinstance(deepest, OSError) and deepest.errno is not None:
            break
    return deepest


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it wraps, one after the other."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        nested = [arg for arg in current.args if isinstance(arg, BaseException)]
        current = nested[0] if nested else current.__cause__ or current.__context__
