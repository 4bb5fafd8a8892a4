"""Where pictures come from: references are taken, the provider is asked, the outcome awaited."""

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

from bot import catalog, protocol
from bot.failures import Failure, Reason
from bot.fetching import Fetcher
from bot.gallery import Gallery
from bot.history import History
from bot.job import Job
from bot.ports import Adapter, Attachment, Pictures, Request, Ticket
from bot.registry import Providers
from messages import Note

DOWNLOADS_AT_ONCE = 8
"""How many pictures to work from are taken at the same time; each has at most 20 MiB."""

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
        self._downloads = asyncio.Semaphore(DOWNLOADS_AT_ONCE)

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
            async with self._downloads:
                taken = await self._take(job, attachment, number)
            if isinstance(taken, Failure):
                return taken
            references += [taken] if taken else []
        await self._history.change(job.id, references=references)
        return references

    async def _take(self, job: Job, attachment: Attachment, number: int) -> str | Failure | None:
        if attachment.image_id is not None:
            return attachment.image_id
        if attachment.url is not None:
            data: bytes | Failure | None = await self._fetcher.fetch(attachment.url)
        elif adapter := self._adapters.get(job.platform):
            data = await adapter.read(attachment)
        else:
            return Failure(Reason.REFERENCE_MISSING, detail=f"{job.platform} is not served here")
        if data is None or isinstance(data, Failure):
            return data
        key = f"{job.id}:{number}"
        kept = await self._gallery.keep_upload(job.platform, job.requester, data, key=key)
        return kept if isinstance(kept, Failure) else kept.image_id

    async def elsewhere(self, job: Job, number: int) -> dict[str, Any]:
        """What changes about a job when the provider of that number makes it instead."""
        provider = self._providers.get(self._providers.order[number])
        models = await provider.models()
        model = catalog.find(job.model, models) or models[0]
        facts = {"provider": provider.title, "wanted": self._providers.first.title}
        notes = [note for note in job.notes if note.key != "made_elsewhere"]
        return {
            "provider": provider.name,
            "model": model.id,
            "model_name": model.name,
            "size": catalog.fit_size(model, job.size),
            "aspect_ratio": catalog.fit_aspect_ratio(model, job.aspect_ratio),
            "seconds": model.seconds,
            "progress_every": model.progress_every,
            "started_at": None,
            "notes": (*notes, Note("made_elsewhere", facts)),
        }

    async def submit(self, job: Job) -> Ticket | Failure:
        """Ask the provider."""
        request = await self._request(job)
        if isinstance(request, Failure):
            return request
        return await self._providers.get(job.provider).submit(request)

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
        request = await self._request(job)
        if isinstance(request, Failure):
            return request
        work = asyncio.create_task(self._outcome(job, ticket, request))
        stop = asyncio.create_task(self._stopped.setdefault(job.id, asyncio.Event()).wait())
        try:
            while not work.done():
                elapsed = self._clock() - (job.started_at or job.created_at)
                if elapsed > protocol.deadline(job.seconds[1]):
                    # The provider was asked, and nobody knows what becomes of it.
                    return Failure(Reason.TIMEOUT, maybe_paid=True)
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
                    return sign
        return Failure(Reason.UNUSABLE_ANSWER, detail="the provider ended without pictures")

    async def _is_over(self, job_id: str) -> bool:
        job = await self._history.job(job_id)
        return job is None or job.status.final


async def _drop(*tasks: "asyncio.Task[Any]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
