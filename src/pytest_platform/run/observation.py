"""Looking at a host in a thread of its own, so that no host waits for another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING

from pytest_platform.docker.snapshot import Snapshot
from pytest_platform.errors import PlatformError
from pytest_platform.state.wait import Status

if TYPE_CHECKING:
    from pytest_platform.stack.coming import Coming, Tell

Show = Callable[[Sequence[Status]], None]
"""Takes how far the modules of one host are, for people who watch."""


_AGAIN = 30.0
"""Seconds after which what has not changed is told once more."""


def telling(show: Show) -> Tell:
    """Return what shows how far a stack is that is just started."""

    def tell(coming: Sequence[Coming], waited: float) -> None:
        often = int(waited // _AGAIN)
        show(
            [
                Status(one.service, f"{one.text} {often}", one.text, one.started, waited)
                for one in coming
            ]
        )

    return tell


class Abandoned(PlatformError):
    """The run ended before the look did."""

    code = "host.abandoned"


class Looking:
    """One look at one host, begun when this is made.

    ``first`` names the module that was told first why it failed; ``over`` tells that
    somebody has waited for its end.

    The thread is a daemon: a host that hangs does not keep pytest from ending. It has
    no terminal; what it wants to show is shown by whoever waits for it.
    """

    def __init__(self, take: Callable[[Show], Snapshot]) -> None:
        self.first = ""
        self.over = False
        self._future: Future[Snapshot] = Future()
        self._told: SimpleQueue[Sequence[Status] | None] = SimpleQueue()
        self._abandoned = False
        threading.Thread(target=self._run, args=(take,), daemon=True).start()

    def wait(self, show: Show) -> Snapshot:
        """Return what was seen; passes on meanwhile what the thread wants to show.

        Raises:
            PlatformError: the host could not be looked at.
        """
        while not self.over:
            statuses = self._told.get()
            self.over = statuses is None
            if statuses:
                show(statuses)
        return self.result()

    def result(self) -> Snapshot:
        """Return what was seen, as soon as it was.

        Raises:
            PlatformError: the host could not be looked at.
        """
        return self._future.result()

    @property
    def snapshot(self) -> Snapshot | None:
        """What was seen; None where there is nothing yet, and where there never will be."""
        done = self._future.done() and self._future.exception() is None
        return self._future.result() if done else None

    def abandon(self) -> None:
        """End a look that waits for something: nobody wants to know any more."""
        self._abandoned = True

    def _run(self, take: Callable[[Show], Snapshot]) -> None:
        try:
            self._future.set_result(take(self._tell))
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            self._future.set_exception(error)
        self._told.put(None)

    def _tell(self, statuses: Sequence[Status]) -> None:
        if self._abandoned:
            raise Abandoned("the run has ended")
        self._told.put(statuses)
