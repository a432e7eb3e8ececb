"""A client of the docker SDK that keeps its connections. Imported on the first request."""

from __future__ import annotations

from typing import Any

import docker
from docker.transport import UnixHTTPAdapter
from requests.adapters import BaseAdapter

from pytest_platform.host.at_once import CONNECTIONS


class _OnePool(UnixHTTPAdapter):
    """Uses one pool for all addresses: behind a socket they lead to the same Engine.

    The SDK's own has a pool for each address, so that hardly any connection is used twice.
    """

    def get_connection(self, url: str | bytes, proxies: Any = None) -> Any:  # noqa: ARG002
        return super().get_connection("http+docker://localhost")


class Client(docker.APIClient):
    """The SDK's client, with connections that are used again."""

    def mount(self, prefix: str | bytes, adapter: BaseAdapter) -> None:
        if isinstance(adapter, UnixHTTPAdapter):
            adapter = _OnePool(
                f"http+unix://{adapter.socket_path}", adapter.timeout, max_pool_size=CONNECTIONS
            )
        super().mount(prefix, adapter)
