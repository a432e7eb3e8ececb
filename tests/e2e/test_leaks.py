"""Values that reach a container on other ways than its environment are told to nobody either."""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.conftest import NewProject
from e2e.tree import Tree

pytestmark = pytest.mark.e2e

VALUES = {
    "in a secret's file": "file-5ecret-of-the-job",
    "in a variable of the command": "variable-5ecret-of-the-job",
    "with a tab": "tab\there-is-5ecret",
    "where an output is cut": "cut-5ecret-of-the-job",
}
SCRIPT = """
cat /run/secrets/token; echo using ${TOKEN}; printf '%s\\n' "$$TABBED"
head -c 490 /dev/zero | tr '\\0' x; echo "$$CUT"; exit 1
"""


def test_no_way_leaks(new_project: NewProject, tmp_path: Path) -> None:
    file, variable, tabbed, cut = VALUES.values()
    tree = Tree(tmp_path)
    project = new_project(tree.compose_file("job"), "leaks")
    (tree.folder("job")).mkdir(parents=True)
    (tree.folder("job") / "token.txt").write_text(file + "\n")
    project.env.update(TOKEN=variable, TABBED=tabbed, CUT=cut)
    environment = {"TABBED": "${TABBED}", "CUT": "${CUT}"}
    command = ["sh", "-c", SCRIPT]
    service = {"command": command, "environment": environment, "secrets": ["token"]}
    probed = {**service, "command": ["sh", "-c", "sleep infinity"]}
    secrets = {"token": {"file": "./token.txt"}}
    project.write({"job": service, "server": probed}, secrets=secrets)
    tree.module("job", project.name, "job", runtime={"expected_state": "exited-success"})
    script = SCRIPT.replace("echo using ${TOKEN}; ", "").replace("$$", "$")
    probe = {"name": "prints", "exec": {"command": ["sh", "-c", script]}}
    tree.module(
        "server",
        project.name,
        "server",
        files="../job/compose.yaml",
        runtime={"expected_state": "running"},
        smoke=[probe],
    )
    project.up()
    project.wait_for("job", "exited")
    junit = tmp_path / "junit.xml"
    live = ("--remote-mode=local", "-m", "health or smoke", "-k", "job or prints", "-vv")
    text = tree.pytest(*live, f"--junitxml={junit}", env=project.env)
    document = tree.pytest(*live, "--json", env=project.env)
    assert text.returncode == document.returncode == 1
    assert document.check("job", "health::state")["verdict"] == "failed"
    assert document.check("server", "smoke::prints")["verdict"] == "failed"
    told = (text.stdout + text.stderr + document.stdout + document.stderr).splitlines()
    told += junit.read_text().splitlines()
    leaks = [line[:120] for line in told if "5ecret" in line or "cut-5" in line]
    assert "[redacted]" in text.stdout
    assert not leaks, "\n".join(leaks)
