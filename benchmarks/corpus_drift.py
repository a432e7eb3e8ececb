"""Drift on Compose files of other people: false codes just after creating, and single changes.

Usage: ``python benchmarks/corpus_drift.py [FOLDER] [--files N]``. The folder holds
``compose/``; without an argument it is ``$PLATFORM_CORPUS`` or ``../shared/corpus`` beside the
repository. An Engine and the image ``pytest-platform-demo/busybox`` are needed.

Each file is rendered by Compose. Every image becomes the stand-in, every folder of the host one
of this run, and what only the author's machine has goes. ``compose create`` makes the
containers, and nothing is started. Then every service is compared with its own files, and with
files in which one thing was changed: exactly the code of that change is to be found. All that
was made is removed.
"""

from __future__ import annotations

import argparse
import copy
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from corpus import default_folder

from observers import Recorded
from pytest_platform.checks.drift import judge
from pytest_platform.checks.registry import PROBES, vocabulary
from pytest_platform.compose.program import find_compose
from pytest_platform.compose.renderer import Renderer
from pytest_platform.docker.details import Digests
from pytest_platform.docker.engine import Engine
from pytest_platform.docker.snapshot import Snapshot, take
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.transport import Local
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Module
from pytest_platform.run.context import Context
from pytest_platform.run.graph import Plan
from pytest_platform.run.remote_mode import ThisMachine

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))

Model = dict[str, Any]

_ENV_FILES: Final = 20
_MISSING: Final = re.compile(r"env file (\S+) not found")
IMAGE: Final = "pytest-platform-demo/busybox"
DROPPED: Final = frozenset(
    {"build", "container_name", "credential_spec", "develop", "devices", "gpus", "models"}
    | {"pre_start", "post_start", "pre_stop", "platform", "pull_policy", "runtime", "scale"}
    | {"cgroup_parent", "storage_opt", "isolation", "mac_address", "external_links", "links"}
)
MODULE: Final = """\
apiVersion: platform/v2
kind: Module
metadata: {{name: "{name}", summary: A module., owner: me, contract: draft}}
spec:
  runtime:
    compose: {{files: [../compose.yaml], project: "{project}", service: "{service}"}}
    expected_state: running
  state: {{class: stateless}}
  runbook: runbook.md
"""


@dataclass(slots=True)
class Score:
    """What was counted. ``wrong`` are changes that did not give exactly their code."""

    files: int = 0
    services: int = 0
    false: list[str] = field(default_factory=list)
    right: int = 0
    wrong: list[str] = field(default_factory=list)
    unusable: list[str] = field(default_factory=list)

    @property
    def changes(self) -> int:
        """How many single changes were tried."""
        return self.right + len(self.wrong)


def _image(service: Model, _: Model) -> None:
    service["image"] = f"{IMAGE}:other"


def _command(service: Model, _: Model) -> None:
    service["command"] = ["/bin/other-command", "--now"]


def _entrypoint(service: Model, _: Model) -> None:
    service["entrypoint"] = ["/bin/other-entrypoint"]
    if not service.get("command"):
        raise KeyError("command")  # that of the image would go as well: two changes


def _environment(service: Model, _: Model) -> None:
    service["environment"] = {**(service.get("environment") or {}), "ADDED_BY_A_CHANGE": "1"}


def _ports(service: Model, _: Model) -> None:
    port = {"target": 64999, "published": "64999", "host_ip": "127.0.0.1", "protocol": "tcp"}
    service["ports"] = [*(service.get("ports") or []), port]


def _mounts(service: Model, _: Model) -> None:
    added = {"type": "bind", "source": "/usr/share", "target": "/added-by-a-change"}
    service["volumes"] = [*(service.get("volumes") or []), {**added, "read_only": True}]


def _networks(service: Model, _: Model) -> None:
    service["networks"] = {
        name: {**(one or {}), "aliases": [*((one or {}).get("aliases") or []), "added-alias"]}
        for name, one in service["networks"].items()
    }


def _restart(service: Model, _: Model) -> None:
    (service.get("deploy") or {}).pop("restart_policy", None)
    service["restart"] = "no" if service.get("restart") == "on-failure:7" else "on-failure:7"


def _user(service: Model, _: Model) -> None:
    service["user"] = "4242:4242"


def _healthcheck(service: Model, _: Model) -> None:
    service["healthcheck"] = {"test": ["CMD", "/bin/other-check"], "interval": "7s"}


def _labels(service: Model, _: Model) -> None:
    service["labels"] = {**(service.get("labels") or {}), "org.example.added": "1"}


def _capability(service: Model, _: Model) -> None:
    service["cap_add"] = [*(service.get("cap_add") or []), "SYS_NICE"]


def _hostname(service: Model, _: Model) -> None:
    service["hostname"] = "another-host-name"


def _logging(service: Model, _: Model) -> None:
    service["logging"] = {"driver": "json-file", "options": {"max-size": "7m"}}


def _network(service: Model, model: Model) -> None:
    for name in service["networks"]:
        model["networks"][name]["labels"] = {"org.example.added": "1"}


def _volume(service: Model, model: Model) -> None:
    named = [one for one in service["volumes"] if one["type"] == "volume" and one.get("source")]
    for one in named or [{}]:
        model["volumes"][one["source"]]["labels"] = {"org.example.added": "1"}


CHANGES: Final[dict[str, tuple[str, Callable[[Model, Model], None]]]] = {
    "image": ("container.image", _image),
    "command": ("container.command", _command),
    "entrypoint": ("container.entrypoint", _entrypoint),
    "environment": ("container.environment", _environment),
    "ports": ("container.ports", _ports),
    "mounts": ("container.mounts", _mounts),
    "networks": ("container.networks", _networks),
    "restart": ("container.restart", _restart),
    "user": ("container.user", _user),
    "healthcheck": ("container.healthcheck", _healthcheck),
    "labels": ("container.labels", _labels),
    "cap_add": ("container.config", _capability),
    "hostname": ("container.config", _hostname),
    "logging": ("container.config", _logging),
    "network": ("network.config", _network),
    "volume": ("volume.config", _volume),
}
"""Each change with the one code that is to be found, in every service where it is possible."""


def measure(folder: Path, limit: int | None = None) -> Score:
    """Create, compare and change the services of every file of the corpus."""
    score = Score()
    files = sorted((folder / "compose").glob("*.y*ml"))[:limit]
    with ThreadPoolExecutor(2) as pool, tempfile.TemporaryDirectory() as work:
        jobs = [
            pool.submit(_file, file, Path(work, str(number)), f"pp-corpus-{number}")
            for number, file in enumerate(files)
        ]
        for job, file in zip(jobs, files, strict=True):
            _add(score, job.result(), file.name)
    return score


def _add(score: Score, one: Score, name: str) -> None:
    for key in ("files", "services", "right"):
        setattr(score, key, getattr(score, key) + getattr(one, key))
    for key in ("false", "wrong", "unusable"):
        setattr(score, key, getattr(score, key) + [f"{name}: {x}" for x in getattr(one, key)])
    sys.stderr.write(f"{name}: {one.services} services, {one.right}/{one.changes} changes\n")


def _file(file: Path, home: Path, project: str) -> Score:
    score = Score()
    home.mkdir()
    try:
        (home / "source").mkdir()
        model = _stand_in(_render(Path(shutil.copy(file, home / "source")), project), home)
    except (PlatformError, ValueError) as error:
        score.unusable.append(str(error)[:200])
        return score
    deployed = Project(home, project, model)
    try:
        if said := deployed.create():
            score.unusable.append(said)
        else:
            deployed.compare(score)
    finally:
        deployed.remove()
    return score


def _render(file: Path, project: str) -> Model:
    """Render a file; the env files that the corpus does not hold are empty."""
    for _ in range(_ENV_FILES):
        try:
            rendered = Renderer(Local()).rendered((file,), project)
        except PlatformError as error:
            missing = _MISSING.search(str(error))
            if not missing:
                raise
            Path(missing[1]).parent.mkdir(parents=True, exist_ok=True)
            Path(missing[1]).touch()
        else:
            model: Model = json.loads(json.dumps(rendered.model))
            return model
    raise ValueError(f"{file.name} names too many env files")


def _stand_in(model: Model, home: Path) -> Model:
    services = {name: one for name, one in model["services"].items() if "provider" not in one}
    for service in services.values():
        for key in service.keys() & DROPPED:
            del service[key]
        service["image"] = IMAGE
        (service.get("deploy") or {}).pop("replicas", None)
        ((service.get("deploy") or {}).get("resources") or {}).pop("reservations", None)
        for mount in service.get("volumes") or ():
            if mount["type"] == "bind":
                mount["source"] = str(home / "bound")
    (home / "bound").mkdir()
    for kind in ("networks", "volumes"):
        model[kind] = {name: _own(one) for name, one in (model.get(kind) or {}).items()}
    for kind in ("secrets", "configs"):
        for name, one in (model.get(kind) or {}).items():
            model[kind][name] = one if "content" in one else {"file": str(home / "bound")}
    return {**model, "services": services}


def _own(one: Model) -> Model:
    """Return a network or volume that needs nothing of its author's machine."""
    return {key: one[key] for key in ("labels", "internal", "attachable") if key in one}


class Project:
    """One deployed file, and its modules: one for each service."""

    def __init__(self, home: Path, project: str, model: Model) -> None:
        self._home, self._project, self._model = home, project, model
        self._compose = [*find_compose(Local()), "--progress", "quiet", "-p", project]
        self._file = home / "modules" / "compose.yaml"
        self._catalog = self._modules()

    def create(self) -> str:
        """Create all containers; return what Compose says where it cannot."""
        self._write(self._model)
        done = self._run("-f", str(self._file), "--profile", "*", "create")
        return done.stderr.strip()[-300:] if done.returncode else ""

    def remove(self) -> None:
        """Remove all that was made."""
        self._run("down", "-v", "--remove-orphans", "-t", "0")

    def compare(self, score: Score) -> None:
        """Compare just after creating, then after each change."""
        score.files += 1
        engine, digests = Engine(Local()), Digests()
        keys = {(self._project, name) for name in self._model["services"]}
        snapshot = take(engine, keys, digests)
        for name, codes in self._codes(snapshot):
            score.services += 1
            score.false += [f"{name}: {codes}"] if codes else []
        for what, (code, change) in CHANGES.items():
            changed = self._changed(change)
            for name, codes in self._codes(snapshot):
                if name not in changed:
                    continue
                if codes == {code}:
                    score.right += 1
                else:
                    score.wrong.append(f"{name}: {what}: {sorted(codes)}")
        engine.close()

    def _changed(self, change: Callable[[Model, Model], None]) -> set[str]:
        """Change every service in which that is possible, and write the file."""
        changed, model = set(), copy.deepcopy(self._model)
        for name, service in model["services"].items():
            with suppress(KeyError, AttributeError):
                change(service, model)
                changed.add(name)
        self._write(model)
        return changed

    def _codes(self, snapshot: Snapshot) -> Iterator[tuple[str, set[str]]]:
        context = Context.of(
            catalog=self._catalog,
            renderer=Renderer(Local()),
            observer=Recorded.of(snapshot),
            remote_mode=ThisMachine(),
            plan=Plan(),
            probes=PROBES,
        )
        for name in self._catalog.names():
            module = self._catalog.get(name)
            assert isinstance(module, Module), module
            try:
                found = {one.code for one in judge.drift_of(module, context)}
            except PlatformError as error:
                found = {f"{error.code}: {error}"}
            yield module.service, {one for one in found if one != "container.state.running"}

    def _modules(self) -> Catalog:
        for number, service in enumerate(self._model["services"]):
            folder = self._home / "modules" / f"m{number}"
            folder.mkdir(parents=True)
            text = MODULE.format(name=f"m{number}", project=self._project, service=service)
            (folder / "module.yaml").write_text(text)
            (folder / "runbook.md").write_text("# A module\n")
        return Catalog(self._home / "modules", self._home, vocabulary())

    def _write(self, model: Model) -> None:
        self._file.write_text(json.dumps({**model, "name": self._project}))

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        argv = [*self._compose, *words]
        return subprocess.run(argv, capture_output=True, check=False, text=True, cwd="/")


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description="Measure drift on a corpus of Compose files.")
    parser.add_argument("folder", nargs="?", type=Path, default=default_folder())
    parser.add_argument("--files", type=int, help="take the first N files only")
    given = parser.parse_args()
    score = measure(given.folder, given.files)
    print(f"{score.services} services of {score.files} files, just created: ", end="")
    print(f"{len(score.false)} with a false code")
    print(f"{score.right} of {score.changes} single changes gave exactly their code")
    print(f"{len(score.unusable)} files could not be created")
    for heading in ("false", "wrong", "unusable"):
        for line in getattr(score, heading):
            print(f"  {heading}: {line}")
    kinds = Counter(line.split(": ")[2] for line in score.wrong)
    print(f"  wrong by change: {dict(kinds)}")


if __name__ == "__main__":
    main()
