"""Compose on a host: asked once for each project, in two commands, and told without values."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_platform.checks.drift.compare import CONFIG
from pytest_platform.checks.drift.evidence import named, taken_as_seen, variable_fields
from pytest_platform.checks.drift.model import ContainerSettings, Desired, Drift, Observed
from pytest_platform.compose.found import taking_part
from pytest_platform.compose.remote import Deployed, RemoteCompose
from pytest_platform.compose.rendered import Rendered
from pytest_platform.errors import CannotCompare
from pytest_platform.hosts.transport import CommandResult
from transports import Answering, always

PROJECT = "com.docker.compose.project"
LABELS = {
    PROJECT: "home",
    f"{PROJECT}.working_dir": "/srv/platform",
    f"{PROJECT}.config_files": "/srv/platform/a.yaml,/srv/platform/b.yaml",
    f"{PROJECT}.environment_file": "/srv/platform/.env",
}
DEPLOYED = Deployed.by(LABELS)
DIGEST = "0" * 64


def answering(code: int, stdout: str = "", stderr: str = "") -> Answering:
    return Answering(always(CommandResult(code, stdout, stderr)), "nas")


def test_the_labels_say_how_to_read_the_same_again() -> None:
    assert DEPLOYED.options() == [
        *("-p", "home", "--project-directory", "/srv/platform"),
        *("-f", "/srv/platform/a.yaml", "-f", "/srv/platform/b.yaml"),
        *("--env-file", "/srv/platform/.env", "--profile", "*"),
    ]


def test_hashes_are_asked_for_once() -> None:
    there = answering(0, "v5.6.1\napp abc\nother def\n")
    compose = RemoteCompose(there)
    for _ in range(3):
        hashes = compose.hashes(DEPLOYED)
    assert (hashes.version, hashes.of) == ("5.6.1", {"app": "abc", "other": "def"})
    assert len(there.ran) == 1


def test_digests_are_asked_for_once_and_missing_files_left_out() -> None:
    there = answering(1, f"{DIGEST}  /srv/a b.yaml\n", "sha256sum: /srv/b.yaml: No such file\n")
    compose = RemoteCompose(there)
    for _ in range(3):
        assert compose.digests(("/srv/a b.yaml", "/srv/b.yaml")) == {"/srv/a b.yaml": DIGEST}
    assert there.ran == [("sha256sum", "--", "/srv/a b.yaml", "/srv/b.yaml")]


@pytest.mark.parametrize(
    ("stdout", "stderr", "message"),
    [
        (
            "",
            "PATH=/usr/bin:/bin\ndocker-compose: not found",
            "no Compose was found on nas in its PATH, which is /usr/bin:/bin",
        ),
        ("5.6.1\n", "required variable B is missing a value: hidden", "no value for B, neither"),
        ("5.6.1\n", "invalid value 'hidden'", "on nas `docker compose config --hash '"),
    ],
)
def test_what_fails_is_told_without_values_and_not_asked_again(
    stdout: str, stderr: str, message: str
) -> None:
    there = answering(15, stdout, stderr)
    compose = RemoteCompose(there)
    for _ in range(2):
        with pytest.raises(CannotCompare) as caught:
            compose.hashes(DEPLOYED)
        assert message in str(caught.value)
        assert "hidden" not in str(caught.value)
    assert len(there.ran) == 1


def test_fields_that_are_made_of_variables() -> None:
    service = {
        "image": "${IMAGE:-busybox}",
        "command": ["echo", "$$not-one"],
        "env_file": ["${ENV}"],
        "deploy": {"restart_policy": {"condition": "any"}},
        "user": "1000",
    }
    model = {"services": {"app": service}, "volumes": {"data": {"name": "${DATA}"}}}
    fields = variable_fields("app", Rendered(model))
    assert fields == {"image", "environment", "mounts"}


def test_they_are_taken_as_seen() -> None:
    wanted = Desired(ContainerSettings(image="1", user="declared"))
    seen = Observed(ContainerSettings(image="as-seen", user="other"))
    filled = taken_as_seen(wanted, seen, frozenset({"image"})).settings
    assert (filled.image, filled.user) == ("as-seen", "declared")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"environment"}, "container.environment"),
        ({"environment", "labels"}, CONFIG),
        (set(), CONFIG),
    ],
)
def test_the_hash_is_named_after_the_field_where_there_is_but_one(
    fields: set[str], code: str
) -> None:
    assert named(Drift(CONFIG, "", ""), frozenset(fields)).code == code
    for other in (Drift("container.user", "", ""), Drift("container.command", "", "")):
        assert named(other, frozenset(fields)) == other


def test_files_that_take_part(tmp_path: Path) -> None:
    texts = {
        "compose.yaml": "include: [one/compose.yaml, {path: [two.yaml, three.yaml]}, '${FOUR}']",
        "one/compose.yaml": "services: {a: {extends: {file: base.yaml, service: a}}}",
        "one/base.yaml": "services: {a: {image: x, env_file: .env}}",
        "two.yaml": "include: [compose.yaml]",
    }
    for name, text in texts.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    found = taking_part([tmp_path / "compose.yaml"])
    names = [file.relative_to(tmp_path).as_posix() for file in found]
    assert sorted(names) == sorted([*texts, "three.yaml"])
    assert names[0] == "compose.yaml"


def test_what_was_forgotten_is_asked_for_again() -> None:
    there = answering(0, f"{DIGEST}  /srv/a.yaml\n")
    compose = RemoteCompose(there)
    for answer in (DIGEST, "1" * 64):
        there.answer = always(CommandResult(0, f"{answer}  /srv/a.yaml\n", ""))
        assert compose.digests(("/srv/a.yaml",)) == {"/srv/a.yaml": answer}
        there.answer = always(CommandResult(0, f"v5.6.1\napp {answer}\n", ""))
        assert compose.hashes(DEPLOYED).of == {"app": answer}
        compose.forget()
