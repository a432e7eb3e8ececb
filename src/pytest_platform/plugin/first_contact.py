"""What a run says of what it did not look at, and which option would."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_platform.plugin.run import Run


def unseen(run: Run) -> Iterator[str]:
    """Yield lines for the end of a run: services without a module, and a mode that skips."""
    from pytest_platform.run.compose_catalog import ComposeCatalog

    if isinstance(run.catalog, ComposeCatalog):
        line = run.catalog.unseen(run.selected or ())
        if line:
            yield line
