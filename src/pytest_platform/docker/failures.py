"""Why the Engine did not answer, in words for people."""

from __future__ import annotations

import errno

from pytest_platform.errors import EngineError, EngineForbidden, EngineTimeout, PlatformError
from pytest_platform.hosts.transport import Transport


def explained(error: Exception, transport: Transport, seconds: int) -> PlatformError:
    """Turn what the client raised into an error for people; ``seconds`` was its deadline."""
    from docker.errors import APIError

    host = transport.name
    if isinstance(error, APIError):
        return EngineError(f"the Engine on {host} refused a request: {error}")
    cause = _root_cause(error)
    if getattr(cause, "errno", None) == errno.EMFILE:
        # To ask the transport, it takes a file, too.
        message = f"this process may open no more connections to {host}: raise ulimit -n"
        return EngineError(message)
    return transport.failure() or _said(error, cause, host, seconds)


def _said(error: Exception, cause: BaseException, host: str, seconds: int) -> PlatformError:
    import requests

    if isinstance(error, requests.exceptions.Timeout) or isinstance(cause, TimeoutError):
        message = f"the Engine on {host} did not answer within {seconds} s"
        return EngineTimeout(message)
    if isinstance(cause, PermissionError):
        message = (
            f"the Engine's socket on {host} refuses this user; "
            "join the group 'docker' or name another Engine with DOCKER_HOST"
        )
        return EngineForbidden(message)
    if isinstance(error, requests.exceptions.ConnectionError) or isinstance(cause, OSError):
        said = getattr(cause, "strerror", None) or str(cause)
        message = (
            f"no Docker Engine answers on {host} ({said}); "
            "start it or name another with DOCKER_HOST"
        )
        return EngineError(message)
    return EngineError(f"the Engine on {host} refused a request: {error}")


def _root_cause(error: BaseException) -> BaseException:
    """Dig out the operating system's error from under the wrappings of urllib3 and requests."""
    seen: set[int] = set()
    current: BaseException | None = error
    deepest = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        deepest = current
        if isinstance(current, OSError) and current.errno is not None:
            return current
        nested = [arg for arg in current.args if isinstance(arg, BaseException)]
        current = nested[0] if nested else current.__cause__ or current.__context__
    return deepest
