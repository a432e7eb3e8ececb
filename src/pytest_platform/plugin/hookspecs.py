"""Hooks for other plugins. They return values; they change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_platform.hosts.transport import Transport
    from pytest_platform.probes.kind import ProbeKind


def pytest_platform_probes() -> Mapping[str, ProbeKind]:  # type: ignore[empty-body]
    """Return more probe kinds by name, to be used under ``health`` and ``smoke``.

    A name that is taken already is a usage error.
    """


@pytest.hookspec(firstresult=True)
def pytest_platform_transport(destination: str, name: str) -> Transport | None:
    """Return the transport to a host that is not reached over ssh, None for one that is not yours.

    ``destination`` is an address with a scheme, such as ``lxc://web1``, from the inventory
    (ini ``platform_hosts``); ``name`` is the host's name as people are shown it. Asks nothing yet.
    """
