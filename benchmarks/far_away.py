"""A proxy on loopback that makes ports far away: what goes through it arrives later.

    python benchmarks/far_away.py SECONDS PORT [PORT...]

``SECONDS`` is the time there and back. Prints the ports to use instead, in one line, and
then one line ``connection PORT`` for each connection that is made. Ends with its input.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Sequence

_CHUNK = 1 << 16


async def main(seconds: float, ports: Sequence[int]) -> None:
    """Serve until the standard input ends."""
    servers = [await _serve(port, seconds / 2) for port in ports]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await asyncio.to_thread(sys.stdin.read)


async def _serve(port: int, delay: float) -> asyncio.Server:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        print("connection", port, flush=True)
        # What opens a connection is on its way, too.
        await asyncio.sleep(2 * delay)
        there, back = await asyncio.open_connection("127.0.0.1", port)
        # What is open in the end is cut.
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(_carry(reader, back, delay), _carry(there, writer, delay))

    return await asyncio.start_server(accept, "127.0.0.1", 0)


async def _carry(source: asyncio.StreamReader, target: asyncio.StreamWriter, delay: float) -> None:
    """Pass on each piece so much later, however many are on the way."""
    loop = asyncio.get_running_loop()
    on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def read() -> None:
        data = b"-"
        while data:
            with contextlib.suppress(OSError):
                data = await source.read(_CHUNK)
            await on_the_way.put((loop.time() + delay, data))

    reading = asyncio.create_task(read())
    with contextlib.suppress(OSError):
        while True:
            due, data = await on_the_way.get()
            await asyncio.sleep(due - loop.time())
            if not data:
                break
            target.write(data)
            await target.drain()
    reading.cancel()
    target.close()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), [int(port) for port in sys.argv[2:]]))
