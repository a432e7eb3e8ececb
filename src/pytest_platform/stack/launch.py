"""Starting a stack: pytest-docker runs Compose on the rewritten model."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_platform.signals import within
from pytest_platform.stack import place
from pytest_platform.stack.errors import StackNotUp

UP_TIMEOUT = 600.0
"""Seconds that ``up`` may take, the pulling of images included."""


def up(  # noqa: PLR0913 - every fact is handed in, by its name
    compose: Sequence[str],
    model: Mapping[str, Any],
    *,
    env_files: Sequence[Path],
    defaults: Mapping[str, str],
    timeout: float = UP_TIMEOUT,
    said: Callable[[str], None] = lambda _: None,
) -> None:
    """Start a project in the background, as ``up -d`` does. What it started stays in any case.

    The model may hold secrets: it lies in a private folder, as long as Compose needs it.
    Variables of secrets are read from ``env_files``, and from ``defaults`` where they
    have no value there nor in the environment. ``said`` gets all that Compose said, however
    it ended.

    Raises:
        StackNotUp: Compose failed, or did not come to an end in time; in its own words.
    """
    project = model["name"]
    labels = next(iter(model["services"].values()))["labels"]
    output = ""
    try:
        folder = place.make(project, labels)
        file = place.write(folder / "compose.json", json.dumps(model))
        lines = "".join(f"{name}={value}\n" for name, value in defaults.items())
        given = [place.write(folder / "defaults.env", lines), *env_files]
        log = place.write(folder / "said", "")
        try:
            with within(timeout):
                _start(_command(compose, given, log), file, project)
        finally:
            output = log.read_text(encoding="utf-8", errors="replace")
            said(output)
    except TimeoutError:
        message = f"docker compose up did not come to an end within {timeout:g} s"
        raise StackNotUp(message) from None
    except OSError as error:
        message = f"the stack's private folder cannot be written: {error.strerror or error}"
        raise StackNotUp(f"{message}; free space in TMPDIR or name another") from None
    except Exception as error:
        # Just that is what pytest-docker raises for a command that failed.
        if type(error) is not Exception:
            raise
        raise StackNotUp(f"docker compose up failed: {output or error}") from None
    finally:
        place.remove(project)


def _command(compose: Sequence[str], env_files: Sequence[Path], log: Path) -> str:
    """Return a command without a shell in between, which would outlive an interrupt.

    What is said by then is kept in ``log``.
    """
    options = [word for one in env_files for word in ("--env-file", str(one))]
    words = shlex.join([*compose, "--progress", "quiet", *options])
    return f"exec >>{shlex.quote(str(log))} 2>&1; exec {words}"


def _start(command: str, file: Path, project: str) -> None:
    from pytest_docker.plugin import get_docker_services

    # Removing is not left to Compose: it would need the file, and all to be well.
    with get_docker_services(command, [str(file)], project, ["up -d"], []):
        pass
