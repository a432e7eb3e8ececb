"""The files as Compose was given them: paths, folder and values of the deployment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

import inspected
from pytest_platform.checks.contract.facts import Facts
from pytest_platform.checks.drift.deployed import as_deployed, rebased, rendered_remotely
from pytest_platform.checks.registry import vocabulary
from pytest_platform.compose.rendered import Rendered
from pytest_platform.compose.renderer import Renderer
from pytest_platform.docker.details import Details, Digests
from pytest_platform.docker.snapshot import Snapshot, read_container
from pytest_platform.errors import ComposeError
from pytest_platform.hosts.transport import Local
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Module

PROJECT = "com.docker.compose.project"
MODULE = """\
apiVersion: platform/v2
kind: Module
metadata: {name: app, summary: A module., owner: me, contract: draft}
spec:
  runtime:
    compose: {files: [compose.yaml], project: home, service: app}
    expected_state: running
  state: {class: stateless}
"""


class OfFolders(Renderer):
    """Renders nothing but the folder that it renders from."""

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__(Local(), folder)

    def in_folder(self, folder: Path) -> OfFolders:
        return OfFolders(folder)

    def rendered(
        self,
        files: Sequence[Path],  # noqa: ARG002
        project: str,
        service: str = "",
    ) -> Rendered:
        if self.folder and self.folder.name == "refused":
            raise ComposeError("no such file")
        mount = {"type": "bind", "source": f"{self.folder}/data", "target": "/data"}
        return Rendered({"name": project, "services": {service: {"volumes": [mount]}}})

    def uninterpolated(
        self,
        files: Sequence[Path],  # noqa: ARG002
        project: str,
    ) -> Rendered:
        return Rendered({"name": project, "services": {"app": {}}})


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    home = tmp_path / "modules" / "app"
    home.mkdir(parents=True)
    home.joinpath("module.yaml").write_text(MODULE)
    home.joinpath("compose.yaml").write_text("services: {app: {image: x}}\n")
    catalog = Catalog(tmp_path / "modules", tmp_path, vocabulary())
    module = catalog.get("app")
    assert isinstance(module, Module)
    return Facts(module, catalog, OfFolders(), date(2026, 5, 17), as_deployed=True)


def _document(files: Sequence[object], folder: object = "") -> dict[str, Any]:
    labels = {
        PROJECT: "home",
        "com.docker.compose.service": "app",
        "com.docker.compose.container-number": "1",
        f"{PROJECT}.config_files": ",".join(map(str, files)),
        f"{PROJECT}.working_dir": str(folder),
    }
    return {
        "Id": "0" * 64,
        "Name": "/home-app-1",
        "Image": "sha256:1",
        "Config": {"Image": "x", "Labels": labels},
        "State": {"Status": "running", "ExitCode": 0},
        "HostConfig": {},
        "NetworkSettings": {},
    }


def _as_deployed(facts: Facts, *documents: dict[str, Any], looked_at: bool = True) -> Facts:
    read = [inspected.container(one) for one in documents]
    containers = tuple(map(read_container, read))
    snapshot = Snapshot("local", datetime(2026, 5, 17, tzinfo=UTC), containers)
    found = {one.id: one for one in read} if looked_at else {}
    return as_deployed(facts, snapshot, Details(Digests(), found))


def test_files_are_called_as_compose_was_given_them(facts: Facts, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "modules")
    file = link / "app" / "compose.yaml"
    assert _as_deployed(facts, _document([file])).compose_files == (file,)


@pytest.mark.parametrize("other", ["/aaa/compose.yaml", "/zzz/compose.yaml"])
def test_other_files_are_left_alone(facts: Facts, other: str) -> None:
    assert _as_deployed(facts, _document([other])) is facts


def test_more_files_are_left_alone(facts: Facts, tmp_path: Path) -> None:
    files = [*facts.module.compose_files, tmp_path / "more.yaml"]
    assert _as_deployed(facts, _document(files)) is facts


def test_without_a_container_there_was_no_deployment(facts: Facts) -> None:
    assert _as_deployed(facts) is facts
    assert _as_deployed(facts, _document(facts.module.compose_files), looked_at=False) is facts


@pytest.mark.parametrize("name", ["", "zzz"])
def test_relative_paths_belong_to_the_folder_of_the_deployment(
    facts: Facts, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / name
    folder.mkdir(exist_ok=True)
    found = _as_deployed(facts, _document(facts.module.compose_files, folder))
    assert found.renderer.folder == folder
    assert found.service.volumes[0].source == f"{folder}/data"


@pytest.mark.parametrize("folder", ["", "modules/app", "gone", "module.yaml", "refused"])
def test_folders_that_cannot_be_rendered_from(facts: Facts, tmp_path: Path, folder: str) -> None:
    """They are the module's own, are not there, or Compose refuses the files from there."""
    tmp_path.joinpath("refused").mkdir()
    tmp_path.joinpath("module.yaml").touch()
    where = tmp_path / folder if folder else ""
    found = _as_deployed(facts, _document(facts.module.compose_files, where))
    assert found.renderer.folder is None


def test_a_link_to_its_own_folder_is_its_own_folder(facts: Facts, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "modules" / "app")
    assert _as_deployed(facts, _document(facts.module.compose_files, link)).renderer.folder is None


def test_paths_are_those_of_the_host(facts: Facts) -> None:
    home = facts.module.compose_files[0].parent
    own = replace(facts, renderer=_Here(home))
    rendered = rendered_remotely(own, inspected.container(_document([], "/srv/app")))
    assert rendered.services["app"].volumes[0].source == "/srv/app/data"


def test_of_several_files_the_first_one_is_in_the_folder(facts: Facts) -> None:
    home = facts.module.path.parent
    more = home.parent / "compose.yaml"
    more.touch()
    text = MODULE.replace("[compose.yaml]", "[compose.yaml, ../compose.yaml]")
    facts.module.path.write_text(text)
    module = Catalog(home.parent, home.parent.parent, vocabulary()).get("app")
    assert isinstance(module, Module)
    both = replace(facts, module=module, renderer=_Here(home))
    there = _document([], "/srv/app")
    rendered = rendered_remotely(both, inspected.container(there))
    assert rendered.services["app"].volumes[0].source == "/srv/app/data"
    here = _document(module.compose_files, home)
    assert _as_deployed(both, here).renderer.folder is None


def test_paths_that_were_rendered_from_another_folder_stay(facts: Facts, tmp_path: Path) -> None:
    here = replace(facts, renderer=OfFolders(tmp_path))
    rendered = rendered_remotely(here, inspected.container(_document([], "/srv/app")))
    assert rendered.services["app"].volumes[0].source == f"{tmp_path}/data"


class _Here(OfFolders):
    """Renders from a folder without being asked for it."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self._home = home

    def rendered(self, files: Sequence[Path], project: str, service: str = "") -> Rendered:
        return OfFolders(self._home).rendered(files, project, service)


ROOT, HERE = Path("/repo"), Path("/repo/modules/app")


def _rebased(model: Mapping[str, Any], folder: str = "/srv/app") -> Mapping[str, Any]:
    return rebased(Rendered({"services": {}, **model}), ROOT, HERE, folder).model


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("/repo/modules/app/data", "/srv/app/data"),
        ("/repo/modules/other", "/srv/other"),
        ("/repo/modules/app", "/srv/app"),
        ("/repository/data", "/repository/data"),
        ("/var/lib/data", "/var/lib/data"),
    ],
)
def test_only_what_is_in_the_repository_was_a_relative_path(here: str, there: str) -> None:
    mount = {"type": "bind", "source": here, "target": "/data", "read_only": True}
    model = _rebased({"services": {"app": {"image": "x", "volumes": [mount]}}})
    assert model["services"]["app"] == {"image": "x", "volumes": [{**mount, "source": there}]}


@pytest.mark.parametrize(
    "mount",
    [
        {"type": "volume", "source": "/repo/a", "target": "/a"},
        {"type": "bind", "target": "/a"},
        {"type": "bind", "source": "", "target": "/a"},
        {"type": "aufs", "source": "/repo/a", "target": "/a"},
    ],
)
def test_only_bind_mounts_have_paths(mount: Mapping[str, Any]) -> None:
    services = {"app": {"volumes": [mount]}, "other": {"volumes": None}}
    assert _rebased({"services": services})["services"] == services


def test_files_and_devices_beside_the_services() -> None:
    model = {
        "name": "home",
        "secrets": {"a": {"name": "s", "file": "/repo/a.txt"}, "b": {"environment": "B"}},
        "configs": {"a": {"file": "/repo/modules/app/a.txt"}, "b": {"content": "x", "file": ""}},
        "volumes": {
            "a": {"driver_opts": {"type": "none", "device": "/repo/modules/app/data"}},
            "b": {"name": "b", "driver_opts": None},
            "c": {"driver_opts": {"type": "nfs"}},
        },
    }
    assert _rebased(model) == {
        "name": "home",
        "services": {},
        "secrets": {"a": {"name": "s", "file": "/a.txt"}, "b": {"environment": "B"}},
        "configs": {"a": {"file": "/srv/app/a.txt"}, "b": {"content": "x", "file": ""}},
        "volumes": {
            "a": {"driver_opts": {"type": "none", "device": "/srv/app/data"}},
            "b": {"name": "b", "driver_opts": None},
            "c": {"driver_opts": {"type": "nfs"}},
        },
    }


def test_without_a_folder_there_paths_stay() -> None:
    model = {"secrets": {"a": {"file": "/repo/a.txt"}}, "configs": None}
    assert _rebased(model, folder="") == {**model, "services": {}, "configs": {}}


def test_variables_without_a_value_stay_known() -> None:
    rendered = Rendered({"services": {}}, frozenset({"TOKEN"}))
    assert rebased(rendered, ROOT, HERE, "/srv").placeholders == {"TOKEN"}
