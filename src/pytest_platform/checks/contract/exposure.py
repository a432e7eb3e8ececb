"""Nothing can be reached from other machines unless the module says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Any, Final

from pytest_platform.checks.contract.facts import Facts, Unit
from pytest_platform.verdict import Finding

CODE: Final = "contract.exposure"

_EXPECTED: Final = "published on 127.0.0.1 only"
_OR_DECLARE: Final = "or set runtime.exposure: public"


def judge(facts: Facts) -> Iterator[Finding]:
    """Look at the published ports and at the network of the host."""
    if facts.module.manifest.spec.runtime.exposure == "public":
        return
    for unit in facts.units:
        yield from _judge(unit)


def _judge(unit: Unit) -> Iterator[Finding]:
    if unit.rendered.get("network_mode") == "host":
        message = (
            "network_mode is host, so every port that it listens on may be reached from "
            f"other machines: use a network of its own, {_OR_DECLARE}"
        )
        yield Finding(CODE, message, _EXPECTED, "host network", (*unit.path, "network_mode"))
        return
    ports = unit.rendered.get("ports") or ()
    written = len(unit.source.get("ports") or ())
    for index, port in enumerate(ports):
        if not _loopback(port.get("host_ip")):
            # A range is written once and rendered as many ports.
            entry = (str(index),) if written == len(ports) else ()
            yield _finding(port, (*unit.path, "ports", *entry))


def _loopback(address: str | None) -> bool:
    try:
        return ip_address(address or "").is_loopback
    except ValueError:
        return address == "localhost"


def _finding(port: Mapping[str, Any], path: tuple[str, ...]) -> Finding:
    target, published = port.get("target"), port.get("published") or ""
    protocol = "" if port.get("protocol", "tcp") == "tcp" else f"/{port['protocol']}"
    host = port.get("host_ip")
    where = f"on {host}" if host and not _any(host) else "on all addresses"
    return Finding(
        CODE,
        f"port {target}{protocol} is published {where}: "
        f"write 127.0.0.1:{published}:{target}{protocol}, {_OR_DECLARE}",
        expected=_EXPECTED,
        actual=f"published {where}",
        path=path,
    )


def _any(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False
