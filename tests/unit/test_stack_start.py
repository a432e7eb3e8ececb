"""What the start of a stack asks of Compose, and which fault is told where there are two."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_platform.checks.registry import vocabulary
from pytest_platform.compose.renderer import Renderer
from pytest_platform.hosts.transport import CommandResult, Local
from pytest_platform.module.catalog import Catalog
from pytest_platform.stack.ephemeral import Ephemeral
from pytest_platform.stack.errors import StackRefused
from pytest_platform.stack.owner import new_name
from pytest_platform.verdict import Location

MODULE = """\
apiVersion: platform/v2
kind: Module
metadata: {name: app, summary: A module., owner: me}
spec:
  runtime:
    compose: {files: [compose.yaml], project: p, service: app}
    expected_state: running
  state: {class: stateless}
"""
WHOLE = "services: {app: {image: busybox}}"
LACKS_A_VALUE = "services: {app: {image: busybox, environment: {PASSWORD: '${PASSWORD:?}'}}}"
BROKEN = "services: {app: {image: [busybox]}}"


class Counting(Local):
    """Keeps what was asked of Compose on the machine that pytest runs on."""

    def __init__(self) -> None:
        super().__init__()
        self.renderings: list[Sequence[str]] = []

    def run(self, argv: Sequence[str], **options: Any) -> CommandResult:
        if "config" in argv:
            self.renderings.append(argv)
        return super().run(argv, **options)


@pytest.mark.parametrize(
    ("files", "verbatim"), [(WHOLE, 0), (LACKS_A_VALUE, 1), (BROKEN, 0)], ids=str
)
def test_it_is_rendered_as_often_as_it_must_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: str, verbatim: int
) -> None:
    # No Engine: all that is asked before one is needed has been asked by then.
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    monkeypatch.delenv("PASSWORD", raising=False)
    folder = tmp_path / "modules" / "app"
    folder.mkdir(parents=True)
    (folder / "module.yaml").write_text(MODULE)
    (folder / "compose.yaml").write_text(files)
    catalog = Catalog(tmp_path / "modules", tmp_path, vocabulary())
    here = Counting()
    stack = Ephemeral(new_name(), here, Renderer(here), catalog, tmp_path)
    module = catalog.require("app", wanted_by=Location("", 0))
    with pytest.raises(StackRefused, match="the Engine is on another machine"):
        stack.start([module])
    stack.stop()
    assert here.renderings
    assert sum("--no-interpolate" in one for one in here.renderings) == verbatim
