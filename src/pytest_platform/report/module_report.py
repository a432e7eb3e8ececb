"""The types of a module in the JSON document."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from pytest_platform.report import check_report

_STATUS: Final = ["created", "running", "paused", "restarting", "removing", "exited", "dead"]
_HEALTH: Final = ["starting", "healthy", "unhealthy", None]


class ContainerReport(Struct, kw_only=True):
    """One container as the Engine knows it.

    Never its environment.
    """

    container: Annotated[
        str,
        Meta(title="Name of the container", min_length=1, examples=["home-platform-minio-init-1"]),
    ]
    status: Annotated[str, Meta(title="Status", extra_json_schema={"enum": _STATUS})]
    exit_code: Annotated[
        int | None, Meta(title="Exit code", description="Null while it has not ended.")
    ]
    health: Annotated[
        str | None,
        Meta(
            title="Result of the health check",
            description="Null where it has none.",
            extra_json_schema={"enum": _HEALTH},
        ),
    ]
    started_at: Annotated[check_report.Time, Meta(title="When it last started")]
    finished_at: Annotated[check_report.Time, Meta(title="When it last ended")]
    restart_count: Annotated[int, Meta(title="How often the Engine restarted it", ge=0)]
    image: Annotated[
        str,
        Meta(
            title="Image",
            description="As it was asked for.",
            examples=["minio/mc:RELEASE.2025-08-13T08-35-41Z"],
        ),
    ]


class Contradiction(Struct, kw_only=True):
    """What runs is not as declared, and no check says so.

    There only where `health::state` was not judged, and another check has seen it.
    """

    code: check_report.Code
    message: check_report.Line
    expected: str
    actual: str


class RefusalReason(Struct, kw_only=True):
    """One reason of a refusal."""

    code: check_report.Code
    message: Annotated[str, Meta(description="What would satisfy it.")]


class BackupReport(Struct, kw_only=True):
    """What was verified of a backup."""

    kind: Annotated[str, Meta(description="`file`, `restic` or `borg`.")]
    level: Literal["exists", "structural", "data"]
    promise: Annotated[str, Meta(description="What the level means.")]
    files: Annotated[
        int | None, Meta(description="Regular files that were read; null where none was.")
    ]
    bytes: Annotated[
        int | None,
        Meta(description="Bytes of those files; null where none was read, and of a dump."),
    ]


class PlanReport(Struct, kw_only=True):
    """Plan.

    What the guard says of the module; there with `--plan` and `--apply`.
    """

    drift: Annotated[
        list[check_report.Code],
        Meta(description="The codes of all differences; empty also where they are not known."),
    ]
    decision: Annotated[
        Literal["allowed", "eligible", "refused", "nothing-to-do"],
        Meta(
            description="`allowed`; `eligible`: from files alone nothing speaks against it; "
            "`refused`; `nothing-to-do`."
        ),
    ]
    reasons: Annotated[list[RefusalReason], Meta(description="All reasons of a refusal.")]
    backup: Annotated[
        BackupReport | UnsetType | None,
        Meta(description="What was verified of the backup; null where nothing was."),
    ] = UNSET
    digest: Annotated[
        str,
        Meta(description="SHA-256 of the plan.", extra_json_schema={"pattern": "^[0-9a-f]{64}$"}),
    ]


class ApplyReport(Struct, kw_only=True):
    """Apply.

    What became of the guarded apply; there with `--apply`.
    """

    ran: Annotated[bool, Meta(description="Whether the one-shot was started.")]
    exit_code: Annotated[
        int | None,
        Meta(description="How it ended; null where it was not started, or its end was not seen."),
    ]
    seconds: Annotated[Annotated[float, Meta(ge=0)] | None, Meta(description="How long it ran.")]


class ModuleReport(Struct, kw_only=True):
    """One module."""

    name: Annotated[
        str,
        Meta(
            title="Name",
            description="The name of the module's folder.",
            min_length=1,
            examples=["minio-init"],
        ),
    ]
    file: Annotated[
        str,
        Meta(
            title="File",
            description="Relative to `root`, with forward slashes, where it lies below it.",
            min_length=1,
            examples=["modules/minio-init/module.yaml"],
        ),
    ]
    expected_state: Annotated[
        check_report.ExpectedState | None,
        Meta(
            title="Declared state",
            description="Null where the module's file cannot be read; `undecided` where a "
            "service of a Compose project does not say whether it is to end.",
        ),
    ]
    host: Annotated[
        str | UnsetType,
        Meta(
            title="Host",
            description="The host that the module is on, in mode ssh, where that is known.",
            examples=["nas"],
            extra_json_schema={"minLength": 1},
        ),
    ] = UNSET
    requires: Annotated[
        list[str] | UnsetType,
        Meta(
            title="The modules that it requires",
            description="Without its owner; there where it requires any.",
            examples=[["postgres"]],
        ),
    ] = UNSET
    owner: Annotated[
        str | UnsetType,
        Meta(
            title="The module whose data it changes",
            description="There for a sidecar alone.",
            examples=["minio"],
            extra_json_schema={"minLength": 1},
        ),
    ] = UNSET
    observed: Annotated[
        list[ContainerReport] | None,
        Meta(
            title="What was seen of its containers",
            description="Null: nobody looked. Empty: there is none.",
        ),
    ]
    drift: Annotated[
        check_report.Codes,
        Meta(
            title="Drift",
            description="The codes of the differences between what is declared and what runs, "
            "each once.",
            examples=[["container.state.exited_success"]],
        ),
    ]
    total: Annotated[
        Annotated[int, Meta(ge=1)] | UnsetType,
        Meta(
            title="How many checks it has",
            description="Selected or not, its tests in Python that were collected included.",
        ),
    ] = UNSET
    checks: Annotated[
        list[check_report.CheckReport],
        Meta(
            title="Checks",
            description="In the order of collection; empty where the run ended before the first.",
        ),
    ]
    plan: PlanReport | UnsetType = UNSET
    apply: ApplyReport | UnsetType = UNSET
    selected: Annotated[
        Annotated[int, Meta(ge=0)] | UnsetType,
        Meta(
            title="How many of its checks were answered",
            description="Those that were selected and reached.",
        ),
    ] = UNSET
    verdict: Annotated[
        check_report.ModuleVerdict,
        Meta(
            title="Verdict",
            description="The worst of its checks. `unverified`: nothing failed, and its state was "
            "not judged (`health::state` was skipped, deselected or not reached), or a probe was "
            "not asked because of another module.",
        ),
    ]
    contradiction: Contradiction | UnsetType = UNSET
