"""A platform of forty modules on three hosts, and what fifty runs of it have said."""

from __future__ import annotations

import random
from typing import Any

from documents import Json, check, container, document, finding, module
from pytest_platform.report.past import PastRun

CREATED = 1779000000.5
_HOUR = 3600
_PLATFORM = {
    "edge": {
        "proxy": ["status-page", "auth", "wiki", "git", "cloud"],
        "status-page": ["prometheus"],
        "auth": ["postgres", "cache"],
        "dns": [],
        "certificates": ["dns"],
        "firewall-log": [],
        "vpn": ["dns"],
        "mail": ["dns", "certificates", "antispam"],
        "antispam": ["cache"],
        "webmail": ["mail", "postgres"],
    },
    "nas": {
        "postgres": [],
        "postgres-init": ["+postgres"],
        "minio": [],
        "minio-init": ["+minio"],
        "cache": [],
        "git": ["postgres", "minio", "cache"],
        "runner": ["git"],
        "registry": ["minio"],
        "wiki": ["postgres", "search"],
        "wiki-migrate": ["+postgres"],
        "search": [],
        "cloud": ["postgres", "cache", "minio", "office"],
        "office": [],
        "photos": ["postgres", "photos-ml", "cache"],
        "photos-ml": [],
        "backup": ["minio", "postgres"],
    },
    "monitor": {
        "prometheus": ["node-metrics", "engine-metrics"],
        "node-metrics": [],
        "engine-metrics": [],
        "alertmanager": ["mail"],
        "grafana": ["prometheus", "logs", "postgres"],
        "logs": ["minio"],
        "log-shipper": ["logs"],
        "uptime": ["proxy"],
        "speedtest": [],
        "home-assistant": ["mqtt"],
        "mqtt": [],
        "zigbee": ["mqtt"],
        "energy": ["mqtt", "timeseries"],
        "timeseries": [],
    },
}
_INIT = {"minio-init", "postgres-init", "wiki-migrate"}
_CHECKS = (
    *("contract::schema", "contract::image.pinned", "contract::restart", "contract::healthcheck"),
    *("health::state", "health::requires", "smoke::answers", "drift::none"),
)


def sample() -> Json:
    """Make the document."""
    dice = random.Random(7)  # noqa: S311 - it only has to look like a platform
    made = [
        _module(name, host, needs, dice)
        for host, modules in _PLATFORM.items()
        for name, needs in modules.items()
    ]
    made.sort(key=lambda one: str(one["name"]))
    return {**document(*made, remote_mode="ssh"), "created": CREATED, "duration": 48.7}


def past() -> dict[str, list[PastRun]]:
    """Make the last fifty runs of each module."""
    dice = random.Random(11)  # noqa: S311 - as above
    verdicts = {one["name"]: one["verdict"] for one in sample()["platform"]["modules"]}
    found = {}
    for name, verdict in verdicts.items():
        usual = dice.uniform(0.2, 2.5)
        runs = []
        for age in range(50, 0, -1):
            slow = usual * dice.uniform(0.8, 1.3) * (1 + (50 - age) / 20 * (name == "cloud"))
            said = _then(name, str(verdict), age, dice)
            runs.append(PastRun(CREATED - (age - 1) * 6 * _HOUR, said, round(slow, 2)))
        found[name] = runs
    return found


def _then(name: str, verdict: str, age: int, dice: random.Random) -> str:
    if age == 1:
        return verdict
    if name == "zigbee":
        return dice.choice(["passed", "passed", "failed"])
    if verdict in {"failed", "error"}:
        return verdict if age <= {"minio-init": 3, "photos": 9}.get(name, 2) else "passed"
    return "failed" if age in {23, 24} and name in {"mail", "webmail"} else "passed"


def _module(name: str, host: str, needs: list[str], dice: random.Random) -> Json:
    checks = [
        check("passed", "", id=one, seconds=round(dice.uniform(0.001, 0.4), 3)) for one in _CHECKS
    ]
    ended = name in _INIT
    state: Json = {"exit_code": 0, "finished_at": "2026-05-16T22:04:11Z"} if ended else {}
    seen = container(f"home-{name}-1", "exited" if ended else "running", **state)
    if name in {"postgres", "cache", "proxy"}:
        seen["health"] = "healthy"
    made = module(
        name,
        *checks,
        host=host,
        expected_state="exited-success" if ended else "running",
        observed=[seen],
        selected=len(checks),
        total=len(checks),
    )
    required = [one for one in needs if not one.startswith("+")]
    owners = [one[1:] for one in needs if one.startswith("+")]
    made |= {"requires": required} if required else {}
    made |= {"owner": owners[0]} if owners else {}
    _FAULTS.get(name, lambda _: None)(made)
    return made


def _fail(made: Json, index: int, verdict: str, **more: Any) -> None:
    made["checks"][index] |= {"verdict": verdict, **more}
    if made["verdict"] != "failed":
        made["verdict"] = verdict


def _init_failed(made: Json) -> None:
    made["observed"][0]["exit_code"] = 1
    text = "home-minio-init-1 exited 1; a one-shot must exit 0"
    pair = {"expected": "exited 0", "actual": "exited 1"}
    place = {"file": "modules/minio-init/module.yaml", "line": 15}
    lines = ["  runtime:", "    expected_state: exited-success", "    compose:"]
    excerpt = {"lines": lines, "first": 14, "line": 15, "column": 4, "width": 30}
    code = "container.state.exited_success"
    found = [finding(text, code, **pair, **place, excerpt=excerpt)]
    _fail(made, 4, "failed", message=text, code=code, **pair, **place, findings=found)


def _unpinned(made: Json) -> None:
    name = made["name"]
    text = f"the image of {name} is not pinned: write the digest behind the tag"
    line = 40 if name == "office" else 71
    lines = [f"  {name}:", f"    image: registry.example/{name}:latest", "    restart: always"]
    excerpt = {"lines": lines, "first": line - 1, "line": line, "column": 11, "width": 40}
    code = "contract.image.pinned"
    found = [finding(text, code, file="modules/compose.yaml", line=line, excerpt=excerpt)]
    _fail(made, 1, "failed", message=text, code=code, findings=found)


def _unreachable(made: Json) -> None:
    text = "http://photos:3001/api answered 502; 200 is expected"
    place = {"file": "modules/photos/module.yaml", "line": 31}
    lines = ["      - http:", "          url: http://photos:3001/api", "          status: 200"]
    excerpt = {"lines": lines, "first": 30, "line": 31, "column": 10, "width": 27}
    pair = {"expected": "200", "actual": "502"}
    found = [finding(text, "probe.http.status", **pair, **place, excerpt=excerpt)]
    _fail(made, 6, "failed", message=text, code="probe.http.status", **place, findings=found)


def _unseen(made: Json) -> None:
    made["observed"] = None
    text = "the Engine of 'edge' did not answer within 10 s; see whether it runs"
    for index in (4, 5, 6, 7):
        _fail(made, index, "error", message=text, code="engine.timeout")


def _unverified(made: Json) -> None:
    made["checks"][4] |= {"verdict": "skipped", "message": "deselected"}
    made["verdict"] = "unverified"


def _waived(made: Json) -> None:
    text = "the container may gain privileges: add no-new-privileges"
    made["checks"][2]["findings"] = [finding(text, "contract.hardening", line=88)]


_FAULTS = {
    "minio-init": _init_failed,
    "office": _unpinned,
    "speedtest": _unpinned,
    "photos": _unreachable,
    "vpn": _unseen,
    "registry": _unverified,
    "logs": _waived,
}
