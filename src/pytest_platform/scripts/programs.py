"""The program that an image runs where a service gives its arguments alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_platform.scripts.invocation import Argument, basename, invocation
from pytest_platform.scripts.verbs import table


def with_program_of_image(rendered: Mapping[str, Any], words: list[Argument]) -> list[Argument]:
    """Put the entrypoint of a known image in front of a ``command`` that holds arguments only."""
    name = str(rendered.get("image", "")).partition("@")[0].rpartition("/")
    image = f"{name[0]}/{name[2].partition(':')[0]}"
    known: Mapping[str, str] = table()["images"]
    programs = (known[key] for key in known if image == key or image.endswith(f"/{key}"))
    program = next(programs, "")
    if not program or not words or rendered.get("entrypoint"):
        return words
    if invocation(words) or basename(words[0].text) == program:
        return words
    return [Argument(program, "command", program), *words]
