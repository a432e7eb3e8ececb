"""What the probes that look into containers share: which container, and what is written."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from pytest_platform.docker.snapshot import Container
from pytest_platform.module.forms import Text
from pytest_platform.probes.kind import NoContainer, Target

Service = Annotated[
    Text | None,
    Meta(
        description=(
            "The service of the module's project whose container is looked at, running or not; "
            "default: its own."
        ),
        examples=["minio"],
    ),
]
AbsolutePath = Annotated[
    str,
    Meta(
        pattern=r"^/[^\x00]*$(?!\n)",
        extra_json_schema={"patternErrorMessage": "an absolute path"},
    ),
]
Argument = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00]*$(?!\n)",
        extra_json_schema={"patternErrorMessage": "text without a NUL"},
    ),
]


def containers_of(target: Target, service: str | None) -> list[Container]:
    """Return the containers of a service in whatever state, those that run first.

    Raises:
        NoContainer: there is none.
    """
    name = service or target.module.service
    containers = target.snapshot.of(target.module.project, name)
    if not containers:
        message = f"'{name}' has no container"
        raise NoContainer(message)
    return sorted(containers, key=lambda one: one.status != "running")
