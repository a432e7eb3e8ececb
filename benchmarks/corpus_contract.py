"""How many contract checks can be judged on Compose files of other people, without values.

Usage: ``python benchmarks/corpus_contract.py [FOLDER]``. The folder holds ``compose/``; without
an argument it is ``$PLATFORM_CORPUS`` or ``../shared/corpus`` beside the repository.

Each service becomes a draft module, as a user would write it, and one pytest run in mode
``skip`` judges them all. Nothing but the Compose files is there: no ``.env``, no file of
``env_file``, no included file. Prints the checks that could not be judged, with the reason, and
the findings in which something public is hidden: a code, a word of ours, a port, an image. Exits
1 where less than 99 % were judged, or anything public is hidden.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pytest_platform.compose.tree import documents

_WANTED: Final = 0.99
_MARK: Final = "[redacted]"
_MODULE: Final = """\
apiVersion: platform/v2
kind: Module
metadata: {{name: {name}, summary: A service., owner: people, contract: draft}}
spec:
  runtime:
    compose: {{files: [../../compose/{file}], project: corpus, service: {service}}}
    expected_state: {state}
  state: {{class: stateless}}
"""


def default_folder() -> Path:
    """Give the folder of the corpus: ``$PLATFORM_CORPUS``, or beside the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "corpus"
    return Path(os.environ.get("PLATFORM_CORPUS", beside))


def lay_out(folder: Path, root: Path) -> int:
    """Write a project with a module for each service; return how many there are."""
    (root / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    count = 0
    for number, path in enumerate(sorted((folder / "compose").iterdir())):
        copy = root / "compose" / f"f{number:03}" / "compose.yaml"
        copy.parent.mkdir(parents=True)
        copy.write_bytes(path.read_bytes())
        for service, state in _services(path):
            count += 1
            name = f"f{number:03}-{re.sub('[^a-z0-9]+', '-', service.lower()).strip('-')}-{count}"
            place = root / "modules" / name / "module.yaml"
            place.parent.mkdir(parents=True)
            file = f"f{number:03}/compose.yaml"
            text = _MODULE.format(name=name, file=file, service=json.dumps(service), state=state)
            place.write_text(text, encoding="utf-8")
    return count


def _services(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the services, with the state that their health check and restart policy suggest."""
    for tree in documents(path.read_text(encoding="utf-8")):
        found = tree.find("services")
        for name, _, service in found[1].children if found else ():
            restart = service.find("restart")
            healthy = "healthy" if service.find("healthcheck") else "running"
            yield name, "exited-success" if restart and restart[1].text == "no" else healthy


def run(root: Path) -> Mapping[str, Any]:
    """Run pytest as a user does, with nothing of this environment but the search path."""
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(root)}
    command = [sys.executable, "-m", "pytest", "-q", "-m", "contract", f"--json={root}/out.json"]
    done = subprocess.run(
        command, cwd=root, env=environment, check=False, capture_output=True, text=True
    )
    if not (root / "out.json").exists():
        raise SystemExit(done.stdout[-2000:] + done.stderr[-2000:])
    document: Mapping[str, Any] = json.loads((root / "out.json").read_text(encoding="utf-8"))
    if done.returncode not in {0, 1}:
        print(f"pytest ended with exit code {done.returncode}")
    platform: Mapping[str, Any] = document["platform"]
    return platform


def main(arguments: list[str]) -> int:
    """Print how many checks were judged, and why the others could not be."""
    folder = Path(arguments[0]) if arguments else default_folder()
    if not (folder / "compose").is_dir():
        print(f"no corpus at {folder}: give its folder, or set PLATFORM_CORPUS")
        return 0
    with tempfile.TemporaryDirectory() as name:
        modules = lay_out(folder, Path(name))
        start = time.perf_counter()
        platform = run(Path(name))
        seconds = time.perf_counter() - start
    return _report(platform, modules, seconds)


def _report(platform: Mapping[str, Any], modules: int, seconds: float) -> int:
    checks = [(one, check) for one in platform["modules"] for check in one["checks"]]
    errors = [(one, check) for one, check in checks if check["verdict"] == "error"]
    judged = 1 - len(errors) / max(1, len(checks))
    verdicts = Counter(check["verdict"] for _, check in checks)
    print(f"{modules} modules, {len(checks)} contract checks in {seconds:.1f} s: {dict(verdicts)}")
    print(f"judged: {judged:.2%}; not judged: {len(errors)}")
    for one, check in errors:
        print(f"  {one['name']} {check['id']}: {check['message']}")
    broken = [c for _, c in checks if c["verdict"] != "passed" or c.get("message")]
    refused = Counter(
        re.sub(r"\S*f(\d{3})\S*", r"f\1", c["message"])[:160]
        for c in broken
        if c["id"] == "contract::compose"
    )
    print(
        "found by contract::compose:", *(f"  {n} x {text}" for text, n in refused.items()), sep="\n"
    )
    hidden = [one for _, check in checks for one in _hidden(check)]
    print(f"findings in which something is hidden: {len(hidden)}, of them what is public:")
    public = [one for one in hidden if _is_public(one)]
    print(*(f"  {one}" for one in public), sep="\n")
    return 0 if judged >= _WANTED and not public else 1


def _hidden(check: Mapping[str, Any]) -> Iterator[str]:
    """Yield the code and message of each finding of a check in which something is hidden."""
    for one in check.get("findings") or [check]:
        text = f"{one.get('code')}: {one.get('message')}"
        if _MARK in text:
            yield text


def _is_public(text: str) -> bool:
    """Say whether a code, a word of ours, a port or the name of an image is hidden.

    Of our own words, none stands in quotes.
    """
    ours = re.sub(r"`[^`]*`|'[^']*'|\"[^\"]*\"", "", text)
    port = re.search(rf"\bport {re.escape(_MARK)}|:{re.escape(_MARK)}:|runtime\.\w+: \[", text)
    image = re.search(rf"(image|inspect) `?{re.escape(_MARK)}", text)
    return _MARK in ours or bool(port or image)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
