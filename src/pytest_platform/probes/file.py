"""The probe ``file``: what stands at a path in a container, which needs no shell for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct

from pytest_platform.docker import files
from pytest_platform.module.forms import Base, Duration
from pytest_platform.probes.container import AbsolutePath, Service, containers_of
from pytest_platform.probes.kind import MAX_OUTPUT, ProbeKind, Target
from pytest_platform.probes.matchers import Bounds, Matchers, mismatches, out_of_bounds
from pytest_platform.units import seconds
from pytest_platform.verdict import Finding

CODE = "probe.file"


class File(Base, frozen=True):
    """Look at a file or a folder in a container, running or not; links are followed.

    A path alone asks whether something is there.
    """

    path: Annotated[
        AbsolutePath,
        Meta(description="The path in the container.", examples=["/etc/app/app.yaml"]),
    ]
    exists: Annotated[bool, Meta(description="`false`: nothing may be there.")] = True
    type: Annotated[
        Literal["file", "directory"] | None,
        Meta(description="What it is.", examples=["file"]),
    ] = None
    mode: Annotated[
        Annotated[
            str,
            Meta(
                pattern=r"^[0-7]{3,4}$(?!\n)",
                extra_json_schema={"patternErrorMessage": "three or four octal digits in quotes"},
            ),
        ]
        | None,
        Meta(description="Its permissions in octal, in quotes.", examples=["0640"]),
    ] = None
    owner: Annotated[
        Annotated[int, Meta(ge=0)]
        | Annotated[
            str,
            Meta(
                pattern=r"^[0-9]{1,10}:[0-9]{1,10}$(?!\n)",
                extra_json_schema={"patternErrorMessage": "a user id, or user id and group id"},
            ),
        ]
        | None,
        Meta(
            description="The number of its user, or of user and group as `uid:gid`.",
            examples=["999:999"],
        ),
    ] = None
    size: Annotated[Bounds | None, Meta(description="Its size in bytes.")] = None
    content: Annotated[
        Matchers | None, Meta(description="What its text must be like; the first MiB is read.")
    ] = None
    sha256: Annotated[
        Annotated[
            str,
            Meta(
                pattern=r"^[0-9a-f]{64}$(?!\n)",
                extra_json_schema={"patternErrorMessage": "64 hexadecimal digits in lower case"},
            ),
        ]
        | None,
        Meta(description="The SHA-256 of its content.", examples=["5891b5b5" * 8]),
    ] = None
    service: Service = None
    timeout: Annotated[Duration, Meta(description="How long reading it may take.")] = "10s"

    def __post_init__(self) -> None:
        wanted = (self.type, self.mode, self.owner, self.size, self.content, self.sha256)
        if not self.exists and any(one is not None for one in wanted):
            message = "what does not exist has no type, mode, owner, size, content or sha256"
            raise ValueError(message)


class FileObserved(Struct, frozen=True):
    """What was found; ``file`` is None where nothing was. ``sha256`` where it was asked for."""

    file: files.ContainerFile | None
    sha256: str | None = None


def observe(spec: File, target: Target) -> FileObserved:
    """Look at the path once.

    Raises:
        PlatformError: there is no container, or the Engine cannot look there.
    """
    target = target.looking_into(spec.service)
    container = containers_of(target, spec.service)[0].id
    timeout = seconds(spec.timeout)
    limit = MAX_OUTPUT if spec.content else 0
    file = files.read(target.engine, container, spec.path, limit=limit, timeout=timeout)
    if file is None or spec.sha256 is None:
        return FileObserved(file)
    return FileObserved(file, files.digest(target.engine, container, spec.path, timeout=timeout))


def judge(spec: File, seen: FileObserved) -> list[Finding]:
    """Compare what is there with what is declared."""
    if seen.file is None:
        message = f"{spec.path} does not exist"
        return [Finding(CODE, message, "exists", "nothing is there")] if spec.exists else []
    if not spec.exists:
        message = f"{spec.path} exists and should not"
        return [Finding(CODE, message, "nothing is there", f"a {seen.file.entry.kind}")]
    return [*_attributes(spec, seen.file.entry), *_contents(spec, seen, seen.file)]


def _attributes(spec: File, entry: files.ContainerEntry) -> Iterator[Finding]:
    compared = (
        ("type", spec.type, entry.kind),
        ("mode", spec.mode and f"{int(spec.mode, 8):04o}", f"{entry.mode:04o}"),
        ("owner", spec.owner, _owner(spec.owner, entry)),
    )
    for what, expected, actual in compared:
        if expected is not None and str(expected) != actual:
            message = f"the {what} of {spec.path} is {actual}, not {expected}"
            yield Finding(CODE, message, str(expected), actual)


def _owner(expected: str | int | None, entry: files.ContainerEntry) -> str:
    return str(entry.uid) if isinstance(expected, int) else f"{entry.uid}:{entry.gid}"


def _contents(spec: File, seen: FileObserved, file: files.ContainerFile) -> Iterator[Finding]:
    wants_content = spec.size or spec.content or spec.sha256
    if wants_content and file.entry.kind != "file":
        message = f"{spec.path} is a {file.entry.kind}, so it has no content"
        yield Finding(CODE, message, "file", file.entry.kind)
        return
    if spec.size:
        what = f"the size of {spec.path}"
        yield from out_of_bounds(spec.size, file.entry.size, code=CODE, what=what)
    if spec.content:
        text = file.content.decode(errors="replace")
        yield from mismatches(spec.content, text, code=CODE, what=spec.path, cut=file.cut)
    if spec.sha256 is not None and spec.sha256 != seen.sha256:
        message = f"{spec.path} has another content than declared"
        yield Finding(CODE, message, f"sha256 {spec.sha256}", f"sha256 {seen.sha256}")


KIND = ProbeKind(File, observe, judge, lambda spec: [spec.service] if spec.service else [])
