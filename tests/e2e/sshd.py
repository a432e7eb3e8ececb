"""Real ssh servers on loopback, each with keys and a client configuration of its own."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest

from e2e.waiting import until


def free_port(address: str = "127.0.0.1") -> int:
    """Find a port that nobody listens on now."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as one:
        one.bind((address, 0))
        return int(one.getsockname()[1])


def make_key(path: Path) -> str:
    """Make a pair of keys; return the public one."""
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(path)], check=True
    )
    return path.with_name(f"{path.name}.pub").read_text(encoding="utf-8").strip()


@dataclass
class Sshd:
    """One server. ``lines`` go to its configuration, ``env`` to each login.

    ``config`` is what the client is given: it trusts this server, has the key to it, and
    calls it ``alias``. Write to it, and to ``known_hosts``, to change that.
    """

    folder: Path
    alias: str = "nas"
    address: str = "127.0.0.1"
    lines: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    _process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self.user = pwd.getpwuid(os.getuid()).pw_name
        self.host_key = make_key(self.folder / "host_key")
        self.public_key = make_key(self.folder / "key")
        self.authorized_keys = self.folder / "authorized_keys"
        self.authorized_keys.write_text(f"{self.public_key}\n", encoding="utf-8")
        self.config = self.folder / "config"
        self.known_hosts = self.folder / "known_hosts"

    @property
    def destination(self) -> str:
        """The server as ``user@host:port``."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.user}@{host}:{self.port}"

    @property
    def log(self) -> str:
        """What the server has said."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    @property
    def logins(self) -> int:
        """How many logins the server has let in."""
        return self.log.count("Accepted publickey")

    def start(self) -> None:
        """Start the server on a free port, and wait until it listens."""
        program = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if program is None:
            pytest.fail(
                "there is no sshd; run: make test, or install openssh-server", pytrace=False
            )
        if os.getuid() == 0:
            # Where sshd locks its unprivileged child in. Its service makes it, elsewhere.
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        for _ in range(5):
            self.port = free_port(self.address)
            if self._listens(program):
                break
        self.trust(self.port)

    def stop(self) -> None:
        """Stop the server and all its sessions."""
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait()

    def trust(self, port: int) -> None:
        """Let the client reach the server at this port, such as that of a proxy."""
        key = self.host_key
        self.known_hosts.write_text(f"[{self.address}]:{port} {key}\n", encoding="utf-8")
        self.config.write_text(
            f"Host {self.alias}\n"
            f"  HostName {self.address}\n"
            f"  Port {port}\n"
            f"Host *\n"
            f"  User {self.user}\n"
            f"  IdentityFile {self.folder / 'key'}\n"
            f"  IdentitiesOnly yes\n"
            f"  ConnectTimeout 120\n"
            f"  UserKnownHostsFile {self.known_hosts}\n"
            f"  GlobalKnownHostsFile none\n",
            encoding="utf-8",
        )

    def client(self, name: str, text: str) -> Path:
        """Write another configuration of the client, in which ``text`` comes first and so wins."""
        path = self.folder / f"config-{name}"
        path.write_text(f"{text}\n{self.config.read_text(encoding='utf-8')}", encoding="utf-8")
        return path

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _listens(self, program: str) -> bool:
        (self.folder / "sshd_config").write_text("\n".join(self._settings()), encoding="utf-8")
        with (self.folder / "log").open("ab") as log:
            self._process = process = subprocess.Popen(
                [program, "-D", "-e", "-f", str(self.folder / "sshd_config")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(lambda: process.poll() is not None or "listening on" in self.log, "sshd listens")
        return process.poll() is None

    def _settings(self) -> Iterator[str]:
        yield from self.lines
        yield f"ListenAddress {self.address}"
        yield f"Port {self.port}"
        yield f"HostKey {self.folder / 'host_key'}"
        yield f"AuthorizedKeysFile {self.authorized_keys}"
        yield f"PidFile {self.folder / 'pid'}"
        yield "StrictModes no"
        yield "UsePAM no"
        yield "PasswordAuthentication no"
        yield "KbdInteractiveAuthentication no"
        yield "PermitRootLogin prohibit-password"
        yield "PrintMotd no"
        # One line, since sshd takes the first one only. A bash that is not the first shell leaves
        # the .bashrc of whoever runs the tests alone, which may be slow, or wait for something.
        env = {"SHLVL": "1", **self.env}
        yield "SetEnv " + " ".join(f'"{name}={value}"' for name, value in env.items())
        yield ""
