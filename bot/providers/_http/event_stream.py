"""Server-sent events with pictures in them, read piece by piece."""

from collections.abc import Iterator
from typing import Any

from bot.providers._http.json_stream import Spill

_DATA = b"data:"


class Events:
    """Takes a stream in pieces; gives the JSON value of each event as it ends.

    Each event is one ``data`` line, as the services we know send them; comments (which keep the
    connection alive), names, and data that is not JSON (``[DONE]``) are passed over
    (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream).
    """

    def __init__(self) -> None:
        self._line = b""
        self._spill: Spill | None = None

    def feed(self, piece: bytes) -> Iterator[tuple[Any, Spill]]:
        """Take the next bytes; the events that end in them.

        Raises:
            ValueError: if a string that began as base64 goes on as something else.
        """
        while piece:
            part, newline, piece = piece.partition(b"\n")
            self._take(part)
            if newline:
                yield from self._end()

    def _take(self, part: bytes) -> None:
        if self._spill is not None:
            self._spill.feed(part)
            return
        if len(self._line) < len(_DATA):  # what is no data may be endless
            self._line += part
            if self._line.startswith(_DATA):
                self._spill = Spill()
                self._spill.feed(self._line.removeprefix(_DATA))

    def _end(self) -> Iterator[tuple[Any, Spill]]:
        spill, self._spill, self._line = self._spill, None, b""
        if spill is None:
            return
        try:
            value = spill.close()
        except ValueError:
            return
        yield value, spill
