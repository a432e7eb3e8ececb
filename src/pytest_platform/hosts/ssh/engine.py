"""Which Engine a host has, by what was seen on logging in, and what is wrong with it."""

from __future__ import annotations

import contextlib
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

from pytest_platform.errors import EngineError, EngineForbidden, PlatformError
from pytest_platform.hosts.ssh.errors import SshError
from pytest_platform.hosts.ssh.scripts import HostFacts

_UNIX = "unix://"
_PATIENCE = 2.0
"""Seconds to wait for the Engine's word, after it gave none to somebody else."""

PROBE = ("docker", "version", "--format", "{{.Server.Version}}")
"""The command that asks the Engine on its host."""

_FORWARDABLE = re.compile(r"/[A-Za-z0-9._/@+,=~-]+")


class EngineMissing(EngineError):
    """There is no Docker on the host."""

    code = "engine.missing"


def target(facts: HostFacts, host: str) -> str:
    """Return where the Engine listens on its host: the path of a socket, or ``host:port``.

    Raises:
        EngineMissing: there is no Docker there.
        EngineForbidden: this login may not use it.
        EngineError: it is not running, or at an address that cannot be reached this way.
    """
    if not facts.engine:
        raise _without_socket(facts, host)
    if facts.engine.startswith(_UNIX):
        return _socket(facts, host)
    if facts.engine.startswith("tcp://"):
        return _port(facts, host)
    if facts.engine == "context:":
        message = (
            f"the docker context in use on {host} does not exist; see there: docker context ls"
        )
        raise EngineError(message)
    raise _elsewhere(facts, host)


def is_beside(facts: HostFacts) -> bool:
    """Return whether the Engine is on the host: a socket is, an address on the net may not be."""
    return facts.engine.startswith(_UNIX)


def passed_on(way: Path) -> bool:
    """Ask through the forwarded socket, and tell whether sshd passes it on to anybody."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_PATIENCE)
        connection.connect(str(way))
        connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
        try:
            return connection.recv(1) != b""
        except TimeoutError:
            return True
    return False


def not_passed_on(facts: HostFacts, host: str, *, answers: bool) -> PlatformError:
    """Say why sshd does not pass on: ``answers`` tells whether the Engine does, asked there."""
    if answers:
        message = (
            f"the Engine on {host} answers there, but sshd does not forward to it; set in its "
            "configuration: AllowTcpForwarding yes, AllowStreamLocalForwarding yes"
        )
        return SshError("ssh.forwarding", message)
    return EngineError(f"no Docker Engine listens at {facts.engine} on {host}; start it there")


def _socket(facts: HostFacts, host: str) -> str:
    path = facts.engine.removeprefix(_UNIX)
    if facts.access == "no":
        message = (
            f"docker on {host} works only with sudo: {facts.user} may not use {path}; "
            f"there run: sudo usermod -aG {facts.group or 'docker'} {facts.user}"
        )
        raise EngineForbidden(message)
    if facts.access != "yes":
        message = f"no Docker Engine runs on {host}: there is no socket {path}; start it there"
        raise EngineError(message)
    if not _FORWARDABLE.fullmatch(path):
        raise EngineError(f"the Engine's socket on {host} has a path that ssh cannot take: {path}")
    return path


def _port(facts: HostFacts, host: str) -> str:
    place = urlsplit(facts.engine)
    if facts.tls or not place.hostname:
        raise _elsewhere(facts, host)
    name = f"[{place.hostname}]" if ":" in place.hostname else place.hostname
    return f"{name}:{place.port or 2375}"


def _without_socket(facts: HostFacts, host: str) -> EngineError:
    if facts.docker:
        return EngineError(
            f"no Docker Engine runs on {host}: docker is installed, and there is no socket; "
            "start it there: sudo systemctl start docker"
        )
    return EngineMissing(f"there is no Docker on {host}; install it there, or name another host")


def _elsewhere(facts: HostFacts, host: str) -> EngineError:
    tls = " with TLS" if facts.tls else ""
    return EngineError(
        f"docker on {host} goes to {facts.engine}{tls}, which does not go through ssh; "
        "let DOCKER_HOST there name a socket, or verify the Engine's own host"
    )
