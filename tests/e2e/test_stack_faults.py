"""A stack of one's own that does not come up, or not well: it is told, and nothing is left."""

from __future__ import annotations

from pathlib import Path
from tempfile import gettempdir
from typing import Any

import docker
import pytest
import yaml

from e2e.claims import could_not_look, no_traceback
from e2e.private_engine import PrivateEngine, needs_root
from e2e.project import BUSYBOX, FOREVER, compose_program
from e2e.stacks import ONE_SHOT, OWN, RUNNING, name_in, parts, store_and_job, write
from e2e.tree import Tree
from pytest_platform.docker.writable import WritableEngine
from pytest_platform.hosts.transport import Local
from pytest_platform.stack import launch, remains
from pytest_platform.stack.errors import StackNotUp
from pytest_platform.stack.owner import Owner, new_name

pytestmark = pytest.mark.e2e
MODULE = ("--module", "job", "--json", *OWN)
PROJECT = "pp-e2e-never-deployed"


def test_a_one_shot_that_fails(tree: Tree, engine: docker.APIClient) -> None:
    store_and_job(tree, PROJECT, "echo no room >&2; exit 3")
    outcome = tree.pytest(*MODULE)
    assert outcome.returncode == 1
    no_traceback(outcome)
    assert outcome.document["platform"]["stack"] == "ephemeral"
    check = outcome.check("job", "health::state")
    assert (check["verdict"], check["actual"]) == ("failed", "exited 3")
    assert "no room" in outcome.stderr
    # It cannot be run twice when it did not even run once.
    assert outcome.check("job", "smoke::idempotent")["code"] == "smoke.idempotent.not_run"
    assert not parts(engine, name_in(outcome.stderr))


def test_an_image_that_cannot_be_pulled(tree: Tree, engine: docker.APIClient) -> None:
    store_and_job(tree, PROJECT, image="localhost:1/nowhere/missing:1")
    outcome = tree.pytest(*MODULE)
    message = could_not_look(outcome, "job", "stack.up")
    assert "localhost:1" in message
    assert not parts(engine, name_in(outcome.stderr))


def test_up_fails_half_way(tree: Tree, engine: docker.APIClient) -> None:
    """The store runs; the program of the one-shot does not exist, so that cannot be started."""
    store_and_job(tree, PROJECT, entrypoint=["/no/such/program"])
    outcome = tree.pytest(*MODULE)
    assert outcome.returncode == 1
    no_traceback(outcome)
    check = outcome.check("job", "health::state")
    assert (check["verdict"], check["code"]) == ("failed", "container.state.exited_success")
    assert outcome.check("job", "health::owner")["verdict"] == "passed"
    assert not parts(engine, name_in(outcome.stderr))


def test_a_dependency_never_gets_healthy(tree: Tree, engine: docker.APIClient) -> None:
    sick = {"test": ["CMD", "false"], "interval": "1s", "retries": 1}
    store_and_job(tree, PROJECT, depends_on={"store": {"condition": "service_healthy"}})
    text = tree.compose_file("store").read_text()
    service = f"  store:\n    healthcheck: {sick}\n"
    tree.compose_file("store").write_text(text.replace("  store:\n", service, 1))
    outcome = tree.pytest(*MODULE)
    assert outcome.returncode == 1
    assert outcome.check("job", "health::owner")["code"] == "container.health"
    assert not parts(engine, name_in(outcome.stderr))


def test_a_variable_without_a_value_is_named(tree: Tree, engine: docker.APIClient) -> None:
    store_and_job(tree, PROJECT, environment={"REGION": "${REGION:?}", "KEY": "${API_KEY:?}"})
    other = "  other:\n    image: x\n    ports: ['${PORT_OF_ANOTHER:?}:80']\n"
    file = tree.compose_file("store")
    file.write_text(file.read_text().replace("services:\n", f"services:\n{other}", 1))
    outcome = tree.pytest(*MODULE)
    message = could_not_look(outcome, "job", "stack.variable")
    assert message.startswith("REGION: ")
    outcome = tree.pytest(*MODULE, env={"REGION": "north"})
    assert outcome.returncode == 0, outcome.stderr
    assert "values were made up for API_KEY" in outcome.stderr
    assert not parts(engine, name_in(outcome.stderr))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"network_mode": "host"}, "shares the host's network"),
        ({"privileged": True}, "is privileged"),
        ({"network_mode": "bridge"}, "joins the network 'bridge'"),
        ({"extra_hosts": ["gateway:host-gateway"]}, "host-gateway"),
        ({"secrets": ["docker"]}, "reads /var/run/docker.sock"),
        ({"configs": ["shadow"]}, "reads /etc/shadow, which is outside the repository"),
        ({"build": {"context": "/etc"}}, "reads /etc, which is outside the repository"),
        ({"build": {"context": ".", "dockerfile": "/etc/shadow"}}, "reads /etc/shadow, which is"),
        ({"build": {"context": "out"}}, "out, which is outside the repository"),
        ({"volumes": ["./none:/none:ro"]}, "which does not exist"),
        ({"volumes": ["/var/run/docker.sock:/var/run/docker.sock:ro"]}, "reaches the host"),
        ({"volumes": ["/srv:/srv:ro"]}, "outside the repository"),
    ],
    ids=lambda one: next(iter(one)) if isinstance(one, dict) else "",
)
def test_what_could_touch_others_is_refused(
    tree: Tree, engine: docker.APIClient, settings: dict[str, Any], words: str
) -> None:
    store_and_job(tree, PROJECT, **settings)
    shared = {
        "secrets": {"docker": {"file": "/var/run/docker.sock"}},
        "configs": {"shadow": {"file": "/etc/shadow"}},
    }
    (tree.folder("store") / "out").symlink_to("/usr")
    with tree.compose_file("store").open("a") as file:
        file.write(yaml.safe_dump(shared))
    outcome = tree.pytest(*MODULE)
    message = could_not_look(outcome, "job", "stack.refused")
    assert "'job'" in message
    assert words in message
    assert not parts(engine, name_in(outcome.stderr))
    assert not (tree.folder("store") / "none").exists()


def test_secrets_of_a_stack_that_fails_are_told_to_nobody(tree: Tree) -> None:
    environment = {"TOKEN": "${TOKEN:?}", "PASSWORD": "${PASSWORD:?}"}
    script = 'echo "$TOKEN $PASSWORD"; env; exit 1'
    store_and_job(tree, PROJECT, script.replace("$", "$$"), environment=environment)
    outcome = tree.pytest(*MODULE, "-vv", "--showlocals", env={"TOKEN": "t0ken-of-the-job"})
    assert outcome.returncode == 1
    told = outcome.stdout + outcome.stderr
    assert "t0ken" not in told
    assert "TOKEN=[redacted]" in told
    assert "PASSWORD=[redacted]" in told


def test_modules_of_two_projects(tree: Tree, engine: docker.APIClient) -> None:
    """What is required from another project comes along; services of one name cannot."""
    command = {"command": ["sh", "-c", "exit 0"], "restart": "no"}
    for module, needs in (("one", []), ("two", ["one"])):
        write(tree, module, {module: command})
        project = f"{PROJECT}-{module}"
        tree.module(module, project, module, runtime=ONE_SHOT, requires=needs)
    outcome = tree.pytest("--module", "two", "--json", *OWN)
    assert outcome.returncode == 0, outcome.stderr
    write(tree, "one", {"two": {**command, "command": ["sh", "-c", "exit 1"]}, "one": command})
    tree.module("one", f"{PROJECT}-one", "two", runtime=RUNNING)
    outcome = tree.pytest("--module", "two", "--json", *OWN)
    could_not_look(outcome, "two", "stack.conflict")
    assert not parts(engine, name_in(outcome.stderr))


def test_up_that_never_ends_is_ended(engine: docker.APIClient) -> None:
    """Compose waits for a dependency that goes on for ever; it is stopped with what it does."""
    name = new_name()
    service = {
        "image": BUSYBOX,
        "network_mode": "none",
        "labels": Owner.me(keep=False).labels(name),
    }
    waits = {"first": {"condition": "service_completed_successfully", "required": True}}
    services = {
        "first": {**service, "command": FOREVER},
        "second": {**service, "depends_on": waits},
    }
    model = {"name": name, "services": services}
    try:
        with pytest.raises(StackNotUp, match="did not come to an end within 5 s"):
            launch.up([compose_program()], model, env_files=[], defaults={}, timeout=5)
        assert parts(engine, name)
    finally:
        with WritableEngine(Local()) as own:
            remains.remove(own, name)
    assert not parts(engine, name)
    assert not (Path(gettempdir()) / name).exists()


@needs_root
def test_no_port_is_left(tree: Tree, engine: docker.APIClient) -> None:
    """On an Engine that has two ports to publish at, two are published, and three are not."""
    with PrivateEngine(ports=(40000, 40001)) as private:
        private.client.load_image(b"".join(engine.get_image(BUSYBOX)))  # type: ignore[no-untyped-call]
        for ports, verdict in (([80, 81], "passed"), ([80, 81, 82], "failed")):
            store_and_job(tree, PROJECT, networks=["default"], ports=ports)
            outcome = tree.pytest(*MODULE, env={"DOCKER_HOST": private.url})
            check = outcome.check("job", "health::state")
            assert check["verdict"] == verdict, check
            assert outcome.check("job", "health::owner")["verdict"] == "passed"
            no_traceback(outcome)
            assert not parts(private.client, name_in(outcome.stderr))
    assert check["code"] == "container.state.exited_success"
    assert "all ports are allocated" in check["message"]
