"""The Engine of a host over ssh: found, forwarded, counted, and missed in every way."""

from __future__ import annotations

import itertools
import os
import resource
import shutil
import socket
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest

from e2e.conftest import NewProject, NewSshd
from e2e.line import Line
from e2e.project import FOREVER, Project
from e2e.proxy import Proxy
from e2e.sshd import Sshd, free_port
from e2e.waiting import until
from pytest_platform.docker.engine import Engine
from pytest_platform.docker.snapshot import Snapshot, take
from pytest_platform.errors import EngineError, EngineTimeout, PlatformError
from pytest_platform.hosts.ssh.client import Ssh

pytestmark = pytest.mark.e2e

TIMEOUT = 60.0
COUNT = 40
INSPECT = r"GET /containers/[0-9a-f]{64}/json"
DISTANCES: dict[str, tuple[str, ...]] = {"near": (), "far": ("GET /version",)}
"""What is answered late, so that the Engine is taken to be near or far."""
_NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups"
_HIDDEN = "unshare --map-root-user --mount"


@pytest.fixture(scope="module")
def project(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = new_project(tmp_path_factory.mktemp("project") / "compose.yaml", "ssh")
    project.write({"one": {"command": FOREVER}, "many": {"command": FOREVER, "scale": COUNT}})
    project.up()
    project.wait_for("one", "running")
    project.wait_for("many", "running")
    return project


def _engine_of(sshd: Sshd, config: Path | None = None) -> tuple[Engine, Ssh]:
    host = Ssh(sshd.alias, "the-nas", connect_timeout=TIMEOUT, config=config or sshd.config)
    return Engine(host, deadline=int(TIMEOUT)), host


def _look(sshd: Sshd, project: Project, *services: str) -> Snapshot:
    engine, host = _engine_of(sshd)
    try:
        return take(engine, {(project.name, service) for service in services})
    finally:
        engine.close()
        host.close()


def _error(sshd: Sshd, config: Path | None = None) -> PlatformError:
    engine, host = _engine_of(sshd, config)
    with pytest.raises(EngineError) as caught:
        engine.list_containers()
    engine.close()
    host.close()
    assert "\n" not in str(caught.value)
    assert "the-nas" in str(caught.value)
    return caught.value


def test_a_snapshot(new_sshd: NewSshd, proxy: Proxy, project: Project) -> None:
    sshd = new_sshd(env=proxy.env)
    snapshot = _look(sshd, project, "one")
    (container,) = snapshot.containers
    assert (snapshot.host, container.status) == ("the-nas", "running")
    assert container.id == project.container("one")["Id"]
    assert sshd.logins == 1


def test_more_containers_are_one_request_each_and_no_login(
    new_sshd: NewSshd, proxy: Proxy, project: Project
) -> None:
    sshd = new_sshd(env=proxy.env, lines=("MaxSessions 2", "MaxStartups 2"))
    proxy.when("GET /version", "slow")
    ways = []
    proxy.when("GET /containers/json", lambda: until(lambda: proxy.connections > 2, "two ways"))
    proxy.when(INSPECT, lambda: ways.append(proxy.connections))
    snapshot = _look(sshd, project, "one", "many")
    assert len(snapshot.containers) == COUNT + 1
    assert max(ways) > COUNT, "all are asked at once"
    asked = Counter(line.split("/")[1].partition("?")[0] for line in proxy.requests)
    assert asked == {"version": 1, "containers": COUNT + 2, "volumes": 1}
    assert sshd.logins == 1


def test_an_address_beside_the_host(new_sshd: NewSshd) -> None:
    sshd = new_sshd()
    host = Ssh(sshd.alias, connect_timeout=TIMEOUT, config=sshd.config)
    for place, family in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
        with socket.socket(family) as listener:
            listener.bind((place, 0))
            listener.listen()
            way = host.address(place, listener.getsockname()[1])
            assert host.address(place, listener.getsockname()[1]) == way
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(way))
                server = listener.accept()[0]
                server.sendall(b"hello")
                server.close()
                client.settimeout(TIMEOUT)
                assert client.recv(16) == b"hello"
    host.close()


def test_nobody_listens_at_an_address(new_sshd: NewSshd, project: Project) -> None:
    sshd = new_sshd()
    engine, host = _engine_of(sshd)
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(TIMEOUT)
        client.connect(str(host.address("127.0.0.1", free_port())))
        assert client.recv(16) == b""
    # The connection is well, and so is the Engine.
    assert host.failure() is None
    assert take(engine, {(project.name, "one")}).containers
    assert host.failure() is None
    engine.close()
    host.close()


def test_an_engine_on_an_address(
    new_sshd: NewSshd, engine: docker.APIClient, project: Project
) -> None:
    with Proxy.of(engine) as proxy, Line(str(proxy.path)) as line:
        sshd = new_sshd(env={"DOCKER_HOST": f"tcp://127.0.0.1:{line.port}"})
        assert _look(sshd, project, "one").containers
        assert proxy.requests


def test_commands_run_beside_the_engine(new_sshd: NewSshd, proxy: Proxy) -> None:
    for address, beside in ((proxy.url, True), ("tcp://192.0.2.1:2375", False)):
        sshd = new_sshd(env={"DOCKER_HOST": address})
        host = Ssh(sshd.alias, connect_timeout=TIMEOUT, config=sshd.config)
        assert host.beside_engine() is beside
        host.close()


@pytest.mark.parametrize("late", DISTANCES.values(), ids=DISTANCES)
def test_cut_in_the_middle_of_a_snapshot(
    new_sshd: NewSshd, proxy: Proxy, project: Project, late: tuple[str, ...]
) -> None:
    sshd = new_sshd(env=proxy.env)
    for pattern in late:
        proxy.when(pattern, "slow")
    with Line(sshd.port) as line:
        config = sshd.client("line", f"Host *\n  Port {line.port}\n  StrictHostKeyChecking no")
        proxy.when(INSPECT, line.cut)
        engine, host = _engine_of(sshd, config)
        with pytest.raises(EngineError) as caught:
            take(engine, {(project.name, "many")})
        with pytest.raises(EngineError) as again:
            engine.list_containers()
        engine.close()
        host.close()
        assert line.connections == 1
    assert caught.value.code == "ssh.cut"
    assert again.value.code == "ssh.cut"


@pytest.mark.parametrize("late", DISTANCES.values(), ids=DISTANCES)
def test_the_engine_goes_away_in_the_middle(
    new_sshd: NewSshd, proxy: Proxy, project: Project, late: tuple[str, ...]
) -> None:
    sshd = new_sshd(env=proxy.env)
    for pattern in late:
        proxy.when(pattern, "slow")
    proxy.when(INSPECT, "die")
    engine, host = _engine_of(sshd)
    with pytest.raises(EngineError) as caught:
        take(engine, {(project.name, "many")})
    engine.close()
    host.close()
    assert caught.value.code == "engine.unreachable"
    assert proxy.url in str(caught.value)


def test_an_engine_far_away_that_hangs_in_the_middle(
    new_sshd: NewSshd, proxy: Proxy, project: Project
) -> None:
    host = Ssh("nas", "the-nas", connect_timeout=TIMEOUT, config=new_sshd(env=proxy.env).config)
    engine = Engine(host, deadline=2)
    proxy.when("GET /version", "slow")
    proxy.when(INSPECT, "hang")
    with pytest.raises(EngineTimeout) as caught:
        take(engine, {(project.name, "many")})
    engine.close()
    host.close()
    assert str(caught.value) == "the Engine on the-nas did not answer within 2 s"


def test_an_engine_far_away_that_refuses_one_question(new_sshd: NewSshd, proxy: Proxy) -> None:
    proxy.when("GET /version", "slow")
    engine, host = _engine_of(new_sshd(env=proxy.env))
    answers = engine.ask(["/volumes", "/containers/none-such/json"])
    assert (list(answers[0]), answers[1]) == (["Volumes", "Warnings"], None)
    with pytest.raises(EngineError, match="refused a request: 500") as caught:
        engine.ask(["/volumes", "/events?filters=none"])
    engine.close()
    host.close()
    assert caught.value.code == "engine.unreachable"


def _open_files() -> set[int]:
    """Return the descriptors of this process, all that may be where none is left to look."""
    try:
        return {int(one.name) for one in Path("/proc/self/fd").iterdir()}
    except OSError:
        return set(range(resource.getrlimit(resource.RLIMIT_NOFILE)[0]))


def test_an_engine_far_away_and_no_file_left_to_open(new_sshd: NewSshd, proxy: Proxy) -> None:
    proxy.when("GET /version", "slow")
    engine, host = _engine_of(new_sshd(env=proxy.env))
    assert engine.ask(["/volumes"])
    _, most = limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    open_now = _open_files()
    left = (number for number in itertools.count() if number not in open_now)
    resource.setrlimit(resource.RLIMIT_NOFILE, (next(itertools.islice(left, 30, None)), most))
    try:
        with pytest.raises(EngineError, match="no more connections to the-nas: raise ulimit -n"):
            engine.prepare(COUNT)
        # The proxy is in this process, too, and closes its ends a moment later.
        until(lambda: len(_open_files()) <= len(open_now), "the proxy to close its ends")
        assert host.run(["echo", "here"], timeout=TIMEOUT).stdout == "here\n"
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    engine.close()
    host.close()


USUAL = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/sbin", "/opt/bin", "/snap/bin")
_NO_DOCKER = "".join(
    f"mount --bind /dev/null {found} && "
    for found in filter(None, {shutil.which("docker", path=folder) for folder in USUAL})
)
"""Hides the docker program also in the folders that are searched beside a narrow PATH."""


@dataclass(frozen=True)
class Missed:
    """What is on the host, and what is said of it. ``{folder}`` is a folder of its own."""

    code: str
    word: str
    env: Mapping[str, str]
    command: str = ""


MISSED = {
    "no docker": Missed(
        "engine.missing",
        "install it",
        {"PATH": "{folder}"},
        f"{_HIDDEN} sh -c 'mount -t tmpfs tmpfs /run && {_NO_DOCKER} "
        'eval "$SSH_ORIGINAL_COMMAND"\'',
    ),
    "installed, and not running": Missed(
        "engine.unreachable",
        "systemctl start docker",
        {"PATH": "{folder}/with-docker:{folder}"},
        f"{_HIDDEN} sh -c 'mount -t tmpfs tmpfs /run && eval \"$SSH_ORIGINAL_COMMAND\"'",
    ),
    "no such socket": Missed(
        "engine.unreachable", "there is no socket", {"DOCKER_HOST": "unix://{folder}/none.sock"}
    ),
    "nobody behind the socket": Missed(
        "engine.unreachable", "start it there", {"DOCKER_HOST": "unix://{folder}/dead.sock"}
    ),
    "only with sudo": Missed(
        "engine.permission",
        "sudo usermod -aG",
        {"DOCKER_HOST": "unix://{folder}/closed.sock"},
        f'{_NOBODY} sh -c "$SSH_ORIGINAL_COMMAND"' if os.getuid() == 0 else "",
    ),
    "nobody at the address": Missed(
        "engine.unreachable", "start it there", {"DOCKER_HOST": "tcp://127.0.0.1:{port}"}
    ),
    "an address with TLS": Missed(
        "engine.unreachable",
        "with TLS",
        {"DOCKER_HOST": "tcp://127.0.0.1:2376", "DOCKER_TLS_VERIFY": "1"},
    ),
    "an address over ssh": Missed(
        "engine.unreachable", "does not go through ssh", {"DOCKER_HOST": "ssh://elsewhere"}
    ),
    "an address that is none": Missed(
        "engine.unreachable", "does not go through ssh", {"DOCKER_HOST": "-L $(id)"}
    ),
    "a path that ssh cannot take": Missed(
        "engine.unreachable", "cannot take", {"DOCKER_HOST": "unix://{folder}/a:b.sock"}
    ),
}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Make sockets of all kinds, and a PATH without docker."""
    # Not in pytest's folder: others must be able to enter, and the path must be short.
    path = Path(tempfile.mkdtemp(prefix="pp-"))
    path.chmod(0o755)
    for name, mode in (("dead", 0o666), ("closed", 0o000), ("a:b", 0o666)):
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(str(path / f"{name}.sock"))
        (path / f"{name}.sock").chmod(mode)
    for program in ("sh", "bash", "id", "grep", "ls", "cat", "mount", "unshare"):
        (path / program).symlink_to(str(shutil.which(program)))
    (path / "with-docker").mkdir()
    (path / "with-docker" / "docker").symlink_to("/bin/false")
    yield path
    shutil.rmtree(path)


@pytest.mark.parametrize("missed", MISSED.values(), ids=MISSED)
def test_it_is_missed(new_sshd: NewSshd, folder: Path, missed: Missed) -> None:
    env = {
        name: value.format(folder=folder, port=free_port()) for name, value in missed.env.items()
    }
    lines = (f"ForceCommand {missed.command}",) if missed.command else ()
    error = _error(new_sshd(env=env, lines=lines))
    assert error.code == missed.code
    assert missed.word in str(error)


@pytest.mark.skipif(not shutil.which("docker"), reason="asks the docker program for its context")
@pytest.mark.parametrize("name", ["DOCKER_CONTEXT", "DOCKER_CONFIG"])
def test_a_context_that_does_not_exist(new_sshd: NewSshd, tmp_path: Path, name: str) -> None:
    (tmp_path / "config.json").write_text('{"currentContext": "none-such"}')
    value = {"DOCKER_CONTEXT": "none-such", "DOCKER_CONFIG": str(tmp_path)}[name]
    error = _error(new_sshd(env={name: value}))
    assert "docker context ls" in str(error)


@pytest.mark.skipif(not shutil.which("docker"), reason="asks the docker program for its context")
def test_the_engine_of_a_context(
    new_sshd: NewSshd, tmp_path: Path, engine: docker.APIClient, project: Project
) -> None:
    with Proxy.of(engine) as proxy:
        _make_context(tmp_path, proxy.url)
        sshd = new_sshd(env={"DOCKER_CONFIG": str(tmp_path)})
        assert _look(sshd, project, "one").containers
        assert proxy.requests


def _make_context(config: Path, address: str) -> None:
    for words in (("create", "far", "--docker", f"host={address}"), ("use", "far")):
        subprocess.run(
            ["docker", "--config", str(config), "context", *words], check=True, capture_output=True
        )


@pytest.mark.skipif(not shutil.which("docker"), reason="asks the docker program")
@pytest.mark.parametrize(
    "line", ["AllowStreamLocalForwarding no", "DisableForwarding yes"], ids=lambda line: line
)
def test_a_server_that_forwards_nothing(new_sshd: NewSshd, proxy: Proxy, line: str) -> None:
    error = _error(new_sshd(env=proxy.env, lines=(line,)))
    assert error.code == "ssh.forwarding"
    assert "AllowStreamLocalForwarding yes" in str(error)


def test_the_error_of_an_engine_is_its_own(new_sshd: NewSshd, proxy: Proxy) -> None:
    proxy.when("GET /version", "babble")
    error = _error(new_sshd(env=proxy.env))
    assert error.code == "engine.answer"
