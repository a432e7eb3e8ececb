"""The types of the JSON document: what every format is made of, and what its schema is made of.

Texts in it are redacted. Only builtins cross to another process or to a file. What a type checks
when it is read must hold for whatever a run may see, or a run would end there; what only a reader
of the document may rely on stands in ``extra_json_schema``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

SCHEMA: Final = 1

Code = Annotated[
    str,
    Meta(
        extra_json_schema={
            "pattern": r"^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_]*)*$",
            "examples": ["container.state.exited_success", "engine.unreachable"],
        }
    ),
]
Codes = Annotated[list[Code], Meta(extra_json_schema={"uniqueItems": True})]
_LINE: Final = {"pattern": r"^[^\r\n]*\S[^\r\n]*$"}
Line = Annotated[str, Meta(extra_json_schema=_LINE)]
"""One line of text that is not blank."""
Number = Annotated[int, Meta(description="Counts from 1.", ge=1)]
Time = Annotated[
    str | None,
    Meta(
        description="RFC 3339 in UTC; null: never.",
        extra_json_schema={
            "format": "date-time",
            "pattern": "Z$",
            "examples": ["2026-05-17T01:08:47Z"],
        },
    ),
]
Group = Literal["contract", "health", "smoke", "drift", "apply"]
ExpectedState = Literal["running", "healthy", "exited-success"]
CheckVerdict = Literal["passed", "skipped", "failed", "error"]
ModuleVerdict = Literal["passed", "unverified", "failed", "error"]
_STATUS: Final = ["created", "running", "paused", "restarting", "removing", "exited", "dead"]
_HEALTH: Final = ["starting", "healthy", "unhealthy", None]


class FindingReport(Struct, kw_only=True):
    """One thing that a check found."""

    code: Code
    message: Line
    expected: str | None
    actual: str | None
    file: str | None
    line: Number | None
    column: Number | UnsetType | None = UNSET


class CheckReport(Struct, kw_only=True):
    """One check.

    Texts are redacted: no value of an environment variable or of a secret.
    """

    id: Annotated[
        str,
        Meta(
            title="Id",
            description="What follows the file in pytest's node id; for a test in Python, the "
            "group and its name.",
            examples=["health::state", "contract::image.pinned"],
            extra_json_schema={"pattern": "^(contract|health|smoke|drift|apply)::."},
        ),
    ]
    group: Annotated[Group, Meta(title="Group")]
    code: Annotated[
        Code | None,
        Meta(
            title="What was found",
            description="Stable. Null where the check passed or was skipped, but `probe.blocked` "
            "where a probe was not asked because of another module, and what was found where that "
            "was expected (`xfail`).",
        ),
    ]
    verdict: Annotated[
        CheckVerdict,
        Meta(
            title="Verdict",
            description="`failed`: looked, and it is wrong; `error`: could not look; `skipped`: "
            "was told not to look.",
        ),
    ]
    message: Annotated[
        str,
        Meta(
            title="Message",
            description="What is wrong and what to do next, on one line. May be empty where the "
            "check passed.",
        ),
    ]
    expected: Annotated[str | None, Meta(title="What was expected")]
    actual: Annotated[str | None, Meta(title="What was seen")]
    file: Annotated[
        str,
        Meta(
            title="File that declares what is checked",
            description="Relative to `root`, with forward slashes, where it lies below it.",
            extra_json_schema={"minLength": 1},
        ),
    ]
    line: Annotated[Number, Meta(title="Line in that file")]
    seconds: Annotated[float, Meta(title="How long it took", extra_json_schema={"minimum": 0})]
    findings: Annotated[
        list[FindingReport] | UnsetType,
        Meta(
            title="All that the check found",
            description="The worst first; of a check that passed, what is waived or only warns.",
        ),
    ] = UNSET
    xfail: Annotated[
        str | UnsetType,
        Meta(
            title="Why it was expected to fail",
            description="The reason of pytest's `xfail`; there only where the check has failed as "
            "expected. Its verdict then is `skipped`, and `code` says what was found.",
        ),
    ] = UNSET


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
    started_at: Annotated[Time, Meta(title="When it last started")]
    finished_at: Annotated[Time, Meta(title="When it last ended")]
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

    code: Code
    message: Line
    expected: str
    actual: str


class RefusalReason(Struct, kw_only=True):
    """One reason of a refusal."""

    code: Code
    message: Annotated[str, Meta(description="What would satisfy it.")]


class PlanReport(Struct, kw_only=True):
    """Plan.

    What the guard says of the module; there with `--plan` and `--apply`.
    """

    drift: Annotated[
        list[Code],
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
        ExpectedState | None,
        Meta(title="Declared state", description="Null where the module's file cannot be read."),
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
    observed: Annotated[
        list[ContainerReport] | None,
        Meta(
            title="What was seen of its containers",
            description="Null: nobody looked. Empty: there is none.",
        ),
    ]
    drift: Annotated[
        Codes,
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
        list[CheckReport],
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
        ModuleVerdict,
        Meta(
            title="Verdict",
            description="The worst of its checks. `unverified`: nothing failed, and its state was "
            "not judged (`health::state` was skipped, deselected or not reached), or a probe was "
            "not asked because of another module.",
        ),
    ]
    contradiction: Contradiction | UnsetType = UNSET


class Touched(Struct, kw_only=True):
    """One module that the change touches."""

    module: Annotated[str, Meta(title="The module", examples=["minio-init"])]
    because: Annotated[
        str,
        Meta(
            title="Why it is touched",
            description="A path that changed, or a touched module that this one requires.",
            examples=["modules/minio-init/compose.yaml", "requires minio"],
        ),
    ]


class ChangedSinceReport(Struct, kw_only=True):
    """What the run was narrowed to.

    Only with `--changed-since`. Where no module is touched, `touched` and `modules` are empty
    and the exit code is 0.
    """

    ref: Annotated[str, Meta(title="The commit that was named", examples=["origin/main"])]
    touched: Annotated[
        list[Touched],
        Meta(
            title="The modules that the change touches",
            description="In the order of their names, those too that `--module` left out.",
        ),
    ]


class RunError(Struct, kw_only=True):
    """What ended the run early.

    Only in a run that did not come to its own end. Where it ended before a session, there are
    no modules and no tests.
    """

    code: Annotated[
        Literal["platform.usage", "platform.crash", "platform.interrupted", "platform.no_session"],
        Meta(
            title="Code",
            description="`platform.usage`: the command line, the environment, an ini value or a "
            "conftest file cannot be used; `platform.crash`: pytest or a plugin crashed; "
            "`platform.interrupted`: the run was stopped, by a key or by `pytest.exit`; "
            "`platform.no_session`: no session was asked for, as with `--help`.",
        ),
    ]
    message: Annotated[
        str,
        Meta(
            title="Message",
            description="One line.",
            extra_json_schema=_LINE,
            examples=[
                "--module: there is no module 'minioinit' in modules; did you mean 'minio-init'?"
            ],
        ),
    ]


class Platform(Struct, kw_only=True):
    """The platform.

    What the run found out about the modules.
    """

    schema: Annotated[
        Literal[1],
        Meta(
            title="Version of this section",
            description="It changes when a reader of the old one would be misled.",
        ),
    ] = SCHEMA
    remote_mode: Annotated[
        Literal["skip", "local", "ssh"] | None,
        Meta(
            title="Where the run looked",
            description="`skip`: at files only; `local`: at this machine's Engine; null: the run "
            "ended before this was settled.",
        ),
    ]
    stack: Annotated[
        Literal["deployed", "ephemeral"] | None,
        Meta(
            title="Which stack the run looked at",
            description="`deployed`: what runs; `ephemeral`: one that was started for this run and "
            "removed afterwards; null: the run ended before this was settled.",
        ),
    ]
    changed_since: ChangedSinceReport | UnsetType = UNSET
    error: RunError | UnsetType = UNSET
    modules: Annotated[
        list[ModuleReport],
        Meta(
            title="The modules that took part",
            description="In the order of their names. Empty where no check of a module ran.",
        ),
    ]


class Document(Struct, kw_only=True):
    """The JSON document of pytest --json.

    The document of pytest-json-report with one more key, `platform`. That key is described
    strictly, the others loosely. A run that ended before a session has only `exitcode` and
    `platform`.
    """

    created: Annotated[
        float | UnsetType,
        Meta(
            title="When the document was made",
            description="Seconds since 1970-01-01 UTC.",
            extra_json_schema={"minimum": 0},
        ),
    ] = UNSET
    duration: Annotated[
        float | UnsetType,
        Meta(
            title="How long the session took",
            description="Seconds.",
            extra_json_schema={"minimum": 0},
        ),
    ] = UNSET
    exitcode: Annotated[
        int,
        Meta(
            title="Exit code",
            description="The exit code of the process.",
            examples=[0, 1],
            extra_json_schema={"minimum": 0, "maximum": 255},
        ),
    ]
    root: Annotated[
        str | UnsetType,
        Meta(
            title="pytest's rootdir",
            description="Absolute. Paths of the `platform` section are relative to it.",
        ),
    ] = UNSET
    others: dict[str, Any] = {}
    """Further keys of pytest-json-report and of other plugins, passed on as they are."""
    platform: Platform


_TYPED: Final = frozenset(Document.__struct_fields__) - {"others"}


def read(document: Mapping[str, Any]) -> Document:
    """Make the types of a document in builtins. Keys that the section does not know are left out.

    Raises:
        msgspec.ValidationError: it is no document of ``--json``; the text says where.
    """
    typed = {key: one for key, one in document.items() if key in _TYPED}
    others = {key: one for key, one in document.items() if key not in _TYPED}
    return msgspec.convert({**typed, "others": others}, Document)


def as_builtins(document: Document) -> dict[str, Any]:
    """Return the document as it is written: the reverse of :func:`read`."""
    typed: dict[str, Any] = {
        key: one
        for key in Document.__struct_fields__
        if key in _TYPED - {"platform"} and (one := getattr(document, key)) is not UNSET
    }
    section = msgspec.to_builtins(document.platform)
    return {**typed, **document.others, "platform": section}
