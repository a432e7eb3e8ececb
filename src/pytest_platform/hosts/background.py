"""Asking a host in a thread of its own, so that nobody waits for it who need not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Answer = TypeVar("Answer")


def in_background(ask: Callable[[], Answer]) -> Future[Answer]:
    """Begin to ask; the answer, or what was raised, is in the future.

    The thread is a daemon: a host that hangs does not keep the process from ending.
    """
    answer: Future[Answer] = Future()

    def run() -> None:
        try:
            answer.set_result(ask())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            answer.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return answer
