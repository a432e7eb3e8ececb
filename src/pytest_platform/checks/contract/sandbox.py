"""The checks that read shell, asked in a process of their own.

Their parser is native code, and what it reads was written by anybody. A script that crashes
it, or keeps it busy for ever, costs that process alone: the check gets no answer, which is
the verdict ``error``, and the next question starts another process.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, Pipe
from typing import Any, Final

from pytest_platform.errors import PlatformError

CPU_SECONDS: Final = 5.0
"""Processor time for one answer, a hundred times of what long scripts take."""

PATIENCE: Final = 300.0
"""Seconds for one answer on a machine that has no time to give."""

PROGRAM: Final = ("-P", "-m", "pytest_platform.checks.contract.sandbox_worker")


class Unanswered(PlatformError):
    """A check has crashed on a script, or found no end with it."""

    code = "contract.unanswered"


@dataclass(slots=True)
class Apart:
    """A process that answers one question at a time, started with the first one."""

    program: Sequence[str] = PROGRAM
    cpu_seconds: float = CPU_SECONDS
    _process: subprocess.Popen[bytes] | None = None
    _connection: Connection | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _number: int = 0

    def ask(self, check: str, *arguments: Any) -> list[Any]:
        """Return what ``findings`` of the check called ``check`` returns for these arguments.

        Raises:
            Unanswered: the process died of the question.
        """
        with self._lock:
            return self._answer(check, arguments)

    def _answer(self, check: str, arguments: tuple[Any, ...]) -> list[Any]:
        self._number += 1
        try:
            connection = self._connection or self._start()
            connection.send((self._number, check, arguments))
            if connection.poll(PATIENCE):
                number, answer = connection.recv()
                if number == self._number:
                    found: list[Any] = answer
                    return found
        except (OSError, EOFError):
            pass
        except BaseException:
            self.close()  # Its answer would be taken for that to the next question.
            raise
        raise Unanswered(f"{self._end()}; shorten the script, or move it into a file of its own")

    def close(self) -> int | None:
        """End the process, and return how it ended; None where there is none."""
        process, self._process = self._process, None
        connection, self._connection = self._connection, None
        if connection:
            connection.close()
        if process is None:
            return None
        try:
            return process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def _start(self) -> Connection:
        ours, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, *self.program, str(theirs.fileno()), str(self.cpu_seconds)],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                pass_fds=[theirs.fileno()],
                # Not in our group: Ctrl-C is for us, and we end it.
                process_group=0,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self._connection = ours
        return ours

    def _end(self) -> str:
        code = self.close()
        if code == -signal.SIGPROF:
            return f"the check found no end within {self.cpu_seconds:g} s of processor time"
        how = signal.Signals(-code).name if code and code < 0 else f"exit code {code}"
        return f"the check crashed on what the container runs ({how})"


_APART: Final = Apart()
atexit.register(_APART.close)

ask: Final = _APART.ask
"""Ask the one process that all checks of a run share."""
