"""What a sidecar's script may do: each line of the data files is a script."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_platform.checks.contract import mutations

CASES = Path(__file__).resolve().parents[1] / "cases" / "shell" / "mutations_scripts"
FOUND = (CASES / "found.txt").read_text(encoding="utf-8").splitlines()
PASSING = (CASES / "passing.txt").read_text(encoding="utf-8").splitlines()
COMMANDS = {"mc mb s/a": True, "echo a": True, "mc rb s/a": False, "az x": False, "mc ls s": True}


def _passes(script: str, *allowed: str, scripts: dict[str, str] | None = None) -> bool:
    service = {"image": "unknown", "entrypoint": ["sh", "-c"], "command": [script]}
    return not mutations.findings(service, service, allowed, scripts)


@pytest.mark.parametrize("script", FOUND)
def test_found(script: str) -> None:
    assert not _passes(script)


@pytest.mark.parametrize("script", PASSING)
def test_passing(script: str) -> None:
    assert _passes(script)


def test_there_are_enough_of_both() -> None:
    assert len(set(FOUND)) >= 150
    assert len(set(PASSING)) >= 60


def test_a_script_file_is_read_or_found() -> None:
    assert _passes("/s/a.sh", scripts={"/s/a.sh": "#!/bin/sh\nmc mb s/a\n"})
    assert _passes("sh /s/a.sh", scripts={"/s/a.sh": "mc mb s/a\n"})
    assert not _passes("/s/a.sh", scripts={"/s/a.sh": "mc rb s/a\n"})
    assert not _passes("/s/a.sh", scripts={"/s/a.sh": "#!/usr/bin/python\nprint()\n"})
    assert _passes("/s/a.sh --all", "/s/a.sh")
    assert not _passes("/s/b.sh", "/s/a.sh")


def test_one_declared_command_allows_no_other() -> None:
    assert _passes(": > /data/db; node wipe.js", "> /data/db", "node wipe.js")
    assert not _passes(": > /data/db; node wipe.js", "node wipe.js")
    assert not _passes("mc rb $(az x)", "mc rb")


def test_an_image_is_known_or_declared() -> None:
    service = {"image": "registry.test/acme/job:1"}
    assert mutations.findings(service, service, [])
    assert not mutations.findings(service, service, ["registry.test/acme/job"])
    assert mutations.findings({**service, "command": ["mc", "ls"]}, {}, [])
    assert not mutations.findings({"image": "alpine:3", "command": ["ls"]}, {}, [])


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(sorted(COMMANDS)), min_size=1, max_size=6),
    st.sampled_from([" && ", " || ", "; ", "\n", " | ", " & "]),
    st.sampled_from(["{}", "( {} )", "if {}; then true; fi", "f() ( {} ); f", "echo $( {} )"]),
    st.sampled_from(["", "mc rb", "az"]),
)
def test_a_script_passes_where_all_its_commands_do(
    commands: list[str], between: str, around: str, declared: str
) -> None:
    expected = all(COMMANDS[one] or bool(declared and one.startswith(declared)) for one in commands)
    script = around.replace("{}", between.join(commands))
    assert _passes(script, *filter(None, [declared])) is expected
