"""What the guarded apply must withstand while it works."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.applying import (
    ONE_SHOT,
    START,
    UNPINNED,
    Stack,
    applied,
    make_stack,
    mutating,
    one_shot,
    refused,
    store,
    validate,
)
from e2e.claims import no_traceback
from e2e.conftest import NewProject
from e2e.proxy import Proxy
from e2e.tree import finish
from e2e.waiting import until

pytestmark = pytest.mark.e2e

GO = "test -e /data/go; "
HOLD = GO + "while test -e /data/hold; do sleep 0.1; done"
# The store's health check tells the one-shot when it has found the store unwell twice, so
# that the Engine has heard of the first time.
CHECK = (
    "test -e /data/sick || exit 0; "
    "test -e /data/once && touch /data/twice; touch /data/once; exit 1"
)
BREAK = GO + "touch /data/sick; until test -e /data/twice; do sleep 0.1; done"
# The Engine begins to listen for this after the start, and hears of it apart from the exit.
HUNGER = GO + (
    "sleep 1; code=0; dd if=/dev/zero of=/dev/null bs=64M count=1 || code=$$?; sleep 1; exit $$code"
)
# In long lines, because the Engine takes its time for each line more than for each byte.
LOG_BYTES = int(os.environ.get("PLATFORM_LOG_BYTES", "1073741824"))
LOUD = GO + (
    f"line=$$(printf %15000s loud); left={LOG_BYTES // 15000}; "
    'while test $$left -gt 0; do echo "$$line"; left=$$((left - 1)); done; echo the end'
)
LEAK = GO + 'echo "it is $$PASSWORD"; env >&2; exit 3'
# Breaks in as pytest-timeout does, but not before it is told to.
BREAKS_IN = """\
import signal
import pytest

def pytest_runtest_setup():
    signal.signal(signal.SIGALRM, lambda *_: pytest.fail("it took too long"))
"""
# Not what getrusage tells: that counts the process which started this one, too.
MEASURE = """\
import re
from pathlib import Path

def pytest_unconfigure():
    status = Path("/proc/self/status").read_text()
    Path("kilobytes").write_text(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1])
"""
WAIVED = [UNPINNED, {**UNPINNED, "code": "contract.secrets"}]
WAIT = "POST /containers/[0-9a-f]+/wait"


@pytest.fixture(scope="module")
def running(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """Start a store, and a one-shot for each thing that may happen. All have failed."""
    stack = make_stack(tmp_path_factory.mktemp("withstand"), new_project, "apply-withstand")
    check = {"test": ["CMD", "sh", "-c", CHECK], "interval": "1s", "retries": 1}
    hungry = one_shot(HUNGER, mem_limit="8m", memswap_limit="8m")
    environment = {"PASSWORD": f"word-{secrets.token_hex(12)}"}
    stack.write(
        {
            "store": {**store(), "healthcheck": check},
            "job": one_shot(HOLD),
            "endless": one_shot(GO + "sleep 600"),
            "hungry": hungry,
            "breaker": one_shot(BREAK),
            "loud": one_shot(LOUD, logging={"driver": "json-file"}),
            "leaky": one_shot(LEAK, environment=environment),
        }
    )
    stack.owner()
    stack.job("endless", runtime={**ONE_SHOT, "timeout": "2s"}, waivers=WAIVED)
    eats = {"command": "dd", "reason": "it reads zeros until no memory is left"}
    stack.job("hungry", runtime={**ONE_SHOT, "beyond_create": [eats]}, waivers=WAIVED)
    for name in ("job", "breaker", "loud", "leaky"):
        stack.job(name, waivers=WAIVED)
    stack.project.up()
    for name in ("job", "endless", "hungry", "breaker", "loud", "leaky"):
        stack.project.wait_for(name, "exited")
    stack.project.wait_for("store", "healthy")
    stack.mend()
    return stack


@pytest.fixture
def failed(running: Stack) -> Iterator[Stack]:
    """Let the one-shot ``job`` fail. Afterwards the lock must be free."""
    running.fail_again()
    running.audit.unlink(missing_ok=True)
    yield running
    running.sh("rm -f /data/hold")
    running.project.wait_for("job", "exited")
    assert not running.lock.exists(), "every run that ends gives the lock back"


@pytest.fixture
def held(failed: Stack) -> Stack:
    """Make the one-shot run for as long as the file ``hold`` is there."""
    failed.sh("touch /data/hold")
    return failed


# ---- somebody else ----


def test_two_at_once(held: Stack, proxy: Proxy) -> None:
    first = held.tree.start(*held.arguments(), "--apply", "-m", "apply", env=proxy.env)
    proxy.wait_for(WAIT)
    second = held.apply("job", "-m", "apply", env=proxy.env)
    assert refused(second) == {"guard.lock", "guard.in_progress"}
    assert f"(process {first.pid}, run " in second.stderr
    held.sh("rm /data/hold")
    outcome = finish(first)
    assert outcome.returncode == 0, outcome.stderr
    assert applied(outcome)["ran"] is True
    assert proxy.count(START) == 1


def test_somebody_runs_it_by_compose_run(held: Stack, proxy: Proxy) -> None:
    held.project.compose("run -d --rm job")
    outcome = held.apply("job", "-m", "apply", env=proxy.env)
    held.sh("rm /data/hold")
    until(lambda: len(held.project.containers("job")) == 1, "that run is over")
    assert refused(outcome) == {"guard.in_progress"}
    assert mutating(proxy) == []


def test_two_from_the_same_moment(failed: Stack, proxy: Proxy) -> None:
    given = (*failed.arguments(), "--apply", "-m", "apply")
    both = [failed.tree.start(*given, env=proxy.env) for _ in range(2)]
    outcomes = [finish(one) for one in both]
    did = [applied(outcome)["ran"] for outcome in outcomes]
    assert sorted(did) == [False, True]
    assert proxy.count(START) == 1
    assert outcomes[did.index(True)].returncode == 0


def test_the_lock_is_held_by_somebody(failed: Stack, proxy: Proxy) -> None:
    holder = '{"user":"eve","machine":"far","pid":1,"since":"then","run":"r","module":"m"}'
    failed.lock.write_text(holder, encoding="utf-8")
    try:
        outcome = failed.apply("job", "-m", "apply", env=proxy.env)
    finally:
        failed.lock.unlink()
    assert refused(outcome) == {"guard.lock"}
    assert "eve on far (process 1, run r) since then, for m" in outcome.stderr
    assert mutating(proxy) == []


@pytest.mark.parametrize("what", ["nonsense", ""])
def test_a_lock_that_names_nobody(failed: Stack, proxy: Proxy, what: str) -> None:
    failed.lock.write_text(what, encoding="utf-8")
    try:
        outcome = failed.apply("job", "-m", "apply", env=proxy.env)
    finally:
        failed.lock.unlink()
    assert refused(outcome) == {"guard.lock"}
    assert mutating(proxy) == []


@pytest.mark.parametrize("deed", ["start", "rm -f -s", "up -d --force-recreate"])
def test_it_is_changed_between_two_looks(failed: Stack, proxy: Proxy, deed: str) -> None:
    looks: list[str] = []

    def change() -> None:
        looks.append(deed)
        if len(looks) == 2:
            failed.break_again()
            failed.project.compose(f"{deed} job")
            failed.mend()

    proxy.when("GET /containers/json", change)
    try:
        outcome = failed.apply("job", "-m", "apply", env=proxy.env)
    finally:
        failed.project.compose("up -d job")
    assert "stale-plan" in refused(outcome)
    assert mutating(proxy) == []


def test_it_is_started_by_somebody_at_the_last_moment(held: Stack, proxy: Proxy) -> None:
    proxy.when(START, lambda: held.start("job"))
    outcome = held.apply("job", "-m", "apply", env=proxy.env)
    no_traceback(outcome)
    assert outcome.returncode == 1
    check = outcome.check("job", "apply::apply")
    assert (check["verdict"], check["code"]) == ("failed", "stale-plan")
    assert "somebody else has started it" in check["message"]
    assert applied(outcome) == {"ran": False, "exit_code": None, "seconds": None}
    assert proxy.count(WAIT) == 0
    *_, last = held.lines()
    assert (last["event"], last["verdict"], last["reasons"]) == ("ended", "failed", ["stale-plan"])
    assert held.project.container("job")["State"]["Running"]


# ---- the Engine ----


def test_the_engine_goes_away_while_it_runs(held: Stack, proxy: Proxy) -> None:
    process = held.tree.start(*held.arguments(), "--apply", "-m", "apply", env=proxy.env)
    proxy.wait_for(WAIT)
    proxy.die()
    outcome = finish(process)
    no_traceback(outcome)
    assert outcome.returncode == 1
    check = outcome.check("job", "apply::apply")
    found = (check["verdict"], check["code"])
    assert found == ("failed", "engine.unreachable"), check["message"]
    assert "may go on" in check["message"]
    assert applied(outcome) == {**applied(outcome), "ran": True, "exit_code": None}
    assert held.events() == ["started", "ended"]
    assert held.project.container("job")["State"]["Status"] == "running"


def test_the_engine_goes_away_before_it_starts(failed: Stack, proxy: Proxy) -> None:
    proxy.when(START, "die")
    outcome = failed.apply("job", "-m", "apply", env=proxy.env)
    no_traceback(outcome)
    assert outcome.check("job", "apply::apply")["code"] == "engine.unreachable"
    assert failed.events() == ["started", "ended"]


# ---- the one-shot ----


def test_it_never_ends(running: Stack, proxy: Proxy) -> None:
    outcome = running.apply("endless", "-m", "apply", env=proxy.env)
    no_traceback(outcome)
    check = outcome.check("endless", "apply::apply")
    assert (check["verdict"], check["code"]) == ("failed", "apply.timeout")
    assert "was left running" in check["message"]
    assert applied(outcome, "endless")["exit_code"] is None
    assert running.project.container("endless")["State"]["Status"] == "running"
    assert [one.rpartition("/")[2] for one in mutating(proxy)] == ["start", "wait"]
    assert refused(running.apply("endless", "-m", "apply"), "endless") == {"guard.in_progress"}
    running.project.compose("kill endless")


def test_it_runs_out_of_memory(running: Stack) -> None:
    outcome = running.apply("hungry", "-m", "apply")
    check = outcome.check("hungry", "apply::apply")
    assert (check["verdict"], check["code"]) == ("failed", "apply.exit_code")
    assert "exited 137" in check["message"]
    assert applied(outcome, "hungry")["exit_code"] == 137


def test_it_breaks_its_owner(running: Stack) -> None:
    outcome = running.apply("breaker", "-m", "apply")
    check = outcome.check("breaker", "apply::apply")
    assert (check["verdict"], check["code"]) == ("failed", "apply.owner"), outcome.stderr
    assert applied(outcome, "breaker")["exit_code"] == 0
    assert "unhealthy" in check["message"]
    running.sh("rm /data/sick")
    running.project.wait_for("store", "healthy")


def test_it_writes_much(running: Stack) -> None:
    """It writes 1 GB, and the Engine keeps all of it."""
    (running.tree.root / "measure.py").write_text(MEASURE, encoding="utf-8")
    outcome = running.apply("loud", "-m", "apply", "-p", "measure")
    assert outcome.returncode == 0, outcome.stderr
    kilobytes = int((running.tree.root / "kilobytes").read_text())
    assert kilobytes < 300 * 1024
    assert len(outcome.stdout) + len(outcome.stderr) < 1_000_000


def test_it_tells_the_credentials(running: Stack, tmp_path: Path) -> None:
    (entry,) = [
        one
        for one in running.project.container("leaky")["Config"]["Env"]
        if one.startswith("PASSWORD=")
    ]
    password = entry.partition("=")[2]
    junit = tmp_path / "junit.xml"
    loud = ("-vv", "--showlocals", "-rA", f"--junitxml={junit}")
    outcome = running.apply("leaky", "-m", "apply", *loud)
    assert outcome.check("leaky", "apply::apply")["code"] == "apply.exit_code"
    told = {"stdout": outcome.stdout, "stderr": outcome.stderr, "JUnit": junit.read_text()}
    assert all("it is [redacted]" in text for text in told.values())
    told["audit"] = running.audit.read_text()
    assert [where for where, text in told.items() if password in text] == []


# ---- the disk ----


def test_a_full_disk(failed: Stack, proxy: Proxy) -> None:
    full = ("-o", "platform_audit_log=/dev/full")
    outcome = failed.apply("job", "-m", "apply", *full, env=proxy.env)
    no_traceback(outcome)
    validate(outcome.document, "report")
    check = outcome.check("job", "apply::apply")
    assert (check["verdict"], check["code"]) == ("error", "audit.unwritable")
    assert "nothing was started" in check["message"]
    assert mutating(proxy) == []


def test_a_disk_that_takes_part_of_a_line(failed: Stack, proxy: Proxy) -> None:
    size = 1_000_000
    failed.audit.parent.mkdir(exist_ok=True)
    failed.audit.write_text(" " * (size - 1) + "\n", encoding="utf-8")
    limit = ("prlimit", f"--fsize={size + 100}")
    given = (*failed.arguments(), "--apply", "-m", "apply")
    outcome = finish(failed.tree.start(*given, env=proxy.env, prefix=limit))
    assert outcome.check("job", "apply::apply")["code"] == "audit.unwritable"
    assert mutating(proxy) == []
    # The next line begins a line of its own.
    assert failed.apply("job", "-m", "apply", env=proxy.env).returncode == 0
    *_, cut, started, ended = failed.audit.read_text(encoding="utf-8").splitlines()
    assert len(cut) == 100
    assert '"started"' in started
    assert '"ended"' in ended
    failed.audit.unlink()


def test_a_disk_that_is_full_in_the_end(failed: Stack, proxy: Proxy) -> None:
    def fill() -> None:
        failed.audit.unlink()
        failed.audit.symlink_to("/dev/full")

    proxy.when(WAIT, fill)
    outcome = failed.apply("job", "-m", "apply", env=proxy.env)
    failed.audit.unlink()
    check = outcome.check("job", "apply::apply")
    assert (check["verdict"], check["code"]) == ("failed", "audit.unwritable")
    assert check["message"].startswith("it ran")
    assert applied(outcome) == {**applied(outcome), "ran": True, "exit_code": 0}


# ---- signals ----


ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1]


@pytest.mark.parametrize("number", ENDING, ids=lambda one: one.name)
def test_a_signal_while_it_waits(held: Stack, proxy: Proxy, number: signal.Signals) -> None:
    process = held.tree.start(*held.arguments(), "--apply", "-m", "apply", env=proxy.env)
    proxy.wait_for(WAIT)
    os.kill(process.pid, number)
    outcome = finish(process)
    no_traceback(outcome)
    assert outcome.returncode == 2
    validate(outcome.document, "report")
    error = outcome.document["platform"]["error"]
    assert error["code"] == "platform.interrupted"
    for said in (error["message"], outcome.stderr):
        assert f"{held.project.name}-job-1 was started and is left running" in said
        assert f"the lock of {held.project.name} is given back" in said
    assert not held.lock.exists()
    assert held.project.container("job")["State"]["Status"] == "running"
    last = held.lines()[-1]
    assert (last["event"], last["verdict"]) == ("ended", "interrupted")
    assert refused(held.apply("job", "-m", "apply")) == {"guard.in_progress"}


def test_another_plugin_breaks_in_while_it_waits(held: Stack, proxy: Proxy) -> None:
    plugin = held.tree.root / "breaks_in.py"
    plugin.write_text(BREAKS_IN)
    arguments = (*held.arguments(), "-p", "breaks_in", "--apply", "-m", "apply")
    process = held.tree.start(*arguments, env={**proxy.env, "PYTHONPATH": str(held.tree.root)})
    proxy.wait_for(WAIT)
    os.kill(process.pid, signal.SIGALRM)
    outcome = finish(process)
    plugin.unlink()
    check = outcome.check("job", "apply::apply")
    assert (check["verdict"], check["code"]) == ("error", "platform.crash")
    assert "it took too long" in check["message"]
    assert f"{held.project.name}-job-1 was started and is left running" in outcome.stderr
    assert not held.lock.exists()
    last = held.lines()[-1]
    assert (last["event"], last["verdict"]) == ("ended", "interrupted")
