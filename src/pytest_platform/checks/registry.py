"""Every check there is, by its code or kind. A new one is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pytest_platform.checks.contract import (
    compose,
    exposure,
    healthcheck,
    ignored,
    image_pinned,
    name,
    on_units,
    requires,
    restart,
    runbook,
    secrets,
    state,
)
from pytest_platform.checks.contract.facts import Facts
from pytest_platform.module.loader import Vocabulary
from pytest_platform.probes import command, dns, file, http, log, metrics, tcp, tls, volume
from pytest_platform.probes import exec as exec_probe
from pytest_platform.probes.kind import ProbeKind
from pytest_platform.verdict import Finding

ContractJudge = Callable[[Facts], Iterable[Finding]]

CONTRACT: Mapping[str, ContractJudge] = {
    "contract.name": name.judge,
    "contract.runbook": runbook.judge,
    "contract.compose": compose.judge,
    "contract.restart": restart.judge,
    "contract.ignored": ignored.judge,
    "contract.command_shape": on_units.command_shape,
    "contract.script": on_units.script,
    "contract.interpolation": on_units.interpolation,
    "contract.masked_failure": on_units.masked_failure,
    "contract.mutations": on_units.mutations,
    "contract.secrets": secrets.judge,
    "contract.image.pinned": image_pinned.judge,
    "contract.exposure": exposure.judge,
    "contract.healthcheck": healthcheck.judge,
    "contract.requires": requires.judge,
    "contract.state": state.judge,
}

PROBES: Mapping[str, ProbeKind] = {
    "exec": exec_probe.KIND,
    "command": command.KIND,
    "log": log.KIND,
    "metrics": metrics.KIND,
    "file": file.KIND,
    "volume": volume.KIND,
    "http": http.KIND,
    "tcp": tcp.KIND,
    "tls": tls.KIND,
    "dns": dns.KIND,
}

BUILT_IN_NAMES: Mapping[str, frozenset[str]] = {
    "health": frozenset({"state", "owner", "requires"}),
    "smoke": frozenset({"idempotent"}),
}
"""Names of checks that a probe may not take, by group."""


def vocabulary(probes: Mapping[str, ProbeKind] = PROBES) -> Vocabulary:
    """Return the words that a module file may use, given the probe kinds there are."""
    return Vocabulary(
        kinds={name: kind.spec for name, kind in probes.items()},
        waivable=frozenset({*CONTRACT, "smoke.idempotent"}),
        reserved=BUILT_IN_NAMES,
    )
