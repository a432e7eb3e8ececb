"""Where a field of a service stands in Compose files, also in odd and hostile ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_platform.checks.registry import vocabulary
from pytest_platform.compose.interpolation import declared
from pytest_platform.compose.source import locate
from pytest_platform.module.loader import Module, load

MODULE = """\
apiVersion: platform/v2
kind: Module
metadata: {name: app, summary: A part., owner: platform}
spec:
  runtime:
    compose: {files: [compose.yaml], project: cases, service: app}
    expected_state: running
  state: {class: stateless}
"""
SERVICE = "services:\n  app:\n    image: busybox\n"


def place(root: Path, text: str, *path: str) -> str:
    folder = root / "modules" / "app"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "module.yaml").write_text(MODULE, "utf-8")
    (folder / "compose.yaml").write_bytes(text.encode("utf-8", "surrogateescape"))
    module = load(folder / "module.yaml", root, vocabulary())
    assert isinstance(module, Module)
    return str(locate(module, ("services", "app", *path))).removeprefix("modules/app/")


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        (SERVICE, ("image",), "compose.yaml:3"),
        (SERVICE, ("ports", "0"), "compose.yaml:2"),
        (SERVICE + "    ports:\n      - 1:1\n      - 2:2\n", ("ports", "1"), "compose.yaml:6"),
        (SERVICE + "    environment: [A, B=c]\n", ("environment", "B"), "compose.yaml:4"),
        (SERVICE + "    environment:\n      A: b\n", ("environment", "A"), "compose.yaml:5"),
        (SERVICE + "---\n" + SERVICE, ("image",), "compose.yaml:7"),
        (SERVICE + "---\n[", ("image",), "compose.yaml:3"),
        ("x: &a {image: b}\nservices:\n  app: {<<: [*a]}\n", ("image",), "compose.yaml:1"),
        ("x: &a {image: b}\nservices:\n  app: *a\n", ("image",), "compose.yaml:1"),
        ("x: &a {<<: *a}\nservices:\n  app: *a\n", ("image",), "compose.yaml:3"),
        ("services:\n  app: *unknown\n", ("image",), "compose.yaml:2"),
        ("services:\n  other: {image: app}\n", ("image",), "compose.yaml:1"),
        ("? [a]\n: services\nservices: {app: !reset null}\n", ("image",), "compose.yaml:3"),
        ("app: [", ("image",), "compose.yaml:1"),
        ("", ("image",), "compose.yaml:1"),
        ("services: app\n", ("image",), "compose.yaml:1"),
        ("app: \udcff", ("image",), "compose.yaml:1"),
        ("app: \0", ("image",), "compose.yaml:1"),
    ],
)
def test_the_nearest_line_is_found(
    text: str, path: tuple[str, ...], expected: str, tmp_path: Path
) -> None:
    assert place(tmp_path, text, *path) == expected


@pytest.mark.parametrize(
    "text",
    [
        "app: " + "[" * 200_000,
        "app: " + "{a: " * 50_000,
        "app: &a0 {x: y}\n"
        + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 60))
        + "services: {app: {<<: *a59}}\n",
    ],
    ids=["deep list", "deep mapping", "merges of merges"],
)
def test_hostile_files_only_give_a_coarse_place(text: str, tmp_path: Path) -> None:
    assert place(tmp_path, text, "image").startswith("compose.yaml:")


def test_files_are_included_but_none_outside_the_repository(tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_text("#\n" + SERVICE, "utf-8")
    root = tmp_path / "repository"
    (root / "modules" / "app" / "deep").mkdir(parents=True)
    inner = root / "modules" / "app" / "deep" / "compose.yaml"
    inner.write_text("include: [../compose.yaml]\n" + SERVICE, "utf-8")
    outer = "include: [deep/compose.yaml, ../../../outside.yaml, '${X}.yaml', oci://x/y]\n"
    assert place(root, outer, "image") == "deep/compose.yaml:4"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("$$VAR $VAR ${VAR}", "$VAR \0 \0"),
        ("${A:-b}${A-c}${A:?d}${A?e}${A:+f}${A:-}", "bc\0\0f"),
        ("${A:-${B:-c}d}e", "cde"),
        ("${A:-${B:?c}}", "\0"),
        ("${A:-never closed", "never closed"),
        ("${A:-" * 100 + "}" * 100, "\0"),
    ],
)
def test_what_a_text_declares(text: str, expected: str) -> None:
    assert declared(text) == expected
