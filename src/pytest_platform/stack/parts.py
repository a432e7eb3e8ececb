"""What a stack of one's own is made of, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from pytest_platform.compose.rendered import Rendered
from pytest_platform.compose.service import RenderedService
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.declared import Module
from pytest_platform.module.engines import ENGINES
from pytest_platform.stack.copies import Copy
from pytest_platform.stack.errors import OtherEngine


class Part(Struct, frozen=True):
    """A rendered project and the services wanted of it.

    ``deployed_as`` is its own name; ``folder`` is where Compose looks for relative paths.
    """

    deployed_as: str
    rendered: Rendered
    services: Sequence[str]
    folder: str = "/"

    @property
    def model(self) -> Mapping[str, Any]:
        """The document of the project, of which a stack of one's own is made."""
        return self.rendered.model


class Stack(Struct, frozen=True):
    """``model`` is for Compose; ``notes`` tell people what differs from what is deployed.

    ``ahead`` are the volumes to be made before: those that hooks alone mount, of which Compose
    makes none, and the Engine would make them without labels; and those of ``copies``, which
    are filled first. Keys are the Engine's names, values those of the model.
    """

    model: Document
    notes: tuple[str, ...]
    ahead: Mapping[str, str] = field(default_factory=dict)
    copies: Mapping[str, Copy] = field(default_factory=dict)


Document = dict[str, Any]


class Names(Struct):
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


def members(selected: Iterable[Module], catalog: Catalog) -> list[Module]:
    """Return the selected modules, and all that they require or whose data they change.

    Raises:
        ModuleBroken: one of those does not exist or cannot be read.
        OtherEngine: Compose does not make the containers of one.
    """
    found: dict[str, Module] = {}
    waiting = list(selected)
    while waiting:
        module = waiting.pop(0)
        if module.name not in found:
            refuse_other_engine(module)
            found[module.name] = module
            waiting += _needed_by(module, catalog)
    return list(found.values())


def refuse_other_engine(module: Module) -> None:
    """Refuse a module whose containers Compose does not make.

    Raises:
        OtherEngine: it runs elsewhere, and so not in an ephemeral stack.
    """
    if module.engine != next(iter(ENGINES)):
        message = (
            f"'{module.name}' runs on the engine {module.engine}, and --stack=ephemeral starts "
            "services of Compose alone: look at it where it is deployed, with --remote-mode local "
            "or ssh and without --stack, or leave it out with --module"
        )
        raise OtherEngine(message, location=module.at("spec", "runtime", module.engine))


def _needed_by(module: Module, catalog: Catalog) -> Iterator[Module]:
    spec = module.manifest.spec
    for index, name in enumerate(spec.requires):
        yield catalog.require(name, wanted_by=module.at("spec", "requires", index))
    if spec.state.owner:
        yield catalog.require(spec.state.owner, wanted_by=module.at("spec", "state", "owner"))


def needed_services(services: Mapping[str, RenderedService], wanted: Iterable[str]) -> list[str]:
    """Return the wanted services of a rendered project, and those that they cannot do without."""
    found: dict[str, None] = {}
    waiting = list(wanted)
    while waiting:
        name = waiting.pop(0)
        if name in services and name not in found:
            found[name] = None
            for container in services[name].containers:
                waiting += _neighbours(container)
    return list(found)


def _neighbours(service: RenderedService) -> Iterator[str]:
    yield from service.depends_on
    yield from (link.partition(":")[0] for link in service.links)
    yield from (name for name, _ in service.volumes_taken)
    for mode in (service.network_mode, service.pid, service.ipc):
        kind, _, name = mode.partition(":")
        if kind == "service":
            yield name
