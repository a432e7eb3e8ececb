"""Desired state: what ``docker compose config`` renders, once per set of files and run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pytest_platform.compose import config_hash
from pytest_platform.compose.program import ComposeProgram, Request
from pytest_platform.compose.rendered import Rendered, environments
from pytest_platform.compose.rendering import IN_USE, Rendering
from pytest_platform.errors import ComposeError, PlatformError
from pytest_platform.hosts.transport import Transport
from pytest_platform.secrets import Secrets


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
        self.folder = folder
        self._program = ComposeProgram(transport, folder, fetches=fetches)
        self._rendering = Rendering(self._program, fetches=fetches)
        self._in_folders: dict[Path, Renderer] = {}
        self._done: dict[tuple[str, Request], Rendered | PlatformError] = {}
        self._met: list[str] = []
        self._hashed: dict[Request, Mapping[str, str]] = {}

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
        done = self._by_profile(
            "deployed", self._rendering.deployed, Request.of(files, project), service
        )
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
        request = Request.of(files, project)
        rendered = self._by_profile("deployed", self._rendering.deployed, request, service)
        active = (request, self._narrowed(request, service))
        if rendered.made_up or not any(map(self._rendering.unset.get, active)):
            return rendered
        try:
            return self._by_profile("judged", self._rendering.copied, request, service)
        except ComposeError:
            return rendered

    def uninterpolated(self, files: Sequence[Path], project: str) -> Rendered:
        """Render with ``${VAR}`` left in place and string commands unsplit.

        Raises:
            ComposeMissing: no renderer is installed.
            ComposeError: Compose refuses the files.
        """
        return self._once("verbatim", self._rendering.verbatim, Request.of(files, project))

    def filled(self, files: Sequence[Path], project: str, values: Mapping[str, str]) -> Rendered:
        """Render as ``rendered`` does, with these values for some of the placeholders.

        Raises:
            ComposeMissing: no renderer is installed.
            ComposeError: Compose refuses the files.
        """

        def render(request: Request) -> Rendered:
            return self._rendering.filled(request, values, self.rendered(files, project))

        return self._once("filled", render, Request.of(files, project))

    def meet(self, values: Iterable[str]) -> None:
        """Keep values that must not be shown, wherever they come from; see ``secrets``."""
        self._met += values

    def version(self) -> str:
        """Return the renderer's own version, such as ``5.6.1``.

        Raises:
            ComposeMissing: no renderer is installed.
        """
        return self._program.version

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
            source = self.uninterpolated(files, project).documents.get(service) or {}
            told = self._hashes(Request.of(files, project)).get(service)
            if resolved is not None and told == config_hash.of_service(rendered.documents[service]):
                return config_hash.of_service(resolved)
            return None if config_hash.misleading(source, self.version()) else told
        except PlatformError:
            return None

    def unset(self, files: Sequence[Path], project: str) -> frozenset[str]:
        """Name the variables that have no value here and no default. Never raises."""
        with suppress(PlatformError):
            self.rendered(files, project)
        return self._rendering.unset.get(Request.of(files, project), frozenset())

    def _hashes(self, request: Request) -> Mapping[str, str]:
        if request not in self._hashed:
            self._hashed[request] = self._program.hashes(request)
        return self._hashed[request]

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

    def _by_profile(self, kind: str, render: _Render, request: Request, service: str) -> Rendered:
        """Services of different profiles may contradict each other; then only one's count."""
        try:
            done = self._once(kind, render, request)
            if not IN_USE.search(done.refusal):
                return done
        except ComposeError as error:
            if not IN_USE.search(str(error)):
                raise
            done = None
        try:
            return self._once(kind, render, self._narrowed(request, service))
        except ComposeError:
            if done is None:
                raise
            return done

    def _narrowed(self, request: Request, service: str) -> Request:
        return request._replace(profiles=self._rendering.source(request.files).profiles(service))

    def _once(self, kind: str, render: _Render, request: Request) -> Rendered:
        key = (kind, request)
        if key not in self._done:
            try:
                self._rendering.refuse(request.files)
                self._done[key] = render(request)
            except PlatformError as error:
                self._done[key] = error
        done = self._done[key]
        if isinstance(done, PlatformError):
            raise done.with_traceback(None)
        return done


_Render = Callable[[Request], Rendered]
