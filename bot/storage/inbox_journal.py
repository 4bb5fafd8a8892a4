"""Events that have just come, in a file, until they are in SQLite's table ``inbox``.

SQLite has one writer, for which all wait in a rush; a line at the end of a file is written in some
microseconds, on the event loop. It survives a process that is killed, as the system has it then
(https://man7.org/linux/man-pages/man2/write.2.html); of a machine that loses its power it may be
lost. An event is in the file from when it has come to when it is stored, usually for a millisecond,
and the file is empty most of the time.
"""

import json
import os
from dataclasses import asdict
from pathlib import Path

import structlog

from bot.ports import Event

log = structlog.get_logger(__name__)

MOST_BYTES = 8_000_000
"""The file does not grow beyond this; what comes then waits for the database."""


class InboxJournal:
    """The file ``path``, of one process at a time; it is made when it is needed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._size = 0
        self._noted: set[tuple[str, str]] = set()

    def note(self, platform: str, event: Event) -> bool:
        """Write an event down; says whether that was possible."""
        if self._size > MOST_BYTES or not self._append({"platform": platform, **asdict(event)}):
            return False
        self._noted.add((platform, event.id))
        return True

    def strike(self, platform: str, event_id: str) -> None:
        """What was noted need not be known any more."""
        if (platform, event_id) not in self._noted:
            return
        self._noted.discard((platform, event_id))
        if self._noted:
            self._append({"platform": platform, "id": event_id})
        else:
            self._shorten(0)

    def left(self) -> list[tuple[str, Event]]:
        """The platform of each event that an earlier process has noted and not struck, and the
        event, in the order in which they came."""
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        found: dict[tuple[str, str], Event] = {}
        for line in lines:
            try:
                row = json.loads(line)
                platform = row.pop("platform")
                if row.keys() == {"id"}:
                    found.pop((platform, row["id"]), None)
                else:
                    found[platform, row["id"]] = Event(**row)
            except (ValueError, KeyError, TypeError, AttributeError):
                log.warning("a line of the inbox is unreadable")  # it was cut off in the middle
        return [(platform, event) for (platform, _), event in found.items()]

    def clear(self) -> None:
        """Forget what an earlier process has noted: it is stored."""
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _append(self, row: dict[str, object]) -> bool:
        line = json.dumps(row).encode() + b"\n"
        try:
            if self._file is None:
                flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
                self._file = os.open(self._path, flags, 0o600)
                self._size = os.fstat(self._file).st_size
            written = os.write(self._file, line)
        except OSError as error:
            log.warning("an event is not noted", error=error.strerror)
            return False
        if written < len(line):  # the disk is full
            self._shorten(self._size)
            return False
        self._size += written
        return True

    def _shorten(self, size: int) -> None:
        if self._file is None:
            return
        try:
            os.ftruncate(self._file, size)
            self._size = size
        except OSError as error:
            log.warning("the inbox's file is not shortened", error=error.strerror)
