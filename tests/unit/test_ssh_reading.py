"""What is read before ssh is run, and of what it says; and the scripts, by a real shell."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pytest_platform.hosts.ssh import errors, scripts
from pytest_platform.hosts.ssh.destination import Destination, parse
from pytest_platform.hosts.ssh.errors import SshError

CASES = Path(__file__).parents[1] / "cases" / "ssh"
DESTINATIONS = yaml.safe_load((CASES / "destinations.yaml").read_text(encoding="utf-8"))
SAID = yaml.safe_load((CASES / "said.yaml").read_text(encoding="utf-8"))
MARK = "0123456789abcdef"
SHELLS = [name for name in ("dash", "bash", "busybox", "ksh", "mksh", "zsh") if shutil.which(name)]


@pytest.mark.parametrize("case", DESTINATIONS, ids=lambda case: case["text"])
def test_a_destination(case: dict[str, Any]) -> None:
    found = parse(case["text"])
    assert found == Destination(case["host"], case.get("user"), case.get("port"))
    assert found.arguments()[-2] == "--"


@given(st.text(alphabet="ab-@:[]/%$`'\"\\ \n\t;|&<>(){}*?~#=,.0123456789", max_size=12))
def test_no_destination_passes_for_anything_else(text: str) -> None:
    try:
        found = parse(text)
    except SshError:
        return
    *_, last = found.arguments()
    assert not last.startswith("-")
    assert not found.host.startswith("-")
    assert not set(last) & set("$`'\"\\ \n\t;|&<>(){}*?~#=,/")


@pytest.mark.parametrize("case", SAID, ids=lambda case: case["said"].partition("\n")[0])
def test_what_ssh_says_has_a_name(case: dict[str, str]) -> None:
    error = errors.explain(f"Authorised users only.\n{case['said']}\n", "nas")
    assert error.code == case["code"]
    assert "nas" in str(error)
    assert "\n" not in str(error)


def test_reasons_have_codes_of_their_own() -> None:
    codes = [reason.code for reason in errors.REASONS]
    assert len(codes) == len(set(codes))
    assert all(code.startswith("ssh.") for code in codes)


words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def _run(shell: str, script: bytes) -> tuple[str, str | None, str]:
    """Run a script as it is run on a host; return stdout, how it ended, and stderr."""
    argv = [shell, "sh"] if shell == "busybox" else [shell]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(script)
        process.stdin.flush()
        stdout, stderr = process.stdout.read().decode(), process.stderr.read().decode()
    said, end = scripts.read_end(_behind(stderr), MARK)
    return _behind(stdout), end, said


def _behind(said: str) -> str:
    return said.partition(scripts.line(MARK).decode())[2]


@given(words=st.lists(words, max_size=4), value=words)
@pytest.mark.parametrize("shell", SHELLS)
def test_words_and_values_arrive_as_they_are(shell: str, words: list[str], value: str) -> None:
    argv = ["sh", "-c", 'printf "%s\\0" "$VALUE" "$@"', "sh", *words]
    stdout, end, said = _run(shell, scripts.command(argv, {"VALUE": value}, MARK))
    assert stdout.split("\0")[:-1] == [value, *words]
    assert (end, said) == ("0", "")


@pytest.mark.parametrize("shell", SHELLS)
def test_how_a_command_ends(shell: str) -> None:
    ends = {"exit 0": "0", "exit 255": "255", "kill -9 $$": "137", "echo oops >&2; exit 1": "1"}
    for script, expected in ends.items():
        _, end, said = _run(shell, scripts.command(["sh", "-c", script], None, MARK))
        assert end == expected, script
        assert said == ("oops\n" if "oops" in script else ""), script
    _, end, _ = _run(shell, scripts.command(["no-such-program"], None, MARK))
    assert end == scripts.MISSING


@pytest.mark.parametrize("shell", SHELLS)
def test_a_command_may_not_fake_its_end(shell: str) -> None:
    script = f"printf '\\n{MARK[:-1]}0 0\\n' >&2; exit 7"
    _, end, _ = _run(shell, scripts.command(["sh", "-c", script], None, MARK))
    assert end == "7"


def test_output_that_is_cut_off_has_no_end() -> None:
    assert scripts.read_end("half of wha", MARK) == ("half of wha", None)
    assert scripts.read_facts(f"noise\n{MARK}\nuser=ada\n", MARK) is None


def test_facts() -> None:
    text = f"hello\n{MARK}\n\nuser=ada\n\nengine=unix:///run/a=b.sock\n\nmore=x\n\n{MARK}\n"
    facts = scripts.read_facts(text, MARK)
    assert facts == scripts.HostFacts(user="ada", engine="unix:///run/a=b.sock")
