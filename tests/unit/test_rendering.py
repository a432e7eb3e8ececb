"""How files are rendered that lack their values, by Compose itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_platform.compose.mirror import read
from pytest_platform.compose.renderer import Renderer
from pytest_platform.errors import ComposeError
from pytest_platform.hosts.transport import Local
from transports import Answering

LACKING = """services:
  app:
    image: app:${CASE_TAG:?}
    restart: "no"
    env_file: missing.env
    ports: ["${CASE_BIND}:5432:5432"]
"""


def renderings(transport: Answering) -> int:
    """Count the times that Compose has rendered."""
    return sum("config" in argv for argv in transport.ran)


def write(root: Path, text: str) -> tuple[Path]:
    file = root / "compose.yaml"
    file.write_text(text, encoding="utf-8")
    return (file,)


def test_the_users_folder_stays_as_it_is(tmp_path: Path) -> None:
    files = write(tmp_path, LACKING)
    Renderer(Local()).rendered(files, "p")
    assert [one.name for one in tmp_path.iterdir()] == ["compose.yaml"]
    assert files[0].read_text("utf-8") == LACKING


def test_what_is_made_up_is_named(tmp_path: Path) -> None:
    """Neither the guard nor drift may rely on it."""
    rendered = Renderer(Local()).rendered(write(tmp_path, LACKING), "p")
    missing = str(tmp_path / "missing.env")
    assert rendered.made_up == {"CASE_TAG", "CASE_BIND", missing}
    port = rendered.services["app"].ports[0]
    assert rendered.unset_in(port.host_ip) == ["CASE_BIND"]
    assert rendered.unset_in(rendered.services["app"].restart) == []
    assert str(tmp_path) in str(rendered.documents["app"]["env_file"])


def test_values_that_are_there_are_used(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CASE_BIND=127.0.0.1\n", encoding="utf-8")
    rendered = Renderer(Local()).rendered(write(tmp_path, LACKING), "p")
    assert rendered.services["app"].ports[0].host_ip == "127.0.0.1"
    assert rendered.placeholders == {"CASE_TAG"}


def test_many_modules_of_one_file_render_it_three_times(tmp_path: Path) -> None:
    transport = Answering()
    renderer = Renderer(transport)
    files = write(tmp_path, LACKING)
    for service in (f"s{number}" for number in range(100)):
        renderer.judged(files, "p", service)
        renderer.uninterpolated(files, "p")
    assert renderings(transport) == 3


def test_a_whole_file_is_rendered_twice(tmp_path: Path) -> None:
    transport = Answering()
    renderer = Renderer(transport)
    files = write(tmp_path, "services: {app: {image: x}}")
    for service in (f"s{number}" for number in range(100)):
        renderer.judged(files, "p", service)
        renderer.uninterpolated(files, "p")
    assert renderings(transport) == 2


def test_what_compose_refuses_is_no_declaration_to_compare_with(tmp_path: Path) -> None:
    """The contract judges the rest; drift and the guard must not."""
    files = write(tmp_path, "services: {app: {image: x, exclude_from_hc: true}}")
    renderer = Renderer(Local())
    assert "exclude_from_hc" in renderer.judged(files, "p").refusal
    with pytest.raises(ComposeError, match="exclude_from_hc"):
        renderer.rendered(files, "p")


def test_only_the_profiles_of_the_service(tmp_path: Path) -> None:
    one = "{image: x, container_name: same-name, profiles: [%s]}"
    files = write(tmp_path, f"services: {{a: {one % 'full'}, b: {one % 'lite'}}}")
    renderer = Renderer(Local())
    assert set(renderer.rendered(files, "p", "a").services) == {"a"}
    assert set(renderer.rendered(files, "p", "b").services) == {"b"}


NAMED = {
    "in the file": ("services: {app: {image: x, environment: {GOGC: '${GOGC:-100}'}}}", ""),
    "in a file of variables": ("services: {app: {image: x, env_file: app.env}}", "A=${GOGC:-100}"),
    "with a backslash": ('services: {app: {image: x, environment: {A: "${GO\\x47C:-100}"}}}', ""),
    "without a value": ("services: {app: {image: x, environment: [GOGC]}}", ""),
}


@pytest.mark.parametrize("name", NAMED)
def test_what_makes_compose_quick_is_seen_by_no_file(name: str, tmp_path: Path) -> None:
    text, values = NAMED[name]
    (tmp_path / "app.env").write_text(values, encoding="utf-8")
    rendered = Renderer(Local()).rendered(write(tmp_path, text), "p")
    assert "400" not in str(rendered.model)


def test_a_file_may_be_named_with_a_backslash(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("services: {other: {image: y}}", encoding="utf-8")
    files = write(tmp_path, '"inc\\x6cude": [other.yaml]\nservices: {app: {image: x}}\n')
    assert files[0].parent / "other.yaml" in read(files).texts
