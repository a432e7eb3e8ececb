"""What a run says where nothing of ours is there yet. Imports nothing heavy."""

from __future__ import annotations

from typing import Final

import pytest

from pytest_platform.compose.default_names import NAMES

_HINT: Final = (
    "pytest-platform: {name} is tested by no module; try: pytest --compose "
    "--remote-mode local, or write modules: python -m pytest_platform adopt"
)


def first_contact(config: pytest.Config) -> list[str]:
    """Return the two commands that help in a repository that has a Compose file and no modules."""
    folders = dict.fromkeys((config.invocation_params.dir, config.rootpath))
    found = (name for folder in folders for name in NAMES if (folder / name).is_file())
    name = next(found, None)
    return [_HINT.format(name=name)] if name else []
