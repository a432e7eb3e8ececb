"""The forms of values in ``module.yaml``: names, paths, times, sizes, in words for people."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

DECIDE: Final = "DECIDE"
"""The word that stands in a generated file where a person has to decide."""


def form(pattern: str, words: str, *, examples: list[str], **keywords: Any) -> Meta:
    """Describe a text that has a form: ``words`` explain the pattern to people.

    Editors show ``patternErrorMessage`` in place of the regular expression.
    """
    extra = {"patternErrorMessage": words, **keywords}
    return Meta(pattern=pattern, description=words, examples=examples, extra_json_schema=extra)


# In Python `$` also matches before a newline at the end; `(?!\n)` refuses that.
Name = Annotated[
    str,
    form(
        r"^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$(?!\n)",
        "1 to 63 lower-case letters, digits, `.`, `_` and `-`, as the module's folder is named",
        examples=["minio-init"],
    ),
]
Text = Annotated[str, Meta(min_length=1, pattern=r"\S")]
RelativePath = Annotated[
    str,
    form(
        r"^[^/\x00][^\x00]*$",
        "a path relative to the module's folder that stays inside the repository",
        examples=["../compose.yaml"],
    ),
]
Duration = Annotated[
    str,
    form(
        r"^[1-9][0-9]{0,8}(ms|s|m|h|d)$(?!\n)",
        "a whole number with `ms`, `s`, `m`, `h` or `d`",
        examples=["30s", "2m", "7d"],
    ),
]
Size = Annotated[
    str,
    form(
        r"^[0-9]{1,12}(B|KiB|MiB|GiB|TiB)$(?!\n)",
        "a whole number with `B`, `KiB`, `MiB`, `GiB` or `TiB`",
        examples=["1KiB"],
    ),
]
Day = Annotated[
    str,
    form(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$(?!\n)",
        "a day as `YYYY-MM-DD`",
        examples=["2027-01-31"],
        format="date",
    ),
]

# Neither the shell nor the ssh client may take any part of it for something else.
_DESTINATION = r"^(?!.*@-)(ssh://)?[A-Za-z0-9_\[:.][A-Za-z0-9_.+%@:\[\]-]*$(?!\n)"
Destination = Annotated[
    str,
    form(
        _DESTINATION,
        "a host as `[user@]host[:port]`, as the ssh client understands it",
        examples=["nas", "ada@nas.example:2222"],
    ),
]


class ExpectedState(StrEnum):
    """What the module's container is to be."""

    RUNNING = "running"
    HEALTHY = "healthy"
    EXITED_SUCCESS = "exited-success"


class StateClass(StrEnum):
    """Whose data the module holds or changes."""

    STATELESS = "stateless"
    STATEFUL = "stateful"
    SIDECAR = "sidecar"


class Base(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Common rules: read-only, and unknown keys are refused."""
