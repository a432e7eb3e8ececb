"""Containers of Compose compared with the files.

An exit code counts for the program that ran. What the container of a one-shot ran is compared
with the files by image reference, entrypoint and command, and only Compose writes a config hash.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from pytest_platform.checks.contract.facts import Facts
from pytest_platform.checks.drift import fields
from pytest_platform.checks.drift.desired import desired
from pytest_platform.checks.drift.evidence import variable_fields
from pytest_platform.checks.drift.model import ContainerSettings, Desired, Evidence, Image, Observed
from pytest_platform.checks.drift.observed import image_of
from pytest_platform.compose import image_name
from pytest_platform.docker.details import Digests
from pytest_platform.docker.snapshot import Container
from pytest_platform.errors import ComposeError, PlatformError
from pytest_platform.module.loader import Module
from pytest_platform.run.context import Context
from pytest_platform.verdict import Finding

if TYPE_CHECKING:
    from pytest_platform.checks.drift.model import Comparison

OUTDATED = "container.state.outdated"

_PROGRAM = {"image": fields.image, "entrypoint": fields.entrypoint, "command": fields.command}


def drift(module: Module, context: Context) -> Comparison:
    """Compare the state and the settings of a module's containers, and look for orphans."""
    from pytest_platform.checks.drift.judge import compared

    return compared(module, context)


def get_ready(module: Module, context: Context) -> None:
    """Render the files of a one-shot; what is wrong with them is for ``outdated`` to find."""
    if not module.is_hook:
        with suppress(PlatformError):
            _ = _facts(module, context).service


def outdated(module: Module, context: Context) -> Iterator[Finding]:
    """Yield a finding for each container of a one-shot that ran another program.

    A hook has no lasting container of its own.

    Raises:
        PlatformError: the files cannot be rendered, or the Engine cannot be asked.
    """
    if module.is_hook:
        return
    for container in context.fleet.snapshot(module).of(module.project, module.service):
        if not container.config_hash:
            why = "Compose did not make it: it has no config hash"
            yield _finding(container, why, "a container that Compose made", "another one")
        elif names := _other_program(module, context, container):
            why = f"its {' and '.join(names)} {'are' if len(names) > 1 else 'is'} not the file's"
            yield _finding(container, why, "the program of the Compose files", "another program")


def differing(wanted: Desired, container: Container, image: Image | None) -> list[str]:
    """Name what a container ran otherwise: image, entrypoint or command. Pure.

    What the files leave to the image is compared where the ``image`` is known.
    """
    settings = ContainerSettings(
        image=image_name.normal(container.image),
        command=container.command,
        entrypoint=container.entrypoint,
    )
    seen = Observed(settings, image, podman=container.podman)
    return [name for name, field in _PROGRAM.items() if field(wanted, seen, Evidence())]


def _other_program(module: Module, context: Context, container: Container) -> list[str]:
    facts = _facts(module, context)
    try:
        _ = facts.service
    except ComposeError:
        return []  # contract::compose reports it; the exit code is known all the same
    wanted = desired(module.service, facts.rendered, lambda _: "")
    names = differing(wanted, container, None)
    if not names and not (wanted.settings.command and wanted.settings.entrypoint):
        names = differing(wanted, container, image_behind(container, module, context))
    unknown = _unknown_here(facts, context) if names else ()
    return [name for name in names if name not in unknown]


def _facts(module: Module, context: Context) -> Facts:
    return Facts(module, context.catalog, context.renderer, context.today)


def _unknown_here(facts: Facts, context: Context) -> Collection[str]:
    """Name the fields whose variables have no value here, or others on another host."""
    renderer, module = context.renderer, facts.module
    elsewhere = context.remote_mode.elsewhere or bool(facts.rendered.placeholders)
    if elsewhere or renderer.unset(facts.compose_files, module.project):
        return variable_fields(module.service, facts.source)
    return ()


def _finding(container: Container, why: str, expected: str, actual: str) -> Finding:
    message = (
        f"{container.name} exited 0, but {why}, so the declared one-shot never ran; "
        f"deploy it: docker compose up -d {container.service}"
    )
    return Finding(OUTDATED, message, expected, actual)


def image_behind(container: Container, module: Module, context: Context) -> Image | None:
    """Return the image that a container was made of, None where its host has it no more.

    Raises:
        PlatformError: the Engine cannot be asked.
    """
    details = context.fleet.snapshot(module).details
    if details is not None:
        known = details.images.get(container.image_id)
        return image_of(known) if known else None
    found = context.fleet.host_of(module).engine.inspect_image(container.image_id)
    return image_of(Digests().without_values(found)) if found else None
