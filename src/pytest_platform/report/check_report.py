"""The types of a check in the JSON document, and the words that all of its types share."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

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
LINE: Final = {"pattern": r"^[^\r\n]*\S[^\r\n]*$"}
Line = Annotated[str, Meta(extra_json_schema=LINE)]
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
ExpectedState = Literal["running", "healthy", "exited-success", "undecided"]
CheckVerdict = Literal["passed", "skipped", "failed", "error"]
ModuleVerdict = Literal["passed", "unverified", "failed", "error"]


class ExcerptReport(Struct, kw_only=True):
    """The lines of a file around a finding.

    Redacted, and each cut to 200 characters.
    """

    lines: Annotated[list[str], Meta(title="The lines", min_length=1)]
    first: Annotated[Number, Meta(title="The number of the first of them")]
    line: Annotated[Number, Meta(title="The number of the one that is meant")]
    column: Annotated[
        int, Meta(title="Where in that line the marked part begins", description="From 0.", ge=0)
    ] = 0
    width: Annotated[int, Meta(title="Characters of the marked part", ge=0)] = 0


class FindingReport(Struct, kw_only=True):
    """One thing that a check found."""

    code: Code
    message: Line
    expected: str | None
    actual: str | None
    file: str | None
    line: Number | None
    column: Number | UnsetType | None = UNSET
    excerpt: ExcerptReport | UnsetType = UNSET


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
