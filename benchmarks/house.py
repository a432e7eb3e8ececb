"""Measure the shape of the source: sizes, imports, names, and the way of one live verdict.

    python benchmarks/house.py [--functions] [FOLDER]

FOLDER is the folder of the package, by default the one beside this file. The way is traced only
where a Docker Engine answers: one container is made, looked at by `health::state`, and removed.
With --functions each file of the way is followed by the functions that were entered in it.
"""

from __future__ import annotations

import ast
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGE: Final = ROOT / "src" / "pytest_platform"
IMAGE: Final = "pytest-platform-demo/busybox:latest"
LONG_FILE, LONG_FUNCTION = 250, 30

MODULE: Final = """\
apiVersion: platform/v2
kind: Module
metadata: {{name: app, summary: One container., owner: bench}}
spec:
  runtime:
    compose: {{files: [compose.yaml], project: {project}, service: app}}
    expected_state: running
  state: {{class: stateless}}
"""
COMPOSE: Final = """\
services:
  app: {{image: "{image}", command: [sleep, infinity], network_mode: none, init: true}}
"""
TRACER: Final = """\
import json, os, sys, threading
from pathlib import Path

ENTERED = set()
PACKAGE = os.environ["HOUSE_PACKAGE"]


def _enter(frame, event, argument):
    if event == "call" and frame.f_code.co_filename.startswith(PACKAGE):
        ENTERED.add((frame.f_code.co_filename, frame.f_code.co_qualname))


def pytest_runtest_protocol(item):
    ENTERED.clear()
    threading.setprofile(_enter)
    sys.setprofile(_enter)


def pytest_runtest_logfinish():
    sys.setprofile(None)
    threading.setprofile(None)
    Path(os.environ["HOUSE_TRACE"]).write_text(json.dumps(sorted(ENTERED)))
"""


class Source(NamedTuple):
    """One file: its path in the package, its lines, and its syntax tree."""

    path: str
    lines: list[str]
    tree: ast.Module


def read(package: Path) -> list[Source]:
    """Read every Python file of the package."""
    files = sorted(package.rglob("*.py"))
    texts = [file.read_text(encoding="utf-8") for file in files]
    return [
        Source(str(file.relative_to(package)), text.splitlines(), ast.parse(text))
        for file, text in zip(files, texts, strict=True)
    ]


def shape(sources: list[Source]) -> Iterator[tuple[str, object]]:
    """Yield what can be counted without running anything."""
    lines = sum(len(one.lines) for one in sources)
    yield "files", len(sources)
    yield "lines", lines
    yield (
        f"files over {LONG_FILE} lines",
        [f"{one.path} ({len(one.lines)})" for one in sources if len(one.lines) > LONG_FILE],
    )
    functions = [found for one in sources for found in _functions(one)]
    bodies = sorted(size for _, size in functions)
    nine_tenths = bodies[len(bodies) * 9 // 10]
    yield (
        "body of a function: median, 90 %, longest",
        (
            statistics.median(bodies),
            nine_tenths,
            bodies[-1],
        ),
    )
    yield (
        f"functions over {LONG_FUNCTION} lines",
        [f"{name} ({size})" for name, size in functions if size > LONG_FUNCTION],
    )
    code = sum(bool(line.strip()) for one in sources for line in one.lines)
    imports = sum(_span(node) for one in sources for node in ast.walk(one.tree) if _imports(node))
    yield "imports, % of code", round(100 * imports / code, 1)
    names = Counter(
        node.name
        for one in sources
        for node in ast.walk(one.tree)
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    yield "public class names defined twice", sorted(n for n, times in names.items() if times > 1)
    yield (
        "rooms",
        dict(
            sorted(
                Counter(one.path.partition("/")[0].removesuffix(".py") for one in sources).items()
            )
        ),
    )


def _functions(source: Source) -> Iterator[tuple[str, int]]:
    """Yield each function with the lines of its body, without its docstring."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            size = (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
            yield f"{source.path}:{node.name}", size


def _imports(node: ast.AST) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _span(node: ast.AST) -> int:
    return int(node.end_lineno - node.lineno + 1)  # type: ignore[attr-defined]


def way(package: Path, named: bool) -> Iterator[tuple[str, object]]:
    """Yield what one live `health::state` goes through, or why that cannot be traced."""
    project = f"pp-house-{secrets.token_hex(3)}"
    with tempfile.TemporaryDirectory() as folder:
        module = Path(folder) / "modules" / "app"
        module.mkdir(parents=True)
        (module / "module.yaml").write_text(MODULE.format(project=project))
        (module / "compose.yaml").write_text(COMPOSE.format(image=IMAGE))
        (Path(folder) / "pytest.ini").write_text("[pytest]\n")
        (Path(folder) / "tracer.py").write_text(TRACER)
        up = _compose(project, module, "up", "--detach")
        try:
            yield from _trace(package, Path(folder), up, named)
        finally:
            _compose(project, module, "down", "--timeout", "0")


def _trace(package: Path, folder: Path, up: str, named: bool) -> Iterator[tuple[str, object]]:
    if up:
        yield "the way of one live verdict", f"not traced: {up.splitlines()[-1]}"
        return
    trace = folder / "trace.json"
    words = ("-q", "-p", "tracer", "--remote-mode=local", "-m", "health", "modules")
    env = {
        "HOUSE_PACKAGE": str(package),
        "HOUSE_TRACE": str(trace),
        "PYTHONPATH": f"{package.parent}{os.pathsep}.",
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        cwd=folder,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        yield "the way of one live verdict", f"not traced:\n{done.stdout}"
        return
    entered = json.loads(trace.read_text())
    yield (
        "one live health::state: files, functions",
        (
            len({file for file, _ in entered}),
            len(entered),
        ),
    )
    functions: dict[str, list[str]] = {}
    for file, function in entered:
        functions.setdefault(str(Path(file).relative_to(package)), []).append(function)
    if named:
        yield "its files", [f"{file}: {', '.join(names)}" for file, names in functions.items()]
    else:
        yield "its files", list(functions)


def _compose(project: str, folder: Path, *words: str) -> str:
    """Run Compose; return what went wrong, empty where nothing did."""
    program = Path(sys.executable).with_name("docker-compose")
    command = [str(program)] if program.exists() else ["docker", "compose"]
    done = subprocess.run(
        [*command, "-p", project, *words], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stderr.strip() or "Compose failed" if done.returncode else ""


def main(arguments: list[str]) -> int:
    """Print one line for each figure, and one for each name where a figure is a list."""
    folders = [one for one in arguments if one != "--functions"]
    package = Path(folders[0]).resolve() if folders else PACKAGE
    for name, figure in (*shape(read(package)), *way(package, len(folders) < len(arguments))):
        if isinstance(figure, list):
            print(f"{name}: {len(figure)}")
            for one in figure:
                print(f"  {one}")
        else:
            print(f"{name}: {figure}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
