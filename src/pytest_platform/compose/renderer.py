"""Desired state: what ``docker compose config`` renders, once per set of files and run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_platform.compose import config_hash
from pytest_platform.compose.answer import ended_by, read_model
from pytest_platform.compose.lenient import RenderingRefused, render_copy
from pytest_platform.compose.mirror import (
    MirroredSource,
    nameless,
    read,
    refuse_remote,
    refuse_waiting,
)
from pytest_platform.compose.program import TIMEOUT, find_compose
from pytest_platform.compose.rendered import Rendered, environments
from pytest_platform.errors import ComposeError, PlatformError
from pytest_platform.hosts.transport import Transport
from pytest_platform.secrets import Secrets

_UNSET = re.compile(r'The \\?"(\w+)\\?" variable is not set')
_IN_USE = re.compile(r"container name .* is already in use|container_name")
_OFFLINE = {"COMPOSE_EXPERIMENTAL_GIT_REMOTE": "false", "COMPOSE_EXPERIMENTAL_OCI_REMOTE": "false"}
_PANIC = re.compile(r"panic: (.*?)(?:\s*goroutine .*| \[recovered\].*|$)", re.DOTALL)
_ALL = ("*",)
_WARNING = re.compile(r"^time=.*level=warning|^WARN")
_HASH_IS_RIGHT = (5, 5)


class Renderer:
    """Renders Compose files where they are, and remembers what came out.

    Files that lack only values are rendered as a copy with placeholders, see ``mirror``.
    Unless it ``fetches``, files that are not on this machine are refused. ``folder`` is the
    project directory, where it is not the one of the first file.
    """

    def __init__(
        self, transport: Transport, folder: Path | None = None, *, fetches: bool = False
    ) -> None:
        self._transport = transport
        self._fetches = fetches
        self._sources: dict[tuple[Path, ...], MirroredSource] = {}
        self._blank: dict[tuple[object, ...], frozenset[str]] = {}
        self.folder = folder
        self._in_folders: dict[Path, Renderer] = {}
        self._command: tuple[str, ...] | PlatformError | None = None
        self._done: dict[tuple[object, ...], Rendered | PlatformError] = {}
        self._met: list[str] = []
        self._hashed: dict[tuple[object, ...], Mapping[str, str]] = {}
        self._version: str | None = None

    def in_folder(self, folder: Path) -> Renderer:
        """Return the renderer of projects whose relative paths and ``.env`` are in ``folder``."""
        if folder not in self._in_folders:
            self._in_folders[folder] = Renderer(self._transport, folder, fetches=self._fetches)
        return self._in_folders[folder]

    def rendered(self, files: Sequence[Path], project: str, service: str = "") -> Rendered:
        """Render with variables filled in and commands split, as they will be run.

        With all profiles, or where Compose refuses those together, with those of ``service``.

        Raises:
            ComposeMissing: no renderer is installed.
            ComposeError: Compose refuses the files.
        """
        done = self._by_profile("deployed", self._deployed, files, project, service)
        if done.refusal:
            raise ComposeError(done.refusal)
        return done

    def judged(self, files: Sequence[Path], project: str, service: str = "") -> Rendered:
        """Render as ``rendered`` does, with placeholders for all variables without a value.

        A variable that is not set is blank at a deployment from here, which says nothing of
        the declaration. What Compose refuses is left out where the rest can be judged, and
        ``Rendered.refusal`` says so.

        Raises:
            ComposeMissing: no renderer is installed.
            ComposeError: Compose refuses the files.
        """
        rendered = self._by_profile("deployed", self._deployed, files, project, service)
        active = (_ALL, self._source(files).profiles(service))
        blank = any(self._blank.get(("deployed", tuple(files), project, one)) for one in active)
        if rendered.made_up or not blank:
            return rendered
        try:
            return self._by_profile("judged", self._copied, files, project, service)
        except ComposeError:
            return rendered

    def uninterpolated(self, files: Sequence[Path], project: str) -> Rendered:
        """Render with ``${VAR}`` left in place and string commands unsplit.

        Raises:
            ComposeMissing: no renderer is installed.
            ComposeError: Compose refuses the files.
        """
        return self._once("verbatim", self._verbatim, files, project, _ALL)

    def filled(self, files: Sequence[Path], project: str, values: Mapping[str, str]) -> Rendered:
        """Render as ``rendered`` does, with these values for some of the placeholders.

        Raises:
            ComposeMissing: no renderer is installed.
            ComposeError: Compose refuses the files.
        """

        def filled(files: Sequence[Path], project: str, profiles: Sequence[str]) -> Rendered:
            first = self.rendered(files, project)
            if self._source(files).waiting or not values:
                return first
            try:
                model = self._config(files, project, profiles, env=values)
            except RenderingRefused as refused:
                if first.lacking:
                    raise self._error(refused) from None
                return self._copy(files, project, profiles, env=values)
            return Rendered(model, first.placeholders - values.keys())

        return self._once("filled", filled, files, project, _ALL)

    def meet(self, values: Iterable[str]) -> None:
        """Keep values that must not be shown, wherever they come from; see ``secrets``."""
        self._met += values

    def version(self) -> str:
        """Return the renderer's own version, such as ``5.6.1``.

        Raises:
            ComposeMissing: no renderer is installed.
        """
        if self._version is None:
            result = self._transport.run([*self._program(), "version", "--short"], timeout=TIMEOUT)
            self._version = result.stdout.strip().removeprefix("v")
        return self._version

    def hash(
        self,
        files: Sequence[Path],
        project: str,
        service: str,
        resolved: Mapping[str, Any] | None = None,
    ) -> str | None:
        """Return the hash that Compose would write on the service; None where it is unknown.

        It is unknown where placeholders stand for variables, and where this version of
        Compose is known to tell another hash than it writes. ``resolved`` is the service with
        containers in place of the services that it shares something with.
        """
        try:
            rendered = self.rendered(files, project)
            if rendered.made_up or service not in rendered.services:
                return None
            source = self.uninterpolated(files, project).services.get(service) or {}
            told = self._hashes(files, project).get(service)
            if resolved is not None and told == config_hash.of_service(rendered.services[service]):
                return config_hash.of_service(resolved)
            return None if misleading(source, self.version()) else told
        except PlatformError:
            return None

    def unset(self, files: Sequence[Path], project: str) -> frozenset[str]:
        """Name the variables that have no value here and no default. Never raises."""
        with suppress(PlatformError):
            self.rendered(files, project)
        return self._blank.get(("deployed", tuple(files), project, _ALL), frozenset())

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

    def secrets(self) -> Secrets:
        """Return the values that were met, and those of all rendered environments."""
        models = [
            one
            for (kind, *_), one in self._done.items()
            if isinstance(one, Rendered) and kind != "verbatim"
        ]
        met = Secrets(self._met, (pair for one in models for pair in environments(one)))
        for other in self._in_folders.values():
            met = met | other.secrets()
        return met

    @property
    def count(self) -> int:
        """How much there was to meet values in, so that callers can tell when there is more."""
        others = sum(other.count for other in self._in_folders.values())
        return len(self._done) + len(self._met) + others

    def _by_profile(
        self,
        kind: str,
        render: _Render,
        files: Sequence[Path],
        project: str,
        service: str,
    ) -> Rendered:
        """Services of different profiles may contradict each other; then only one's count."""
        try:
            done = self._once(kind, render, files, project, _ALL)
            if not _IN_USE.search(done.refusal):
                return done
        except ComposeError as error:
            if not _IN_USE.search(str(error)):
                raise
            done = None
        profiles = self._source(files).profiles(service)
        try:
            return self._once(kind, render, files, project, profiles)
        except ComposeError:
            if done is None:
                raise
            return done

    def _once(
        self,
        kind: str,
        render: _Render,
        files: Sequence[Path],
        project: str,
        profiles: Sequence[str],
    ) -> Rendered:
        key = (kind, tuple(files), project, tuple(profiles))
        if key not in self._done:
            try:
                self._refuse(files)
                self._done[key] = render(files, project, profiles)
            except PlatformError as error:
                self._done[key] = error
        done = self._done[key]
        if isinstance(done, PlatformError):
            raise done.with_traceback(None)
        return done

    def _refuse(self, files: Sequence[Path]) -> None:
        refuse_waiting(self._source(files))
        if not self._fetches:
            refuse_remote(self._source(files))

    def _source(self, files: Sequence[Path]) -> MirroredSource:
        key = tuple(files)
        if key not in self._sources:
            self._sources[key] = read(files)
        return self._sources[key]

    def _deployed(self, files: Sequence[Path], project: str, profiles: Sequence[str]) -> Rendered:
        key = ("deployed", tuple(files), project, tuple(profiles))
        if self._source(files).waiting:
            return self._copied(files, project, profiles)
        try:
            model = self._config(files, project, profiles, met=key)
        except RenderingRefused as refused:
            if _IN_USE.search(refused.stderr) and tuple(profiles) == _ALL:
                raise self._error(refused) from None
            return self._copied(files, project, profiles, refused)
        return Rendered(model)

    def _copied(
        self,
        files: Sequence[Path],
        project: str,
        profiles: Sequence[str],
        refused: RenderingRefused | None = None,
    ) -> Rendered:
        copy = self._copy(files, project, profiles)
        if not copy.refusal and (said := nameless(self._source(files))):
            copy = replace(copy, refusal=said)
        if refused and self._source(files).absent:
            copy = replace(copy, refusal=refused.stderr)
        if copy.refusal:
            return replace(copy, refusal=str(self._error(RenderingRefused(copy.refusal))))
        return copy

    def _copy(
        self,
        files: Sequence[Path],
        project: str,
        profiles: Sequence[str],
        *,
        plain: bool = False,
        env: Mapping[str, str] | None = None,
    ) -> Rendered:
        def ask(copied: Sequence[Path], *options: str) -> Mapping[str, Any]:
            return self._config(copied, project, profiles, *options, env=env)

        try:
            return render_copy(self._source(files), ask, plain=plain)
        except RenderingRefused as refused:
            raise self._error(refused) from None

    def _verbatim(self, files: Sequence[Path], project: str, profiles: Sequence[str]) -> Rendered:
        if self._source(files).waiting:
            return self._copy(files, project, profiles, plain=True)
        try:
            return Rendered(self._config(files, project, profiles, "--no-interpolate"))
        except RenderingRefused:
            return self._copy(files, project, profiles, plain=True)

    def _error(self, refusal: RenderingRefused) -> ComposeError:
        """Give Compose's own words without its warnings. Reports redact the values it quotes."""
        lines = [line for line in refusal.stderr.splitlines() if not _WARNING.match(line)]
        said = _PANIC.sub(r"it crashed: \1", " ".join(lines).strip()) or "no message"
        return ComposeError(f"Compose cannot render the files: {said}")

    def _config(
        self,
        files: Sequence[Path],
        project: str,
        profiles: Sequence[str],
        *options: str,
        env: Mapping[str, str] | None = None,
        met: tuple[object, ...] = (),
    ) -> Mapping[str, Any]:
        argv = [*self._options(files, project, profiles), "config", "--format", "json", *options]
        env = {**({} if self._fetches else _OFFLINE), **(env or {})}
        result = self._transport.run(argv, timeout=TIMEOUT, env=env)
        if result.returncode != 0:
            raise RenderingRefused(result.stderr.strip() or ended_by(result.returncode))
        self._blank[met] = frozenset(_UNSET.findall(result.stderr))
        return read_model(result.stdout, plain="--no-interpolate" in options)

    def _options(
        self, files: Sequence[Path], project: str, profiles: Sequence[str] = _ALL
    ) -> list[str]:
        named = [word for file in files for word in ("-f", str(file))]
        active = [word for profile in profiles for word in ("--profile", profile)]
        folder = ["--project-directory", str(self.folder)] if self.folder else []
        return [*self._program(), "-p", project, *folder, *named, *active]

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


_Render = Callable[[Sequence[Path], str, Sequence[str]], Rendered]
