"""Keys in the sections of an ephemeral stack's model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]


@dataclass(slots=True)
class Names:
    """Keys of one section of the new model. Two things of one key get two."""

    definitions: dict[str, Document] = field(default_factory=dict)
    _keys: dict[object, str] = field(default_factory=dict)

    def key(self, identity: object, wished: str, definition: Document) -> str:
        """Return the key of a real thing; one that is new gets ``definition``."""
        if identity not in self._keys:
            number, key = 2, wished
            while key in self.definitions:
                key, number = f"{wished}-{number}", number + 1
            self._keys[identity] = key
            self.definitions[key] = definition
        return self._keys[identity]
