"""The files of the repository that a container sees: bind mounts and ``configs``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from pytest_platform.checks.contract.facts import Facts, Unit
from pytest_platform.scripts.invocation import single_dollars

_MOST_BYTES: Final = 262_144
_MOST_FILES: Final = 200


def scripts(facts: Facts, unit: Unit) -> dict[str, str]:
    """Return the texts of mounted files below the repository's root, by path in the container."""
    root = facts.module.root.resolve()
    found: dict[str, str] = {}
    for mount in unit.rendered.get("volumes") or ():
        if isinstance(mount, Mapping) and mount.get("type") == "bind":
            for path, target in _files(Path(str(mount.get("source", ""))), str(mount["target"])):
                found |= _text(root, path, target)
    for name, target in _configs(unit):
        made = (facts.rendered.model.get("configs") or {}).get(name) or {}
        if "content" in made:
            found[target] = single_dollars(str(made["content"]))
        elif made.get("file"):
            found |= _text(root, Path(str(made["file"])), target)
    return found


def _configs(unit: Unit) -> Iterator[tuple[str, str]]:
    for one in unit.rendered.get("configs") or ():
        if isinstance(one, Mapping):
            name = str(one.get("source"))
            yield name, str(one.get("target") or f"/{name}")


def _files(source: Path, target: str) -> Iterator[tuple[Path, str]]:
    if source.is_file():
        yield source, target
    elif source.is_dir():
        inside = (path for path in sorted(source.glob("**/*")) if path.is_file())
        for path, _ in zip(inside, range(_MOST_FILES), strict=False):
            yield path, f"{target.rstrip('/')}/{path.relative_to(source).as_posix()}"


def _text(root: Path, path: Path, target: str) -> dict[str, str]:
    real = path.resolve()
    if not real.is_relative_to(root) or target.startswith("/tmp/"):  # noqa: S108
        return {}
    try:
        if real.stat().st_size > _MOST_BYTES:
            return {}
        return {target: real.read_text(encoding="utf-8")}
    except (OSError, UnicodeDecodeError):
        return {}
