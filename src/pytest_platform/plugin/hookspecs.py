"""Hooks for other plugins. They return values; they change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_platform.probes.kind import ProbeKind


def pytest_platform_probes() -> Mapping[str, ProbeKind]:  # type: ignore[empty-body]
    """Return more probe kinds by name, to be used under ``health`` and ``smoke``.

    A name that is taken already is a usage error.
    """
