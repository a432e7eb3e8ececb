"""The files of the repository that a container sees: bind mounts and ``configs``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from pytest_platform.checks.contract import surroundings
from pytest_platform.checks.contract.facts import Facts, Unit
from pytest_platform.compose import source
from pytest_platform.compose.service import RenderedService
from pytest_platform.compose.service_parts import FileGrant, ServiceMount
from pytest_platform.compose.source import locate
from pytest_platform.reading import read_text
from pytest_platform.scripts.files import Texts
from pytest_platform.scripts.invocation import doubled, single_dollars
from pytest_platform.verdict import Finding, Location

_MOST_BYTES: Final = 262_144
_MOST_FILES: Final = 200


class MountedFiles(Struct, frozen=True):
    """A text that a container sees: of a ``file``, or the content of a ``config``.

    ``source`` is the content before interpolation, ``written`` the same with single dollars.
    """

    text: str
    written: str
    file: Path | None = None
    config: str = ""
    source: str = ""


def scripts(facts: Facts, unit: Unit) -> dict[str, MountedFiles]:
    """Return mounted texts of the repository, by their paths in the container.

    Where two mounts have the same path, it is not known which one is seen, so neither is there.
    """
    if unit.rendered.volumes_from:
        return {}
    found = _all_texts(facts, unit)
    shadowed = _shadowed(unit.rendered)
    return {path: one for path, one in found.items() if path not in shadowed}


def _shadowed(rendered: RenderedService) -> set[str]:
    """Return the paths at which more than one thing is mounted."""
    targets = [surroundings.normal(one.partition(":")[0]) for one in rendered.tmpfs]
    mounts: Mapping[str, Sequence[ServiceMount | FileGrant]] = {
        "volumes": rendered.volumes,
        "configs": rendered.configs,
        "secrets": rendered.secrets,
    }
    for kind, some in mounts.items():
        targets += [surroundings.target_of(kind, one) for one in some]
    return {path for path, count in Counter(targets).items() if count > 1}


def _all_texts(facts: Facts, unit: Unit) -> dict[str, MountedFiles]:
    root = facts.module.root.resolve()
    found: dict[str, MountedFiles] = {}
    for mount in unit.rendered.volumes:
        if mount.type == "bind":
            place = surroundings.target_of("volumes", mount)
            for path, target in files_of(Path(mount.source), place):
                found |= text_of(root, path, target)
    for grant in unit.rendered.configs:
        name, target = grant.source, surroundings.target_of("configs", grant)
        made = (facts.rendered.model.get("configs") or {}).get(name) or {}
        if "content" in made:
            found[target] = _content(facts, name, str(made["content"]))
        elif made.get("file"):
            found |= text_of(root, Path(str(made["file"])), target)
    return found


def texts(found: Mapping[str, MountedFiles], folder: str = "") -> Texts:
    """Return the texts alone; those below ``folder`` also by their paths from there."""
    above = f"{folder.rstrip('/')}/"
    names = {path: [path] for path in found}
    for path in found if folder.startswith("/") else ():
        if path.startswith(above):
            names[path] += [path.removeprefix(above), f"./{path.removeprefix(above)}"]
    pairs = [(name, found[path]) for path, all_of in names.items() for name in all_of]
    return Texts(
        {name: one.text for name, one in pairs},
        {name: one.written for name, one in pairs},
        {name: one.source for name, one in pairs if one.source},
    )


def located(
    facts: Facts, found: Mapping[str, MountedFiles], folder: str, finding: Finding
) -> Finding:
    """Let a finding about a mounted text point at its line there."""
    named = finding.spot.file if finding.spot else ""
    one = found.get(named) or found.get(f"{folder.rstrip('/')}/{named.removeprefix('./')}")
    if one is None or finding.spot is None:
        return finding
    return replace(finding, location=_location(facts, one, finding.spot.at))


def _location(facts: Facts, one: MountedFiles, at: int) -> Location:
    if one.file is None:
        path = ("configs", one.config, "content")
        return locate(facts.module, path, doubled(one.source, at))
    root, real = facts.module.root.resolve(), one.file.resolve()
    line, column = source.position_of_index(one.text, at)
    return Location(real.relative_to(root).as_posix(), line, column)


def _content(facts: Facts, name: str, content: str) -> MountedFiles:
    text = single_dollars(content)
    made = (facts.source.model.get("configs") or {}).get(name) or {}
    source = str(made.get("content", content))
    return MountedFiles(text, single_dollars(source), config=name, source=source)


def files_of(source: Path, target: str) -> Iterator[tuple[Path, str]]:
    """Yield each file of a source, itself or below it, with its path in the container."""
    if source.is_file():
        yield source, target
    elif source.is_dir():
        inside = (path for path in sorted(source.glob("**/*")) if path.is_file())
        for path, _ in zip(inside, range(_MOST_FILES), strict=False):
            yield path, f"{target.rstrip('/')}/{path.relative_to(source).as_posix()}"


def text_of(root: Path, path: Path, target: str) -> dict[str, MountedFiles]:
    """Return the text of a file of the repository by its path in the container, if it is one."""
    real = path.resolve()
    if not real.is_relative_to(root) or target.startswith("/tmp/"):  # noqa: S108
        return {}
    try:
        if real.stat().st_size > _MOST_BYTES:
            return {}
        text = read_text(real, errors="strict")
    except (OSError, UnicodeDecodeError):
        return {}
    return {target: MountedFiles(text, text, real)}
