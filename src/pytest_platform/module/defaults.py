"""``defaults.yaml`` in the folder of modules: what all of them share, written once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, field

from pytest_platform.errors import Problem
from pytest_platform.module.engines import ENGINES
from pytest_platform.module.forms import Base, Destination, Text
from pytest_platform.module.model import SHARED, SharedPlaces
from pytest_platform.module.places import ModuleSource, Path_, Unreadable
from pytest_platform.module.probes import ProbeRefused, convert
from pytest_platform.module.source import parse, read
from pytest_platform.text import did_you_mean, quoted

FILE_NAME: Final = "defaults.yaml"


class Defaults(SharedPlaces, frozen=True, kw_only=True):
    """What holds for every module that does not say otherwise."""

    api_version: Annotated[
        Literal["platform/v2"], Meta(description="The version of this format.")
    ] = field(name="apiVersion")
    kind: Annotated[Literal["Defaults"], Meta(description="What the file describes.")]
    owner: Annotated[Text | None, Meta(description="Who is asked when a module fails.")] = None
    contract: Annotated[
        Literal["draft", "strict-v2"] | None,
        Meta(description="`draft`: contract findings warn; `strict-v2`: they fail."),
    ] = None
    host: Annotated[
        Destination | None, Meta(description="The host they run on, for `--remote-mode ssh`.")
    ] = None


class Shared:
    """The defaults of one folder of modules; ``problem`` says why they cannot be used."""

    def __init__(self, defaults: Defaults | None = None, problem: Problem | None = None) -> None:
        self.problem = problem
        self.defaults = defaults

    def below(self, source: ModuleSource) -> ModuleSource:
        """Return the source of a module with the defaults for what it does not say."""
        if self.defaults is None or not isinstance(source.data, Mapping):
            return source
        shared = _as_module(self.defaults)
        runtime, own = shared["spec"]["runtime"], _runtime(source.data)
        for engine in ENGINES:
            # Another engine than the module's own is none of its business.
            if engine not in own and (ENGINES.keys() & own or not runtime[engine]):
                del runtime[engine]
        return replace(source, data=_merged(source.data, shared))


def shared_in(folder: Path, root: Path) -> Shared:
    """Read the defaults of a folder of modules; none where there is no such file. Never raises."""
    path = folder / FILE_NAME
    if not path.exists():
        return Shared()
    try:
        return _of_source(read(path, root))
    except Unreadable as error:
        return Shared(problem=error.problem)


def of_text(text: str, file: str) -> Shared:
    """Return the defaults that a text holds. Never raises."""
    try:
        return _of_source(parse(text, file))
    except Unreadable as error:
        return Shared(problem=error.problem)


def _of_source(source: ModuleSource) -> Shared:
    shapes: list[tuple[Path_, type[Base]]] = [((), Defaults)]
    shapes += [((engine,), known) for engine, known in SHARED.items()]
    for inner, known in shapes:
        if problem := _unknown(source, inner, known):
            return Shared(problem=problem)
    try:
        return Shared(convert(source.data, Defaults))
    except ProbeRefused as refused:
        message = f"{FILE_NAME}: {refused}"
        return Shared(problem=source.problem(message, refused.path, key=True))


def _unknown(source: ModuleSource, inner: Path_, known: type[Base]) -> Problem | None:
    part = source.data
    for key in inner:
        part = part.get(key) if isinstance(part, Mapping) else None
    names = known.__struct_encode_fields__
    for key in part if isinstance(part, Mapping) else ():
        if key not in names:
            hint = did_you_mean(str(key), names) or f"; there is {', '.join(names)}"
            return source.problem(f"unknown key {quoted(str(key))}{hint}", (*inner, key), key=True)
    return None


def _as_module(defaults: Defaults) -> dict[str, Any]:
    places: dict[str, Any] = {
        engine: _given(
            {
                "files": [f"../{file}" for file in getattr(defaults, engine).files] or None,
                together: getattr(defaults, engine).project,
            }
        )
        for engine, together in ENGINES.items()
    }
    runtime = {**places, "host": defaults.host}
    metadata = {"owner": defaults.owner, "contract": defaults.contract}
    return {"metadata": _given(metadata), "spec": {"runtime": _given(runtime)}}


def _runtime(data: Mapping[str, Any]) -> Mapping[str, Any]:
    spec = data.get("spec")
    runtime = spec.get("runtime") if isinstance(spec, Mapping) else None
    return runtime if isinstance(runtime, Mapping) else {}


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _merged(own: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in what a mapping lacks; where it has something else than a mapping, that stays."""
    merged = {**shared, **own}
    for key in own.keys() & shared.keys():
        if isinstance(own[key], Mapping) and isinstance(shared[key], Mapping):
            merged[key] = _merged(own[key], shared[key])
    return merged


SHARED_KEYS: Final = frozenset({"owner", "files", *ENGINES.values()})
"""Keys that a module file has to have, unless the defaults do."""
