"""Which part of its files Compose speaks of where it refuses them, so that the rest can be judged.

Compose names a field, a service or a section in one of several ways, or a line, or only the
value of a port. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from pytest_platform.compose.mirror import MirroredSource
from pytest_platform.compose.scalars import Key, Path, Scalar

SECTIONS: Final = ("services", "secrets", "configs", "models", "volumes", "networks")

_ADDITIONAL: Final = re.compile(r":\s+(services )?additional propert\w+ '([^']+)'")
_NO_MAPPING: Final = re.compile(rf"\b({'|'.join(SECTIONS)}) must be a mapping")
_TWICE: Final = re.compile(r"\bline (\d+): mapping key ")
_PORT: Final = re.compile(r"invalid (?:hostPort|containerPort|proto|IP address)s?: (\S+)")
_UNDEFINED: Final = re.compile(
    r'service "([^"]+)" (?:depends on|refers to) undefined (service|volume|network|config|secret)'
)
_REFERRING: Final = {"service": "depends_on"}
"""Where a service names another one; what else it names stands in a field of that name."""
_FIELD: Final = 3
_ENTRY: Final = 2


def blamed(said: str, source: MirroredSource) -> Path:
    """Return the path of the field, entry or section to leave out; an empty one if none is named.

    A field that a service has from an anchor is not left out alone: others may have it, too.
    """
    keys = [key.path for key in _keys(source)]
    fields = sorted({path for path in keys if len(path) == _FIELD and path[0] in SECTIONS})
    entries = sorted({path for path in keys if len(path) == _ENTRY and path[0] in SECTIONS})
    named = (path for path in (*fields, *entries) if _names(path, said))
    found = (
        _referring(said, keys)
        or next(named, ())
        or _section(said)
        or _by_line(said, source)
        or _by_port(said, source)
    )
    return found if found in keys else ()


def _referring(said: str, keys: Collection[Path]) -> Path:
    """Return the field in which a service names what there is not."""
    found = _UNDEFINED.search(said)
    if found is None:
        return ()
    path = ("services", found[1], _REFERRING.get(found[2], f"{found[2]}s"))
    return path if path in keys else ()


def _keys(source: MirroredSource) -> Iterator[Key]:
    for parts in source.parts.values():
        yield from (one for one in parts if isinstance(one, Key))


def _names(path: Path, said: str) -> bool:
    section, name, *rest = map(re.escape, path)
    below = "".join(rf"\.{one}" for one in rest)
    forms = [rf"{section}\.{name}{below}", rf"{section}\[{name}\]{below}"]
    if path[0] == "services" and not rest:
        forms.append(rf'service "{name}"')
    return re.search(rf"(?<![\w.-])(?:{'|'.join(forms)})(?![\w-])", said) is not None


def _section(said: str) -> Path:
    if found := _ADDITIONAL.search(said):
        return ("services", found[2]) if found[1] else (found[2],)
    found = _NO_MAPPING.search(said)
    return (found[1],) if found else ()


def _by_line(said: str, source: MirroredSource) -> Path:
    """Return the entry that stands around a line that Compose names."""
    found = _TWICE.search(said)
    if found is None:
        return ()
    files = [file for file in source.texts if str(file) in said] or list(source.texts)
    for file in files:
        text = source.texts[file]
        for key in source.parts_of(file):
            if not isinstance(key, Key) or len(key.path) != _ENTRY or key.path[0] not in SECTIONS:
                continue
            if _line(text, key.start) < int(found[1]) <= _line(text, key.whole):
                return key.path
    return ()


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _by_port(said: str, source: MirroredSource) -> Path:
    found = _PORT.search(said)
    if found is None:
        return ()
    for parts in source.parts.values():
        for one in parts:
            if isinstance(one, Scalar) and one.path[2:3] == ("ports",) and found[1] in one.value:
                return one.path[:_FIELD]
    return ()
