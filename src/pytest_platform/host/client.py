"""A client of the docker SDK that keeps its connections. Imported on the first request."""

from __future__ import annotations

import socket
from typing import Any

import docker
from docker.transport import UnixHTTPAdapter
from docker.transport.unixconn import UnixHTTPConnection, UnixHTTPConnectionPool
from requests.adapters import BaseAdapter

from pytest_platform.host.at_once import CONNECTIONS

_ADDRESS = "http+docker://localhost"


class _Connection(UnixHTTPConnection):
    def connect(self) -> None:
        """Connect, and leave no socket behind where that fails, as the SDK's own does."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(self.timeout)
        try:
            connection.connect(self.unix_socket)
        except OSError:
            connection.close()
            raise
        self.sock = connection


class _Pool(UnixHTTPConnectionPool):
    def _new_conn(self) -> Any:
        timeout: Any = self.timeout
        return _Connection(self.base_url, self.socket_path, timeout)


class _OnePool(UnixHTTPAdapter):
    """Uses one pool for all addresses: behind a socket they lead to the same Engine.

    The SDK's own has a pool for each address, so that hardly any connection is used twice.
    """

    def get_connection(self, url: str | bytes, proxies: Any = None) -> _Pool:  # noqa: ARG002
        with self.pools.lock:
            if _ADDRESS not in self.pools:
                self.pools[_ADDRESS] = _Pool(
                    _ADDRESS, self.socket_path, self.timeout, maxsize=CONNECTIONS
                )
            pool: _Pool = self.pools[_ADDRESS]
            return pool


class Client(docker.APIClient):
    """The SDK's client, with connections that are used again."""

    def mount(self, prefix: str | bytes, adapter: BaseAdapter) -> None:
        if isinstance(adapter, UnixHTTPAdapter):
            adapter = _OnePool(f"http+unix://{adapter.socket_path}", adapter.timeout)
        super().mount(prefix, adapter)
