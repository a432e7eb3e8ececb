"""The generated schema: complete for people, equal to the code, and equal to what is committed."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from pytest_platform.checks.registry import vocabulary
from pytest_platform.cli import main
from pytest_platform.cli.schema import GENERATED
from pytest_platform.module.diagnosis import MAX_PROBLEMS, diagnose
from pytest_platform.module.examples import EXAMPLES
from pytest_platform.module.forms import Base, Text
from pytest_platform.module.loader import shaped
from pytest_platform.module.places import ModuleSource, Path_
from pytest_platform.module.probes import ProbeRefused
from pytest_platform.module.reference import reference_page
from pytest_platform.module.schema import compose_schema, module_schema
from pytest_platform.module.source import parse

KINDS: dict[str, type[Base]] = dict(vocabulary().kinds)
SCHEMA = module_schema(KINDS)
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=FormatChecker(["date"]))
COMMITTED = Path(__file__).parent.parent.parent / "schema"
DOCUMENTS = [parse(text, "example").data for text in EXAMPLES]


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"].endswith("2020-12/schema")
    assert SCHEMA["$id"]


def properties() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, part in SCHEMA["$defs"].items():
        for key, found in part.get("properties", {}).items():
            yield f"{name}.{key}", found


@pytest.mark.parametrize(("name", "found"), list(properties()), ids=lambda one: str(one)[:40])
def test_every_property_helps_people(name: str, found: dict[str, Any]) -> None:
    assert found["title"], name
    assert found["description"], name
    assert found["examples"], name
    validator = VALIDATOR.evolve(schema={**found, "$defs": SCHEMA["$defs"]})
    for example in found["examples"]:
        validator.validate(example)


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_examples_are_valid(text: str) -> None:
    source = parse(text, "example")
    VALIDATOR.validate(source.data)
    shaped(source, KINDS)
    assert text.strip() in reference_page(SCHEMA, intro="", examples=EXAMPLES)


def test_the_examples_show_every_section() -> None:
    page = reference_page(SCHEMA, intro="")
    for part in SCHEMA["$defs"].values():
        if "properties" in part:
            assert f"\n## {part['title']}\n" in page
            for key in part["properties"]:
                assert f"\n| `{key}` |" in page


def test_links_of_the_page_lead_somewhere() -> None:
    page = reference_page(SCHEMA, intro="")
    anchors = {
        line[3:].lower().replace(" ", "-") for line in page.splitlines() if line[:3] == "## "
    }
    links = {part.partition(")")[0] for part in page.split("](#")[1:]}
    assert links <= anchors


class Spec(Base, frozen=True):
    """A kind whose class has a name that the model has too."""

    url: Text


class Probe(Base, frozen=True):
    """Another one."""

    port: int


def test_any_kind_may_be_added() -> None:
    kinds: dict[str, type[Base]] = {**KINDS, "http": Spec, "tcp": Probe}
    schema = module_schema(kinds)
    Draft202012Validator.check_schema(schema)
    data = copy.deepcopy(DOCUMENTS[0])
    data["spec"]["smoke"] = [{"name": "a", "http": {"url": "x"}}, {"name": "b", "tcp": {"port": 1}}]
    Draft202012Validator(schema).validate(data)
    data["spec"]["smoke"][0]["http"] = {}
    told = [problem.message for problem in diagnose(ModuleSource("m", "", data), kinds)]
    assert told == ["'url' is missing in 'http': text"]


def test_without_kinds_no_probe_is_accepted() -> None:
    validator = Draft202012Validator(module_schema({}))
    data = copy.deepcopy(DOCUMENTS[0])
    assert not validator.is_valid(data)
    del data["spec"]["smoke"]
    assert validator.is_valid(data)


def test_many_problems_are_cut() -> None:
    keys = "".join(f"k{number}: 1\n" for number in range(5000))
    problems = diagnose(parse(keys, "m"), KINDS)
    assert len(problems) == MAX_PROBLEMS + 1
    assert "rest is not shown" in problems[-1].message


@pytest.mark.parametrize("name", GENERATED)
def test_the_committed_files_are_the_generated_ones(name: str) -> None:
    committed = (COMMITTED / name).read_text(encoding="utf-8")
    assert committed == GENERATED[name](), "run: python -m pytest_platform schema"


def test_the_command_writes_them(tmp_path: Path) -> None:
    assert main(["schema", str(tmp_path / "new")]) == 0
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(GENERATED)


# --- the schema and the code accept the same files

VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 255, 256, 1000, 1001, "", " ", "\u00a0", "x", "x\n", "\x00"),
    *("5m", "0s", "5m\n", "7d", "1KiB", "1 KB", "2027-01-31", "2027-02-30", "20270131", "soon"),
    *("running", "healthy", "exited-success", "sidecar", "data", "pre_start", "draft", "public"),
    *("platform/v2", "Module", "contract.exposure", "contract.", "../x", "/srv", "a" * 64),
    *([], [""], ["minio"], [None], [5], ["minio", 5], {}, {"a": 1}, {"contains": []}),
    *({"contains": None}, {"contains": ["a"], "matches": ".*"}, {"matches": "("}, {"equals": ""}),
    *({"name": "x"}, [{"name": "x"}], [{"name": "x", "exec": {"command": ["a"]}}], [{}], [[]]),
]
KEYS = sorted({name.rpartition(".")[2] for name, _ in properties()} | {"zzz", "", "<<"})


def places(data: Any, path: Path_ = ()) -> Iterator[Path_]:
    yield path
    children: Any = data.items() if isinstance(data, dict) else ()
    for key, value in enumerate(data) if isinstance(data, list) else children:
        yield from places(value, (*path, key))


def at(data: Any, path: Path_) -> Any:
    for key in path:
        data = data[key]
    return data


def mutate(draw: st.DrawFn, data: Any) -> Any:
    """Replace, delete or add one value somewhere."""
    path = draw(st.sampled_from(list(places(data))))
    value = copy.deepcopy(draw(st.sampled_from(VALUES) | st.text(max_size=3) | st.integers(-5, 5)))
    found = at(data, path)
    if isinstance(found, dict) and draw(st.booleans()):
        found[draw(st.sampled_from(KEYS))] = value
    elif isinstance(found, list) and draw(st.booleans()):
        found.append(value)
    elif not path:
        return value if draw(st.integers(0, 9)) == 0 else data
    elif draw(st.booleans()):
        at(data, path[:-1])[path[-1]] = value
    else:
        del at(data, path[:-1])[path[-1]]
    return data


@st.composite
def documents(draw: st.DrawFn) -> Any:
    """Return a valid document with one to three things changed."""
    data = copy.deepcopy(draw(st.sampled_from([parse(text, "m").data for text in EXAMPLES])))
    for _ in range(draw(st.integers(1, 3))):
        data = mutate(draw, data)
    return data


def refusal(source: ModuleSource) -> str | None:
    try:
        shaped(source, KINDS)
    except ProbeRefused as refused:
        return str(refused)
    return None


@settings(max_examples=400)
@given(documents())
def test_the_schema_and_the_code_accept_the_same(data: Any) -> None:
    source = ModuleSource("module.yaml", "", data)
    refused = refusal(source)
    problems = diagnose(source, KINDS)
    assert bool(problems) == (refused is not None), (refused, problems)
    if VALIDATOR.is_valid(data):
        own_rule = refused is None or not refused.startswith(("Expected", "Object", "Invalid"))
        assert own_rule, refused
    else:
        assert refused is not None
    assert all("\n" not in problem.message for problem in problems)
    assert problems == diagnose(source, KINDS)


# --- the block in a Compose file


def test_the_block_has_the_keys_of_a_module_file() -> None:
    schema = compose_schema(KINDS)
    Draft202012Validator.check_schema(schema)
    good = {"expected_state": "exited-success", "smoke": [{"name": "x", "tcp": {"port": 80}}]}
    validator = Draft202012Validator(schema)
    assert validator.is_valid({"services": {"job": {"image": "x", "x-platform": good}, "b": None}})
    wrong: list[Any] = [{"expected_state": "exited"}, {"compose": {}}, {"smoke": [{"name": "x"}]}]
    for bad in [*wrong, 3]:
        assert not validator.is_valid({"services": {"job": {"x-platform": bad}}}), bad
