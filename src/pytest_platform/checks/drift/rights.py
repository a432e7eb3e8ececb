"""Limits and rights of a container, as far as the Engine shows them; the hash covers the rest.

``docker update`` and ``docker run`` change them beside Compose, which believes its own label.
A name that only one side knows is not compared. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ctypes import c_float
from typing import Any

from msgspec import UNSET

from pytest_platform.checks.drift import describe
from pytest_platform.checks.drift.model import Desired, Evidence, Hash, Observed
from pytest_platform.compose.service import RenderedService
from pytest_platform.docker.host_config import HostConfig

Rights = Mapping[str, str]

NOBODY_ASKED = {"pids_limit": {"2048"}, "ipc": {"private", "shareable"}, "pid": {"private"}}
"""What Engines set by themselves where the files declare nothing."""

GIVEN_BY_PODMAN = frozenset(
    {
        *("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETFCAP"),
        *("SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    }
)
"""The capabilities that Podman gives where nothing else is asked for."""

_GIVEN_BY_SOME = frozenset({"AUDIT_WRITE", "MKNOD", "NET_RAW"})
"""Those that some versions of Podman give, and others do not."""

_DEFAULT = "as the Engine has it"
_SHARED = "container:"


def declared(service: RenderedService) -> Rights:
    """Return what the files want, in the Engine's units: bytes, and billionths of a CPU."""
    resources = service.deploy.resources
    limits, reserved = resources.limits, resources.reservations
    cpus = limits.cpus or service.cpus or 0
    return {
        "mem_limit": _number(limits.memory or service.mem_limit),
        "mem_reservation": _number(reserved.memory or service.mem_reservation),
        "cpus": _billionths(float(cpus)),
        "cpu_quota": _number(service.cpu_quota),
        "cpu_shares": _number(service.cpu_shares),
        "cpuset": service.cpuset,
        "pids_limit": _number(limits.pids or service.pids_limit),
        "privileged": _flag(service.privileged),
        "read_only": _flag(service.read_only),
        "pid": _mode(service.pid),
        "ipc": _mode(service.ipc),
        "userns_mode": service.userns_mode,
        "cap_add": _capabilities(service.cap_add),
        "cap_drop": _capabilities(service.cap_drop),
    }


def observed(host: HostConfig) -> Rights:
    """Return what a container has."""
    return dict(_observed(host))


def config(desired: Desired, observed: Observed, evidence: Evidence) -> tuple[str, str] | None:
    """Compare limits, rights and the name, which may have been changed beside Compose."""
    want, have = desired.settings.rights, observed.settings.rights
    names = [name for name in want if name in have and want[name] != have[name]]
    names = [name for name in names if not _left_alone(name, want[name], have[name], evidence)]
    if observed.podman:
        names = [name for name in names if not _same_on_podman(name, want, have)]
    expected = [f"{name} {want[name] or _DEFAULT}" for name in names]
    actual = [f"{name} {have[name] or _DEFAULT}" for name in names]
    declared, name = desired.settings.container_name, observed.settings.container_name
    called = (declared,) if declared else observed.first_names
    if called and name not in called:
        expected, actual = [*expected, f"the name {called[0]}"], [*actual, f"the name {name}"]
    return (describe.listed(expected), describe.listed(actual)) if expected else None


def _left_alone(name: str, wanted: str, found: str, evidence: Evidence) -> bool:
    """Return whether the Engine has set what nobody asked for, or has no means to set it."""
    unset = wanted in {"", "0"}
    if unset and found in NOBODY_ASKED.get(name, ()):
        return True
    # An Engine whose kernel knows no such limit leaves it out.
    return found == "0" and evidence.config_hash is Hash.EQUAL


def _same_on_podman(name: str, want: Rights, have: Rights) -> bool:
    """Return whether two sides that are written in two ways mean the same on Podman."""
    match name:
        case "userns_mode":
            return {want[name], have[name]} == {"", "host"}
        case "cpus" | "cpu_quota":
            return _same_share(want, have)
        case "cap_add" | "cap_drop":
            return _same_capabilities(want, have)
    return False


def _same_share(want: Rights, have: Rights) -> bool:
    """Compare shares of the CPUs: Podman keeps ``cpus`` as a quota in 100,000 and shows both."""
    wanted, found = (float(one.get("cpus", "0")) // 10**4 for one in (want, have))
    return wanted == found if wanted else want["cpu_quota"] == have.get("cpu_quota")


def _same_capabilities(want: Rights, have: Rights) -> bool:
    """Compare capabilities: Podman shows what a container has more and less than it gives.

    A privileged container has all that its machine has, whatever was asked for.
    """
    if have.get("privileged") == "true":
        return True
    added, dropped = _words(want["cap_add"]), _words(want["cap_drop"])
    more, less = _words(have.get("cap_add", "")), _words(have.get("cap_drop", ""))
    if "ALL" in added:
        return bool(more) and less - _GIVEN_BY_SOME == dropped & GIVEN_BY_PODMAN
    given = frozenset() if "ALL" in dropped else GIVEN_BY_PODMAN
    wanted, found = (given - dropped) | added, (GIVEN_BY_PODMAN - less) | more
    return wanted - _GIVEN_BY_SOME == found - _GIVEN_BY_SOME and more <= added


def _words(capabilities: str) -> frozenset[str]:
    return frozenset(capabilities.split(", ")) - {""}


def _observed(host: HostConfig) -> Iterator[tuple[str, str]]:
    for name, (key, read) in _KEYS.items():
        if (value := getattr(host, key)) is not UNSET:
            yield name, read(value)


def _number(value: Any) -> str:
    """Write a number of the Engine; none, and -1 for without a limit, are 0."""
    return str(max(0, int(value or 0)))


def _billionths(cpus: float) -> str:
    """Return what Compose makes of ``cpus``: it counts in floats of 32 bits."""
    return f"{c_float(c_float(cpus).value * 10**9).value:.0f}"


def _flag(value: Any) -> str:
    return "true" if value else "false"


def _mode(value: Any) -> str:
    """Return a mode; a container is only compared where its id is known."""
    mode = str(value or "")
    if mode.startswith("service:"):
        return _SHARED
    named = mode.startswith(_SHARED) and len(mode) != len(_SHARED) + 64
    return _SHARED if named else mode


def _capabilities(value: Iterable[str] | None) -> str:
    return ", ".join(sorted({one.upper().removeprefix("CAP_") for one in value or ()}))


_KEYS = {
    "mem_limit": ("memory", _number),
    "mem_reservation": ("memory_reservation", _number),
    "cpus": ("nano_cpus", _number),
    "cpu_quota": ("cpu_quota", _number),
    "cpu_shares": ("cpu_shares", _number),
    "cpuset": ("cpuset_cpus", lambda value: str(value or "")),
    "pids_limit": ("pids_limit", _number),
    "privileged": ("privileged", _flag),
    "read_only": ("readonly_rootfs", _flag),
    "pid": ("pid_mode", _mode),
    "ipc": ("ipc_mode", _mode),
    "userns_mode": ("userns_mode", lambda value: str(value or "")),
    "cap_add": ("cap_add", _capabilities),
    "cap_drop": ("cap_drop", _capabilities),
}
