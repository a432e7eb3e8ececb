"""Several hosts: ssh servers on loopback that all reach the one Engine, and who calls them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from e2e.sshd import Sshd

CONFIG = "PYTEST_PLATFORM_SSH_CONFIG"
ACCEPTS_ENGINE = ("AcceptEnv DOCKER_HOST",)
"""What a server's configuration needs, so that a client may say which Engine is used."""


def over_ssh(
    sshd: Sshd, arguments: Iterable[str], env: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    """Turn what is asked of this machine into what is asked of a host.

    ``DOCKER_HOST`` then counts there. The server has to accept it.
    """
    modes = {"--remote-mode=local": ["--remote-mode=ssh", f"--ssh-host={sshd.alias}"]}
    words = [word for argument in arguments for word in modes.get(argument, [argument])]
    config, engine = sshd.config, env.get("DOCKER_HOST")
    if engine:
        config = sshd.client(secrets.token_hex(4), f"SetEnv DOCKER_HOST={engine}")
    kept = {name: value for name, value in env.items() if name != "DOCKER_HOST"}
    return words, {**kept, CONFIG: str(config)}


def entry(alias: str, sshd: Sshd, port: int | None = None) -> str:
    """Return what a client's configuration says of one host."""
    return (
        f"Host {alias}\n"
        f"  HostName {sshd.address}\n"
        f"  Port {port or sshd.port}\n"
        f"  User {sshd.user}\n"
        f"  IdentityFile {sshd.folder / 'key'}\n"
        f"  IdentitiesOnly yes\n"
        f"  ConnectTimeout 120\n"
        f"  HostKeyAlias {sshd.folder.parent.name}\n"
        f"  UserKnownHostsFile {sshd.folder / 'known'}\n"
        f"  GlobalKnownHostsFile none\n"
    )


def client(path: Path, entries: Iterable[tuple[str, Sshd, int | None]]) -> dict[str, str]:
    """Write the client's configuration; return the environment that names it."""
    text = ""
    for alias, sshd, port in entries:
        known = f"{sshd.folder.parent.name} {sshd.host_key}\n"
        (sshd.folder / "known").write_text(known, encoding="utf-8")
        text += entry(alias, sshd, port)
    path.write_text(text, encoding="utf-8")
    return {CONFIG: str(path)}
