"""The one change there is: start a container that exists, and wait for its exit.

Kept apart from the Engine's reading side, so that what plans cannot change anything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pytest_platform.errors import PlatformError
from pytest_platform.host.engine import Document, Engine


class OneShotTimeout(PlatformError):
    """The one-shot did not end within its timeout. It goes on running."""

    code = "apply.timeout"


@dataclass(frozen=True, slots=True)
class Exit:
    """How a container ended; ``error`` is the Engine's own word where it could not run it."""

    exit_code: int
    error: str = ""


def start(engine: Engine, container: str) -> None:
    """Start a container. Nothing else of it is touched.

    Raises:
        EngineError: the Engine cannot be asked, or cannot start it.
    """
    with engine.asking() as client:
        client.start(container)


def wait_for_exit(engine: Engine, container: str, *, timeout: float) -> Exit:
    """Wait through the Engine's own wait call; ``timeout`` is in seconds.

    Raises:
        OneShotTimeout: it still runs, and is left running.
        EngineError: the Engine went away meanwhile.
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
            trouble: Document = answer.get("Error") or {}
            return Exit(int(answer["StatusCode"]), str(trouble.get("Message") or ""))
    message = f"it did not end within {timeout:g} s and was left running"
    raise OneShotTimeout(message)
