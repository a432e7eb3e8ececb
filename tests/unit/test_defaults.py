"""What all modules share stands in one file, and a module says the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_platform.checks.registry import vocabulary
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Broken, Module

ROOT = Path(__file__).resolve().parents[2]
MODULE = """\
apiVersion: platform/v2
kind: Module
metadata: {name: web, summary: Serves the page.}
spec:
  runtime: {compose: {service: web}, expected_state: running}
  state: {class: stateless}
"""
DEFAULTS = """\
apiVersion: platform/v2
kind: Defaults
owner: platform
contract: draft
compose: {files: [../compose.yaml], project: home}
host: nas
"""


def _load(root: Path, defaults: str, module: str = MODULE, project: str = "") -> Module | Broken:
    (root / "modules" / "web").mkdir(parents=True)
    (root / "modules" / "web" / "module.yaml").write_text(module, encoding="utf-8")
    if defaults:
        (root / "modules" / "defaults.yaml").write_text(defaults, encoding="utf-8")
    return Catalog(root / "modules", root, vocabulary(), "", project).get("web")


def test_a_module_is_six_lines(tmp_path: Path) -> None:
    module = _load(tmp_path, DEFAULTS)
    assert isinstance(module, Module), module
    metadata, runtime = module.manifest.metadata, module.manifest.spec.runtime
    assert (metadata.owner, metadata.contract, runtime.host) == ("platform", "draft", "nas")
    assert (module.compose_files, module.project) == ((tmp_path / "compose.yaml",), "home")
    assert module.at("metadata", "owner").line == 3


def test_what_a_module_says_holds(tmp_path: Path) -> None:
    text = MODULE.replace("the page.", "the page., owner: me, contract: strict-v2").replace(
        "{service: web}", "{service: web, project: other, files: [../../x.yaml]}"
    )
    module = _load(tmp_path, DEFAULTS, text)
    assert isinstance(module, Module), module
    assert (module.manifest.metadata.owner, module.project) == ("me", "other")
    assert module.compose_files == (tmp_path / "x.yaml",)


def test_without_defaults_what_is_missing_is_told(tmp_path: Path) -> None:
    broken = _load(tmp_path, "")
    assert isinstance(broken, Broken)
    told = " ".join(one.message for one in broken.problems)
    assert all(f"'{key}' is missing" in told for key in ("owner", "files", "project"))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (DEFAULTS.replace("owner:", "ownr:"), 3),
        (DEFAULTS.replace("draft", "loose"), 4),
        (DEFAULTS + "owner: twice\n", 7),
        ("- a list\n", 1),
    ],
)
def test_broken_defaults_point_at_their_own_line(tmp_path: Path, text: str, line: int) -> None:
    broken = _load(tmp_path, text)
    assert isinstance(broken, Broken)
    (problem,) = broken.problems
    assert (problem.location.file, problem.location.line) == ("modules/defaults.yaml", line)


def test_defaults_cannot_lead_out_of_the_repository(tmp_path: Path) -> None:
    broken = _load(tmp_path, DEFAULTS.replace("../compose.yaml", "../../compose.yaml"))
    assert isinstance(broken, Broken)
    assert "leaves the repository" in broken.problems[0].message


def test_all_modules_can_be_put_into_another_project(tmp_path: Path) -> None:
    module = _load(tmp_path, DEFAULTS, project="staging")
    assert isinstance(module, Module)
    assert (module.project, module.deployed_as) == ("staging", "staging")


def test_no_module_of_the_flagship_is_long() -> None:
    """What all of them share is said once, so that each says its own in a dozen lines."""
    lengths = {
        file.parent.name: len(file.read_text(encoding="utf-8").splitlines())
        for file in (ROOT / "modules").glob("*/module.yaml")
    }
    assert lengths.keys() >= {"minio", "minio-init"}
    assert {name: length for name, length in lengths.items() if length > 12} == {}
