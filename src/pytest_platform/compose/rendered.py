"""What Compose makes of its files."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import Any, Final

from msgspec import Struct, field

from pytest_platform.compose import image_name
from pytest_platform.compose.service import RenderedService, service_of


class Services(Mapping[str, RenderedService]):
    """The services of a rendered project by name. One is read when it is first asked for."""

    def __init__(self, documents: Mapping[str, Mapping[str, Any]]) -> None:
        self._documents = documents
        self._read: dict[str, RenderedService] = {}

    def __getitem__(self, name: str) -> RenderedService:
        if name not in self._read:
            self._read[name] = service_of(self._documents[name])
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._documents)

    def __len__(self) -> int:
        return len(self._documents)


class Rendered(Struct, frozen=True, dict=True):
    """A Compose project as Compose itself reads it.

    ``model`` is the document of ``config --format json``. Where variables had no value,
    ``placeholders`` names them, ``marks`` has each placeholder with its variable, and
    ``lacking`` are files with values that are not there: good enough to judge the files, not
    to compare with what runs. ``refusal`` is what Compose says against the files all the same,
    ``unclear`` the paths that were left out for it, or that depend on files that are not there,
    ``needs`` those of them for which no placeholder fits, with the variables.
    """

    model: Mapping[str, Any]
    placeholders: frozenset[str] = frozenset()
    marks: Mapping[str, str] = field(default_factory=dict)
    lacking: frozenset[str] = frozenset()
    unclear: frozenset[tuple[str, ...]] = frozenset()
    refusal: str = ""
    needs: Mapping[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)

    @property
    def made_up(self) -> frozenset[str]:
        """The variables and files without which this is not what would be deployed."""
        return self.placeholders | self.lacking

    def unset_in(self, value: Any) -> list[str]:
        """Return the variables without a value that part of the model depends on."""
        text = json.dumps(value)
        near = sorted((mark for mark in self.marks if mark in text), key=len, reverse=True)
        if not near:
            return []
        found = re.findall("|".join(map(_standing, near)), text)
        return sorted({self.marks[mark] for mark in found})

    def as_written(self, text: str) -> str:
        """Return a text of the model with ``${VAR}`` in place of placeholders."""
        for mark, name in self.marks.items():
            text = re.sub(rf"(?<!\w)/?{re.escape(mark)}(?!\w)", f"${{{name}}}", text)
        return text

    @property
    def documents(self) -> Mapping[str, Mapping[str, Any]]:
        """The services as they stand in the model, for what rewrites, hashes or shows them."""
        documents: Mapping[str, Mapping[str, Any]] = self.model.get("services") or {}
        return documents

    @cached_property
    def services(self) -> Services:
        """The services by name. Before interpolation they have no such form: see ``documents``."""
        return Services(self.documents)

    @cached_property
    def built(self) -> frozenset[str]:
        """The images that Compose builds: by their names, further tags and default names."""
        project = str(self.model.get("name") or "")
        return frozenset(
            image_name.familiar(image)
            for name, service in self.services.items()
            if service.build
            for image in (image_name.of_service(service.image, project, name), *service.build.tags)
        )

    def left_out(self, service: str, fields: Collection[str]) -> list[tuple[str, ...]]:
        """Return which of these fields of a service, or what they name, had to be left out."""
        return [path for path in sorted(self.unclear) if self._concerns(path, service, fields)]

    def _concerns(self, path: tuple[str, ...], service: str, fields: Collection[str]) -> bool:
        section, name, field = (*path, "", "")[:3]
        if section == "services":
            return name in {service, ""} and (not field or field in fields)
        if section.startswith("x-"):
            return path[-1] in fields
        if section not in fields:
            return False
        named = (self.documents.get(service) or {}).get(section) or ()
        return any(not name or source_of(one) == name for one in named)


def _standing(mark: str) -> str:
    """Return what finds a mark: a number only where it is whole, a word also where text adjoins."""
    return rf"(?<!\w){re.escape(mark)}(?!\d)" if mark[0].isdigit() else re.escape(mark)


def environments(rendered: Rendered) -> Iterator[tuple[str, str]]:
    """Yield what services and their hooks get by ``environment`` and ``env_file``."""
    # Of all services, selected or not: to type each of them for this alone would cost too much.
    for document in rendered.documents.values():
        for unit in (document, *(document.get("pre_start") or ())):
            for name, value in (unit.get("environment") or {}).items():
                if value is not None:
                    yield name, unescaped(str(value))


def source_of(entry: Any) -> str:
    """Return the volume, config or secret that an entry of a service names, in either form."""
    if isinstance(entry, Mapping):
        return str(entry.get("source") or "")
    return str(entry).partition(":")[0]


def unescaped(value: Any) -> Any:
    """Return part of a rendered model as the Engine gets it: Compose writes ``$`` as ``$$``."""
    if isinstance(value, str):
        return value.replace("$$", "$")
    if isinstance(value, Mapping):
        return {unescaped(key): unescaped(one) for key, one in value.items()}
    return [unescaped(one) for one in value] if isinstance(value, list) else value


_NAMED: Final = ("networks", "volumes", "secrets", "configs")


def called_after(model: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Give what is called after its project the capitals back that Compose takes from names."""
    lower = name.lower()
    if lower == name:
        return model
    called = {
        section: {key: _called(one, lower, name, key) for key, one in model[section].items()}
        for section in _NAMED
        if model.get(section)
    }
    return {**model, **called, "name": name}


def _called(one: Any, lower: str, name: str, key: str) -> Any:
    ours = isinstance(one, Mapping) and one.get("name") == f"{lower}_{key}"
    return {**one, "name": f"{name}_{key}"} if ours else one
