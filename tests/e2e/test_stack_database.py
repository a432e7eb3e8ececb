"""A migration on a real PostgreSQL server is run twice.

What it does decides, not what the server writes into its own files meanwhile.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import docker
import pytest

from e2e.stacks import ONE_SHOT, OWN, name_in, parts, write
from e2e.tree import Outcome, Tree

pytestmark = pytest.mark.e2e
PROJECT = "pp-e2e-never-deployed"
IMAGE = "pytest-platform-demo/postgres"
PASSWORD = "of-the-tests"  # noqa: S105 - of a server that lives for one test
SAME = """
create table if not exists t (id int primary key);
insert into t values (1) on conflict do nothing;
checkpoint;
"""
MORE = """
create table if not exists t (id int primary key);
insert into t select coalesce(max(id), 0) + 1 from t;
checkpoint;
"""
COUNT = {
    "name": "rows",
    "exec": {
        "service": "db",
        "command": ["psql", "-U", "postgres", "-tAc", "select count(*) from t"],
        "stdout": {"matches": "[0-9]+"},
    },
}
LATER = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
WAIVED = {"code": "smoke.idempotent", "reason": "it counts its runs", "until": LATER}


def _run(tree: Tree, sql: str, **spec: Any) -> Outcome:
    check = {"test": ["CMD", "pg_isready", "-U", "postgres"], "interval": "1s", "retries": 120}
    database = {
        "image": IMAGE,
        "command": ["postgres"],
        "networks": ["default"],
        "environment": {"POSTGRES_PASSWORD": PASSWORD},
        "volumes": ["data:/var/lib/postgresql/data"],
        "healthcheck": check,
    }
    job = {
        "image": IMAGE,
        "entrypoint": ["psql", "-v", "ON_ERROR_STOP=1", "-h", "db", "-U", "postgres", "-c"],
        "command": [sql],
        "networks": ["default"],
        "environment": {"PGPASSWORD": PASSWORD},
        "restart": "no",
        "depends_on": {"db": {"condition": "service_healthy"}},
    }
    write(tree, "db", {"db": database, "migrate": job}, volumes={"data": {}})
    stateful = {"class": "stateful", "backup": {"roots": ["/srv/backups"]}}
    tree.module("db", PROJECT, "db", runtime={"expected_state": "healthy"}, state=stateful)
    state = {"class": "sidecar", "owner": "db", "backup_ref_modules": ["db"]}
    more = {"state": state, "requires": ["db"], "smoke": [COUNT], **spec}
    file = "../db/compose.yaml"
    tree.module("migrate", PROJECT, "migrate", files=file, runtime=ONE_SHOT, **more)
    return tree.pytest("--module", "migrate", "--json", *OWN)


def test_the_same_twice(tree: Tree, engine: docker.APIClient) -> None:
    outcome = _run(tree, SAME)
    check = outcome.check("migrate", "smoke::idempotent")
    assert check["verdict"] == "passed", outcome.stderr
    assert not parts(engine, name_in(outcome.stderr))


def test_a_row_more_each_time(tree: Tree) -> None:
    check = _run(tree, MORE).check("migrate", "smoke::idempotent")
    assert (check["verdict"], check["code"]) == ("failed", "smoke.idempotent"), check
    assert "'rows' differs" in check["message"]


def test_a_waiver_accepts_it(tree: Tree) -> None:
    check = _run(tree, MORE, waivers=[WAIVED]).check("migrate", "smoke::idempotent")
    assert check["verdict"] == "passed", check
    assert check["message"] == f"waived until {LATER}: it counts its runs"
    assert [one["code"] for one in check["findings"]] == ["smoke.idempotent"]


def test_a_waiver_that_has_ended(tree: Tree) -> None:
    ended = {**WAIVED, "until": "2020-01-01"}
    check = _run(tree, MORE, waivers=[ended]).check("migrate", "smoke::idempotent")
    assert check["verdict"] == "failed"
    assert "ended on 2020-01-01" in check["message"]


def test_without_a_probe_nothing_is_known(tree: Tree) -> None:
    check = _run(tree, SAME, smoke=[]).check("migrate", "smoke::idempotent")
    assert (check["verdict"], check["code"]) == ("error", "smoke.idempotent.nothing_compared")
