"""A module in memory: from a service of a Compose project, without a file of its own. Pure.

A service may say more of itself under ``x-platform``: the keys of ``spec.runtime`` without
``compose``, and ``health`` and ``smoke``. The block is read as a part of a module file, so it
has the same schema, and its errors the same words and the lines of the Compose file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from pytest_platform.errors import Problem
from pytest_platform.module.data import State
from pytest_platform.module.declared import Broken, Module, Vocabulary
from pytest_platform.module.engines import ENGINES
from pytest_platform.module.forms import ExpectedState, StateClass
from pytest_platform.module.infer import Inference, Services, data_of, infer, needed_by
from pytest_platform.module.loader import checked
from pytest_platform.module.model import Manifest, Spec
from pytest_platform.module.places import ModuleSource, Path_, Span

BLOCK: Final = "x-platform"
PROBES: Final = ("health", "smoke")
_STANDS_IN: Final = "service"
"""A name that is always valid: that of a service need not be one of a module."""
_RUNTIME: Final[Path_] = ("spec", "runtime")


class ServicePlace(Struct, frozen=True):
    """Where a service stands: the file as people are shown it, its text and the line.

    ``lines`` has the line of each key below ``x-platform``, by its path in the block.
    """

    file: str
    text: str
    line: int
    lines: Mapping[Path_, int] = field(default_factory=dict)


class Project(Struct, frozen=True):
    """A Compose project: its files and its name, all its services, and those that are deployed."""

    files: tuple[Path, ...]
    name: str
    services: Services
    deployed: tuple[str, ...]
    root: Path
    engine: str = next(iter(ENGINES))


def module_of(
    name: str,
    project: Project,
    place: ServicePlace,
    vocabulary: Vocabulary,
    declared: Module | None = None,
) -> Module | Broken:
    """Return the module that the service ``name`` is; broken where ``x-platform`` is. Never raises.

    Its contract is ``draft``, since nobody has declared anything else. What the module file
    ``declared`` says of how it runs and of its probes holds.
    """
    if declared is not None:
        return _of_file(name, project, declared)
    path, block = project.files[0], project.services[name].get(BLOCK)
    inference = _declared(block) or infer(name, project.services)
    source = _source(name, project, place, inference)
    if problem := _misuse(block, source):
        return Broken(name, path, place.file, (problem,))
    # Compose lets its files be anywhere, so nothing has to stay below the repository.
    read = checked(_STANDS_IN, path, Path(path.anchor), source, vocabulary)
    if isinstance(read, Broken):
        return replace(read, name=name)
    manifest = _named(read.manifest, name, project, inference)
    return replace(read, name=name, root=project.root, manifest=manifest, inferred=inference)


def _of_file(name: str, project: Project, declared: Module) -> Module:
    """Take a module that has a file; in this project it goes by the name of its service."""
    runtime = declared.manifest.spec.runtime
    inference = Inference(runtime.expected_state, f"{declared.file} says so")
    manifest = _named(declared.manifest, name, project, inference)
    folder = declared.folder
    files = tuple(os.path.relpath(file, folder) for file in project.files)
    there: Any = msgspec.structs.replace(runtime.place.renamed(project.name), files=files)
    runtime = msgspec.structs.replace(runtime, **{runtime.engine: there})
    metadata = msgspec.structs.replace(manifest.metadata, contract="draft")
    spec = msgspec.structs.replace(manifest.spec, runtime=runtime)
    manifest = msgspec.structs.replace(manifest, metadata=metadata, spec=spec)
    return replace(declared, name=name, manifest=manifest, inferred=inference)


def _misuse(block: Any, source: ModuleSource) -> Problem | None:
    if block is not None and not isinstance(block, Mapping):
        message = f"{BLOCK} must be a mapping, such as {BLOCK}: {{expected_state: running}}"
        return source.problem(message)
    for engine in ENGINES:
        if block and engine in block:
            message = f"{BLOCK} cannot hold '{engine}': it stands in its service; remove it"
            return source.problem(message, (*_RUNTIME, engine), key=True)
    for key in Spec.__struct_encode_fields__:
        if block and key in block and key not in PROBES:
            message = (
                f"{BLOCK} cannot hold '{key}': only a module.yaml can declare it; "
                "`python -m pytest_platform adopt` writes one"
            )
            return source.problem(message, (*_RUNTIME, key), key=True)
    return None


def _declared(block: Any) -> Inference | None:
    """Return the state that the block declares; what is no state is told by its schema."""
    state = block.get("expected_state") if isinstance(block, Mapping) else None
    if state not in list(ExpectedState):
        return None
    return Inference(ExpectedState(state), f"{BLOCK} says so", (BLOCK, "expected_state"))


def _source(name: str, project: Project, place: ServicePlace, inference: Inference) -> ModuleSource:
    """Write the service as a module file would; all that is not in the block is its line."""
    folder = project.files[0].parent
    block = project.services[name].get(BLOCK)
    declared: Mapping[str, Any] = block if isinstance(block, Mapping) else {}
    runtime = {
        "expected_state": inference.state.value,
        "replicas": _replicas(project.services[name]),
        **{key: value for key, value in declared.items() if key not in PROBES},
        project.engine: {
            "files": [os.path.relpath(file, folder) for file in project.files],
            ENGINES[project.engine]: project.name,
            "service": name,
        },
    }
    data = {
        "apiVersion": "platform/v2",
        "kind": "Module",
        "metadata": {
            "name": _STANDS_IN,
            "summary": f"The service {name} of {place.file}.",
            "owner": "nobody",
            "contract": "draft",
        },
        "spec": {
            "runtime": runtime,
            "state": {"class": StateClass.STATELESS.value},
            **{key: declared[key] for key in PROBES if key in declared},
        },
    }
    keys = _keys(place)
    return ModuleSource(place.file, place.text, data, keys, keys)


def _keys(place: ServicePlace) -> dict[Path_, Span]:
    """Return where the keys of the block stand; all else is the line of the service."""
    keys = {_path_in_module(path): _span(place, line) for path, line in place.lines.items()}
    return {**keys, (): _span(place, place.line)}


def _path_in_module(path: Path_) -> Path_:
    return ("spec", *path) if path[:1] and path[0] in PROBES else (*_RUNTIME, *path)


def _span(place: ServicePlace, line: int) -> Span:
    lines = place.text.splitlines()
    text = lines[line - 1] if line <= len(lines) else ""
    shown = text.strip()
    return Span(line, len(text) - len(text.lstrip()), max(1, len(shown)))


def _named(manifest: Manifest, name: str, project: Project, inference: Inference) -> Manifest:
    """Give the module the names of services, which need not be valid for a module file."""
    services = {one: project.services[one] for one in project.deployed} | {
        name: project.services[name]
    }
    requires = tuple(one for one in needed_by(services[name]) if one in services)
    data = data_of(name, services, inference)
    owners = (data.owner,) if data.owner else ()
    state = State(class_=data.class_, owner=data.owner, backup_ref_modules=owners)
    return msgspec.structs.replace(
        manifest,
        metadata=msgspec.structs.replace(manifest.metadata, name=name),
        spec=msgspec.structs.replace(manifest.spec, requires=requires, state=state),
    )


def _replicas(service: Mapping[str, Any]) -> int:
    deploy = service.get("deploy")
    written = deploy.get("replicas") if isinstance(deploy, Mapping) else None
    scale = service.get("scale")
    number = str(written if scale is None else scale)
    return int(number) if number.isdigit() else 1
