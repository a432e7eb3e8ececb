"""What a host says of its name servers, where that is of no use."""

from __future__ import annotations

import pytest

from probes.conftest import Load, ask
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.transport import CommandResult
from pytest_platform.module.loader import Module
from transports import Answering, Command

USELESS = (
    "",
    "search example.org\n",
    "nameserver\n",
    "nameserver somewhere\n",
    "nameserver 1.2.3\n",
)


def host(text: str) -> Answering:
    """Return a host with a resolv.conf of our own."""

    def answer(command: Command) -> CommandResult:
        assert command.argv == ("cat", "/etc/resolv.conf")
        return CommandResult(0, text, "")

    return Answering(answer)


@pytest.mark.parametrize("text", USELESS)
def test_it_is_an_error(load: Load, text: str) -> None:
    module = load({"dns": {"name": "status.example.org"}})
    assert isinstance(module, Module)
    with pytest.raises(PlatformError, match="names no name server") as caught:
        ask(module, host(text))
    assert caught.value.code == "probe.no_resolver"
