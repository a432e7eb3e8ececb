"""Rendering a copy of the files in which no value is missing, see ``mirror``."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from msgspec import Struct, field

from pytest_platform.compose.blame import blamed
from pytest_platform.compose.mirror import UNSET, MirroredSource
from pytest_platform.compose.mirror_copy import BARE, restored, write
from pytest_platform.compose.program import RenderingRefused
from pytest_platform.compose.rendered import Rendered
from pytest_platform.compose.temporary import temporary_folder

Ask = Callable[..., Mapping[str, Any]]
"""Renders files with options; raises ``RenderingRefused``."""

_MOST_CUTS: Final = 24
_PATIENCE: Final = 8
"""Attempts after which what refers to nothing is no longer looked for."""
_SCHEMA: Final = re.compile(
    r"validating [^\n]*?: ((?:services|networks|volumes|secrets|configs)\.\S+) (.*)"
)
_LEFT_OUT: Final = "x-left-out-"
_UNKNOWN_KEYS: Final = re.compile(r"additional propert\w+ (.*) not allowed")
_OF_PLACEHOLDERS: Final = re.compile(r"replicas: can't set container_name")
"""What Compose says where a placeholder is more than one replica."""

_UNDEFINED: Final = re.compile(
    r'undefined (service|network|volume|config|secret|model) "?([^\s":]+)'
)
_DECODED: Final = re.compile(r"'(services|networks|volumes)\[([^]]+)\]\.([\w.]+)'")
_EXTENDS: Final = re.compile(r'cannot extend service "([^"]+)"')
_SERVICE: Final = re.compile(r'service "([^"]+)"|services\.([\w-]+)\.')
_OF_PORTS: Final = re.compile(r"IP address|[Pp]ort|hostPort|containerPort|ranges")
_FIELD_DEPTH: Final = 3
_NO_CONSISTENCY: Final = "--no-consistency"


def render_copy(source: MirroredSource, ask: Ask, *, plain: bool = False) -> Rendered:
    """Render a copy of the files; with ``plain``, before variables are filled in.

    A field that Compose knows nothing of is left out, so that the others can be judged, and
    what Compose says of it is kept as ``refusal``. Services that stay unclear are ``unclear``.

    Raises:
        RenderingRefused: the files cannot be rendered at all.
        TemporaryUnwritable: the copy cannot be written.
    """
    options = ["--no-env-resolution"]
    options += ["--no-interpolate", _NO_CONSISTENCY] if plain else []
    copy = _Copy(source)
    with temporary_folder() as copies:
        for attempt in range(_MOST_CUTS):
            folder = copies / str(attempt)
            folder.mkdir()
            try:
                model = ask(write(source, folder, copy.cuts, copy.stubs, plain=plain), *options)
            except RenderingRefused as refused:
                said = refused.stderr.replace(str(folder), "")
                mended = copy.mended(said)
                if not mended and _NO_CONSISTENCY in options:
                    raise RenderingRefused(copy.refusal or said) from None
                # Compose names one undefined thing at a time; of many, the rest is not asked for.
                if _NO_CONSISTENCY not in options and (not mended or attempt >= _PATIENCE):
                    options.append(_NO_CONSISTENCY)
            else:
                return _rendered(copy, copy.without_stubs(restored(model, folder)))
    raise RenderingRefused(copy.refusal)


class _Copy(Struct):
    """What a copy leaves out and declares besides, learned from what Compose says against it."""

    source: MirroredSource
    cuts: list[tuple[str, ...]] = field(default_factory=list)
    needs: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    stubs: dict[str, dict[str, object]] = field(default_factory=dict)
    refusal: str = ""

    def mended(self, said: str) -> bool:
        """Return whether another copy may be rendered; what is no placeholder's fault is kept."""
        if self._declared(said) or self._left_out(said):
            return True
        if not (_OF_PLACEHOLDERS.search(said) or self._lacks_a_part(said)):
            self.refusal = self.refusal or said
        further = [cut for cut in _cuts(said) if cut not in self.cuts and self._is_there(cut)]
        if not further and (cut := blamed(said, self.source)) and cut not in self.cuts:
            further = [cut]
        self.cuts += further
        return bool(further)

    def _is_there(self, cut: tuple[str, ...]) -> bool:
        """Return whether a key can be left out by itself; one from an anchor cannot."""
        return "*" in cut or bool(self.source.matching([cut]))

    def without_stubs(self, model: Mapping[str, Any]) -> dict[str, Any]:
        """Return a rendered model without what was declared for the sake of placeholders."""
        rest = dict(model)
        for section, stubs in self.stubs.items():
            named = (model.get(section) or {}).items()
            rest[section] = {name: one for name, one in named if name not in stubs}
        return rest

    def _declared(self, said: str) -> bool:
        """Declare what a placeholder refers to."""
        found = _UNDEFINED.search(said)
        if found is None or not self._marks(found[2]):
            return False
        section = f"{found[1]}s"
        stubs = self.stubs.setdefault(section, {})
        known = found[2] in stubs
        stubs[found[2]] = BARE[section]
        return not known

    def _left_out(self, said: str) -> bool:
        """Leave out the fields for which no placeholder fits."""
        asking = self.source.asking()
        place = _place(said)
        if place:
            hit = {path: asking[path] for path in asking if path[: len(place)] == place}
        else:
            hit = _narrowed(said, self.source.asking(self._marks(said)), self._marks(said))
        further = {path[:_FIELD_DEPTH]: names for path, names in hit.items()}
        new = {path: names for path, names in further.items() if path not in self.cuts}
        self.cuts += new
        self.needs.update(new)
        return bool(new)

    def _lacks_a_part(self, said: str) -> bool:
        """Return whether Compose speaks of a service of which something was left out."""
        return _service_in(said) in {path[1] for path in self.needs}

    def _marks(self, said: str) -> set[str]:
        marks = self.source.placeholders.values()
        return {name for mark, name in marks.items() if mark in said}


def _place(said: str) -> tuple[str, ...]:
    """Return the path of the field that Compose speaks of, if it names one."""
    if found := _SCHEMA.search(said):
        return () if _UNKNOWN_KEYS.search(found[2]) else tuple(found[1].split("."))
    if found := _DECODED.search(said):
        return (found[1], found[2], *found[3].split("."))
    found = _EXTENDS.search(said)
    return ("services", found[1], "extends") if found else ()


def _service_in(said: str) -> str:
    found = _SERVICE.search(said)
    return (found[1] or found[2]) if found else ""


def _narrowed(
    said: str, asking: Mapping[tuple[str, ...], tuple[str, ...]], names: Collection[str]
) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return which of the places Compose seems to mean: those of a service or a field it names."""
    left = dict(asking) if names else {}
    service, ports, words = _service_in(said), bool(_OF_PORTS.search(said)), said.lower()
    tests: list[Callable[[tuple[str, ...]], bool]] = [
        lambda path: path[1:2] == (service,),
        lambda path: ports and path[2:3] == ("ports",),
        lambda path: any(key.rstrip("s") in words for key in path[2:]),
    ]
    for test in tests:
        left = {path: one for path, one in left.items() if test(path)} or left
    return {path: one for path, one in left.items() if len(path) >= _FIELD_DEPTH}


def _rendered(copy: _Copy, model: Mapping[str, Any]) -> Rendered:
    source, cuts = copy.source, copy.cuts
    has_value: Mapping[str, str] = model.get(UNSET) or {}
    names = frozenset(name for name in source.placeholders.numbers if not has_value.get(name))
    marks = {mark: name for mark, name in source.placeholders.values().items() if name in names}
    return Rendered(
        {key: value for key, value in model.items() if key != UNSET},
        placeholders=frozenset(marks.values()),
        marks=marks,
        lacking=frozenset(map(str, source.missing)),
        unclear=frozenset({*cuts, *source.matching(cuts), *source.orphaned()}),
        refusal=copy.refusal,
        needs=copy.needs,
    )


def _cuts(said: str) -> list[tuple[str, ...]]:
    """Return the fields that Compose's schema refuses; a key that it does not know, everywhere."""
    match = _SCHEMA.search(said)
    if match is None:
        return []
    path = tuple(match[1].split("."))
    keys = _UNKNOWN_KEYS.search(match[2])
    if keys and _LEFT_OUT in keys[1]:
        return [_anywhere(path)]
    if keys:
        return [(*_anywhere(path), key) for key in re.findall(r"'([^']+)'", keys[1])]
    while path and path[-1].isdigit():
        path = path[:-1]
    return [(*_anywhere(path[:-1]), path[-1]) if match[2].startswith("false schema") else path]


def _anywhere(path: tuple[str, ...]) -> tuple[str, ...]:
    """Put ``*`` in place of the names of services and the like, and of indices."""
    return tuple("*" if index == 1 or part.isdigit() else part for index, part in enumerate(path))
