"""The shape of ``module.yaml``: the one place it is written down, with ``data`` and ``forms``.

These classes validate a file, ``schema/module.schema.json`` is generated from them,
and ``schema/module.schema.md`` from that; a test compares.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, field, structs

from pytest_platform.module.data import State
from pytest_platform.module.engines import ENGINES, NAME_FORMS
from pytest_platform.module.forms import (
    DECIDE,
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


class SharedCompose(Base, frozen=True):
    """The Compose project that the modules are services of."""

    files: Annotated[
        tuple[RelativePath, ...],
        Meta(description="Compose files, relative to the file of defaults."),
    ] = ()
    project: Annotated[str | None, Meta(description="The Compose project.")] = None


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


SHARED: Final[Mapping[str, type[Base]]] = {"compose": SharedCompose, "swarm": SharedSwarm}
"""What defaults may say of each engine."""


class SharedPlaces(Base, frozen=True):
    """The project or the stack that the modules of a folder are services of."""

    compose: Annotated[SharedCompose, Meta(description="The Compose project of the modules.")] = (
        SharedCompose()
    )
    swarm: Annotated[SharedSwarm, Meta(description="The stack of the modules.")] = SharedSwarm()


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
    def place(self) -> ComposeService | SwarmService:
        """The service that the module is, on whatever engine: files, project and service."""
        place: ComposeService | SwarmService = getattr(self, self.engine)
        return place


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
