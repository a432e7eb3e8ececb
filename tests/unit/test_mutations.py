"""What a sidecar's script may do: each line of the data files is a script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_platform.checks.contract import mutations
from pytest_platform.compose.service import service_of
from pytest_platform.scripts.files import Texts
from pytest_platform.verdict import Finding

CASES = Path(__file__).resolve().parents[1] / "cases" / "shell" / "mutations_scripts"
FOUND = (CASES / "found.txt").read_text(encoding="utf-8").splitlines()
FAMILIES = yaml.safe_load((CASES / "found.yaml").read_text(encoding="utf-8"))
MORE = [script for family in FAMILIES.values() for script in family]
PASSING = (CASES / "passing.txt").read_text(encoding="utf-8").splitlines()
KNOWN = yaml.safe_load((CASES / "known.yaml").read_text(encoding="utf-8"))
KNOWN_SCRIPTS = [script for family in KNOWN.values() for script in family]
COMMANDS = {"mc mb s/a": True, "echo a": True, "mc rb s/a": False, "az x": False, "mc ls s": True}


def _findings(rendered: dict[str, Any], *more: Any) -> list[Finding]:
    return mutations.findings(service_of(rendered), *more)


def _passes(
    script: str, *allowed: str, scripts: dict[str, str] | None = None, name: str = "sh"
) -> bool:
    service = {
        "image": "unknown",
        "entrypoint": [name, "-c"],
        "command": [script.replace("$", "$$")],
    }
    read = Texts(scripts or {}, scripts or {})
    return not _findings(service, service, allowed, read)


@pytest.mark.parametrize("script", [*FOUND, *MORE])
def test_found(script: str) -> None:
    assert not _passes(script)
    assert not _passes(script, name="bash") or "&> /dev/null" in script


@pytest.mark.parametrize("script", [*PASSING, *KNOWN_SCRIPTS])
def test_passing(script: str) -> None:
    assert _passes(script)
    assert _passes(script, name="bash")


@pytest.mark.parametrize("shell", ["zsh", "ksh", "mksh", "/data/sh", "/bin/../data/sh"])
def test_the_script_of_a_shell_that_is_not_read_is_found(shell: str) -> None:
    assert not _passes("echo a", name=shell)
    assert not _passes(f"{shell} -c 'echo a'")
    assert not _passes(f"{shell} /s/a.sh", scripts={"/s/a.sh": "echo a"})


def test_what_starts_the_shell_is_judged() -> None:
    for start in (["/data/entrypoint.sh"], ["/data/tini", "--"], ["env", "PATH=/data"]):
        service = {"entrypoint": [*start, "sh", "-c", "echo a"]}
        assert _findings(service, service, [])
    for start in (["tini", "--"], ["/sbin/tini", "-g", "--"], ["env", "A=1"], ["busybox"]):
        service = {"entrypoint": [*start, "sh", "-c", "echo a"]}
        assert not _findings(service, service, [])


def test_a_value_of_the_environment_may_be_replaced_for_what_a_script_runs() -> None:
    files = Texts({"/s/a.sh": 'curl "$URL"'})
    service = {"environment": {"URL": "http://a"}, "entrypoint": ["sh", "-c"]}
    for script, passes in (
        (". /s/a.sh", True),
        ("URL=-XDELETE; . /s/a.sh", False),
        ("read -r URL; . /s/a.sh", False),
        ("""export URL=-XDELETE; sh -c 'curl "$$URL"'""", False),
    ):
        one = {**service, "command": [script]}
        assert bool(_findings(one, one, [], files)) is not passes


def test_there_are_enough_of_both() -> None:
    assert len(set(FOUND)) >= 150
    assert len(set(PASSING)) >= 60


def test_a_script_file_is_read_or_found() -> None:
    assert _passes("/s/a.sh", scripts={"/s/a.sh": "#!/bin/sh\nmc mb s/a\n"})
    assert _passes("sh /s/a.sh", scripts={"/s/a.sh": "mc mb s/a\n"})
    assert not _passes("/s/a.sh", scripts={"/s/a.sh": "mc rb s/a\n"})
    assert not _passes("/s/a.sh", scripts={"/s/a.sh": "#!/usr/bin/python\nprint()\n"})
    assert _passes("/s/a.sh --all", "/s/a.sh")
    assert not _passes("/s/b.sh", "/s/a.sh")


@pytest.mark.parametrize(
    ("value", "passes"),
    [("http://api:80", True), ("-XDELETE", False), ("", False), ("${URL}", True), ("${A}", True)],
)
def test_the_environment_of_the_service_is_known(value: str, *, passes: bool) -> None:
    service = {
        "image": "unknown",
        "entrypoint": ["sh", "-c", 'curl -fsS "$$URL/health"'],
        "environment": {"URL": value},
    }
    assert bool(_findings(service, service, [])) is not passes


@pytest.mark.parametrize(("value", "passes"), [("3", True), ("a[$$(rm)]", False), ("", False)])
def test_only_a_number_of_the_environment_is_computed_with(value: str, *, passes: bool) -> None:
    service = {
        "image": "unknown",
        "entrypoint": ["bash", "-c", "echo $$((TRIES + 1))"],
        "environment": {"TRIES": value},
    }
    assert bool(_findings(service, service, [])) is not passes


@pytest.mark.parametrize(
    ("written", "text", "found"),
    [
        ("${EXTRA} mc mb s/a", " mc mb s/a", True),
        ("$EXTRA mc mb s/a", " mc mb s/a", True),
        ("mc mb s/a ${EXTRA:?}", "mc mb s/a placeholder-EXTRA", True),
        ("mc mb s/${A:-b} ${EXTRA:?}", "mc mb s/b placeholder-EXTRA", True),
        ("mc mb s/$${EXTRA}", "mc mb s/$${EXTRA}", False),
        ("mc mb s/${A:-b}", "mc mb s/b", False),
        ("mc mb s/${A:?}", "mc mb s/a", False),
        ("${RUN:-ls}", "ls", True),
        ("${RUN:-} mc mb s/a", " mc mb s/a", True),
        ("mc ${VERB:-mb} s/a", "mc mb s/a", True),
        ("mc ${VERB} s/a", "mc mb s/a", True),
        ("mc mb${MORE:-} s/a", "mc mb s/a", True),
        ("curl -X ${METHOD:-GET} http://a", "curl -X GET http://a", True),
        ('curl -X "${METHOD:-GET}" http://a', 'curl -X "GET" http://a', True),
        ("curl ${URL:-http://a}", "curl http://a", True),
        ('curl "${WHAT:-http://a}"', 'curl "http://a"', True),
        ('curl "${URL:-http://a}"', 'curl "http://a"', False),
        ('curl "${URL}/health"', 'curl "/health"', False),
        ("curl ${URL}/health", "curl /health", True),
        ('curl "${URL}/health"; ${URL}', 'curl "/health"; ', True),
        ('psql "${DATABASE_URL:-a}" -c "select 1"', 'psql "a" -c "select 1"', False),
        ('psql -c "${SQL:-select 1}"', 'psql -c "select 1"', True),
        ('sh -c "${SCRIPT:-ls}"', 'sh -c "ls"', True),
        (". ${FILE:-/s/a.sh}", ". /s/a.sh", True),
        ("echo a > ${OUT:-/dev/null}", "echo a > /dev/null", True),
        ("A=1; mc $${A} s/${A:-b}", "A=1; mc $${A} s/b", True),
        ("sleep ${WAIT:-5}", "sleep 5", False),
        ("mkdir -p ${DIR:-/data/a}", "mkdir -p /data/a", False),
        ("VERB=mb; mc ${VERB:-rb} s/a", "VERB=mb; mc rb s/a", True),
    ],
)
def test_what_compose_fills_into_a_script_is_known(written: str, text: str, *, found: bool) -> None:
    for fields in ({"entrypoint": ["sh", "-c"]}, {"image": "alpine"}):
        start = [] if "entrypoint" in fields else ["sh", "-c"]
        service = {**fields, "command": [*start, text]}
        source = {**fields, "command": [*start, written]}
        assert bool(_findings(service, source, [])) is found


@pytest.mark.parametrize(
    ("written", "rendered", "found"),
    [
        (["mc", "${VERB:-mb}", "s/a"], ["mc", "mb", "s/a"], True),
        (["${PROGRAM:-mc}", "mb", "s/a"], ["mc", "mb", "s/a"], True),
        (["mc", "mb", "${BUCKET:-s/a}"], ["mc", "mb", "s/a"], False),
        (["curl", "${FLAG:--f}", "http://a"], ["curl", "-f", "http://a"], True),
        (["curl", "${HEALTH_URL:-http://a}"], ["curl", "http://a"], False),
        (["curl", "-X${METHOD:-GET}", "http://a"], ["curl", "-XGET", "http://a"], True),
        ("mc ${VERB:-mb} s/a", ["mc", "mb", "s/a"], True),
        ("mc mb s/${BUCKET:-a}", ["mc", "mb", "s/a"], False),
        (["sh", "${OPTION:--c}", "ls"], ["sh", "-c", "ls"], True),
        (["sh", "${FILE:-/s/a.sh}"], ["sh", "/s/a.sh"], True),
    ],
)
def test_an_argument_that_is_filled_in_elsewhere(
    written: object, rendered: list[str], *, found: bool
) -> None:
    files = Texts({"/s/a.sh": "ls"})
    service = {"entrypoint": [], "command": rendered}
    source = {"entrypoint": [], "command": written}
    assert bool(_findings(service, source, [], files)) is found
    image = {"image": "alpine", "command": rendered}
    assert bool(_findings(image, {**image, "command": written}, [], files)) is found


@pytest.mark.parametrize(
    ("environment", "script", "found"),
    [
        ({"RUBYOPT": "-r/data/a"}, "ls", True),
        ({"FROBNICATE_DIR": "/data"}, "ls", True),
        ({"DOTNET_STARTUP_HOOKS": "/data/a.dll"}, "ls", True),
        ({"LIBMYSQL_PLUGIN_DIR": "/data"}, "mysql -e 'select 1'", True),
        ({"DIFFPROG": "rm"}, "ls", True),
        ({"ANYTHING": "${ANYTHING}"}, "ls", True),
        ({"ANYTHING": "${ANYTHING:-3}"}, "ls", True),
        ({"ANYTHING": None}, "ls", True),
        ({"ANYTHING": "3", "APP_ENV": "a", "DB_HOST": "${DB_HOST}", "WAIT": "5s"}, "ls", False),
        ({"STUFF": "/seed"}, 'ls "$$STUFF"', False),
        ({"STUFF": "/seed"}, 'ls "$$STUFFS"', True),
        ({"DO": "${DO:-ls}"}, "$$DO", True),
        ({"SEARCH_URL": "${SEARCH_URL}"}, 'curl "$$SEARCH_URL/a"', False),
        ({"SEARCH_URL": "${SEARCH_URL}"}, 'curl "$${SEARCH_URL:-http://a}/a"', False),
        ({"SEARCH_URL": "${SEARCH_URL}"}, 'curl "$${SEARCH_URL:--XDELETE}"', True),
        ({"SEARCH_URL": "-XDELETE"}, 'curl "$${SEARCH_URL:-http://a}"', True),
        ({"VERB": "${VERB:-mb}"}, "mc $$VERB s/a", True),
        ({"VERB": "mb"}, "mc $$VERB s/a", False),
        ({"VERB": "rb"}, "mc $$VERB s/a", True),
    ],
)
def test_a_variable_of_the_environment_is_data_or_found(
    environment: dict[str, str | None], script: str, *, found: bool
) -> None:
    service = {"environment": environment, "entrypoint": ["sh", "-c"], "command": [script]}
    filled = {name: "3" if value and "3" in value else value for name, value in environment.items()}
    assert bool(_findings({**service, "environment": filled}, service, [])) is found


def test_one_declared_command_allows_no_other() -> None:
    assert _passes(": > /data/db; node wipe.js", "> /data/db", "node wipe.js")
    assert not _passes(": > /data/db; node wipe.js", "node wipe.js")
    assert not _passes("mc rb $(az x)", "mc rb")


@pytest.mark.parametrize(
    "script", ["((count += 1))", "[[ a > b || -f /c ]]", "echo a &> /dev/null b"]
)
def test_what_bash_alone_reads_so_is_found_for_other_shells(script: str) -> None:
    for shell, found in (("bash", False), ("sh", True), ("/bin/dash", True)):
        service = {"entrypoint": [shell, "-c"], "command": [script]}
        assert bool(_findings(service, service, [])) is found
    assert not _passes("/a", scripts={"/a": f"#!/bin/sh\n{script}"})
    assert _passes("/a", scripts={"/a": f"#!/usr/bin/env bash\n{script}"})


@pytest.mark.parametrize(
    ("script", "declared", "allows"),
    [
        ("mc rb --force s/a", "mc rb", True),
        ("mc rb s/a", "mc rb s/a", True),
        ("mc rb s/a s/b", "mc rb s/a", False),
        ("rm -rf /data/a", "rm -rf /data/a", True),
        ("rm -rf /data/a /data", "rm -rf /data/a", False),
        ("psql -f /a.sql", "psql -f /a.sql", True),
        ("psql -f /a.sql -f /b.sql", "psql -f /a.sql", False),
        (": > /data/db", "> /data/db", True),
        (": > /data/db2", "> /data/db", False),
    ],
)
def test_a_declaration_allows_what_it_names(script: str, declared: str, *, allows: bool) -> None:
    assert _passes(script, declared) is allows


@pytest.mark.parametrize(
    "more",
    [
        {"healthcheck": {"test": ["CMD-SHELL", "rm -rf /data"]}},
        {"healthcheck": {"test": ["CMD", "rm", "-rf", "/data"]}},
        {"healthcheck": {"test": "rm -rf /data"}},
        {"environment": {"PATH": "/data:/bin"}},
        {"environment": {"BASH_ENV": "/data/a"}},
        {"environment": {"LD_PRELOAD": "/data/a.so"}},
        {"volumes": [{"type": "bind", "source": "/r/mc", "target": "/usr/local/bin/mc"}]},
        {"volumes": [{"type": "volume", "source": "a", "target": "/usr"}]},
        {"configs": [{"source": "a", "target": "/usr/bin/mc"}]},
        {"volumes": [{"type": "volume", "source": "a", "target": "/tmp/a"}]},  # noqa: S108
        {"configs": [{"source": "a", "target": "/tmp/a"}]},  # noqa: S108
        {"volumes_from": ["store"]},
    ],
)
def test_what_is_around_the_script_counts(more: dict[str, object]) -> None:
    plain = {"entrypoint": ["sh", "-c"], "command": ["mc ls > /tmp/a"]}
    assert not _findings(plain, plain, [])
    assert _findings({**plain, **more}, plain, [])


@pytest.mark.parametrize(
    "more",
    [
        {"healthcheck": {"test": ["NONE"]}},
        {"healthcheck": {"interval": "5s"}},
        {"healthcheck": {"test": ["CMD", "mc", "ready", "local"]}},
        {"environment": {"PATH": "/usr/local/bin:/usr/bin:/bin", "AWS_REGION": "a"}},
        {"volumes": [{"type": "tmpfs", "target": "/tmp"}]},  # noqa: S108
        {"volumes": [{"type": "volume", "source": "a", "target": "/data"}]},
    ],
)
def test_what_is_harmless_around_it_does_not(more: dict[str, object]) -> None:
    plain = {"entrypoint": ["sh", "-c"], "command": ["mc ls > /tmp/a"]}
    assert not _findings({**plain, **more}, plain, [])


SURROUNDINGS = yaml.safe_load((CASES / "surroundings.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("service", SURROUNDINGS["found"])
def test_what_is_around_a_command_is_found(service: dict[str, Any]) -> None:
    assert _findings(service, service, [])


@pytest.mark.parametrize("service", SURROUNDINGS["passing"])
def test_what_is_harmless_around_a_command_passes(service: dict[str, Any]) -> None:
    assert not _findings(service, service, [])


FIRST_LINES = yaml.safe_load((CASES / "first_lines.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("line", FIRST_LINES["unread"])
def test_a_script_of_another_interpreter_is_not_read(line: str) -> None:
    assert not _passes("/s/a.sh", scripts={"/s/a.sh": f"{line}\nmc mb s/a\n"})


@pytest.mark.parametrize("line", FIRST_LINES["read"])
def test_a_script_of_a_shell_is_read(line: str) -> None:
    assert _passes("/s/a.sh", scripts={"/s/a.sh": f"{line}\nmc mb s/a\n"})


def test_a_script_where_programs_are_is_judged() -> None:
    path = "/usr/local/bin/docker-entrypoint.sh"
    mounts = [{"source": "a", "target": path}]
    service = {"image": "postgres:16", "command": ["echo", "a"], "configs": mounts}
    assert _findings(service, service, [])
    assert _findings(service, service, [], Texts({path: "rm -rf /data"}))
    assert not _findings(service, service, [], Texts({path: "mc mb s/a"}))
    assert not _findings(service, service, [path])


def test_an_image_is_known_or_declared() -> None:
    service = {"image": "registry.test/acme/job:1"}
    assert _findings(service, service, [])
    assert not _findings(service, service, ["registry.test/acme/job"])
    assert _findings({**service, "command": ["mc", "ls"]}, {}, [])
    assert not _findings({"image": "alpine:3", "command": ["ls"]}, {}, [])


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(sorted(COMMANDS)), min_size=1, max_size=6),
    st.sampled_from([" && ", " || ", "; ", "\n", " | ", " & "]),
    st.sampled_from(["{}", "( {} )", "if {}; then true; fi", "f() ( {} ); f", "echo $( {} )"]),
    st.sampled_from(["", "mc rb", "az"]),
)
def test_a_script_passes_where_all_its_commands_do(
    commands: list[str], between: str, around: str, declared: str
) -> None:
    expected = all(COMMANDS[one] or bool(declared and one.startswith(declared)) for one in commands)
    script = around.replace("{}", between.join(commands))
    assert _passes(script, *filter(None, [declared])) is expected
