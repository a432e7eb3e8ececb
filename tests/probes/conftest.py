"""Modules with one probe each, and the servers that they go to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from probes.certificates import Certificates
from probes.servers import running
from pytest_platform.checks.registry import PROBES, vocabulary
from pytest_platform.docker.engine import Engine
from pytest_platform.docker.snapshot import Snapshot
from pytest_platform.hosts.transport import Local, Transport
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Broken, Module
from pytest_platform.probes.kind import Target
from pytest_platform.verdict import Finding

MANIFEST: dict[str, Any] = {
    "apiVersion": "platform/v2",
    "kind": "Module",
    "metadata": {"name": "app", "summary": "A module.", "owner": "me"},
}
SPEC: dict[str, Any] = {
    "runtime": {
        "compose": {"files": ["compose.yaml"], "project": "pp-none", "service": "app"},
        "expected_state": "running",
    },
    "state": {"class": "stateless"},
}

Load = Callable[[dict[str, Any]], Module | Broken]


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Make an authority for this run."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def port_of(certificates: Certificates) -> Iterator[Callable[[str], int]]:
    """Give the port of a server by its name; each is started once, when it is needed."""
    ports: dict[str, int] = {}
    with ExitStack() as stack:

        def port(name: str) -> int:
            if name not in ports:
                ports[name] = stack.enter_context(running(name, certificates))
            return ports[name]

        yield port


@pytest.fixture
def load(tmp_path: Path, certificates: Certificates) -> Load:
    """Read a module file with one probe, given as in the file."""
    folder = tmp_path / "modules" / "app"
    folder.mkdir(parents=True)
    folder.joinpath("compose.yaml").write_text("services:\n  app:\n    image: x\n")
    ca = certificates.folder.joinpath("ca.pem").read_bytes()
    folder.joinpath("ca.pem").write_bytes(ca)

    def read(probe: dict[str, Any]) -> Module | Broken:
        spec = {**SPEC, "smoke": [{"name": "it", **probe}]}
        text = yaml.safe_dump({**MANIFEST, "spec": spec}, sort_keys=False)
        folder.joinpath("module.yaml").write_text(text)
        return Catalog(tmp_path / "modules", tmp_path, vocabulary()).get("app")

    return read


def ask(module: Module, transport: Transport | None = None) -> list[Finding]:
    """Observe and judge the module's only probe; the Engine is not asked."""
    (probe,) = module.smoke
    kind, way = PROBES[probe.kind], transport or Local()
    target = Target(module, way, Engine(way), Snapshot("local", datetime.now(UTC), ()))
    return list(kind.judge(probe.spec, kind.observe(probe.spec, target)))
