"""Where a probe of the network goes, as it is written in a module file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from pytest_platform.module.model import Base, Duration, Text
from pytest_platform.probes.kind import Endpoint, Target
from pytest_platform.probes.network.names import refuse_host

Service = Annotated[
    Text | None,
    Meta(
        description=(
            "The service of the module's project to go to; default: its own. "
            "The way there is its published port, else its own address beside the host."
        ),
        examples=["minio"],
    ),
]
Port = Annotated[int, Meta(ge=1, le=65535)]
Timeout = Annotated[
    Duration,
    Meta(
        description=(
            "How long one try may take, from the connection to the end of the answer. "
            "`within`, beside the name of the probe, says for how long it is tried again."
        )
    ),
]


class Place(Base, frozen=True):
    """A port of a service, or of a host as the module's host sees it."""

    service: Service = None
    host: Annotated[
        Text | None,
        Meta(
            description="A name or address to go to in place of a service.",
            examples=["192.0.2.10"],
        ),
    ] = None

    def __post_init__(self) -> None:
        if self.service is not None and self.host is not None:
            message = "name a service or a host, not both"
            raise ValueError(message)
        if self.host is not None:
            refuse_host(self.host)

    def endpoint(self, target: Target, port: int, protocol: str = "tcp") -> Endpoint:
        """Return where to connect to.

        Raises:
            PlatformError: see ``Target.endpoint`` and ``Target.outside``.
        """
        if self.host is not None:
            return target.outside(self.host, port)
        return target.endpoint(port, service=self.service, protocol=protocol)

    def services(self) -> Sequence[str]:
        """Name the services that have to be seen, beside the module's own."""
        return [self.service] if self.service else []


class Resolver(Place, frozen=True):
    """A name server: a port of a service, or of a host as the module's host sees it."""

    port: Annotated[
        Port, Meta(description="The port; of a service, the container's.", examples=[5353])
    ] = 53
