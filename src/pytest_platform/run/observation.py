"""An observation of a host in a thread of its own, so that no host waits for another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING

from pytest_platform.errors import PlatformError
from pytest_platform.hosts.background import in_background
from pytest_platform.state.wait import Status
from pytest_platform.workload.seen import HostView

if TYPE_CHECKING:
    from pytest_platform.stack.startup import OnProgress, ServiceProgress

Show = Callable[[Sequence[Status]], None]
"""Takes the progress of the modules of one host, for people who watch."""


_AGAIN = 30.0
"""Seconds after which what has not changed is told once more."""


def telling(show: Show) -> OnProgress:
    """Return what shows how far a stack is that is just started."""

    def tell(coming: Sequence[ServiceProgress], waited: float) -> None:
        often = int(waited // _AGAIN)
        show(
            [
                Status(one.service, f"{one.text} {often}", one.text, one.started, waited)
                for one in coming
            ]
        )

    return tell


class Abandoned(PlatformError):
    """The run ended before the observation did."""

    code = "host.abandoned"


class Observation:
    """One snapshot of one host in the making, begun when this is made.

    ``first`` names the module whose check reported first that it failed; ``over`` tells that
    somebody has waited for its end.

    Its thread has no terminal; its progress is shown by the thread that waits for it.
    """

    def __init__(self, take: Callable[[Show], HostView]) -> None:
        self.first = ""
        self.over = False
        self._progress: SimpleQueue[Sequence[Status] | None] = SimpleQueue()
        self._abandoned = False
        self._future = in_background(partial(take, self._put))
        self._future.add_done_callback(lambda _: self._progress.put(None))

    def wait(self, show: Show) -> HostView:
        """Return the snapshot; calls ``show`` with the progress meanwhile.

        Raises:
            PlatformError: the host could not be observed.
        """
        while not self.over:
            statuses = self._progress.get()
            self.over = statuses is None
            if statuses:
                show(statuses)
        return self.result()

    def result(self) -> HostView:
        """Return the snapshot, as soon as it was taken.

        Raises:
            PlatformError: the host could not be observed.
        """
        return self._future.result()

    @property
    def snapshot(self) -> HostView | None:
        """The snapshot; None where there is none yet, or it could not be taken."""
        done = self._future.done() and self._future.exception() is None
        return self._future.result() if done else None

    def abandon(self) -> None:
        """End an observation that waits for something: its result is not wanted any more."""
        self._abandoned = True

    def _put(self, statuses: Sequence[Status]) -> None:
        if self._abandoned:
            raise Abandoned("the run has ended")
        self._progress.put(statuses)
