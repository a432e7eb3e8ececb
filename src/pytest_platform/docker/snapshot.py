"""Observed state: what the Engine of one host knows, taken once and shared by all checks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property

from msgspec import Struct, field
from msgspec.structs import replace

from pytest_platform.docker import shapes
from pytest_platform.docker.details import ONEOFF, Details, Digests, details
from pytest_platform.docker.endpoints import Network, read_network
from pytest_platform.docker.engine import PROJECT, SERVICE, Document, Engine
from pytest_platform.docker.mounted import Mounted, of_container, of_driver, volume_mounts
from pytest_platform.docker.shapes import understood
from pytest_platform.docker.times import made, time_of
from pytest_platform.secrets import Secrets
from pytest_platform.workload.seen import ServiceKey

_HOOK = "com.docker.compose.hook"
_PODMAN = "container=podman"
"""What Podman says in each container's environment; no secret of anybody."""

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
    wanted = [listed["Id"] for listed in everything if _key(listed) in services]
    documents, volumes = _look_at(engine, wanted)
    return Snapshot(
        host=engine.host,
        taken_at=datetime.now(UTC),
        containers=tuple(_with_exit(engine, one) for one in _with_lenders(engine, documents)),
        volumes=made(volumes) if engine.api_version() >= _KNOWS_VOLUME_AGE else {},
        drivers={one["Name"]: of_driver(one.get("Options") or {}) for one in volumes},
        secrets=Secrets(outside=_environments(documents)),
        details=details(engine, digests, everything, documents, volumes) if digests else None,
    )


def _look_at(engine: Engine, wanted: Collection[str]) -> tuple[list[Document], list[Document]]:
    """Inspect containers, and list the volumes; neither where there is no container."""
    if not wanted:
        return [], []
    *found, volumes = engine.ask([*(f"/containers/{one}/json" for one in wanted), "/volumes"])
    documents = [document for document in found if document is not None]
    understood(documents, list[shapes.ContainerShape], engine.host)
    understood(volumes, shapes.VolumesShape | None, engine.host)
    return documents, list((volumes or {}).get("Volumes") or ())


def _with_lenders(engine: Engine, documents: Sequence[Document]) -> Iterator[Container]:
    """Read containers, and inspect the others whose networks they use."""
    containers = [read_container(one) for one in documents]
    known = {one["Id"]: one for one in documents}
    shared = {one.network.shared_with for one in containers} - {None, *known}
    names = sorted(filter(None, shared))
    lenders = engine.ask([f"/containers/{name}/json" for name in names])
    understood(lenders, list[shapes.ContainerShape | None], engine.host)
    known |= zip(names, lenders, strict=True)
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


def _lender(document: Document | None) -> Lender:
    if not document:
        return Lender()
    state = document["State"]
    running = bool(state.get("Running", state["Status"] == "running"))
    return Lender(document["Name"].lstrip("/"), running, time_of(state.get("StartedAt")))


def read_container(document: Document) -> Container:
    """Take from one answer of ``inspect`` the facts that may be judged and shown."""
    state, config = document["State"], document["Config"]
    labels = config.get("Labels") or {}
    health = state.get("Health") or {}
    status = health.get("Status")
    return Container(
        id=document["Id"],
        name=document["Name"].lstrip("/"),
        project=labels.get(PROJECT, ""),
        service=labels.get(SERVICE, ""),
        status=state["Status"],
        exit_code=state["ExitCode"],
        oom_killed=bool(state.get("OOMKilled")),
        error=state.get("Error") or "",
        started_at=time_of(state.get("StartedAt")),
        finished_at=time_of(state.get("FinishedAt")),
        restart_count=document.get("RestartCount") or 0,
        health=None if status in {None, "", "none"} else status,
        health_output=_last_output(health),
        image=config.get("Image") or "",
        hook=labels.get(_HOOK),
        volumes=tuple(one.name for one in volume_mounts(document)),
        image_id=document.get("Image") or "",
        config_hash=labels.get(_CONFIG_HASH, ""),
        network=read_network(document),
        restart_limit=_restart_limit(document),
        entrypoint=tuple(config.get("Entrypoint") or ()),
        command=tuple(config.get("Cmd") or ()),
        podman=is_podman(document),
        mounted=of_container(document),
    )


def _restart_limit(document: Document) -> int:
    policy = (document.get("HostConfig") or {}).get("RestartPolicy") or {}
    return policy.get("MaximumRetryCount") or 0 if policy.get("Name") == "on-failure" else 0


def is_podman(document: Document) -> bool:
    """Return whether Podman made a container, by its ``inspect`` document."""
    host = document.get("HostConfig") or {}
    notes = host.get("Annotations") or {}
    # A container that never ran has no annotations; Docker knows no such UTS mode.
    return notes.get("io.container.manager") == "libpod" or host.get("UTSMode") == "private"


def _key(listed: Document) -> ServiceKey | None:
    """Name the service that a listed container belongs to; None for ``compose run``."""
    labels = listed.get("Labels") or {}
    if labels.get(ONEOFF) == "True":
        return None
    return labels.get(PROJECT, ""), labels.get(SERVICE, "")


def _last_output(health: Document) -> str:
    log = health.get("Log") or [{}]
    return str(log[-1].get("Output") or "").strip()


def _environments(documents: Iterable[Document]) -> Iterator[tuple[str, str]]:
    for document in documents:
        for entry in document["Config"].get("Env") or ():
            if entry != _PODMAN:
                name, _, value = entry.partition("=")
                yield name, value
