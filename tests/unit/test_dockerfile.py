"""What a sidecar runs of an image that is built here: its Dockerfile is read, or it is found."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from test_contract import CASES, answer, facts_of, lay_out

from pytest_platform.compose import dockerfile
from pytest_platform.compose.renderer import Renderer
from pytest_platform.hosts.transport import Local
from pytest_platform.verdict import Result

MODULE = CASES / "mutations" / "negative" / "env_file_missing" / "modules" / "app" / "module.yaml"
NOT_READ = "is an image whose entrypoint was not read"


def _judged(root: Path, files: dict[str, str], **service: object) -> Result:
    lay_out(CASES / "_base", root)
    app = root / "modules" / "app"
    (app / "module.yaml").write_bytes(MODULE.read_bytes())
    service = {"restart": "no", "build": ".", **service}
    text = json.dumps({"services": {"app": service, "store": {"image": "a"}}})
    (app / "compose.yaml").write_text(text, encoding="utf-8")
    for name, content in files.items():
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text(content, encoding="utf-8")
    return answer("mutations", facts_of(root, Renderer(Local())))


READ: dict[str, tuple[str | None, dict[str, Any]]] = {
    "exec form": ('FROM alpine\nENTRYPOINT ["mc"]\nCMD ["mb", "s/a"]', {}),
    "shell form": ("FROM alpine\nCMD mc mb s/a && echo done", {}),
    "command of the service": ('FROM busybox:1\nENTRYPOINT ["mc"]', {"command": ["mb", "s/a"]}),
    "entry of a known base": ("FROM minio/mc:1", {"command": ["mb", "s/a"]}),
    "stages": (
        'FROM acme/x AS a\nENTRYPOINT ["rm"]\nFROM a as b\nFROM alpine\nCMD ["ls"]',
        {},
    ),
    "stage of a stage": ('FROM alpine AS a\nENTRYPOINT ["ls"]\nFROM a', {}),
    "target": (
        'FROM alpine AS a\nCMD ["ls"]\nFROM alpine AS b\nCMD ["rm", "/data/a"]',
        {"build": {"context": ".", "target": "a"}},
    ),
    "continued": ('FROM alpine\nENTRYPOINT \\\n# words\n ["mc", \\\n "ls"]', {}),
    "script that is copied": (
        'FROM alpine\nCOPY init.sh /init.sh\nRUN chmod +x /init.sh\nENTRYPOINT ["/init.sh"]',
        {},
    ),
    "script by its name": (
        'FROM alpine\nCOPY --chmod=755 init.sh /usr/local/bin/\nENTRYPOINT ["init.sh"]',
        {},
    ),
    "script in a folder": (
        'FROM alpine\nWORKDIR /srv\nCOPY . .\nENTRYPOINT ["./init.sh"]',
        {},
    ),
    "other file": (
        'FROM alpine\nCMD ["ls"]',
        {"build": {"context": ".", "dockerfile": "Dockerfile"}},
    ),
    "inline": (None, {"build": {"context": ".", "dockerfile_inline": 'FROM alpine\nCMD ["ls"]'}}),
    "health check": ('FROM alpine\nHEALTHCHECK --interval=5s CMD mc ready a\nCMD ["ls"]', {}),
    "variables": ('FROM alpine\nENV APP_ENV=prod PYTHONUNBUFFERED=1\nCMD ["ls"]', {}),
}


@pytest.mark.parametrize("name", READ)
def test_what_a_dockerfile_says_is_judged(name: str, tmp_path: Path) -> None:
    text, service = READ[name]
    files = {"init.sh": "#!/bin/sh\nmc mb s/a\n"} | ({"Dockerfile": text} if text else {})
    assert not _judged(tmp_path, files, **service).findings


FOUND = {
    "removes": ('FROM alpine\nENTRYPOINT ["rm", "-rf", "/data"]', "`rm -rf /data`", 2),
    "command": ('FROM alpine\n\nENTRYPOINT ["mc"]\nCMD ["rb", "s/a"]', "`mc rb s/a`", 3),
    "shell form": ("FROM alpine\nCMD ls; rm -rf /data", "`rm -rf /data`", 2),
    "stage": ('FROM alpine AS a\nENTRYPOINT ["rm", "/a/b"]\nFROM a', "`rm /a/b`", 2),
    "health check": ("FROM alpine\nHEALTHCHECK CMD rm /a/b\nCMD ls", "a command is not", 2),
    "variable": ("FROM alpine\nENV PATH=/data:$PATH\nCMD ls", "`PATH` decides", 2),
    "program of the image": ('FROM alpine\nENTRYPOINT ["/app/job"]', "`/app/job`", 2),
    "base that is not known": ("FROM acme/job", NOT_READ, None),
    "base of an argument": ("ARG B=alpine\nFROM ${B}\nCMD ls", NOT_READ, None),
    "command of the base": ("FROM alpine", NOT_READ, None),
    "another shell": ('FROM alpine\nSHELL ["/data/sh"]\nCMD ls', NOT_READ, None),
    "no stage": ("", NOT_READ, None),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_a_dockerfile_runs_is_found(name: str, tmp_path: Path) -> None:
    text, message, line = FOUND[name]
    found = _judged(tmp_path, {"Dockerfile": text}).findings
    assert [message in one.message for one in found] == [True], found
    if line is not None:
        assert str(found[0].location) == f"modules/app/Dockerfile:{line}"


SCRIPTS = {
    "removes": "COPY init.sh /init.sh",
    "later one": "COPY fine.sh /init.sh\nCOPY init.sh /init.sh",
    "of a stage": "COPY --from=x init.sh /init.sh",
    "over it": "COPY fine.sh /init.sh\nCOPY --from=x /a /init.sh",
    "written by a step": "COPY fine.sh /init.sh\nRUN echo rm -rf /data >> /init.sh",
    "in no file": "RUN true",
    "from the network": "ADD https://a.example/init.sh /init.sh",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_of_the_image_is_judged_or_found(name: str, tmp_path: Path) -> None:
    text = f'FROM alpine\n{SCRIPTS[name]}\nENTRYPOINT ["/init.sh"]'
    files = {"Dockerfile": text, "init.sh": "mc mb s/a\nrm -rf /data\n", "fine.sh": "mc mb s/a\n"}
    (found,) = _judged(tmp_path, files).findings
    assert "not known to create or verify" in found.message
    if name in {"removes", "later one"}:
        assert str(found.location) == "modules/app/init.sh:2:1"


def test_an_image_that_may_be_pulled_is_not_the_one_that_is_built(tmp_path: Path) -> None:
    files = {"Dockerfile": 'FROM alpine\nCMD ["ls"]'}
    assert not _judged(tmp_path / "a", files).findings
    found = _judged(tmp_path / "b", files, image="acme/job", pull_policy="always").findings
    assert NOT_READ in found[0].message


def test_an_env_file_is_known_where_git_tracks_it(tmp_path: Path) -> None:
    lay_out(CASES / "_base", tmp_path)
    lay_out(CASES / "mutations" / "negative" / "env_file_not_in_git", tmp_path)
    facts = facts_of(tmp_path, Renderer(Local()))
    for words in (["init", "--quiet"], ["add", "modules/app/compose.yaml"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
        assert "is not tracked by git" in answer("mutations", facts).message
    subprocess.run(["git", "-C", str(tmp_path), "add", "modules/app/app.env"], check=True)
    assert not answer("mutations", facts).findings


def test_instructions_are_read_as_the_builder_reads_them() -> None:
    lines = ["# escape=`", "FROM a", "RUN <<EOF", 'ENTRYPOINT ["rm"]', "EOF", "env A b c"]
    text = "\n".join([*lines, 'ENTRYPOINT ["ls", `', '"-l"]'])
    image = dockerfile.image(text)
    assert image is not None
    assert (image.entrypoint, image.environment) == (("ls", "-l"), {"A": "b c"})


def test_a_script_that_git_ignores_is_not_read(tmp_path: Path) -> None:
    text = 'FROM alpine\nCOPY init.sh /init.sh\nENTRYPOINT ["/init.sh"]'
    files = {"Dockerfile": text, "init.sh": "mc mb s/a\n", ".gitignore": "init.sh\n"}
    assert not _judged(tmp_path, files).findings
    subprocess.run(["git", "-C", str(tmp_path), "init", "--quiet"], check=True)
    (found,) = _judged(tmp_path, files).findings
    assert "`/init.sh` is not known to create or verify" in found.message
