"""The health check that an image brings is seen where its container is looked at."""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest

from e2e.conftest import NewProject
from e2e.project import FOREVER, Project
from e2e.tree import Tree

pytestmark = pytest.mark.e2e

IMAGE = "pp-e2e-image-health"


@pytest.fixture
def project(
    new_project: NewProject, tree: Tree, engine: docker.APIClient
) -> Iterator[tuple[Tree, Project]]:
    """Make a module that is to be healthy, of which the file has no health check."""
    project = new_project(tree.compose_file("web"), "image-health")
    project.write({"web": {"command": FOREVER}})
    project.up()
    image = f"{IMAGE}-{project.name}"
    changes = ['HEALTHCHECK --interval=1s CMD ["true"]']
    engine.commit(project.container("web")["Id"], image, changes=changes)
    tree.module("web", project.name, "web", runtime={"expected_state": "healthy"})
    project.write({"web": {"command": FOREVER, "image": image, "pull_policy": "never"}})
    yield tree, project
    project.compose("down -t 0")
    engine.remove_image(image, force=True)


def test_it_counts_where_the_container_is_seen(project: tuple[Tree, Project]) -> None:
    tree, stack = project
    asked = ("--json", "-m", "contract or health", "--remote-mode")
    before = tree.pytest(*asked, "local").check("web", "contract::healthcheck")
    assert before["verdict"] == "failed", "no container has it yet"
    stack.up()
    stack.wait_for("web", "healthy")
    seen = tree.pytest(*asked, "local")
    assert seen.check("web", "contract::healthcheck")["verdict"] == "passed"
    assert seen.check("web", "health::state")["verdict"] == "passed"
    unseen = tree.pytest(*asked, "skip").check("web", "contract::healthcheck")
    assert unseen["verdict"] == "failed"
