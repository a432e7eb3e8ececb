"""The checks of commands and scripts, measured on labelled files that are not ours."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def _benchmark() -> ModuleType:
    path = REPOSITORY / "benchmarks" / "corpus.py"
    spec = importlib.util.spec_from_file_location("benchmark_corpus", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_precision_and_recall_are_complete() -> None:
    benchmark = _benchmark()
    folder = benchmark.default_folder()
    if not (folder / "labels.json").is_file():
        pytest.skip(f"no corpus at {folder}")
    report = benchmark.measure(folder)
    scores = (report.shape, report.masked)
    complete = all(score.precision == score.recall == 1.0 for score in scores)
    assert complete, "\n".join(benchmark.lines(report))
    assert not report.not_rendered
    assert min(len(score.hits) for score in scores) > 10


def test_an_absent_corpus_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _benchmark().main([str(tmp_path)]) == 0
    assert "no corpus" in capsys.readouterr().out
