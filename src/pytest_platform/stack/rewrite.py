"""From rendered Compose projects to one that shares nothing with what is deployed. Pure.

Names that somebody chose are dropped, so that Compose makes them from the project's;
what is external becomes the stack's own; ports go to whichever are free on loopback.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from pytest_platform.compose.service import service_of
from pytest_platform.compose.service_parts import ServiceBuild
from pytest_platform.stack import confined, keys
from pytest_platform.stack.builds import built_from
from pytest_platform.stack.confined import refusals
from pytest_platform.stack.copies import Copy
from pytest_platform.stack.errors import StackConflict, StackRefused
from pytest_platform.stack.mounts import MountSource, refuse_to_read, rewrite_mount
from pytest_platform.stack.parts import Document, Names, Part, Stack, needed_services

_FILE_KEPT = ("file", "environment", "content")
_NETWORK_KEPT = ("aliases", "priority", "gw_priority", "interface_name")


class _Making(Struct):
    project: str
    labels: Mapping[str, str]
    root: str
    sources: Mapping[str, MountSource]
    services: Document = field(default_factory=dict)
    networks: Names = field(default_factory=Names)
    volumes: Names = field(default_factory=Names)
    secrets: Names = field(default_factory=Names)
    configs: Names = field(default_factory=Names)
    refused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    copies: dict[str, Copy] = field(default_factory=dict)


def rewrite(
    parts: Sequence[Part],
    project: str,
    *,
    labels: Mapping[str, str],
    root: str,
    sources: Mapping[str, MountSource],
) -> Stack:
    """Put the wanted services, and those they need, into one project of their own.

    ``labels`` go to all that is made. ``root`` is the repository, of which files may be
    read. ``sources`` say what stands where bind mounts point.

    Raises:
        StackRefused: a service could touch what is not its own; names all reasons.
        StackConflict: two parts have different services of one name.
    """
    making = _Making(project, labels, root, sources)
    for part in parts:
        for name in needed_services(part.rendered.services, part.services):
            _add(making, part, name)
    if making.refused:
        reasons = "; ".join(dict.fromkeys(making.refused))
        raise StackRefused(f"a stack of one's own cannot hold this: {reasons}")
    sections = {
        "services": making.services,
        "networks": making.networks.definitions,
        "volumes": making.volumes.definitions,
        "secrets": making.secrets.definitions,
        "configs": making.configs.definitions,
    }
    model = {"name": project, **{key: one for key, one in sections.items() if one}}
    notes = tuple(dict.fromkeys(making.notes))
    ahead = {_full(making, key): key for key in (*_of_hooks_alone(making), *making.copies)}
    copies = {_full(making, key): copy for key, copy in making.copies.items()}
    return Stack(model, notes, ahead, copies)


def _of_hooks_alone(making: _Making) -> Iterator[str]:
    used = {
        mount.get("source")
        for service in making.services.values()
        for mount in service.get("volumes") or ()
    }
    yield from (key for key in making.volumes.definitions if key not in used)


def _full(making: _Making, key: str) -> str:
    """Return the Engine's name of a volume. In a hook, Compose takes a key for such a name."""
    return f"{making.project}_{key}"


def _add(making: _Making, part: Part, name: str) -> None:
    source: Mapping[str, Any] = part.model["services"][name]
    service = _service(making, part, name, source)
    if making.services.setdefault(name, service) != service:
        message = f"two of the needed projects have a service '{name}', and they differ"
        raise StackConflict(message)


def _service(making: _Making, part: Part, name: str, source: Mapping[str, Any]) -> Document:
    services = part.model["services"]
    service = _container(making, part, name, source)
    if depends := source.get("depends_on"):
        service["depends_on"] = {key: one for key, one in depends.items() if key in services}
    if ports := source.get("ports"):
        service["ports"] = [confined.port(one) for one in ports]
    if hooks := source.get("pre_start"):
        service["pre_start"] = [
            _hook(making, part, f"{name} pre_start {number}", source, hook)
            for number, hook in enumerate(hooks, 1)
        ]
    if deploy := source.get("deploy"):
        service["deploy"] = confined.deploy(deploy)
    if build := part.rendered.services[name].build:
        _build(making, part, name, service, build)
    return service


def _hook(
    making: _Making, part: Part, name: str, service: Mapping[str, Any], source: Mapping[str, Any]
) -> Document:
    """Confine the container of a hook as that of its service."""
    hook = _container(making, part, name, source)
    if mounts := hook.get("volumes"):
        hook["volumes"] = [_with_full_name(making, mount) for mount in mounts]
    if "build" in service and hook.get("image") == service.get("image"):
        # It runs in the image that the service builds, which gets another name.
        hook.pop("image", None)
    return hook


def _with_full_name(making: _Making, mount: Mapping[str, Any]) -> Mapping[str, Any]:
    named = mount["type"] == "volume" and mount.get("source")
    return {**mount, "source": _full(making, mount["source"])} if named else mount


def _container(making: _Making, part: Part, name: str, source: Mapping[str, Any]) -> Document:
    """Rewrite what services and ``pre_start`` hooks have in common."""
    services = part.model["services"]
    typed = service_of(source)
    making.refused += [f"'{name}' {words}" for words in refusals(typed, source, services)]
    container = {**keys.kept(source), "labels": dict(making.labels)}
    container["logging"] = confined.logging(source.get("logging"))
    if policy := source.get("pull_policy"):
        container["pull_policy"] = confined.pull_policy(policy)
    if options := source.get("security_opt"):
        container["security_opt"] = confined.security_opt(options, part.folder)
        for path in confined.profiles(typed.security_opt, part.folder):
            _refuse_to_read(making, name, path)
    if networks := source.get("networks"):
        container["networks"] = dict(_networks(making, part, networks))
    if mounts := source.get("volumes"):
        container["volumes"] = list(_mounts(making, part, name, mounts))
    for kind in ("secrets", "configs"):
        if used := source.get(kind):
            container[kind] = [_file(making, part, name, kind, one) for one in used]
    return container


def _refuse_to_read(making: _Making, name: str, path: str, kind: str = "file") -> None:
    if refusal := refuse_to_read(path, making.root, making.sources, kind):
        making.refused.append(f"'{name}' {refusal}")


def _build(making: _Making, part: Part, name: str, service: Document, source: ServiceBuild) -> None:
    """Let Compose name the image: a name of the files may be that of a deployed one.

    It is built from files of the repository alone; what is elsewhere is not of the host.
    """
    service.pop("image", None)
    for path, kind in built_from(source):
        _refuse_to_read(making, name, path, kind)
    dropped = keys.BUILD_DROPPED | {"labels"}
    build = {key: one for key, one in service["build"].items() if key not in dropped}
    if used := build.get("secrets"):
        build["secrets"] = [_file(making, part, name, "secrets", one) for one in used]
    service["build"] = {**build, "labels": dict(making.labels)}


def _networks(
    making: _Making, part: Part, networks: Mapping[str, Any]
) -> Iterator[tuple[str, Document | None]]:
    """Keep what a service is called; addresses of its own would be those of the deployed one."""
    defined: Mapping[str, Any] = part.model.get("networks") or {}
    for key, settings in networks.items():
        source = defined.get(key) or {}
        definition: Document = {"labels": dict(making.labels)}
        if source.get("internal"):
            definition["internal"] = True
        new = making.networks.key(_identity(making, part, key, source), key, definition)
        kept = {word: one for word, one in (settings or {}).items() if word in _NETWORK_KEPT}
        yield new, kept or None


def _mounts(
    making: _Making, part: Part, name: str, mounts: Sequence[Mapping[str, Any]]
) -> Iterator[Mapping[str, Any]]:
    defined: Mapping[str, Any] = part.model.get("volumes") or {}

    def volume(identity: str, key: str) -> str:
        real = identity or _identity(making, part, key, defined.get(key) or {})
        return making.volumes.key(real, key, {"labels": dict(making.labels)})

    for mount in mounts:
        done = rewrite_mount(mount, making.root, making.sources, volume)
        making.refused += [f"'{name}' {done.refusal}"] if done.refusal else []
        making.notes += [f"{name}: {done.note}"] if done.note else []
        if done.mount and done.copy:
            making.copies[done.mount["source"]] = done.copy
        if done.mount:
            yield done.mount


def _file(making: _Making, part: Part, name: str, kind: str, used: Mapping[str, Any]) -> Document:
    """Keep a secret or a config, if what it is read from may be."""
    key = used["source"]
    source: Mapping[str, Any] = (part.model.get(kind) or {}).get(key) or {}
    if file := source.get("file"):
        _refuse_to_read(making, name, str(file))
    if source.get("external"):
        making.refused.append(f"'{name}' reads '{key}' of {kind}, which is kept outside")
    names = making.secrets if kind == "secrets" else making.configs
    definition = {word: one for word, one in source.items() if word in _FILE_KEPT}
    return {**used, "source": names.key((part.deployed_as, key), key, definition)}


def _identity(making: _Making, part: Part, key: str, source: Mapping[str, Any]) -> object:
    """Tell which real network or volume is meant: two parts may share one by its name."""
    name = source.get("name")
    return (part.deployed_as, key) if name in {None, f"{making.project}_{key}"} else name
