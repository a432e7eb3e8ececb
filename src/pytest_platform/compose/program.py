"""The program that renders: which one it is, and its answer, taken only where it is a project."""

from __future__ import annotations

import re
import shutil
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from pytest_platform.compose.rendered import called_after
from pytest_platform.compose.service import service_of
from pytest_platform.errors import ComposeError, ComposeMissing, ComposeTimeout, PlatformError
from pytest_platform.hosts.transport import CommandMissing, CommandTimeout, Transport

TIMEOUT = 60.0
"""Seconds that Compose may take to answer; it reads files only."""

ALL: Final = ("*",)
"""All profiles."""

_OLDEST = 2
_NOWHERE = "unix:///dev/null"
_INSTALL = "pip install 'pytest-platform[compose]'"
_OFFLINE = {"COMPOSE_EXPERIMENTAL_GIT_REMOTE": "false", "COMPOSE_EXPERIMENTAL_OCI_REMOTE": "false"}
_UNSET: Final = re.compile(r'The \\?"(\w+)\\?" variable is not set')
_PANIC: Final = re.compile(r"panic: (.*?)(?:\s*goroutine .*| \[recovered\].*|$)", re.DOTALL)
_WARNING: Final = re.compile(r"^time=.*level=warning|^WARN")


class RenderingRefused(Exception):
    """Compose refuses the files, and says why in ``stderr``."""

    def __init__(self, stderr: str) -> None:
        super().__init__(stderr)
        self.stderr = stderr


class Request(NamedTuple):
    """What is to be rendered: the files of a project, with the services of some profiles."""

    files: tuple[Path, ...]
    project: str
    profiles: tuple[str, ...]

    @classmethod
    def of(cls, files: Sequence[Path], project: str) -> Request:
        """Ask for all profiles."""
        return cls(tuple(files), project, ALL)

    def with_files(self, files: Sequence[Path]) -> Request:
        """Ask the same of other files."""
        return self._replace(files=tuple(files))


class ComposeProgram:
    """The program, found when it is first needed. ``folder`` is the project directory, if any.

    Unless it ``fetches``, it reads nothing that is not on this machine.
    """

    def __init__(self, transport: Transport, folder: Path | None, *, fetches: bool) -> None:
        self._transport = transport
        self._folder = folder
        self._fetches = fetches
        self._found: tuple[str, ...] | PlatformError | None = None

    def config(
        self, request: Request, *options: str, env: Mapping[str, str] | None = None
    ) -> tuple[Mapping[str, Any], frozenset[str]]:
        """Return the rendered model, and the names of variables without a value.

        Raises:
            ComposeMissing: no renderer is installed.
            ComposeError: the answer is no project.
            RenderingRefused: Compose refuses the files.
        """
        argv = [*self._argv(request), "config", "--format", "json", *options]
        env = {**({} if self._fetches else _OFFLINE), **(env or {})}
        result = self._transport.run(argv, timeout=TIMEOUT, env=env)
        if result.returncode != 0:
            raise RenderingRefused(result.stderr.strip() or _ended_by(result.returncode))
        model = _read_model(result.stdout, plain="--no-interpolate" in options)
        return called_after(model, request.project), frozenset(_UNSET.findall(result.stderr))

    def hashes(self, request: Request) -> Mapping[str, str]:
        """Return the config hash of each service; none where Compose refuses the files.

        All are asked for at once: asked for one, older versions forget what it depends on.
        """
        argv = [*self._argv(request._replace(profiles=ALL)), "config", "--hash", "*"]
        result = self._transport.run(argv, timeout=TIMEOUT)
        lines = result.stdout.splitlines() if result.returncode == 0 else []
        return {words[0]: words[1] for line in lines if (words := line.split())[1:]}

    @cached_property
    def version(self) -> str:
        """The version of the program, such as ``5.6.1``."""
        result = self._transport.run([*self._command(), "version", "--short"], timeout=TIMEOUT)
        return result.stdout.strip().removeprefix("v")

    def _argv(self, request: Request) -> list[str]:
        named = [word for file in request.files for word in ("-f", str(file))]
        active = [word for profile in request.profiles for word in ("--profile", profile)]
        folder = ["--project-directory", str(self._folder)] if self._folder else []
        return [*self._command(), "-p", request.project.lower(), *folder, *named, *active]

    def _command(self) -> tuple[str, ...]:
        if self._found is None:
            try:
                self._found = find_compose(self._transport)
            except PlatformError as error:
                self._found = error
        if isinstance(self._found, PlatformError):
            raise self._found.with_traceback(None)
        return self._found


def as_error(refusal: RenderingRefused) -> ComposeError:
    """Give Compose's own words without its warnings. Reports redact the values it quotes."""
    lines = [line for line in refusal.stderr.splitlines() if not _WARNING.match(line)]
    said = _PANIC.sub(r"it crashed: \1", " ".join(lines).strip()) or "no message"
    return ComposeError(f"Compose cannot render the files: {said}")


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


_SECTIONS: Final = ("services", "networks", "volumes", "secrets", "configs")


def _read_model(text: str, *, plain: bool = False) -> Mapping[str, Any]:
    """Return the document of ``config --format json``.

    With ``plain`` it is one before interpolation, in which short forms stay as they are written.

    Raises:
        ComposeError: it is no project, as where a wrapper of that name answers.
    """
    try:
        model = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        model = None
    fits = _is_plain_service if plain else _is_service
    if not isinstance(model, Mapping) or not _is_project(model, fits):
        message = (
            "Compose answers with what is no project; try: docker compose config --format json"
        )
        raise ComposeError(message)
    return model


def _ended_by(returncode: int) -> str:
    """Say which signal ended Compose, where it said nothing itself."""
    if returncode >= 0:
        return "no message"
    try:
        name = signal.Signals(-returncode).name
    except ValueError:
        name = f"signal {-returncode}"
    return f"it was ended by {name} while it read them"


def _is_project(model: Mapping[str, Any], fits: Callable[[Any], bool]) -> bool:
    sections = all(map(_is_section, map(model.get, _SECTIONS)))
    return sections and all(map(fits, (model.get("services") or {}).values()))


def _is_service(service: Any) -> bool:
    """Return whether each field of a service that is read has the form that Compose gives it."""
    try:
        service_of(service)
    except (ValueError, AttributeError):
        return False
    return True


def _is_plain_service(service: Any) -> bool:
    return isinstance(service, Mapping) and all(
        service.get(key) is None or fits(service[key]) for key, fits in _PLAIN.items()
    )


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def _are_mappings(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_mapping, value))


_PLAIN: Final[Mapping[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(("healthcheck", "deploy", "provider"), _is_mapping),
    **dict.fromkeys(("pre_start", "post_start", "pre_stop"), _are_mappings),
    **dict.fromkeys(("ports", "volumes"), _is_list),
}


def _is_section(section: Any) -> bool:
    if section is None:
        return True
    return isinstance(section, Mapping) and all(
        entry is None or isinstance(entry, Mapping) for entry in section.values()
    )
