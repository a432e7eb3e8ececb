"""A Compose project that belongs to one test, driven by the real Compose."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import docker
import yaml

from e2e.waiting import until

PREFIX = "pp-e2e-"
BUSYBOX = "pytest-platform-demo/busybox"
SERVICE_DEFAULTS: Mapping[str, Any] = {
    "image": BUSYBOX,
    # No network of its own: an Engine has addresses for some 30 of them only.
    "network_mode": "none",
    "stop_grace_period": "0s",
}
FOREVER = ["sleep", "infinity"]
_LABEL = "com.docker.compose.project"
_SERVICE = "com.docker.compose.service"


def compose_program() -> str:
    """Find Compose beside this Python, else on PATH."""
    beside = Path(sys.executable).with_name("docker-compose")
    return str(beside) if beside.is_file() else "docker-compose"


def services_of(services: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Complete services with what all of them have here, but for networks of their own."""
    completed = {name: {**SERVICE_DEFAULTS, **service} for name, service in services.items()}
    for service in completed.values():
        if "networks" in service:
            del service["network_mode"]
    return completed


class Project:
    """One Compose project. ``env`` is added to the environment of Compose."""

    def __init__(
        self,
        name: str,
        file: Path,
        engine: docker.APIClient,
        env: Mapping[str, str] | None = None,
    ) -> None:
        assert name.startswith(PREFIX), "only projects of these tests are touched"
        self.name = name
        self.file = file
        self.env = dict(env or {})
        self._engine = engine

    def write(self, services: Mapping[str, Mapping[str, Any]], **rest: Any) -> None:
        """Write the Compose file, each service completed with the defaults."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        document = {"services": services_of(services), **rest}
        self.file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")

    def compose(self, words: str, *, refused: bool = False) -> str:
        """Run Compose; it must succeed, or with ``refused`` fail. Returns what it said."""
        argv = [compose_program(), "--progress", "quiet", "-p", self.name, "-f", str(self.file)]
        done = subprocess.run(
            [*argv, *shlex.split(words)],
            capture_output=True,
            check=False,
            env={**os.environ, **self.env},
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=120,
        )
        said = done.stdout + done.stderr
        if "unable to freeze" in said:
            # On a busy machine runc gives up before the processes have stopped.
            return self.compose(words, refused=refused)
        assert (done.returncode != 0) is refused, f"compose {words}: {done.returncode}: {said}"
        return said

    def up(self, words: str = "") -> None:
        """Start the project, without waiting for anything."""
        self.compose(f"up -d {words}")

    def down(self) -> None:
        """Remove all that belongs to the project. Works without its file too."""
        subprocess.run(
            [compose_program(), "-p", self.name, "down", "-v", "--remove-orphans", "-t", "0"],
            capture_output=True,
            check=False,
            cwd="/",
            timeout=120,
        )
        for container in self.containers():
            self._engine.remove_container(container["Id"], force=True, v=True)

    def containers(self, service: str | None = None) -> list[dict[str, Any]]:
        """Inspect the project's containers, or those of one service."""
        labels = [f"{_LABEL}={self.name}"]
        labels += [f"{_SERVICE}={service}"] if service else []
        listed = self._engine.containers(all=True, filters={"label": labels})
        return list(self._inspect(one["Id"] for one in listed))

    def container(self, service: str) -> dict[str, Any]:
        """Inspect the one container of a service."""
        (container,) = self.containers(service)
        return container

    def wait_for(self, service: str, *words: str) -> None:
        """Wait until each container of a service, at least one, is described by the words."""

        def all_are() -> bool:
            found = self.containers(service)
            return bool(found) and all(set(words) <= _words(one) for one in found)

        until(all_are, f"{self.name}: {service} is {' and '.join(words)}")

    def wait_for_age(self, service: str, seconds: float) -> None:
        """Wait until the container of a service exited longer ago than this."""

        def old() -> bool:
            finished = datetime.fromisoformat(self.container(service)["State"]["FinishedAt"])
            return datetime.now(UTC) - finished > timedelta(seconds=seconds)

        until(old, f"{service} exited more than {seconds:g} s ago")

    def _inspect(self, ids: Iterator[str]) -> Iterator[dict[str, Any]]:
        for container in ids:
            try:
                yield self._engine.inspect_container(container)
            except docker.errors.NotFound:
                continue


def _words(container: Mapping[str, Any]) -> set[str]:
    """Describe a container in words: its status, its health, and whether it was restarted."""
    state = container["State"]
    health = (state.get("Health") or {}).get("Status", "")
    restarted = "restarted" if container["RestartCount"] else ""
    return {state["Status"], health, restarted}
