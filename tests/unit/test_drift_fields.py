"""The fields of drift, on services and containers that are data.

Each file in ``tests/cases/drift_unit`` is a case: what recorded containers do not show, such as
another Engine's habits, and rights that were changed beside Compose. It says what a service
declares, and what differs of the container and the image from those below. What real containers
show is in ``tests/cases/drift``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import inspected
from pytest_platform.checks.drift.compare import compare
from pytest_platform.checks.drift.desired import desired
from pytest_platform.checks.drift.model import Evidence, Hash
from pytest_platform.checks.drift.observed import observed
from pytest_platform.compose.rendered import Rendered
from pytest_platform.docker.details import Digests

CASES = Path(__file__).parents[1] / "cases" / "drift_unit"
LABEL = "com.docker.compose"
CONTAINER: Mapping[str, Any] = {
    "Id": "0" * 64,
    "Name": "/home-app-1",
    "Image": "sha256:1",
    "Config": {
        "Image": "app",
        "Labels": {
            f"{LABEL}.project": "home",
            f"{LABEL}.service": "app",
            f"{LABEL}.container-number": "1",
        },
    },
    "HostConfig": {},
    "NetworkSettings": {},
}


DIGESTS = Digests()


def _with_environment(container: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write the environment as the Engine does."""
    environment = container["Config"].get("Env", {})
    env = [f"{name}={value}" for name, value in environment.items()]
    return {**container, "Config": {**container["Config"], "Env": env}}


def _merged(one: Any, other: Any) -> Any:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return {**one, **{key: _merged(one.get(key), value) for key, value in other.items()}}
    return other


@pytest.mark.parametrize("file", sorted(CASES.glob("*.yaml")), ids=lambda file: str(file.stem))
def test_case(file: Path) -> None:
    case = yaml.safe_load(file.read_text(encoding="utf-8"))
    source = case.get("source")
    wanted = desired(
        "app",
        _project({"image": "app", **case.get("service", {})}, case),
        DIGESTS.of,
        None if source is None else _project(source, case),
    )
    gone = case.get("image") == "gone"
    image = None if gone else inspected.image({"Config": case.get("image") or {}})
    container = inspected.container(
        _with_environment(_merged(CONTAINER, case.get("container", {})))
    )
    seen = observed(DIGESTS.without_values(container), image)
    known = Evidence(Hash(case.get("hash", "unknown")), case.get("image_now", ""))
    found = compare(wanted, seen, known)
    assert {one.code: [one.expected, one.actual] for one in found} == case["expected"]


def _project(service: Mapping[str, Any], case: Mapping[str, Any]) -> Rendered:
    return Rendered({"name": "home", **case.get("model", {}), "services": {"app": service}})
