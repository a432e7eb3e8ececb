"""A host over the OpenSSH client: one connection for all that a run does there.

All that the user's ssh config says holds: names, keys, agents, jump hosts, and how host
keys are checked. Nothing here weakens it, and nothing asks.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_platform.errors import PlatformError
from pytest_platform.hosts.ssh import destination as destinations
from pytest_platform.hosts.ssh import engine, errors, scripts
from pytest_platform.hosts.ssh.errors import SshError
from pytest_platform.hosts.ssh.master import Master
from pytest_platform.hosts.ssh.scripts import HostFacts
from pytest_platform.hosts.ssh.session import run_script
from pytest_platform.hosts.transport import Address, CommandMissing, CommandResult, CommandTimeout

_PAUSE = 0.25
"""Seconds before a host that is busy is asked again; twice as long each time."""

_PROBE_SECONDS = 20.0


class Ssh:
    """One host. Connects on first use; all methods may be called from many threads.

    ``destination`` is ``[user@]host[:port]``, ``config`` an ssh config in place of the user's
    own. A host that could not be reached is not tried again: it costs its deadline once.

    Raises:
        SshError: the destination is none. Code ``ssh.destination``.
    """

    def __init__(
        self,
        destination: str,
        name: str | None = None,
        connect_timeout: float = 10.0,
        config: Path | None = None,
    ) -> None:
        self._destination = destinations.parse(destination)
        self.name = name or destination
        self._connect_timeout = connect_timeout
        self._config = config
        self._mark = secrets.token_hex(16)
        self._connecting = threading.RLock()
        self._one_command = threading.Lock()
        self._master: Master | None = None
        self._connection: tuple[Master, HostFacts] | None = None
        self._failed: PlatformError | None = None
        self._closed = False
        self._ways: dict[str, Path] = {}
        self._engine: Path | None = None

    def begin(self) -> None:
        """Begin to log in, and do not wait for it."""
        with self._connecting:
            if self._master is None and not self._closed:
                self._start()

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        env: Mapping[str, str] | None = None,
        limit: int | None = None,
    ) -> CommandResult:
        """Run a command there, one at a time; ``env`` is added to the login's environment.

        Of each stream the first ``limit`` bytes are kept; the rest travels and is dropped.

        Neither ``argv`` nor ``env`` shows in a list of processes before the command runs.

        Raises:
            SshError: the host cannot be reached, or the connection was cut. How the command
                ended is not known then, and ssh's exit code is never taken for its own.
            CommandTimeout: it did not end in time, and is ended.
            CommandMissing: there is no such program there.
        """
        script = scripts.command(argv, env, self._mark)
        master, _ = self._connected()
        with self._one_command:
            output, late = run_script(master, script, self._mark, timeout, limit)
        stderr = output.stderr.text()
        begun = output.stdout.begun and output.stderr.begun
        said, end = scripts.read_end(stderr, self._mark) if begun else (stderr, None)
        if end == scripts.MISSING:
            raise CommandMissing(f"{argv[0]} cannot be run on {self.name}: no such program there")
        if end is not None:
            result = CommandResult(int(end), output.stdout.text(), said, output.cut)
            return _within(limit, result)
        if late:
            raise CommandTimeout(f"{argv[0]} did not end within {timeout:g} s on {self.name}")
        raise self.failure() or SshError(
            errors.CUT, f"{argv[0]} on {self.name} ended without a word: {_reason(stderr)}"
        )

    def engine_options(self) -> Mapping[str, Any]:
        """Forward the Engine's socket to one here, as the docker command there finds it.

        Raises:
            EngineError: there is no Engine, or this login may not use it.
        """
        _, facts = self._connected()
        target = engine.target(facts, self.name)
        self._engine = self._forwarded(target)
        return {"base_url": f"unix://{self._engine}"}

    def beside_engine(self) -> bool:
        """Go by the address, as the docker command there does."""
        _, facts = self._connected()
        return engine.is_beside(facts)

    def address(self, host: str, port: int) -> Address:
        """Forward an address as the host sees it to a socket here; each is forwarded once."""
        return str(self._forwarded(f"{destinations.check_host(host)}:{int(port)}"))

    def failure(self) -> PlatformError | None:
        """Say why what goes over the connection fails; None where the connection is well."""
        with self._connecting:
            if self._failed or self._connection is None or self._closed:
                return self._failed
            master, facts = self._connection
            try:
                alive = master.alive()
            except SshError as hung:
                return self._given_up(master, hung)
            if not alive:
                return self._given_up(master, errors.cut(master.said(), self.name))
        if self._engine is None or engine.passed_on(self._engine):
            return None
        return engine.not_passed_on(facts, self.name, answers=self._engine_answers())

    def close(self) -> None:
        """End the connection. May be called twice, and from another thread."""
        self._closed = True
        if master := self._master:
            master.close()

    def _given_up(self, master: Master, error: SshError) -> SshError:
        """End a connection that is of no use any more; from now on ``error`` says why."""
        self._failed = error
        master.close()
        return error

    def _engine_answers(self) -> bool:
        """Return whether the docker command on the host itself reaches the Engine."""
        try:
            return self.run(engine.PROBE, timeout=_PROBE_SECONDS).returncode == 0
        except PlatformError:
            return False

    def _connected(self) -> tuple[Master, HostFacts]:
        with self._connecting:
            if self._closed:
                raise SshError("ssh.closed", f"the connection to {self.name} is closed")
            if self._failed:
                raise self._failed.with_traceback(None)
            if self._connection is None:
                try:
                    self._connection = self._connect()
                except PlatformError as error:
                    self._failed = error
                    raise
            return self._connection

    def _connect(self) -> tuple[Master, HostFacts]:
        """Log in; a host that takes no more logins at once is asked again until the deadline."""
        left, pause = self._connect_timeout, _PAUSE
        deadline = time.monotonic() + left
        master = self._master or self._start()
        while True:
            try:
                return master, master.facts(left)
            except SshError as error:
                if error.code != errors.BUSY or time.monotonic() + pause >= deadline:
                    raise
                time.sleep(pause)
                left, pause = deadline - time.monotonic(), 2 * pause
                master = self._start()

    def _start(self) -> Master:
        # Known before it is started, so that it can be closed from then on.
        self._master = master = Master(self._destination, self._config, self.name)
        master.start(self._mark)
        return master

    def _forwarded(self, target: str) -> Path:
        """Forward a socket here to a ``host:port`` or the path of a socket there."""
        with self._connecting:
            master, _ = self._connected()
            if target not in self._ways:
                path = master.folder / str(len(self._ways))
                way = f"{path}:{target.replace('%', '%%')}"
                try:
                    done = master.control("forward", "-L", way)
                except SshError as hung:
                    raise self._given_up(master, hung) from None
                if done.returncode != 0:
                    said = errors.last_line(done.stderr.decode(errors="replace"))
                    message = f"ssh cannot forward {target} on {self.name}: {said}"
                    raise self.failure() or SshError("ssh.forwarding", message)
                self._ways[target] = path
            return self._ways[target]


def _within(limit: int | None, result: CommandResult) -> CommandResult:
    """Cut off what was read beyond the limit, to find the end."""
    if limit is None:
        return result
    streams = {"stdout": result.stdout.encode(), "stderr": result.stderr.encode()}
    over = {name for name, read in streams.items() if len(read) > limit}
    stdout, stderr = (read[:limit].decode(errors="replace") for read in streams.values())
    return CommandResult(result.returncode, stdout, stderr, result.cut | over)


def _reason(stderr: str) -> str:
    return errors.last_line(stderr) or "it gave no reason"
