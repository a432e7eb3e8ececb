"""Nothing can be reached from other machines unless the module says so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Any, Final

from pytest_platform.checks.contract.facts import Facts, Unit
from pytest_platform.verdict import Finding

CODE: Final = "contract.exposure"

_EXPECTED: Final = "published on 127.0.0.1 only"
_VARIABLE: Final = re.compile(r"\$\{[^}]*\}")
_OR_DECLARE: Final = "or set runtime.exposure: public"


def judge(facts: Facts) -> Iterator[Finding]:
    """Look at the published ports and at the network of the host."""
    if facts.module.manifest.spec.runtime.exposure == "public":
        return
    for unit in facts.units:
        yield from _judge(unit, facts)


def _judge(unit: Unit, facts: Facts) -> Iterator[Finding]:
    mode = unit.rendered.get("network_mode")
    path = (*unit.path, "network_mode")
    if names := facts.unset_in(mode):
        yield _unknown("network_mode", names, path)
    elif mode == "host" and not _silent(unit, facts):
        message = (
            "network_mode is host, so every port that it listens on may be reached from "
            f"other machines: use a network of its own, {_OR_DECLARE}"
        )
        yield Finding(CODE, message, _EXPECTED, "host network", path)
    if mode != "host":
        yield from _ports(unit, facts)


def _silent(unit: Unit, facts: Facts) -> bool:
    """Tell whether it is a one-shot that listens on nothing, as far as is declared."""
    return facts.module.one_shot and not (unit.rendered.get("ports") or unit.rendered.get("expose"))


def _ports(unit: Unit, facts: Facts) -> Iterator[Finding]:
    ports = unit.rendered.get("ports") or ()
    entries = unit.source.get("ports") or ()
    for index, port in enumerate(ports):
        host = port.get("host_ip")
        # A range is written once and rendered as many ports.
        same = len(entries) == len(ports)
        path = (*unit.path, "ports", *((str(index),) if same else ()))
        if names := facts.unset_in(host):
            yield _unknown("the address of a port", names, path)
        elif not _loopback(host):
            yield _finding(port, _as_written(entries[index] if same else None), path)


def _unknown(what: str, names: list[str], path: tuple[str, ...]) -> Finding:
    named = ", ".join(names)
    example = "bridge" if what == "network_mode" else "127.0.0.1"
    message = (
        f"{what} comes from {named}, which has no value and no default: "
        f"write a default, ${{{names[0]}:-{example}}}, {_OR_DECLARE}"
    )
    return Finding(CODE, message, _EXPECTED, f"{named} is not set", path)


def _as_written(entry: Any) -> tuple[str, str] | None:
    """Return published port and target as the file has them, variables in place."""
    if isinstance(entry, Mapping):
        published, target = entry.get("published"), entry.get("target")
        found = (str(published or ""), str(target or ""))
    else:
        whole = _VARIABLE.sub(lambda match: match[0].replace(":", "\0"), str(entry or ""))
        words = whole.partition("/")[0].rsplit(":", 2)
        if len(words) == 1:
            words = ["", *words]
        found = (words[-2].replace("\0", ":"), words[-1].replace("\0", ":"))
    return found if "$" in "".join(found) else None


def _loopback(address: str | None) -> bool:
    try:
        return ip_address(address or "").is_loopback
    except ValueError:
        return address == "localhost"


def _finding(
    port: Mapping[str, Any], written: tuple[str, str] | None, path: tuple[str, ...]
) -> Finding:
    published, target = written or (port.get("published") or "", port.get("target"))
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
