"""Drift: real pairs of what Compose renders and what the Engine has, and what must always hold."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import fields, replace

import inspected
from pytest_platform.checks.drift import describe, rights
from pytest_platform.checks.drift.compare import FIELDS, compare
from pytest_platform.checks.drift.desired import desired
from pytest_platform.checks.drift.evidence import config_hash, evidence, image_id, same_content
from pytest_platform.checks.drift.left_over import ORPHAN, orphans
from pytest_platform.checks.drift.model import (
    Attachment,
    ContainerSettings,
    Desired,
    Drift,
    Evidence,
    Hash,
    Healthcheck,
    Image,
    Mount,
    Observed,
)
from pytest_platform.checks.drift.observed import observed
from pytest_platform.compose import image_name
from pytest_platform.compose.rendered import Rendered, environments
from pytest_platform.compose.service import RenderedService, service_of
from pytest_platform.docker.details import Digests, Listed
from pytest_platform.report.redact import redact
from pytest_platform.secrets import Secrets
from pytest_platform.units import nanoseconds

CASES = Path(__file__).parents[1] / "cases" / "drift"
NAMES = sorted(folder.name for folder in CASES.iterdir())
DIGESTS = Digests()
SERVICE = "app"
RECORDED = {name: json.loads((CASES / name / "observed.json").read_text()) for name in NAMES}
RENDERED = {name: json.loads((CASES / name / "config.json").read_text()) for name in NAMES}
TOLD = {name: yaml.safe_load((CASES / name / "case.yaml").read_text()) for name in NAMES}


def _desired(name: str) -> Desired:
    kept = RENDERED[name]
    return desired(SERVICE, Rendered(kept["model"]), DIGESTS.of, Rendered(kept["source"]))


def _observed(name: str, container: Mapping[str, Any], *, with_image: bool = True) -> Observed:
    image = RECORDED[name]["images"].get(container["Image"]) if with_image else None
    return observed(
        DIGESTS.without_values(inspected.container(container)),
        DIGESTS.without_values(inspected.image(image)) if image else None,
    )


def _drifts(name: str, *, with_image: bool = True, with_hash: bool = True) -> list[Drift]:
    kept, seen, wanted = RENDERED[name], RECORDED[name], _desired(name)
    found: list[Drift] = []
    for container in seen["containers"]:
        one = _observed(name, container, with_image=with_image)
        rendered = kept["hash"] if with_hash else None
        known = evidence(wanted, one, seen["references"], rendered, kept["version"])
        found += compare(wanted, one, known)
    listed = [Listed(*one) for one in seen["listed"]]
    project = kept["model"]["name"]
    return found + list(orphans(project, kept["model"]["services"], listed))


@pytest.mark.parametrize("name", NAMES)
def test_recorded(name: str) -> None:
    found = _drifts(name)
    assert {one.code: [one.expected, one.actual] for one in found} == dict(TOLD[name]["expected"])


def test_the_cases_cover_every_code_alone_and_together() -> None:
    sets = [frozenset(told["expected"]) for told in TOLD.values()]
    codes = {*FIELDS, "container.config", ORPHAN}
    assert {code for one in sets for code in one} == codes
    assert {code for one in sets if len(one) == 1 for code in one} == codes
    assert sum(not one for one in sets) >= 20
    assert sum(len(one) > 1 for one in sets) >= 5


@pytest.mark.parametrize("name", NAMES)
def test_without_the_hash_the_fields_alone_decide(name: str) -> None:
    """The hash never hides a difference, and never adds one but its own."""
    codes = {one.code for one in _drifts(name, with_hash=False)}
    assert codes <= set(TOLD[name]["expected"])
    assert codes - {"container.config"} == set(TOLD[name]["expected"]) - {"container.config"}


@pytest.mark.parametrize("name", NAMES)
def test_without_the_image_nothing_is_invented(name: str) -> None:
    codes = {one.code for one in _drifts(name, with_image=False)}
    assert codes - {"container.config"} <= set(TOLD[name]["expected"])


@pytest.mark.parametrize("name", NAMES)
def test_no_environment_value_in_a_text(name: str) -> None:
    entries = [one for each in RECORDED[name]["containers"] for one in each["Config"]["Env"]]
    values = {entry.partition("=")[2] for entry in entries}
    values |= {value for _, value in environments(Rendered(RENDERED[name]["model"]))}
    secrets = Secrets(values)
    for one in _drifts(name):
        if one.code == "container.environment":
            assert redact(one.expected, secrets) == one.expected
            assert redact(one.actual, secrets) == one.actual


@pytest.mark.parametrize("name", [name for name in NAMES if "password" in name])
def test_forgotten_credentials_are_not_shown(name: str) -> None:
    assert not any("forgotten" in one.expected + one.actual for one in _drifts(name))


@pytest.mark.parametrize(
    ("used", "held", "same"),
    [
        ("sha256:a", [{"ID": "sha256:a", "Kind": "image"}], True),
        ("sha256:a", [{"ID": "sha256:b", "Kind": "image"}], False),
        ("sha256:a", [{"ID": "sha256:a", "Kind": "attestation"}], False),
        ("sha256:a", [{"ID": "sha256:a", "Kind": "unknown"}], False),
        ("sha256:a", [], False),
        (None, [{"ID": None, "Kind": "image"}], False),
    ],
)
def test_an_index_that_holds_the_same_manifest_is_the_same_image(
    used: str | None, held: list[Mapping[str, Any]], same: bool
) -> None:
    container = {"ImageManifestDescriptor": {"digest": used} if used else None}
    image = inspected.image({"Manifests": held})
    assert same_content(inspected.container(container), image) is same


@pytest.mark.parametrize("held", [[], [{"ID": None, "Kind": "image"}]])
def test_a_manifest_without_an_id_is_the_same_as_none(held: list[Mapping[str, Any]]) -> None:
    container = inspected.container({"ImageManifestDescriptor": {"digest": None}})
    image = inspected.image({"Manifests": held})
    assert not same_content(container, image)


@pytest.mark.parametrize("project", ["a", "z"])
def test_a_container_of_another_project_is_not_left_over(project: str) -> None:
    assert not orphans("home", {"app"}, [Listed("old-1", project, "old")])


@pytest.mark.parametrize("more", [0, 1])
def test_a_text_of_the_limit_is_shown_whole(more: int) -> None:
    text = describe.shortened((describe.LIMIT + more) * "x")
    assert len(text) == describe.LIMIT
    assert text.endswith("…") is bool(more)


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)
NUMBERS = st.integers(0, 10**12)
CHECKS = st.none() | st.builds(
    Healthcheck, st.lists(WORDS).map(tuple), NUMBERS, NUMBERS, NUMBERS, NUMBERS
)
PORTS = st.frozensets(st.sampled_from(["80/tcp", "81/tcp", "53/udp"]))
VALUES = st.dictionaries(WORDS, st.none() | WORDS.map(DIGESTS.of), max_size=3)
LABELS = st.dictionaries(WORDS, WORDS, max_size=3)
COMMANDS = st.lists(WORDS, max_size=3).map(tuple)
MOUNTS = st.builds(
    Mount, st.sampled_from(["bind", "volume", "tmpfs"]), st.just("") | WORDS, st.booleans()
)
SETTINGS = st.builds(
    ContainerSettings,
    image=WORDS.map(image_name.normal),
    command=COMMANDS,
    entrypoint=COMMANDS,
    environment=VALUES,
    published=st.frozensets(st.sampled_from(["80->80/tcp", "any->81/tcp"])),
    exposed=PORTS,
    mounts=st.dictionaries(st.sampled_from(["/a", "/b", "/c"]), MOUNTS),
    networks=st.dictionaries(WORDS, st.builds(Attachment, st.frozensets(WORDS)), max_size=2),
    restart=st.sampled_from(["no", "always", "on-failure:3"]),
    user=WORDS,
    healthcheck=CHECKS,
    labels=LABELS,
)
IMAGES = st.none() | st.builds(
    Image, environment=VALUES, exposed=PORTS, volumes=st.frozensets(st.sampled_from(["/a", "/z"]))
)
OBSERVED = st.builds(Observed, SETTINGS, IMAGES, own_names=st.frozensets(WORDS, max_size=2))


@given(OBSERVED)
@settings(max_examples=500)
def test_what_runs_does_not_differ_from_itself(one: Observed) -> None:
    """The files that say all of what a container has leave nothing to report."""
    brought = one.image.environment if one.image else {}
    unset = {name: None for name in brought if name not in one.settings.environment}
    wanted = replace(one.settings, environment={**unset, **one.settings.environment})
    assert compare(Desired(wanted), one) == ()


@given(SETTINGS, OBSERVED, st.builds(Evidence, st.sampled_from(Hash), st.just("") | WORDS))
@settings(max_examples=500)
def test_any_two_sides_can_be_compared(
    wanted: ContainerSettings, one: Observed, known: Evidence
) -> None:
    found = compare(Desired(wanted), one, known)
    digests = {*wanted.environment.values(), *one.settings.environment.values()} - {None}
    for drift in found:
        assert drift.expected != drift.actual
        assert not any(str(digest) in drift.expected + drift.actual for digest in digests)
    assert len({drift.code for drift in found}) == len(found)
    if known.config_hash is Hash.DIFFERENT:
        assert found


@pytest.mark.parametrize("name", NAMES)
def test_what_was_recorded_does_not_differ_from_itself(name: str) -> None:
    for container in RECORDED[name]["containers"]:
        one = _observed(name, container)
        brought = one.image.environment if one.image else {}
        unset = {key: None for key in brought if key not in one.settings.environment}
        wanted = replace(one.settings, environment={**unset, **one.settings.environment})
        assert compare(Desired(wanted), one) == ()


@given(name=st.sampled_from(NAMES), seed=st.integers())
@settings(max_examples=300)
def test_the_order_of_what_has_none_is_no_drift(name: str, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - it shuffles
    kept = RENDERED[name]
    model = _shuffled(kept["model"], chance)
    wanted = desired(SERVICE, Rendered(model), DIGESTS.of, Rendered(kept["source"]))
    assert wanted == _desired(name)
    for container in RECORDED[name]["containers"]:
        assert _observed(name, _shuffled(container, chance)) == _observed(name, container)


_ORDERED = {"command", "entrypoint", "test", "Cmd", "Entrypoint", "Test"}


def _shuffled(value: Any, chance: random.Random, key: str = "") -> Any:
    if isinstance(value, dict):
        items = list(value.items())
        chance.shuffle(items)
        return {name: _shuffled(one, chance, name) for name, one in items}
    if isinstance(value, list):
        ordered = [_shuffled(one, chance) for one in value]
        if key not in _ORDERED:
            chance.shuffle(ordered)
        return ordered
    return value


@given(
    name=st.sampled_from(NAMES),
    extra=st.dictionaries(
        st.sampled_from(["A", "B", "C"]),
        # Not what a message may say in its own words.
        st.text(st.characters(codec="utf-8", exclude_characters="\0$")).map("swordfish {}".format),
    ),
)
@settings(max_examples=200)
def test_values_become_drift_and_stay_unseen(name: str, extra: dict[str, str]) -> None:
    kept = RENDERED[name]
    services = kept["model"]["services"]
    service = services[SERVICE]
    environment = {**(service.get("environment") or {}), **extra}
    model = {**kept["model"], "services": {SERVICE: {**service, "environment": environment}}}
    wanted = desired(SERVICE, Rendered(model), DIGESTS.of)
    for container in RECORDED[name]["containers"]:
        found = compare(wanted, _observed(name, container))
        texts = "".join(one.expected + one.actual for one in found)
        same = {entry.partition("=")[2] for entry in container["Config"]["Env"]}
        codes = {one.code for one in found}
        assert "container.environment" in codes or set(extra.values()) <= same
        assert not any(value in texts for value in extra.values())


def test_every_field_is_compared() -> None:
    """A field that changes alone gives the drift of its own code."""
    one = _observed("same-defaults", RECORDED["same-defaults"]["containers"][0])
    one = replace(one, image=None)
    changed = _observed("everything", RECORDED["everything"]["containers"][0]).settings
    for field in fields(ContainerSettings):
        value = getattr(changed, field.name)
        if value == getattr(one.settings, field.name) or field.name == "exposed":
            continue
        settings = replace(one.settings, **{field.name: value})
        assert len(compare(Desired(settings), one)) == 1, field.name


@pytest.mark.parametrize(
    ("written", "rendered", "ours", "theirs", "expected"),
    [
        ("abc", "abc", "5.6.1", "5.6.1", Hash.EQUAL),
        ("abc", "abd", "5.6.1", "5.6.1", Hash.DIFFERENT),
        ("abc", "abd", "5.6.1", "5.6.0", Hash.UNKNOWN),
        ("abc", None, "5.6.1", "5.6.1", Hash.UNKNOWN),
        ("", "abc", "5.6.1", "5.6.1", Hash.UNKNOWN),
    ],
)
def test_hashes_are_compared_within_one_version(
    written: str, rendered: str | None, ours: str, theirs: str, expected: Hash
) -> None:
    one = Observed(ContainerSettings(), config_hash=written, compose_version=theirs)
    assert config_hash(one, rendered, ours) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("busybox", "docker.io/library/busybox:latest"),
        ("library/busybox:1", "docker.io/library/busybox:1"),
        ("docker.io/busybox", "docker.io/library/busybox:latest"),
        ("index.docker.io/me/app", "docker.io/me/app:latest"),
        ("me/app:1", "docker.io/me/app:1"),
        ("localhost/app", "localhost/app:latest"),
        ("localhost:5000/app:1", "localhost:5000/app:1"),
        ("ghcr.io/me/app@sha256:ab", "ghcr.io/me/app@sha256:ab"),
        ("ghcr.io/me/app:1@sha256:ab", "ghcr.io/me/app:1@sha256:ab"),
        ("sha256:ab", "sha256:ab"),
    ],
)
def test_references(text: str, expected: str) -> None:
    assert image_name.normal(text) == expected
    assert image_name.normal(expected) == expected


def test_a_digest_decides_over_a_tag() -> None:
    assert image_name.decisive("me/app:1@sha256:ab") == "docker.io/me/app@sha256:ab"


@pytest.mark.parametrize(
    ("cpus", "billionths"),
    [
        (0.13, 129_999_992),
        (1.999, 1_998_999_936),
        ("0.333333", 333_332_992),
        (0.12345679, 123_456_792),
        (0.57, 570_000_000),
        (0.01, 10_000_000),
    ],
)
def test_cpus_are_counted_as_compose_counts_them(cpus: Any, billionths: int) -> None:
    """Recorded: what Compose asked Docker for."""
    assert rights.declared(RenderedService(cpus=cpus))["cpus"] == str(billionths)
    limits = {"deploy": {"resources": {"limits": {"cpus": cpus}}}}
    assert rights.declared(service_of(limits))["cpus"] == str(billionths)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("1m30s", 90), ("1h0m0s", 3600), ("1.5s", 1.5), ("200ms", 0.2), (None, 0)],
)
def test_durations(text: str | None, seconds: float) -> None:
    assert nanoseconds(text) == round(seconds * 10**9)


@pytest.mark.parametrize(
    "command",
    [
        ["app", "--password=hunter22"],
        ["app", "--password", "hunter22"],
        ["app", "--db-token", "hunter22"],
        ["sh", "-c", "export API_KEY=hunter22; run"],
        ["app", "postgres://me:hunter22@db/x"],
        ["mount", "-o", "username=me,password=hunter22"],
        ["app", "--opt=vers=3.0,user:me,pass:hunter22,ro"],
        ["curl", "-H", "authorization: hunter22"],
        ["mc", "alias", "set", "local", "http://minio:9000", "root", "hunter22hunter22"],
        ["sh", "-c", "mc alias set local http://minio:9000 root hunter22hunter22 && mc ls"],
    ],
)
def test_commands_are_shown_without_credentials(command: list[str]) -> None:
    assert "hunter22" not in describe.words(command)


@pytest.mark.parametrize(
    "text",
    [
        "server /data --console-address :9001",
        "sleep 600",
        "--config=/etc/app/v2-config.yaml",
        "postgres -c max_connections=200",
        "ghcr.io/me/app-2024:1.2.3",
    ],
)
def test_ordinary_words_are_shown(text: str) -> None:
    assert describe.masked(text) == text


def test_one_label_of_variables_hides_no_other() -> None:
    model = {"services": {SERVICE: {"labels": {"rule": "Host(`a`)", "port": "81"}}}}
    source = {"services": {SERVICE: {"labels": {"rule": "Host(`${NAME}`)", "port": "81"}}}}
    wanted = desired(SERVICE, Rendered(model), DIGESTS.of, Rendered(source))
    one = Observed(replace(wanted.settings, labels={"rule": "Host(`b`)", "port": "80"}))
    (found,) = compare(wanted, one)
    assert (found.expected, found.actual) == ("port=81, rule=[hidden]", "port=80, rule=[hidden]")


def test_the_same_digest_under_another_tag_is_the_same_image() -> None:
    digest = f"sha256:{'ab' * 32}"
    wanted = ContainerSettings(image=image_name.normal(f"app:1@{digest}"))
    one = Observed(ContainerSettings(image=image_name.normal(f"app@{digest}")))
    assert compare(Desired(wanted), one) == ()


def test_two_runs_have_different_digests() -> None:
    assert Digests().of("value") != Digests().of("value")
    assert "value" not in repr(Digests())


@pytest.mark.parametrize("wanted", ["a", "m", "z"])
def test_a_reference_means_the_image_of_that_name_alone(wanted: str) -> None:
    names = {"m:latest": "sha256:2", "docker.io/library/z": "sha256:3", "a:latest": "sha256:1"}
    ids = {"a": "sha256:1", "m": "sha256:2", "z": "sha256:3"}
    for references in (names, dict(reversed(names.items()))):
        assert image_id(image_name.normal(wanted), references) == ids[wanted]


@pytest.mark.parametrize(
    ("wanted", "expected"), [("other", ""), ("sha256:ab", "sha256:ab"), ("zz", "")]
)
def test_an_image_that_is_not_there_has_no_id(wanted: str, expected: str) -> None:
    assert image_id(image_name.normal(wanted), {"m": "sha256:2"}) == expected
