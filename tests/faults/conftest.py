"""The Engine, and projects that are always removed, as the end-to-end tests have them."""

from e2e.conftest import _signals, engine, new_project

__all__ = ["_signals", "engine", "new_project"]
