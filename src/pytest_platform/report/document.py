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

from pytest_platform.report.check_report import LINE
from pytest_platform.report.module_report import ModuleReport

SCHEMA: Final = 1


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
            extra_json_schema=LINE,
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
