"""Records the cases of drift: what Compose renders and what the Engine has, for real.

    python tests/drift_recorder.py [CASE...]

Each folder of ``tests/cases/drift`` has a ``case.yaml``: what is ``deployed``, what is
``declared`` afterwards (the same where it is not there), and the codes that are expected.
The recorder deploys the one, renders the other, keeps the documents beside the case, and
removes what it made. It needs an Engine and the image pytest-platform-demo/busybox.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import docker
import yaml

from pytest_platform.compose.program import find_compose
from pytest_platform.compose.renderer import Renderer
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.transport import CommandResult, Local
from transports import Answering, Command

CASES = Path(__file__).parent / "cases" / "drift"
WORK = Path("/var/tmp/pp-drift")  # noqa: S108 - the same at each recording, so hashes stay
SERVICE = "app"
BASE = "pytest-platform-demo/busybox"
RICH = """
FROM {base}
ENV FROM_IMAGE=default SECOND=two
LABEL org.example.image=rich org.example.build={number}
USER 1000:1000
WORKDIR /
EXPOSE 7070 7071/udp
VOLUME /data
ENTRYPOINT ["/bin/sh", "-c"]
CMD ["sleep 600"]
HEALTHCHECK --interval=30s --timeout=5s --retries=4 CMD true
STOPSIGNAL SIGKILL
"""
TOP = ("Id", "Name", "Image", "RestartCount", "Driver", "Mounts", "Config", "HostConfig")
CONFIG = (
    *("Image", "Cmd", "Entrypoint", "Env", "User", "ExposedPorts", "Volumes", "WorkingDir"),
    *("Labels", "Healthcheck", "StopSignal", "Tty", "Hostname"),
)
HOST = (
    *("Binds", "Mounts", "Tmpfs", "PortBindings", "RestartPolicy", "NetworkMode"),
    *("CapAdd", "CapDrop"),
    *("Ulimits", "Init", "Sysctls", "Memory", "LogConfig", "ExtraHosts", "VolumesFrom"),
    *("Annotations", "UTSMode", "PidMode", "IpcMode", "PidsLimit", "NanoCpus", "Privileged"),
)


class RecordingFailed(Exception):
    """A case could not be deployed, looked at or removed."""


def _with_variables(variables: Mapping[str, str]) -> Answering:
    """Return the machine itself, with the variables of a case."""

    def run(command: Command) -> CommandResult:
        env = {**variables, **(command.env or {})}
        return Local().run(command.argv, timeout=command.timeout, env=env, limit=command.limit)

    return Answering(run)


class Case:
    """One case: a folder to read from, a project, and a folder to deploy from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = f"pp-drift-{folder.name}"
        self.work = WORK / folder.name
        self.told = yaml.safe_load((folder / "case.yaml").read_text(encoding="utf-8"))
        self.deployed = self.told["deployed"]
        self.declared = {**self.deployed, **(self.told.get("declared") or {})}

    def record(self) -> None:
        """Deploy, look, render, remove."""
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        try:
            self._write(self.deployed)
            self._compose(self.deployed, "up", "--detach", "--quiet-pull", "--no-build")
            for step in self.told.get("steps") or ():
                self._run([word.format(project=self.project) for word in step], {})
            observed = self._observe()
            self._write(self.declared)
            desired = self._render()
            self._keep({"config.json": desired, "observed.json": observed})
        finally:
            self._write(self.deployed)
            self._compose(self.deployed, "down", "-v", "-t", "0", "--remove-orphans")
            shutil.rmtree(self.work)

    def _write(self, state: Mapping[str, Any]) -> None:
        files = {"compose.yaml": state["compose"], **(state.get("files") or {})}
        for name, text in files.items():
            path = self.work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def _compose(self, state: Mapping[str, Any], *words: str) -> None:
        argv = [*find_compose(Local()), "-p", self.project, "-f", str(self.work / "compose.yaml")]
        profiles = [word for name in state.get("profiles") or () for word in ("--profile", name)]
        self._run([*argv, *profiles, *words], state.get("environment") or {})

    def _run(self, argv: Sequence[str], variables: Mapping[str, str]) -> None:
        env = {**os.environ, **self._filled(variables)}
        done = subprocess.run(
            list(argv), check=False, capture_output=True, text=True, env=env, cwd=self.work
        )
        if done.returncode:
            raise RecordingFailed(f"{self.folder.name}: {' '.join(argv)}\n{done.stderr}")

    def _filled(self, variables: Mapping[str, str]) -> dict[str, str]:
        return {name: value.replace("{work}", str(self.work)) for name, value in variables.items()}

    def _render(self) -> dict[str, Any]:
        files = [self.work / "compose.yaml"]
        renderer = Renderer(_with_variables(self._filled(self.declared.get("environment") or {})))
        source = renderer.uninterpolated(files, self.project)
        return {
            "model": dict(renderer.rendered(files, self.project).model),
            "source": {"services": {SERVICE: source.documents.get(SERVICE)}},
            "hash": renderer.hash(files, self.project, SERVICE),
            "version": renderer.version(),
        }

    def _observe(self) -> dict[str, Any]:
        client = docker.from_env().api
        label = f"com.docker.compose.project={self.project}"
        short = client.containers(all=True, filters={"label": label})
        full = [client.inspect_container(one["Id"]) for one in short]
        own = [one for one in full if _label(one, "service") == SERVICE]
        images = {one["Image"] for one in own}
        listed = [[one["Name"][1:], self.project, _label(one, "service")] for one in full]
        names = {tag: one["Id"] for one in client.images() for tag in one["RepoTags"] or ()}
        return {
            "containers": sorted((_trimmed(one) for one in own), key=lambda one: str(one["Name"])),
            "images": {image: _image(client, image) for image in sorted(images)},
            "references": {name: names[name] for name in sorted(names) if self._names(name)},
            "listed": sorted(listed),
        }

    def _names(self, image: str) -> bool:
        told = (self.folder / "case.yaml").read_text("utf-8")
        return image.removesuffix(":latest") in told or image.startswith(f"{self.project}-")

    def _keep(self, documents: Mapping[str, Any]) -> None:
        text = json.dumps(documents, sort_keys=True)
        text = text.replace(str(self.work), f"/srv/{self.folder.name}")
        for number, name in enumerate(dict.fromkeys(re.findall(r"\b[0-9a-f]{64}\b", text))):
            if name not in _hashes(documents):
                stable = hashlib.sha256(f"{self.folder.name} {number}".encode()).hexdigest()
                text = text.replace(name, stable).replace(f'"{name[:12]}"', f'"{stable[:12]}"')
        for file, document in json.loads(text).items():
            shown = json.dumps(document, sort_keys=True, ensure_ascii=False)
            (self.folder / file).write_text(f"{shown}\n", encoding="utf-8")


def _label(container: Mapping[str, Any], name: str) -> str:
    return str(container["Config"]["Labels"].get(f"com.docker.compose.{name}", ""))


def _hashes(documents: Mapping[str, Any]) -> Iterator[str]:
    """Yield the config hashes, which are stable and must stay as they are."""
    yield documents["config.json"]["hash"] or ""
    for container in documents["observed.json"]["containers"]:
        yield _label(container, "config-hash")


def _image(client: Any, image: str) -> dict[str, Any]:
    config = client.inspect_image(image)["Config"]
    return {"Config": {key: config.get(key) for key in CONFIG if key not in {"Image", "Hostname"}}}


def _trimmed(container: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what is used and some that is not; put into order what comes without one."""
    kept: dict[str, Any] = {key: container[key] for key in TOP}
    kept["Config"] = {key: container["Config"].get(key) for key in CONFIG}
    kept["HostConfig"] = {key: container["HostConfig"].get(key) for key in HOST}
    kept["Config"]["Env"] = sorted(kept["Config"]["Env"] or ())
    kept["HostConfig"]["Binds"] = sorted(kept["HostConfig"]["Binds"] or ())
    kept["HostConfig"]["Mounts"] = sorted(
        kept["HostConfig"]["Mounts"] or (), key=lambda mount: str(mount["Target"])
    )
    kept["Mounts"] = sorted(kept["Mounts"], key=lambda mount: str(mount["Destination"]))
    networks = container["NetworkSettings"]["Networks"]
    kept["NetworkSettings"] = {
        "Networks": {
            name: {key: one[key] for key in ("Aliases", "IPAMConfig")}
            for name, one in networks.items()
        }
    }
    return kept


def _build_images() -> None:
    client = docker.from_env()
    for number in (1, 2):
        text = RICH.format(base=BASE, number=number)
        client.images.build(fileobj=io.BytesIO(text.encode()), tag=f"pp-drift-rich:{number}")
    for name in ("pp-drift-plain:1", "pp-drift-moving:1", "pp-drift-same-build-app:latest"):
        client.images.get(BASE).tag(*name.split(":"))


def _remove_images() -> None:
    client = docker.from_env()
    for image in client.images.list():
        for tag in image.tags:
            if tag.startswith("pp-drift-"):
                client.images.remove(tag, noprune=False)


def main(names: Sequence[str]) -> int:
    """Record the named cases, or all."""
    folders = [CASES / name for name in names] or sorted(CASES.iterdir())
    _build_images()
    try:
        with ThreadPoolExecutor(3) as pool:
            failures = list(filter(None, pool.map(_record, folders)))
    finally:
        _remove_images()
        shutil.rmtree(WORK, ignore_errors=True)
    sys.stderr.write("".join(f"{failure}\n" for failure in failures))
    return 1 if failures else 0


def _record(folder: Path) -> str | None:
    try:
        Case(folder).record()
    except (RecordingFailed, PlatformError) as failure:
        return str(failure)
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
