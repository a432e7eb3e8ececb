"""The findings of drift, in words: what differs, why perhaps, and what mends it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pytest_platform.checks.contract.facts import Facts
from pytest_platform.checks.drift.compare import CONFIG
from pytest_platform.checks.drift.deployed import deployed
from pytest_platform.checks.drift.evidence import KEYS
from pytest_platform.checks.drift.model import Drift, Hash
from pytest_platform.checks.drift.top_level import VOLUME, Different
from pytest_platform.compose.source import locate
from pytest_platform.docker.api import InspectedContainer
from pytest_platform.errors import PlatformError
from pytest_platform.verdict import Finding

_PATHS = {"container.mounts": "volumes"}
"""Fields whose key in the Compose file is not the last part of the code."""

_FIELDS = {
    "ports": ("published", "exposed"),
    "networks": ("networks", "network_mode"),
}
_VARIABLE = re.compile(r"(?<!\$)(?:\$\$)*\$\{?(\w+)")


def finding(
    drift: Drift, container: InspectedContainer, facts: Facts, config_hash: Hash
) -> Finding:
    """Say what differs in one container. Compose does nothing where the hash is equal."""
    what = drift.code.removeprefix("container.")
    verb = "differ" if what.endswith("s") else "differs"
    deploy = facts.module.deploy
    if config_hash is Hash.EQUAL:
        deploy = deploy.replace(" up -d ", " up -d --force-recreate ", 1)
    message = (
        f"{container.own_name}: {what} {verb} from the Compose files"
        f"{_hints(drift, container, facts)}; "
        f"deploy it: {deploy}"
    )
    path = () if drift.code == CONFIG else (_PATHS.get(drift.code, what),)
    location = facts.locate(*path)
    return Finding(drift.code, message, drift.expected, drift.actual, path, location)


def beside(one: Different, facts: Facts) -> Finding:
    """Say what differs of a network or volume, and what a deployment would do to it."""
    what, _, _ = one.drift.code.partition(".")
    if one.drift.code == VOLUME:
        means = (
            "a deployment DELETES THIS VOLUME AND ALL DATA IN IT; "
            "take the change back, or save the data first"
        )
    else:
        means = "a deployment stops every container on it and makes it anew: docker compose up -d"
    message = f"the {what} '{one.name}' has other settings than the Compose files; {means}"
    location = locate(facts.module, (f"{what}s", one.key))
    return Finding(one.drift.code, message, one.drift.expected, one.drift.actual, (), location)


def _hints(drift: Drift, container: InspectedContainer, facts: Facts) -> str:
    said = [*_unset(drift, facts), *_merged(container, facts)]
    return f" ({'; '.join(said)})" if said else ""


def _unset(drift: Drift, facts: Facts) -> Iterator[str]:
    """Name the variables of a field that have no value here: the deployment may have had one."""
    what = drift.code.removeprefix("container.")
    keys = {key for field in _FIELDS.get(what, (what,)) for key in KEYS.get(field, ())}
    try:
        service: Mapping[str, object] = facts.source_service
        unset = facts.renderer.unset(facts.compose_files, facts.module.project)
    except PlatformError:
        return
    named = {name for key in keys for name in _VARIABLE.findall(str(service.get(key) or ""))}
    for name in sorted(named & unset):
        yield f"{name} is not set here: set it as it was for the deployment"


def _merged(container: InspectedContainer, facts: Facts) -> Iterator[str]:
    """Name the files that the deployment merged and the module does not."""
    own = [file.name for file in facts.compose_files]
    files = deployed(container).files
    if more := [file for file in files if file.rpartition("/")[2] not in own]:
        yield f"it was deployed with {', '.join(more)}, too, which the module does not name"
