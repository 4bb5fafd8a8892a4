"""Events that have just come, in a file, until they are in SQLite's table ``inbox``.

SQLite has one writer, for which all wait in a rush; a line at the end of a file is written in some
microseconds, on the event loop. It survives a process that is killed, as the system has it then
(https://man7.org/linux/man-pages/man2/write.2.html); of a machine that loses its power it may be
lost. An event is in the file from when it has come to when it is stored, usually for a millisecond.
Each process has a file of its own, whose first line names it; what one that is gone has left is
stored by whoever takes over from it.
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

_EXECUTOR = "executor"


class InboxJournal:
    """The file ``path`` of the process ``executor``; it is made when it is needed."""

    def __init__(self, path: Path, executor: str) -> None:
        self._path = path
        self._head = json.dumps({_EXECUTOR: executor}).encode() + b"\n"
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
            self._shorten(len(self._head))

    def close(self) -> None:
        """Let go of the file, and remove it if nothing is left in it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
            if not self._noted:
                self._path.unlink(missing_ok=True)

    def _append(self, row: dict[str, object]) -> bool:
        line = json.dumps(row).encode() + b"\n"
        try:
            if self._file is None:
                flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
                self._file = os.open(self._path, flags, 0o600)
                self._size = os.write(self._file, self._head)
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


def executor_of(path: Path) -> str:
    """Whose file that is; the file's own name where it does not say so, as before each had one."""
    with path.open("rb") as file:
        head = file.readline(MOST_BYTES)
    try:
        return str(json.loads(head)[_EXECUTOR])
    except (ValueError, KeyError, TypeError):
        return path.name


def left(path: Path) -> list[tuple[str, Event]]:
    """The platform of each event that is noted in a file and not struck, and the event, in the
    order in which they came."""
    found: dict[tuple[str, str], Event] = {}
    for line in path.read_bytes().splitlines():
        try:
            row = json.loads(line)
            if row.keys() == {_EXECUTOR}:
                continue
            platform = row.pop("platform")
            if row.keys() == {"id"}:
                found.pop((platform, row["id"]), None)
            else:
                found[platform, row["id"]] = Event(**row)
        except (ValueError, KeyError, TypeError, AttributeError):
            log.warning("a line of the inbox is unreadable")  # it was cut off in the middle
    return [(platform, event) for (platform, _), event in found.items()]
