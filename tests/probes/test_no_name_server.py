"""What a host says of its name servers, where that is of no use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from probes.conftest import Load, ask
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.transport import CommandResult, Local
from pytest_platform.module.loader import Module

USELESS = (
    "",
    "search example.org\n",
    "nameserver\n",
    "nameserver somewhere\n",
    "nameserver 1.2.3\n",
)


class Host(Local):
    """A host with a resolv.conf of our own."""

    def __init__(self, text: str) -> None:
        self._text = text

    def run(self, argv: Sequence[str], **_: Any) -> CommandResult:
        """Answer what the probe asks."""
        assert argv == ["cat", "/etc/resolv.conf"]
        return CommandResult(0, self._text, "")


@pytest.mark.parametrize("text", USELESS)
def test_it_is_an_error(load: Load, text: str) -> None:
    module = load({"dns": {"name": "status.example.org"}})
    assert isinstance(module, Module)
    with pytest.raises(PlatformError, match="names no name server") as caught:
        ask(module, Host(text))
    assert caught.value.code == "probe.no_resolver"
