"""Waiting for the declared state: driven by the Engine's events, and shown while it lasts."""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import signal
import struct
import subprocess
import termios
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from e2e.claims import could_not_look, no_traceback
from e2e.conftest import NewProject
from e2e.project import FOREVER, Project
from e2e.proxy import Proxy
from e2e.tree import Tree, finish
from e2e.waiting import until
from pytest_platform.compose.program import find_compose
from pytest_platform.hosts.transport import Local

pytestmark = pytest.mark.e2e

LIVE = ("--json", "--remote-mode", "local", "-m", "health")
LONG = "1h"
"""Far longer than any test may take: what waits for so long in vain fails by it."""
STATE = "health::state"
FIRST_LOOK = "GET /volumes"
"""The last request of a look at a host."""
READY = {"test": ["CMD", "test", "-e", "/ready"], "interval": "1s", "retries": 1000}
GATED = ["sh", "-c", "until test -e /tmp/go; do sleep 0.1; done; exit $$(cat /tmp/go)"]


@pytest.fixture
def project(new_project: NewProject, tree: Tree) -> Project:
    project = new_project(tree.compose_file("app"), "wait")
    project.write(
        {
            "web": {"command": FOREVER, "healthcheck": READY, "init": True},
            "job": {"command": GATED, "init": True},
        }
    )
    return project


def _declare(tree: Tree, project: Project, service: str, state: str) -> None:
    tree.module("app", project.name, service, runtime={"expected_state": state})


def _go(project: Project, code: int) -> None:
    """Let the one-shot end with this exit code."""
    project.compose(f"exec -T job sh -c 'echo {code} >/tmp/go.new; mv /tmp/go.new /tmp/go'")


def test_it_turns_healthy(tree: Tree, project: Project, proxy: Proxy) -> None:
    _declare(tree, project, "web", "healthy")
    project.up("web")
    process = tree.start(*LIVE, "--wait", LONG, env=proxy.env)
    proxy.wait_for(FIRST_LOOK)
    project.compose("exec -T web touch /ready")
    outcome = finish(process)
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.check("app", STATE)["verdict"] == "passed"
    assert outcome.modules["app"]["observed"][0]["health"] == "healthy"


def test_it_is_deployed_while_we_wait(tree: Tree, project: Project, proxy: Proxy) -> None:
    _declare(tree, project, "job", "exited-success")
    process = tree.start(*LIVE, "--wait", LONG, env=proxy.env)
    proxy.wait_for("GET /containers/json")
    project.up("job")
    _go(project, 0)
    outcome = finish(process)
    assert outcome.returncode == 0, outcome.stderr


def test_a_one_shot_ends(tree: Tree, project: Project, proxy: Proxy) -> None:
    _declare(tree, project, "job", "exited-success")
    project.up("job")
    process = tree.start(*LIVE, "--wait", LONG, env=proxy.env)
    proxy.wait_for(FIRST_LOOK)
    _go(project, 0)
    outcome = finish(process)
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.check("app", STATE)["verdict"] == "passed"


def test_its_files_are_rendered_before_it_ends(
    tree: Tree, project: Project, proxy: Proxy, tmp_path: Path
) -> None:
    _declare(tree, project, "job", "exited-success")
    project.up("job")
    calls = tmp_path / "calls"
    calls.touch()
    program = tmp_path / "docker"
    compose = shlex.join(find_compose(Local()))
    program.write_text(f'#!/bin/sh\necho "$*" >>{calls}\nshift\nexec {compose} "$@"\n')
    program.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    process = tree.start(*LIVE, "--wait", LONG, env={**proxy.env, "PATH": path})
    until(lambda: " config " in calls.read_text(), "the files are rendered")
    before = calls.read_text()
    proxy.wait_for(FIRST_LOOK)
    _go(project, 0)
    outcome = finish(process)
    assert outcome.check("app", STATE)["verdict"] == "passed"
    assert calls.read_text() == before


def test_a_one_shot_that_fails_ends_the_waiting(tree: Tree, project: Project, proxy: Proxy) -> None:
    _declare(tree, project, "job", "exited-success")
    project.up("job")
    process = tree.start(*LIVE, "--wait", LONG, env=proxy.env)
    proxy.wait_for(FIRST_LOOK)
    _go(project, 3)
    outcome = finish(process)
    assert outcome.returncode == 1
    check = outcome.check("app", STATE)
    assert (check["verdict"], check["code"]) == ("failed", "container.state.exited_success")
    assert "exited 3" in check["message"]


def test_a_one_shot_that_could_not_start_ends_the_waiting(
    tree: Tree, new_project: NewProject
) -> None:
    project = new_project(tree.compose_file("app"), "start")
    project.write({"job": {"entrypoint": ["/no/such/program"]}})
    project.compose("up -d", refused=True)
    _declare(tree, project, "job", "exited-success")
    outcome = tree.pytest(*LIVE, "--wait", LONG)
    assert outcome.returncode == 1
    assert "/no/such/program" in outcome.check("app", STATE)["message"]


def test_what_is_well_is_not_waited_for(tree: Tree, project: Project) -> None:
    _declare(tree, project, "web", "running")
    project.up("web")
    project.compose("exec -T web touch /ready")
    project.wait_for("web", "healthy")
    outcome = tree.pytest(*LIVE, "--wait", LONG)
    assert outcome.returncode == 0, outcome.stderr


def test_the_time_is_over(tree: Tree, project: Project) -> None:
    _declare(tree, project, "job", "exited-success")
    project.up("job")
    outcome = tree.pytest(*LIVE, "--wait", "1s")
    assert outcome.returncode == 1
    no_traceback(outcome)
    check = outcome.check("app", STATE)
    assert (check["verdict"], check["code"]) == ("failed", "container.state.exited_success")
    assert "still running" in check["message"]


def test_nothing_is_asked_while_nothing_happens(tree: Tree, project: Project, proxy: Proxy) -> None:
    _declare(tree, project, "job", "exited-success")
    project.up("job")
    outcome = tree.pytest(*LIVE, "--wait", "4s", env=proxy.env)
    assert outcome.returncode == 1
    assert proxy.count("GET /events") == 1
    assert proxy.count("GET /containers/json") == 1
    assert proxy.count("GET /volumes") == 1
    # It subscribes first: nothing can happen unseen between the two.
    order = [line for line in proxy.requests if "json" in line or "events" in line]
    assert order[0] == "GET /events"


def test_other_projects_are_no_reason_to_look_again(
    tree: Tree, project: Project, proxy: Proxy, new_project: NewProject
) -> None:
    _declare(tree, project, "job", "exited-success")
    project.up("job")
    process = tree.start(*LIVE, "--wait", LONG, env=proxy.env)
    proxy.wait_for(FIRST_LOOK)
    other = new_project(tree.root / "other.yaml", "other")
    other.write({"web": {"command": FOREVER}})
    other.up()
    other.down()
    assert proxy.count("GET /containers/json") == 1
    _go(project, 0)
    assert finish(process).returncode == 0


# ---- what goes wrong meanwhile ----


def test_ctrl_c(tree: Tree, project: Project, proxy: Proxy) -> None:
    _declare(tree, project, "job", "exited-success")
    project.up("job")
    process = tree.start(*LIVE, "--wait", LONG, env=proxy.env)
    proxy.wait_for(FIRST_LOOK)
    process.send_signal(signal.SIGINT)
    outcome = finish(process)
    assert outcome.returncode == 2, outcome.stderr
    assert outcome.document["exitcode"] == 2
    assert outcome.document["platform"]["schema"] == 1
    no_traceback(outcome)
    assert "KeyboardInterrupt" in outcome.stderr
    # The Engine was only watched: what runs goes on running.
    assert project.container("job")["State"]["Running"]


def test_ctrl_c_without_terminal_plugin(tree: Tree, project: Project, proxy: Proxy) -> None:
    _declare(tree, project, "job", "exited-success")
    project.up("job")
    process = tree.start(*LIVE, "-p", "no:terminal", "--wait", LONG, env=proxy.env)
    proxy.wait_for(FIRST_LOOK)
    process.send_signal(signal.SIGINT)
    outcome = finish(process)
    assert outcome.returncode == 2, outcome.stderr
    assert outcome.document["exitcode"] == 2
    no_traceback(outcome)


def test_an_engine_that_dies(tree: Tree, project: Project, proxy: Proxy) -> None:
    _declare(tree, project, "job", "exited-success")
    project.up("job")
    process = tree.start(*LIVE, "--wait", LONG, env=proxy.env)
    proxy.wait_for(FIRST_LOOK)
    proxy.die()
    message = could_not_look(finish(process), "app", "engine.unreachable")
    # It dies between two looks, or during the second.
    assert "went away" in message or "Remote end closed connection" in message


# ---- what is shown ----


def test_plain_lines_where_there_is_no_terminal(tree: Tree, project: Project, proxy: Proxy) -> None:
    _declare(tree, project, "web", "healthy")
    project.up("web")
    process = tree.start(*LIVE, "--wait", LONG, env=proxy.env)
    proxy.wait_for(FIRST_LOOK)
    project.compose("exec -T web touch /ready")
    outcome = finish(process)
    lines = [line for line in outcome.stderr.splitlines() if " app: " in line]
    # One for each state, however long it lasted.
    assert [line.split()[0] for line in lines] == ["waiting", "ready"]
    assert "starting" in lines[0]
    assert "healthy" in lines[1]
    assert "\x1b" not in outcome.stderr


@pytest.mark.parametrize("arguments", [(), ("-s",), ("-q",), ("-v",)], ids=str)
def test_a_live_line_on_a_terminal(tree: Tree, project: Project, arguments: Sequence[str]) -> None:
    name = "app-with-a-name-that-is-much-too-long-for-a-terminal-of-80-colum"[:63]
    tree.module(
        name,
        project.name,
        "web",
        files="../app/compose.yaml",
        runtime={"expected_state": "healthy"},
    )
    project.up("web")
    with _terminal() as terminal:
        process = tree.start(
            *LIVE[1:], *arguments, "--wait", LONG, env={"TERM": "xterm"}, **terminal.streams
        )
        # Drawn, and drawn again in the same place while nothing has changed.
        until(lambda: terminal.read().count("\x1b[A\x1b[2K") >= 2, "the line is drawn again")
        project.compose("exec -T web touch /ready")
        until(lambda: terminal.read() and process.poll() is not None, "pytest ends")
        shown = terminal.read()
        finish(process)
    assert process.returncode == 0, shown
    lines = [line for line in re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", shown).splitlines() if line]
    live = [line for line in lines if re.match(r"(waiting|ready) +[0-9]+ s  app-", line)]
    assert live[0].startswith("waiting")
    assert live[-1].startswith("ready")
    assert all(len(line) < 80 for line in live), live


class _Terminal:
    """A terminal of 80 columns that somebody reads."""

    def __init__(self, reader: int, writer: int) -> None:
        self._reader = reader
        self._text = ""
        self.streams: dict[str, Any] = {"stdout": writer, "stderr": subprocess.STDOUT}

    def read(self) -> str:
        """Return all that was written so far."""
        with suppress(BlockingIOError, OSError):
            while data := os.read(self._reader, 65536):
                self._text += data.decode(errors="replace")
        return self._text


@contextmanager
def _terminal() -> Iterator[_Terminal]:
    reader, writer = os.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.set_blocking(reader, False)
    try:
        yield _Terminal(reader, writer)
    finally:
        os.close(reader)
        os.close(writer)
