"""A small stack for the guarded apply: a store of data, and one-shots that work on it.

The one-shots of the stack look for the file ``/data/go``. While it is missing they exit 1,
which is the transient cause; ``mend`` removes the cause.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import docker
import yaml

from e2e.backups import good_backup
from e2e.hosts import over_ssh
from e2e.project import FOREVER, Project
from e2e.proxy import Proxy
from e2e.sshd import Sshd
from e2e.tree import ROOT, Outcome, Tree
from pytest_platform.change.lock import FOLDER

STORE = "store"
LOOK_FOR_GO = "echo looking; test -e /data/go"
CONFIRMED = ("--allow-stateful", "--stateful-confirm=BACKUP_DONE_F3")
READING = re.compile("^(GET|HEAD) ")
START = "^POST /containers/[0-9a-f]+/start$"
FAR = (datetime.now(UTC) + timedelta(days=3650)).date().isoformat()
UNPINNED = {"code": "contract.image.pinned", "reason": "an image of these tests", "until": FAR}
# Long, because a one-shot may be held while other runs of pytest come and go on a slow machine.
ONE_SHOT = {"expected_state": "exited-success", "timeout": "10m"}
_VOLUMES = ["data:/data"]


def one_shot(script: str = LOOK_FOR_GO, **more: Any) -> dict[str, Any]:
    """Return a one-shot's service with a script for the shell."""
    service = {"entrypoint": ["/bin/sh", "-euc"], "command": [script], "restart": "no"}
    return _without_none({**service, "volumes": _VOLUMES, **more})


def store(well: str = "/data") -> dict[str, Any]:
    """Return the store's service; it is healthy as long as the file ``well`` is there."""
    check = {"test": ["CMD", "test", "-e", well], "interval": "1s", "retries": 1}
    return {"command": FOREVER, "volumes": _VOLUMES, "healthcheck": check}


@dataclass(frozen=True)
class Stack:
    """A project, the modules that describe it, and a good backup of its store.

    With ``sshd`` all that is asked of this machine is asked of that host.
    """

    tree: Tree
    project: Project
    roots: Path
    sshd: Sshd | None = None

    @property
    def engine(self) -> docker.APIClient:
        """The Engine itself, without a proxy."""
        return self.project._engine

    @property
    def backup(self) -> Path:
        """The good backup."""
        (path,) = self.roots.glob("store-*.tar.gz")
        return path

    @property
    def audit(self) -> Path:
        """The audit log."""
        return self.tree.root / ".pytest_platform" / "audit.jsonl"

    @property
    def lock(self) -> Path:
        """The lock of the project."""
        return Path(FOLDER, f"pytest-platform-{self.project.name}.lock")

    def write(self, services: Mapping[str, Mapping[str, Any]], **rest: Any) -> None:
        """Write the Compose file that all modules share."""
        self.project.write(services, **{"volumes": {"data": {}}, **rest})

    def owner(self, name: str = STORE, **spec: Any) -> None:
        """Write the module of a store."""
        state = {"class": "stateful", "backup": {"roots": [str(self.roots)], "min_size": "1B"}}
        self._module(name, {"expected_state": "healthy"}, {"state": state, **spec})

    def job(
        self,
        name: str = "job",
        *,
        owner: str = STORE,
        runtime: Mapping[str, Any] = ONE_SHOT,
        **spec: Any,
    ) -> None:
        """Write the module of a one-shot that works on a store's data."""
        state = {"class": "sidecar", "owner": owner, "backup_ref_modules": [STORE]}
        self._module(name, runtime, {"state": state, "requires": [owner], **spec})

    def _module(self, name: str, runtime: Mapping[str, Any], spec: Mapping[str, Any]) -> None:
        more = {"waivers": [UNPINNED], "runbook": "runbook.md", **spec}
        self.tree.module(
            name, self.project.name, name, files="../compose.yaml", runtime=runtime, **more
        )

    def arguments(self, module: str = "job") -> tuple[str, ...]:
        """Return all that the guard asks for."""
        return (
            *(f"--module={module}", "--remote-mode=local", "-p", "no:cacheprovider"),
            *("--json", *CONFIRMED, f"--backup-ref={self.backup}"),
        )

    def apply(
        self, module: str = "job", *more: str, env: Mapping[str, str] | None = None
    ) -> Outcome:
        """Apply with all that the guard asks for."""
        return self.pytest(*self.arguments(module), "--apply", *more, env=env)

    def pytest(self, *arguments: str, env: Mapping[str, str] | None = None) -> Outcome:
        """Run pytest, with what Compose needs in the environment."""
        words, full = self._full(arguments, env)
        return self.tree.pytest(*words, env=full)

    def begin(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start pytest, as ``pytest`` does."""
        words, full = self._full(arguments, env)
        return self.tree.start(*words, env=full)

    def _full(
        self, arguments: Sequence[str], env: Mapping[str, str] | None
    ) -> tuple[Sequence[str], dict[str, str]]:
        full = {**self.project.env, **(env or {})}
        return over_ssh(self.sshd, arguments, full) if self.sshd else (arguments, full)

    def copy(self, root: Path) -> Stack:
        """Copy the files, so that a test may change them. The project stays the same."""
        shutil.copytree(self.tree.root, root, ignore=shutil.ignore_patterns(".pytest_platform"))
        return replace(self, tree=Tree(root))

    def change(self, service: str, **keys: Any) -> None:
        """Change keys of a service in the Compose file; None removes a key."""
        file = self.tree.root / "modules" / "compose.yaml"
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        services = document["services"]
        services[service] = _without_none({**services[service], **keys})
        file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")

    def sh(self, script: str, service: str = STORE) -> None:
        """Run a script in the container of a service."""
        self.project.compose(f"exec -T {service} sh -euc '{script}'")

    def mend(self) -> None:
        """Remove the cause for which the one-shots fail."""
        self.sh("touch /data/go")

    def break_again(self) -> None:
        """Bring the cause back."""
        self.sh("rm -f /data/go")

    def fail_again(self, service: str = "job") -> None:
        """Let a one-shot fail once more for its transient cause, which then is mended."""
        self.project.wait_for(service, "exited")
        self.break_again()
        self.start(service)
        self.project.wait_for(service, "exited")
        assert self.project.container(service)["State"]["ExitCode"] == 1
        self.mend()

    def start(self, service: str) -> None:
        """Start the container of a service, as somebody else would."""
        self.engine.start(self.project.container(service)["Id"])

    def lines(self) -> list[dict[str, Any]]:
        """Read the audit log, and see that each line is as its schema says."""
        if not self.audit.exists():
            return []
        lines = [json.loads(line) for line in self.audit.read_text(encoding="utf-8").splitlines()]
        for line in lines:
            validate(line, "audit")
        return lines

    def events(self) -> list[str]:
        """Return what happened, by the audit log."""
        return [line["event"] for line in self.lines()]


def _without_none(service: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in service.items() if value is not None}


def make_stack(folder: Path, new_project: Callable[..., Project], word: str) -> Stack:
    """Make a stack with a good backup; it has no modules yet, and nothing runs."""
    tree = Tree(folder / "platform")
    project = new_project(tree.root / "modules" / "compose.yaml", word)
    good_backup(folder / "backups", STORE)
    return Stack(tree, project, folder / "backups")


def failed_job(
    folder: Path, new_project: Callable[..., Project], word: str, **service: Any
) -> Stack:
    """Make a stack with a healthy store, and start its one-shot, which fails."""
    stack = make_stack(folder, new_project, word)
    stack.write({STORE: store(), "job": one_shot(**service)})
    stack.owner()
    stack.job()
    stack.project.up()
    stack.project.wait_for(STORE, "healthy")
    stack.project.wait_for("job", "exited")
    return stack


def validate(document: Any, schema: str) -> None:
    """Fail where a document is not as a schema of this project says."""
    import jsonschema

    text = (ROOT / "schema" / f"{schema}.schema.json").read_text(encoding="utf-8")
    jsonschema.Draft202012Validator(json.loads(text)).validate(document)


def mutating(proxy: Proxy) -> list[str]:
    """Return the requests that may have changed something."""
    return [request for request in proxy.requests if not READING.match(request)]


def refused(outcome: Outcome, module: str = "job") -> set[str]:
    """Return the codes for which an apply was refused; people are told each of them too."""
    validate(outcome.document, "report")
    assert module in outcome.modules, outcome.stderr
    found = outcome.modules[module]
    assert outcome.returncode == 1, outcome.stderr
    assert found["plan"]["decision"] == "refused", found["plan"]
    assert found["apply"] == {"ran": False, "exit_code": None, "seconds": None}
    codes = {reason["code"] for reason in found["plan"]["reasons"]}
    assert all(f"[{code}]" in outcome.stderr for code in codes), outcome.stderr
    return codes


def applied(outcome: Outcome, module: str = "job") -> dict[str, Any]:
    """Return what an apply did, of a document that is as its schema says."""
    validate(outcome.document, "report")
    did: dict[str, Any] = outcome.modules[module]["apply"]
    return did
