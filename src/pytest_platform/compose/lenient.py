"""Rendering a copy of the files in which no value is missing, see ``mirror``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pytest_platform.compose.mirror import UNSET, Source, restored, write
from pytest_platform.compose.rendered import Rendered
from pytest_platform.compose.temporary import temporary_folder

Ask = Callable[..., Mapping[str, Any]]
"""Renders files with options; raises ``Refused``."""

_MOST_CUTS: Final = 12
_SCHEMA: Final = re.compile(
    r"validating [^\n]*?: ((?:services|networks|volumes|secrets|configs)\.\S+) (.*)"
)
_UNKNOWN_KEYS: Final = re.compile(r"additional propert\w+ (.*) not allowed")
_OF_PLACEHOLDERS: Final = re.compile(r"replicas: can't set container_name")
"""What Compose says where a placeholder is more than one replica."""

_NO_CONSISTENCY: Final = "--no-consistency"


class Refused(Exception):
    """Compose refuses the files, and says why in ``stderr``."""

    def __init__(self, stderr: str) -> None:
        super().__init__(stderr)
        self.stderr = stderr


def render_copy(source: Source, ask: Ask, *, plain: bool = False) -> Rendered:
    """Render a copy of the files; with ``plain``, before variables are filled in.

    A field that Compose knows nothing of is left out, so that the others can be judged, and
    what Compose says of it is kept as ``refusal``. Services that stay unclear are ``unclear``.

    Raises:
        Refused: the files cannot be rendered at all.
        TemporaryUnwritable: the copy cannot be written.
    """
    options = ["--no-env-resolution"]
    options += ["--no-interpolate", _NO_CONSISTENCY] if plain else []
    cuts: list[tuple[str, ...]] = []
    refusal = ""
    with temporary_folder() as copies:
        for attempt in range(_MOST_CUTS):
            folder = copies / str(attempt)
            folder.mkdir()
            try:
                model = ask(write(source, folder, cuts, plain=plain), *options)
            except Refused as refused:
                said = refused.stderr.replace(str(folder), "")
                refusal = refusal or ("" if _OF_PLACEHOLDERS.search(said) else said)
                further = [cut for cut in _cuts(said) if cut not in cuts]
                if not further and _NO_CONSISTENCY in options:
                    raise Refused(said) from None
                cuts += further
                options += [] if further else [_NO_CONSISTENCY]
            else:
                return _rendered(source, restored(model, folder), cuts, refusal)
    raise Refused(refusal)


def _rendered(
    source: Source, model: Mapping[str, Any], cuts: Sequence[tuple[str, ...]], refusal: str
) -> Rendered:
    has_value: Mapping[str, str] = model.get(UNSET) or {}
    names = frozenset(name for name in source.placeholders.numbers if not has_value.get(name))
    marks = {mark: name for mark, name in source.placeholders.values().items() if name in names}
    return Rendered(
        {key: value for key, value in model.items() if key != UNSET},
        placeholders=frozenset(marks.values()),
        marks=marks,
        lacking=frozenset(map(str, source.missing)),
        unclear=frozenset({*cuts, *source.matching(cuts), *source.orphaned()}),
        refusal=refusal,
    )


def _cuts(said: str) -> list[tuple[str, ...]]:
    """Return the fields that Compose's schema refuses; a key that it does not know, everywhere."""
    match = _SCHEMA.search(said)
    if match is None:
        return []
    path = tuple(match[1].split("."))
    keys = _UNKNOWN_KEYS.search(match[2])
    if keys:
        return [(*_anywhere(path), key) for key in re.findall(r"'([^']+)'", keys[1])]
    while path and path[-1].isdigit():
        path = path[:-1]
    return [(*_anywhere(path[:-1]), path[-1]) if match[2].startswith("false schema") else path]


def _anywhere(path: tuple[str, ...]) -> tuple[str, ...]:
    """Put ``*`` in place of the names of services and the like, and of indices."""
    return tuple("*" if index == 1 or part.isdigit() else part for index, part in enumerate(path))
