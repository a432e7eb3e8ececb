"""The Engine for those who change something, apart from the one that everybody reads.

Whoever needs one makes it of a transport, and closes it: none is handed around, so that
what plans and what judges have no way to it. The one change that is made with it here: start a
container that exists, and wait for its exit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from pytest_platform.docker.api import InspectedContainer
from pytest_platform.docker.engine import Document, Engine
from pytest_platform.errors import EngineError, PlatformError

if TYPE_CHECKING:
    import docker

_NOT_MODIFIED = 304


class WritableEngine(Engine):
    """An Engine that hands out the SDK's client, which can do anything."""

    @contextmanager
    def asking(self, timeout: float | None = None) -> Iterator[docker.APIClient]:
        """Give a client whose requests may take ``timeout`` seconds each.

        Raises:
            EngineError: what the client raises, in words for people.
        """
        with self._asking(timeout) as client:
            yield client

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class OneShotTimeout(PlatformError):
    """The one-shot did not end within its timeout. It goes on running."""

    code = "apply.timeout"


class AlreadyStarted(PlatformError):
    """It was running when it was to be started: somebody else has started it."""

    code = "stale-plan"


def start(engine: WritableEngine, container: str) -> None:
    """Start a container. Nothing else of it is touched.

    Raises:
        AlreadyStarted: it runs by now, and this call has started nothing.
        EngineError: the Engine cannot be asked, or cannot start it.
    """
    import requests
    from docker.errors import create_api_error_from_http_exception

    with engine.asking() as client:
        # Not client.start(): that keeps to itself whether the container was running before.
        address = f"{client.base_url}/v{client.api_version}/containers/{container}/start"
        response = client.post(address, timeout=client.timeout)
        try:
            response.raise_for_status()
        except requests.HTTPError as error:
            create_api_error_from_http_exception(error)
    if response.status_code == _NOT_MODIFIED:
        message = (
            "somebody else has started it since the last look, so this run did not; plan again"
        )
        raise AlreadyStarted(message)


def wait_for_exit(engine: WritableEngine, container: str, *, timeout: float) -> int:
    """Wait through the Engine's own wait call, and return the exit code.

    ``timeout`` is in seconds.

    Raises:
        OneShotTimeout: it still runs, and is left running.
        EngineError: the Engine went away meanwhile, or cannot tell how it ended.
    """
    import requests

    with engine.asking() as client:
        try:
            # Named here: without it this one call of the SDK waits for ever.
            answer: Document = client.wait(container, timeout=math.ceil(timeout))
        except requests.exceptions.Timeout:
            late = True
        except requests.exceptions.ConnectionError as error:
            # The SDK reports a silent connection in this way too.
            late = "timed out" in str(error).lower()
            if not late:
                raise
        else:
            return _exit_code(answer)
    message = f"it did not end within {timeout:g} s and was left running"
    raise OneShotTimeout(message)


def exit_code_of(container: InspectedContainer) -> int | None:
    """Return how a container ended; None while it runs."""
    return None if container.state.runs() else container.state.exit_code


def _exit_code(answer: Document) -> int:
    """Read the answer to a wait, which has an error where the exit code is not the container's."""
    trouble: Document = answer.get("Error") or {}
    if trouble.get("Message"):
        message = f"the Engine cannot tell how it ended: {trouble['Message']}"
        raise EngineError(message)
    return int(answer["StatusCode"])
