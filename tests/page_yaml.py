"""YAML of the documentation: read as strictly as the thing it is an example of."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from pages import ROOT, Block

Yaml = dict[str, Any]
_BASE: Yaml = {
    "apiVersion": "platform/v2",
    "kind": "Module",
    "metadata": {"name": "web", "summary": "An example.", "owner": "me"},
    "spec": {
        "runtime": {
            "compose": {"files": ["compose.yaml"], "project": "p", "service": "web"},
            "expected_state": "running",
        },
        "state": {"class": "stateless"},
    },
}
_DEFAULTS = """
apiVersion: platform/v2
kind: Defaults
owner: me
compose: {files: [compose.yaml], project: p}
"""
_RUNTIME_KEYS = {"host", "exposure", "beyond_create", "hook", "replicas", "max_age", "timeout"}


def problems(block: Block) -> list[str]:
    """Return what is wrong with a block of YAML; its first word may say what kind it is."""
    kind = block.words[0] if block.words else _kind(yaml.safe_load(block.text))
    return KINDS[kind](block.text)


def _kind(document: Yaml) -> str:
    if document.get("kind") == "Defaults":
        return "defaults"
    return "compose" if "services" in document else "module"


def _module(text: str) -> list[str]:
    """Read a whole module file, or a piece put into one, with the product's own reader."""
    whole = yaml.safe_load(text)
    if "apiVersion" not in whole:
        whole = _merged(_BASE, _placed(whole))
        text = yaml.safe_dump(whole)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "modules" / whole["metadata"]["name"]
        home.mkdir(parents=True)
        (home / "compose.yaml").write_text("services: {}\n", encoding="utf-8")
        (home.parent / "defaults.yaml").write_text(_DEFAULTS, encoding="utf-8")
        (home / "module.yaml").write_text(text, encoding="utf-8")
        return _run("-m", "pytest_platform", "validate", str(home / "module.yaml"))


def _placed(document: Yaml) -> Yaml:
    """Put a piece where it belongs: under ``spec``, or under its ``runtime``."""
    if document.keys() & {"spec", "metadata"}:
        return document
    runtime = {key: value for key, value in document.items() if key in _RUNTIME_KEYS}
    spec = {key: value for key, value in document.items() if key not in runtime}
    return {"spec": _merged(spec, {"runtime": runtime} if runtime else {})}


def _merged(base: Yaml, piece: Yaml) -> Yaml:
    both = {
        key: _merged(base[key], piece[key])
        for key in base.keys() & piece.keys()
        if isinstance(base[key], dict) and isinstance(piece[key], dict)
    }
    merged = {**base, **piece, **both}
    # A module has one engine, and that of the base is Compose.
    if "swarm" in piece:
        merged.pop("compose", None)
    # A state of another class takes nothing over from that of the base.
    if "class" in piece.get("state", {}):
        merged["state"] = piece["state"]
    return merged


def _against(schema: str) -> Callable[[str], list[str]]:
    path = ROOT / "schema" / schema
    validator = Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))
    return lambda text: [
        f"{one.json_path}: {one.message}" for one in validator.iter_errors(yaml.safe_load(text))
    ]


def _vendored(schema: str, *more: str) -> Callable[[str], list[str]]:
    """Validate with a schema that check-jsonschema brings."""
    argv = ("-m", "check_jsonschema", "--builtin-schema", schema, *more)
    return lambda text: _in_file(text, *argv)


def _in_file(text: str, *argv: str) -> list[str]:
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        return _run(*argv, file.name)


def _compose(text: str) -> list[str]:
    return [*_vendored("vendor.compose-spec")(text), *_against("compose.schema.json")(text)]


def _prometheus(text: str) -> list[str]:
    """Alert rules have what Prometheus asks for, and name metrics and labels that there are."""
    shown = (ROOT / "tests" / "cases" / "reports" / "prometheus.txt").read_text(encoding="utf-8")
    metrics = set(re.findall(r"^# TYPE (\S+) ", shown, re.MULTILINE))
    rules = [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]
    wrong = [f"{rule}: alert and expr" for rule in rules if not {"alert", "expr"} <= rule.keys()]
    named = {name for rule in rules for name in re.findall(r"pytest_platform_\w+", rule["expr"])}
    return wrong + [f"there is no metric {name}" for name in sorted(named - metrics)]


def _alertmanager(text: str) -> list[str]:
    """Find receivers that a route names and that there are not."""
    document = yaml.safe_load(text)
    known = {one["name"] for one in document["receivers"]}
    named = {one["receiver"] for one in [document["route"], *document["route"].get("routes", [])]}
    return [f"there is no receiver {one}" for one in sorted(named - known)]


def _pre_commit(text: str) -> list[str]:
    """Find hooks that ``.pre-commit-hooks.yaml`` does not have."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    known = {hook["id"] for hook in hooks}
    named = [
        hook["id"] for repository in yaml.safe_load(text)["repos"] for hook in repository["hooks"]
    ]
    return [f"there is no hook {one}" for one in named if one not in known]


def _run(*argv: str) -> list[str]:
    done = subprocess.run([sys.executable, *argv], capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [done.stdout + done.stderr]


KINDS: Mapping[str, Callable[[str], list[str]]] = {
    "module": _module,
    "defaults": _against("defaults.schema.json"),
    "compose": _compose,
    "github": _vendored("vendor.github-workflows"),
    "gitlab": _vendored("vendor.gitlab-ci", "--data-transform", "gitlab-ci"),
    "prometheus": _prometheus,
    "alertmanager": _alertmanager,
    "pre-commit": _pre_commit,
}
