"""The check of drift: what it looks at, when it fails, and when it cannot tell."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

import inspected
from observers import Recorded
from pytest_platform.checks.contract.facts import Facts
from pytest_platform.checks.drift import judge
from pytest_platform.checks.drift.findings import beside, finding
from pytest_platform.checks.drift.model import Drift, Hash
from pytest_platform.checks.drift.top_level import Different
from pytest_platform.checks.registry import PROBES, vocabulary
from pytest_platform.compose.rendered import Rendered
from pytest_platform.compose.renderer import Renderer
from pytest_platform.docker import details as host_details
from pytest_platform.docker.api import ListedContainer, ListedImage
from pytest_platform.docker.details import Details, Digests
from pytest_platform.docker.engine import Document, Engine
from pytest_platform.docker.snapshot import Snapshot, read_container, take
from pytest_platform.errors import CannotCompare, ComposeError, EngineError
from pytest_platform.hosts.transport import CommandResult, Local
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Module
from pytest_platform.run.context import Context
from pytest_platform.run.graph import Plan
from pytest_platform.run.remote_mode import ThisMachine
from pytest_platform.verdict import Verdict
from transports import Answering, Command

CASES = Path(__file__).parents[1] / "cases" / "drift"
STATES = {
    "stateless": "{class: stateless}",
    "stateful": "{class: stateful, backup: {roots: [/srv/backups]}}",
}
MODULE = """\
apiVersion: platform/v2
kind: Module
metadata: {{name: app, summary: A module., owner: me, contract: draft}}
spec:
  runtime:
    compose: {{files: [compose.yaml], project: {project}, service: app}}
    expected_state: {expected}
    {more}
  state: {state}
  runbook: runbook.md
"""


class Canned(Renderer):
    """Renders what was recorded."""

    def __init__(self, kept: Mapping[str, Any], placeholders: frozenset[str]) -> None:
        super().__init__(Local())
        self._kept, self._placeholders = kept, placeholders

    def rendered(
        self,
        files: Sequence[Path],
        project: str,
        service: str = "",  # noqa: ARG002
    ) -> Rendered:
        assert files
        assert project == self._kept["model"]["name"]
        return Rendered(self._kept["model"], self._placeholders)

    def uninterpolated(self, files: Sequence[Path], project: str) -> Rendered:
        assert files
        assert project
        return Rendered(self._kept["source"])

    def hash(
        self,
        files: Sequence[Path],
        project: str,
        service: str,
        resolved: Mapping[str, Any] | None = None,
    ) -> str | None:
        assert not resolved, "no recorded case shares anything with another service"
        assert files
        assert project
        assert service == "app"
        hashed: str | None = self._kept["hash"]
        return hashed

    def version(self) -> str:
        version: str = self._kept["version"]
        return version


def _context(
    folder: Path,
    case: str,
    change: Callable[[Snapshot], Snapshot] = lambda snapshot: snapshot,
    placeholders: frozenset[str] = frozenset(),
    **told: str,
) -> tuple[Module, Context]:
    kept = json.loads((CASES / case / "config.json").read_text())
    home = folder / "modules" / "app"
    home.mkdir(parents=True)
    words = {"state": "stateful", "expected": "running", "more": "", **told}
    words = {**words, "state": STATES[words["state"]], "project": kept["model"]["name"]}
    home.joinpath("module.yaml").write_text(MODULE.format(**words))
    home.joinpath("compose.yaml").write_text("services:\n  app:\n    image: x\n")
    home.joinpath("runbook.md").write_text("# app\n")
    catalog = Catalog(folder / "modules", folder, vocabulary())
    snapshot = change(_snapshot(case))
    context = Context.of(
        catalog=catalog,
        renderer=Canned(kept, placeholders),
        observer=Recorded.of(snapshot),
        remote_mode=ThisMachine(),
        plan=Plan(),
        probes=PROBES,
    )
    module = catalog.get("app")
    assert isinstance(module, Module)
    return module, context


def _snapshot(case: str) -> Snapshot:
    seen = json.loads((CASES / case / "observed.json").read_text())
    found = list(map(inspected.container, seen["containers"]))
    digests = Digests()
    kept = Details(
        digests,
        {one.id: digests.without_values(one) for one in found},
        {
            name: digests.without_values(inspected.image(one))
            for name, one in seen["images"].items()
        },
        seen["references"],
        tuple(host_details.Listed(*one) for one in seen["listed"]),
    )
    containers = tuple(map(read_container, found))
    return Snapshot("local", datetime.now(UTC), containers, details=kept)


def _running() -> Document:
    return {"Status": "running", "ExitCode": 0, "StartedAt": "2026-01-01T00:00:00Z"}


def test_no_drift_passes(tmp_path: Path) -> None:
    result = judge.judge(*_context(tmp_path, "same-defaults"))
    assert (result.verdict, result.message) == (Verdict.PASSED, "no drift")


def test_drift_of_data_fails_and_points_at_the_field(tmp_path: Path) -> None:
    result = judge.judge(*_context(tmp_path, "many"))
    assert result.verdict is Verdict.FAILED
    fields = ("environment", "ports", "restart", "labels")
    assert [one.code for one in result.findings] == [f"container.{field}" for field in fields]
    assert [one.path for one in result.findings] == [(field,) for field in fields]
    assert all(finding.location for finding in result.findings)


def test_a_field_is_its_key_and_the_hash_has_none(tmp_path: Path) -> None:
    (command,) = judge.drift_of(*_context(tmp_path / "command", "command"))
    (hashed,) = judge.drift_of(*_context(tmp_path / "hash", "config-logging"))
    assert (command.path, hashed.path) == (("command",), ())


class Unset(Canned):
    """Has no value for two variables, one of which the files use."""

    def unset(self, files: Sequence[Path], project: str) -> frozenset[str]:
        assert files
        assert project
        return frozenset({"TIME", "OTHER"})


def test_a_variable_without_a_value_here_is_named(tmp_path: Path) -> None:
    module, context = _context(tmp_path, "command-from-variable")
    assert isinstance(context.renderer, Canned)
    renderer = Unset(context.renderer._kept, frozenset())
    (finding,) = judge.drift_of(module, replace(context, renderer=renderer))
    assert "(TIME is not set here: set it as it was for the deployment);" in finding.message


class Unread(Canned):
    """Cannot read the files as they are written."""

    def uninterpolated(self, files: Sequence[Path], project: str) -> Rendered:
        message = f"{project}: {len(files)} cannot be read"
        raise ComposeError(message)


def test_without_the_files_as_written_no_variable_is_named(tmp_path: Path) -> None:
    module, context = _context(tmp_path, "command-from-variable")
    assert isinstance(context.renderer, Canned)
    renderer = Unread(context.renderer._kept, frozenset())
    facts = Facts(module, context.catalog, renderer, date(2026, 1, 1))
    container = inspected.container({"Name": "/app-1"})
    found = finding(Drift("container.command", "a", "b"), container, facts, Hash.UNKNOWN)
    assert found.message.startswith("app-1: command differs from the Compose files; deploy it: ")


def test_drift_of_others_passes_and_says_what_would_change(tmp_path: Path) -> None:
    result = judge.judge(*_context(tmp_path, "restart", state="stateless"))
    assert result.verdict is Verdict.PASSED
    assert result.message == "a deployment would change restart (always to unless-stopped)"


def test_an_orphan_is_no_change_of_a_deployment(tmp_path: Path) -> None:
    result = judge.judge(*_context(tmp_path, "orphan", state="stateless"))
    name = "pp-drift-orphan-old-1 of the service 'old'"
    assert result.message == f"left in the project: {name}"


def test_an_orphan_fails_where_data_is_at_stake(tmp_path: Path) -> None:
    assert judge.judge(*_context(tmp_path, "orphan")).code == "container.orphan"


@pytest.mark.parametrize("state", STATES)
def test_a_missing_container_never_passes(tmp_path: Path, state: str) -> None:
    def gone(snapshot: Snapshot) -> Snapshot:
        return replace(snapshot, containers=())

    result = judge.judge(*_context(tmp_path, "same-defaults", state=state, change=gone))
    assert (result.verdict, result.code) == (Verdict.FAILED, "container.missing")


def test_the_state_belongs_to_the_drift(tmp_path: Path) -> None:
    context = _context(tmp_path, "command", expected="exited-success")
    codes = {finding.code for finding in judge.drift_of(*context)}
    assert codes == {"container.state.exited_success", "container.command"}


def test_variables_without_a_value_cannot_be_compared(tmp_path: Path) -> None:
    context = _context(tmp_path, "same-defaults", placeholders=frozenset({"TOKEN"}))
    with pytest.raises(CannotCompare, match="no value for TOKEN"):
        judge.judge(*context)


def test_a_snapshot_without_details_cannot_be_compared(tmp_path: Path) -> None:
    def bare(snapshot: Snapshot) -> Snapshot:
        return replace(snapshot, details=None)

    with pytest.raises(CannotCompare, match="did not look"):
        judge.judge(*_context(tmp_path, "same-defaults", change=bare))


def test_a_hook_is_covered_by_the_hash_alone(tmp_path: Path) -> None:
    context = _context(tmp_path, "config-hook", expected="exited-success", more="hook: pre_start")
    found = judge.compared(*context)
    assert found.config_hash is Hash.DIFFERENT
    assert [finding.code for finding in found.findings] == ["container.config"]


def test_a_hook_without_a_comparable_hash_cannot_be_compared(tmp_path: Path) -> None:
    module, context = _context(
        tmp_path, "same-hook", expected="exited-success", more="hook: pre_start"
    )
    assert isinstance(context.renderer, Canned)
    assert judge.judge(module, context).verdict is Verdict.PASSED
    context.renderer._kept = {**context.renderer._kept, "version": "9.9.9"}
    with pytest.raises(CannotCompare, match="hooks"):
        judge.judge(module, context)


def test_other_modules_that_cannot_be_read_leave_orphans_unknown(tmp_path: Path) -> None:
    module, context = _context(tmp_path, "orphan")
    broken = tmp_path / "modules" / "old" / "module.yaml"
    broken.parent.mkdir()
    broken.write_text("nothing: here\n")
    with pytest.raises(CannotCompare, match="'old' cannot be read"):
        judge.judge(module, context)


def test_a_hash_that_is_not_comparable_is_said(tmp_path: Path) -> None:
    module, context = _context(tmp_path, "same-defaults")
    assert isinstance(context.renderer, Canned)
    context.renderer._kept = {**context.renderer._kept, "hash": None}
    result = judge.judge(module, context)
    assert result.verdict is Verdict.PASSED
    assert "could not be compared" in result.message


@pytest.mark.parametrize(
    ("changes", "forced"),
    [({}, True), ({"hash": None}, False), ({"hash": "0"}, False), ({"version": "0"}, False)],
)
def test_a_container_is_made_anew_by_force_where_compose_sees_no_change(
    tmp_path: Path, changes: Mapping[str, Any], *, forced: bool
) -> None:
    module, context = _context(tmp_path, "restart-by-hand")
    assert isinstance(context.renderer, Canned)
    context.renderer._kept = {**context.renderer._kept, **changes}
    (finding,) = judge.drift_of(module, context)
    assert "container-1: restart" not in finding.message
    assert "restart differs from the Compose files; deploy it: docker compose" in finding.message
    assert (" up -d --force-recreate app" in finding.message) is forced


@pytest.mark.parametrize(
    ("own", "left", "found"),
    [
        ("/srv/elsewhere/compose.yaml", "/srv/elsewhere/compose.yaml", True),
        ("/srv/elsewhere/compose.yaml", "/srv/another/compose.yaml", False),
        ("/srv/elsewhere/other.yaml", "/srv/elsewhere/other.yaml", False),
        ("/srv/elsewhere/another.yaml", "/srv/elsewhere/another.yaml", False),
    ],
)
def test_what_is_left_over_was_made_from_the_files_of_the_module(
    tmp_path: Path, own: str, left: str, *, found: bool
) -> None:
    """Its own containers say what its files are called on their host."""

    def elsewhere(snapshot: Snapshot) -> Snapshot:
        assert snapshot.details is not None
        first, second = snapshot.details.listed
        listed = (replace(first, files=(own,)), replace(second, files=(left,)))
        return replace(snapshot, details=dataclasses.replace(snapshot.details, listed=listed))

    codes = [one.code for one in judge.drift_of(*_context(tmp_path, "orphan", elsewhere))]
    assert codes == ["container.orphan"] * found


def test_the_containers_of_others_do_not_say_what_its_files_are_called(tmp_path: Path) -> None:
    file = ("/srv/elsewhere/compose.yaml",)

    def elsewhere(snapshot: Snapshot) -> Snapshot:
        assert snapshot.details is not None
        first, second = snapshot.details.listed
        listed = (replace(first, project="a", files=file), replace(second, files=file))
        return replace(snapshot, details=dataclasses.replace(snapshot.details, listed=listed))

    assert not judge.drift_of(*_context(tmp_path, "orphan", elsewhere))


@pytest.mark.parametrize(
    ("kind", "said"),
    [("volume", "DELETES THIS VOLUME"), ("network", "stops every container on it")],
)
def test_what_a_deployment_does_to_a_network_or_volume_is_said(
    tmp_path: Path, kind: str, said: str
) -> None:
    module, context = _context(tmp_path, "same-defaults")
    facts = Facts(module, context.catalog, context.renderer, date(2026, 1, 1))
    drift = Drift(f"{kind}.config", "this", "that")
    found = beside(Different(drift, "home_data", "data"), facts)
    assert said in found.message
    assert f"the {kind} 'home_data'" in found.message


def _other(folder: Path, name: str, project: str, compose: str = "compose.yaml") -> None:
    """Write another module, of a service 'old'."""
    home = folder / "modules" / name
    home.mkdir()
    text = MODULE.format(project=project, expected="running", more="", state="{class: stateless}")
    text = text.replace("service: app", "service: old").replace("name: app", f"name: {name}")
    home.joinpath("module.yaml").write_text(text.replace("compose.yaml", compose))
    home.joinpath("compose.yaml").write_text("services:\n  old:\n    image: x\n")
    home.joinpath("runbook.md").write_text("# old\n")


class OfOthers(Canned):
    """Renders the files of another module, too, where Compose does not refuse them."""

    refuses = False

    def rendered(self, files: Sequence[Path], project: str, service: str = "") -> Rendered:
        if files[0].parent.name != "old":
            return super().rendered(files, project, service)
        if self.refuses:
            raise ComposeError("old is refused")
        return Rendered({"name": project, "services": {"old": {}}})


@pytest.mark.parametrize(
    ("project", "left"),
    [
        ("pp-drift-orphan", False),
        ("pp-drift-orphan-z", True),
        ("another", True),
    ],
)
def test_a_service_of_another_module_of_the_project_is_not_left_over(
    tmp_path: Path, project: str, *, left: bool
) -> None:
    module, context = _context(tmp_path, "orphan")
    assert isinstance(context.renderer, Canned)
    _other(tmp_path, "old", project)
    others = OfOthers(context.renderer._kept, frozenset())
    found = judge.drift_of(module, replace(context, renderer=others))
    assert [one.code for one in found] == ["container.orphan"] * left


def test_other_files_that_are_refused_leave_orphans_unknown(tmp_path: Path) -> None:
    module, context = _context(tmp_path, "orphan")
    assert isinstance(context.renderer, Canned)
    _other(tmp_path, "old", "pp-drift-orphan")
    others = OfOthers(context.renderer._kept, frozenset())
    others.refuses = True
    with pytest.raises(CannotCompare, match="which containers are left over: old is refused"):
        judge.drift_of(module, replace(context, renderer=others))


class Told(Engine):
    """Answers from what was recorded, and counts."""

    def __init__(self, case: str) -> None:
        super().__init__(Local())
        self._seen = json.loads((CASES / case / "observed.json").read_text())
        self.asked: list[str] = []

    def list_containers(self) -> list[ListedContainer]:
        return [
            ListedContainer(one["Id"], [one["Name"]], one["Config"]["Labels"])
            for one in self._seen["containers"]
        ]

    def api_version(self) -> tuple[int, ...]:
        return (1, 41)

    def prepare(self, questions: int) -> None:
        pass

    def ask(self, paths: Sequence[str]) -> list[Any]:
        return [self._answer(*path.strip("/").split("/")) for path in paths]

    def _answer(self, kind: str, name: str = "", *_: str) -> Document | list[Document] | None:
        if kind == "containers":
            found = [one for one in self._seen["containers"] if one["Id"] == name]
            return {**found[0], "State": _running()} if found else None
        if kind == "images":
            self.asked.append(name)
            image: Document | None = self._seen["images"].get(name)
            return image
        return [] if kind == "networks" else {"Volumes": []}

    def list_images(self) -> list[ListedImage]:
        self.asked.append("images")
        listed: Mapping[str, str] = self._seen["references"]
        return [ListedImage(found, [name]) for name, found in listed.items()]


def test_images_are_asked_for_once_and_only_for_drift() -> None:
    engine = Told("scaled")
    services = {("pp-drift-scaled", "app")}
    assert take(engine, services).details is None
    assert engine.asked == []
    kept = take(engine, services, Digests()).details
    assert kept is not None
    assert len(kept.containers) == 2
    assert len(engine.asked) == 2
    assert {one.service for one in kept.listed} == {"app"}


def test_no_value_of_an_environment_is_kept() -> None:
    kept = take(Told("env-value"), {("pp-drift-env-value", "app")}, Digests()).details
    assert kept is not None
    everything = repr([kept.containers, kept.images])
    assert "TOKEN" in everything
    assert "first-secret-value" not in everything
    assert "TOKEN" not in repr(kept)


MODEL: Mapping[str, Any] = {"name": "p", "services": {"app": {}, "other": {}}}


def scripted(
    version: str, source: Mapping[str, Any], hashes: str, model: Mapping[str, Any] = MODEL
) -> Answering:
    """Answer ``docker-compose`` from a table of what follows it."""
    answers = {
        ("version", "--short"): version,
        ("config", "--format", "json"): json.dumps(model),
        ("config", "--format", "json", "--no-interpolate"): json.dumps(
            {"name": "p", "services": {"app": source}}
        ),
        ("config", "--hash", "*"): hashes,
    }

    def answer(command: Command) -> CommandResult:
        for words, text in answers.items():
            if command.argv[-len(words) :] == words:
                return CommandResult(0, text, "")
        message = f"unexpected: {command.argv}"
        raise EngineError(message)

    return Answering(answer)


FILES = (Path("compose.yaml"),)
HASHES = "app abc\nother def\n"


@pytest.mark.parametrize(
    ("version", "source", "expected"),
    [
        ("5.6.1", {}, "abc"),
        ("v5.6.1", {"env_file": ["a"], "depends_on": {"other": {}}}, "abc"),
        ("5.4.0", {"env_file": ["a"]}, None),
        ("2.19.1", {"depends_on": {"other": {}}}, None),
        ("2.40.0", {"ports": ["80"]}, "abc"),
        ("5.6.1", {"network_mode": "service:other"}, None),
        ("5.6.1", {"network_mode": "${MODE}"}, None),
        ("5.6.1", {"ipc": "service:other"}, None),
        ("5.6.1", {"volumes_from": ["other"]}, None),
    ],
)
def test_the_hash_is_unknown_where_compose_is_known_to_disagree(
    version: str, source: Mapping[str, Any], expected: str | None
) -> None:
    assert Renderer(scripted(version, source, HASHES)).hash(FILES, "p", "app") == expected


def test_all_hashes_are_asked_for_at_once() -> None:
    transport = scripted("5.6.1", {}, HASHES)
    renderer = Renderer(transport)
    assert [renderer.hash(FILES, "p", name) for name in ("app", "app", "other", "none")] == [
        *("abc", "abc", "def"),
        None,
    ]
    assert sum("--hash" in argv for argv in transport.ran) == 1
    assert renderer.version() == "5.6.1"


def test_values_are_secret_as_compose_and_as_the_engine_write_them() -> None:
    environment = {"A": "pa$$word"}
    model = {"services": {"app": {"environment": environment}}}
    transport = scripted("5.6.1", {"environment": {"A": "${SHOWN}"}}, HASHES, model)
    renderer = Renderer(transport)
    renderer.rendered(FILES, "p")
    renderer.uninterpolated(FILES, "p")
    assert renderer.secrets().hide("pa$word pa$$word ${SHOWN}", "*") == "* * ${SHOWN}"
