"""No secret stands in a file that everybody with the repository can read.

Judged is what was written, before variables are filled in. A message names the place
and never the value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pytest_platform.checks.contract.env_files import in_tracked_files
from pytest_platform.checks.contract.facts import Facts
from pytest_platform.compose.literals import in_value
from pytest_platform.compose.rendered import source_of
from pytest_platform.compose.source import locate
from pytest_platform.verdict import Finding, Location

CODE: Final = "contract.secrets"

_IN_COMPOSE: Final = (
    "write ${VAR:?} and set VAR outside the repository, or mount a file with secrets:"
)
_IN_ENV_FILE: Final = "git rm --cached it, list it in .gitignore, and set the value anew"
_IN_MODULE: Final = "read it from the container's environment or from a mounted file"
_HOOKS: Final = frozenset({"pre_start", "post_start", "pre_stop"})
_ASSIGNED: Final = frozenset({"environment", "labels", "args", "annotations"})
"""Fields whose lists hold ``NAME=value``."""

_REFERENCES: Final = frozenset({"secrets", "credential_spec", "env_file", "image"})
"""Fields that only name things."""

_Path = tuple[str | int, ...]


class _Leaf(NamedTuple):
    """A text, its place, and the names that stand beside its own."""

    path: _Path
    text: str
    beside: tuple[str, ...] = ()


def judge(facts: Facts) -> Iterator[Finding]:
    """Look through the service, the configs and volumes it uses, and the module's file."""
    service = facts.source_service
    for path, what in _in_service(service):
        yield _finding(path, what, _IN_COMPOSE, facts.locate(*map(str, path)))
    for path, what in _in_both(service):
        yield _finding(path, what, _IN_COMPOSE, facts.locate(*map(str, path)))
    for path, what in _in_used(facts.source.model, service):
        place = locate(facts.module, tuple(map(str, path)))
        yield _finding(path, what, _IN_COMPOSE, place)
    for held in in_tracked_files(facts.module):
        yield Finding(
            CODE,
            f"{held.name} holds {held.what} in a file that git tracks: {_IN_ENV_FILE}",
            expected="a file that git does not track",
            actual=f"{held.what} in plain text",
            location=held.location,
        )
    for leaf in _leaves(facts.module.source.data, ()):
        for what in _secrets(leaf):
            yield _finding(leaf.path, what, _IN_MODULE, facts.module.at(*leaf.path))


def _in_service(service: Mapping[str, Any]) -> Iterator[tuple[_Path, str]]:
    """Say what a service holds; what its hooks take over from it is told once."""
    seen: set[tuple[_Path, str]] = set()
    # What hooks take over comes after the service's own.
    for name in sorted(service, key=lambda one: one in _HOOKS):
        for leaf in _leaves({name: service[name]}, ()):
            own = (leaf.path[2:] if name in _HOOKS else leaf.path, leaf.text)
            if own not in seen:
                seen.add(own)
                yield from ((leaf.path, what) for what in _secrets(leaf))


def _in_both(service: Mapping[str, Any]) -> Iterator[tuple[_Path, str]]:
    """Say what a command holds that only together with its entrypoint is a secret."""
    words = [_words(service.get(name)) for name in ("entrypoint", "command")]
    if all(words):
        apart = {found.what for text in words for found in in_value("", text)}
        both = dict.fromkeys(found.what for found in in_value("", " ".join(words)))
        yield from ((("command",), what) for what in both if what not in apart)


def _words(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _in_used(model: Mapping[str, Any], service: Mapping[str, Any]) -> Iterator[tuple[_Path, str]]:
    """Say what stands in the texts of configs and the options of volumes of a service."""
    for kind in ("configs", "volumes"):
        declared = model.get(kind) or {}
        for name in dict.fromkeys(map(source_of, service.get(kind) or ())):
            for leaf in _leaves(declared.get(name), (kind, name)):
                yield from ((leaf.path, what) for what in _secrets(leaf))


def _secrets(leaf: _Leaf) -> Iterator[str]:
    name = str(leaf.path[-1]) if leaf.path else ""
    found = in_value(name, leaf.text, leaf.beside)
    yield from dict.fromkeys(one.what for one in found)


def _leaves(value: Any, path: _Path) -> Iterator[_Leaf]:
    """Yield the texts below ``path``; the words of a command are one text."""
    if path and path[-1] in _REFERENCES and len(path) == 1:
        return
    if isinstance(value, Mapping):
        yield from _of_mapping(value, path)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield from _of_list(value, path)
    elif value is not None and not isinstance(value, bool):
        yield _Leaf(path, str(value))


def _of_mapping(value: Mapping[str, Any], path: _Path) -> Iterator[_Leaf]:
    for key, one in value.items():
        for leaf in _leaves(one, (*path, key)):
            own = leaf.path == (*path, key)
            yield leaf._replace(beside=tuple(value)) if own else leaf


def _of_list(values: Sequence[Any], path: _Path) -> Iterator[_Leaf]:
    if path and path[-1] in _ASSIGNED:
        pairs = [str(one).partition("=") for one in values]
        yield from _of_mapping({name: text for name, _, text in pairs}, path)
    elif values and all(isinstance(one, str) for one in values):
        yield _Leaf(path, " ".join(values))
    else:
        for index, one in enumerate(values):
            yield from _leaves(one, (*path, index))


def _finding(path: _Path, what: str, advice: str, location: Location) -> Finding:
    return Finding(
        CODE,
        f"{'.'.join(map(str, path))} holds {what} in plain text: {advice}",
        expected="${VAR}, or a file below secrets:",
        actual=f"{what} in plain text",
        location=location,
    )
