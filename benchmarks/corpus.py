"""Precision and recall of two contract checks on labelled Compose files of other people.

Usage: ``python benchmarks/corpus.py [FOLDER]``. The folder holds ``labels.json`` and
``compose/``; without an argument it is ``$PLATFORM_CORPUS`` or ``../shared/corpus`` beside
the repository.

Every file is rendered by Compose, once as it runs and once before interpolation. A file that
Compose refuses (extensions of another tool, included files that were not kept, required
variables) is cut down to the image, entrypoint and command of its services, and named.
``contract.command_shape`` is measured on every service, ``contract.masked_failure`` on
one-shots and on what is labelled as masking a failure.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from pytest_platform.checks.contract import command_shape, masked_failure, no_shell
from pytest_platform.compose.service import service_of

Services = Mapping[str, Mapping[str, Any]]
Key = tuple[str, str]

DISPUTED: Final[dict[Key, str]] = {
    ("tyriis__home-ops__docker__deploy__comfyui__compose.yaml", "fix-permissions"): (
        "`a || chown A; b || chown B` without `set -e`: a failure of the first chown is "
        "overwritten by the second statement, the label knows no masking"
    ),
}
"""Labels of ``contract.masked_failure`` that are wrong, and why."""

_IN_A_FILE: Final = "the script is a file that the corpus does not hold"
NOT_IN_THE_FILE: Final[dict[Key, str]] = {
    ("polarsource__polar__server__docker-compose.yaml", "minio-setup"): _IN_A_FILE,
    ("coollabsio__coolify__templates__compose__supabase@a00a76e2.yaml", "minio-createbucket"): (
        "the script stands in `volumes: content`, which is Coolify's and refused by Compose"
    ),
    ("coollabsio__coolify__templates__compose__supabase@5586c73b.yaml", "minio-createbucket"): (
        "the script stands in `volumes: content`, which is Coolify's and refused by Compose"
    ),
    ("Zhou-London__nqlake__compose.yaml", "minio-init"): _IN_A_FILE,
    ("Jilaskel__Quiz-Back__docker-compose.yaml", "minio-init"): _IN_A_FILE,
    ("CodieCoder__co-draw__compose.yaml", "minio-init"): _IN_A_FILE,
    ("kuznetsov-ai-dev__MLOps_for_LLM_agent__docker-compose.yaml", "mc"): _IN_A_FILE,
    ("dd-Splunk__splunk-datalake__compose.yaml", "so1-init"): "the script is in the image",
    ("dd-Splunk__splunk-datalake__compose.yaml", "minio-init"): _IN_A_FILE,
    ("AstarWorks__AstarManagement__docker-compose.stage1.yaml", "minio-client"): _IN_A_FILE,
}
"""Right labels of ``contract.masked_failure`` about scripts that Compose does not render."""

_GIVEN: Final = f"{masked_failure.CODE}, by the labels as given"
SHAPE_NOOP: Final = "shape-noop"
"""A label of masking: the broken shape is what exits 0, so ``command_shape`` has to find it."""


@dataclass(slots=True)
class Score:
    """What one check found; each list names file and service."""

    check: str
    hits: list[Key] = field(default_factory=list)
    false_alarms: list[Key] = field(default_factory=list)
    missed: list[Key] = field(default_factory=list)
    set_apart: dict[Key, str] = field(default_factory=dict)

    @property
    def precision(self) -> float:
        """How much of what was found is there."""
        return len(self.hits) / max(1, len(self.hits) + len(self.false_alarms))

    @property
    def recall(self) -> float:
        """How much of what is there was found."""
        return len(self.hits) / max(1, len(self.hits) + len(self.missed))

    def count(self, key: Key, *, found: bool, labelled: bool) -> None:
        """Add one service."""
        if found and labelled:
            self.hits.append(key)
        elif found:
            self.false_alarms.append(key)
        elif labelled:
            self.missed.append(key)


@dataclass(frozen=True, slots=True)
class Report:
    """Both scores, and the files that had to be cut down or could not be rendered.

    ``given`` is the score of ``masked`` by the labels as they are, none of them set apart.
    """

    shape: Score
    masked: Score
    given: Score
    cut_down: list[str]
    not_rendered: list[str]


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    rendered: Services
    source: Services
    cut_down: bool


def default_folder() -> Path:
    """Give the folder of the corpus: ``$PLATFORM_CORPUS``, or beside the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "corpus"
    return Path(os.environ.get("PLATFORM_CORPUS", beside))


def measure(folder: Path) -> Report:
    """Render every file of the corpus and judge every service."""
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as copy, ThreadPoolExecutor(2) as pool:
        shutil.copytree(folder / "compose", copy, dirs_exist_ok=True)
        paths = [Path(copy) / Path(label["file"]).name for label in labels]
        files = list(pool.map(_render, paths))
    report = Report(Score(no_shell.CODE), Score(masked_failure.CODE), Score(_GIVEN), [], [])
    for label, path, file in zip(labels, paths, files, strict=True):
        _judge_file(report, path.name, file, label["services"])
    return report


def _judge_file(
    report: Report, name: str, file: _File | None, services: list[dict[str, Any]]
) -> None:
    if file is None:
        report.not_rendered.append(name)
        return
    if file.cut_down:
        report.cut_down.append(name)
    for label in services:
        _judge(report, file, label)


def _judge(report: Report, file: _File, label: Mapping[str, Any]) -> None:
    name: str = label["name"]
    key = (file.name, name)
    service, source = service_of(file.rendered[name]), file.source[name]
    shape = bool(command_shape.findings(service, source))
    report.shape.count(key, found=shape, labelled=bool(label.get("command_shape_bug")))
    masking: list[str] = label.get("masking", [])
    if label["truth"] != "one-shot" and not masking:
        return
    masked = bool(masked_failure.findings(service, source))
    found = shape if masking == [SHAPE_NOOP] else masked
    report.given.count(key, found=found, labelled=bool(masking))
    apart = DISPUTED.get(key) or NOT_IN_THE_FILE.get(key)
    if apart is not None:
        report.masked.set_apart[key] = f"{'found' if masked else 'not found'}: {apart}"
        return
    report.masked.count(key, found=found, labelled=bool(masking))


def _render(path: Path) -> _File | None:
    rendered, source = _config(path), _config(path, "--no-interpolate")
    cut_down = rendered is None or source is None
    if cut_down:
        _cut_down(path)
        variables = _compose(path, "config", "--variables", "--format", "json") or {}
        required = {name: "1" for name, one in variables.items() if one["Required"]}
        rendered = _config(path, variables=required)
        source = _config(path, "--no-interpolate")
    if rendered is None or source is None:
        return None
    return _File(path.name, rendered, source, cut_down)


def _cut_down(path: Path) -> None:
    """Keep what the checks read. Nodes are edited, so that no scalar changes its meaning."""
    root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    if root is None:
        return
    kept = [
        (key, value)
        for key, value in root.value
        if key.value == "services" or key.value.startswith("x-")
    ]
    for _, service in next(value for key, value in kept if key.value == "services").value:
        fields = {"<<", "image", "entrypoint", "command"}
        if isinstance(service, yaml.MappingNode):
            service.value = [pair for pair in service.value if pair[0].value in fields]
    root.value = kept
    path.write_text(yaml.serialize(root), encoding="utf-8")


def _config(
    path: Path, *options: str, variables: Mapping[str, str] | None = None
) -> Services | None:
    lenient = ("--no-env-resolution", "--no-consistency", "--format", "json")
    model = _compose(path, "config", *lenient, *options, variables=variables)
    return None if model is None else model["services"]


def _compose(
    path: Path, *words: str, variables: Mapping[str, str] | None = None
) -> dict[str, Any] | None:
    """Run Compose with nothing of this machine's environment but the search path."""
    done = subprocess.run(
        [*_program(), "-f", str(path), "--profile", "*", *words],
        capture_output=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(path.parent), **(variables or {})},
        text=True,
        timeout=60,
    )
    return json.loads(done.stdout) if done.returncode == 0 else None


def _program() -> list[str]:
    beside = Path(sys.executable).with_name("docker-compose")
    found = str(beside) if beside.exists() else shutil.which("docker-compose")
    return [found] if found else ["docker", "compose"]


def lines(report: Report) -> list[str]:
    """Give the report as text."""
    shape_noop = f"a masking labelled `{SHAPE_NOOP}` counts as found where command_shape finds it"
    return [
        *_score_lines(report.shape),
        *_score_lines(report.masked),
        *_score_lines(report.given),
        f"  ({shape_noop})",
        f"refused by Compose, cut down to image, entrypoint, command: {len(report.cut_down)}",
        *(f"  {name}" for name in report.cut_down),
        f"not rendered at all: {len(report.not_rendered)}",
        *(f"  {name}" for name in report.not_rendered),
    ]


def _score_lines(score: Score) -> list[str]:
    counts = f"{len(score.hits)} hits, {len(score.false_alarms)} false, {len(score.missed)} missed"
    return [
        f"{score.check}: precision {score.precision:.0%}, recall {score.recall:.0%} ({counts})",
        *(f"  false alarm: {' '.join(key)}" for key in score.false_alarms),
        *(f"  missed: {' '.join(key)}" for key in score.missed),
        *(f"  set apart: {' '.join(key)}: {why}" for key, why in score.set_apart.items()),
    ]


def main(arguments: list[str]) -> int:
    """Print the report of the folder in ``arguments``, or say that there is none."""
    folder = Path(arguments[0]) if arguments else default_folder()
    if not (folder / "labels.json").is_file():
        print(f"no corpus at {folder}: give its folder, or set PLATFORM_CORPUS")
        return 0
    print("\n".join(lines(measure(folder))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
