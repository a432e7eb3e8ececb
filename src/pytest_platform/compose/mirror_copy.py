"""Writing the private copy of Compose files that ``mirror`` has read, see ``lenient``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pytest_platform.compose.mirror import (
    UNSET,
    MirroredSource,
    Stubs,
)
from pytest_platform.compose.placeholders import (
    BOOLEANS,
    FORM_OF_TEST,
    STRICT,
)
from pytest_platform.compose.scalars import Key, Scalar

BARE: Final[Mapping[str, Mapping[str, object]]] = {
    "services": {"image": "x"},
    "models": {"model": "x"},
    "secrets": {"file": "/dev/null"},
    "configs": {"file": "/dev/null"},
    "networks": {},
    "volumes": {},
}
"""An entry of each section that says nothing."""

_ENTRY: Final = 2


def write(
    source: MirroredSource,
    folder: Path,
    cuts: Sequence[tuple[str, ...]],
    stubs: Stubs = MappingProxyType({}),
    *,
    plain: bool,
) -> list[Path]:
    """Write the copy below ``folder``; return its files in the order of the originals.

    ``cuts`` are paths of fields that are left out, ``stubs`` are declared besides, by their
    sections. With ``plain`` variables stay as they are written, but where Compose wants a value.
    """
    for file, text in source.texts.items():
        _put(folder, file, _edited(source, file, text, cuts, plain=plain))
    for file in source.values:
        _link(folder, file)
        if file in source.missing:
            _put(folder, file, "")
    for file, services in source.absent.items():
        _put(folder, file, json.dumps({"services": {name: {"image": "x"} for name in services}}))
    asked = folder / "values.json"
    has_value = {name: f"${{{name}:+1}}" for name in source.placeholders.numbers}
    asked.write_text(json.dumps({UNSET: has_value, **stubs}))
    return [*(_place(folder, file) for file in source.files), *([] if plain else [asked])]


def _edited(
    source: MirroredSource, file: Path, text: str, cuts: Sequence[tuple[str, ...]], *, plain: bool
) -> str:
    pieces: list[str] = []
    position = 0
    for one in source.parts_of(file):
        end, new = _stub(one, text, cuts) or (one.end, _new(source, one, cuts, plain=plain))
        if new is not None and one.start >= position:
            lines = "\n" * text.count("\n", one.start, end)
            pieces += [text[position : one.start], one.prefix, new, lines]
            position = end
    return "".join([*pieces, text[position:]])


def _stub(one: Scalar | Key, text: str, cuts: Sequence[tuple[str, ...]]) -> tuple[int, str] | None:
    """Return where a service, another entry or a section ends, and what takes its place.

    An entry under another name would be another entry, so it is one that says nothing.
    """
    if not isinstance(one, Key) or one.path not in cuts or one.path[0] not in BARE:
        return None
    if len(one.path) > _ENTRY:
        return None
    bare = BARE[one.path[0]] if len(one.path) == _ENTRY else {}
    name = re.sub(r"[^\w.-]", "-", one.path[-1])  # The name may be what Compose refuses.
    return len(text[: one.whole].rstrip()), f"{json.dumps(name)}: {json.dumps(bare)}"


def _scalar(one: Scalar | Key, text: str) -> str:
    """Return a text as YAML; a boolean without quotes, for Compose casts it only at times."""
    bare = one.path[-1:] and one.path[-1] in BOOLEANS and text in {"true", "false"}
    return text if bare else json.dumps(text)


def _new(
    source: MirroredSource, one: Scalar | Key, cuts: Sequence[tuple[str, ...]], *, plain: bool
) -> str | None:
    """Return the YAML that takes the place of a key or scalar; None where it stays."""
    if isinstance(one, Key):
        cut = any(one.matches(path) for path in cuts)
        return _scalar(one, f"x-left-out-{one.path[-1]}") if cut else None
    if "$" not in one.value:
        return None
    if not one.prefix and any(one.path[: len(cut)] == cut for cut in cuts):
        return _scalar(one, one.value.replace("$", ""))  # Compose fills in what is left out, too.
    path = one.used or one.path
    if one.declares or one.holds_values:
        return _scalar(one, source.default(one))
    if not plain:
        new = source.placeholders.lenient(one.value, path)
    elif path[-1:] and (path[-1] in STRICT or "extends" in path or path[-2:] == FORM_OF_TEST):
        new = source.placeholders.plain(one.value, path, source.variables)
    else:
        return None
    return _scalar(one, new) if new != one.value else None


def _place(folder: Path, file: Path) -> Path:
    return folder / file.relative_to(file.anchor)


def _put(folder: Path, file: Path, text: str) -> None:
    place = _place(folder, file)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")


def _link(folder: Path, file: Path) -> None:
    place = _place(folder, file)
    if file.is_file() and not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(file)


def restored(value: Any, folder: Path) -> Any:
    """Return a rendered model with the paths of the originals in place of the copy's."""
    if isinstance(value, str):
        return value.replace(str(folder), "")
    if isinstance(value, dict):
        return {restored(key, folder): restored(one, folder) for key, one in value.items()}
    return [restored(one, folder) for one in value] if isinstance(value, list) else value
