"""The output of a service, as its manager gathers it from the nodes."""

from __future__ import annotations

from pytest_platform.docker.engine import Engine


def tail(engine: Engine, service: str, lines: int) -> str:
    """Return the last lines of a service's output, stdout and stderr as they came.

    Raises:
        EngineError: the manager cannot be asked, or a node does not answer it.
    """
    return engine.service_log_tail(service, lines)
