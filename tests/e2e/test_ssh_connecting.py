"""What stops a connection, each by its own name, and once; and what does not stop it."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from e2e.conftest import NewSshd
from e2e.sshd import Sshd, free_port, make_key
from e2e.waiting import until
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.ssh.client import Ssh
from pytest_platform.hosts.ssh.errors import SshError

pytestmark = pytest.mark.e2e

TIMEOUT = 60.0
SHORT = 3.0
_QUIRKS = """\
Host nas
  RemoteCommand touch {folder}/ran
  RequestTTY force
  LogLevel QUIET
  LocalForward {folder}/forward.sock localhost:1
  DynamicForward {port}
  ControlMaster auto
  ControlPath {folder}/control
  ControlPersist 10m
  PermitLocalCommand no
  StdinNull yes
  SessionType none
  ForkAfterAuthentication yes
  StrictHostKeyChecking yes
"""


@pytest.fixture(scope="module")
def sshd(new_sshd: NewSshd) -> Sshd:
    return new_sshd()


def _echo(destination: str, config: Path) -> str:
    host = Ssh(destination, connect_timeout=TIMEOUT, config=config)
    try:
        return host.run(["echo", "here"], timeout=TIMEOUT).stdout
    finally:
        host.close()


def test_what_is_installed_beside_the_system_is_found(new_sshd: NewSshd) -> None:
    server = new_sshd(env={"PATH": "/usr/bin:/bin"})
    host = Ssh(server.destination, connect_timeout=TIMEOUT, config=server.config)
    try:
        path = host.run(["sh", "-c", "echo $PATH"], timeout=TIMEOUT).stdout.strip()
    finally:
        host.close()
    assert path.startswith("/usr/bin:/bin:")
    assert "/usr/local/bin" in path.split(":")


def _error(destination: str, config: Path, seconds: float = TIMEOUT) -> PlatformError:
    """Connect in vain; the second time it costs nothing, and says the same."""
    host = Ssh(destination, connect_timeout=seconds, config=config)
    with pytest.raises(PlatformError) as first:
        host.run(["true"], timeout=TIMEOUT)
    with pytest.raises(PlatformError) as second:
        host.engine_options()
    assert second.value is first.value
    assert "\n" not in str(first.value)
    assert host.failure() is first.value
    host.close()
    return first.value


@dataclass(frozen=True)
class Stopped:
    """What the client's configuration says before all else, and what is said of it."""

    code: str
    word: str
    text: str = ""
    destination: str = "nas"


STOPPED = {
    "no such name": Stopped("ssh.unknown_host", "no host", destination=f"{'x' * 64}.invalid"),
    "port closed": Stopped("ssh.refused", "nobody listens", "Host *\n  Port {closed}\n"),
    "key refused": Stopped(
        "ssh.auth", "publickey", "Host *\n  IdentityFile {other}\n  IdentityAgent none\n"
    ),
    "host key changed": Stopped(
        "ssh.host_key_changed",
        "forget the old one with: ssh-keygen -f {changed} -R '[{address}]:{port}'",
        "Host *\n  UserKnownHostsFile {changed}\n",
    ),
    "host key unknown": Stopped(
        "ssh.host_key_unknown", "by hand", "Host *\n  UserKnownHostsFile {empty}\n"
    ),
    "host key unknown to a strict client": Stopped(
        "ssh.host_key_unknown",
        "by hand",
        "Host *\n  UserKnownHostsFile {empty}\n  StrictHostKeyChecking yes\n",
    ),
    "nothing in common": Stopped(
        "ssh.negotiation", "algorithm", "Host *\n  HostKeyAlgorithms ssh-rsa\n"
    ),
    "a broken config": Stopped("ssh.config", "nosuchoption", "Host *\n  NoSuchOption yes\n"),
    "a jump host that is closed": Stopped(
        "ssh.refused", "nobody listens", "Host nas\n  ProxyJump 127.0.0.1:{closed}\n"
    ),
}


@pytest.mark.parametrize("stopped", STOPPED.values(), ids=STOPPED)
def test_it_is_stopped(sshd: Sshd, tmp_path: Path, stopped: Stopped) -> None:
    (tmp_path / "empty").touch()
    make_key(tmp_path / "other")
    (tmp_path / "changed").write_text(
        f"[{sshd.address}]:{sshd.port} {make_key(tmp_path / 'changed_key')}\n"
    )
    names = {name: str(tmp_path / name) for name in ("empty", "other", "changed")}
    # The identities of all matching blocks add up; the right one must not be among them.
    text = stopped.text.format(closed=free_port(), **names)
    config = sshd.client("stopped", text)
    if "IdentityFile" in text:
        config.write_text(config.read_text().replace(str(sshd.folder / "key"), names["other"]))
    error = _error(stopped.destination, config)
    assert error.code == stopped.code
    assert stopped.word.format(address=sshd.address, port=sshd.port, **names) in str(error)


def test_no_config(sshd: Sshd) -> None:
    assert _error("nas", sshd.folder / "none").code == "ssh.config"


def test_no_ssh_client(sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for program in ("sh", "rm"):
        (tmp_path / program).symlink_to(str(shutil.which(program)))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert _error("nas", sshd.config).code == "command.missing"


@contextmanager
def _silent() -> Iterator[int]:
    """Listen and say nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def test_a_server_that_says_nothing(sshd: Sshd) -> None:
    with _silent() as port:
        config = sshd.client("silent", f"Host nas\n  Port {port}\n  ConnectTimeout 3")
        error = _error("nas", config, SHORT)
    assert error.code == "ssh.timeout"


def test_a_login_that_hangs(new_sshd: NewSshd) -> None:
    sshd = new_sshd(lines=("ForceCommand exec sleep 600",))
    error = _error("nas", sshd.client("short", "Host *\n  ConnectTimeout 3"), SHORT)
    assert error.code == "ssh.timeout"
    # And it was logged in once, not once for each that asked.
    assert sshd.logins <= 1


def test_a_login_that_is_slow(new_sshd: NewSshd) -> None:
    slow = 'ForceCommand sleep 2; eval "$SSH_ORIGINAL_COMMAND"'
    sshd = new_sshd(lines=(slow,))
    # The config, which has a longer ConnectTimeout, is believed.
    host = Ssh("nas", connect_timeout=0.1, config=sshd.config)
    assert host.run(["echo", "here"], timeout=TIMEOUT).stdout == "here\n"
    host.close()


def test_a_login_that_is_turned_away(new_sshd: NewSshd) -> None:
    sshd = new_sshd(lines=("ForceCommand echo This account is not available.; exit 1",))
    error = _error("nas", sshd.config)
    assert error.code == "ssh.login"
    assert "This account is not available." in str(error)


def test_user_host_and_port(sshd: Sshd) -> None:
    assert _echo(sshd.destination, sshd.config) == "here\n"
    assert _echo(f"ssh://{sshd.destination}", sshd.config) == "here\n"


def test_ipv6(new_sshd: NewSshd) -> None:
    sshd = new_sshd(address="::1")
    assert _echo(f"[::1]:{sshd.port}", sshd.config) == "here\n"
    assert _echo(sshd.destination, sshd.config) == "here\n"
    assert _echo("::1", sshd.client("port", f"Host *\n  Port {sshd.port}")) == "here\n"


def test_a_jump_host(sshd: Sshd, new_sshd: NewSshd) -> None:
    jump = new_sshd(alias="jump")
    jump.authorized_keys.write_text(f"{sshd.public_key}\n")
    text = f"Host jump\n  HostName 127.0.0.1\n  Port {jump.port}\nHost nas\n  ProxyJump jump\n"
    with sshd.known_hosts.open("a") as known:
        known.write(jump.known_hosts.read_text())
    assert _echo("nas", sshd.client("jump", text)) == "here\n"
    assert jump.logins == 1


def test_an_agent(sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "agent.sock"
    with subprocess.Popen(["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.DEVNULL) as agent:
        try:
            until(path.exists, "the agent listens")
            monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
            subprocess.run(["ssh-add", "-q", str(sshd.folder / "key")], check=True)
            config = sshd.client("agent", "")
            lines = config.read_text().splitlines(keepends=True)
            config.write_text("".join(line for line in lines if "Identit" not in line))
            assert _echo("nas", config) == "here\n"
        finally:
            agent.terminate()


def test_a_config_with_habits_of_its_own(sshd: Sshd, tmp_path: Path) -> None:
    folder = tmp_path / "habits"
    folder.mkdir()
    config = sshd.client("quirks", _QUIRKS.format(folder=folder, port=free_port()))
    host = Ssh("nas", connect_timeout=TIMEOUT, config=config)
    assert host.run(["echo", "here"], timeout=TIMEOUT).stdout == "here\n"
    assert host.address("127.0.0.1", 1) == host.address("127.0.0.1", 1)
    # Neither a shared connection, nor a forwarded port, nor a command of the person's own.
    assert list(folder.iterdir()) == []
    host.close()


@pytest.mark.parametrize(
    "destination",
    [
        "-oProxyCommand=touch {canary}",
        "nas -oProxyCommand=touch {canary}",
        "root@-oProxyCommand=touch {canary}",
        "-l@nas",
        "$(touch {canary})",
        "nas;touch {canary}",
        "nas`touch {canary}`",
        "nas\ntouch {canary}",
        "nas'|touch {canary}'",
        'nas"|touch {canary}"',
        "ssh://-oProxyCommand=touch%20{canary}",
        "[$(touch {canary})]:22",
        "nas:22;touch {canary}",
        "%h",
        "",
        "@nas",
        "nas:",
        "nas:0",
        "nas:65536",
    ],
)
def test_a_destination_that_is_none(sshd: Sshd, tmp_path: Path, destination: str) -> None:
    canary = tmp_path / "canary"
    before = sshd.log
    with pytest.raises(SshError) as caught:
        Ssh(destination.format(canary=canary), config=sshd.config)
    assert caught.value.code == "ssh.destination"
    assert "\n" not in str(caught.value)
    assert not canary.exists()
    assert sshd.log == before


@pytest.mark.parametrize("host", ["-L1:a:1", "$(id)", "a b", "a:b", "/etc/x", "a\nb", "%h", ""])
def test_an_address_that_is_none(sshd: Sshd, host: str) -> None:
    over = Ssh("nas", config=sshd.config)
    with pytest.raises(SshError) as caught:
        over.address(host, 80)
    assert caught.value.code == "ssh.destination"
