"""A body that is packed is unpacked as far as it is read, and no further."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

from probes.conftest import Load, ask
from probes.servers import BOMB
from pytest_platform.module.loader import Module

LIMIT = 16 << 20
"""Bytes that reading 1 MiB may take at most, of 64 MiB that the body would be."""


def test_a_body_is_not_unpacked_whole(load: Load, port_of: Callable[[str], int]) -> None:
    url = f"http://127.0.0.1:{port_of('site')}/packed-huge"
    module = load({"http": {"url": url, "body": {"contains": ["it works"]}}})
    assert isinstance(module, Module)
    tracemalloc.start()
    try:
        (found,) = ask(module)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "of which only the beginning was read" in found.message
    assert peak < LIMIT, f"{peak} bytes for a body of {len(BOMB)}"
