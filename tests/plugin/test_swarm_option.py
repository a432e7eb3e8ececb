"""``--swarm`` and ``--stack-name``: the services of a stack as modules, without an Engine."""

from __future__ import annotations

import pytest
import yaml

from plugin.project import Project

IMAGE = f"registry.example/x@sha256:{64 * 'a'}"
STACK = {
    "services": {
        "web": {"image": IMAGE, "volumes": ["data:/data"]},
        "init": {"image": IMAGE, "deploy": {"mode": "replicated-job"}},
    },
    "volumes": {"data": {}},
}


@pytest.fixture
def stack(empty: Project) -> Project:
    empty.file("stack.yaml", yaml.safe_dump(STACK))
    return empty


@pytest.mark.parametrize("name", ["home", "Home", "a_b-C1"])
def test_a_stack_has_the_names_that_swarm_takes(stack: Project, name: str) -> None:
    outcome = stack.pytest("--swarm=stack.yaml", f"--stack-name={name}", "--json")
    assert outcome.code == 0, str(outcome)
    states = {key: one["expected_state"] for key, one in outcome.modules.items()}
    assert states == {"init": "exited-success", "web": "running"}


@pytest.mark.parametrize("name", ["my stack", "-home", "a.b", "é", "home\n"])
def test_a_name_that_no_stack_has_is_a_usage_error(stack: Project, name: str) -> None:
    outcome = stack.pytest("--swarm=stack.yaml", f"--stack-name={name}")
    assert outcome.code == 4, str(outcome)
    assert "is no name of a Swarm stack: it holds letters, digits" in outcome.stderr
    adopted = stack.run("pytest-platform", "adopt", "--swarm", f"--stack-name={name}", "stack.yaml")
    assert (adopted.code, "is no name of a Swarm stack" in adopted.stderr) == (1, True)


@pytest.mark.parametrize(
    "options",
    [
        ("--swarm=stack.yaml",),
        ("--swarm=stack.yaml", "--stack-name="),
        ("--stack-name=home", "--compose=stack.yaml"),
        ("--swarm=stack.yaml", "--stack-name=home", "--compose"),
        ("--swarm=stack.yaml", "--stack-name=home", "--platform-project=x"),
    ],
)
def test_options_that_do_not_go_together(stack: Project, options: tuple[str, ...]) -> None:
    outcome = stack.pytest(*options)
    assert outcome.code == 4, str(outcome)
    assert "--swarm=FILE and --stack-name NAME go together" in outcome.stderr


@pytest.mark.parametrize("option", ["--swarm", "--stack-name=home"])
def test_adopt_needs_both(stack: Project, option: str) -> None:
    outcome = stack.run("pytest-platform", "adopt", option, "stack.yaml")
    assert outcome.code == 1
    assert "--swarm and --stack-name NAME go together" in outcome.stderr
