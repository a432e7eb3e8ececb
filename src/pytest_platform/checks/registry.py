"""Every check there is, by its code or kind. A new one is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final

from pytest_platform.checks.contract.facts import Facts
from pytest_platform.module.loader import Vocabulary
from pytest_platform.probes import command, dns, file, http, log, metrics, tcp, tls, volume
from pytest_platform.probes import exec as exec_probe
from pytest_platform.probes.kind import ProbeKind
from pytest_platform.verdict import Finding

if TYPE_CHECKING:
    from pytest_platform.checks.contract.facts import Facts

ContractJudge = Callable[["Facts"], Iterable[Finding]]
_FOLDER: Final = "pytest_platform.checks.contract"


def _judge(name: str, of: str = "judge") -> ContractJudge:
    """Return the judge of a file in ``contract/``, which is read when it judges first.

    A run that looks at what runs has no use for readers of scripts.
    """

    def judge(facts: Facts) -> Iterable[Finding]:
        found: ContractJudge = getattr(import_module(f"{_FOLDER}.{name}"), of)
        return found(facts)

    return judge


CONTRACT: Mapping[str, ContractJudge] = {
    "contract.name": _judge("name"),
    "contract.runbook": _judge("runbook"),
    "contract.compose": _judge("compose"),
    "contract.restart": _judge("restart"),
    "contract.ignored": _judge("ignored"),
    "contract.command_shape": _judge("on_units", "command_shape"),
    "contract.script": _judge("on_units", "script"),
    "contract.interpolation": _judge("on_units", "interpolation"),
    "contract.masked_failure": _judge("on_units", "masked_failure"),
    "contract.mutations": _judge("on_units", "mutations"),
    "contract.secrets": _judge("secrets"),
    "contract.image.pinned": _judge("image_pinned"),
    "contract.exposure": _judge("exposure"),
    "contract.healthcheck": _judge("healthcheck"),
    "contract.requires": _judge("requires"),
    "contract.state": _judge("state"),
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
