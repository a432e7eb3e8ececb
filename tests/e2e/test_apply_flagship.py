"""The flagship: the one-shot that makes the buckets failed, and is run again.

The server was stopped while it ran. All of it goes the same way over ssh. The modules are
those of this repository, in a copy with a project name of its own and fewer tries.
"""

from __future__ import annotations

import json
import secrets
import shutil
import socket
from pathlib import Path

import docker
import pytest
import yaml

from e2e.applying import CONFIRMED, READING, START, Stack, applied, mutating, refused, validate
from e2e.backups import good_backup
from e2e.conftest import NewProject, NewSshd
from e2e.hosts import ACCEPTS_ENGINE
from e2e.proxy import Proxy
from e2e.tree import ROOT, Outcome, Tree

pytestmark = pytest.mark.e2e

EXITED = "container.state.exited_success"
MODULE = ("--module=minio-init", "--remote-mode=local")
APPLY = (*MODULE, "--json", "--apply", "-m", "apply")
CLIENT = "mc --config-dir /tmp/t"
MC = (
    'printf "%s\\n%s\\n" "$MINIO_ROOT_USER" "$MINIO_ROOT_PASSWORD" | '
    f"{CLIENT} alias set t http://127.0.0.1:9000 >/dev/null; "
)


@pytest.fixture(scope="module", params=["local", "ssh"])
def stack(
    request: pytest.FixtureRequest,
    new_project: NewProject,
    new_sshd: NewSshd,
    tmp_path_factory: pytest.TempPathFactory,
) -> Stack:
    """Start the server, put an object into it, and let the one-shot fail."""
    folder = tmp_path_factory.mktemp("flagship")
    tree = Tree(folder / "platform")
    modules = tree.root / "modules"
    shutil.copytree(ROOT / "modules", modules, ignore=shutil.ignore_patterns(".env"))
    project = new_project(modules / "compose.yaml", "apply-flagship", env=_environment())
    sshd = new_sshd(lines=ACCEPTS_ENGINE) if request.param == "ssh" else None
    stack = Stack(tree, project, folder / "backups", sshd)
    good_backup(stack.roots, "minio")
    words = {"home-platform": project.name, "/srv/backups": str(stack.roots)}
    words["tries=20"] = "tries=2"
    for file in modules.rglob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        for old, new in words.items():
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")
    project.up("minio")
    project.wait_for("minio", "healthy")
    stack.sh(f"{MC}{CLIENT} mb t/kept; printf before | {CLIENT} pipe t/kept/object", "minio")
    project.compose("stop -t 0 minio")
    project.up("--no-deps minio-init")
    project.wait_for("minio-init", "exited")
    project.up("minio")
    project.wait_for("minio", "healthy")
    assert project.container("minio-init")["State"]["ExitCode"] == 1
    return stack


def _environment() -> dict[str, str]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    ports = [str(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return {
        "MINIO_IMAGE": "pytest-platform-demo/minio",
        "MC_IMAGE": "pytest-platform-demo/mc",
        "MINIO_PORT": ports[0],
        "MINIO_CONSOLE_PORT": ports[1],
        "MINIO_ROOT_USER": f"user-{secrets.token_hex(6)}",
        "MINIO_ROOT_PASSWORD": f"word-{secrets.token_hex(12)}",
        "POSTGRES_PASSWORD": f"word-{secrets.token_hex(12)}",
    }


def everything(stack: Stack) -> tuple[str, ...]:
    (backup,) = stack.roots.glob("minio-2*")
    return (*CONFIRMED, f"--backup-ref={backup}")


def read_only(proxy: Proxy) -> None:
    """Let the proxy answer nothing but reading: any other request finds a dead Engine."""
    proxy.when("^(?!GET |HEAD )", "die")


def test_the_plan(stack: Stack, proxy: Proxy, tmp_path: Path) -> None:
    read_only(proxy)
    saved = tmp_path / "plan.json"
    asked = (*MODULE, *everything(stack), "--json", f"--plan={saved}")
    outcome = stack.pytest(*asked, env=proxy.env)
    assert outcome.returncode == 1, outcome.stderr
    validate(outcome.document, "report")
    module = outcome.modules["minio-init"]
    assert [one["id"] for one in module["checks"]] == ["apply::plan"]
    assert module["drift"] == module["plan"]["drift"] == [EXITED]
    assert (module["plan"]["decision"], module["plan"]["reasons"]) == ("allowed", [])
    assert mutating(proxy) == []
    assert stack.events() == []
    _is_a_plan(stack, saved)


def _is_a_plan(stack: Stack, saved: Path) -> None:
    assert saved.stat().st_mode & 0o777 == 0o600
    plan = json.loads(saved.read_text(encoding="utf-8"))
    assert plan.keys() == {
        *("schema", "created_at", "subject", "drift", "decision", "reasons", "backup", "digest")
    }
    container = stack.project.container("minio-init")
    assert plan["subject"].keys() == {
        *("module", "host", "project", "service", "container_id", "started_at", "finished_at"),
        *("image", "config", "compose_version", "plugin_version"),
    }
    assert plan["subject"]["container_id"] == container["Id"]
    assert plan["subject"]["image"] == container["Image"]
    assert not _credentials_in(stack, saved.read_text(encoding="utf-8"))


def test_the_plan_for_people_fits_a_terminal(stack: Stack) -> None:
    outcome = stack.pytest(*MODULE, "--plan", env={"COLUMNS": "80"})
    assert outcome.returncode == 1
    lines = outcome.stdout.splitlines()
    assert "minio-init: refused" in lines
    assert f"  drift: {EXITED}" in lines
    for code in ("guard.allow_stateful", "guard.confirmation", "guard.backup_ref"):
        assert f"[{code}]" in outcome.stdout
    start = lines.index(next(line for line in lines if " plan " in line))
    # What follows is wrapped on a terminal, and this is none.
    end = lines.index("what to do next:")
    assert [line for line in lines[start:end] if len(line) > 80] == []


def _other_image(stack: Stack, service: str = "minio-init") -> None:
    file = stack.tree.compose_file(service)
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    document["services"][service]["image"] = "pytest-platform-demo/minio@sha256:" + "0" * 64
    file.write_text(yaml.safe_dump(document), encoding="utf-8")


@pytest.mark.parametrize(
    ("leave_out", "more", "codes"),
    [
        ("--backup-ref", (), {"guard.backup_ref"}),
        ("--allow-stateful", (), {"guard.allow_stateful"}),
        ("--stateful-confirm", (), {"guard.confirmation"}),
        ("--stateful-confirm", ("--stateful-confirm=BACKUP_DONE",), {"guard.confirmation"}),
        ("--backup-ref", ("OTHERS",), {"guard.backup"}),
        ("--module", ("--module=minio-in*",), {"guard.module"}),
    ],
    ids=str,
)
def test_it_is_refused(
    stack: Stack, proxy: Proxy, leave_out: str, more: tuple[str, ...], codes: set[str]
) -> None:
    others = good_backup(stack.roots / "others", "postgres")
    words = [word for word in (*APPLY, *everything(stack)) if not word.startswith(leave_out)]
    words += [f"--backup-ref={others}" if word == "OTHERS" else word for word in more]
    outcome = stack.pytest(*words, env=proxy.env)
    assert refused(outcome, "minio-init") == codes
    assert mutating(proxy) == []


def test_another_image_is_refused(stack: Stack, proxy: Proxy, tmp_path: Path) -> None:
    changed = stack.copy(tmp_path / "platform")
    _other_image(changed)
    outcome = changed.pytest(*APPLY, *everything(stack), env=proxy.env)
    assert refused(outcome, "minio-init") == {"guard.drift"}
    assert "container.image" in outcome.modules["minio-init"]["plan"]["drift"]
    assert mutating(proxy) == []


def test_the_server_itself_has_nothing_to_do(stack: Stack, proxy: Proxy) -> None:
    words = [*APPLY, *everything(stack)]
    words[0] = "--module=minio"
    outcome = stack.pytest(*words, env=proxy.env)
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.modules["minio"]["plan"]["decision"] == "nothing-to-do"
    assert not outcome.modules["minio"]["apply"]["ran"]
    assert mutating(proxy) == []


def test_the_server_itself_is_refused_with_drift(
    stack: Stack, proxy: Proxy, tmp_path: Path
) -> None:
    changed = stack.copy(tmp_path / "platform")
    _other_image(changed, "minio")
    words = [*APPLY, *everything(changed)]
    words[0] = "--module=minio"
    codes = refused(changed.pytest(*words, env=proxy.env), "minio")
    assert {"guard.one_shot", "guard.restart", "guard.drift"} <= codes
    assert mutating(proxy) == []


def test_it_runs_once_and_then_has_nothing_to_do(
    stack: Stack, proxy: Proxy, engine: docker.APIClient
) -> None:
    words = (*MODULE, "--json", "--apply", *everything(stack))
    outcome = stack.pytest(*words, env=proxy.env)
    assert outcome.returncode == 0, outcome.stderr
    _ran_once(stack, outcome, proxy)
    _is_well(stack)
    with Proxy.of(engine) as second:
        outcome = stack.pytest(*words, env=second.env)
        assert outcome.returncode == 0, outcome.stderr
        module = outcome.modules["minio-init"]
        assert module["plan"]["decision"] == "nothing-to-do"
        assert applied(outcome, "minio-init")["ran"] is False
        assert second.count(START) == 0
        assert all(READING.match(one) or "/exec" in one for one in second.requests)


def _ran_once(stack: Stack, outcome: Outcome, proxy: Proxy) -> None:
    did = applied(outcome, "minio-init")
    assert (did["ran"], did["exit_code"]) == (True, 0)
    identity = stack.project.container("minio-init")["Id"]
    changes = [one for one in mutating(proxy) if "/exec" not in one]
    assert changes == [f"POST /containers/{identity}/{word}" for word in ("start", "wait")]
    module = outcome.modules["minio-init"]
    assert (module["verdict"], module["drift"]) == ("passed", [])
    groups = [one["group"] for one in module["checks"]]
    assert groups.index("apply") < groups.index("health") < groups.index("smoke")
    assert stack.events()[-2:] == ["started", "ended"]
    told = outcome.stdout + outcome.stderr + stack.audit.read_text(encoding="utf-8")
    assert not _credentials_in(stack, told)


def _is_well(stack: Stack) -> None:
    project = stack.project
    assert project.container("minio")["State"]["Health"]["Status"] == "healthy"
    stack.sh("test -d /data/backups; test -d /data/media", "minio")
    stack.sh(f'{MC}test "$({CLIENT} cat t/kept/object)" = before', "minio")


def _credentials_in(stack: Stack, text: str) -> list[str]:
    env = stack.project.env
    return [value for name, value in env.items() if "ROOT" in name and value in text]
