"""JSON to send, with pictures in it, written piece by piece.

Fourteen references of 20 MB would be 370 MB of JSON: encoded at once they would stop the event loop
for a second. Here the text around them is small, and each picture is encoded as it is sent.
"""

import asyncio
import base64
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

PIECE = 48 * 1024
"""Bytes encoded at a time; a multiple of three, so that pieces of base64 join without padding."""


@dataclass(frozen=True, slots=True)
class Inline:
    """A picture as a JSON string: a data URL, or with ``mime`` ``None`` bare base64."""

    data: bytes = field(repr=False)
    mime: str | None = None

    @property
    def prefix(self) -> bytes:
        return f"data:{self.mime};base64,".encode() if self.mime else b""

    def __len__(self) -> int:
        """Bytes of the string, without its quotes."""
        return len(self.prefix) + (len(self.data) + 2) // 3 * 4


class Body:
    """A JSON text whose :class:`Inline` values are encoded while it is sent."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        name = f"inline-{secrets.token_hex(8)}-"
        inlines: list[Inline] = []

        def token(item: object) -> str:
            if not isinstance(item, Inline):
                raise TypeError(f"{type(item).__name__} is not JSON")
            inlines.append(item)
            return f"{name}{len(inlines) - 1}|"

        text = json.dumps(value, default=token)
        self._parts: list[bytes | Inline] = []
        for part in text.split(name):
            number, found, rest = part.partition("|")
            if self._parts and found:
                self._parts += [inlines[int(number)], rest.encode()]
            else:
                self._parts.append(part.encode())

    def __len__(self) -> int:
        """Bytes of the whole text, for Content-Length."""
        return sum(map(len, self._parts))

    async def pieces(self) -> AsyncIterator[bytes]:
        """The text from the start; may be asked for again."""
        for part in self._parts:
            if isinstance(part, bytes):
                yield part
                continue
            yield part.prefix
            for start in range(0, len(part.data), PIECE):
                yield base64.b64encode(part.data[start : start + PIECE])
                await asyncio.sleep(0)
