"""Image references: one form for the many ways in which the same image can be named. Pure."""

from __future__ import annotations

from typing import Final

_HUB: Final = "docker.io"


def normal(reference: str) -> str:
    """Return a reference in full: ``busybox`` is ``docker.io/library/busybox:latest``.

    Image ids stay as they are.
    """
    if not reference or reference.startswith("sha256:"):
        return reference
    name, _, digest = reference.partition("@")
    path, tag = _tagged(name)
    if not tag and not digest:
        tag = "latest"
    full = _in_full(path) + (f":{tag}" if tag else "")
    return f"{full}@{digest}" if digest else full


def decisive(reference: str) -> str:
    """Return the normal form without what does not count: a tag before a digest."""
    name, _, digest = normal(reference).partition("@")
    return f"{_tagged(name)[0]}@{digest}" if digest else name


def familiar(reference: str) -> str:
    """Return a reference as people write it: without the hub, which goes without saying.

    >>> familiar("docker.io/acme/app"), familiar("docker.io/library/redis:7")
    ('acme/app:latest', 'redis:7')
    """
    return normal(reference).removeprefix(f"{_HUB}/").removeprefix("library/")


def of_service(image: str, project: str, service: str) -> str:
    """Return the image of a service; what is built without a name is called after the project."""
    return image or f"{project}-{service}"


def _tagged(name: str) -> tuple[str, str]:
    head, slash, last = name.rpartition("/")
    path, _, tag = last.partition(":")
    return f"{head}{slash}{path}", tag


def _in_full(path: str) -> str:
    host, slash, rest = path.partition("/")
    if not slash:
        return f"{_HUB}/library/{path}"
    if host == "index.docker.io":
        host = _HUB
    elif not ("." in host or ":" in host or host == "localhost"):
        return f"{_HUB}/{path}"
    if host == _HUB and "/" not in rest:
        rest = f"library/{rest}"
    return f"{host}/{rest}"
