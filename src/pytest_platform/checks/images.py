"""What the image of a container brings into it, as its Engine has it."""

from __future__ import annotations

from pytest_platform.checks.drift.model import Image
from pytest_platform.checks.drift.observed import image_of
from pytest_platform.docker.details import Digests
from pytest_platform.docker.snapshot import Container
from pytest_platform.module.loader import Module
from pytest_platform.run.context import Context


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
