"""Where commands run. A transport is one class; checks know the protocol alone."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from pytest_platform.errors import EngineError, PlatformError
from pytest_platform.hosts.bounded import BoundedOutput
from pytest_platform.reading import keeps_waiting


class CommandTimeout(PlatformError):
    """A command did not end within its deadline and was killed."""

    code = "command.timeout"


class CommandMissing(PlatformError):
    """There is no such program, or it may not be run."""

    code = "command.missing"


class CommandResult(Struct, frozen=True):
    """What a command said. ``stdout`` and ``stderr`` are never merged.

    ``cut`` names the streams of which only the beginning was kept.
    """

    returncode: int
    stdout: str
    stderr: str
    cut: frozenset[str] = frozenset()


Waiting = Callable[[Sequence[str], float], None]
"""Takes a command that does not answer, and for how many seconds it has not."""

Address = tuple[str, int] | str
"""Where a socket connects to: a host and a port, or the path of a Unix socket."""


class Transport(Protocol):
    """One host: commands run there, and its Engine is reached from here."""

    @property
    def name(self) -> str:
        """The host's name as people are shown it."""
        ...

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        env: Mapping[str, str] | None = None,
        limit: int | None = None,
    ) -> CommandResult:
        """Run a command to its end; ``timeout`` is in seconds.

        Of each stream the first ``limit`` bytes are kept, all without one.

        Raises:
            CommandTimeout: it did not end in time.
            CommandMissing: there is no such program.
        """
        ...

    def begin(self) -> None:
        """Begin to open the way there, where that takes a while; waits for nothing."""
        ...

    def engine_options(self) -> Mapping[str, Any]:
        """Return the keyword arguments with which ``docker.APIClient`` reaches the Engine.

        Raises:
            EngineError: the configuration names an Engine that cannot be reached this way.
        """
        ...

    def beside_engine(self) -> bool:
        """Return whether ``run`` runs commands on the machine that the Engine is on.

        Raises:
            EngineError: as ``engine_options``.
        """
        ...

    def address(self, host: str, port: int) -> Address:
        """Return where to connect to from here, to reach an address as the host sees it.

        Raises:
            PlatformError: the way there cannot be opened. That nobody listens at its end
                shows on connecting only.
        """
        ...

    def failure(self) -> PlatformError | None:
        """Say why what goes to the host fails, where the way there is the reason."""
        ...

    def close(self) -> None:
        """End what is open towards the host. May be called twice, and from another thread."""
        ...


class Local:
    """The machine that pytest runs on."""

    name = "local"
    _waiting: Waiting | None = None

    def __init__(self, waiting: Waiting | None = None) -> None:
        """Call ``waiting`` with a command and its seconds as long as it does not answer."""
        self._waiting = waiting

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        env: Mapping[str, str] | None = None,
        limit: int | None = None,
    ) -> CommandResult:
        """Run a command without a shell; ``env`` is added to this process's environment.

        Where it does not end in time, or this is interrupted, all that it started ends with it.
        """
        with _started(argv, env) as process:
            output = BoundedOutput(process, limit)
            try:
                in_time = output.read(timeout, self._meanwhile(argv))
            except BaseException:
                _kill_group(process)
                raise
            if not in_time:
                _kill_group(process)
                message = f"{argv[0]} did not end within {timeout:g} s"
                raise CommandTimeout(message)
        stdout, stderr = output.stdout.text(), output.stderr.text()
        return CommandResult(process.returncode, stdout, stderr, output.cut)

    def _meanwhile(self, argv: Sequence[str]) -> Callable[[float], None] | None:
        waiting = self._waiting
        return (lambda seconds: waiting(argv, seconds)) if waiting else None

    def begin(self) -> None:
        """Do nothing: there is no way to go."""

    def engine_options(self) -> Mapping[str, Any]:
        """Find the Engine as the docker command does: DOCKER_HOST, then the context."""
        try:
            options = _configured_engine()
        except Exception as error:  # noqa: BLE001 - the SDK raises just that for a broken context
            message = f"the docker context cannot be read: {error}"
            raise EngineError(message) from None
        if options is None:
            message = "the docker context in use does not exist; see: docker context ls"
            raise EngineError(message)
        if str(options.get("base_url", "")).startswith("ssh://"):
            message = "the Engine is configured as ssh://; that is for --remote-mode ssh, not local"
            raise EngineError(message)
        return options

    def beside_engine(self) -> bool:
        """Go by the address: a socket is of this machine, a network address may be of any."""
        address = str(self.engine_options().get("base_url") or "unix://")
        return address.startswith(("unix://", "http+unix://", "/"))

    def address(self, host: str, port: int) -> Address:
        """Return the address itself."""
        return host, port

    def failure(self) -> PlatformError | None:
        """Return None: nothing is in between."""
        return None

    def close(self) -> None:
        """Do nothing: there is no connection."""


def _started(argv: Sequence[str], env: Mapping[str, str] | None) -> subprocess.Popen[bytes]:
    """Start a command as the leader of a group of processes, which can be ended as one."""
    try:
        return subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **env} if env else None,
            start_new_session=True,
        )
    except OSError as error:
        message = f"{argv[0]} cannot be run: {error.strerror}"
        raise CommandMissing(message) from None


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    # Once it was waited for, its number may be another's.
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _configured_engine() -> Mapping[str, Any] | None:
    """Read what the environment or the context says; None for a context that does not exist."""
    from docker.context import ContextAPI
    from docker.utils import kwargs_from_env
    from docker.utils.config import find_config_file

    file = str(find_config_file() or "")
    if file and keeps_waiting(Path(file)):
        message = f"{file} is a pipe or a device; make it a regular file"
        raise ValueError(message)
    options: Mapping[str, Any]
    if os.environ.get("DOCKER_HOST"):
        options = kwargs_from_env()
    elif ContextAPI.get_context(os.environ.get("DOCKER_CONTEXT")) is None:
        return None
    else:
        options = ContextAPI.kwargs_from_context()
    return options
