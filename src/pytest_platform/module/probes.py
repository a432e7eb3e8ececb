"""A declared probe: from the mapping in the file to the typed spec of its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from pytest_platform.module import model
from pytest_platform.module.declared import DeclaredProbe
from pytest_platform.module.forms import Base
from pytest_platform.module.places import ModuleSource, Path_
from pytest_platform.units import seconds
from pytest_platform.verdict import Location

Kinds = Mapping[str, type[Base]]

BESIDE = model.Probe.__struct_fields__
"""The keys of a probe that are not its kind."""


class ProbeRefused(Exception):
    """A value does not fit; ``path`` is where."""

    def __init__(self, message: str, path: Path_) -> None:
        super().__init__(message)
        self.path = path


def read_probes(
    source: ModuleSource, group: str, declared: Sequence[Mapping[str, Any]], kinds: Kinds
) -> tuple[DeclaredProbe, ...]:
    """Return the probes under ``health`` or ``smoke``.

    Raises:
        Refused: one of them does not fit.
    """
    return tuple(
        read_probe(source, ("spec", group, index), body, kinds)
        for index, body in enumerate(declared)
    )


def read_probe(
    source: ModuleSource, path: Path_, body: Mapping[str, Any], kinds: Kinds
) -> DeclaredProbe:
    """Return the probe that stands at ``path``.

    Raises:
        Refused: it does not fit.
    """
    named = [key for key in body if key not in BESIDE]
    if len(named) != 1 or named[0] not in kinds:
        message = "a probe has a name and exactly one kind"
        raise ProbeRefused(message, path)
    head = {key: body[key] for key in BESIDE if key in body}
    probe: model.Probe = convert(head, model.Probe, path)
    spec = convert(body[named[0]], kinds[named[0]], (*path, named[0]))
    within = seconds(probe.within) if probe.within else 0.0
    place = Location(source.file, source.line(*path, "name"))
    return DeclaredProbe(probe.name, named[0], spec, place, within)


def convert(data: Any, wanted: type[Any], path: Path_ = ()) -> Any:
    """Return ``data``, which stands at ``path``, as an object of the type ``wanted``.

    Raises:
        Refused: it does not fit.
    """
    try:
        return msgspec.convert(data, wanted)
    except msgspec.ValidationError as error:
        message, inner = _split(str(error))
        raise ProbeRefused(message, (*path, *inner)) from None
    except Exception as error:  # noqa: BLE001 - the rules of a kind may raise anything
        message = f"does not fit: {type(error).__name__}: {error}"
        raise ProbeRefused(message, path) from None


def _split(text: str) -> tuple[str, Path_]:
    """Split msgspec's ``message - at `$.a[0].b``` into the message and the path."""
    message, _, pointer = text.rpartition(" - at `$") if " - at `$" in text else (text, "", "")
    words = pointer.rstrip("`").replace("[", ".").replace("]", "").split(".")
    return message, tuple(int(word) if word.isdigit() else word for word in words if word)
