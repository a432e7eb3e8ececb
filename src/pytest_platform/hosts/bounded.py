"""Reading what a command writes, bounded in time and in what is kept of it."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Callable
from typing import IO

_CHUNK = 64 * 1024
_TICK = 1.0
STREAMS = ("stdout", "stderr")


class Kept:
    """The first ``limit`` bytes of a stream, and the last ``tail`` of those after them.

    It begins behind the first ``mark``. Before that comes noise, of which the end is kept for
    as long as there is nothing else.
    """

    def __init__(self, limit: int | None, tail: int = 0, mark: bytes = b"") -> None:
        self._limit, self._tail, self._mark = limit, tail, mark
        self._head, self._end, self._noise = bytearray(), bytearray(), bytearray()
        self.begun = not mark
        """Whether the mark has come."""
        self.cut = False
        """Whether anything was left out."""

    def add(self, chunk: bytes) -> None:
        """Take what comes next."""
        if not self.begun:
            _, found, rest = (self._noise + chunk).partition(self._mark)
            self._noise = bytearray() if found else (self._noise + chunk)[-_CHUNK:]
            self.begun, chunk = bool(found), bytes(rest)
        room = len(chunk) if self._limit is None else self._limit - len(self._head)
        self._head += chunk[: max(0, room)]
        self._end += chunk[max(0, room) :]
        if len(self._end) > self._tail:
            self.cut = True
            del self._end[: len(self._end) - self._tail]

    def text(self) -> str:
        """Return what was kept."""
        return bytes(self._noise + self._head + self._end).decode(errors="replace")


class BoundedOutput:
    """What a process writes. What is not kept is read all the same, so that it can go on."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        limit: int | None = None,
        tail: int = 0,
        mark: bytes = b"",
    ) -> None:
        """Keep ``limit`` bytes of each stream behind the ``mark``, and ``tail`` of its end.

        Without a limit all of it is kept, and without a mark it begins at once.
        """
        self._process = process
        self.stdout, self.stderr = Kept(limit, tail, mark), Kept(limit, tail, mark)

    @property
    def cut(self) -> frozenset[str]:
        """The names of the streams that were not kept whole."""
        return frozenset(name for name in STREAMS if getattr(self, name).cut)

    def read(self, seconds: float, meanwhile: Callable[[float], None] | None = None) -> bool:
        """Read until the process has ended; False where the time is over before that.

        About once a second ``meanwhile`` is called with the seconds that have passed.
        """
        began = time.monotonic()
        deadline = began + seconds
        with selectors.DefaultSelector() as waiting:
            for name in STREAMS:
                pipe: IO[bytes] = getattr(self._process, name)
                if not pipe.closed:
                    waiting.register(pipe, selectors.EVENT_READ, getattr(self, name))
            while waiting.get_map():
                left = deadline - time.monotonic()
                ready = waiting.select(max(0.0, min(left, _TICK)) if meanwhile else max(0.0, left))
                if meanwhile and not ready:
                    meanwhile(time.monotonic() - began)
                for key, _ in ready:
                    chunk = os.read(key.fd, _CHUNK)
                    key.data.add(chunk)
                    if not chunk:
                        waiting.unregister(key.fileobj)
                        key.fileobj.close()  # type: ignore[union-attr]
                if left <= 0 and waiting.get_map():
                    return False
        return self._ended(deadline - time.monotonic())

    def _ended(self, seconds: float) -> bool:
        try:
            self._process.wait(max(0.0, seconds))
        except subprocess.TimeoutExpired:
            return False
        return True
