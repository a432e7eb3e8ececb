"""The program that an image runs where a service gives its arguments alone."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_platform.scripts.invocation import Argument, Started, basename, invocation
from pytest_platform.scripts.verbs import table


def repository(image: str) -> str:
    """Give the full name of an image's repository, that of the registry that is mirrored.

    >>> repository("minio/mc:1"), repository("mirror.gcr.io/library/alpine@sha256:0")
    ('docker.io/minio/mc', 'docker.io/library/alpine')
    """
    folder, slash, last = image.partition("@")[0].rpartition("/")
    path = (folder + slash + last.partition(":")[0]).split("/")
    if len(path) == 1 or not ("." in path[0] or ":" in path[0] or path[0] == "localhost"):
        path = ["docker.io", *path]
    name = "/".join(path)
    mirrors = table()["mirrors"].items()
    name = next((to + name[len(at) :] for at, to in mirrors if name.startswith(f"{at}/")), name)
    registry, _, rest = name.partition("/")
    official = registry == "docker.io" and "/" not in rest
    return f"{registry}/library/{rest}" if official else name


def of_publisher(image: str) -> str | None:
    """Give what a published image puts before the command; None where that is not known."""
    known: Mapping[str, str] = table()["images"]
    return known.get(repository(image))


def with_program_of_image(rendered: Started, words: list[Argument]) -> list[Argument]:
    """Put the entrypoint of a known image in front of a ``command`` that holds arguments only.

    An image of another registry is taken for the one whose name it has.
    """
    name = repository(rendered.image).partition("/")[2]
    known: Mapping[str, str] = table()["images"]
    programs = (known[key] for key in known if f"/{name}".endswith(key[key.index("/") :]))
    program = next(programs, "")
    if not program or not words or rendered.entrypoint:
        return words
    if invocation(words) or basename(words[0].text) == program:
        return words
    return [Argument(program, "command", program), *words]
