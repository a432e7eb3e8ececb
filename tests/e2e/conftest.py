"""An Engine that answers, the images, and projects that are always removed."""

from __future__ import annotations

import contextlib
import fcntl
import gc
import secrets
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import docker
import pytest
from docker.errors import DockerException

from e2e.project import PREFIX, Project
from e2e.proxy import Proxy
from e2e.sshd import Sshd
from e2e.tree import ROOT, Tree

IMAGES = ("busybox", "mc", "minio", "web", "postgres", "nginx")
NewProject = Callable[..., Project]
NewSshd = Callable[..., Sshd]


@pytest.fixture(scope="session", autouse=True)
def _signals() -> None:
    """Let what tests start hear of signals, also where this run is in the background or nohup's.

    A process inherits which signals are ignored, and the product leaves them ignored.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


@pytest.fixture(scope="session")
def engine() -> Iterator[docker.APIClient]:
    """Give the Engine that answers here, with the images. Never skips for want of it."""
    client = _connect()
    with _alone("images"):
        if not _has_images(client):
            _build_images()
    yield client
    client.close()


def _connect() -> docker.APIClient:
    # Where nobody answers, the SDK leaves a socket to the garbage collector.
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        try:
            return docker.from_env(version="auto", timeout=60).api
        except DockerException as error:
            said = str(error)
        gc.collect()
    return pytest.fail(f"no Docker Engine answers; run: make test ({said})", pytrace=False)


def _has_images(client: docker.APIClient) -> bool:
    # Podman names the registry of a name that has none.
    tags = (tag for image in client.images() for tag in image["RepoTags"] or ())
    names = {tag.removeprefix("docker.io/") for tag in tags}
    return names >= {f"pytest-platform-demo/{name}:latest" for name in IMAGES}


def _build_images() -> None:
    script = ROOT / "tests" / "engine" / "build_images.py"
    for step in ("fetch", "build"):
        done = subprocess.run(
            [sys.executable, str(script), step], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            message = f"the images cannot be made; run: make test\n{done.stderr}"
            pytest.fail(message, pytrace=False)


@pytest.fixture
def remains() -> Iterator[None]:
    """Keep what killed runs leave from other tests: ``--stack-clean`` removes all of it."""
    with _alone("remains"):
        yield


@contextmanager
def _alone(work: str) -> Iterator[None]:
    """Do a piece of work in one worker at a time."""
    with (Path(gettempdir()) / f"pp-e2e-{work}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="module")
def new_project(engine: docker.APIClient) -> Iterator[NewProject]:
    """Make projects with unique names. Each is removed at the end, whatever happens."""
    made: list[Project] = []

    def make(file: Path, word: str = "x", **options: dict[str, str]) -> Project:
        project = Project(f"{PREFIX}{secrets.token_hex(3)}-{word}", file, engine, **options)
        made.append(project)
        return project

    yield make
    for project in made:
        project.down()


@pytest.fixture(scope="module")
def new_sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewSshd]:
    """Start ssh servers. Each is stopped at the end, whatever happens."""
    with contextlib.ExitStack() as stack:

        def make(**options: Any) -> Sshd:
            folder = tmp_path_factory.mktemp("sshd") / "server"
            return stack.enter_context(Sshd(folder, **options))

        yield make


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Make an empty platform."""
    return Tree(tmp_path / "platform")


@pytest.fixture
def proxy(engine: docker.APIClient) -> Iterator[Proxy]:
    """Put a proxy in front of the Engine that counts, and can be told to misbehave."""
    with Proxy.of(engine) as one:
        yield one
