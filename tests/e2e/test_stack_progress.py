"""While a stack of one's own is started, people see how far it is."""

from __future__ import annotations

import fcntl
import os
import re
import struct
import subprocess
import termios

import docker
import pytest
import yaml

from e2e.stacks import OWN, name_in, parts, store_and_job
from e2e.tree import Tree, finish

pytestmark = pytest.mark.e2e
MODULE = ("--module", "job", *OWN, "-k", "state")
SLOW = "sleep 6; touch /up; sleep infinity"
WAITS = re.compile(r"waiting +\d+ s  job: created, waits for what it depends on")


def _platform(tree: Tree) -> None:
    """Write a job that may only start when the store is up, which takes a while."""
    waits = {"store": {"condition": "service_healthy"}}
    store_and_job(tree, "pp-e2e-never-deployed", depends_on=waits)
    document = yaml.safe_load(tree.compose_file("store").read_text())
    check = {"test": ["CMD", "test", "-e", "/up"], "interval": "1s", "retries": 60}
    document["services"]["store"] |= {"command": ["sh", "-c", SLOW], "healthcheck": check}
    tree.compose_file("store").write_text(yaml.safe_dump(document, sort_keys=False))


def test_as_plain_lines(tree: Tree, engine: docker.APIClient) -> None:
    _platform(tree)
    outcome = tree.pytest(*MODULE, "--json")
    assert outcome.returncode == 0, outcome.stderr
    assert len(WAITS.findall(outcome.stderr)) == 1, outcome.stderr
    assert "\x1b[" not in outcome.stderr
    assert outcome.document["platform"]["modules"]
    assert not parts(engine, name_in(outcome.stderr))


def test_on_a_terminal(tree: Tree) -> None:
    """A line for each service, drawn over again, and none wider than the terminal."""
    _platform(tree)
    reader, writer = os.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    process = tree.start(*MODULE, stdout=writer, stderr=subprocess.DEVNULL, env={"COLUMNS": "60"})
    os.close(writer)
    shown = b""
    try:
        while chunk := os.read(reader, 65536):
            shown += chunk
    except OSError:
        pass  # Linux says so when the other end is closed.
    os.close(reader)
    assert finish(process).returncode == 0, shown
    text = shown.decode()
    assert len(re.findall(r"waiting +\d+ s  job: created", text)) > 1, text
    assert "\x1b[A\x1b[2K" in text
