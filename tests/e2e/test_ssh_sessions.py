"""Servers that are busy, and connections that are cut, over real sshd processes."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from e2e.conftest import NewSshd
from e2e.line import Line
from e2e.sshd import Sshd, free_port
from e2e.waiting import until
from pytest_platform.docker.engine import Engine
from pytest_platform.docker.snapshot import Snapshot
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.ssh import command_lines, master
from pytest_platform.hosts.ssh.client import Ssh
from pytest_platform.hosts.ssh.errors import SshError
from pytest_platform.probes import tcp
from pytest_platform.probes.kind import Target

pytestmark = pytest.mark.e2e

TIMEOUT = 60.0
SHORT = 3.0
NO_MODULE: Any = None


@pytest.fixture(scope="module")
def sshd(new_sshd: NewSshd) -> Sshd:
    return new_sshd()


def _crowd(stack: ExitStack, sshd: Sshd) -> list[socket.socket]:
    """Take all the places that a server has for people who have not logged in yet."""
    crowd = [
        stack.enter_context(socket.create_connection((sshd.address, sshd.port))) for _ in range(2)
    ]
    for one in crowd:
        one.settimeout(TIMEOUT)
        assert one.recv(4) == b"SSH-"
    return crowd


def test_a_server_that_is_too_busy(new_sshd: NewSshd) -> None:
    sshd = new_sshd(lines=("MaxStartups 2", "LoginGraceTime 600"))
    with ExitStack() as stack:
        _crowd(stack, sshd)
        host = Ssh("nas", connect_timeout=SHORT, config=sshd.config)
        with pytest.raises(SshError, match="MaxStartups") as caught:
            host.run(["true"], timeout=TIMEOUT)
    assert caught.value.code == "ssh.busy"
    host.close()


def test_a_server_that_is_busy_for_a_while(new_sshd: NewSshd) -> None:
    sshd = new_sshd(lines=("MaxStartups 2", "LoginGraceTime 600"))
    with ExitStack() as stack:
        crowd = _crowd(stack, sshd)

        def leave() -> None:
            until(lambda: "drop connection" in sshd.log, "sshd turns the client away")
            for one in crowd:
                one.close()

        leaving = threading.Thread(target=leave)
        leaving.start()
        host = Ssh("nas", connect_timeout=TIMEOUT, config=sshd.config)
        assert host.run(["echo", "here"], timeout=TIMEOUT).stdout == "here\n"
        host.close()
        leaving.join()


def test_two_startups_and_two_sessions(new_sshd: NewSshd) -> None:
    sshd = new_sshd(lines=("MaxStartups 2", "MaxSessions 2"))
    host = Ssh("nas", connect_timeout=TIMEOUT, config=sshd.config)
    words = [str(number) for number in range(10)]
    said = [host.run(["echo", word], timeout=TIMEOUT).stdout for word in words]
    host.close()
    assert said == [f"{word}\n" for word in words]
    assert sshd.logins == 1


def test_one_session(new_sshd: NewSshd) -> None:
    sshd = new_sshd(lines=("MaxSessions 1",))
    host = Ssh("nas", connect_timeout=TIMEOUT, config=sshd.config)
    with pytest.raises(SshError, match="MaxSessions") as caught:
        host.run(["true"], timeout=60)
    host.close()
    assert caught.value.code == "ssh.sessions"
    # It is not gone around with a second login.
    assert sshd.logins == 1


def test_cut_while_a_command_runs(sshd: Sshd, tmp_path: Path) -> None:
    with Line(sshd.port) as line:
        error = _while_it_sleeps(sshd, line, line.cut, tmp_path / "began")
        assert line.connections == 1
    assert error.code == "ssh.cut"


def test_dead_while_a_command_runs(sshd: Sshd, tmp_path: Path) -> None:
    with Line(sshd.port) as line:
        error = _while_it_sleeps(sshd, line, line.go_dead, tmp_path / "began")
    assert error.code == "ssh.cut"


@pytest.mark.parametrize("open_", [True, False])
def test_a_port_behind_a_line_that_was_cut(sshd: Sshd, *, open_: bool) -> None:
    with Line(sshd.port) as line, closing(_through(sshd, line)) as host:
        engine = Engine(host)
        target = Target(NO_MODULE, host, engine, Snapshot("nas", datetime.now(UTC), ()))
        spec = tcp.Tcp(host="127.0.0.1", port=free_port(), open=open_)
        assert bool(tcp.judge(spec, tcp.observe(spec, target))) == open_
        line.cut()
        with pytest.raises(SshError) as caught:
            tcp.observe(spec, target)
    assert caught.value.code == "ssh.cut"


def test_an_ssh_process_that_hangs(sshd: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Ssh("nas", connect_timeout=TIMEOUT, config=sshd.config)) as host:
        host.run(["true"], timeout=TIMEOUT)
        assert host._master is not None
        process = host._master._process
        assert process is not None
        os.killpg(process.pid, signal.SIGSTOP)
        monkeypatch.setattr(master, "_CONTROL_SECONDS", 0.5)
        with pytest.raises(SshError, match="hangs") as caught:
            host.address("127.0.0.1", 1)
        assert caught.value.code == "ssh.timeout"
        assert host.failure() is caught.value
        assert process.poll() is not None


def test_an_ssh_process_that_hangs_is_a_failure(
    sshd: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Ssh("nas", connect_timeout=TIMEOUT, config=sshd.config)) as host:
        host.run(["true"], timeout=TIMEOUT)
        assert host._master is not None
        assert host._master._process is not None
        os.killpg(host._master._process.pid, signal.SIGSTOP)
        monkeypatch.setattr(master, "_CONTROL_SECONDS", 0.5)
        failure = host.failure()
        assert failure is not None
        assert failure.code == "ssh.timeout"


def test_an_ssh_config_that_hangs(
    sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(f'Match exec "sleep 601"\n{sshd.config.read_text()}')
    monkeypatch.setattr(command_lines, "_CONFIG_SECONDS", 0.5)
    host = Ssh("nas", connect_timeout=0.5, config=config)
    with pytest.raises(SshError) as caught:
        host.run(["true"], timeout=TIMEOUT)
    assert caught.value.code == "ssh.timeout"
    host.close()


def _through(sshd: Sshd, line: Line) -> Ssh:
    config = sshd.client("line", f"Host *\n  Port {line.port}\n  StrictHostKeyChecking no")
    return Ssh("nas", connect_timeout=TIMEOUT, config=config)


def _while_it_sleeps(
    sshd: Sshd, line: Line, deed: Callable[[], object], began: Path
) -> PlatformError:
    """Do something to the line while a command runs at its end; return what is said of it."""
    host = _through(sshd, line)

    def act() -> None:
        until(began.exists, "the command runs")
        deed()

    acting = threading.Thread(target=act)
    acting.start()
    with pytest.raises(SshError) as caught:
        host.run(["sh", "-c", f"touch {began}; exec sleep 600"], timeout=600)
    acting.join()
    with pytest.raises(SshError) as again:
        host.run(["true"], timeout=TIMEOUT)
    assert again.value is caught.value
    host.close()
    return caught.value
