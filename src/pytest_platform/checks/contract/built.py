"""What a service runs of an image that is built here: read from its Dockerfile."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from pytest_platform.checks.contract import env_files, mounted
from pytest_platform.checks.contract.facts import Facts, Unit
from pytest_platform.checks.contract.mounted import MountedFiles
from pytest_platform.compose import dockerfile
from pytest_platform.compose.dockerfile import BuiltImage, Copied
from pytest_platform.compose.placeholders import variables
from pytest_platform.compose.service import RenderedService
from pytest_platform.compose.service_parts import ServiceHealthcheck
from pytest_platform.module.source import inside
from pytest_platform.reading import read_text
from pytest_platform.scripts.programs import of_publisher
from pytest_platform.verdict import Finding, Location

_FIELDS: Final = ("entrypoint", "command", "healthcheck")
_BUILDS: Final = frozenset({"", "build", "never"})
"""Policies under which no image from elsewhere takes the place of the one that is built."""


class Built(Struct, frozen=True):
    """A unit with what its image adds to it; ``lines`` of the Dockerfile, by field and name."""

    unit: Unit
    files: Mapping[str, MountedFiles] = field(default_factory=dict)
    file: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)

    def located(self, finding: Finding) -> Finding:
        """Let a finding about what the image adds point at its line in the Dockerfile."""
        names = [part for part in finding.path if part in self.lines]
        if finding.location or not names:
            return finding
        return replace(finding, location=Location(self.file, self.lines[names[-1]]))


def read(facts: Facts, unit: Unit) -> Built:
    """Read the Dockerfile of a unit whose image is built; without one, the unit as it is.

    Where the Dockerfile cannot be read or does not say what runs, nothing is added.
    """
    build = unit.rendered.build
    if build is None or unit.rendered.pull_policy not in _BUILDS:
        return Built(unit)
    root, context = facts.module.root.resolve(), Path(build.context)
    file = context / (build.dockerfile or "Dockerfile")
    text, inline = build.dockerfile_inline or _text(file, root), bool(build.dockerfile_inline)
    written = (unit.source.get("build") or {}) if inline else {}
    if set(variables(str(written.get("dockerfile_inline") or ""))) or not context.is_dir():
        return Built(unit)
    image = dockerfile.image(text, build.target)
    if image is None or image.unclear or image.base in build.additional_contexts:
        return Built(unit)
    files = dict(_files(image, context, root))
    shown = "" if inline else file.resolve().relative_to(root).as_posix()
    return _with_image(unit, image, files, shown)


def _with_image(
    unit: Unit, image: BuiltImage, files: Mapping[str, MountedFiles], file: str
) -> Built:
    """Add what the unit does not say itself, as the Engine does."""
    own, source = unit.rendered, dict(unit.source)
    added: dict[str, Any] = {}
    for name, words in _runs(own, image):
        added[name] = _doubled(words)
        source[name] = list(added[name])
    check = own.healthcheck or ServiceHealthcheck()
    if image.healthcheck and not check.words:
        added["healthcheck"] = replace(check, test=_doubled(image.healthcheck))
    given = {name: one for name, one in image.environment.items() if name not in own.environment}
    rendered = replace(own, **added, environment={**given, **own.environment})
    written = source.get("environment")
    known = {name: value for name, value in given.items() if value is not None}
    source["environment"] = {**known, **(written if isinstance(written, Mapping) else {})}
    lines = {
        {"cmd": "command"}.get(name, name): line
        for name, line in (image.lines.items() if file else ())
        if name in added or name in given
    }
    return Built(Unit(rendered, source, unit.path), files, file, lines)


def _doubled(words: Iterable[str]) -> tuple[str, ...]:
    """Write words as Compose renders them."""
    return tuple(word.replace("$", "$$") for word in words)


def _runs(rendered: RenderedService, image: BuiltImage) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield entrypoint and command of an image where they count, and are known."""
    if rendered.entrypoint is not None:
        return
    entry = image.entrypoint
    if entry is None:
        program = of_publisher(image.base)
        if program is None:
            return
        entry = (program,) if program else ()
    if rendered.command is None:
        if image.command is None and image.entrypoint is None:
            return  # The command of the base runs, which is not known.
        yield "command", image.command or ()
    if entry:
        entry = (_program(image, entry[0]), *entry[1:])
    yield "entrypoint", entry


def _program(image: BuiltImage, word: str) -> str:
    relative = "/" in word and not word.startswith("/")
    return posixpath.normpath(posixpath.join(image.folder, word)) if relative else word


def _files(image: BuiltImage, context: Path, root: Path) -> Iterator[tuple[str, MountedFiles]]:
    """Yield the texts of the context that are copied, by their paths in the image."""
    found: dict[str, MountedFiles] = {}
    for one in image.copied:
        above = f"{one.target.rstrip('/')}/"
        found = {path: text for path, text in found.items() if not f"{path}/".startswith(above)}
        for source in one.sources:
            files = mounted.files_of(context / source.lstrip("/"), _place(one, source, context))
            for path, place in files:
                found |= mounted.text_of(root, path, place)
    for place, text in found.items():
        if not dockerfile.overwrites(image, place):
            yield place, text


def _place(copied: Copied, source: str, context: Path) -> str:
    """Give where a source goes: into a folder, or to the very path."""
    into = copied.target.endswith(("/", "/.")) or len(copied.sources) > 1
    folder = (context / source.lstrip("/")).is_dir()
    target = posixpath.normpath(copied.target)
    return f"{target}/{posixpath.basename(source)}" if into and not folder else target


def _text(file: Path, root: Path) -> str:
    try:
        known = inside(file, root) and not env_files.ignored([file])
        return read_text(file) if known else ""
    except OSError:
        return ""
