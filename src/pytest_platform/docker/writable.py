"""The Engine for those who change something, apart from the one that everybody reads.

Whoever needs one makes it of a transport, and closes it: none is handed around, so that
what plans and what judges have no way to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from pytest_platform.docker.engine import Engine

if TYPE_CHECKING:
    import docker


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
