"""What a deployment as a stack makes of a service of the files, and what it leaves out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pytest_platform.compose.service import RenderedService, Restart, number

IGNORED: Final[Mapping[str, str]] = {
    "build": "the image has to be built and pushed before: name it with image",
    "cgroup_parent": "nothing takes its place",
    "container_name": "tasks are named by Swarm: use the service's name, or a network alias",
    "depends_on": "services start in any order: let the service wait for what it needs by itself",
    "devices": "nothing takes its place",
    "domainname": "write it into hostname",
    "external_links": "use a network alias",
    "ipc": "nothing takes its place",
    "links": "use a network alias",
    "mac_address": "nothing takes its place",
    "network_mode": "attach the service to networks, such as the predefined one named host",
    "pid": "nothing takes its place",
    "privileged": "add single capabilities with cap_add",
    "restart": "write deploy.restart_policy: without it every task is started again for ever",
    "scale": "write deploy.replicas",
    "security_opt": "nothing takes its place",
    "shm_size": "mount a tmpfs at /dev/shm",
    "userns_mode": "nothing takes its place",
}
"""Keys of a service that ``docker stack deploy`` ignores, each with what to do instead."""

_POLICY: Final = ("deploy", "restart_policy")


def restart_of(service: RenderedService) -> Restart:
    """Return the restart policy that a deployment sets; Swarm starts again what says nothing."""
    deploy, said = service.deploy, service.restart_policy
    if deploy.restart_policy is None:
        if said.name == "on-failure":
            return said
        return Restart("on-failure" if deploy.is_job else "always", path=_POLICY)
    name = said.name or "always"
    # A job that has succeeded is never started again.
    name = "on-failure" if deploy.is_job and name == "always" else name
    return Restart(name, said.attempts, _POLICY)


def as_deployed(service: Mapping[str, Any]) -> Mapping[str, Any]:
    """Add to a document the restart policy that holds where none is written.

    A job ends all the same. The document may be one that Compose could not render.
    """
    deploy = service.get("deploy") or {}
    if deploy.get("restart_policy") or str(deploy.get("mode") or "").endswith("-job"):
        return service
    name, _, count = str(service.get("restart") or "").partition(":")
    policy: dict[str, Any] = {"condition": "any"}
    if name == "on-failure":
        policy = {"condition": name, "max_attempts": number(count)}
    return {**service, "deploy": {**deploy, "restart_policy": policy}}
