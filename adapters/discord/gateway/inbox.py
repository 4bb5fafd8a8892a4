"""What Discord has sent and the bot has not dealt with yet, kept in a folder.

The gateway sends an event once, and an interaction that was acknowledged waits for its answer. What
a program had not finished when it was killed, the next one takes up; so each event is written down
before anything is done about it. The writes are a few microseconds to the system's cache, which a
killed program leaves behind; they are not forced to the disk.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger(__name__)

KEPT_SECONDS = 900.0
"""So long an interaction can be answered, and so long anybody waits:
https://discord.com/developers/docs/interactions/receiving-and-responding#followup-messages."""

MOST = 1_000
"""So many events at most are kept; those beyond are handled all the same."""


@dataclass(frozen=True, slots=True)
class InboxEntry:
    """When an event came (seconds since the epoch), and whether an earlier program had it."""

    at: float
    again: bool


class Inbox:
    """The events of one process: a file each, named after the interaction or the message."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._entries: dict[str, InboxEntry] = {}
        self._made = False

    def put(self, name: str, data: Mapping[str, Any], at: float) -> None:
        """Write an event down, unless it is known already."""
        id = str(data["id"])
        if id in self._entries or len(self._entries) >= MOST:
            return
        try:
            if not self._made:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._made = True
            text = json.dumps({"name": name, "at": at, "data": data})
            self._path(id).write_text(text, "utf-8")
        except OSError as error:
            log.warning("event not written down", error=str(error))
        self._entries[id] = InboxEntry(at, again=False)

    def entry(self, id: int | str) -> InboxEntry | None:
        """What is known of an event that is being handled."""
        return self._entries.get(str(id))

    @contextmanager
    def handling(self, id: int | str) -> Iterator[None]:
        """Forget an event that was dealt with; one whose handler is cancelled stays for later."""
        done = True
        try:
            yield
        except asyncio.CancelledError:
            done = False
            raise
        finally:
            self.leave(id)
            if done:
                with suppress(OSError):
                    self._path(str(id)).unlink(missing_ok=True)

    def leave(self, id: object) -> None:
        """Nobody handles an event now; it stays for later."""
        self._entries.pop(str(id), None)

    def left(self, now: float) -> list[tuple[str, dict[str, Any]]]:
        """The events that nobody handles, by their names, oldest first; each is given once."""
        found: list[tuple[float, str, dict[str, Any]]] = []
        for path in self._folder.glob("*.json"):
            if path.stem in self._entries:
                continue
            try:
                event = json.loads(path.read_text("utf-8"))
                at, name, data = float(event["at"]), str(event["name"]), dict(event["data"])
            except (OSError, ValueError, KeyError, TypeError):  # cut off in the middle
                path.unlink(missing_ok=True)
                continue
            if now - at > KEPT_SECONDS:
                path.unlink(missing_ok=True)
                continue
            self._entries[path.stem] = InboxEntry(at, again=True)
            found.append((at, name, data))
        return [(name, data) for _, name, data in sorted(found, key=lambda one: one[0])]

    def _path(self, id: str) -> Path:
        return self._folder / f"{int(id)}.json"
