"""What a platform has delivered and the bot has not dealt with yet.

The gateway of a platform sends an event once, and what was acknowledged waits for its answer; so
each event is noted, stored, and forgotten once it was dealt with. Where it cannot be noted, the
acknowledgement waits until it is stored, but not for longer than the database has
:attr:`~bot.ports.Inbox.patience`.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot.ports import Event, Inbox
from bot.runtime import outage, retries

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 900.0
"""For so long a database that is away is waited for: then nobody waits for an answer any more."""

AWAY_SECONDS = 2.0
"""How often it is looked whether it is back."""

MOST = 1_000
"""So many events at most are kept; those beyond are handled all the same."""


@dataclass(frozen=True, slots=True)
class InboxEntry:
    """When an event came (seconds since the epoch), whether an earlier program had it, and whether
    it outlives this one before it is ``stored``."""

    at: float
    again: bool
    noted: bool = field(default=False, compare=False)
    stored: "asyncio.Task[None] | None" = field(default=None, repr=False, compare=False)


class PlatformInbox:
    """The events of one platform that this process deals with."""

    def __init__(self, inbox: Inbox, platform: str, clock: Callable[[], float]) -> None:
        self._inbox = inbox
        self._platform = platform
        self._clock = clock
        self._entries: dict[str, InboxEntry] = {}
        self._writing: set[asyncio.Task[None]] = set()
        self._undropped: set[str] = set()
        self._postponed = False

    def put(self, id: str, name: str, requester: str, data: Mapping[str, Any]) -> None:
        """Begin to store an event that has just come, unless it is known already."""
        if id in self._entries or len(self._entries) >= MOST:
            return
        event = Event(id, name, requester, json.dumps(data), self._clock())  # as it is now
        noted = self._inbox.note(self._platform, event)
        stored = asyncio.create_task(self._store(event))
        self._writing.add(stored)
        stored.add_done_callback(self._writing.discard)
        self._entries[id] = InboxEntry(event.at, again=False, noted=noted, stored=stored)

    async def _store(self, event: Event) -> None:
        passing = outage.passing(0.0, outage=PATIENCE_SECONDS)

        def worth(error: Exception) -> bool:
            return event.id not in self._undropped and passing(error)  # or it is dealt with already

        try:
            await retries.OUTAGE(worth, self._inbox.put, self._platform, event)
        except Exception as error:
            log.warning("event not stored", event_name=event.name, error=repr(error))
        self._inbox.strike(self._platform, event.id)

    def entry(self, id: int | str) -> InboxEntry | None:
        """What is known of an event that is being handled."""
        return self._entries.get(str(id))

    @asynccontextmanager
    async def handling(self, id: int | str) -> AsyncIterator[None]:
        """Forget an event that was dealt with; one whose handler is cancelled stays for later, and
        so does one whose handler says that the database is away."""
        entry = self.entry(id)
        if entry is not None and entry.stored is not None and not entry.noted:
            await asyncio.wait({entry.stored}, timeout=self._inbox.patience)
        try:
            yield
        except asyncio.CancelledError:
            self.leave(id)
            raise
        except BaseException as error:
            if entry is not None and self.waits_for(error):
                log.warning("event waits for the database", id=str(id))
                self._postponed = True
                self.leave(id)
                return
            await self._done(str(id))
            raise
        await self._done(str(id))

    @staticmethod
    def waits_for(error: BaseException) -> bool:
        """Whether what a handler has died of passes, so that the event is handled again then."""
        return outage.is_database_away(error)

    def leave(self, id: object) -> None:
        """Nobody handles an event now; it stays for later."""
        self._entries.pop(str(id), None)

    async def left(self) -> list[Event]:
        """The events that nobody handles, oldest first; from now on they are handled here."""
        if self._writing:
            await asyncio.wait(self._writing)
        for id in list(self._undropped):
            await self._drop(id)
        self._postponed = False
        held = {*self._entries, *self._undropped}
        events = await self._inbox.take(self._platform, self._clock(), held)
        for event in events:
            self._entries[event.id] = InboxEntry(event.at, again=True)
        return events

    async def release(self) -> None:
        """Have whoever listens deal with the events that nobody handles: this process does not."""
        if self._writing:
            await asyncio.wait(self._writing)
        self._postponed = False
        await self._inbox.release(self._platform, {*self._entries, *self._undropped})

    async def until_left(self, seconds: float) -> None:
        """Wait until another process is found to be gone, or for so long."""
        await self._inbox.until_left(min(seconds, AWAY_SECONDS) if self._postponed else seconds)

    async def _done(self, id: str) -> None:
        entry = self._entries.get(id)
        if entry is None:
            return
        self._undropped.add(id)
        del self._entries[id]
        if entry.stored is not None:
            await asyncio.wait({entry.stored})  # a database of many threads might drop it first
        await self._drop(id)

    async def _drop(self, id: str) -> None:
        try:
            await self._inbox.drop(self._platform, id)
        except Exception as error:
            log.warning("event not forgotten yet", error=repr(error))
        else:
            self._undropped.discard(id)
