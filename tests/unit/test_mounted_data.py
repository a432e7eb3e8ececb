"""Whose data a service can write to, by what Compose makes of files. The cases are data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import inspected
from pytest_platform.checks.mounted_data import SharedData, declared_beside, shared_by_files
from pytest_platform.checks.registry import vocabulary
from pytest_platform.compose.renderer import Renderer
from pytest_platform.docker.mounted import Mounted, of_container
from pytest_platform.hosts.transport import Local
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Module

CASES = yaml.safe_load(
    (Path(__file__).resolve().parents[1] / "cases" / "mounted_data.yaml").read_text("utf-8")
)
MODULE = """\
apiVersion: platform/v2
kind: Module
metadata: {{name: {name}, summary: A part., owner: platform}}
spec:
  runtime:
    compose: {{files: [../compose.yaml], project: home, service: {name}}}
    expected_state: running{host}
  state: {{class: {state}}}
"""


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(Local())


def lay_out(root: Path, case: dict[str, Any]) -> None:
    services = {
        "job": {"image": "x", **case["job"]},
        "store": {"image": "x", "volumes": ["data:/data", "/srv/store:/more"]}
        | case.get("store", {}),
        **case.get("services", {}),
    }
    services["store"].setdefault("image", "x")
    document = {"services": services, "volumes": {"data": {}, **case.get("volumes", {})}}
    for name in ("job", "store"):
        (root / "modules" / name).mkdir(parents=True)
    (root / "modules" / "compose.yaml").write_text(yaml.safe_dump(document), "utf-8")
    write(root, "job", "stateless")
    write(root, "store", "stateful")


def write(root: Path, name: str, state: str, host: str = "") -> None:
    text = MODULE.format(name=name, state=state, host=f"\n    host: {host}" if host else "")
    (root / "modules" / name / "module.yaml").write_text(text, "utf-8")


def ask(root: Path, renderer: Renderer) -> SharedData:
    catalog = Catalog(root / "modules", root, vocabulary())
    job = catalog.get("job")
    assert isinstance(job, Module)
    return shared_by_files(job, catalog, renderer.rendered, declared_beside(job))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_whose_data_it_can_write_to(
    case: dict[str, Any], tmp_path: Path, renderer: Renderer
) -> None:
    lay_out(tmp_path, case)
    expected = {"store": case["shared"]} if case["shared"] else {}
    assert ask(tmp_path, renderer) == SharedData(expected)


def test_a_link_to_its_folder(tmp_path: Path, renderer: Renderer) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    lay_out(
        tmp_path,
        {
            "job": {"volumes": [f"{tmp_path}/link/deep:/d"]},
            "store": {"volumes": [f"{tmp_path}/real:/data"]},
        },
    )
    assert list(ask(tmp_path, renderer).of) == ["store"]


def test_a_module_on_another_host_shares_nothing(tmp_path: Path, renderer: Renderer) -> None:
    lay_out(tmp_path, {"job": {"volumes": ["data:/d"]}})
    write(tmp_path, "job", "stateless", "nas")
    assert list(ask(tmp_path, renderer).of) == ["store"]
    write(tmp_path, "store", "stateful", "attic")
    assert ask(tmp_path, renderer) == SharedData()


def test_of_a_module_that_cannot_be_read_nobody_can_tell(
    tmp_path: Path, renderer: Renderer
) -> None:
    lay_out(tmp_path, {"job": {"volumes": ["own:/d"]}, "volumes": {"own": {}}})
    (tmp_path / "modules" / "store" / "module.yaml").write_text("nonsense", "utf-8")
    assert ask(tmp_path, renderer) == SharedData({}, ("store",))


MOUNTED = {"Type": "bind", "Destination": "/at", "RW": False}
POWERS: list[dict[str, Any]] = [
    {"HostConfig": {"Privileged": True}},
    {"HostConfig": {"PidMode": "host"}},
    {"HostConfig": {"CapAdd": ["CAP_SYS_ADMIN"]}},
    {"HostConfig": {"Devices": [{"PathOnHost": "/dev/sda1"}]}},
    {"Mounts": [{**MOUNTED, "Source": "/var/run/docker.sock"}]},
    {"Mounts": [{**MOUNTED, "Source": "/run"}]},
]


@pytest.mark.parametrize("document", POWERS, ids=str)
def test_a_container_that_nothing_keeps_from_the_host(document: dict[str, Any]) -> None:
    mounted = of_container(inspected.container(document))
    assert mounted.shared_with(Mounted(frozenset({"data"}))) == "the whole host"


def test_a_container_that_is_kept_from_it() -> None:
    harmless = {
        "HostConfig": {"CapAdd": ["NET_ADMIN"], "Devices": [{"PathOnHost": "/dev/dri"}]},
        "Mounts": [
            {**MOUNTED, "Type": "volume", "Name": "data", "Source": "/v/data"},
            {**MOUNTED, "Type": "tmpfs", "Source": "", "RW": True},
        ],
    }
    assert of_container(inspected.container(harmless)) == Mounted()
