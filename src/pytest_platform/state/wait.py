"""Waiting for the declared state, driven by the Engine's events and not by polling it."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Self

from msgspec import Struct

from pytest_platform.docker.engine import PROJECT, Engine
from pytest_platform.errors import EngineError
from pytest_platform.workload.seen import Awaited, Changes, HostView, Watching

EVENTS = (
    *("create", "start", "restart", "die", "stop", "kill", "oom", "destroy", "rename"),
    *("pause", "unpause", "health_status"),
)
TICK = 1.0
"""Seconds between two updates of what people see; the Engine is not asked for them."""


class Status(Struct, frozen=True):
    """How far one module is, for people who watch. ``waited`` is in seconds."""

    name: str
    state: str
    """Changes only when the state does."""
    text: str
    done: bool
    waited: float


def wait(
    watch: Watching,
    take: Callable[[], HostView],
    awaited: Sequence[Awaited],
    *,
    duration: float,
    progress: Callable[[Sequence[Status]], None],
) -> HostView:
    """Look again after every event until nothing is left to wait for, or ``duration`` is over.

    Only events of the projects concerned count, however busy the host is otherwise.
    Subscribes before the first look, so that no event falls between the two.

    Raises:
        EngineError: the Engine cannot be asked, or dies while it is waited for.
    """
    began = time.monotonic()
    groups = frozenset[str]().union(*(one.groups for one in awaited))
    with watch(groups) as changed:
        snapshot = take()
        while True:
            waited = time.monotonic() - began
            statuses = [_status(one, snapshot, waited) for one in awaited]
            progress(statuses)
            if all(status.done for status in statuses) or waited >= duration:
                return snapshot
            if changed.within(min(TICK, duration - waited)):
                snapshot = take()
            else:
                snapshot = snapshot.at(datetime.now(UTC))


def _status(awaited: Awaited, view: HostView, waited: float) -> Status:
    seen = awaited.state(view)
    doing = ", ".join(one.words for one in seen.workloads)
    text = doing or (seen.findings[0].message if seen.findings else "done")
    state = ", ".join(f"{one.status} {one.health}" for one in seen.workloads)
    return Status(awaited.name, state, text, seen.settled, waited)


def subscribed(engine: Engine, groups: Collection[str]) -> AbstractContextManager[Changes]:
    """Subscribe to the container events of some Compose projects."""
    return _Subscription(engine, groups)


class _Subscription:
    """The Engine's events, read by a thread of their own so that waiting can end in time."""

    def __init__(self, engine: Engine, projects: Collection[str]) -> None:
        self._engine = engine
        self._projects = projects
        self._queue: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        self._events = self._engine.events(EVENTS)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._events.close()
        self._thread.join(timeout=TICK)

    def within(self, seconds: float) -> bool:
        """Wait for a change, at most ``seconds``; tell whether there was one.

        Raises:
            EngineError: the stream of events has ended, so changes would go unnoticed.
        """
        try:
            alive = self._queue.get(timeout=max(0.0, seconds))
            while alive and not self._queue.empty():
                alive = self._queue.get()
        except queue.Empty:
            return False
        if not alive:
            message = f"the Engine on {self._engine.host} went away while it was waited for"
            raise EngineError(message)
        return True

    def _read(self) -> None:
        for event in self._events:
            # The Engine cannot be asked for one of several labels.
            labels = event.get("Actor", {}).get("Attributes", {})
            if labels.get(PROJECT) in self._projects:
                self._queue.put(True)
        self._queue.put(False)
