"""A stack of one's own: started once, when something first looks at it, and removed in the end."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from pytest_platform import signals
from pytest_platform.compose.program import find_compose
from pytest_platform.compose.renderer import Renderer
from pytest_platform.docker.writable import WritableEngine
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.background import in_background
from pytest_platform.hosts.transport import Transport
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.declared import Module
from pytest_platform.secrets import Secrets
from pytest_platform.stack import copies, launch, remains, variables
from pytest_platform.stack.builds import Left, left_by
from pytest_platform.stack.errors import StackNotUp, StackRefused, StackRemoved
from pytest_platform.stack.mounts import MountSource, look_at, written_to
from pytest_platform.stack.owner import Owner
from pytest_platform.stack.parts import Part, Stack, members, needed_services
from pytest_platform.stack.rewrite import rewrite
from pytest_platform.stack.startup import OnProgress, progress_reported

DEADLINE = 120
"""Seconds that the Engine may take for one request: removing a large volume takes its time."""

_SHOWN = 400
"""Characters of the end of what Compose said: there it says why it failed."""

_PROJECT = "com.docker.compose.project"
_VOLUME = "com.docker.compose.volume"
"""Compose's own labels."""


class Ephemeral:
    """The stack of one run. Its project's name is known from the start.

    ``trouble`` is there when Compose could not start all of it. ``notes`` tell people
    how it differs from what is deployed, ``made_up`` which variables got a value;
    ``waited_for`` that it had its time to come up. ``secrets`` are what its errors may not show.
    """

    def __init__(
        self, project: str, transport: Transport, renderer: Renderer, catalog: Catalog, root: Path
    ) -> None:
        self.project = project
        self.members: list[Module] = []
        self.trouble: StackNotUp | None = None
        self.notes: tuple[str, ...] = ()
        self.made_up: tuple[str, ...] = ()
        self.left_overs: list[remains.Remains] = []
        self.keep = False
        self.secrets: Callable[[], Secrets] = renderer.secrets
        self.started = False
        self.waited_for = False
        self._ended = False
        self._complete = False
        self._transport = transport
        self._renderer = renderer
        self._catalog = catalog
        self._root = root
        self._engine = WritableEngine(transport, DEADLINE)
        self._refused: PlatformError | None = None
        self._of_builds = Left()
        self._before: frozenset[str] = frozenset()
        self._put_back: Callable[[], None] = lambda: None

    def start(self, selected: Iterable[Module], tell: OnProgress | None = None) -> list[Module]:
        """Start the modules and what they require, once; return all of them.

        ``tell`` takes meanwhile, from another thread, how far they are.

        Raises:
            PlatformError: nothing was started, and nothing will be.
            StackRemoved: it was stopped.
        """
        if self._ended:
            message = f"the stack {self.project} has ended, and is not started again"
            raise StackRemoved(message)
        if self._refused:
            raise self._refused.with_traceback(None)
        if not self.started:
            try:
                self._start(selected, tell)
            except PlatformError as error:
                self._refused = error
                raise
        return self.members

    def _start(self, selected: Iterable[Module], tell: OnProgress | None) -> None:
        # It takes as long as to render, which other processes do.
        left_overs = in_background(self._left_overs)
        try:
            self.members = members(selected, self._catalog)
            parts, values = self._parts(self.members)
        except PlatformError:
            self._refuse_elsewhere()
            raise
        self._refuse_elsewhere()
        owner = Owner.me(keep=self.keep)
        stack = rewrite(
            parts,
            self.project,
            labels=owner.labels(self.project),
            root=str(self._root.resolve()),
            sources=self._sources(parts),
        )
        values |= self._of_secrets(stack.model, values)
        self.notes, self.made_up = stack.notes, tuple(sorted(values))
        self._renderer.meet(values.values())
        self.left_overs = left_overs.result()
        compose = find_compose(self._transport)
        self.started = True
        self._put_back = signals.terminate_as_interrupt()
        self._make_volumes(stack, owner.labels(self.project))
        with progress_reported(self._transport, stack.model, tell):
            self._up(compose, stack.model, values)

    def _left_overs(self) -> list[remains.Remains]:
        """Look for the stacks of killed runs; an Engine that is elsewhere is not asked."""
        if not self._transport.beside_engine():
            return []
        return [one for one in remains.find(self._engine) if one.left_over]

    def _refuse_elsewhere(self) -> None:
        if not self._transport.beside_engine():
            message = (
                "the Engine is on another machine, by DOCKER_HOST or the docker context; "
                "a stack of one's own mounts files of this one: use this machine's Engine"
            )
            raise StackRefused(message)

    def stop(self) -> None:
        """Remove the stack with its volumes, unless it is to be kept. May be called twice.

        Raises:
            EngineError: it could not be removed.
        """
        try:
            with signals.deaf():
                self._ended = True
                if self.started and not self.keep:
                    self.started = False
                    remains.remove(self._engine, self.project, complete=self._complete)
                    left = remains.remove_of_builds(self._engine, self._of_builds, self._before)
                    self.notes += tuple(f"left by a build: {one}" for one in left)
        finally:
            self._put_back()
            self._put_back = lambda: None
            self._engine.close()

    def _make_volumes(self, stack: Stack, labels: Mapping[str, str]) -> None:
        with self._engine.asking() as client:
            self._before = frozenset(one["Id"] for one in client.images(all=True))
            for name, key in stack.ahead.items():
                # Compose warns of a volume of its project that it does not know as its own.
                known = {_PROJECT: self.project, _VOLUME: key}
                client.create_volume(name, labels={**labels, **known})
            copies.fill(client, stack.copies, labels)

    def _sources(self, parts: Iterable[Part]) -> dict[str, MountSource]:
        found: dict[str, MountSource] = {}
        for part in parts:
            found |= look_at(part.rendered, part.folder)
            for path in written_to(part.rendered):
                if found[path].kind == "folder" and self._is_ours(found[path].real):
                    files = copies.tracked(self._transport, found[path].real)
                    found[path] = replace(found[path], tracked=files)
        return found

    def _is_ours(self, path: str) -> bool:
        return Path(path).is_relative_to(self._root.resolve())

    def _up(
        self, compose: Sequence[str], model: Mapping[str, object], defaults: Mapping[str, str]
    ) -> None:
        try:
            launch.up(
                compose,
                model,
                env_files=self._env_files(),
                defaults=defaults,
                said=self._left_by,
            )
            self._complete = True
        except StackNotUp as error:
            # Hidden first: half a secret would not be found.
            said = self.secrets().hide(str(error), "[redacted]")
            self.trouble = StackNotUp(said if len(said) <= _SHOWN else "…" + said[-_SHOWN:])

    def _left_by(self, said: str) -> None:
        self._of_builds = left_by(said)

    def _env_files(self) -> list[Path]:
        files = (module.compose_files[0].with_name(".env") for module in self.members)
        return [file for file in dict.fromkeys(files) if file.is_file()]

    def _parts(self, modules: Iterable[Module]) -> tuple[list[Part], dict[str, str]]:
        """Render what is needed; return it, and values for what that lacks."""
        wanted: dict[tuple[tuple[Path, ...], str], list[str]] = {}
        for module in modules:
            key = (module.compose_files, module.deployed_as)
            wanted.setdefault(key, []).append(module.service)
        values: dict[str, str] = {}
        for (files, _), services in wanted.items():
            rendered = self._renderer.rendered(files, self.project)
            needed = needed_services(rendered.services, services)
            if not rendered.placeholders:
                continue
            source = self._renderer.uninterpolated(files, self.project).model
            lacking = variables.used(rendered.placeholders, source, needed)
            lacking = variables.without_default(lacking, source)
            values |= variables.made_up(lacking - values.keys())
        parts = [
            Part(
                deployed_as,
                self._renderer.filled(files, self.project, values),
                services,
                folder=str(files[0].parent),
            )
            for (files, deployed_as), services in wanted.items()
        ]
        return parts, values

    def _of_secrets(self, model: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, str]:
        """Make up what the stack's secrets are read from and nobody has set."""
        there = {*os.environ, *values}
        there |= {name for file in self._env_files() for name in variables.names_in(file)}
        lacking = set(variables.of_secrets(model)) - there
        return {name: variables.value() for name in lacking}
