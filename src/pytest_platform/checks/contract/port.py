"""A published port as it is written, variables in place. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pytest_platform.compose.interpolation import split_outside

_RANGE: Final = re.compile(r"(\d+)-(\d+)")
_SHORT: Final = 3
"""``ADDRESS:PUBLISHED:TARGET``."""


@dataclass(frozen=True, slots=True)
class WrittenPort:
    """An entry of ``ports``. ``whole`` is a text that is one variable, of which nothing is told."""

    address: str = ""
    published: str = ""
    target: str = ""
    whole: str = ""

    @property
    def has_variables(self) -> bool:
        """Tell whether the ports depend on variables."""
        return "$" in self.published + self.target

    @property
    def address_or_port(self) -> str:
        """The part that may hold an address: ``${BIND:+127.0.0.1:}80``."""
        return self.address or self.published

    @property
    def count(self) -> int:
        """How many ports Compose makes of it, as far as its text says."""
        found = _RANGE.fullmatch(self.target)
        return int(found[2]) - int(found[1]) + 1 if found else 1


def written(entry: Any) -> WrittenPort:
    """Read an entry in its short or its long form."""
    if isinstance(entry, Mapping):
        parts = (str(entry.get(key) or "") for key in ("host_ip", "published", "target"))
        return WrittenPort(*parts)
    text = str(entry or "")
    words = split_outside(text, ":")
    last = split_outside(words[-1], "/")[0]
    if len(words) == 1:
        alone = text.startswith("$") and split_outside(text, "") == [text]
        return WrittenPort(target=last, whole=text if alone else "")
    head = words[:-1]
    if len(words) < _SHORT:
        return WrittenPort(published=head[0], target=last)
    return WrittenPort(":".join(head[:-1]), head[-1], last)


def owners(entries: Sequence[Any], ports: Sequence[Any]) -> Iterator[int | None]:
    """Yield for each rendered port the index of the entry that it comes from, if that is clear.

    A range is written once and rendered as many ports.
    """
    indices = [index for index, one in enumerate(entries) for _ in range(written(one).count)]
    yield from indices if len(indices) == len(ports) else [None] * len(ports)
