"""The data of a stateful module survives every way of asking that a product can make up.

Each one-shot fails at its first start and deletes all that it mounts at its second. Nobody may
start it a second time by ``--apply``, whatever it is declared to be and whatever is given.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from e2e.applying import CONFIRMED, STORE, Stack, make_stack, mutating, one_shot, refused
from e2e.applying import store as store_service
from e2e.backups import checksum, good_backup, hollow_backups, name_of
from e2e.conftest import NewProject
from e2e.proxy import Proxy

pytestmark = pytest.mark.e2e

DELETES = "test -e /ran || { touch /ran; exit 1; }; rm -rf /d/* /data/* /folder/* /anonymous/*"
CONTENT = os.urandom(2048).hex()
PLACES = ("/data", "/data/deep", "/folder", "/folder/deep", "/anonymous")


@dataclass(frozen=True)
class Host:
    """What is there when the one-shots are written: the folder, and the store's volumes."""

    stack: Stack
    folder: Path
    anonymous: str

    @property
    def project(self) -> str:
        """The name of the project."""
        return self.stack.project.name


Way = Callable[[Host], dict[str, Any]]


def _volume(source: str, **more: Any) -> Way:
    return lambda _: {"volumes": [{"type": "volume", "source": source, "target": "/d", **more}]}


WAYS: dict[str, Way] = {
    "key": _volume("data"),
    "engine-name": _volume("same"),
    "subpath": _volume("data", volume={"subpath": "deep"}),
    "anonymous": _volume("nameless"),
    "view": _volume("view"),
    "folder": lambda host: {"volumes": [f"{host.folder}:/d"]},
    "nested": lambda host: {"volumes": [f"{host.folder}/deep:/d"]},
    "parent": lambda host: {"volumes": [f"{host.folder.parent}:/d"]},
    "link": lambda host: {"volumes": [f"{host.folder.parent}-link/folder:/d"]},
    "engine-folder": lambda host: {
        "volumes": [f"/var/lib/docker/volumes/{host.project}_data/_data:/d"]
    },
    "all-of-service": lambda _: {"volumes": [], "volumes_from": [STORE]},
    "all-of-container": lambda host: {
        "volumes": [],
        "volumes_from": [f"container:{host.project}-{STORE}-1"],
    },
    "socket": lambda _: {"volumes": ["/var/run/docker.sock:/s:ro"]},
    "processes": lambda _: {"volumes": [], "pid": f"service:{STORE}"},
}
HOOKS: dict[str, Way] = {
    "pre-start": lambda _: {
        "volumes": [],
        "pre_start": [{"command": ["sh", "-c", DELETES], "volumes": ["data:/d"]}],
    },
    "pre-start-folder": lambda host: {
        "volumes": [],
        "pre_start": [
            {"command": ["true"]},
            {"command": ["true"], "volumes": [f"{host.folder}:/d"]},
        ],
    },
    "post-start": lambda _: {
        "volumes": ["data:/d"],
        "post_start": [{"command": ["sh", "-c", DELETES]}],
    },
}
"""Ways that the file has, and no container: hooks would run as soon as Compose is asked."""
CLASSES: dict[str, dict[str, Any]] = {
    "stateless": {"class": "stateless"},
    "sidecar": {"class": "sidecar", "owner": "cache", "backup_ref_modules": ["cache"]},
    "both": {"class": "sidecar", "owner": "cache", "backup_ref_modules": ["cache", STORE]},
    "own": {"class": "sidecar", "owner": STORE, "backup_ref_modules": [STORE]},
    "stateful": {"class": "stateful", "backup": {"roots": ["/srv"]}},
}
CASES = [
    *itertools.product([*WAYS, *HOOKS], ["stateless", "sidecar"]),
    *itertools.product(["engine-name", "parent", "all-of-container"], ["both", "stateful"]),
]
UNUSABLE: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" " * 4096,
    "no-archive": b"x" * 4096,
    **hollow_backups(),
}
LEVELS = ("structural", "data")
ORDERS: dict[str, tuple[str, ...]] = {
    "bare": (),
    "confirmed": CONFIRMED,
    "two modules": (*CONFIRMED, f"--module={STORE}"),
    "an expression": (*CONFIRMED, "-k", "apply"),
    "all groups": (*CONFIRMED, "-m", "apply or health or contract"),
}


@pytest.fixture(scope="module")
def host(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Host:
    """Start a store with sentinels in all that it mounts, and the one-shots, which fail."""
    root = tmp_path_factory.mktemp("survives")
    stack = make_stack(root, new_project, "survives")
    folder = root / "srv" / "folder"
    folder.mkdir(parents=True)
    (root / "srv-link").symlink_to("srv")
    server = store_service()
    server["volumes"] = ["data:/data", f"{folder}:/folder", "/anonymous"]
    stack.write(
        {STORE: server, "cache": store_service() | {"volumes": ["own:/data"]}},
        volumes={"data": {}, "own": {}},
    )
    stack.project.up()
    (mount,) = (
        one
        for one in stack.project.container(STORE)["Mounts"]
        if one["Destination"] == "/anonymous"
    )
    found = Host(stack, folder, mount["Name"])
    _write_sentinels(found)
    volumes = {
        "data": {},
        "own": {},
        "same": {"external": True, "name": f"{found.project}_data"},
        "nameless": {"external": True, "name": found.anonymous},
        "view": {"driver_opts": {"type": "none", "o": "bind", "device": f"{folder}/deep"}},
    }
    jobs = {f"by-{name}": one_shot(DELETES, **way(found)) for name, way in WAYS.items()}
    jobs |= {f"by-{name}": one_shot(DELETES, volumes=[]) for name in HOOKS}
    services = {STORE: server, "cache": store_service() | {"volumes": ["own:/data"]}, **jobs}
    stack.write(services, volumes=volumes)
    stack.owner()
    stack.owner("cache")
    stack.project.up()
    for service in (STORE, "cache"):
        stack.project.wait_for(service, "healthy")
    for job in jobs:
        stack.project.wait_for(job, "exited")
    hooked = {f"by-{name}": one_shot(DELETES, **way(found)) for name, way in HOOKS.items()}
    stack.write({**services, **hooked}, volumes=volumes)
    good_backup(stack.roots / "others", "cache")
    return found


def _write_sentinels(host: Host) -> None:
    host.stack.sh("; ".join(f"mkdir -p {one}; printf {CONTENT} > {one}/sentinel" for one in PLACES))


def _assert_untouched(host: Host) -> None:
    for place in PLACES:
        path = f"{place}/sentinel"
        done = host.stack.project.compose(f"exec -T {STORE} cat {path}")
        assert done == CONTENT, path


def _declare(host: Host, way: str, class_: str) -> str:
    """Declare one of the one-shots, and none of the others."""
    for other in host.stack.tree.root.glob("modules/by-*"):
        shutil.rmtree(other)
    name = f"by-{way}"
    host.stack.job(name, state=CLASSES[class_], requires=[])
    return name


def _order(host: Host, module: str, proxy: Proxy, *words: str) -> set[str]:
    given = (f"--module={module}", "--remote-mode=local", "-p", "no:cacheprovider", "--json")
    outcome = host.stack.pytest(*given, "--apply", "-m", "apply", *words, env=proxy.env)
    codes = refused(outcome, module)
    assert mutating(proxy) == []
    return codes


@pytest.mark.parametrize(("way", "class_"), CASES, ids=map("-".join, CASES))
def test_it_is_refused_by_what_is_mounted(host: Host, proxy: Proxy, way: str, class_: str) -> None:
    """All is given that the guard asks for, with a good backup of another module."""
    others = next((host.stack.roots / "others").iterdir())
    module = _declare(host, way, class_)
    assert "guard.data" in _order(host, module, proxy, *CONFIRMED, f"--backup-ref={others}")
    _assert_untouched(host)


@pytest.mark.parametrize("words", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("way", ["engine-name", "nested", "all-of-service"])
def test_a_stateless_one_however_it_is_ordered(
    host: Host, proxy: Proxy, way: str, words: tuple[str, ...]
) -> None:
    module = _declare(host, way, "stateless")
    assert _order(host, module, proxy, *words) >= {"guard.data", "guard.backup_ref"}
    _assert_untouched(host)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE)
def test_its_own_sidecar_with_a_backup_that_holds_nothing(
    host: Host, proxy: Proxy, content: bytes, level: str
) -> None:
    """Its checksum is right, so that what it holds is all that speaks against it."""
    module = _declare(host, "key", "own")
    backup = host.stack.roots / "empty" / name_of(STORE)
    backup.parent.mkdir(exist_ok=True)
    backup.write_bytes(content)
    checksum(backup)
    policy = {"roots": [str(host.stack.roots)], "min_size": "1B", "level": level}
    host.stack.owner(state={"class": "stateful", "backup": policy})
    codes = _order(host, module, proxy, *CONFIRMED, f"--backup-ref={backup}")
    assert codes & {"guard.backup", "backup.empty", "backup.damaged"}, codes
    assert "guard.data" not in codes
    _assert_untouched(host)


def test_they_would_delete_it_if_they_ran(host: Host) -> None:
    """The last test: what was refused above is what destroys."""
    for way, place in (("all-of-service", "/anonymous"), ("nested", "/folder/deep")):
        _write_sentinels(host)
        host.stack.start(f"by-{way}")
        host.stack.project.wait_for(f"by-{way}", "exited")
        assert host.stack.project.container(f"by-{way}")["State"]["ExitCode"] == 0
        host.stack.sh(f"test ! -e {place}/sentinel")
