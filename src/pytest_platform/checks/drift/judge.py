"""Does what runs still match what is declared? The facts of one module, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from pytest_platform.checks.contract.facts import Facts
from pytest_platform.checks.drift.compare import compare
from pytest_platform.checks.drift.deployed import (
    as_deployed,
    rendered_remotely,
    resolved,
    shares,
    with_service,
)
from pytest_platform.checks.drift.desired import VARIABLE, desired
from pytest_platform.checks.drift.evidence import evidence, same_content
from pytest_platform.checks.drift.findings import beside, finding
from pytest_platform.checks.drift.left_over import ORPHAN, left_over
from pytest_platform.checks.drift.model import Comparison, Drift, Hash
from pytest_platform.checks.drift.observed import observed
from pytest_platform.checks.drift.remote import RemoteProject
from pytest_platform.checks.drift.top_level import KINDS, NETWORK, VOLUME, differing
from pytest_platform.checks.engines import comparing, outdated
from pytest_platform.docker.api import InspectedContainer
from pytest_platform.docker.details import Details
from pytest_platform.docker.engine import Engine
from pytest_platform.docker.snapshot import Snapshot
from pytest_platform.errors import CannotCompare
from pytest_platform.module.forms import StateClass
from pytest_platform.module.infer import UNDECIDED
from pytest_platform.module.loader import Module
from pytest_platform.run.context import Context
from pytest_platform.state import table
from pytest_platform.verdict import Finding, Result, failed, passed


def judge(module: Module, context: Context) -> Result:
    """Fail on drift where data is at stake; otherwise say what a deployment would change.

    Raises:
        CannotCompare: see ``compared``.
        PlatformError: the files cannot be rendered, or the Engine cannot be asked.
    """
    found = comparing(module).drift(module, context)
    if module.undecided:  # its state says so
        found = replace(found, findings=tuple(filter(_is_decided, found.findings)))
    codes = sorted({one.code for one in found.findings})
    return replace(_result(module, found), details={"drift": codes})


def _is_decided(finding: Finding) -> bool:
    return finding.code != UNDECIDED


def _result(module: Module, found: Comparison) -> Result:
    if not found.findings:
        return passed(_nothing(found.config_hash))
    grave = any(one.code in {table.MISSING, VOLUME} for one in found.findings)
    if grave or module.manifest.spec.state.class_ is not StateClass.STATELESS:
        return failed(found.findings, module.at("spec", "runtime", module.engine))
    return passed("; ".join(map(_in_short, found.findings)))


def drift_of(module: Module, context: Context) -> tuple[Finding, ...]:
    """Return the drift of a module, that of its state included; see ``compared``."""
    return comparing(module).drift(module, context).findings


def compared(module: Module, context: Context) -> Comparison:
    """Compare the state and the settings of a module's containers, and look for orphans.

    A hook has no lasting container: the one that carries it is compared.

    Raises:
        CannotCompare: variables have no value, here or on the host, no details were observed,
            or a hook is declared and the config hash, which alone knows of hooks, is not
            comparable.
        PlatformError: the files cannot be rendered, or the Engine cannot be asked.
    """
    snapshot = context.fleet.snapshot(module)
    details = _details(snapshot)
    facts = Facts(module, context.catalog, context.renderer, context.today, as_deployed=True)
    remote = (
        RemoteProject(facts, context.fleet.host_of(module))
        if context.remote_mode.elsewhere
        else None
    )
    if not remote:
        facts = as_deployed(facts, snapshot, details)
    engine = context.fleet.host_of(module).engine
    settings = _settings(facts, snapshot, details, remote, engine)
    findings = (*_state(module, context), *settings.findings)
    findings = findings or tuple(outdated(module, context))
    hooked = module.manifest.spec.runtime.hook is not None
    if hooked and not findings and settings.config_hash is Hash.UNKNOWN:
        message = "cannot compare: only the config hash knows of hooks, and it is not comparable"
        raise CannotCompare(message)
    return replace(settings, findings=(*findings, *left_over(module, context, details)))


def _state(module: Module, context: Context) -> Iterator[Finding]:
    for one in context.state_of(module).findings:
        yield replace(one, location=module.at("spec", "runtime", "expected_state"))


def _settings(
    facts: Facts, snapshot: Snapshot, details: Details, remote: RemoteProject | None, engine: Engine
) -> Comparison:
    _require_values(facts, remote)
    findings: list[Finding] = []
    hashes: set[Hash] = set()
    containers = snapshot.of(facts.module.project, facts.module.service)
    for container in containers:
        inspected = details.containers.get(container.id)
        if inspected is None:
            hashes.add(Hash.UNKNOWN)
            continue
        drifts, config_hash = _drifts(inspected, facts, details, remote, engine)
        hashes.add(config_hash)
        findings += [finding(one, inspected, facts, config_hash) for one in drifts]
        if container is containers[0]:
            findings += _beside(inspected, facts, details, remote)
    return Comparison(tuple(findings), _worst(hashes))


def _beside(
    container: InspectedContainer, facts: Facts, details: Details, remote: RemoteProject | None
) -> Iterator[Finding]:
    """Compare the networks and volumes of the service; those made of values elsewhere are not."""
    name, version = facts.module.service, facts.renderer.version()
    rendered = rendered_remotely(facts, container)
    for kind, keys_of in KINDS:
        keys = keys_of(rendered.services[name])
        if remote:
            source = facts.source.model.get(kind.section) or {}
            keys = [key for key in keys if not VARIABLE.search(str(source.get(key)))]
        seen = getattr(details, kind.section)
        for one in differing(kind, keys, rendered.model, seen, version):
            yield beside(one, facts)


def _details(snapshot: Snapshot) -> Details:
    if snapshot.details is None:
        message = "cannot compare: this run did not look at the settings of containers"
        raise CannotCompare(message)
    return snapshot.details


def _require_values(facts: Facts, remote: RemoteProject | None) -> None:
    placeholders = sorted(facts.rendered.made_up)
    if placeholders and not remote:
        message = f"cannot compare: no value for {', '.join(placeholders)}; set it as deployed"
        raise CannotCompare(message)
    _ = facts.service


def _drifts(
    container: InspectedContainer,
    facts: Facts,
    details: Details,
    remote: RemoteProject | None,
    engine: Engine,
) -> tuple[tuple[Drift, ...], Hash]:
    name, project = facts.module.service, facts.module.project
    rendered = rendered_remotely(facts, container)
    document = rendered.documents[name]
    as_here = document == facts.rendered.documents[name]
    service = resolved(document, container.host_config, details.ids_of(project))
    rendered = with_service(rendered, name, service)
    wanted = desired(name, rendered, details.digests.of, facts.source)
    one = observed(container, details.images.get(container.image or ""))
    if remote and rendered.made_up:
        return remote.drifts(wanted, one, container, details)
    if as_here:
        hashed, version = _config_hash(facts, service)
    else:
        # Its paths are part of the hash, and there they are others.
        hashed, version = remote.config_hash(container) if remote else (None, "")
    known = evidence(wanted, one, details.references, hashed, version)
    known = replace(known, image_id=_image_now(known.image_id, container, engine))
    return compare(wanted, one, known), known.config_hash


def _image_now(now: str, container: InspectedContainer, engine: Engine) -> str:
    """Return the id that an image has now, or had for the container where it holds the same."""
    then = container.image or ""
    if not now or now == then or container.image_manifest_descriptor is None:
        return now
    image = engine.inspect_image(now, manifests=True)
    return then if image and same_content(container, image) else now


def _config_hash(facts: Facts, service: Mapping[str, Any]) -> tuple[str | None, str]:
    renderer, module = facts.renderer, facts.module
    one = service if shares(facts.service) else None
    hashed = renderer.hash(facts.compose_files, module.project, module.service, one)
    return hashed, renderer.version()


def _worst(hashes: set[Hash]) -> Hash:
    order = (Hash.DIFFERENT, Hash.UNKNOWN, Hash.EQUAL)
    return next((one for one in order if one in hashes), Hash.UNKNOWN)


def _in_short(finding: Finding) -> str:
    if finding.code == ORPHAN:
        return f"left in the project: {finding.actual}"
    what = finding.code.removeprefix("container.")
    if finding.code == NETWORK:
        return finding.message
    return f"a deployment would change {what} ({finding.actual} to {finding.expected})"


def _nothing(config_hash: Hash) -> str:
    if config_hash is Hash.UNKNOWN:
        return "no drift; settings that only the config hash covers could not be compared"
    return "no drift"
