"""The probe ``tcp`` where a way through another host takes every connection."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from probes.conftest import Load, ask
from probes.names import SILENT, asking, needs_root, resolver
from probes.relay import Relay
from pytest_platform.hosts.transport import CommandResult
from pytest_platform.module.loader import Module
from pytest_platform.probes.network.connect import NoWay
from pytest_platform.probes.network.remote_port import CannotTell, read
from pytest_platform.verdict import Finding

HOST = "127.0.0.1"


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    with closing(Relay(tmp_path)) as one:
        yield one


@pytest.fixture
def dropped() -> Iterator[int]:
    """Give a port whose queue is full, so that further connections get no answer at all."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((HOST, 0))
        listener.listen(0)
        address = listener.getsockname()
        for _ in range(8):
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(address)
        yield address[1]


def _asked(load: Load, relay: Relay, port: int, **spec: Any) -> list[Finding]:
    module = load({"tcp": {"host": HOST, "port": port, "timeout": "1s", **spec}})
    assert isinstance(module, Module), str(module.problems[0])
    return ask(module, relay)


def test_a_dropped_port_is_not_open(load: Load, relay: Relay, dropped: int) -> None:
    found = _asked(load, relay, dropped)
    assert "does not take connections: no answer in time" in found[0].message


def test_a_dropped_port_is_closed(load: Load, relay: Relay, dropped: int) -> None:
    assert _asked(load, relay, dropped, open=False) == []


def test_silence_of_a_dropped_port_is_no_answer_without_a_word(
    load: Load, relay: Relay, dropped: int
) -> None:
    found = _asked(load, relay, dropped, expect={"none_of": ["error"]})
    assert "does not take connections" in found[0].message


@pytest.mark.parametrize(("open_", "actual"), [(True, []), (False, ["open"])])
def test_an_open_port(load: Load, relay: Relay, actual: list[str], *, open_: bool) -> None:
    with socket.create_server((HOST, 0)) as listener:
        found = _asked(load, relay, listener.getsockname()[1], open=open_)
    assert [one.actual for one in found] == actual


@pytest.mark.parametrize("open_", [True, False])
def test_a_host_without_the_programs(
    load: Load, relay: Relay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, open_: bool
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    programs.joinpath("sh").symlink_to(str(shutil.which("sh")))
    monkeypatch.setenv("PATH", str(programs))
    with socket.create_server((HOST, 0)) as listener, pytest.raises(CannotTell) as caught:
        _asked(load, relay, listener.getsockname()[1], open=open_)
    assert caught.value.code == "probe.cannot_tell"
    assert "relayed has no bash or nc" in str(caught.value)


class Elsewhere(Relay):
    """A host with a name server of its own, which ``words`` before a command bring about."""

    words: tuple[str, ...] = ()

    def run(self, argv: Sequence[str], **options: Any) -> CommandResult:
        return super().run([*self.words, *argv], **options)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Elsewhere]:
    with closing(Elsewhere(tmp_path)) as one:
        yield one


@needs_root
@pytest.mark.parametrize("open_", [True, False])
def test_a_name_that_does_not_exist_there(
    load: Load, elsewhere: Elsewhere, tmp_path: Path, *, open_: bool
) -> None:
    """It is no closed port either: nobody was asked."""
    with resolver() as name_server:
        elsewhere.words = asking(name_server, tmp_path)
        found = _asked(load, elsewhere, 80, host="nobody.example.org", timeout="5s", open=open_)
    assert [one.actual for one in found] == ["there is no such name"]


@needs_root
def test_no_name_server_answers_there(load: Load, elsewhere: Elsewhere, tmp_path: Path) -> None:
    elsewhere.words = asking(SILENT, tmp_path)
    with pytest.raises(NoWay, match=r"reached from relayed: .* failure in name resolution$"):
        _asked(load, elsewhere, 80, host="nobody.example.org", timeout="5s")


@pytest.mark.parametrize(
    ("code", "said", "why"),
    [
        (1, "bash: connect: Connection refused", "refused"),
        (1, "nc: connect to 127.0.0.1 port 1 (tcp) failed: Connection refused", "refused"),
        (1, "nc: connect to 192.0.2.1 port 1 (tcp) timed out: Operation now in", "late"),
        (124, "", "late"),
        (143, "Terminated", "late"),
        (1, "bash: connect: No route to host", "no such host on its network"),
        (1, "bash: nobody: Name or service not known", "there is no such name"),
        (1, "nc: bad address 'nobody'", "there is no such name"),
    ],
)
def test_the_words_of_programs(code: int, said: str, why: str) -> None:
    broken = read(CommandResult(code, "", said), "app:1", "nas")
    assert broken is not None
    kind = "refused" if broken.refused else "late" if broken.late else broken.why
    assert kind == why


@pytest.mark.parametrize(
    "said", ["bash: connect: Network is unreachable", "bash: x: Temporary failure", ""]
)
def test_what_tells_nothing_about_the_service(said: str) -> None:
    with pytest.raises(NoWay, match="app:1 cannot be reached from nas"):
        read(CommandResult(1, "", said), "app:1", "nas")
