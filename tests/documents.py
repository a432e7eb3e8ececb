"""Documents of ``--json`` for tests of formats: small ones, hostile ones, big ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

Json = dict[str, Any]

HOSTILE = [
    "<script>alert(1)</script>",
    "[click](https://example.org)",
    "![x](https://example.org/x.png)",
    "a | b | c",
    "`code` and *stars* and __lines__ and ~~no~~",
    "# heading",
    "- list",
    "&lt;b&gt;",
    "new\nline\n\n# heading",
    "\\*",
    "<https://example.org>",
    "]]> and --> and <!-- and <![CDATA[",
    "\x1b[31mred\x1b[0m \x07 \x00 \x9b2J",
    "abc\u202egnp.exe\u2066 \u200b\u200f",
    "::error file=x,line=1::injected",
    "%0A::set-output name=x::y",
    "100% 'quoted' \"doubly\" | perf=1;2;3",
    "not ok 99 - injected # TODO it is fine",
    '{"code": "x"}, {{ jinja }} {% raw %} ${shell} $(shell)',
    "long " * 2000,
    "x" * 10_000,
    "\u4f60\u597d " * 100,
    "",
]

EXCERPT: Json = {
    "lines": ["  minio-init:", "    image: minio/mc", "    restart: 'no'"],
    "first": 11,
    "line": 12,
    "column": 11,
    "width": 8,
}


def finding(message: str = "it is wrong", code: str = "a.code", **more: Any) -> Json:
    """Make a finding at a place of its own."""
    place = {"file": "modules/compose.yaml", "line": 7}
    texts = {"expected": None, "actual": None}
    return {"code": code, "message": message, **texts, **place, **more}


def check(verdict: str, message: str = "it is wrong", **more: Any) -> Json:
    """Make a check of a document."""
    id_ = more.get("id", "health::state")
    made = {
        "id": id_,
        "group": id_.partition("::")[0],
        "code": "a.code" if verdict in {"failed", "error"} else None,
        "verdict": verdict,
        "message": message,
        "expected": None,
        "actual": None,
        "file": "modules/web/module.yaml",
        "line": 3,
        "seconds": 0.25,
        "findings": [],
    }
    return {**made, **more}


def module(name: str, *checks: Json, verdict: str = "passed", **more: Any) -> Json:
    """Make a module of a document; without checks it has one that passed."""
    made = {
        "name": name,
        "file": f"modules/{name}/module.yaml",
        "expected_state": "running",
        "observed": None,
        "drift": [],
        "checks": list(checks) or [check("passed", "")],
        "verdict": verdict,
    }
    return {**made, **more}


def container(name: str, status: str = "running", **more: Any) -> Json:
    """Make a container of a module."""
    made = {
        "container": name,
        "status": status,
        "exit_code": None,
        "health": None,
        "started_at": "2026-05-17T01:08:41Z",
        "finished_at": None,
        "restart_count": 0,
        "image": "registry.example/x:1",
    }
    return {**made, **more}


def document(*modules: Json, **more: Any) -> Json:
    """Make a document; ``more`` are keys of its section."""
    section = {"schema": 1, "remote_mode": "local", "modules": list(modules), "stack": "deployed"}
    bad = any(one["verdict"] in {"failed", "error"} for one in modules)
    return {
        "created": 1779000000.5,
        "duration": 1.5,
        "exitcode": int(bad),
        "root": "/srv/platform",
        "environment": {},
        "summary": {"total": 1, "collected": 1},
        "tests": [],
        "warnings": [],
        "platform": {**section, **more},
    }


def everything() -> Json:
    """Make a document with all that a document may hold."""
    state = check(
        "failed",
        "home-platform-minio-init-1 exited 1; a one-shot must exit 0",
        code="container.state.exited_success",
        expected="exited 0",
        actual="exited 1",
        file="modules/minio-init/module.yaml",
        line=15,
    )
    contract = check(
        "failed",
        "the image is not pinned",
        id="contract::image.pinned",
        code="contract.image.pinned",
        findings=[
            finding("the image is not pinned", "contract.image.pinned", line=12, excerpt=EXCERPT),
            finding("the other image is not pinned either", "contract.image.pinned", line=30),
        ],
    )
    plan = {
        "drift": ["container.state.exited_success"],
        "decision": "refused",
        "reasons": [{"code": "guard.backup.missing", "message": "give --backup-ref"}],
        "digest": 64 * "a",
    }
    seen = container("home-platform-minio-init-1", "exited", exit_code=1)
    init = module(
        "minio-init",
        state,
        contract,
        verdict="failed",
        expected_state="exited-success",
        observed=[seen],
        drift=["container.state.exited_success"],
        owner="db",
        plan=plan,
        apply={"ran": True, "exit_code": 1, "seconds": 2.0},
        selected=2,
        total=17,
    )
    error = check("error", "the Engine did not answer", code="engine.unreachable")
    waived = check(
        "passed",
        "",
        id="contract::hardening",
        findings=[finding("it may write everywhere", "contract.hardening")],
    )
    skipped = check("skipped", "nothing was looked at", id="smoke::http")
    expected = check(
        "skipped", "expected to fail: exited 3", code="container.state.running", xfail="known"
    )
    contradiction = {
        "code": "container.missing",
        "message": "there is no container",
        "expected": "1",
        "actual": "0",
    }
    return document(
        init,
        module(
            "web",
            check("passed", ""),
            waived,
            requires=["db", "elsewhere"],
            observed=[container("web-1", health="healthy")],
        ),
        module("db", error, verdict="error", host="nas", expected_state=None),
        module("cache", skipped, verdict="unverified", contradiction=contradiction),
        module("old", expected, verdict="unverified", observed=[]),
        changed_since={
            "ref": "origin/main",
            "touched": [{"module": "web", "because": "modules/web/module.yaml"}],
        },
    )


def hostile() -> Json:
    """Make a document whose texts try to be more than texts."""
    checks = [
        check(
            "failed",
            text or "-",
            id=f"smoke::{text or '-'}",
            expected=text,
            actual=text,
            findings=[
                finding(
                    text or "-",
                    file=f"{text or '-'}.yaml",
                    excerpt={"lines": [text, text], "first": 7, "line": 8, "column": 1, "width": 3},
                )
            ],
        )
        for text in HOSTILE
    ]
    named = [
        module(text, *checks, verdict="failed", owner="]]>", requires=HOSTILE)
        for text in ("<b>", "]]>", "a\nb")
    ]
    tag = module("<img src=x onerror=alert(1)>", *checks, verdict="failed", host="<b>")
    return document(*named, tag, error={"code": "platform.crash", "message": HOSTILE[11]})


def big(modules: int = 1000, checks: int = 15) -> Json:
    """Make a document of many modules; one check of each failed."""
    return document(
        *(
            module(
                f"m{number:04}",
                *(
                    check("failed" if index == 0 else "passed", id=f"smoke::check {index}")
                    for index in range(checks)
                ),
                verdict="failed",
            )
            for number in range(modules)
        )
    )


GOLDEN = Path(__file__).parent / "cases" / "reports"
WIDTHS = (80, 200)


def golden() -> dict[str, str]:
    """Return what each format makes of :func:`everything`, by the name of its file."""
    from pytest_platform.report.document import read
    from pytest_platform.report.formats import FORMATS, render

    made = read(everything())
    texts = {name: render(name, made) for name in FORMATS}
    for width in WIDTHS:
        texts[f"table.{width}"] = render("table", made, width)
    return texts


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name, text in golden().items():
        (GOLDEN / f"{name}.txt").write_text(text, encoding="utf-8")
