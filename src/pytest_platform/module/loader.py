"""From the source of a ``module.yaml`` to a module, or to everything that is wrong with it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pytest_platform.errors import Problem
from pytest_platform.module.declared import Broken, DeclaredProbe, Module, Vocabulary
from pytest_platform.module.defaults import Shared
from pytest_platform.module.model import Manifest
from pytest_platform.module.places import CODE, ModuleSource, Path_, Unreadable
from pytest_platform.module.probes import Kinds, ProbeRefused, convert, read_probes
from pytest_platform.module.source import inside, read
from pytest_platform.text import did_you_mean, quoted

__all__ = [
    "FILE_NAME",
    "Broken",
    "DeclaredProbe",
    "Module",
    "Vocabulary",
    "checked",
    "load",
    "shaped",
]

FILE_NAME = "module.yaml"


def load(
    path: Path, root: Path, vocabulary: Vocabulary, shared: Shared | None = None
) -> Module | Broken:
    """Read one ``module.yaml``. Every path in it must stay inside ``root``. Never raises.

    ``shared`` has what holds where the file says nothing.
    """
    name = path.parent.name
    try:
        source = read(path, root)
    except Unreadable as error:
        problem = error.problem
        return Broken(name, path, problem.location.file, (problem,))
    if shared and shared.problem:
        return Broken(name, path, source.file, (shared.problem,))
    source = shared.below(source) if shared else source
    return checked(name, path, root, source, vocabulary)


def checked(
    name: str, path: Path, root: Path, source: ModuleSource, vocabulary: Vocabulary
) -> Module | Broken:
    """Return the module ``name`` that a source declares, or all that is wrong. Never raises."""
    try:
        manifest, health, smoke = shaped(source, vocabulary.kinds)
    except ProbeRefused as refused:
        return Broken(name, path, source.file, _explain(source, refused, vocabulary.kinds))
    module = Module(name, path, root, source, manifest, health, smoke)
    problems = tuple(broken_rules(module, vocabulary))
    return Broken(name, path, source.file, problems) if problems else module


def shaped(
    source: ModuleSource, kinds: Kinds
) -> tuple[Manifest, tuple[DeclaredProbe, ...], tuple[DeclaredProbe, ...]]:
    """Return the manifest and the probes under ``health`` and ``smoke``.

    Raises:
        Refused: something in the file has the wrong shape; only the first is told.
    """
    manifest: Manifest = convert(source.data, Manifest)
    health = read_probes(source, "health", manifest.spec.health, kinds)
    smoke = read_probes(source, "smoke", manifest.spec.smoke, kinds)
    return manifest, health, smoke


def _explain(source: ModuleSource, refused: ProbeRefused, kinds: Kinds) -> tuple[Problem, ...]:
    # Imported here alone: a well-formed file does not need jsonschema.
    from pytest_platform.module.diagnosis import diagnose

    return diagnose(source, kinds) or (source.problem(str(refused), refused.path),)


def broken_rules(module: Module, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Yield a problem for every rule that the module breaks."""
    yield from _paths(module)
    yield from _waivers(module, vocabulary.waivable)
    for group, probes in (("health", module.health), ("smoke", module.smoke)):
        yield from _names(module, group, probes, vocabulary.reserved)


def _paths(module: Module) -> Iterator[Problem]:
    spec = module.manifest.spec
    places: list[tuple[str, Path_]] = [
        (file, ("spec", "runtime", module.engine, "files", index))
        for index, file in enumerate(spec.runtime.place.files)
    ]
    for relative, place in [*places, (spec.runbook, ("spec", "runbook"))]:
        fault = _leaves(module.folder / relative, module.root)
        if fault:
            yield module.source.problem(f"{quoted(relative)} {fault}", place)


def _leaves(path: Path, root: Path) -> str | None:
    try:
        os.path.realpath(path, strict=True)
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "cannot be followed: its links lead in a circle"
    if inside(path, root):
        return None
    top = next((one for one in root.resolve().parents if (one / ".git").exists()), None)
    if top is not None and inside(path, top):
        return (
            f"lies outside of pytest's rootdir {root}, though in its git repository: run pytest "
            f"with --rootdir {top}, or put a pytest.ini there"
        )
    return "leaves the repository; keep what a module needs inside it"


def _waivers(module: Module, waivable: frozenset[str]) -> Iterator[Problem]:
    for index, waiver in enumerate(module.manifest.spec.waivers):
        if waiver.code not in waivable:
            hint = did_you_mean(waiver.code, waivable - {CODE})
            if waiver.code == CODE:
                hint = ": a file that cannot be read has no waivers"
            message = f"{quoted(waiver.code)} is not a code that can be waived{hint}"
            yield module.source.problem(message, ("spec", "waivers", index, "code"))


def _names(
    module: Module,
    group: str,
    probes: Sequence[DeclaredProbe],
    reserved: Mapping[str, frozenset[str]],
) -> Iterator[Problem]:
    lines: dict[str, int] = {}
    for index, probe in enumerate(probes):
        fault = _name_fault(probe.name, group, reserved.get(group, frozenset()), lines)
        if fault:
            yield module.source.problem(fault, ("spec", group, index, "name"))
        lines.setdefault(probe.name, probe.location.line)


def _name_fault(
    name: str, group: str, reserved: frozenset[str], lines: Mapping[str, int]
) -> str | None:
    if "::" in name or not name.isprintable():
        return f"the name {quoted(name)} must be one line of printable text without '::'"
    if name in reserved:
        return f"every module has a check named {quoted(name)}; pick another name"
    if name in lines:
        first = lines[name]
        return f"two probes under '{group}' are named {quoted(name)} (first on line {first})"
    return None
