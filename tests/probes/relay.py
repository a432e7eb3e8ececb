"""A way through Unix sockets, as ssh forwards connections: taken at once, then relayed."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from pytest_platform.hosts.transport import Address, Local


class Relay(Local):
    """A host behind a socket for each address that is asked for, in ``folder``."""

    name = "relayed"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open = ExitStack()
        self.reached: list[tuple[str, int]] = []

    def address(self, host: str, port: int) -> Address:
        """Open a socket that leads to the address."""
        self.reached.append((host, port))
        path = self._folder / str(len(self.reached))
        listener = self._open.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(str(path))
        listener.listen()
        self._open.callback(suppressed, listener.shutdown, socket.SHUT_RDWR)
        threading.Thread(target=self._accept, args=(listener, host, port), daemon=True).start()
        return str(path)

    def close(self) -> None:
        """Close all that was opened."""
        self._open.close()

    def _accept(self, listener: socket.socket, host: str, port: int) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                self._open.callback(near.close)
                try:
                    far = socket.create_connection((host, port), timeout=30)
                except (OSError, UnicodeError):
                    # Like ssh: it has taken the connection, and hangs up.
                    near.close()
                    continue
                self._open.callback(far.close)
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()


def suppressed(call: Any, *arguments: Any) -> None:
    with suppress(OSError):
        call(*arguments)


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Carry what one end says to the other, until either hangs up."""
    with suppress(OSError):
        while chunk := source.recv(65536):
            sink.sendall(chunk)
    suppressed(sink.shutdown, socket.SHUT_WR)
