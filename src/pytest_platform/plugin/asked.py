"""The hosts that pytest knows, for a command that is not pytest."""

from __future__ import annotations

import pytest

from pytest_platform.errors import UsageError
from pytest_platform.plugin.ssh_options import ssh_of
from pytest_platform.run.remote_mode import OverSsh

_QUIET = ("-o", "addopts=", "--remote-mode=ssh")
"""What a project adds to each run is for runs that test something."""


class _Asks:
    """A plugin that looks at the settings, and ends the run before anything is collected."""

    def __init__(self) -> None:
        self.found: OverSsh | UsageError | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> int:
        try:
            ssh = ssh_of(config, "ssh")
            others = config.hook.pytest_platform_transport
            self.found = OverSsh(ssh.inventory, ssh.config, others)
        except UsageError as error:
            self.found = error
        return 0


def over_ssh(chosen: str) -> OverSsh:
    """Return the hosts as a run of pytest in this folder with ``--ssh-host=chosen`` has them.

    The ini file, its ``platform_hosts``, and plugins that bring transports count; ``chosen`` may
    be empty.

    Raises:
        UsageError: the settings name a host or a file that cannot be used.
    """
    asks = _Asks()
    words = [*_QUIET, *([f"--ssh-host={chosen}"] if chosen else [])]
    code = pytest.main(words, plugins=[asks])
    if isinstance(asks.found, OverSsh):
        return asks.found
    raise asks.found or UsageError(
        f"pytest cannot be started in this folder (exit code {int(code)}); it has said why"
    )
