"""What a stack of one's own is made of, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_platform.stack.copies import Copy
from pytest_platform.stack.naming import Document


@dataclass(frozen=True, slots=True)
class Part:
    """A rendered project and the services wanted of it.

    ``deployed_as`` is its own name; ``folder`` is where Compose looks for relative paths.
    """

    deployed_as: str
    model: Mapping[str, Any]
    services: Sequence[str]
    folder: str = "/"


@dataclass(frozen=True, slots=True)
class Stack:
    """``model`` is for Compose; ``notes`` tell people what differs from what is deployed.

    ``ahead`` are the volumes to be made before: those that hooks alone mount, of which Compose
    makes none, and the Engine would make them without labels; and those of ``copies``, which
    are filled first. Keys are the Engine's names, values those of the model.
    """

    model: Document
    notes: tuple[str, ...]
    ahead: Mapping[str, str] = field(default_factory=dict)
    copies: Mapping[str, Copy] = field(default_factory=dict)
