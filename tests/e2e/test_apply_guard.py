"""Each condition of the guard, where it alone does not hold. The Engine sees nothing but reading.

One project has a one-shot for each situation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from e2e.applying import ONE_SHOT, UNPINNED, Stack, make_stack, mutating, one_shot, refused, store
from e2e.backups import good_backup
from e2e.conftest import NewProject
from e2e.project import FOREVER
from e2e.proxy import Proxy

pytestmark = pytest.mark.e2e

OTHERS = "--backup-ref=ANOTHER"
RERUNS = """\
def pytest_addoption(parser):
    parser.addoption("--reruns", type=int, default=0)
"""
FLAKY = """\
def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker("flaky")
"""
UNREAD_IMAGE = {"command": "pytest-platform-demo/busybox", "reason": "an image of these tests"}
UNRESTARTED = [UNPINNED, {**UNPINNED, "code": "contract.restart"}]
SERVICES: dict[str, dict[str, Any]] = {
    "store": store(),
    "job": one_shot(),
    "unpinned": one_shot(),
    "busy": one_shot("sleep 86400"),
    "paused": one_shot("sleep 86400"),
    "gone": one_shot(),
    "twice": one_shot(scale=2),
    "scaled": one_shot(scale=2),
    "loose": one_shot(restart=None),
    "hides": one_shot("mc mb data/media || true; test -e /data/go"),
    "removes": one_shot("test -e /data/go; rm -rf /data/media"),
    "sick": {**store("/data/never"), "volumes": ["sick:/data"]},
    "job-of-sick": one_shot(volumes=None),
    "stopped": {**store(), "volumes": ["stopped:/data"]},
    "job-of-stopped": one_shot(volumes=None),
    "carrier": {"command": FOREVER, "restart": "no", "pre_start": [{"command": ["false"]}]},
    "server": {"command": ["sh", "-c", "exit 1"], "restart": "no"},
}


@dataclass(frozen=True)
class Case:
    """One attempt that must be refused with these codes, and no others."""

    name: str
    codes: frozenset[str]
    module: str = "job"
    without: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    edit: Callable[[Stack], object] = lambda _: None

    def arguments(self, stack: Stack) -> list[str]:
        """Return the command line: all that the guard asks for, but for what is left out."""
        given = [*stack.arguments(self.module), "--apply", "-m", "apply"]
        kept = [word for word in given if word.partition("=")[0] not in self.without]
        others = next((stack.roots / "others").iterdir())
        return [*kept, *(word.replace("ANOTHER", str(others)) for word in self.more)]


def case(name: str, codes: str, module: str = "job", **more: Any) -> Case:
    """Write a case in short."""
    return Case(name, frozenset(codes.split()), module, **more)


def drifted(**keys: Any) -> Case:
    """Write a case in which the Compose file says something else of the one-shot."""
    change = {key.rstrip("_"): value for key, value in keys.items()}
    name = f"drift of {', '.join(change)}"
    return case(name, "guard.drift", edit=lambda stack: stack.change("job", **change))


CASES = (
    case("a glob", "guard.module", without=("--module",), more=("--module=jo[b]",)),
    case("two modules", "guard.module", more=("--module=store",)),
    case(
        "no module named",
        "guard.module",
        without=("--module",),
        more=("modules/job/module.yaml",),
    ),
    case("two processes", "guard.workers", more=("-n2",)),
    case("one process that is not ours", "guard.workers", more=("-n1",)),
    case(
        "reruns",
        "guard.reruns",
        more=("-p", "reruns_plugin", "--reruns=2"),
    ),
    case("a marker for reruns", "guard.reruns", more=("-p", "flaky_plugin")),
    case("a hook", "guard.one_shot", "carrier"),
    case("not no as restart", "guard.restart", "loose"),
    case("two replicas in the file", "guard.replicas", "scaled"),
    case("a contract check fails", "guard.contract", "unpinned"),
    case("a check that a waiver cannot settle", "guard.contract", "hides"),
    case("another check that a waiver cannot settle", "guard.contract", "removes"),
    case("stateful not allowed", "guard.allow_stateful", without=("--allow-stateful",)),
    case("no confirmation", "guard.confirmation", without=("--stateful-confirm",)),
    case(
        "a wrong token",
        "guard.confirmation",
        without=("--stateful-confirm",),
        more=("--stateful-confirm=yes",),
    ),
    case("no backup", "guard.backup_ref", without=("--backup-ref",)),
    case("another module's backup", "guard.backup", without=("--backup-ref",), more=(OTHERS,)),
    drifted(image="pytest-platform-demo/web"),
    drifted(command=["echo other; test -e /data/go"]),
    drifted(environment={"TZ": "Europe/Berlin"}),
    drifted(volumes=["data:/data", "data:/more"]),
    drifted(hostname="another"),
    drifted(image="pytest-platform-demo/web", user="1000"),
    case(
        "a variable without a value",
        "guard.drift",
        edit=lambda stack: stack.change("job", environment={"TZ": "${WORD_OF_NOBODY:?}"}),
    ),
    case("it is running", "guard.in_progress", "busy"),
    case("it is paused", "guard.in_progress", "paused"),
    case("its owner is unhealthy", "guard.owner", "job-of-sick"),
    case("its owner is stopped", "guard.owner", "job-of-stopped"),
    # A container without the project's labels is a missing one: this cannot fail alone.
    case("no container", "guard.drift guard.labels", "gone"),
    case("two containers", "guard.drift guard.labels guard.replicas", "twice"),
    case("the skip mode", "guard.remote_mode", more=("--remote-mode=skip",)),
    case("a server that ended", "guard.one_shot guard.drift", "server"),
    case(
        "everything at once",
        "guard.module guard.reruns guard.drift guard.labels "
        "guard.allow_stateful guard.confirmation guard.backup_ref",
        "gone",
        without=("--allow-stateful", "--stateful-confirm", "--backup-ref"),
        more=("--module=store", "-p", "reruns_plugin", "--reruns=2"),
    ),
)


@pytest.fixture(scope="module")
def failed(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """Start the project; each of its one-shots is in its situation."""
    folder = tmp_path_factory.mktemp("guard")
    stack = make_stack(folder, new_project, "apply-guard")
    project = stack.project
    good_backup(stack.roots / "others", "sick")
    stack.write(SERVICES, volumes={"data": {}, "sick": {}, "stopped": {}})
    _modules(stack)
    (stack.tree.root / "reruns_plugin.py").write_text(RERUNS)
    (stack.tree.root / "flaky_plugin.py").write_text(FLAKY)
    project.up(f"--scale scaled=1 {' '.join(SERVICES.keys() - {'carrier'})}")
    # Its hook fails, and Compose says so.
    project.compose("up -d carrier", refused=True)
    project.compose("rm -f gone")
    project.compose("pause paused")
    project.compose("stop -t 0 stopped")
    project.wait_for("store", "healthy")
    project.wait_for("sick", "unhealthy")
    return stack


def _modules(stack: Stack) -> None:
    for name in ("store", "sick", "stopped"):
        stack.owner(name)
    for name in ("job", "busy", "paused", "gone"):
        stack.job(name)
    for name in ("twice", "scaled"):
        stack.job(name, waivers=[UNPINNED, {**UNPINNED, "code": "contract.compose"}])
    stack.job("unpinned", waivers=[])
    stack.job("hides", waivers=[UNPINNED, {**UNPINNED, "code": "contract.masked_failure"}])
    stack.job("removes", waivers=[UNPINNED, {**UNPINNED, "code": "contract.mutations"}])
    stack.job("loose", waivers=UNRESTARTED)
    stack.job("job-of-sick", owner="sick")
    stack.job("job-of-stopped", owner="stopped")
    hooked = {**ONE_SHOT, "hook": "pre_start", "beyond_create": [UNREAD_IMAGE]}
    stack.job("carrier", runtime=hooked, waivers=UNRESTARTED)
    stack.job("server", runtime={"expected_state": "running"}, waivers=UNRESTARTED)


@pytest.mark.parametrize("case_", CASES, ids=lambda one: one.name)
def test_it_is_refused(failed: Stack, proxy: Proxy, tmp_path: Path, case_: Case) -> None:
    stack = failed.copy(tmp_path / "platform")
    case_.edit(stack)
    outcome = stack.pytest(*case_.arguments(stack), env=proxy.env)
    assert refused(outcome, case_.module) == case_.codes, outcome.stderr
    assert mutating(proxy) == []


def test_a_service_without_a_module_file(failed: Stack, proxy: Proxy, tmp_path: Path) -> None:
    """What may touch data must be declared: ``guard.inferred``."""
    stack = failed.copy(tmp_path / "platform")
    file = stack.tree.root / "modules" / "compose.yaml"
    (stack.tree.root / "modules" / "job" / "module.yaml").unlink()
    outcome = stack.pytest(f"--compose={file}", *stack.arguments("job"), "--apply", env=proxy.env)
    assert "guard.inferred" in refused(outcome, "job"), outcome.stderr
    assert mutating(proxy) == []
