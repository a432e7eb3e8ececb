"""The output of a service, as its manager gathers it from the nodes."""

from __future__ import annotations

from pytest_platform.docker.engine import Engine

_STREAMS = ("stdout", "stderr")
_LIMIT = 1024 * 1024


def tail(engine: Engine, service: str, lines: int) -> str:
    """Return the last lines of a service's output, stdout and stderr as they came.

    Raises:
        EngineError: the manager cannot be asked, or a node does not answer it.
    """
    data, _ = engine.service_log(service, since=0.0, streams=_STREAMS, tail=lines, limit=_LIMIT)
    return data.decode(errors="replace")
