"""The program that renders: which one it is, and its answer, taken only where it is a project."""

from __future__ import annotations

import json
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from pytest_platform.errors import ComposeError, ComposeMissing, ComposeTimeout
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


_SECTIONS: Final = ("services", "networks", "volumes", "secrets", "configs")


def read_model(text: str, *, plain: bool = False) -> Mapping[str, Any]:
    """Return the document of ``config --format json``.

    With ``plain`` it is one before interpolation, in which short forms stay as they are written.

    Raises:
        ComposeError: it is no project, as where a wrapper of that name answers.
    """
    try:
        model = json.loads(text)
    except (ValueError, RecursionError):
        model = None
    if not isinstance(model, Mapping) or not _is_project(model, _PLAIN if plain else _FIELDS):
        message = (
            "Compose answers with what is no project; try: docker compose config --format json"
        )
        raise ComposeError(message)
    return model


def ended_by(returncode: int) -> str:
    """Say which signal ended Compose, where it said nothing itself."""
    if returncode >= 0:
        return "no message"
    try:
        name = signal.Signals(-returncode).name
    except ValueError:
        name = f"signal {-returncode}"
    return f"it was ended by {name} while it read them"


def _is_project(model: Mapping[str, Any], fields: _Fields) -> bool:
    sections = all(map(_is_section, map(model.get, _SECTIONS)))
    services = (model.get("services") or {}).values() if sections else ()
    return sections and all(_is_service(one, fields) for one in services)


def _is_service(service: Any, fields: _Fields) -> bool:
    """Tell whether what is read of a service has a form that Compose gives it."""
    return isinstance(service, Mapping) and all(
        service.get(key) is None or fits(service[key]) for key, fits in fields.items()
    )


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def _are_mappings(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_mapping, value))


_Fields = Mapping[str, Callable[[Any], bool]]

_PLAIN: Final[_Fields] = {
    **dict.fromkeys(("healthcheck", "deploy", "provider"), _is_mapping),
    **dict.fromkeys(("pre_start", "post_start", "pre_stop"), _are_mappings),
    **dict.fromkeys(("ports", "volumes"), _is_list),
}

_FIELDS: Final[_Fields] = {
    **_PLAIN,
    **dict.fromkeys(("environment", "labels", "networks", "depends_on"), _is_mapping),
    **dict.fromkeys(("ports", "volumes"), _are_mappings),
}


def _is_section(section: Any) -> bool:
    if section is None:
        return True
    return isinstance(section, Mapping) and all(
        entry is None or isinstance(entry, Mapping) for entry in section.values()
    )
