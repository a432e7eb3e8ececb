"""The image is the same one tomorrow: it is pinned by its digest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pytest_platform.checks.contract.facts import Facts, Unit
from pytest_platform.compose.image_name import familiar
from pytest_platform.compose.interpolation import UNKNOWN, declared, variables
from pytest_platform.text import quoted
from pytest_platform.verdict import Finding

CODE: Final = "contract.image.pinned"

_EXPECTED: Final = "name:tag@sha256:<64 hex digits>"
_PINNED: Final = re.compile(r".+@sha256:[0-9a-f]{64}", re.DOTALL)


def judge(facts: Facts) -> Iterator[Finding]:
    """Look at the image that the files declare; of ``${IMAGE:-name}`` that is the default."""
    for unit in facts.units:
        message = None if _made_here(unit, facts) else _problem(unit)
        if message:
            yield Finding(CODE, message, _EXPECTED, path=(*unit.path, "image"))


def _made_here(unit: Unit, facts: Facts) -> bool:
    """Return whether no registry is asked: the project builds it, or it never leaves the host."""
    image = familiar(unit.rendered.image)
    if not image:
        return bool(facts.service.build)
    local = image.startswith("localhost/") and unit.rendered.pull_policy == "never"
    return local or image in facts.rendered.built


def _problem(unit: Unit) -> str | None:
    if unit.source.get("build"):
        return None
    image = declared(str(unit.source.get("image") or ""))
    if _PINNED.fullmatch(image):
        return None
    if not image.replace(UNKNOWN, "").strip(":/"):
        names = [one.name for one in variables(str(unit.source.get("image") or ""))]
        return (
            f"the image comes from {', '.join(names) or 'nothing'}, which has no default, so "
            f"nothing pins it: write ${{{names[0] if names else 'IMAGE'}:-name:tag@sha256:…}}"
        )
    shown = quoted(image.replace(UNKNOWN, "…"))
    if "@" in image:
        return f"the digest of {shown} is not sha256: and 64 hex digits: write the whole digest"
    return (
        f"{shown} has no digest, so it may be another image tomorrow: write {_EXPECTED}; "
        "docker buildx imagetools inspect shows it"
    )
