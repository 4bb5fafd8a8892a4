"""Where pictures come from: references are taken, the provider is asked, the outcome awaited."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

from bot import catalog, protocol
from bot.accepting import MAX_BYTES
from bot.budget import Budget, Transfer
from bot.catalog import Match, Model
from bot.failures import MENDABLE, Failure, Reason
from bot.fetching import Fetcher
from bot.gallery import Gallery
from bot.history import History
from bot.job import Job
from bot.plausible import plausible
from bot.ports import Adapter, Attachment, Pictures, Request, Ticket
from bot.registry import WHOLE, Providers
from bot.slots import Slots
from messages import Note

DOWNLOADS_AT_ONCE = 32
"""How many pictures to work from are taken from platforms at the same time."""

DOWNLOADS_PER_PERSON = 2
"""How many of them may be one person's."""

LOADED_BYTES = 128 * 1024 * 1024
"""Bytes of pictures to work from that are held for providers at the same time, if they are more
than one job's, and half of them of one person's; the next job waits."""

PULSE = 1.0
"""Seconds between two looks at whether another process cancelled a job."""


class Workshop:
    """Makes the pictures of jobs; ``adapters`` are those of this process, by platform."""

    def __init__(
        self,
        *,
        providers: Providers,
        history: History,
        gallery: Gallery,
        fetcher: Fetcher,
        adapters: dict[str, Adapter],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._providers = providers
        self._history = history
        self._gallery = gallery
        self._fetcher = fetcher
        self._adapters = adapters
        self._clock = clock
        self._stopped: dict[str, asyncio.Event] = {}
        self._gathering: dict[str, asyncio.Task[list[str] | Failure]] = {}
        self._loads = Budget(LOADED_BYTES)
        self._downloads = Slots(DOWNLOADS_AT_ONCE, DOWNLOADS_PER_PERSON)

    async def gather(self, job: Job) -> list[str] | Failure:
        """Take the bytes of everything the person pointed at; gives their image ids.

        Asked twice at the same time, it takes them once.
        """
        if job.references:
            return list(job.references)
        if job.id not in self._gathering:
            task = asyncio.create_task(self._gather(job))
            self._gathering[job.id] = task
            task.add_done_callback(lambda _: self._gathering.pop(job.id, None))
        return await asyncio.shield(self._gathering[job.id])

    async def _gather(self, job: Job) -> list[str] | Failure:
        references = []
        for number, attachment in enumerate(job.attachments):
            taken = await self._take(job, attachment, number)
            if isinstance(taken, Failure):
                return taken
            references += [taken] if taken else []
        if await self._is_deleted(job.id):
            given = {attachment.image_id for attachment in job.attachments}
            await self._gallery.remove([each for each in references if each not in given])
            return Failure(Reason.CANCELLED)
        await self._history.change(job.id, references=references)
        return references

    async def _take(self, job: Job, attachment: Attachment, number: int) -> str | Failure | None:
        if attachment.image_id is not None:
            return attachment.image_id
        with self._fetcher.budget.transfer(_whose(job)) as transfer:
            data = await self._read(job, attachment, transfer)
            if data is None or isinstance(data, Failure):
                return data
            key = f"{job.id}:{number}"
            kept = await self._gallery.keep_upload(job.platform, job.requester, data, key=key)
        return kept if isinstance(kept, Failure) else kept.image_id

    async def _read(
        self, job: Job, attachment: Attachment, transfer: Transfer
    ) -> bytes | Failure | None:
        owner = _whose(job)
        if attachment.url is not None:
            return await self._fetcher.fetch(attachment.url, owner=owner, transfer=transfer)
        adapter = self._adapters.get(job.platform)
        if adapter is None:
            return Failure(Reason.REFERENCE_MISSING, detail=f"{job.platform} is not served here")
        async with self._downloads.hold(owner):
            await transfer.take(MAX_BYTES)  # an adapter does not say how much it has read
            return await adapter.read(attachment)

    async def elsewhere(self, job: Job, number: int) -> dict[str, Any]:
        """What changes about a job when the provider of that number makes it instead."""
        provider = self._providers.get(self._providers.order[number])
        models = await self._providers.models(provider.name)
        facts = {"provider": provider.title, "wanted": self._providers.first.title}
        notes = [note for note in job.notes if note.key != "made_elsewhere"]
        notes.append(Note("made_elsewhere", facts))
        job = replace(job, notes=tuple(notes))
        return {"provider": provider.name, **_instead(job, models)}

    async def mended(self, job: Job, refused: Reason) -> dict[str, Any] | None:
        """What changes about a job whose model, or size, the provider does not know any more.

        ``None`` where there is nothing to take its place.
        """
        size = job.size if refused is Reason.UNSUPPORTED_SIZE else None
        if refused not in MENDABLE or (refused is Reason.UNSUPPORTED_SIZE and size is None):
            return None
        models = await self._providers.refused(job.provider, job.model, size or WHOLE)
        if catalog.find(job.model, models) is None:
            return None
        changes = _instead(job, models, gone=refused is Reason.UNKNOWN_MODEL)
        unchanged = (changes["model"], changes["size"]) == (job.model, job.size)
        return None if unchanged else changes

    async def submit(self, job: Job) -> Ticket | Failure:
        """Ask the provider."""
        async with self._loaded(job) as request:
            if isinstance(request, Failure):
                return request
            return plausible(await self._providers.get(job.provider).submit(request))

    @asynccontextmanager
    async def _loaded(self, job: Job) -> AsyncIterator[Request | Failure]:
        """A job as the provider is asked for it, once there is room for its pictures in memory."""
        with self._loads.transfer(_whose(job)) as transfer:
            await transfer.take(await self._gallery.size(job.references))
            yield await self._request(job)

    async def _request(self, job: Job) -> Request | Failure:
        references = await self._gallery.references(job.references)
        if isinstance(references, Failure):
            return references
        return Request(
            key=job.id,
            prompt=job.prompt,
            model=job.model,
            size=job.size,
            aspect_ratio=job.aspect_ratio,
            count=job.count,
            references=references,
            extra=job.extra,
        )

    async def collect(
        self, job: Job, ticket: Ticket, progress: Callable[[], None]
    ) -> Pictures | Failure:
        """Wait for the pictures; calls ``progress`` as often as the job's model wants it.

        Gives up when the job is stopped, by :meth:`stop` or by its row, and at its deadline.
        """
        async with self._loaded(job) as request:
            if isinstance(request, Failure):
                return request
            return await self._wait(job, ticket, request, progress)

    async def _wait(
        self, job: Job, ticket: Ticket, request: Request, progress: Callable[[], None]
    ) -> Pictures | Failure:
        work = asyncio.create_task(self._outcome(job, ticket, request))
        stop = asyncio.create_task(self._stopped.setdefault(job.id, asyncio.Event()).wait())
        try:
            while not work.done():
                elapsed = self._clock() - (job.started_at or job.created_at)
                if elapsed > protocol.deadline(job.seconds[1]):
                    return Failure(Reason.TIMEOUT)
                due = protocol.until_progress(elapsed, job.progress_every)
                await asyncio.wait(
                    {work, stop}, timeout=min(PULSE, due), return_when=asyncio.FIRST_COMPLETED
                )
                if stop.done() or await self._is_over(job.id):
                    return Failure(Reason.CANCELLED)
                if due <= PULSE and not work.done():
                    progress()
            return work.result()
        finally:
            self._stopped.pop(job.id, None)
            await _drop(work, stop)

    def stop(self, job_id: str) -> None:
        """Stop waiting for a job in this process."""
        if event := self._stopped.get(job_id):
            event.set()

    async def close(self) -> None:
        """Stop taking pictures."""
        await _drop(*self._gathering.values())

    async def _outcome(self, job: Job, ticket: Ticket, request: Request) -> Pictures | Failure:
        provider = self._providers.get(job.provider)
        async with aclosing(provider.collect(ticket, request)) as signs:
            async for sign in signs:
                if isinstance(sign, Pictures | Failure):
                    return plausible(sign)
        return Failure(Reason.UNUSABLE_ANSWER, detail="the provider ended without pictures")

    async def _is_deleted(self, job_id: str) -> bool:
        job = await self._history.job(job_id)
        return job is None or job.deleted

    async def _is_over(self, job_id: str) -> bool:
        job = await self._history.job(job_id)
        return job is None or job.status.final


def _whose(job: Job) -> str:
    """By whom places and bytes are counted."""
    return f"{job.platform}:{job.requester}"


def _instead(job: Job, models: Sequence[Model], *, gone: bool = False) -> dict[str, Any]:
    """What changes about a job when it is made with one of these models, and is said of it.

    ``gone``: the service has just said that there is no such model any more.
    """
    match = catalog.resolve(job.model, models) or Match(models[0])
    if gone and match.replaced:
        match = replace(match, replaced=replace(match.replaced, ended=True))
    model = match.model
    size = catalog.fit_size(model, job.size)
    ratio = catalog.fit_aspect_ratio(model, job.aspect_ratio)
    notes = [*job.notes, *match.notes]
    if size not in (job.size, None) and job.size:
        facts = {"model": model.name, "asked": job.size, "size": size}
        notes.append(Note("size_adjusted", facts))
    if ratio not in (job.aspect_ratio, None) and job.aspect_ratio:
        facts = {"model": model.name, "asked": job.aspect_ratio, "ratio": ratio}
        notes.append(Note("ratio_adjusted", facts))
    return {
        "model": model.id,
        "model_name": model.name,
        "size": size,
        "aspect_ratio": ratio,
        "seconds": model.seconds,
        "progress_every": model.progress_every,
        "started_at": None,
        "notes": tuple(note for n, note in enumerate(notes) if note not in notes[:n]),
    }


async def _drop(*tasks: "asyncio.Task[Any]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
