"""The options about hosts: where modules are, and how the ssh client gets there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec import Struct

from pytest_platform.plugin.reading import ini, is_regular, shown

if TYPE_CHECKING:
    from pytest_platform.hosts.inventory import Inventory


class SshOptions(Struct, frozen=True):
    """Which hosts there are, and the ssh client's configuration where it is not the user's own."""

    inventory: Inventory
    config: Path | None


def add_options(group: pytest.OptionGroup) -> None:
    """Register the option."""
    group.addoption(
        "--ssh-host",
        default="",
        metavar="HOST",
        dest="platform_ssh_host",
        help="the host of all modules: [user@]host[:port], or a name from platform_hosts.",
    )


def ssh_of(config: pytest.Config, remote_mode: str) -> SshOptions:
    """Add up what was asked for.

    Raises:
        UsageError: what was asked for cannot be done.
    """
    from pytest_platform.errors import UsageError

    chosen: str = config.getoption("platform_ssh_host")
    if chosen and remote_mode != "ssh":
        raise UsageError(f"--ssh-host={chosen} is for --remote-mode ssh, not {remote_mode}")
    return SshOptions(_inventory(config, chosen), _config_file(config, remote_mode))


def _inventory(config: pytest.Config, chosen: str) -> Inventory:
    from pytest_platform.hosts.inventory import Inventory, checked, read_names

    names = read_names(ini(config, "platform_hosts"), "platform_hosts")
    default = str(ini(config, "platform_ssh_host"))
    for source, host in (("--ssh-host", chosen), ("platform_ssh_host", default)):
        if host and host not in names:
            checked(host, source)
    return Inventory(names, chosen, default)


def _config_file(config: pytest.Config, remote_mode: str) -> Path | None:
    """Find the file: as seen from where pytest was called, or from the ini file."""
    from pytest_platform.errors import UsageError
    from pytest_platform.run.remote_mode import SSH_CONFIG

    told, named = os.environ.get(SSH_CONFIG, ""), str(ini(config, "platform_ssh_config"))
    if not told and not named:
        return None
    base = config.invocation_params.dir if told else config.rootpath
    path = base / os.path.expanduser(told or named)  # noqa: PTH111 - the other one raises
    if remote_mode == "ssh" and not is_regular(path):
        source = SSH_CONFIG if told else "platform_ssh_config"
        raise UsageError(f"{source}: there is no file {shown(path)}")
    return path
