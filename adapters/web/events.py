"""Jobs as they change, as server-sent events.

The stream carries states, not differences, so nothing can be missed for good: whoever reconnects
is sent how things stand now. An event's id is the moment (milliseconds since the epoch) it was
sent; with it, what finished since then is sent too.
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, suppress

from aiohttp import web

from adapters.web import views
from adapters.web.context import BOT, encoded, locale, viewer
from adapters.web.errors import RefusedRequest
from adapters.web.jobs import owned
from adapters.web.shares import Shares
from bot.domain import Job
from bot.ports import Changes

STREAMS_PER_PERSON = 16

RECONNECT_MS = 1000
HEARTBEAT = 15.0
"""Seconds of silence after which a comment is sent, so that no proxy takes the stream for dead."""

WORKING = 0.5
"""Seconds between two looks while something is being made: its percentage grows by itself."""

IDLE = 1.0
"""Seconds between two looks otherwise: another process may be the one that works."""

SETTLE = 0.05
"""Seconds between two looks at least, however many changes are announced."""

_RECENT = 100
"""How many of a person's newest jobs are looked through for what finished meanwhile."""

_LEEWAY_MS = 2000
"""Clocks of several processes may differ, and so may a moment and its place in the database."""


class Streams:
    """The open streams: not too many, and all of them end when the server does."""

    def __init__(self, most: int) -> None:
        self.closing = asyncio.Event()
        self._shares = Shares(most, STREAMS_PER_PERSON, most // 2)

    def slot(self, request: web.Request) -> AbstractContextManager[None]:
        refused = RefusedRequest(429, "too_many_streams", retry_after=5)
        return self._shares.hold(request, refused, refused)

    @property
    def open(self) -> int:
        return self._shares.open


STREAMS_KEY: web.AppKey[Streams] = web.AppKey("streams", Streams)


class Stream:
    """One client's stream: sends a job when there is something new about it."""

    def __init__(self, request: web.Request, spoken: str) -> None:
        self.request = request
        self.bot = request.app[BOT]
        self.viewer = viewer(request)
        self._locale = spoken
        self.response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream; charset=utf-8",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
            }
        )
        self._sent: dict[str, views.View] = {}
        self._last_write = time.monotonic()

    async def open(self) -> None:
        await self.response.prepare(self.request)
        await self._write(f"retry: {RECONNECT_MS}\n\n")

    async def job(self, job: Job) -> None:
        """Send the job if it looks different from what was sent last."""
        view = await views.job(self.bot, job, self.viewer, self._locale)
        if views.changed(self._sent.get(job.id), view):
            await self._event("job", view)
        if job.status.final:
            self._sent.pop(job.id, None)
        else:
            self._sent[job.id] = view

    async def deleted(self, job_id: str) -> None:
        """Send that a job is gone."""
        await self._event("deleted", {"job_id": job_id})
        self._sent.pop(job_id, None)

    @property
    def closing(self) -> bool:
        """Whether the server is about to stop."""
        return self.request.app[STREAMS_KEY].closing.is_set()

    @property
    def unfinished(self) -> frozenset[str]:
        """The jobs whose end has not been sent yet."""
        return frozenset(self._sent)

    async def heartbeat(self) -> None:
        if time.monotonic() - self._last_write >= HEARTBEAT:
            await self._write(": still here\n\n")

    async def end(self) -> None:
        await self.response.write_eof()

    async def _event(self, name: str, data: views.View) -> None:
        moment = int(time.time() * 1000)
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        await self._write(f"id: {moment}\nevent: {name}\ndata: {text}\n\n")

    async def _write(self, text: str) -> None:
        await self.response.write(encoded(text))
        self._last_write = time.monotonic()


async def of_job(request: web.Request) -> web.StreamResponse:
    """``GET /api/jobs/{job_id}/events``: ends after the job's final state."""
    job = await owned(request, request.match_info["job_id"])
    return await _serve(request, lambda stream, watch: _follow_job(stream, watch, job))


async def of_person(request: web.Request) -> web.StreamResponse:
    """``GET /api/events``: all jobs of a person, for as long as they care to listen."""
    return await _serve(request, _follow_person)


async def _serve(
    request: web.Request, follow: Callable[[Stream, Changes], Awaitable[None]]
) -> web.StreamResponse:
    stream = Stream(request, await locale(request))
    slot = request.app[STREAMS_KEY].slot(request)
    with slot, request.app[BOT].watch() as watch:
        # Whoever goes away has no need of an answer, nor the log of an error.
        with suppress(ConnectionError):
            await stream.open()
            await follow(stream, watch)
            await stream.end()
    return stream.response


async def _follow_job(stream: Stream, watch: Changes, job: Job) -> None:
    while not stream.closing:
        await stream.job(job)
        if job.status.final:
            return
        await stream.heartbeat()
        await _pause(watch, stream)
        found = await stream.bot.job(job.id, stream.viewer)
        if found is None:
            await stream.deleted(job.id)
            return
        job = found


async def _follow_person(stream: Stream, watch: Changes) -> None:
    for job in await _missed(stream):
        await stream.job(job)
    announced: set[str] = set()
    while not stream.closing:
        await _send_current(stream, announced)
        await stream.heartbeat()
        announced = await _pause(watch, stream)


async def _send_current(stream: Stream, announced: set[str]) -> None:
    """What a person is waiting for, and what of it has come to its end since the last look."""
    unfinished = await stream.bot.unfinished(stream.viewer)
    others = (stream.unfinished | announced) - {job.id for job in unfinished}
    for job_id in sorted(others):
        if job := await stream.bot.job(job_id, stream.viewer):
            await stream.job(job)
        elif await stream.bot.was_deleted(job_id, stream.viewer):
            await stream.deleted(job_id)
    for job in unfinished:
        await stream.job(job)


async def _missed(stream: Stream) -> list[Job]:
    """What finished since the event that the client saw last."""
    try:
        seen = int(stream.request.headers.get("Last-Event-ID", "")) - _LEEWAY_MS
    except ValueError:
        return []
    page = await stream.bot.history(stream.viewer, limit=_RECENT)
    finished = [job for job in page.jobs if job.finished_at and job.finished_at * 1000 >= seen]
    return sorted(finished, key=lambda job: job.finished_at or 0)


async def _pause(watch: Changes, stream: Stream) -> set[str]:
    """Wait until there may be something new; the ids of the jobs that were announced.

    Announcements of other people's jobs cost a look at the database each, so a moment passes in
    which they gather.
    """
    announced: set[str] = set()
    first = await watch.next(WORKING if stream.unfinished else IDLE)
    if first is not None:
        await asyncio.sleep(SETTLE)
        announced.add(first)
    while (job_id := await watch.next(0)) is not None:
        announced.add(job_id)
    return announced
