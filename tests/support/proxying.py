"""An HTTP proxy on this machine that leads names of the internet to emulators.

Requests with an absolute URL are passed on, ``CONNECT`` makes a tunnel
(https://www.rfc-editor.org/rfc/rfc9110#name-connect); hosts that it does not know it refuses.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Proxy:
    """``hosts`` maps names to ports of this machine; ``seen`` is what was asked for, in order."""

    hosts: Mapping[str, int]
    url: str = ""
    seen: list[str] = field(default_factory=list)
    credentials: set[str] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            method, target, _ = lines[0].split(" ")
            self.seen.append(f"{method} {target}")
            for line in lines[1:]:
                name, _, value = line.partition(": ")
                if name.lower() == "proxy-authorization":
                    self.credentials.add(value)
            await self._lead(method, target, lines, reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _lead(
        self,
        method: str,
        target: str,
        lines: list[str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
        port = self.hosts.get(parts.hostname or "")
        if port is None:
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        inner, outer = await asyncio.open_connection("127.0.0.1", port)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
            kept = [
                line for line in lines[1:] if not line.lower().startswith(("proxy-", "connection:"))
            ]
            head = "\r\n".join([f"{method} {path} HTTP/1.1", "Connection: close", *kept])
            outer.write(head.encode("latin-1"))
        await asyncio.gather(_pipe(reader, outer), _pipe(inner, writer), return_exceptions=True)


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def proxying(hosts: Mapping[str, int]) -> AsyncIterator[Proxy]:
    """Run a proxy until the block ends."""
    proxy = Proxy(hosts)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
