"""The folder of modules: selecting by name, and reading no more than that."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_platform.errors import ModuleBroken, UsageError
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Broken, Module, Vocabulary
from pytest_platform.verdict import Location

HERE = Location("modules/web/module.yaml", 3)


def text(name: str) -> str:
    return f"""\
apiVersion: platform/v2
kind: Module
metadata: {{name: {name}, summary: Serves a page., owner: platform}}
spec:
  runtime:
    compose: {{files: [compose.yaml], project: home, service: {name}}}
    expected_state: healthy
  state: {{class: stateless}}
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    folder = tmp_path / "modules"
    for name in ("minio", "minio-init", "postgres", "web"):
        (folder / name).mkdir(parents=True)
        (folder / name / "module.yaml").write_text(text(name))
    (folder / "not-a-module").mkdir()
    (folder / "module.yaml").write_text("not one either")
    return Catalog(folder, tmp_path, Vocabulary({}, frozenset(), {}))


def test_names(catalog: Catalog) -> None:
    assert catalog.names() == ["minio", "minio-init", "postgres", "web"]


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["web"], ["web"]),
        (["minio*"], ["minio", "minio-init"]),
        (["*"], ["minio", "minio-init", "postgres", "web"]),
        (["web", "*i*", "web"], ["web", "minio", "minio-init"]),
        (["[mw]*"], ["minio", "minio-init", "web"]),
        ([], []),
    ],
)
def test_select(catalog: Catalog, patterns: list[str], names: list[str]) -> None:
    assert catalog.select(patterns) == names


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "../x", "../modules/web", "web/", "/web", "a/b", "we", "WEB"),
        *("web\x00", "web\n", "\x1b[31m", "w" * 5000, "[", "nothing*", "é"),
    ],
)
def test_select_refuses_other_names(catalog: Catalog, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        catalog.select([name])
    told = str(caught.value)
    assert told.isprintable()
    assert len(told) < 1000
    assert not catalog.exists(name)


def test_an_unknown_name_gets_the_nearest(catalog: Catalog) -> None:
    with pytest.raises(UsageError, match=r"no module 'minio_init' .*did you mean 'minio-init'"):
        catalog.select(["web", "minio_init"])


def test_an_unknown_name_without_a_near_one_gets_a_list(catalog: Catalog) -> None:
    with pytest.raises(UsageError, match="there are minio, minio-init, postgres, web"):
        catalog.select(["zzz"])


def test_no_modules_at_all(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "modules", tmp_path, Vocabulary({}, frozenset(), {}))
    assert catalog.names() == []
    with pytest.raises(UsageError, match="--modules-dir"):
        catalog.select(["*"])


def test_a_folder_with_odd_characters_is_a_module(catalog: Catalog) -> None:
    folder = catalog.folder / "a [b] *"
    folder.mkdir()
    (folder / "module.yaml").write_text(text("web"))
    assert catalog.select(["a [b] *"]) == ["a [b] *"]


def test_one_broken_file_hides_no_other(catalog: Catalog) -> None:
    catalog.path("minio").write_text("metadata: [\n")
    catalog.path("postgres").unlink()
    catalog.path("postgres").mkdir()
    kinds = [type(catalog.get(name)) for name in catalog.select(["*"])]
    assert kinds == [Broken, Module, Broken, Module]


def test_a_file_is_read_once(catalog: Catalog) -> None:
    first = catalog.get("web")
    catalog.path("web").unlink()
    assert catalog.get("web") is first


def test_require(catalog: Catalog) -> None:
    assert catalog.require("minio", wanted_by=HERE).name == "minio"


def test_require_of_an_unknown_module(catalog: Catalog) -> None:
    with pytest.raises(ModuleBroken, match="did you mean 'minio'") as caught:
        catalog.require("minoi", wanted_by=HERE)
    assert caught.value.location == HERE


def test_require_of_a_broken_module_points_at_it(catalog: Catalog) -> None:
    catalog.path("minio").write_text("metadata: [\n")
    with pytest.raises(ModuleBroken, match="'minio' cannot be read") as caught:
        catalog.require("minio", wanted_by=HERE)
    assert caught.value.location is not None
    assert caught.value.location.file == "modules/minio/module.yaml"


def test_holds(catalog: Catalog) -> None:
    assert catalog.holds(catalog.path("web"))
    assert not catalog.holds(catalog.folder / "module.yaml")
    assert not catalog.holds(catalog.folder / "web" / "compose.yaml")


def opened(folder: Path, action: Callable[[], object]) -> list[str]:
    """Return the files below ``folder`` that ``action`` opens, and the folders it lists."""
    seen: list[str] = []
    watching = True

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if watching and event in {"open", "os.scandir", "os.listdir"}:
            seen.append(str(arguments[0]))

    sys.addaudithook(hook)
    action()
    watching = False
    return [name for name in seen if name.startswith(str(folder))]


def test_reading_one_opens_no_other(catalog: Catalog) -> None:
    def read_web() -> None:
        for name in catalog.select(["web"]):
            assert isinstance(catalog.get(name), Module)

    assert opened(catalog.folder, read_web) == [str(catalog.path("web"))]
