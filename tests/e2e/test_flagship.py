"""The flagship: a real S3 server, and the one-shot that makes its buckets with a real client.

The modules are those of this repository, in a copy with a project name of its own.
"""

from __future__ import annotations

import base64
import re
import secrets
import shutil
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from e2e.conftest import NewProject
from e2e.project import Project
from e2e.tree import ROOT, Outcome, Tree
from pages import blocks, commands, matches

pytestmark = pytest.mark.e2e

MODULE = ("--module", "minio-init")
LIVE = (*MODULE, "--json", "--remote-mode", "local")
PAGE = ROOT / "docs" / "explanation" / "truth-table.md"
BUCKETS = "smoke::the declared buckets exist"


@dataclass(frozen=True)
class Stack:
    """A copy of the platform. ``password`` and ``user`` are its credentials."""

    tree: Tree
    project: Project
    user: str
    password: str

    def pytest(self, *arguments: str, **env: str) -> Outcome:
        """Run pytest as a person would, with the environment that Compose needs."""
        return self.tree.pytest(*arguments, env={**self.project.env, **env})

    def rewrite(self, module: str, change: Callable[[dict[str, object]], None]) -> None:
        """Change the one service in a module's Compose file."""
        file = self.tree.compose_file(module)
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        change(document["services"][module])
        file.write_text(yaml.safe_dump(document), encoding="utf-8")

    def run_init(self) -> None:
        """Run the one-shot to its end, as it is written now."""
        self.project.up("minio-init")
        self.project.wait_for("minio-init", "exited")

    def start_minio(self) -> None:
        """Start the server and wait until it is healthy."""
        self.project.up("minio")
        self.project.wait_for("minio", "running", "healthy")


@pytest.fixture(scope="module")
def running(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    tree = Tree(tmp_path_factory.mktemp("flagship"))
    folder = tree.root / "modules"
    shutil.copytree(ROOT / "modules", folder, ignore=shutil.ignore_patterns(".env"))
    user, password = f"user-{secrets.token_hex(6)}", f"word-{secrets.token_hex(12)}"
    ports = _free_ports(2)
    project = new_project(
        folder / "compose.yaml",
        "flagship",
        env={
            "MINIO_IMAGE": "pytest-platform-demo/minio",
            "MC_IMAGE": "pytest-platform-demo/mc",
            "MINIO_PORT": str(ports[0]),
            "MINIO_CONSOLE_PORT": str(ports[1]),
            "MINIO_ROOT_USER": user,
            "MINIO_ROOT_PASSWORD": password,
            "POSTGRES_PASSWORD": password,
        },
    )
    for file in folder.rglob("*.yaml"):
        file.write_text(file.read_text().replace("home-platform", project.name))
    stack = Stack(tree, project, user, password)
    stack.start_minio()
    return stack


@pytest.fixture
def stack(running: Stack, tmp_path: Path) -> Iterator[Stack]:
    """Bring the stack to where the one-shot succeeded; undo what a test changes in files."""
    modules = running.tree.root / "modules"
    shutil.copytree(modules, tmp_path / "before")
    running.start_minio()
    running.run_init()
    state = running.project.container("minio-init")["State"]
    assert state["ExitCode"] == 0, running.project.compose("logs minio-init")
    yield running
    shutil.rmtree(modules)
    shutil.copytree(tmp_path / "before", modules)
    shutil.rmtree(running.tree.root / "smoke", ignore_errors=True)


def test_exit_0_passes(stack: Stack) -> None:
    outcome = stack.pytest(*LIVE)
    assert outcome.returncode == 0, outcome.stderr
    module = outcome.modules["minio-init"]
    assert module["verdict"] == "passed"
    assert module["drift"] == []
    (seen,) = module["observed"]
    assert (seen["status"], seen["exit_code"]) == ("exited", 0)
    for identity in ("health::state", "health::owner", BUCKETS):
        assert outcome.check("minio-init", identity)["verdict"] == "passed"


def test_run_again_passes_again(stack: Stack) -> None:
    before = stack.project.container("minio-init")["State"]["StartedAt"]
    stack.run_init()
    assert stack.project.container("minio-init")["State"]["StartedAt"] != before
    outcome = stack.pytest(*LIVE)
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.modules["minio-init"]["verdict"] == "passed"


def test_all_contract_checks_of_the_platform_pass(stack: Stack) -> None:
    outcome = stack.pytest("--json", "-m", "contract")
    checks = [check for module in outcome.modules.values() for check in module["checks"]]
    assert {check["verdict"] for check in checks} == {"passed"}, outcome.stderr
    assert outcome.returncode == 0


def test_a_script_that_fails_is_found(stack: Stack) -> None:
    stack.rewrite("minio-init", lambda service: service.update(command=["echo no; exit 1"]))
    stack.run_init()
    outcome = stack.pytest(*LIVE)
    assert outcome.returncode == 1
    module = outcome.modules["minio-init"]
    assert module["verdict"] == "failed"
    assert module["drift"] == ["container.state.exited_success"]
    check = outcome.check("minio-init", "health::state")
    assert check["verdict"] == "failed"
    assert check["code"] == "container.state.exited_success"
    assert (check["expected"], check["actual"]) == ("exited 0", "exited 1")
    # What the one-shot should have done is not asked: its state has told.
    check = outcome.check("minio-init", BUCKETS)
    assert (check["verdict"], check["code"]) == ("skipped", "probe.blocked")


def test_the_bug_of_production_fails_live(stack: Stack) -> None:
    stack.rewrite("minio-init", _shell_gets_one_word)
    stack.run_init()
    outcome = stack.pytest(*LIVE)
    assert outcome.returncode == 1
    assert outcome.modules["minio-init"]["drift"] == ["container.state.exited_success"]


def test_the_bug_of_production_is_found_offline(stack: Stack) -> None:
    stack.rewrite("minio-init", _shell_gets_one_word)
    nowhere = f"unix://{stack.tree.root}/no-engine.sock"
    outcome = stack.pytest(*MODULE, "--json", "--remote-mode", "skip", DOCKER_HOST=nowhere)
    assert outcome.returncode == 1
    check = outcome.check("minio-init", "contract::command_shape")
    assert (check["verdict"], check["code"]) == ("failed", "contract.command_shape")
    assert check["file"] == "modules/minio-init/compose.yaml"
    assert outcome.check("minio-init", "health::state")["verdict"] == "skipped"
    assert outcome.modules["minio-init"]["observed"] is None


def test_a_missing_bucket_fails_the_smoke_check(stack: Stack) -> None:
    stack.project.compose("exec -T minio rmdir /data/media")
    outcome = stack.pytest(*LIVE)
    assert outcome.returncode == 1
    state = outcome.check("minio-init", "health::state")
    assert state["verdict"] == "passed", state["message"]
    check = outcome.check("minio-init", BUCKETS)
    assert (check["verdict"], check["code"]) == ("failed", "probe.exec")
    assert "'media'" in check["message"]
    assert outcome.modules["minio-init"]["verdict"] == "failed"


def test_a_stopped_owner_is_named(stack: Stack) -> None:
    stack.project.compose("stop -t 0 minio")
    stack.project.wait_for("minio", "exited")
    outcome = stack.pytest(*LIVE)
    assert outcome.returncode == 1
    assert outcome.check("minio-init", "health::state")["verdict"] == "passed"
    check = outcome.check("minio-init", "health::owner")
    assert (check["verdict"], check["code"]) == ("failed", "container.state.running")
    assert f"{stack.project.name}-minio-1" in check["message"]
    # One fault, told once: what stands on the owner is not asked.
    check = outcome.check("minio-init", BUCKETS)
    assert (check["verdict"], check["code"]) == ("skipped", "probe.blocked")
    assert "its owner 'minio' is not as declared" in check["message"]


LEAKY_TEST = """\
import logging
import warnings
import pytest

pytestmark = pytest.mark.module("minio-init")

@pytest.fixture
def output(platform_host):
    return platform_host.exec(["env"], service="minio").stdout

@pytest.fixture
def broken(output):
    raise RuntimeError(output)

def test_assert(output):
    lines = output.splitlines()
    assert "no such line" in lines

def test_parts(platform_host):
    user, password = (
        platform_host.exec(["printenv", name], service="minio").stdout.strip()
        for name in ("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD")
    )
    assert {"user": user, "password": password} == {}

def test_print(output):
    print(output)
    logging.getLogger("leaky").warning("%s", output)
    pytest.fail(output)

def test_passes_and_prints(output):
    print(output)

def test_setup(broken):
    pass

def test_skip(output):
    pytest.skip(output)

def test_xfail(output):
    pytest.xfail(output)

def test_warn(output):
    warnings.warn(output)

def test_property(output, record_property):
    record_property("environment", output)
"""
LEAKY_PROBES = """\
    - name: prints its environment
      exec: {service: minio, command: [env], stdout: {contains: [no such line]}}
    - name: fails and prints its environment
      exec: {service: minio, command: [sh, -c, "env; env >&2; exit 3"]}
    - name: encodes it
      exec: {service: minio, command: [sh, -c, 'printf %s "$MINIO_ROOT_PASSWORD" | base64; exit 3']}
"""


@pytest.mark.parametrize("workers", ["0", "2"])
def test_credentials_appear_nowhere(stack: Stack, workers: str) -> None:
    leaky = "set -x; env; env >&2; exit 1"
    stack.rewrite("minio-init", lambda service: service.update(command=[leaky]))
    stack.run_init()
    file = stack.tree.folder("minio-init") / "module.yaml"
    file.write_text(file.read_text().rstrip() + "\n" + LEAKY_PROBES)
    smoke = stack.tree.root / "smoke"
    smoke.mkdir()
    (smoke / "test_leaky.py").write_text(LEAKY_TEST)
    junit, path = stack.tree.root / "junit.xml", stack.tree.root / "report.json"
    loud = ("-vv", "--showlocals", "-rA", "-n", workers, f"--junitxml={junit}")

    outcome = stack.pytest(*LIVE, *loud)
    assert outcome.returncode == 1
    assert "[redacted]" in outcome.stdout
    assert "[redacted]" in outcome.stderr
    told = {"stdout": outcome.stdout, "stderr": outcome.stderr, "JUnit": junit.read_text()}
    outcome = stack.pytest(*MODULE, f"--json={path}", "--remote-mode", "local", *loud)
    assert outcome.returncode == 1
    told |= {"terminal": outcome.stdout, "errors": outcome.stderr, "JSON": path.read_text()}
    leaks = [f"{where}: {line[:200]}" for where, line in _leaks(stack, told)]
    assert not leaks, "\n".join(leaks)


def _leaks(stack: Stack, told: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the lines that hold a credential, as it is or in base64."""
    plain = (stack.user, stack.password)
    encoded = (base64.b64encode(text.encode()).decode().rstrip("=") for text in plain)
    secret = re.compile("|".join(map(re.escape, (*plain, *encoded))))
    for where, text in told.items():
        for line in text.splitlines():
            if secret.search(line):
                yield where, secret.sub("<SECRET>", line)


def _shell_gets_one_word(service: dict[str, object]) -> None:
    service.update(
        entrypoint=["/bin/sh", "-c"],
        command="mc mb --ignore-existing platform/backups platform/media",
    )


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def test_the_transcripts_of_the_documentation(stack: Stack) -> None:
    shown = [one.text for one in blocks(PAGE) if one.text.startswith("$ pytest")]
    (passes, passed), (fails, failed) = (command for one in shown for command in commands(one))
    assert passes == fails
    arguments = passes.split()[1:]
    first = stack.pytest(*arguments, COLUMNS="80").stdout
    assert matches(passed, _after_the_header(first)), first

    file = stack.tree.compose_file("minio-init")
    head, _, _ = file.read_text(encoding="utf-8").partition("    # The shell takes one")
    edited = [line for line in failed.splitlines() if re.match(r"1[12] \|", line)]
    file.write_text(head + "".join(f"{line[5:]}\n" for line in edited), encoding="utf-8")
    stack.run_init()
    second = stack.pytest(*arguments, COLUMNS="80").stdout
    failed = failed.replace("home-platform", stack.project.name)
    assert matches(failed, _after_the_header(second)), second


def _after_the_header(output: str) -> str:
    return output[output.index("collected ") :]
