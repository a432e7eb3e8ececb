"""A module that is a service of Compose: what its file says of it, and how it is deployed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta, structs

from pytest_platform.module.engines import NAME_FORMS
from pytest_platform.module.forms import Base, RelativePath, Text, form


class ComposeService(Base, frozen=True):
    """The one Compose service that the module is."""

    files: Annotated[
        tuple[RelativePath, ...],
        Meta(min_length=1, description="Compose files, as with `docker compose -f`."),
    ]
    project: Annotated[
        str,
        form(*NAME_FORMS["compose"], examples=["home-platform"]),
        Meta(description="The Compose project it is deployed as."),
    ]
    service: Annotated[Text, Meta(description="The service in it.", examples=["minio-init"])]

    def renamed(self, project: str) -> ComposeService:
        """Return the same service in another project."""
        return structs.replace(self, project=project)

    def deploy(self, project: str, files: Iterable[str]) -> tuple[str, ...]:
        """Return the command that deploys it in ``project``."""
        named = (word for file in files for word in ("-f", file))
        return ("docker", "compose", "-p", project, *named, "up", "-d", self.service)

    def by_hand(self, project: str, files: Iterable[str]) -> tuple[tuple[str, ...], ...]:
        """Return the commands that list its containers, show its log and run it once more."""
        deploy = self.deploy(project, files)
        compose = deploy[: deploy.index("up")]
        return (
            (*compose, "ps", "--all", self.service),
            (*compose, "logs", "--tail", "50", self.service),
            (*compose, "up", self.service),
        )


class SharedCompose(Base, frozen=True):
    """The Compose project that the modules are services of."""

    files: Annotated[
        tuple[RelativePath, ...],
        Meta(description="Compose files, relative to the file of defaults."),
    ] = ()
    project: Annotated[str | None, Meta(description="The Compose project.")] = None
