"""The plugin is loaded in every run of pytest on the machine, so it must not weigh."""

from __future__ import annotations

import sys

import pytest

from plugin.project import Project

HEAVY = (
    *("docker", "httpx", "jsonpath_rfc9535", "jsonschema", "msgspec", "prometheus_client"),
    *("regex", "requests", "tree_sitter", "urllib3", "yaml"),
)
LOADED = f"print([name for name in {HEAVY} if name in sys.modules])"
PYTEST = "import pytest, sys; code = pytest.main(['-q', '-p', 'no:docker', '-p', 'no:hypothesis'])"


def test_importing_it_loads_nothing_heavy(empty: Project) -> None:
    outcome = empty.run(sys.executable, "-c", f"import pytest_platform.plugin, sys; {LOADED}")
    assert outcome.stdout == "[]\n", str(outcome)


@pytest.mark.parametrize("args", ["", "--collect-only"])
def test_a_project_without_modules_pays_nothing(empty: Project, args: str) -> None:
    empty.file("test_it.py", "def test_it(): pass")
    script = PYTEST.replace("'-q'", f"'-q', *'{args}'.split()")
    outcome = empty.run(sys.executable, "-c", f"{script}; {LOADED}")
    assert outcome.stdout.endswith("[]\n"), str(outcome)


def test_reading_modules_loads_no_json_schema(project: Project) -> None:
    """It is for explaining what is wrong with a file."""
    outcome = project.run(sys.executable, "-c", f"{PYTEST[:-2]}, '-k', 'schema']); {LOADED}")
    assert "1 passed" in outcome.stdout, str(outcome)
    assert "'jsonschema'" not in outcome.stdout, str(outcome)


def test_pytest_rewrites_no_file_that_a_run_imports(project: Project) -> None:
    """Where it cannot keep what it has rewritten, it would do so in each run."""
    rewritten = (
        "print([name for name, one in sys.modules.items() if name.startswith('pytest_platform.run')"
        " and not type(one.__loader__).__module__.startswith(('importlib', '_frozen'))])"
    )
    outcome = project.run(sys.executable, "-c", f"{PYTEST[:-2]}, '-k', 'schema']); {rewritten}")
    assert "1 passed" in outcome.stdout, str(outcome)
    assert outcome.stdout.endswith("[]\n"), str(outcome)
