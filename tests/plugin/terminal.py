"""A run of pytest on a terminal of its own."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from dataclasses import dataclass

from plugin.project import Project

_ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def _without_colours(env: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which the terminal alone says whether there are colours."""
    said = {"NO_COLOR", "FORCE_COLOR", "PY_COLORS", "COLUMNS", "LINES", "CI"}
    return {name: value for name, value in env.items() if name not in said}


@dataclass(frozen=True)
class Shown:
    """What a terminal got. ``lines`` are without colours, from the first failure on."""

    code: int
    text: str

    @property
    def lines(self) -> list[str]:
        """What stands from the first section of ours on; above it are lines of pytest's own."""
        plain = _ESCAPE.sub("", self.text).replace("\r", "")
        at = min(plain.index(one) for one in ("= FAILURES =", "= platform =") if one in plain)
        return plain[at:].splitlines()[1:]


def on_terminal(
    project: Project,
    *args: str,
    columns: int = 80,
    env: Mapping[str, str] | None = None,
    program: str = "pytest",
) -> Shown:
    """Run pytest, or another module, on a terminal of so many columns; return what it shows."""
    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", program, *(project.lean if program == "pytest" else ()), *args],
        cwd=project.root,
        env={**_without_colours(project.env), "TERM": "xterm", **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=writer,
        stderr=writer,
    )
    os.close(writer)
    told = bytearray()
    try:
        while data := os.read(reader, 65536):
            told += data
    except OSError:
        pass  # Linux says so when the other end is closed.
    os.close(reader)
    return Shown(process.wait(), told.decode())
