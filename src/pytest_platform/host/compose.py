"""Desired state: what ``docker compose config`` renders, once per set of files and run."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pytest_platform.errors import ComposeError, PlatformError
from pytest_platform.host.compose_answer import ended_by, read_model, read_names
from pytest_platform.host.compose_program import TIMEOUT, find_compose
from pytest_platform.host.rendered import Rendered, environment_values, secret_contents
from pytest_platform.host.transport import Transport
from pytest_platform.secrets import Secrets

NUMBER, ADDRESS = "1", "127.0.0.1"
"""Placeholders of required variables without a value: a port, a number, a text; an address."""

_ADDRESS_NAME = re.compile(r"BIND|ADDR|HOST|(^|_)IP(_|$)")

_MISSING = re.compile(r"required variable (\w+) is missing a value")
_WARNING = re.compile(r"^time=.*level=warning|^WARN")
_HASH_IS_RIGHT = (5, 5)


class Renderer:
    """Renders Compose files where they are, and remembers what came out."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._command: tuple[str, ...] | PlatformError | None = None
        self._done: dict[tuple[object, ...], Rendered | PlatformError] = {}
        self._learned: dict[tuple[object, ...], Secrets] = {}
        self._hashed: dict[tuple[object, ...], Mapping[str, str]] = {}
        self._version: str | None = None

    def rendered(self, files: Sequence[Path], project: str) -> Rendered:
        """Render with variables filled in and commands split, as they will be run.

        Raises:
            ComposeMissing: no renderer is installed.
            ComposeError: Compose refuses the files.
        """
        return self._once(files, project, self._with_placeholders)

    def uninterpolated(self, files: Sequence[Path], project: str) -> Rendered:
        """Render with ``${VAR}`` left in place and string commands unsplit.

        Raises:
            ComposeMissing: no renderer is installed.
            ComposeError: Compose refuses the files.
        """
        return self._once(files, project, self._verbatim)

    def filled(self, files: Sequence[Path], project: str, values: Mapping[str, str]) -> Rendered:
        """Render as ``rendered`` does, with these values for some of the placeholders.

        Raises:
            ComposeMissing: no renderer is installed.
            ComposeError: Compose refuses the files.
        """

        def filled(files: Sequence[Path], project: str) -> Rendered:
            names = self.rendered(files, project).placeholders
            refusal = _Refused("")
            for guess in _guesses(names):
                try:
                    model = self._config(files, project, env={**guess, **values})
                except _Refused as refused:
                    refusal = refused
                else:
                    return Rendered(model, names - values.keys())
            raise self._error(refusal, files, project)

        return self._once(files, project, filled)

    def meet(self, values: Iterable[str]) -> None:
        """Keep values that must not be shown, wherever they come from; see ``secrets``."""
        self._learned["met", self.count] = Secrets(values)

    def version(self) -> str:
        """Return the renderer's own version, such as ``5.6.1``.

        Raises:
            ComposeMissing: no renderer is installed.
        """
        if self._version is None:
            result = self._transport.run([*self._program(), "version", "--short"], timeout=TIMEOUT)
            self._version = result.stdout.strip().removeprefix("v")
        return self._version

    def hash(self, files: Sequence[Path], project: str, service: str) -> str | None:
        """Return the hash that Compose would write on the service; None where it is unknown.

        It is unknown where placeholders stand for variables, and where this version of
        Compose is known to tell another hash than it writes.
        """
        try:
            rendered = self.rendered(files, project)
            if rendered.placeholders or service not in rendered.services:
                return None
            source = self.uninterpolated(files, project).services.get(service) or {}
            if misleading(source, self.version()):
                return None
            return self._hashes(files, project).get(service)
        except PlatformError:
            return None

    def _hashes(self, files: Sequence[Path], project: str) -> Mapping[str, str]:
        """Ask for all at once: asked for one, older versions forget what it depends on."""
        key = (tuple(files), project)
        if key not in self._hashed:
            argv = [*self._options(files, project), "config", "--hash", "*"]
            result = self._transport.run(argv, timeout=TIMEOUT)
            lines = result.stdout.splitlines() if result.returncode == 0 else []
            self._hashed[key] = {
                words[0]: words[1] for line in lines if (words := line.split())[1:]
            }
        return self._hashed[key]

    def learn(self, files: Sequence[Path], project: str) -> None:
        """Find out which values of these files must not be shown; see ``secrets``. Never raises."""
        key = (tuple(files), project)
        if key not in self._learned:
            self._learned[key] = Secrets()
            with suppress(PlatformError):
                values = [*self._variable_values(files, project)]
                values += secret_contents(self.rendered(files, project))
                self._learned[key] = Secrets(values)

    def secrets(self) -> Secrets:
        """Return the values that were met: of environments, and of all that was learned."""
        models = [
            one
            for (*_, render), one in self._done.items()
            if isinstance(one, Rendered) and render != self._verbatim.__name__
        ]
        met = Secrets(value for one in models for value in environment_values(one))
        for learned in self._learned.values():
            met = met | learned
        return met

    @property
    def count(self) -> int:
        """How much there was to meet values in, so that callers can tell when there is more."""
        return len(self._done) + len(self._learned)

    def _once(
        self,
        files: Sequence[Path],
        project: str,
        render: Callable[[Sequence[Path], str], Rendered],
    ) -> Rendered:
        key = (tuple(files), project, render.__name__)
        if key not in self._done:
            try:
                self._done[key] = render(files, project)
            except PlatformError as error:
                self._done[key] = error
        done = self._done[key]
        if isinstance(done, PlatformError):
            raise done.with_traceback(None)
        return done

    def _with_placeholders(self, files: Sequence[Path], project: str) -> Rendered:
        """Compose names every variable that lacks a value at once, so no third round is needed."""
        try:
            return Rendered(self._config(files, project))
        except _Refused as refused:
            refusal = refused
        names = frozenset(_MISSING.findall(refusal.stderr))
        for placeholders in _guesses(names) if names else ():
            try:
                model = self._config(files, project, env=placeholders)
            except _Refused as refused:
                refusal = refused
            else:
                return Rendered(model, names)
        raise self._error(refusal, files, project)

    def _verbatim(self, files: Sequence[Path], project: str) -> Rendered:
        try:
            return Rendered(self._config(files, project, "--no-interpolate"))
        except _Refused as refusal:
            raise self._error(refusal, files, project) from None

    def _error(self, refusal: _Refused, files: Sequence[Path], project: str) -> ComposeError:
        """Give Compose's own words, without its warnings and the values that it quotes."""
        lines = [line for line in refusal.stderr.splitlines() if not _WARNING.match(line)]
        said = " ".join(lines).strip() or "no message"
        safe = Secrets(self._variable_values(files, project)).hide(said, "[redacted]")
        return ComposeError(f"Compose cannot render the files: {safe[:500]}")

    def _variable_values(self, files: Sequence[Path], project: str) -> Iterator[str]:
        """Yield what the files' variables may stand for, from the environment and ``.env``."""
        argv = [*self._options(files, project), "config", "--variables", "--format", "json"]
        result = self._transport.run(argv, timeout=TIMEOUT)
        yield from (os.environ.get(name, "") for name in read_names(result.stdout))
        with suppress(OSError, UnicodeDecodeError):
            for line in (files[0].parent / ".env").read_text(encoding="utf-8").splitlines():
                yield line.partition("=")[2].strip().strip("'\"")

    def _config(
        self,
        files: Sequence[Path],
        project: str,
        *options: str,
        env: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any]:
        argv = [*self._options(files, project), "config", "--format", "json", *options]
        result = self._transport.run(argv, timeout=TIMEOUT, env=env)
        if result.returncode != 0:
            raise _Refused(result.stderr.strip() or ended_by(result.returncode))
        return read_model(result.stdout)

    def _options(self, files: Sequence[Path], project: str) -> list[str]:
        named = [word for file in files for word in ("-f", str(file))]
        return [*self._program(), "-p", project, *named, "--profile", "*"]

    def _program(self) -> tuple[str, ...]:
        if self._command is None:
            try:
                self._command = find_compose(self._transport)
            except PlatformError as error:
                self._command = error
        if isinstance(self._command, PlatformError):
            raise self._command.with_traceback(None)
        return self._command


def misleading(source: Mapping[str, Any], version: str) -> bool:
    """Tell whether ``config --hash`` and ``up`` may disagree about a service as it is written.

    ``up`` puts container ids in place of ``service:NAME``. Before 5.5, ``config --hash``
    did not read ``env_file``, and older ones counted ``depends_on`` in one of the two.
    """
    if source.get("volumes_from") or source.get("use_api_socket") or source.get("models"):
        return True
    shared = (str(source.get(key) or "") for key in ("network_mode", "ipc", "pid"))
    if any("service:" in mode or "$" in mode for mode in shared):
        return True
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    return numbers < _HASH_IS_RIGHT and bool(source.get("env_file") or source.get("depends_on"))


def _guesses(names: Collection[str]) -> Iterator[dict[str, str]]:
    """Yield placeholders for variables: first as their names suggest, then all alike."""
    yield {name: ADDRESS if _ADDRESS_NAME.search(name) else NUMBER for name in names}
    yield dict.fromkeys(names, NUMBER)
    yield dict.fromkeys(names, ADDRESS)


class _Refused(Exception):
    def __init__(self, stderr: str) -> None:
        super().__init__(stderr)
        self.stderr = stderr
