"""Findings about a script point at its own line and column, on cases that are data.

In the files of a case, ``«`` marks each place that is to be found; it is taken out before the
files are judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_platform.checks.contract import masked_failure, on_units
from pytest_platform.checks.contract.check import unread_result
from pytest_platform.checks.contract.facts import Facts
from pytest_platform.checks.registry import CONTRACT, vocabulary
from pytest_platform.compose import source
from pytest_platform.compose.renderer import Renderer
from pytest_platform.compose.tree import documents
from pytest_platform.hosts.transport import Local
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Module
from pytest_platform.report.answers import check_of
from pytest_platform.scripts.invocation import Argument, program
from pytest_platform.secrets import Secrets
from pytest_platform.verdict import Finding, Location, Verdict, failed

CASES = sorted((Path(__file__).resolve().parents[1] / "cases" / "script_positions").glob("*.yaml"))
MARK = "«"
TODAY = date(2026, 6, 15)
MODULE = """\
apiVersion: platform/v2
kind: Module
metadata: {name: app, summary: A part., owner: platform}
spec:
  runtime:
    compose: {files: [compose.yaml], project: cases, service: app}
    expected_state: exited-success
  state: {class: sidecar, owner: store, backup_ref_modules: [store]}
"""


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(Local())


def marks(name: str, text: str) -> Iterator[str]:
    """Yield the marked places; each mark is gone before the next one is looked for."""
    while (at := text.find(MARK)) >= 0:
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        yield f"modules/app/{name}:{line}:{column}"
        text = text.replace(MARK, "", 1)


def lay_out(root: Path, files: dict[str, str]) -> None:
    for name, text in {"module.yaml": MODULE, **files}.items():
        file = root / "modules" / "app" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace(MARK, ""), encoding="utf-8", newline="")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_it_points_there(case: Path, tmp_path: Path, renderer: Renderer) -> None:
    told: dict[str, Any] = yaml.safe_load(case.read_text(encoding="utf-8"))
    lay_out(tmp_path, told["files"])
    facts = _facts(tmp_path, told["files"]["compose.yaml"], renderer)
    found = [facts.placed(one) for one in CONTRACT[f"contract.{told['check']}"](facts)]
    expected = [place for name, text in told["files"].items() for place in marks(name, text)]
    assert expected, "a case marks at least one place"
    seen = sorted(str(one.location) for one in found)
    assert seen == sorted(expected), [one.message for one in found]


def _facts(root: Path, compose: str, renderer: Renderer, module: str = MODULE) -> Facts:
    lay_out(root, {"compose.yaml": compose, "module.yaml": module})
    catalog = Catalog(root / "modules", root, vocabulary())
    found = catalog.get("app")
    assert isinstance(found, Module)
    return Facts(found, catalog, renderer, TODAY)


IN_THE_IMAGE = "services: {app: {image: acme/app, command: [sh, -e, /app/init.sh]}}"


@pytest.mark.parametrize("check", ["script", "masked_failure"])
def test_a_script_of_the_image_is_not_judged(
    check: str, tmp_path: Path, renderer: Renderer
) -> None:
    facts = _facts(tmp_path, IN_THE_IMAGE, renderer)
    with pytest.raises(on_units.Unread, match=r"`/app/init.sh` is not in the repository") as told:
        list(CONTRACT[f"contract.{check}"](facts))
    assert str(told.value.location) == "modules/app/compose.yaml:1"
    result = unread_result(facts.module, f"contract.{check}", told.value, TODAY)
    assert result.verdict is Verdict.SKIPPED


def test_a_waiver_accepts_what_cannot_be_read(tmp_path: Path, renderer: Renderer) -> None:
    waiver = (
        '  waivers: [{code: contract.masked_failure, reason: "read once", until: 2027-01-01}]\n'
    )
    facts = _facts(tmp_path, IN_THE_IMAGE, renderer, MODULE + waiver)
    result = unread_result(facts.module, masked_failure.CODE, on_units.Unread("?"), TODAY)
    assert result.verdict is Verdict.PASSED
    assert not list(CONTRACT["contract.interpolation"](facts))


@pytest.mark.parametrize(
    "command",
    [
        "[/app/serve, --migrate]",
        '[sh, -c, "mc ready s && sh /app/init.sh"]',
        "[wait-for-it.sh, 'db:1', --, app, migrate]",
    ],
)
def test_what_is_no_script_file_alone_is_judged(
    command: str, tmp_path: Path, renderer: Renderer
) -> None:
    text = f"services: {{app: {{image: acme/app, command: {command}}}}}"
    facts = _facts(tmp_path, text, renderer)
    assert not list(CONTRACT["contract.masked_failure"](facts))


def test_a_case_says_why() -> None:
    assert CASES
    assert all(case.read_text(encoding="utf-8").startswith("# ") for case in CASES)


TEXTS = st.text(st.sampled_from("ab é'\"\\$n#:-&|>\n\t"), min_size=1, max_size=60)


@given(value=TEXTS, style=st.sampled_from([None, "'", '"', "|", ">"]), width=st.integers(5, 40))
def test_every_character_is_found(value: str, style: str | None, width: int) -> None:
    text = yaml.dump({"a": value}, default_style=style, width=width, allow_unicode=True)
    # PyYAML folds some texts so that they are read as others, its own reader included.
    assume(yaml.safe_load(text) == {"a": value})
    (node,) = [node for _, _, node in documents(text)[0].children]
    assert node.text == value
    lines = text.split("\n")
    for at, char in enumerate(value):
        line, column = source.position(text, node.span, node.text, at)
        seen = lines[line - 1][column - 1 : column]
        assert char.isspace() or seen in {char, "\\"}, (text, at, line, column)


def test_a_record_has_the_column() -> None:
    place = Location("compose.yaml", 3, 7)
    result = failed([Finding("contract.script", "It is wrong.", location=place)], place)
    record = check_of("contract::script", result, 0.0, Secrets())
    assert [one.column for one in record.findings or ()] == [7]
    without = failed([Finding("contract.script", "It is wrong.")], Location("compose.yaml", 3))
    record = check_of("contract::script", without, 0.0, Secrets())
    assert [one.column for one in record.findings or ()] == [None]


@pytest.mark.parametrize("number", range(4))
def test_a_place_belongs_to_the_word_that_holds_it(number: int) -> None:
    texts = ["xargs", "-n1", "sh", "-c"]
    words = [Argument(one, "command", one, ("command", str(at))) for at, one in enumerate(texts)]
    found = program(words)
    assert found is not None
    assert found.written == "xargs -n1 sh -c"
    path, _ = found.place(found.written.index(texts[number]))
    assert path == ("command", str(number))
