"""The probe ``http``: one request, and what its answer must be like."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta, Struct, field

from pytest_platform.module.forms import Base, Text
from pytest_platform.probes.json_path import JsonValue, json_mismatches
from pytest_platform.probes.kind import ProbeKind, Target
from pytest_platform.probes.matchers import Matchers, Unseen, mismatches, shown
from pytest_platform.probes.network import trust
from pytest_platform.probes.network.names import (
    HeaderName,
    HeaderValue,
    Port,
    Service,
    Timeout,
    Url,
    UrlPath,
    refuse_authority,
    refuse_url,
)
from pytest_platform.probes.network.trust import TlsRules
from pytest_platform.verdict import Finding

if TYPE_CHECKING:
    from pytest_platform.probes.network.fetch import Answer
    from pytest_platform.probes.network.tls import Handshake

CODE = "probe.http"

Status = Annotated[int, Meta(ge=100, le=599)]


class Http(Base, frozen=True):
    """Send one request; the answer must have the `status`, and be as described."""

    service: Service = None
    port: Annotated[
        Port | None,
        Meta(
            description="The container's port; default: 80, or 443 with `scheme: https`.",
            examples=[8080],
        ),
    ] = None
    scheme: Annotated[
        Literal["http", "https"], Meta(description="How to speak to the service.")
    ] = "http"
    path: Annotated[
        UrlPath,
        Meta(description="The path to ask for, with its query.", examples=["/health?full=1"]),
    ] = "/"
    url: Annotated[
        Url | None,
        Meta(
            description="A whole address in place of service, port, scheme and path, "
            "as the module's host sees it.",
            examples=["https://status.example.org/"],
        ),
    ] = None
    method: Annotated[
        Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"],
        Meta(description="The request's method."),
    ] = "GET"
    host: Annotated[
        Text | None,
        Meta(
            description=(
                "The `Host` header; default: the name in the address, that is the service's. "
                "With `scheme: https` TLS asks for this name too."
            ),
            examples=["status.example.org"],
        ),
    ] = None
    request_headers: Annotated[
        dict[HeaderName, HeaderValue],
        Meta(
            description="More headers to send. A secret does not belong in this file.",
            examples=[{"Accept": "application/json"}],
        ),
    ] = field(default_factory=dict)
    status: Annotated[
        Status | tuple[Status, ...],
        Meta(description="The status that is expected, or a list of those that will do."),
    ] = 200
    headers: Annotated[
        dict[Text, Matchers],
        Meta(
            description=(
                "What headers of the answer must be like, by name in any case. "
                "One that is missing fails."
            ),
            examples=[{"Content-Type": {"contains": ["text/html"]}}],
        ),
    ] = field(default_factory=dict)
    body: Annotated[
        Matchers | None,
        Meta(description="What the body must be like; its first MiB is looked at."),
    ] = None
    json: Annotated[
        tuple[JsonValue, ...],
        Meta(
            description="What values in a JSON body must be like.",
            examples=[[{"path": "$.status", "equals": "ok"}]],
        ),
    ] = ()
    redirects: Annotated[
        int,
        Meta(
            ge=0,
            le=20,
            description="How many redirects are followed; by default a redirect is the answer.",
        ),
    ] = 0
    tls: Annotated[
        TlsRules | None,
        Meta(description="What the certificate must be like; by default it must be trusted."),
    ] = None
    timeout: Timeout = "10s"

    def __post_init__(self) -> None:
        named = (self.service, self.port, self.scheme != "http" or None, self.path != "/" or None)
        if self.url is not None and any(one is not None for one in named):
            message = "url is the whole address; leave out service, port, scheme and path"
            raise ValueError(message)
        if self.tls is not None and not self.address(None).startswith("https:"):
            message = "tls is for https; write scheme: https, or a url that starts with it"
            raise ValueError(message)
        if isinstance(self.status, tuple) and not self.status:
            message = "status is empty, so it asserts nothing; write what to expect"
            raise ValueError(message)
        if self.url is not None:
            refuse_url(self.url)
        if self.host is not None:
            refuse_authority(self.host)

    def address(self, service: str | None) -> str:
        """Return the whole address; ``service`` is the module's own."""
        if self.url is not None:
            return self.url
        port = f":{self.port}" if self.port else ""
        return f"{self.scheme}://{self.service or service or 'service'}{port}{self.path}"

    def services(self) -> list[str]:
        """Name the services that have to be seen, beside the module's own."""
        return [self.service] if self.service else []


class HttpObserved(Struct, frozen=True):
    """What came of a request: the answer, and the handshake where it was not trusted."""

    answer: Answer
    handshake: Handshake | None = None


def observe(spec: Http, target: Target) -> HttpObserved:
    """Ask once. An answer that is wrong, late or missing is a fact, not an error."""
    from pytest_platform.probes.network.ask import ask

    return HttpObserved(*asyncio.run(ask(spec, target)))


def judge(spec: Http, seen: HttpObserved) -> list[Finding]:
    """Compare the connection first, then the status, and only then what the answer says.

    Raises:
        Unseen: the body is too long to be read whole, and what was read is well.
    """
    answer = seen.answer
    where = answer.visited[-1] if answer.visited else spec.address(None)
    where += f" (dialled {answer.dialled})" if answer.dialled else ""
    if answer.distrusted or seen.handshake:
        found = list(_trust(spec, seen, where))
        if found or answer.distrusted:
            return found or [Finding(trust.CODE, f"no TLS with {where}: {answer.distrusted}")]
    if answer.too_many_redirects:
        return [_redirects(spec, answer)]
    if answer.broken:
        late = f" within {spec.timeout}" if answer.broken.late else ""
        message = f"{where} does not answer: {answer.broken.why}{late}"
        return [Finding(CODE, message, f"an answer within {spec.timeout}", answer.broken.why)]
    wanted = spec.status if isinstance(spec.status, tuple) else (spec.status,)
    if answer.status not in wanted:
        return [_status(answer, where, wanted)]
    return [*_headers(spec, answer), *_body(spec, answer, where)]


def _trust(spec: Http, seen: HttpObserved, where: str) -> Iterator[Finding]:
    """Judge the certificate. The name has been compared already where all went well."""
    rules, handshake = spec.tls or TlsRules(), seen.handshake
    if handshake is None:
        return
    asked_for = seen.answer.distrusted and rules.verify
    yield from trust.judge(
        handshake,
        where=where,
        names=(handshake.server_name,) if asked_for else (),
        days_left=rules.days_left,
        verify=rules.verify,
    )


def _redirects(spec: Http, answer: Answer) -> Finding:
    *before, last = answer.visited
    circle = last in before
    what = "in a circle" if circle else f"more often than {spec.redirects} times"
    message = f"{answer.visited[0]} redirects {what}, last to {last}"
    return Finding(CODE, message, f"redirects: {spec.redirects}", " -> ".join(answer.visited[:5]))


def _status(answer: Answer, where: str, wanted: tuple[int, ...]) -> Finding:
    expected = " or ".join(map(str, wanted))
    target = answer.headers.get("location", ("",))[0]
    to = f" and leads to {target}; follow it with redirects: 1" if target else ""
    said = f", saying: {shown(answer.body)}" if answer.body.strip() else ""
    message = f"{where} answered {answer.status}{to}{said}"
    return Finding(CODE, message, expected, str(answer.status))


def _headers(spec: Http, answer: Answer) -> Iterator[Finding]:
    for name, matchers in spec.headers.items():
        values = answer.headers.get(name.lower())
        if values is None:
            yield Finding(CODE, f"the header {name} is missing", name, "no such header")
        else:
            what = f"the header {name}"
            yield from mismatches(matchers, ", ".join(values), code=CODE, what=what)


def _body(spec: Http, answer: Answer, where: str) -> Iterator[Finding]:
    if answer.late:
        actual = f"{len(answer.body)} characters, and no end"
        message = f"the body of {where} did not end within {spec.timeout}"
        yield Finding(CODE, message, f"the whole body within {spec.timeout}", actual)
        return
    if spec.body:
        yield from mismatches(spec.body, answer.body, code=CODE, what="the body", cut=answer.cut)
    if spec.json and answer.cut:
        message = f"the body of {where} is longer than 1 MiB, so its JSON cannot be read"
        raise Unseen(message)
    yield from json_mismatches(spec.json, answer.body, code=CODE, what="the body")


KIND = ProbeKind(Http, observe, judge, Http.services)
