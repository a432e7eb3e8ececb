"""The contract checks, on cases that are data.

A case is a folder of files that are laid over ``_base``; its module ``app`` is judged.
Under ``positive`` the check passes. Under ``negative`` it finds exactly what
``expected.yaml`` lists.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_platform.checks.contract.check import apply_waivers
from pytest_platform.checks.contract.facts import Facts
from pytest_platform.checks.registry import CONTRACT, vocabulary
from pytest_platform.compose.refusals import RemoteInclude
from pytest_platform.compose.renderer import Renderer
from pytest_platform.errors import ComposeError, PlatformError
from pytest_platform.hosts.transport import Local
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Broken
from pytest_platform.verdict import Finding, Result, Verdict, failed, passed

CASES = Path(__file__).resolve().parents[1] / "cases" / "contract"
TODAY = date(2026, 6, 15)
SECRET = "correct-horse"  # noqa: S105 - what stands for a secret in the cases
NOT_RENDERED = yaml.safe_load((CASES.parent / "not_rendered.yaml").read_text("utf-8"))
CHECKS = ["schema", *(code.removeprefix("contract.") for code in CONTRACT)]
NEEDS_SOURCE = ["secrets", "image.pinned", "exposure", "command_shape"]
NEEDS_RENDERING = ["restart", "state", *NEEDS_SOURCE]


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(Local())


def cases(kind: str) -> list[Any]:
    folders = sorted(folder for folder in CASES.glob(f"*/{kind}/*") if folder.is_dir())
    return [pytest.param(one, id=f"{one.parents[1].name}-{one.name}") for one in folders]


def lay_out(case: Path, root: Path) -> Path:
    for layer in (CASES / "_base", case):
        shutil.copytree(layer, root, dirs_exist_ok=True)
    return root


def facts_of(root: Path, renderer: Renderer) -> Facts | Broken:
    catalog = Catalog(root / "modules", root, vocabulary())
    module = catalog.get("app")
    return module if isinstance(module, Broken) else Facts(module, catalog, renderer, TODAY)


def answer(check: str, facts: Facts | Broken) -> Result:
    if isinstance(facts, Broken):
        found = [Finding(one.code, one.message, location=one.location) for one in facts.problems]
        return failed(found, facts.problems[0].location)
    if check == "schema":
        return passed()
    found = [facts.placed(one) for one in CONTRACT[f"contract.{check}"](facts)]
    return apply_waivers(facts.module, f"contract.{check}", found, TODAY)


def told(result: Result) -> list[dict[str, str]]:
    return [
        {"code": one.code, "message": one.message, "location": str(one.location)}
        for one in result.findings
    ]


def expected_of(case: Path, seen: list[dict[str, str]]) -> list[dict[str, str]]:
    """Read what is expected; of a message that ends with ``: …`` the rest is Compose's own."""
    expected: list[dict[str, str]] = yaml.safe_load((case / "expected.yaml").read_text("utf-8"))
    for one, other in zip(expected, seen, strict=False):
        start = one["message"].removesuffix("…")
        if one["message"].endswith(": …") and other["message"].startswith(start):
            one["message"] = other["message"]
    return expected


@pytest.mark.parametrize("case", cases("positive"))
def test_passes(case: Path, tmp_path: Path, renderer: Renderer) -> None:
    result = answer(case.parents[1].name, facts_of(lay_out(case, tmp_path), renderer))
    assert result.verdict is Verdict.PASSED, told(result)
    warning = case / "warning.txt"
    assert result.message == (warning.read_text("utf-8").strip() if warning.exists() else "")


@pytest.mark.parametrize("case", cases("negative"))
def test_is_found(case: Path, tmp_path: Path, renderer: Renderer) -> None:
    result = answer(case.parents[1].name, facts_of(lay_out(case, tmp_path), renderer))
    assert result.verdict is Verdict.FAILED
    assert told(result) == expected_of(case, told(result))
    assert SECRET not in repr(result)


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_has_cases_both_ways(check: str) -> None:
    for kind in ("positive", "negative"):
        assert any((CASES / check / kind).iterdir()), f"add a case below {check}/{kind}"


def test_every_folder_of_cases_belongs_to_a_check() -> None:
    assert {one.name for one in CASES.iterdir()} == {*CHECKS, "_base"}


@pytest.mark.parametrize("check", NEEDS_RENDERING)
def test_what_does_not_render_is_an_error_that_points_on(
    check: str, tmp_path: Path, renderer: Renderer
) -> None:
    facts = facts_of(lay_out(CASES / "compose" / "negative" / "not_yaml", tmp_path), renderer)
    with pytest.raises(ComposeError, match="contract::compose says why"):
        answer(check, facts)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    "case",
    [
        "values_missing_in_every_field",
        "env_files_missing",
        "include_env_file_missing",
        "profiles_that_exclude_each_other",
        "anchors_without_values",
        "references_without_values",
    ],
)
def test_no_check_needs_values(case: str, check: str, tmp_path: Path, renderer: Renderer) -> None:
    facts = facts_of(lay_out(CASES / "compose" / "positive" / case, tmp_path), renderer)
    assert isinstance(facts, Facts)
    result = answer(check, facts)
    named = [one.message for one in result.findings if check == "interpolation"]
    assert all("has no value and no default" in message for message in named)
    assert result.verdict is (Verdict.FAILED if named else Verdict.PASSED)


@pytest.mark.parametrize("contract", ["draft", "strict-v2"])
def test_a_draft_warns_of_what_has_no_value(
    contract: str, tmp_path: Path, renderer: Renderer
) -> None:
    root = lay_out(CASES / "interpolation" / "negative" / "unset_anywhere", tmp_path)
    file = root / "modules" / "app" / "module.yaml"
    file.write_text(
        file.read_text("utf-8").replace("owner:", f"contract: {contract}, owner:"), "utf-8"
    )
    result = answer("interpolation", facts_of(root, renderer))
    assert result.verdict is (Verdict.PASSED if contract == "draft" else Verdict.FAILED)
    assert len(result.findings) == 5


@pytest.mark.parametrize("check", ["compose", *NEEDS_RENDERING])
@pytest.mark.parametrize(
    "line",
    [
        "include: ['oci://registry.invalid/x:1']",
        "include: [{path: 'https://example.invalid/x.git'}]",
        "x: 1\ninclude: [git@example.invalid:a/b.git]",
    ],
)
def test_nothing_is_fetched(line: str, check: str, tmp_path: Path, renderer: Renderer) -> None:
    root = lay_out(CASES / "_base", tmp_path)
    compose = root / "modules" / "app" / "compose.yaml"
    compose.write_text(f"{line}\n{compose.read_text('utf-8')}", "utf-8")
    facts = facts_of(root, renderer)
    with pytest.raises(RemoteInclude, match="nothing is fetched") as caught:
        answer(check, facts)
    place = f"modules/app/compose.yaml:{line.count(chr(10)) + 1}"
    assert str(caught.value.location) == place


@pytest.mark.parametrize("check", [*NEEDS_RENDERING, "compose"])
def test_without_a_renderer_nothing_passes(
    check: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    facts = facts_of(lay_out(CASES / "_base", tmp_path), Renderer(Local()))
    with pytest.raises(PlatformError, match="no Compose renderer is installed"):
        answer(check, facts)


@dataclass(frozen=True)
class Judged:
    """The checks that gave no answer, and what the check of the Compose file found."""

    not_judged: set[str]
    refused: list[str]


KINDS = {
    "expected_state: running": ("expected_state: healthy", "expected_state: exited-success"),
    "class: stateless": ("class: stateless", "class: sidecar, owner: store"),
}
"""A service that has to be healthy, and a sidecar one-shot: each check reads one of them."""


def judged(root: Path, text: str, renderer: Renderer) -> Judged:
    """Ask all checks about both kinds of module, of a Compose file that goes on with a text."""
    seen = Judged(set(), [])
    compose = root / "modules" / "app" / "compose.yaml"
    compose.write_text(f"{compose.read_text('utf-8')}{text}", "utf-8")
    file = root / "modules" / "app" / "module.yaml"
    declared = file.read_text("utf-8")
    for kind in range(2):
        changed = declared
        for old, new in KINDS.items():
            changed = changed.replace(old, new[kind])
        file.write_text(changed, "utf-8")
        facts = facts_of(root, renderer)
        for check in CHECKS:
            try:
                found = answer(check, facts).findings
            except ComposeError:
                seen.not_judged.add(check)
            else:
                seen.refused.extend(one.message for one in found if check == "compose")
    return seen


@pytest.mark.parametrize("name", NOT_RENDERED["of others"])
def test_what_others_get_wrong_is_told_once(name: str, tmp_path: Path, renderer: Renderer) -> None:
    text = NOT_RENDERED["of others"][name]
    seen = judged(lay_out(CASES / "_base", tmp_path), text, renderer)
    assert seen.not_judged == set()
    assert len(seen.refused) == len(KINDS)


@pytest.mark.parametrize("name", NOT_RENDERED["own"])
def test_only_who_reads_a_field_cannot_judge_it(
    name: str, tmp_path: Path, renderer: Renderer
) -> None:
    case = NOT_RENDERED["own"][name]
    seen = judged(lay_out(CASES / "_base", tmp_path), f"    {case['line']}\n", renderer)
    assert seen.not_judged == set(case["not judged"])
    assert len(seen.refused) == len(KINDS)
