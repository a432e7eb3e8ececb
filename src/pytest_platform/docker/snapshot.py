"""Observed state: what the Engine of one host knows, taken once and shared by all checks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property

from msgspec import Struct, field
from msgspec.structs import replace

from pytest_platform.docker import api
from pytest_platform.docker.api import InspectedContainer, time_of, understood
from pytest_platform.docker.details import ONEOFF, Details, Digests, details
from pytest_platform.docker.endpoints import Network, read_network
from pytest_platform.docker.engine import PROJECT, SERVICE, Engine
from pytest_platform.docker.mounted import Mounted, of_container, of_driver, volume_mounts
from pytest_platform.docker.podman import CONTAINER_VARIABLE, is_between_runs, is_podman, status_of
from pytest_platform.secrets import Secrets
from pytest_platform.workload.seen import ServiceKey

_HOOK = "com.docker.compose.hook"
_KNOWS_VOLUME_AGE = (1, 42)
_LATELY = timedelta(minutes=2)
_CONFIG_HASH = "com.docker.compose.config-hash"


class Lender(Struct, frozen=True):
    """The container whose network another one uses; ``name`` is empty where it is gone."""

    name: str = ""
    running: bool = False
    started_at: datetime | None = None


class Container(Struct, frozen=True):
    """What was seen of one container. Times are in UTC; never any environment.

    ``lender`` is there where the container uses the network of another one.
    """

    id: str
    name: str
    project: str
    service: str
    status: str
    exit_code: int
    oom_killed: bool
    error: str
    started_at: datetime | None
    finished_at: datetime | None
    restart_count: int
    health: str | None
    health_output: str
    image: str
    hook: str | None
    volumes: tuple[str, ...]
    image_id: str = ""
    config_hash: str = ""
    network: Network = field(default_factory=Network)
    restart_limit: int = 0
    """How often ``on-failure`` starts it at most; 0 under any other policy, and for ever."""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    lender: Lender | None = None
    podman: bool = False
    mounted: Mounted = field(default_factory=Mounted)
    last_exit: int | None = None
    """The exit code of the run before the one that runs, where it was restarted a moment ago."""


class Snapshot(Struct, frozen=True, dict=True):
    """One look at a host. ``secrets`` are the environment values met on the way.

    ``details`` are there where they were asked for. ``drivers`` say where the data of a volume
    is that a driver keeps in another place.
    """

    host: str
    taken_at: datetime
    containers: tuple[Container, ...]
    volumes: Mapping[str, datetime] = field(default_factory=dict)
    drivers: Mapping[str, Mounted] = field(default_factory=dict)
    secrets: Secrets = field(default_factory=Secrets)
    details: Details | None = None

    @property
    def public(self) -> set[str]:
        """The names of what was seen, which are no secrets."""
        return {word for one in self.containers for word in (one.name, one.service, one.image)}

    def at(self, moment: datetime) -> Snapshot:
        """Return the same look as if it had been taken later."""
        return replace(self, taken_at=moment)

    def of(self, project: str, service: str) -> list[Container]:
        """Return the service's own containers, without hooks, ordered by name."""
        return self._matching(project, service, hook=None)

    def hooks_of(self, project: str, service: str, hook: str) -> list[Container]:
        """Return the containers of the service's lifecycle hook that Compose has kept."""
        return self._matching(project, service, hook=hook)

    def _matching(self, project: str, service: str, *, hook: str | None) -> list[Container]:
        return list(self._by_service.get((project, service, hook), ()))

    @cached_property
    def _by_service(self) -> Mapping[tuple[str, str, str | None], Sequence[Container]]:
        found = defaultdict(list)
        for one in sorted(self.containers, key=lambda one: one.name):
            found[one.project, one.service, one.hook].append(one)
        return found


def take(
    engine: Engine, services: Collection[ServiceKey], digests: Digests | None = None
) -> Snapshot:
    """Look at the containers of some services: one list, one inspect each, one volume list.

    Containers are found by their Compose labels, never by their names. With ``digests``
    the snapshot keeps the details for comparing, and the images are looked at too.

    Raises:
        EngineError: the Engine cannot be asked.
    """
    engine.prepare(len(services))
    everything = engine.list_containers()
    wanted = [listed.id for listed in everything if _key(listed) in services]
    inspected, volumes = _look_at(engine, wanted)
    return Snapshot(
        host=engine.host,
        taken_at=datetime.now(UTC),
        containers=tuple(_with_exit(engine, one) for one in _with_lenders(engine, inspected)),
        volumes=_made(volumes) if engine.api_version() >= _KNOWS_VOLUME_AGE else {},
        drivers={one.name: of_driver(one.options or {}) for one in volumes},
        secrets=Secrets(outside=_environments(inspected)),
        details=details(engine, digests, everything, inspected, volumes) if digests else None,
    )


def _look_at(
    engine: Engine, wanted: Collection[str]
) -> tuple[list[InspectedContainer], list[api.InspectedVolume]]:
    """Inspect containers, and list the volumes; neither where there is no container."""
    if not wanted:
        return [], []
    *found, listed = engine.ask([*(f"/containers/{one}/json" for one in wanted), "/volumes"])
    answers = [answer for answer in found if answer is not None]
    containers = understood(answers, list[InspectedContainer], engine.host)
    return containers, understood(listed or {}, api.ListedVolumes, engine.host).volumes or []


def _made(volumes: Iterable[api.InspectedVolume]) -> dict[str, datetime]:
    """Return when each volume was made, as an Engine from 23.0 on knows it.

    Before, the Engine gives the last change of the volume's top folder instead.
    """
    times = ((one.name, time_of(one.created_at)) for one in volumes)
    return {name: moment for name, moment in times if moment}


def _with_lenders(engine: Engine, inspected: Sequence[InspectedContainer]) -> Iterator[Container]:
    """Read containers, and inspect the others whose networks they use."""
    containers = [read_container(one) for one in inspected]
    known: dict[str, InspectedContainer | None] = {one.id: one for one in inspected}
    shared = {one.network.shared_with for one in containers} - {None, *known}
    names = sorted(filter(None, shared))
    known |= zip(names, engine.inspect_all(names), strict=True)
    for one in containers:
        name = one.network.shared_with
        yield replace(one, lender=_lender(known[name])) if name else one


def _with_exit(engine: Engine, container: Container) -> Container:
    """Ask for the exit code of the last run, where the Engine says 0 of the one that runs."""
    started = container.started_at
    if container.status != "running" or not container.restart_count or started is None:
        return container
    if datetime.now(UTC) - started > _LATELY:
        return container
    return replace(container, last_exit=engine.last_exit(container.id, started.timestamp()))


def _lender(inspected: InspectedContainer | None) -> Lender:
    if inspected is None:
        return Lender()
    state = inspected.state
    return Lender(inspected.own_name, state.runs(), time_of(state.started_at))


def read_container(inspected: InspectedContainer) -> Container:
    """Take from one answer of ``inspect``, got just now, the facts that may be judged and shown."""
    state, config = inspected.state, inspected.config
    restarting = is_between_runs(inspected, datetime.now(UTC))
    labels = config.labels or {}
    health = state.health or api.HealthState()
    return Container(
        id=inspected.id,
        name=inspected.own_name,
        project=labels.get(PROJECT, ""),
        service=labels.get(SERVICE, ""),
        status="restarting" if restarting else status_of(inspected),
        exit_code=state.exit_code,
        oom_killed=bool(state.oom_killed),
        error=state.error or "",
        started_at=time_of(state.started_at),
        finished_at=time_of(state.finished_at),
        restart_count=(inspected.restart_count or 0) + restarting,
        health=None if health.status in {None, "", "none"} else health.status,
        health_output=_last_output(health),
        image=config.image or "",
        hook=labels.get(_HOOK),
        volumes=tuple(one.name for one in volume_mounts(inspected)),
        image_id=inspected.image or "",
        config_hash=labels.get(_CONFIG_HASH, ""),
        network=read_network(inspected),
        restart_limit=_restart_limit(inspected),
        entrypoint=tuple(config.entrypoint or ()),
        command=tuple(config.cmd or ()),
        podman=is_podman(inspected),
        mounted=of_container(inspected),
    )


def _restart_limit(inspected: InspectedContainer) -> int:
    policy = inspected.host_config.restart_policy
    return policy.maximum_retry_count or 0 if policy and policy.name == "on-failure" else 0


def _key(listed: api.ListedContainer) -> ServiceKey | None:
    """Name the service that a listed container belongs to; None for ``compose run``."""
    labels = listed.labels or {}
    if labels.get(ONEOFF) == "True":
        return None
    return labels.get(PROJECT, ""), labels.get(SERVICE, "")


def _last_output(health: api.HealthState) -> str:
    return (health.log[-1].output or "").strip() if health.log else ""


def _environments(inspected: Iterable[InspectedContainer]) -> Iterator[tuple[str, str]]:
    for one in inspected:
        for entry in one.config.env or ():
            if entry != CONTAINER_VARIABLE:
                name, _, value = entry.partition("=")
                yield name, value
