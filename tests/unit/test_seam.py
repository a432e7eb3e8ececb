"""The seam between engines: who knows of more than one of them."""

from __future__ import annotations

import re
from pathlib import Path

from pytest_platform.module.engines import ENGINES

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "pytest_platform"
BELOW = ("swarm", "compose", "docker", "stack")
"""Rooms that are an engine's own, or that two share."""


def _own(path: Path) -> bool:
    """Tell whether a file belongs to one engine: its room, or a file of its name."""
    room = path.relative_to(PACKAGE).parts[0]
    engines = "|".join(ENGINES)
    return room in BELOW or bool(re.search(rf"(^|_)({engines})", path.stem))


def test_at_most_three_files_name_all_engines() -> None:
    named = [
        path.relative_to(PACKAGE).as_posix()
        for path in sorted(PACKAGE.rglob("*.py"))
        if not _own(path)
        and all(re.search(name, path.read_text("utf-8"), re.IGNORECASE) for name in ENGINES)
    ]
    assert named == ["module/engines.py", "module/model.py", "run/engines.py"]


def test_every_engine_is_compared_and_run() -> None:
    for name in ENGINES:
        for room in ("run", "checks"):
            assert (PACKAGE / room / f"on_{name}.py").exists()
