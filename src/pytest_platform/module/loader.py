"""From the source of a ``module.yaml`` to a module, or to everything that is wrong with it."""

from __future__ import annotations

from pathlib import Path

from pytest_platform.errors import Problem
from pytest_platform.module.declared import Broken, DeclaredProbe, Module, Vocabulary
from pytest_platform.module.defaults import Shared
from pytest_platform.module.model import Manifest
from pytest_platform.module.places import ModuleSource, Unreadable
from pytest_platform.module.probes import Kinds, ProbeRefused, convert, read_probes
from pytest_platform.module.rules import broken_rules
from pytest_platform.module.source import read

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
    from pytest_platform.module.diagnose import diagnose

    return diagnose(source, kinds) or (source.problem(str(refused), refused.path),)
