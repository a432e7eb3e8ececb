"""Signals that end a process leave as orderly as Ctrl-C, and removing is not cut short.

Only the main thread can be signalled; elsewhere nothing here has an effect.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

Handler = Callable[[int, FrameType | None], Any]


ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
"""What ends a process that does not handle it, besides Ctrl-C."""


def terminate_as_interrupt() -> Callable[[], None]:
    """Raise KeyboardInterrupt once on a signal that would end this process, from now on.

    What is ignored or handled already, as SIGHUP is below nohup, stays so, but for SIGTERM.
    Returns what puts back what was before.
    """
    arrived = False

    def interrupt(number: int, _: FrameType | None) -> None:
        nonlocal arrived
        if not arrived:
            arrived = True
            raise KeyboardInterrupt(signal.Signals(number).name)

    ours = (one for one in ENDING if one is signal.SIGTERM or _ends(one))
    return _handle(interrupt, *ours)


@contextmanager
def terminated_as_interrupt() -> Iterator[None]:
    """Do the same as ``terminate_as_interrupt`` while the block runs."""
    put_back = terminate_as_interrupt()
    try:
        yield
    finally:
        put_back()


def _ends(number: signal.Signals) -> bool:
    return signal.getsignal(number) is signal.SIG_DFL


@contextmanager
def deaf() -> Iterator[None]:
    """Take no notice of Ctrl-C and of what would end this process while the block runs."""
    put_back = _handle(lambda *_: None, signal.SIGINT, *ENDING)
    try:
        yield
    finally:
        put_back()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Interrupt the block when it takes longer.

    Raises:
        TimeoutError: it did. A command that it was waiting for has been killed.
    """
    late, told, end = threading.Event(), threading.Event(), threading.Lock()
    thread = threading.get_ident()

    def interrupt() -> None:
        if end.acquire(blocking=False):
            late.set()
            signal.pthread_kill(thread, signal.SIGTERM)

    def arrived(number: int, _: FrameType | None) -> None:
        if late.is_set():
            told.set()
            raise TimeoutError
        raise KeyboardInterrupt(signal.Signals(number).name)

    put_back = _handle(arrived, signal.SIGTERM)
    timer = threading.Timer(seconds, interrupt)
    timer.daemon = True
    if _in_main_thread():
        timer.start()
    try:
        yield
    finally:
        in_time = end.acquire(blocking=False)
        timer.cancel()
        try:
            if not in_time and not told.is_set():
                # Late by a hair: the signal is on its way, and must arrive here.
                time.sleep(1)
        finally:
            put_back()


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _handle(handler: Handler, *numbers: signal.Signals) -> Callable[[], None]:
    if not _in_main_thread():
        return lambda: None
    before = {number: signal.signal(number, handler) for number in numbers}

    def put_back() -> None:
        for number, previous in before.items():
            signal.signal(number, previous)

    return put_back
