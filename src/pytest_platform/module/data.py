"""The data that a module holds or changes, and what counts as a backup of it."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from msgspec import Meta, field

from pytest_platform.module.forms import DECIDE, Base, Duration, Name, Size, StateClass, Text, form


class Backup(Base, frozen=True):
    """What counts as a backup of a stateful module."""

    roots: Annotated[
        tuple[
            Annotated[
                str,
                form(r"^/", "an absolute path on the host", examples=["/srv/backups"]),
            ],
            ...,
        ],
        Meta(min_length=1, description="Folders on the host that may hold backups."),
    ]
    max_age: Annotated[Duration, Meta(description="An older backup does not count.")] = "7d"
    min_size: Annotated[Size, Meta(description="A smaller backup does not count.")] = "1KiB"
    level: Annotated[
        Literal["exists", "structural", "data"],
        Meta(description="How deep a backup is verified."),
    ] = "structural"


class State(Base, frozen=True):
    """The data that the module holds or changes."""

    class_: Annotated[
        StateClass,
        Meta(
            description=(
                "`stateless`; `stateful`: holds data; "
                "`sidecar`: changes the data of a stateful module, its `owner`."
            )
        ),
    ] = field(name="class")
    owner: Annotated[Name | None, Meta(description="The stateful module of a sidecar.")] = None
    backup_ref_modules: Annotated[
        tuple[Name, ...],
        Meta(description="Whose backup reference unlocks the guarded apply of a sidecar."),
    ] = ()
    backup: Annotated[
        Backup | None, Meta(description="What counts as a backup of a stateful module.")
    ] = None


class BeyondCreate(Base, frozen=True):
    """A command that does more than create or verify, allowed with a reason."""

    command: Annotated[
        Text, Meta(description="The first words of the command.", examples=["mc anonymous set"])
    ]
    reason: Annotated[
        Text,
        Meta(
            description="Why the one-shot has to do this.",
            examples=["the media bucket is public by design"],
        ),
    ]

    @property
    def decided(self) -> bool:
        """Whether a person has given the reason."""
        return re.match(rf"\s*{DECIDE}\b", self.reason) is None
