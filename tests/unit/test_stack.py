"""Stacks of one's own, without an Engine: what is rewritten, refused and made up, and for whom."""

from __future__ import annotations

import importlib.resources
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from pytest_platform.checks.registry import vocabulary
from pytest_platform.compose.rendered import Rendered
from pytest_platform.compose.renderer import Renderer
from pytest_platform.hosts.transport import Local
from pytest_platform.module.catalog import Catalog
from pytest_platform.stack import keys, launch, owner, place, variables
from pytest_platform.stack.ephemeral import Ephemeral
from pytest_platform.stack.errors import (
    StackConflict,
    StackNotUp,
    StackRefused,
    StackRemoved,
    StackVariable,
)
from pytest_platform.stack.mounts import MountSource, look_at
from pytest_platform.stack.owner import LABEL, Owner, is_name, new_name
from pytest_platform.stack.parts import Part, Stack
from pytest_platform.stack.remains import Remains
from pytest_platform.stack.rewrite import rewrite

CASES = Path(__file__).parents[1] / "cases" / "stack"
REWRITTEN = sorted(path.stem for path in (CASES / "rewrite").iterdir())
REFUSED = yaml.safe_load((CASES / "refused.yaml").read_text())
REFUSED_FILES = yaml.safe_load((CASES / "refused_files.yaml").read_text())
SOURCES = {
    "/repo": MountSource("/repo", "folder"),
    "/repo/Dockerfile": MountSource("/repo/Dockerfile", "file"),
    "/repo/../etc/app.conf": MountSource("/etc/app.conf", "file"),
    "/repo/out": MountSource("/srv/data/Dockerfile", "file"),
    "/repo/engine": MountSource("/var/run/docker.sock", "other"),
    "/repo/pipe": MountSource("/repo/pipe", "other"),
    "/repo/folder": MountSource("/repo/folder", "folder"),
    "/repo/link": MountSource("/srv/data", "folder"),
    "/etc/app.conf": MountSource("/etc/app.conf", "file"),
}


def _part(deployed_as: str, model: dict[str, Any], services: list[str], **more: str) -> Part:
    return Part(deployed_as, Rendered(model), services, **more)


def _rewrite(parts: list[Part], sources: dict[str, MountSource]) -> Stack:
    return rewrite(parts, "own", labels={"label": "own"}, root="/repo", sources=sources)


@pytest.mark.parametrize("name", REWRITTEN)
def test_it_is_rewritten(name: str) -> None:
    case = yaml.safe_load((CASES / "rewrite" / f"{name}.yaml").read_text())
    parts = [_part(**part) for part in case["parts"]]
    before = json.dumps(case["parts"])
    sources = {
        path: MountSource(**{"real": path, **seen, "tracked": tuple(seen.get("tracked", ()))})
        for path, seen in case.get("sources", {}).items()
    }
    if "conflict" in case:
        with pytest.raises(StackConflict, match=case["conflict"]):
            _rewrite(parts, sources)
        return
    stack = _rewrite(parts, sources)
    for service in case["model"]["services"].values():
        # No container may send its lines to a log server that the Engine has as its default.
        for container in (service, *service.get("pre_start", ())):
            container.setdefault("logging", {"driver": "json-file"})
    assert stack.model == case["model"]
    assert list(stack.notes) == case.get("notes", [])
    assert list(stack.ahead) == case.get("ahead", [])
    copies = {name: [one.folder, *one.files] for name, one in stack.copies.items()}
    assert copies == case.get("copies", {})
    assert json.dumps(case["parts"]) == before


@pytest.mark.parametrize(("settings", "words"), REFUSED, ids=lambda one: str(one)[:60])
def test_it_is_refused(settings: dict[str, Any], words: str) -> None:
    service = {"image": "x", **settings}
    with pytest.raises(StackRefused) as refused:
        _rewrite([_part("home", _model(service), ["app"])], SOURCES)
    assert f"'app' {words}" in str(refused.value)
    assert refused.value.code == "stack.refused"


def _model(service: dict[str, Any]) -> dict[str, Any]:
    outside = {"outside": {"name": "outside", "external": True}}
    return {"services": {"app": service}, "secrets": outside, "configs": outside}


_NOT_OF_HOOKS = {"build", "deploy", "post_start", "provider", "external_links"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [row for row in REFUSED if not _NOT_OF_HOOKS & row[0].keys()],
    ids=lambda one: str(one)[:60],
)
def test_a_hook_is_refused_what_its_service_is(settings: dict[str, Any], words: str) -> None:
    service = {"image": "x", "pre_start": [{"command": ["true"]}, {"image": "x", **settings}]}
    with pytest.raises(StackRefused) as refused:
        _rewrite([_part("home", _model(service), ["app"])], SOURCES)
    assert f"'app pre_start 2' {words}" in str(refused.value)


def test_every_key_of_the_compose_specification_has_a_treatment() -> None:
    specification = importlib.resources.files("check_jsonschema") / "builtin_schemas/vendor"
    schema = json.loads((specification / "compose-spec.json").read_text())["$defs"]
    parts = ("container_spec", "workload_spec", "service", "pre_start_hook")
    known = {key for part in parts for key in schema[part]["properties"]}
    assert set(keys.TREATMENTS) == known
    build = schema["workload_spec"]["properties"]["build"]["oneOf"][1]["properties"]
    assert build.keys() == keys.BUILD_KEPT | keys.BUILD_DROPPED | keys.BUILD_TREATED
    rows = (keys.KEPT, keys.DROPPED, keys.JUDGED, keys.REWRITTEN, keys.REFUSED)
    assert sum(map(len, rows)) == len(known), "a key has one treatment"
    assert set(schema["service_hook"]["properties"]) == {
        *("command", "environment", "privileged", "user", "working_dir")
    }, "a hook that runs inside its service's container reaches no more than that"


@pytest.mark.parametrize("used_by", ["secrets", "configs", "build"])
@pytest.mark.parametrize(("file", "words"), REFUSED_FILES, ids=lambda one: str(one)[:40])
def test_a_file_is_refused(used_by: str, file: str, words: str) -> None:
    kind = "configs" if used_by == "configs" else "secrets"
    use: dict[str, Any] = {kind: [{"source": "one"}]}
    service = {"build": {"context": "/repo", **use}} if used_by == "build" else use
    model = {"services": {"app": service}, kind: {"one": {"file": file}}}
    with pytest.raises(StackRefused) as refused:
        _rewrite([_part("home", model, ["app"])], SOURCES)
    assert f"'app' {words}" in str(refused.value)


def test_all_reasons_are_told_at_once() -> None:
    services = {"a": {"privileged": True, "pid": "host"}, "b": {"network_mode": "host"}}
    with pytest.raises(StackRefused) as refused:
        _rewrite([_part("home", {"services": services}, ["a", "b"])], {})
    assert str(refused.value).endswith(
        "'a' is privileged; 'a' shares the host's pid; 'b' shares the host's network"
    )


def test_what_stands_where_mounts_point(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    names = ("file", "link", "pipe", ".", "none")
    volumes = [{"type": "bind", "source": str(tmp_path / name), "target": "/x"} for name in names]
    os.mkfifo(tmp_path / "pipe-2")
    image = {"context": str(tmp_path), "dockerfile": "link", "additional_contexts": {"x": "/"}}
    files = {
        "secrets": {"one": {"file": str(tmp_path / "secret")}, "two": {"environment": "TWO"}},
        "configs": {"one": {"file": str(tmp_path / "pipe-2")}, "two": {"content": "x"}},
    }
    (tmp_path / "secret").touch()
    app = {"volumes": [*volumes, {"type": "volume"}], "build": image}
    seen = look_at(Rendered({"services": {"app": app}, **files}))
    assert len(seen) == len(names) + 3
    assert seen["/"].kind == "folder"
    assert seen[str(tmp_path / "secret")].kind == "file"
    assert seen[str(tmp_path / "pipe-2")].kind == "other"
    kinds = {name: seen[str(tmp_path / name)].kind for name in names}
    assert kinds == {
        "file": "file",
        "link": "file",
        "pipe": "other",
        ".": "folder",
        "none": "missing",
    }
    assert seen[str(tmp_path / "link")].real == str(tmp_path / "file")


@pytest.mark.parametrize(
    "name",
    [
        "DB_PASSWORD",
        "PASSWD",
        "API_KEY",
        "TOKEN",
        "SECRET_KEY_BASE",
        "MINIO_ROOT_USER",
        "DB_PASS",
        "db_password",
        "PGPASSWORD",
        "DB_PWD",
    ],
)
def test_a_secret_is_made_up(name: str) -> None:
    (first,) = variables.made_up({name}).values()
    (second,) = variables.made_up({name}).values()
    assert len(first) > 20
    assert first != second


@pytest.mark.parametrize(
    "name",
    ["COMPASS_PORT", "TOKEN_TTL", "PASSWORD_MIN_LENGTH", "SECRET_FILE", "COMPASS", "BYPASS_MODE"],
)
def test_a_setting_is_not_made_up(name: str) -> None:
    with pytest.raises(StackVariable, match=f"^{name}: no value"):
        variables.made_up({name})


def test_anything_else_is_not(tmp_path: Path) -> None:
    with pytest.raises(StackVariable, match=r"^KEYBOARD, PORT: no value"):
        variables.made_up({"PORT", "TOKEN", "KEYBOARD"})
    file = tmp_path / ".env"
    file.write_text("# A=1\nB=2\n export C = 3\nD: 4\n")
    assert variables.names_in(file) == ["B", "C", "D"]


def test_a_name_is_known_again() -> None:
    assert is_name(new_name())
    assert new_name() != new_name()
    assert not any(map(is_name, ("home", "pytest-platform", "pytest-platform-demo", "")))


def test_whose_process_is_gone() -> None:
    me = Owner.me(keep=False)
    assert Owner.of(me.labels("x")) == me
    assert me.labels("x")[LABEL] == "x"
    assert not me.is_gone()
    assert replace(me, born="1").is_gone(), "a later process has this number"
    machine, boot, space = me.world.split("/")
    for world in (
        f"{machine}/{boot}/pid:[1]",
        "another-machine/another-boot/pid:[1]",
        f"another-machine/another-boot/{space}",
        "/another-boot/pid:[1]",
        f"{machine}//",
        "//",
        "",
    ):
        assert not replace(me, pid=_ended(), world=world).is_gone(), "nobody here knows"
    assert not replace(me, pid=_ended(), host="elsewhere").is_gone(), "nobody here knows"
    assert replace(me, pid=_ended()).is_gone()
    labels = me.labels("x")
    for name in labels.keys() - {LABEL}:
        with pytest.raises(ValueError, match="is missing"):
            Owner.of({key: value for key, value in labels.items() if key != name})


def test_another_boot_of_this_machine_is_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "machine-id"
    monkeypatch.setattr(owner, "_MACHINE", file)
    file.write_text(f"{'a' * 32}\n")
    machine, _, space = Owner.me(keep=False).world.split("/")
    assert "a" * 32 not in machine
    before = replace(Owner.me(keep=False), world=f"{machine}/another-boot/{space}")
    assert before.is_gone()
    for unknown in ("", "uninitialized\n", f"{'b' * 32}\n"):
        file.write_text(unknown)
        assert not before.is_gone()
    file.unlink()
    assert not before.is_gone()


def test_a_private_folder_tells_whose_it_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    me, name, other, link = Owner.me(keep=True), new_name(), new_name(), new_name()
    folder = place.make(name, me.labels(name))
    place.write(folder / "defaults.env", "TOKEN=x")
    (tmp_path / other).mkdir()
    (tmp_path / link).symlink_to(folder)
    (tmp_path / "pytest-platform-other").mkdir()
    assert list(place.find(name)) == [(name, me)]
    assert dict(place.find()) == {name: me, other: None}
    assert {file.stat().st_mode & 0o77 for file in (folder, *folder.iterdir())} == {0}
    gone = Remains(name, replace(me, pid=_ended()), folders=[name])
    assert gone.left_over, "a folder is kept by nobody"
    assert str(gone) == f"{name} (1 folder)"
    assert not Remains(name, gone.owner, volumes=["data"], folders=[name]).left_over
    assert not Remains(name, me, folders=[name]).left_over
    place.remove(name)
    assert not folder.exists()


def test_a_folder_that_cannot_be_written_has_a_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    model = {"name": new_name(), "services": {"app": {"labels": {}}}}
    with pytest.raises(StackNotUp, match=r"folder cannot be written: No such file") as error:
        launch.up(["false"], model, env_files=[], defaults={})
    assert error.value.code == "stack.up"


@pytest.fixture
def ephemeral(tmp_path: Path) -> Iterator[Ephemeral]:
    here = Local()
    catalog = Catalog(tmp_path, tmp_path, vocabulary())
    stack = Ephemeral(new_name(), here, Renderer(here), catalog, tmp_path)
    yield stack
    stack.stop()


def test_an_engine_elsewhere_is_refused(
    ephemeral: Ephemeral, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    with pytest.raises(StackRefused, match="the Engine is on another machine"):
        ephemeral.start([])
    assert not ephemeral.started


def test_what_was_stopped_is_not_started_again(ephemeral: Ephemeral) -> None:
    ephemeral.stop()
    with pytest.raises(StackRemoved, match="is not started again"):
        ephemeral.start([])
    assert not ephemeral.started


def _ended() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_only_variables_that_are_used_need_a_value() -> None:
    services = {"app": {"image": "${IMAGE:?}"}, "other": {"ports": ["${PORT:?}:80"]}}
    source = {"services": services, "volumes": {"data": {"name": "${DATA:?}"}}}
    names = {"IMAGE", "PORT", "DATA", "IMAGE_OF_NOBODY"}
    assert variables.used(names, source, ["app"]) == {"IMAGE", "DATA"}
