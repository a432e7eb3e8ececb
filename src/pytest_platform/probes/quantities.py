"""Numbers with or without a unit: ``3``, ``0.5``, ``10MiB``, ``30s``."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

Quantity = (
    int
    | Annotated[
        str,
        Meta(
            pattern=r"^[-+]?[0-9]{1,18}(\.[0-9]{1,18})?(B|KiB|MiB|GiB|TiB|ms|s|m|h|d)?$(?!\n)",
            extra_json_schema={
                "patternErrorMessage": (
                    "a number, a size with `B`, `KiB`, `MiB`, `GiB` or `TiB`, "
                    "or a duration with `ms`, `s`, `m`, `h` or `d`"
                )
            },
        ),
    ]
)

_SIZES: dict[str, str | int] = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_DURATIONS: dict[str, str | int] = {"ms": "0.001", "s": 1, "m": 60, "h": 3600, "d": 86400}
_UNITS = {"": Decimal(1)} | {unit: Decimal(n) for unit, n in (_SIZES | _DURATIONS).items()}
_NUMBER = re.compile(
    r"([-+]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?(?:[eE][-+]?[0-9]{1,3})?|[Ii]nf))"
    r"\s*(B|KiB|MiB|GiB|TiB|ms|s|m|h|d|)"
)


def amount(text: str | float) -> Decimal | None:
    """Return a quantity as bytes, seconds or a plain number; None where it is none."""
    match = _NUMBER.fullmatch(str(text).strip())
    return Decimal(match[1]) * _UNITS[match[2]] if match else None
