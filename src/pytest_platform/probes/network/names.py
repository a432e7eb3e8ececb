"""Names of hosts and addresses of the web, as they may stand in a module file.

A name is ASCII: the libraries that look names up do not agree on what others stand for.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from pytest_platform.errors import PlatformError
from pytest_platform.module.forms import Base, Duration, Text
from pytest_platform.probes.kind import Endpoint, Target
from pytest_platform.text import quoted

_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")
_NUMBERS = re.compile(r"[0-9]+(\.[0-9]+){3}")

_AUTHORITY = re.compile(
    r"(\[(?P<address>[^][]*:[^][]*)\]|(?P<name>[^][:@]+))(:(?P<port>[0-9]{1,5}))?"
)

_PORTS = range(1, 65536)

Url = Annotated[
    str,
    Meta(
        pattern=r"^https?://[^\s\x00-\x1f\x7f]+$(?!\n)",
        extra_json_schema={"patternErrorMessage": "a whole address: http://… or https://…"},
    ),
]

UrlPath = Annotated[
    str,
    Meta(
        pattern=r"^/[^\x00-\x1f\x7f]*$(?!\n)",
        extra_json_schema={"patternErrorMessage": "a path that starts with '/', on one line"},
    ),
]

HeaderName = Annotated[
    str,
    Meta(
        pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$(?!\n)",
        extra_json_schema={"patternErrorMessage": "the name of a header"},
    ),
]

HeaderValue = Annotated[
    str,
    Meta(
        pattern=r"^([!-~]([ -~\t]*[!-~])?)?$(?!\n)",
        extra_json_schema={"patternErrorMessage": "printable ASCII on one line"},
    ),
]


class BadName(PlatformError):
    """What is asked for is no name that there can be."""

    code = "probe.bad_name"


def refuse_host(host: str) -> None:
    """Refuse what is neither a name nor an address.

    Raises:
        ValueError: it is neither; says what is right.
    """
    if not _is_host(host):
        message = (
            f"{quoted(host)} is no name or address of a host; a name has labels of 1 to 63 ASCII "
            "characters (others are written as xn--...)"
        )
        raise ValueError(message)


def refuse_authority(text: str) -> None:
    """Refuse what is not a host, with or without a port; IPv6 stands in brackets.

    Raises:
        ValueError: it is not; says what is right.
    """
    found = _AUTHORITY.fullmatch(text)
    if not found or int(found["port"] or 1) not in _PORTS:
        message = (
            f"{quoted(text)} is no host with or without a port from 1 to 65535; "
            "an IPv6 address stands in brackets"
        )
        raise ValueError(message)
    refuse_host(found["address"] or found["name"])


def refuse_url(url: str) -> None:
    """Refuse an address of the web without a host, or with one that there cannot be.

    Raises:
        ValueError: it cannot be; says what is right, without a password in the address.
    """
    authority = re.split("[/?#]", url.partition("://")[2], maxsplit=1)[0]
    refuse_authority(authority.rpartition("@")[2])


def check_server_name(name: str) -> None:
    """Refuse what TLS cannot ask for, such as the names of some services.

    Raises:
        BadName: it is neither a name nor an address.
    """
    if not _is_host(name):
        message = f"TLS cannot ask for {quoted(name)}; say with server_name what to ask for"
        raise BadName(message)


def _is_host(text: str) -> bool:
    if ":" not in text and not _NUMBERS.fullmatch(text):
        return bool(_NAME.fullmatch(text))
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    # A zone is lost on the way to the socket.
    return "%" not in text


Service = Annotated[
    Text | None,
    Meta(
        description=(
            "The service of the module's project to go to; default: its own. "
            "The way there is its published port, else its own address beside the host."
        ),
        examples=["minio"],
    ),
]

Port = Annotated[int, Meta(ge=1, le=65535)]

Timeout = Annotated[
    Duration,
    Meta(
        description=(
            "How long one try may take, from the connection to the end of the answer. "
            "`within`, beside the name of the probe, says for how long it is tried again."
        )
    ),
]


class Place(Base, frozen=True):
    """A port of a service, or of a host as the module's host sees it."""

    service: Service = None
    host: Annotated[
        Text | None,
        Meta(
            description="A name or address to go to in place of a service.",
            examples=["192.0.2.10"],
        ),
    ] = None

    def __post_init__(self) -> None:
        if self.service is not None and self.host is not None:
            message = "name a service or a host, not both"
            raise ValueError(message)
        if self.host is not None:
            refuse_host(self.host)

    def endpoint(self, target: Target, port: int, protocol: str = "tcp") -> Endpoint:
        """Return where to connect to.

        Raises:
            PlatformError: see ``Target.endpoint`` and ``Target.outside``.
        """
        if self.host is not None:
            return target.outside(self.host, port)
        return target.endpoint(port, service=self.service, protocol=protocol)

    def services(self) -> Sequence[str]:
        """Name the services that have to be seen, beside the module's own."""
        return [self.service] if self.service else []


class Resolver(Place, frozen=True):
    """A name server: a port of a service, or of a host as the module's host sees it."""

    port: Annotated[
        Port, Meta(description="The port; of a service, the container's.", examples=[5353])
    ] = 53
