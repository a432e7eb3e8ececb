"""What Compose makes of its files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rendered:
    """A Compose project as Compose itself reads it.

    ``model`` is the document of ``config --format json``. Where required variables had
    no value, ``placeholders`` names them: good enough to judge the files, not to
    compare with what runs.
    """

    model: Mapping[str, Any]
    placeholders: frozenset[str] = frozenset()

    @property
    def services(self) -> Mapping[str, Mapping[str, Any]]:
        """The services by name."""
        services: Mapping[str, Mapping[str, Any]] = self.model.get("services") or {}
        return services


def environments(rendered: Rendered) -> Iterator[tuple[str, str]]:
    """Yield what services and their hooks get by ``environment`` and ``env_file``."""
    for service in rendered.services.values():
        for unit in (service, *(service.get("pre_start") or ())):
            environment: Mapping[str, Any] = unit.get("environment") or {}
            for name, value in environment.items():
                if value is not None:
                    yield name, unescaped(str(value))


def unescaped(value: Any) -> Any:
    """Return part of a rendered model as the Engine gets it: Compose writes ``$`` as ``$$``."""
    if isinstance(value, str):
        return value.replace("$$", "$")
    if isinstance(value, Mapping):
        return {unescaped(key): unescaped(one) for key, one in value.items()}
    return [unescaped(one) for one in value] if isinstance(value, list) else value
