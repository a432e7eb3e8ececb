"""A Swarm's manager: what a run asks of it, and how long that takes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import docker
from borrowed import Proxy, swarm
from measuring import Cost, Goal, Section, run, take_turns
from projects import IMAGE, PYTEST, QUIET, names_of

from scenarios.options import Options

_SERVICES: Final = 200
_STACK: Final = "bench"
_FEW: Final = 1
_LISTED: Final = "`docker service ls`"
_TASKS: Final = "`docker service ls`, `stack ps` and `node ls`"
_MODULE: Final = """\
apiVersion: platform/v2
kind: Module
metadata: {{name: {name}, summary: One of many., owner: bench, contract: draft}}
spec:
  runtime:
    swarm: {{files: [../stack.yaml], stack: {stack}, service: {name}}}
    expected_state: running
  state: {{class: stateless}}
"""
# The network of the node: hundreds of addresses of their own are not what is measured.
_SERVICE: Final = """\
  {name}:
    image: {image}
    command: [sleep, infinity]
    init: true
    networks: [node]
    stop_grace_period: 0s
"""
_NETWORK: Final = "networks: {node: {external: true, name: host}}\n"


def manager(root: Path, options: Options) -> Section:
    """Compare runs of one and of all modules with the manager's own list."""
    section = Section(f"A Swarm's manager with {_SERVICES} services")
    all_of_them, one = _tree(root / "all", _SERVICES), _tree(root / "one", _FEW)
    with swarm(1) as nodes:
        env = {"DOCKER_HOST": nodes.manager.url}
        file = all_of_them / "modules" / "stack.yaml"
        run(["docker", "stack", "deploy", "--resolve-image=never", "-c", file, _STACK], env=env)
        _await(env)

        def ours(folder: Path) -> Cost:
            return run([*PYTEST, "-m", "health", "--remote-mode", "local", *QUIET], folder, env)

        many, few = f"pytest-platform, {_SERVICES} modules", "pytest-platform, one module"
        told = f"docker service ls && docker stack ps -q {_STACK} && docker node ls"
        costs = take_turns(
            options.rounds,
            {
                _LISTED: lambda: run(["docker", "service", "ls"], env=env),
                _TASKS: lambda: run(["sh", "-c", told], env=env),
                few: lambda: ours(one),
                many: lambda: ours(all_of_them),
            },
        )
        asked = {name: _requests(tree, env) for name, tree in ((few, one), (many, all_of_them))}
    section.compare("one state check for each module", costs, _LISTED)
    section.remarks += [
        f"{name}: {count} requests to the manager." for name, count in asked.items()
    ]
    section.goals.append(Goal("requests beside those of one module", asked[many] / asked[few], 1))
    return section


def _tree(root: Path, count: int) -> Path:
    services = "".join(_SERVICE.format(name=name, image=IMAGE) for name in names_of(_SERVICES))
    for name in names_of(count):
        folder = root / "modules" / name
        folder.mkdir(parents=True)
        (folder / "module.yaml").write_text(_MODULE.format(name=name, stack=_STACK))
    (root / "modules" / "stack.yaml").write_text(f"services:\n{services}{_NETWORK}")
    (root / "pytest.ini").write_text("[pytest]\n")
    return root


def _await(env: dict[str, str]) -> None:
    """Wait until each service has a task that runs."""
    script = (
        f'until [ "$(docker stack ps -q -f desired-state=running --format "{{{{.CurrentState}}}}"'
        f' {_STACK} | grep -c ^Running)" = {_SERVICES} ]; do sleep 1; done'
    )
    run(["timeout", "900", "sh", "-c", script], env=env)


def _requests(folder: Path, env: dict[str, str]) -> int:
    """Count what a run asks of the manager."""
    with docker.APIClient(base_url=env["DOCKER_HOST"]) as engine, Proxy.of(engine) as proxy:
        run(
            [*PYTEST, "-m", "health", "--remote-mode", "local", *QUIET],
            folder,
            {**os.environ, **proxy.env},
        )
        return proxy.count()
