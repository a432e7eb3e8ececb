"""What an image that is built for an ephemeral stack leaves on the Engine: nothing."""

from __future__ import annotations

import secrets

import docker
import pytest

from e2e.claims import could_not_look, no_traceback
from e2e.stacks import ONE_SHOT, OWN, name_in, parts, write
from e2e.tree import Outcome, Tree

pytestmark = pytest.mark.e2e
PROJECT = "pp-e2e-never-deployed"
BASE = "pytest-platform-demo/busybox"
MODULE = ("--module", "job", "--json", *OWN)


def _run(tree: Tree, mark: str, last: str) -> Outcome:
    """Run a one-shot in an image of two stages, of which each step is marked."""
    steps = f"""
FROM {BASE} AS first
RUN echo {mark} >/one
COPY of-the-context /two
FROM {BASE}
COPY --from=first /one /two /
RUN {last}
"""
    write(tree, "job", {"job": {"build": {"context": "."}, "command": ["true"], "restart": "no"}})
    (tree.folder("job") / "Dockerfile").write_text(steps)
    (tree.folder("job") / "of-the-context").write_text(mark)
    tree.module("job", PROJECT, "job", runtime=ONE_SHOT)
    text = tree.compose_file("job").read_text()
    tree.compose_file("job").write_text(text.replace(f"    image: {BASE}\n", ""))
    return tree.pytest(*MODULE)


def _of_builds(engine: docker.APIClient, mark: str) -> list[str]:
    """Find all containers and images of which one step tells the mark."""
    found = [one["Id"] for one in engine.containers(all=True) if mark in one["Command"]]
    for image in engine.images(all=True):
        try:
            steps = engine.history(image["Id"])  # type: ignore[no-untyped-call]
        except docker.errors.NotFound:
            continue
        found += [image["Id"] for step in steps if mark in step["CreatedBy"]]
    return found


@pytest.mark.parametrize("last", ["echo it breaks; exit 3", "true"], ids=["fails", "succeeds"])
def test_nothing_is_left(tree: Tree, engine: docker.APIClient, last: str) -> None:
    mark = secrets.token_hex(8)
    outcome = _run(tree, mark, f"echo {mark}; {last}")
    no_traceback(outcome)
    if last == "true":
        assert outcome.check("job", "health::state")["verdict"] == "passed", outcome.stderr
    else:
        assert "exit 3" in could_not_look(outcome, "job", "stack.up")
    assert not parts(engine, name_in(outcome.stderr))
    assert not _of_builds(engine, mark)
    assert "left by a build" not in outcome.stderr


def test_what_was_there_before_stays(tree: Tree, engine: docker.APIClient) -> None:
    """The steps of an earlier build are in the cache: they are somebody else's."""
    mark = secrets.token_hex(8)
    folder = tree.folder("job")
    folder.mkdir(parents=True)
    (folder / "of-the-context").write_text(mark)
    (folder / "Dockerfile").write_text(f"FROM {BASE} AS first\nRUN echo {mark} >/one\n")
    for _ in engine.build(path=str(folder), rm=True):
        pass
    before = _of_builds(engine, mark)
    assert before
    try:
        _run(tree, mark, "exit 3")
        assert _of_builds(engine, mark) == before
    finally:
        for one in before:
            engine.remove_image(one, force=True)
