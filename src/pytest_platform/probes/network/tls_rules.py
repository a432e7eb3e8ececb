"""What a certificate must be like, as it is written in a module file."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from pytest_platform.module.model import Base, RelativePath, Text
from pytest_platform.probes.network.names import refuse_host

Verify = Annotated[
    bool,
    Meta(
        description=(
            "`false`: neither who signed the certificate nor that it is valid now matters; "
            "what is asked of names and days still counts."
        )
    ),
]
CA = Annotated[
    RelativePath | None,
    Meta(
        description=(
            "Trust the certificates in this PEM file instead of the machine's. "
            "Relative to the module's folder."
        ),
        examples=["ca.pem"],
    ),
]
ServerName = Annotated[
    Text | None,
    Meta(
        description="The name that the server is asked for, and that its certificate must be for.",
        examples=["status.example.org"],
    ),
]
DaysLeft = Annotated[
    int, Meta(ge=0, le=3650, description="For how many more days it must be valid, at least.")
]


class TlsRules(Base, frozen=True):
    """What a certificate must be like."""

    verify: Verify = True
    ca: CA = None
    server_name: ServerName = None
    days_left: DaysLeft = 0

    def __post_init__(self) -> None:
        if self.server_name is not None:
            refuse_host(self.server_name)
