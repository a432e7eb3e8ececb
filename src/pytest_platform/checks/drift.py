"""Does what runs still match what is declared? The facts of one module, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_platform.checks.context import Context
from pytest_platform.checks.contract.facts import Facts
from pytest_platform.checks.drift_there import There
from pytest_platform.checks.health import state
from pytest_platform.drift.compare import CONFIG, compare
from pytest_platform.drift.desired import desired
from pytest_platform.drift.evidence import evidence
from pytest_platform.drift.form import Drift, Hash
from pytest_platform.drift.observed import observed
from pytest_platform.drift.orphans import ORPHAN, orphans
from pytest_platform.errors import CannotCompare, PlatformError
from pytest_platform.host.compose_there import Deployed
from pytest_platform.host.details import Details
from pytest_platform.host.snapshot import Container, Snapshot
from pytest_platform.module.loader import Broken, Module
from pytest_platform.module.model import StateClass
from pytest_platform.verdict import Finding, Result, failed, passed

_PATHS = {"container.mounts": "volumes"}
"""Fields whose key in the Compose file is not the last part of the code."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that differs. ``config_hash`` is what the hash says of all containers together."""

    findings: tuple[Finding, ...]
    config_hash: Hash


def judge(module: Module, context: Context) -> Result:
    """Fail on drift where data is at stake; otherwise say what a deployment would change.

    Raises:
        CannotCompare: see ``compared``.
        PlatformError: the files cannot be rendered, or the Engine cannot be asked.
    """
    found = compared(module, context)
    codes = sorted({one.code for one in found.findings})
    return replace(_result(module, found), details={"drift": codes})


def _result(module: Module, found: Comparison) -> Result:
    if not found.findings:
        return passed(_nothing(found.config_hash))
    missing = any(one.code == state.MISSING for one in found.findings)
    if missing or module.manifest.spec.state.class_ is not StateClass.STATELESS:
        return failed(found.findings, module.at("spec", "runtime", "compose"))
    return passed("; ".join(map(_in_short, found.findings)))


def drift_of(module: Module, context: Context) -> tuple[Finding, ...]:
    """Return the drift of a module, that of its state included; see ``compared``."""
    return compared(module, context).findings


def compared(module: Module, context: Context) -> Comparison:
    """Compare the state and the settings of a module's containers, and look for orphans.

    A hook has no lasting container: the one that carries it is compared.

    Raises:
        CannotCompare: variables have no value, here or on the host, no details were observed,
            or a hook is declared and the config hash, which alone knows of hooks, is not
            comparable.
        PlatformError: the files cannot be rendered, or the Engine cannot be asked.
    """
    snapshot = context.snapshot(module)
    details = _details(snapshot)
    facts = Facts(module, context.catalog, context.renderer, context.today)
    there = There(facts, context.host_of(module)) if context.remote_mode == "ssh" else None
    if not there:
        facts = replace(facts, files=_as_deployed(module, snapshot, details))
    settings = _settings(facts, snapshot, details, there)
    findings = (*_state(module, context), *settings.findings)
    hooked = module.manifest.spec.runtime.hook is not None
    if hooked and not findings and settings.config_hash is Hash.UNKNOWN:
        message = "cannot compare: only the config hash knows of hooks, and it is not comparable"
        raise CannotCompare(message)
    return replace(settings, findings=(*findings, *_orphans(module, context, details)))


def _state(module: Module, context: Context) -> Iterator[Finding]:
    for finding in state.judge(state.expected_of(module), context.seen(module)):
        yield replace(finding, location=module.at("spec", "runtime", "expected_state"))


def _as_deployed(module: Module, snapshot: Snapshot, details: Details) -> tuple[Path, ...]:
    """Spell the paths of the Compose files as Compose was given them, where they are the same.

    Compose goes by the path that the shell shows, this process by the one without links. Both
    end up in mounts and in the config hash, and the difference is none of the declaration.
    """
    for container in snapshot.of(module.project, module.service):
        document = details.containers.get(container.id) or {"Config": {}}
        files = tuple(map(Path, Deployed.by(document["Config"].get("Labels") or {}).files))
        if tuple(file.resolve() for file in files) == module.compose_files:
            return files
    return module.compose_files


def _settings(
    facts: Facts, snapshot: Snapshot, details: Details, there: There | None
) -> Comparison:
    _require_values(facts, there)
    findings: list[Finding] = []
    hashes: set[Hash] = set()
    for container in snapshot.of(facts.module.project, facts.module.service):
        drifts, config_hash = _drifts(container, facts, details, there)
        hashes.add(config_hash)
        findings += [_finding(drift, container, facts) for drift in drifts]
    return Comparison(tuple(findings), _worst(hashes))


def _details(snapshot: Snapshot) -> Details:
    if snapshot.details is None:
        message = "cannot compare: this run did not look at the settings of containers"
        raise CannotCompare(message)
    return snapshot.details


def _require_values(facts: Facts, there: There | None) -> None:
    placeholders = sorted(facts.rendered.placeholders)
    if placeholders and not there:
        message = f"cannot compare: no value for {', '.join(placeholders)}; set it as deployed"
        raise CannotCompare(message)
    _ = facts.service


def _drifts(
    container: Container, facts: Facts, details: Details, there: There | None
) -> tuple[tuple[Drift, ...], Hash]:
    document = details.containers.get(container.id)
    if document is None:
        return (), Hash.UNKNOWN
    rendered = there.rendered(document) if there else facts.rendered
    wanted = desired(facts.module.service, rendered, details.digests.of, facts.source)
    one = observed(document, details.images.get(document.get("Image") or ""))
    if there and rendered.placeholders:
        return there.drifts(wanted, one, document, details)
    if there and rendered.services[facts.module.service] != facts.service:
        # Its paths are part of the hash, and there they are others.
        hashed, version = there.config_hash(document)
    else:
        hashed, version = _config_hash(facts)
    known = evidence(wanted, one, details.references, hashed, version)
    return compare(wanted, one, known), known.config_hash


def _config_hash(facts: Facts) -> tuple[str | None, str]:
    renderer, module = facts.renderer, facts.module
    hashed = renderer.hash(facts.compose_files, module.project, module.service)
    return hashed, renderer.version()


def _finding(drift: Drift, container: Container, facts: Facts) -> Finding:
    what = drift.code.removeprefix("container.")
    verb = "differ" if what.endswith("s") else "differs"
    message = (
        f"{container.name}: {what} {verb} from the Compose files; "
        f"deploy it: docker compose up -d {container.service}"
    )
    path = () if drift.code == CONFIG else (_PATHS.get(drift.code, what),)
    location = facts.locate(*path)
    return Finding(drift.code, message, drift.expected, drift.actual, path, location)


def _worst(hashes: set[Hash]) -> Hash:
    order = (Hash.DIFFERENT, Hash.UNKNOWN, Hash.EQUAL)
    return next((one for one in order if one in hashes), Hash.UNKNOWN)


def _orphans(module: Module, context: Context, details: Details) -> Iterator[Finding]:
    place = module.at("spec", "runtime", "compose")
    services = _services(module, context)
    if orphans(module.project, services, details.listed):
        services |= _services_of_others(module, context)
    for drift in orphans(module.project, services, details.listed):
        message = (
            f"{drift.actual}, which the files no longer have, is left in the project "
            f"'{module.project}'; look at it and remove it"
        )
        yield Finding(drift.code, message, drift.expected, drift.actual, location=place)


def _services(module: Module, context: Context) -> set[str]:
    rendered = context.renderer.rendered(module.compose_files, module.project)
    return {*rendered.services}


def _services_of_others(module: Module, context: Context) -> set[str]:
    """Name the services of the other modules of the project, which may have other files.

    Raises:
        CannotCompare: one of them cannot be read, so nobody knows what is left over.
    """
    services: set[str] = set()
    for name in context.catalog.names():
        other = context.catalog.get(name)
        try:
            if isinstance(other, Broken):
                raise CannotCompare(f"cannot compare: the module '{name}' cannot be read")
            if other.project == module.project:
                services |= _services(other, context)
        except PlatformError as error:
            message = f"cannot tell which containers are left over: {error}"
            raise CannotCompare(message) from None
    return services


def _in_short(finding: Finding) -> str:
    if finding.code == ORPHAN:
        return f"left in the project: {finding.actual}"
    what = finding.code.removeprefix("container.")
    return f"a deployment would change {what} ({finding.actual} to {finding.expected})"


def _nothing(config_hash: Hash) -> str:
    if config_hash is Hash.UNKNOWN:
        return "no drift; settings that only the config hash covers could not be compared"
    return "no drift"
