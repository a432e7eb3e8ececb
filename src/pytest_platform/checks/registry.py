"""Every check there is, by its code or kind. A new one is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from pytest_platform.module.loader import Vocabulary
from pytest_platform.probes import command, dns, file, http, log, metrics, tcp, tls, volume
from pytest_platform.probes import exec as exec_probe
from pytest_platform.probes.kind import ProbeKind
from pytest_platform.text import words
from pytest_platform.verdict import Finding

if TYPE_CHECKING:
    from pytest_platform.checks.contract.facts import Facts

ContractJudge = Callable[["Facts"], Iterable[Finding]]
_FOLDER: Final = "pytest_platform.checks.contract"


def _judge(name: str, of: str = "judge", reads: str = "") -> ContractJudge:
    """Return the judge of a file in ``contract/``, which is read when it judges first.

    A run that looks at what runs has no use for readers of scripts. ``reads`` are the fields of
    the service that it reads: it is no answer where one of them cannot be rendered.
    """

    def judge(facts: Facts) -> Iterable[Finding]:
        found: ContractJudge = getattr(import_module(f"{_FOLDER}.{name}"), of)
        return found(replace(facts, reads=frozenset(words(reads))))

    return judge


_RUN: Final = "image build command entrypoint pre_start"
_MOUNTED: Final = "volumes volumes_from configs secrets tmpfs working_dir pull_policy"
_SCRIPT: Final = f"{_RUN} {_MOUNTED} environment"
_ALL: Final = f"{_SCRIPT} healthcheck env_file post_start pre_stop"

CONTRACT: Mapping[str, ContractJudge] = {
    "contract.name": _judge("name"),
    "contract.runbook": _judge("runbook"),
    "contract.compose": _judge("compose"),
    "contract.restart": _judge("restart", reads="restart deploy"),
    "contract.ignored": _judge("ignored", reads=f"{_ALL} ports restart deploy"),
    "contract.command_shape": _judge("on_units", "command_shape", _RUN),
    "contract.script": _judge("on_units", "script", _SCRIPT),
    "contract.interpolation": _judge("on_units", "interpolation", _SCRIPT),
    "contract.masked_failure": _judge("on_units", "masked_failure", _SCRIPT),
    "contract.mutations": _judge("on_units", "mutations", _ALL),
    "contract.secrets": _judge("secrets", reads=f"{_ALL} labels annotations"),
    "contract.image.pinned": _judge("image_pinned", reads="image build pull_policy pre_start"),
    "contract.exposure": _judge("exposure", reads="ports expose network_mode pre_start"),
    "contract.healthcheck": _judge("healthcheck", reads="healthcheck image build pull_policy"),
    "contract.requires": _judge("requires"),
    "contract.state": _judge("state", reads="volumes volumes_from pid pre_start"),
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
