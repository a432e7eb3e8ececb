"""Nothing that the engine ignores stands in the service, as if it were of use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pytest_platform.checks.contract.facts import Facts
from pytest_platform.run.engines import engine_of
from pytest_platform.verdict import Finding

CODE: Final = "contract.ignored"


def judge(facts: Facts) -> Iterator[Finding]:
    """Find keys that a deployment leaves out, and addresses that it does not bind to."""
    ignores = engine_of(facts.module).ignores
    if not ignores:
        return
    service = facts.source_service
    for key, instead in ignores.items():
        value = service.get(key)
        if value in (None, [], {}, ""):
            continue
        message = f"{key} is ignored by a deployment: {instead}"
        yield Finding(CODE, message, "a key that is read", key, path=(key,))
    for port in facts.service.ports:
        if address := port.host_ip:
            message = (
                f"port {port.target} is published on all addresses of all nodes, and not on "
                f"{address}: a deployment ignores the address; remove it, or do not publish the "
                "port"
            )
            yield Finding(CODE, message, "no address", address, path=("ports",))
