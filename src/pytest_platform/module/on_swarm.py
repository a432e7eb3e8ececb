"""A module that is a service of a Swarm: what its file says of it, and how it is deployed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta, structs

from pytest_platform.module.engines import NAME_FORMS
from pytest_platform.module.forms import Base, RelativePath, Text, form


class SwarmService(Base, frozen=True):
    """The one service of a Swarm's stack that the module is."""

    files: Annotated[
        tuple[RelativePath, ...],
        Meta(
            min_length=1,
            description="Stack files, as with `docker stack deploy -c`.",
            examples=[["../stack.yaml"]],
        ),
    ]
    stack: Annotated[
        str,
        form(*NAME_FORMS["swarm"], examples=["home"]),
        Meta(description="The stack it is deployed as."),
    ]
    service: Annotated[
        Text,
        Meta(description="The service in it, without the stack's name.", examples=["minio-init"]),
    ]

    @property
    def project(self) -> str:
        """The stack: what holds the services of the files together."""
        return self.stack

    def renamed(self, project: str) -> SwarmService:
        """Return the same service in another stack."""
        return structs.replace(self, stack=project)

    def deploy(self, project: str, files: Iterable[str]) -> tuple[str, ...]:
        """Return the command that deploys the whole stack: there is none for one service."""
        named = (word for file in files for word in ("-c", file))
        return ("docker", "stack", "deploy", *named, project)

    def by_hand(self, project: str, files: Iterable[str]) -> tuple[tuple[str, ...], ...]:  # noqa: ARG002
        """Return the commands that list its tasks, show its log and run it once more."""
        service = ("docker", "service")
        name = f"{project}_{self.service}"
        return (
            (*service, "ps", "--no-trunc", name),
            (*service, "logs", "--tail", "50", name),
            (*service, "update", "--force", name),
        )


class SharedSwarm(Base, frozen=True):
    """The stack of a Swarm that the modules are services of."""

    files: Annotated[
        tuple[RelativePath, ...],
        Meta(description="Stack files, relative to the file of defaults."),
    ] = ()
    stack: Annotated[str | None, Meta(description="The stack.")] = None

    @property
    def project(self) -> str | None:
        """The stack: what holds the services of the files together."""
        return self.stack
