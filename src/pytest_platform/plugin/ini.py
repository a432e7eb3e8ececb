"""The values of the ini file. They are known in every project, so that none is a typing mistake."""

from __future__ import annotations

from typing import Final

import pytest

MODULES: Final = "modules"
"""The folder of modules, where nothing else is said."""

REPORTS: Final = "platform_reports"
HISTORY: Final = "platform_history"

_TEXTS: Final = {
    HISTORY: ("", "default of --platform-history: a path from the rootdir"),
    "platform_ssh_host": ("", "host of modules that name none themselves"),
    "platform_ssh_config": ("", "configuration file of the ssh client"),
    "platform_remote_mode": ("", "default of --remote-mode"),
    "platform_modules_dir": (MODULES, "default of --modules-dir"),
    "platform_audit_log": (
        ".pytest_platform/audit.jsonl",
        "where attempts at --apply are written down",
    ),
}
_LISTS: Final = {
    REPORTS: "what --platform-report is always asked for: FORMAT=PATH, one a line; "
    "paths from the rootdir",
    "platform_hosts": "names of hosts: name = destination",
}


def add(parser: pytest.Parser) -> None:
    """Register them."""
    for name, (default, about) in _TEXTS.items():
        parser.addini(name, about, default=default)
    for name, about in _LISTS.items():
        parser.addini(name, about, type="linelist", default=[])
