"""Renderings kept between runs, for files that say by themselves all that Compose makes of them.

Kept is what Compose said of files in which nothing stands for a value from outside: no variable
is filled in, no file of variables is there, and no variable of the environment has a name that
stands in them. So nothing is kept that is not in the files already, and no secret of the
environment can be. The rest is rendered anew in each run.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from pytest_platform.compose import mirror, refusals
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.transport import CommandResult, Local, Waiting
from pytest_platform.reading import read_bytes

Inputs = Mapping[str, str | None]
"""The digest of each file that takes part, None where there must not be one."""

_VERSION: Final = ["version", "--short"]
_CONFIG: Final = "config"
_OF_A_COPY: Final = "--no-env-resolution"
_SETTINGS: Final = re.compile(r"(COMPOSE|DOCKER)_|(HOME|PATH)$")
"""Variables that change what Compose does, whatever the files say."""
_MOST_FILES: Final = 100
_KEPT_SECONDS: Final = 30 * 24 * 3600.0


class KeepingLocal(Local):
    """The machine that pytest runs on, which remembers in a folder what Compose made of files.

    ``folder`` is asked on first use; None keeps nothing.
    """

    def __init__(self, folder: Callable[[], Path | None], waiting: Waiting | None = None) -> None:
        super().__init__(waiting)
        self._ask_folder = folder
        self._versions: dict[tuple[str, ...], CommandResult] = {}
        self._cleaned = False

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        env: Mapping[str, str] | None = None,
        limit: int | None = None,
    ) -> CommandResult:
        """Run a command as ``Local`` does, but for a rendering that is kept and still holds."""
        if list(argv[-2:]) == _VERSION:
            if tuple(argv) not in self._versions:
                result = super().run(argv, timeout=timeout, env=env, limit=limit)
                self._versions[tuple(argv)] = result
            return self._versions[tuple(argv)]
        files = [Path(one) for at, one in enumerate(argv) if at and argv[at - 1] == "-f"]
        if not files or _CONFIG not in argv or _OF_A_COPY in argv or "--hash" in argv:
            return super().run(argv, timeout=timeout, env=env, limit=limit)
        place = self._place(argv, env or {})
        if place is None:
            return super().run(argv, timeout=timeout, env=env, limit=limit)
        if kept := _read(place):
            return kept
        before = inputs_of(files)
        result = super().run(argv, timeout=timeout, env=env, limit=limit)
        if result.returncode == 0 and before and before == inputs_of(files):
            self._keep(place, before, result)
        return result

    @cached_property
    def _folder(self) -> Path | None:
        return self._ask_folder()

    def _place(self, argv: Sequence[str], env: Mapping[str, str]) -> Path | None:
        """Name a rendering by all that goes in besides the files; None where nothing is kept."""
        if self._folder is None:
            return None
        try:
            here = str(Path.cwd())
        except OSError:
            return None
        settings = {name: value for name, value in os.environ.items() if _SETTINGS.match(name)}
        versions = sorted(one.stdout for one in self._versions.values())
        parts = (argv, sorted({**settings, **env}.items()), versions, here)
        return self._folder / sha256(json.dumps(parts).encode()).hexdigest()

    def _keep(self, place: Path, inputs: Inputs, result: CommandResult) -> None:
        """Write a rendering for its owner's eyes; where that cannot be, it is made again."""
        said = {"inputs": inputs, "stdout": result.stdout, "stderr": result.stderr}
        new = place.with_name(f"{place.name}.{os.getpid()}-{time.monotonic_ns()}")
        with suppress(OSError, ValueError):
            self._clean(place.parent)
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(said, file)
            new.replace(place)

    def _clean(self, folder: Path) -> None:
        """Remove what was not kept lately, once in a run that keeps something."""
        if self._cleaned:
            return
        self._cleaned = True
        for one in folder.iterdir():
            with suppress(OSError):
                if time.time() - one.stat().st_mtime > _KEPT_SECONDS:
                    one.unlink()


def inputs_of(files: Sequence[Path]) -> Inputs | None:
    """Return the files that take part; None where more than they say goes into a rendering."""
    try:
        source = mirror.read(files)
        refusals.refuse_endless(source)
        refusals.refuse_remote(source)
    except PlatformError:
        return None
    if source.waiting or source.absent or len(source.texts) > _MOST_FILES:
        return None
    absent = {str(one): None for one in (*source.values, Path.cwd() / ".env")}
    inputs: Inputs = {**absent, **{str(one): _digest(one) for one in source.texts}}
    speaks = any("$" in text.replace("$$", "") for text in source.texts.values())
    return inputs if not speaks and _holds(inputs) else None


def _read(place: Path) -> CommandResult | None:
    """Return what is kept at a place, where all that went into it is as it was."""
    try:
        kept: Any = json.loads(read_bytes(place, None))
        whole = isinstance(kept["inputs"], dict) and _holds(kept["inputs"])
        return CommandResult(0, str(kept["stdout"]), str(kept["stderr"])) if whole else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _holds(inputs: Inputs) -> bool:
    """Tell whether the files are these, and name no variable that has a value now."""
    if os.environ.get("COMPOSE_ENV_FILES"):
        return False
    return all(_is(Path(name), digest) for name, digest in inputs.items())


def _is(file: Path, digest: str | None) -> bool:
    if digest is None:
        return not os.path.lexists(file)
    try:
        data = read_bytes(file, None)
    except OSError:
        return False
    return sha256(data).hexdigest() == digest and not any(_valued(data))


def _valued(data: bytes) -> Iterator[str]:
    """Yield the names of variables that have a value and stand in a file, in whatever place."""
    text = data.decode(errors="replace")
    for name in os.environ:
        # The name first: it is found by its text, and only there what stands around it.
        if name in text and re.search(rf"{(one := re.escape(name))}(?!\w)(?<!\w{one})", text):
            yield name


def _digest(file: Path) -> str | None:
    with suppress(OSError):
        return sha256(read_bytes(file, None)).hexdigest()
    return ""
