"""Which Compose renders here."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from pytest_platform.errors import ComposeMissing, ComposeTimeout
from pytest_platform.hosts.transport import CommandMissing, CommandTimeout, Transport

TIMEOUT = 60.0
"""Seconds that Compose may take to answer; it reads files only."""

_OLDEST = 2
_NOWHERE = "unix:///dev/null"
_INSTALL = "pip install 'pytest-platform[compose]'"


def find_compose(transport: Transport) -> tuple[str, ...]:
    """Find Compose 2 or later: the docker plugin, the program on PATH, or the ``compose`` extra.

    Raises:
        ComposeMissing: there is none; names the one command that installs it.
        ComposeTimeout: there is none that answers.
    """
    beside = Path(sys.executable).with_name("docker-compose")
    candidates = [
        ("docker", "compose") if shutil.which("docker") else None,
        ("docker-compose",) if shutil.which("docker-compose") else None,
        (str(beside),) if beside.is_file() else None,
    ]
    silent = ""
    for command in filter(None, candidates):
        try:
            if _works(transport, command):
                return command
        except CommandTimeout:
            silent = " ".join(command)
    if silent:
        message = f"{silent} did not answer within {TIMEOUT:g} s; try: {silent} version"
        raise ComposeTimeout(message)
    message = f"no Compose renderer is installed; run: {_INSTALL}"
    raise ComposeMissing(message)


def _works(transport: Transport, command: tuple[str, ...]) -> bool:
    try:
        # Without its plugin, docker asks the Engine about a command it does not know.
        env = {"DOCKER_HOST": _NOWHERE}
        result = transport.run([*command, "version", "--short"], timeout=TIMEOUT, env=env)
    except CommandMissing:
        return False
    major = result.stdout.strip().removeprefix("v").split(".")[0]
    return result.returncode == 0 and major.isdigit() and int(major) >= _OLDEST
