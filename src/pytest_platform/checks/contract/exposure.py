"""Nothing can be reached from other machines unless the module says so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any, Final

from msgspec import Struct

from pytest_platform.checks.contract.facts import Facts, Unit
from pytest_platform.compose.interpolation import optional, split_outside
from pytest_platform.compose.service_parts import ServicePort
from pytest_platform.verdict import Finding

CODE: Final = "contract.exposure"

_EXPECTED: Final = "published on 127.0.0.1 only"
_OR_DECLARE: Final = "or set runtime.exposure: public"


def judge(facts: Facts) -> Iterator[Finding]:
    """Look at the published ports and at the network of the host."""
    if facts.module.manifest.spec.runtime.exposure == "public":
        return
    for unit in facts.units:
        yield from _judge(unit, facts)


def _judge(unit: Unit, facts: Facts) -> Iterator[Finding]:
    mode = unit.rendered.network_mode
    path = (*unit.path, "network_mode")
    source = unit.source.get("network_mode")
    if names := facts.unset(mode, source):
        yield _unknown("network_mode", names, path)
    elif mode != "host" and (names := optional(str(source or ""))):
        yield _undecided("network_mode", names, path)
    elif mode == "host" and not _silent(unit, facts):
        message = (
            "network_mode is host, so every port that it listens on may be reached from "
            f"other machines: use a network of its own, {_OR_DECLARE}"
        )
        yield Finding(CODE, message, _EXPECTED, "host network", path)
    if mode != "host":
        yield from _ports(unit, facts)


def _silent(unit: Unit, facts: Facts) -> bool:
    """Return whether it is a one-shot that listens on nothing, as far as is declared."""
    return facts.module.one_shot and not (unit.rendered.ports or unit.rendered.expose)


def _ports(unit: Unit, facts: Facts) -> Iterator[Finding]:
    ports, entries = unit.rendered.ports, unit.source.get("ports") or ()
    for port, index in zip(ports, owners(entries, ports), strict=False):
        host = port.host_ip
        entry = written(None if index is None else entries[index])
        path = (*unit.path, "ports", *(() if index is None else (str(index),)))
        # Where it is not clear which entry a port comes from, none of them may be unclear.
        unclear = [written(one).address for one in entries] if index is None else []
        address = [entry.address, *unclear]
        if names := facts.unset(host, address):
            yield _unknown("the address of a port", names, path)
        elif names := optional(json.dumps([*address, entry.address_or_port])):
            yield _undecided("the address of a port", names, path)
        elif not _loopback(host):
            yield _finding(port, entry, path)


def _unknown(what: str, names: list[str], path: tuple[str, ...]) -> Finding:
    named = ", ".join(names)
    example = "bridge" if what == "network_mode" else "127.0.0.1"
    message = (
        f"{what} comes from {named}, which has no value and no default: "
        f"write a default, ${{{names[0]}:-{example}}}, {_OR_DECLARE}"
    )
    return Finding(CODE, message, _EXPECTED, f"{named} is not set", path)


def _undecided(what: str, names: list[str], path: tuple[str, ...]) -> Finding:
    named = ", ".join(names)
    message = (
        f"{what} depends on whether {named} is set, which the files do not say: write one that "
        f"always holds, {_OR_DECLARE}"
    )
    return Finding(CODE, message, _EXPECTED, f"{named} may be set", path)


def _loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def _finding(port: ServicePort, entry: WrittenPort, path: tuple[str, ...]) -> Finding:
    published, target = str(port.published or ""), str(port.target)
    if entry.has_variables:
        published, target = entry.published, entry.target
    protocol = "" if port.protocol == "tcp" else f"/{port.protocol}"
    host = port.host_ip
    where = f"on {host}" if host and not _any(host) else "on all addresses"
    return Finding(
        CODE,
        f"port {target}{protocol} is published {where}: "
        f"write {_advised(entry, published, target)}{protocol}, {_OR_DECLARE}",
        expected=_EXPECTED,
        actual=f"published {where}",
        path=path,
    )


def _advised(entry: WrittenPort, published: str, target: str) -> str:
    if not entry.whole:
        return f"127.0.0.1:{published}:{target}"
    name, _, default = entry.whole.strip("${}").partition("-")
    ports = default if ":" in default else f":{default}" if default else "8080:80"
    return f"${{{name.rstrip(':?')}:-127.0.0.1:{ports}}}"


def _any(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


_RANGE: Final = re.compile(r"(\d+)-(\d+)")
_SHORT: Final = 3
"""``ADDRESS:PUBLISHED:TARGET``."""


class WrittenPort(Struct, frozen=True):
    """An entry of ``ports``. ``whole`` is a text that is one variable, of which nothing is told."""

    address: str = ""
    published: str = ""
    target: str = ""
    whole: str = ""

    @property
    def has_variables(self) -> bool:
        """Whether the ports depend on variables."""
        return "$" in self.published + self.target

    @property
    def address_or_port(self) -> str:
        """The part that may hold an address: ``${BIND:+127.0.0.1:}80``."""
        return self.address or self.published

    @property
    def count(self) -> int:
        """How many ports Compose makes of it, as far as its text says."""
        found = _RANGE.fullmatch(self.target)
        return int(found[2]) - int(found[1]) + 1 if found else 1


def written(entry: Any) -> WrittenPort:
    """Read an entry in its short or its long form."""
    if isinstance(entry, Mapping):
        parts = (str(entry.get(key) or "") for key in ("host_ip", "published", "target"))
        return WrittenPort(*parts)
    text = str(entry or "")
    words = split_outside(text, ":")
    last = split_outside(words[-1], "/")[0]
    if len(words) == 1:
        alone = text.startswith("$") and split_outside(text, "") == [text]
        return WrittenPort(target=last, whole=text if alone else "")
    head = words[:-1]
    if len(words) < _SHORT:
        return WrittenPort(published=head[0], target=last)
    return WrittenPort(":".join(head[:-1]), head[-1], last)


def owners(entries: Sequence[Any], ports: Sequence[Any]) -> Iterator[int | None]:
    """Yield for each rendered port the index of the entry that it comes from, if that is clear.

    A range is written once and rendered as many ports.
    """
    indices = [index for index, one in enumerate(entries) for _ in range(written(one).count)]
    yield from indices if len(indices) == len(ports) else [None] * len(ports)
