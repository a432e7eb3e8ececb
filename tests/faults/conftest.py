"""The Engine, projects and servers of the end-to-end tests, which are always removed."""

from e2e.conftest import _signals, engine, new_project, new_sshd, remains

__all__ = ["_signals", "engine", "new_project", "new_sshd", "remains"]
