"""The shape of ``module.yaml``: written down here, in ``data``, ``forms`` and ``on_*``.

They validate a file, and the files in ``schema/`` are generated from them; a test compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal, cast

from msgspec import Meta, field

from pytest_platform.module.data import BeyondCreate, State
from pytest_platform.module.engines import ENGINES
from pytest_platform.module.forms import (
    Base,
    Day,
    Destination,
    Duration,
    ExpectedState,
    Name,
    RelativePath,
    Text,
    form,
)
from pytest_platform.module.on_compose import ComposeService, SharedCompose
from pytest_platform.module.on_swarm import SharedSwarm, SwarmService


class Metadata(Base, frozen=True):
    """Who the module is."""

    name: Name
    summary: Annotated[
        Text,
        Meta(
            description="One sentence on what the module is for.",
            examples=["Creates the buckets that other modules expect."],
        ),
    ]
    owner: Annotated[Text, Meta(description="Who is asked when it fails.", examples=["platform"])]
    contract: Annotated[
        Literal["draft", "strict-v2"],
        Meta(description="`draft`: contract findings warn; `strict-v2`: they fail."),
    ] = "strict-v2"


PlacedService = ComposeService | SwarmService
"""The service that a module is, on whatever engine."""

SHARED: Final[Mapping[str, type[Base]]] = {"compose": SharedCompose, "swarm": SharedSwarm}
"""What defaults may say of each engine."""


class SharedPlaces(Base, frozen=True):
    """The project or the stack that the modules of a folder are services of."""

    compose: Annotated[SharedCompose, Meta(description="The Compose project of the modules.")] = (
        SharedCompose()
    )
    swarm: Annotated[SharedSwarm, Meta(description="The stack of the modules.")] = SharedSwarm()


class Runtime(Base, frozen=True, kw_only=True):
    """How the module runs."""

    compose: Annotated[
        ComposeService | None,
        Meta(description="The Compose service that the module is; or else `swarm`."),
    ] = None
    swarm: Annotated[
        SwarmService | None,
        Meta(
            description="The service of a Swarm's stack that the module is; or else `compose`.",
            examples=[{"files": ["../stack.yaml"], "stack": "home", "service": "minio-init"}],
        ),
    ] = None
    expected_state: Annotated[
        ExpectedState,
        Meta(
            description=(
                "`running`, `healthy`, or `exited-success` for a one-shot: "
                "a container that does its work, exits 0 and stays away."
            )
        ),
    ]
    timeout: Annotated[Duration, Meta(description="How long a one-shot may run.")] = "5m"
    max_age: Annotated[
        Duration | None,
        Meta(description="A one-shot that exited 0 longer ago than this is stale."),
    ] = None
    replicas: Annotated[
        int, Meta(ge=0, le=1000, description="How many containers the service has; 0 for none.")
    ] = 1
    hook: Annotated[
        Literal["pre_start"] | None,
        Meta(
            description="The one-shot is this lifecycle hook of the service, not the service.",
            examples=["pre_start"],
        ),
    ] = None
    host: Annotated[
        Destination | None,
        Meta(
            description=(
                "The host it runs on, for `--remote-mode ssh`: a name of the inventory "
                "(ini `platform_hosts`), or `[user@]host[:port]`."
            ),
            examples=["nas"],
        ),
    ] = None
    exposure: Annotated[
        Literal["loopback", "public"],
        Meta(description="`public` allows ports that are published beyond loopback."),
    ] = "loopback"
    beyond_create: Annotated[
        tuple[BeyondCreate, ...],
        Meta(
            description=(
                "What a sidecar one-shot does beyond creating and verifying: the first words "
                "of a command, a script's path, `> /data/x`, or the name of an unread image."
            )
        ),
    ] = ()

    def __post_init__(self) -> None:
        if sum(getattr(self, name) is not None for name in ENGINES) != 1:
            message = f"it runs on exactly one engine: {' or '.join(ENGINES)}"
            raise ValueError(message)

    @property
    def engine(self) -> str:
        """The key of the engine that runs it."""
        return next(name for name in ENGINES if getattr(self, name) is not None)

    @property
    def place(self) -> PlacedService:
        """The service that the module is, on whatever engine: files, project and service."""
        return cast("PlacedService", getattr(self, self.engine))


class Waiver(Base, frozen=True):
    """A contract finding that is accepted until a day, for a reason."""

    code: Annotated[
        str,
        form(
            r"^(contract\.[a-z_.]+|smoke\.idempotent)$(?!\n)",
            "the code of a contract check, as reports show it, or smoke.idempotent",
            examples=["contract.image.pinned"],
        ),
        Meta(description="The code of the finding."),
    ]
    reason: Annotated[
        Text,
        Meta(description="Why it is accepted.", examples=["upstream publishes no digest"]),
    ]
    until: Annotated[Day, Meta(description="The last day; from the next day on it fails.")]

    def __post_init__(self) -> None:
        try:
            date.fromisoformat(self.until)
        except ValueError:
            message = f"'{self.until}' is not a day of the calendar"
            raise ValueError(message) from None

    @property
    def last_day(self) -> date:
        """The last day on which the waiver holds."""
        return date.fromisoformat(self.until)


class Probe(Base, frozen=True):
    """One question to what runs: a name, and exactly one kind of probe."""

    name: Annotated[
        Text,
        Meta(
            description="What is asked, in the words that a report is to show.",
            examples=["the declared buckets exist"],
        ),
    ]
    within: Annotated[
        Duration | None,
        Meta(
            description=(
                "Try again until it passes or this time is over; default: one try. The `timeout` "
                "of a kind bounds a single try, and a try that has begun gets all of it."
            ),
            examples=["30s"],
        ),
    ] = None


class Spec(Base, frozen=True):
    """What the module is declared to be."""

    runtime: Annotated[Runtime, Meta(description="How the module runs.")]
    state: Annotated[State, Meta(description="The data that the module holds or changes.")]
    requires: Annotated[
        tuple[Name, ...], Meta(description="Modules that must be up for this one to work.")
    ] = ()
    runbook: Annotated[
        RelativePath,
        Meta(
            description="Markdown with the sections Purpose, Verify and Recover.",
            examples=["runbook.md"],
        ),
    ] = "runbook.md"
    health: Annotated[
        tuple[dict[str, Any], ...],
        Meta(description="Probes that ask whether it is in the declared state."),
    ] = ()
    smoke: Annotated[
        tuple[dict[str, Any], ...], Meta(description="Probes that ask whether it does its job.")
    ] = ()
    waivers: Annotated[
        tuple[Waiver, ...], Meta(description="Findings that are accepted for a while.")
    ] = ()


class Manifest(Base, frozen=True):
    """One deployable part of a platform: one module, one Compose service."""

    api_version: Annotated[
        Literal["platform/v2"], Meta(description="The version of this format.")
    ] = field(name="apiVersion")
    kind: Annotated[Literal["Module"], Meta(description="What the file describes.")]
    metadata: Annotated[Metadata, Meta(description="Who the module is.")]
    spec: Annotated[Spec, Meta(description="What the module is declared to be.")]
