"""The dependencies of a module: its owner, what it requires, and theirs; and what a run needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, field

from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Broken, DeclaredProbe, Module
from pytest_platform.probes.kind import ProbeKind
from pytest_platform.run.faults import ReportingCheck
from pytest_platform.workload.seen import ServiceKey


def required(module: Module) -> tuple[str, ...]:
    """Name the modules that it requires, without its owner."""
    spec = module.manifest.spec
    return tuple(dict.fromkeys(name for name in spec.requires if name != spec.state.owner))


def neighbours(module: Module, catalog: Catalog) -> Iterator[Module]:
    """Yield them, each once, and those that others stand on first.

    What is missing or cannot be read is left out; a contract check tells of it.
    """
    yield from _below(module, catalog, {module.name})


def below_owner(module: Module, catalog: Catalog) -> Iterator[Module]:
    """Yield those of ``neighbours`` that are its owner, or that its owner stands on."""
    owner = module.manifest.spec.state.owner
    if owner:
        yield from _reached((owner,), catalog, {module.name})


def below_required(module: Module, catalog: Catalog) -> Iterator[Module]:
    """Yield the others of ``neighbours``. There are none where ``required`` names none."""
    covered = {one.name for one in below_owner(module, catalog)}
    return (one for one in neighbours(module, catalog) if one.name not in covered)


def _below(module: Module, catalog: Catalog, seen: set[str]) -> Iterator[Module]:
    owner = module.manifest.spec.state.owner
    yield from _reached((*((owner,) if owner else ()), *required(module)), catalog, seen)


def _reached(names: Iterable[str], catalog: Catalog, seen: set[str]) -> Iterator[Module]:
    for name in names:
        if name in seen or not catalog.exists(name):
            continue
        seen.add(name)
        neighbour = catalog.get(name)
        if not isinstance(neighbour, Broken):
            yield from _below(neighbour, catalog, seen)
            yield neighbour


class Plan(Struct, frozen=True):
    """The selected ``modules`` and what their checks need.

    ``shares`` gives the number of the share of each module where workers divide the hosts.
    ``state_checks`` are the checks of states that take part. ``compares`` tells that a check
    compares settings, for which a snapshot keeps more. ``workers`` is how many processes
    share the run, 0 without xdist; ``reruns`` tells that a test may run more than once.
    """

    modules: tuple[Module, ...] = ()
    shares: Mapping[str, int] = field(default_factory=dict)
    state_checks: frozenset[ReportingCheck] = frozenset()
    compares: bool = False
    workers: int = 0
    reruns: bool = False

    def beside(self, module: Module) -> list[Module]:
        """Return the modules of the same share, which this process looks at together."""
        share = self.shares.get(module.name)
        return [one for one in self.modules if self.shares.get(one.name) == share]


def services_to_see(
    modules: Iterable[Module], catalog: Catalog, probes: Mapping[str, ProbeKind]
) -> set[ServiceKey]:
    """Name the services that the checks of ``modules`` need in a snapshot."""
    wanted: set[ServiceKey] = set()
    for module in modules:
        for one in (module, *neighbours(module, catalog)):
            if one.engine == module.engine:
                wanted.add((one.project, one.service))
        for probe in (*module.health, *module.smoke):
            wanted.update(services_of_probe(module, probe, probes))
    return wanted


def services_of_probe(
    module: Module, probe: DeclaredProbe, probes: Mapping[str, ProbeKind]
) -> set[ServiceKey]:
    """Name the services that one probe of a module looks at, its own among them."""
    names = (module.service, *probes[probe.kind].services(probe.spec))
    return {(module.project, name) for name in names}
