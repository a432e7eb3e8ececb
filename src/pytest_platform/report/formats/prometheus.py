"""Metrics for node_exporter's textfile collector."""

from __future__ import annotations

from typing import Final, get_args

from msgspec import UNSET
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from pytest_platform.report.check_report import ModuleVerdict
from pytest_platform.report.document import Document
from pytest_platform.report.fit import one_line
from pytest_platform.report.module_report import ModuleReport

_PREFIX: Final = "pytest_platform"
_OF_MODULE: Final = ("module", "host")


def render(document: Document) -> str:
    """Return the metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    _of_run(document, registry)
    _of_modules(document.platform.modules, registry)
    return generate_latest(registry).decode()


def _of_run(document: Document, registry: CollectorRegistry) -> None:
    exit_code = _gauge(registry, "run_exit_code", "Exit code of the last run.")
    exit_code.set(document.exitcode)
    if document.created is not UNSET:
        about = "When the last run ended, in seconds since 1970-01-01 UTC."
        _gauge(registry, "run_timestamp_seconds", about).set(document.created)
    if document.duration is not UNSET:
        about = "How long the last run took."
        _gauge(registry, "run_duration_seconds", about).set(document.duration)


def _of_modules(modules: list[ModuleReport], registry: CollectorRegistry) -> None:
    about = "1 for the verdict of a module, 0 for the other ones."
    verdict = _gauge(registry, "module_verdict", about, *_OF_MODULE, "verdict")
    about = "How many checks of a module had which verdict."
    checks = _gauge(registry, "checks", about, *_OF_MODULE, "group", "verdict")
    about = "1 for each difference between what is declared and what runs."
    drift = _gauge(registry, "module_drift", about, *_OF_MODULE, "code")
    about = "How long the checks of a module took."
    seconds = _gauge(registry, "module_checks_seconds", about, *_OF_MODULE)
    for module in modules:
        of = (one_line(module.name), one_line(module.host or ""))
        for one in get_args(ModuleVerdict):
            verdict.labels(*of, one).set(one == module.verdict)
        for check in module.checks:
            checks.labels(*of, check.group, check.verdict).inc()
        for code in module.drift:
            drift.labels(*of, one_line(code)).set(1)
        seconds.labels(*of).set(sum(check.seconds for check in module.checks))


def _gauge(registry: CollectorRegistry, name: str, about: str, *labels: str) -> Gauge:
    return Gauge(f"{_PREFIX}_{name}", about, labels, registry=registry)
