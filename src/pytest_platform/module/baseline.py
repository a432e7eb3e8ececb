"""``baseline.yaml`` in the folder of modules: findings that are accepted for a while, all in one.

A finding is told by its code and by the content of its line, so that it stays accepted when
lines move, and counts again when the line changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct, field

from pytest_platform.errors import PlatformError
from pytest_platform.module.forms import Base, Text
from pytest_platform.module.model import Waiver
from pytest_platform.module.places import Unreadable
from pytest_platform.module.probes import ProbeRefused, convert
from pytest_platform.module.source import read
from pytest_platform.reading import read_text
from pytest_platform.verdict import Finding, Location

FILE_NAME: Final = "baseline.yaml"
_DIGITS: Final = 16


class Accepted(Waiver, frozen=True):
    """One accepted finding. ``content`` is a digest of the finding and of its line."""

    module: Annotated[Text, Meta(description="The module.")]
    content: Annotated[Text, Meta(description="What is accepted, as `baseline` writes it.")]


class BaselineFile(Base, frozen=True):
    """Findings that were there when the baseline was taken."""

    api_version: Literal["platform/v2"] = msgspec.field(name="apiVersion")
    kind: Literal["Baseline"]
    accepted: tuple[Accepted, ...] = ()


class BaselineUnusable(PlatformError):
    """The baseline cannot be read."""

    code = "baseline.unusable"


class Baseline(Struct, frozen=True):
    """What is accepted, by module, code and content."""

    root: Path
    accepted: Mapping[tuple[str, str, str], Accepted] = field(default_factory=dict)

    def of(self, module: str, finding: Finding, default: Location) -> Accepted | None:
        """Return what accepts a finding of a module, be it over or not."""
        if not self.accepted:
            return None
        return self.accepted.get((module, finding.code, self.content(finding, default)))

    def content(self, finding: Finding, default: Location) -> str:
        """Return the digest of a finding and of the line that it points at."""
        place = finding.location or default
        text = f"{finding.message}\n{_line(self.root / place.file, place.line)}"
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_DIGITS]


def baseline_in(folder: Path, root: Path) -> Baseline:
    """Read the baseline of a folder of modules; an empty one where there is no such file.

    Raises:
        BaselineUnusable: it is there and cannot be used.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return Baseline(root)
    try:
        source = read(path, root)
    except Unreadable as error:
        raise BaselineUnusable(str(error), location=error.problem.location) from None
    try:
        file: BaselineFile = convert(source.data, BaselineFile)
    except ProbeRefused as refused:
        place = Location(source.file, source.line(*refused.path))
        raise BaselineUnusable(f"{FILE_NAME}: {refused}", location=place) from None
    return Baseline(root, {(one.module, one.code, one.content): one for one in file.accepted})


def text_of(accepted: Iterable[Accepted]) -> str:
    """Return the text of a baseline."""
    return "".join(_lines(accepted))


def _lines(accepted: Iterable[Accepted]) -> Iterator[str]:
    from json import dumps

    yield "apiVersion: platform/v2\nkind: Baseline\n"
    for number, one in enumerate(accepted):
        yield "" if number else "accepted:\n"
        yield f"  - module: {dumps(one.module)}\n    code: {one.code}\n"
        yield f'    content: "{one.content}"\n    reason: {dumps(one.reason, ensure_ascii=False)}\n'
        yield f'    until: "{one.until}"\n'


def _line(file: Path, number: int) -> str:
    try:
        lines = read_text(file, None).splitlines()
    except (OSError, ValueError):
        return ""
    return lines[number - 1].strip() if 0 < number <= len(lines) else ""
