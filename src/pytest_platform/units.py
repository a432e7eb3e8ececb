"""Durations, sizes and quantities as people write them. Pure."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

_BYTES: Final = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_IN_SECONDS: Final = (("ms", "0.001"), ("s", "1"), ("m", "60"), ("h", "3600"), ("d", "86400"))
_SECONDS: Final = {unit: Decimal(n) for unit, n in _IN_SECONDS}
_UNITS: Final = {"": Decimal(1), **{unit: Decimal(n) for unit, n in _BYTES.items()}, **_SECONDS}
_DURATION: Final = re.compile(r"([0-9]+)(ms|s|m|h|d)")
_NANOSECONDS: Final = {
    "h": 3600 * 10**9,
    "m": 60 * 10**9,
    "s": 10**9,
    "ms": 10**6,
    "us": 10**3,
    "µs": 10**3,
    "ns": 1,
}
_OF_GO: Final = re.compile(r"([0-9.]+)(h|ms|us|µs|ns|m|s)")
_SIZE: Final = re.compile(r"([0-9]+)(B|KiB|MiB|GiB|TiB)")
_QUANTITY: Final = re.compile(
    r"([-+]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?(?:[eE][-+]?[0-9]{1,3})?|[Ii]nf))"
    r"\s*(B|KiB|MiB|GiB|TiB|ms|s|m|h|d|)"
)


def seconds(duration: str) -> float:
    """Return a duration such as ``2m`` in seconds.

    Raises:
        ValueError: it is not a duration.
    """
    match = _DURATION.fullmatch(duration)
    if match is None:
        message = f"'{duration}' is not a duration; write a whole number with ms, s, m, h or d"
        raise ValueError(message)
    return float(int(match[1]) * _SECONDS[match[2]])


def nanoseconds(duration: str | float | None) -> int:
    """Read a duration as Go writes it; none is 0, and a number is one of nanoseconds.

    >>> nanoseconds("1m30.5s"), nanoseconds("20ms"), nanoseconds(5), nanoseconds(None)
    (90500000000, 20000000, 5, 0)
    """
    if not isinstance(duration, str):
        return round(duration or 0)
    found = _OF_GO.findall(duration)
    return round(sum(float(number) * _NANOSECONDS[unit] for number, unit in found))


def in_bytes(size: str) -> int:
    """Return a size such as ``1KiB`` in bytes.

    Raises:
        ValueError: it is not a size.
    """
    match = _SIZE.fullmatch(size)
    if match is None:
        message = f"'{size}' is not a size; write a whole number with B, KiB, MiB, GiB or TiB"
        raise ValueError(message)
    return int(match[1]) * _BYTES[match[2]]


def amount(text: str | float) -> Decimal | None:
    """Return a quantity as bytes, seconds or a plain number; None where it is none.

    >>> amount("2 KiB"), amount("0.5"), amount("30s"), amount("soon")
    (Decimal('2048'), Decimal('0.5'), Decimal('30'), None)
    """
    match = _QUANTITY.fullmatch(str(text).strip())
    return Decimal(match[1]) * _UNITS[match[2]] if match else None
