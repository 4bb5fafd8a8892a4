"""Where pictures come from: references are taken, the provider is asked, the outcome awaited."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager, nullcontext, suppress
from dataclasses import replace
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.domain import catalog, protocol
from bot.domain.catalog import REPLACEMENTS, Match, Model, Predecessor
from bot.domain.failures import MENDABLE, Failure, Reason
from bot.domain.generation import Pictures, Request, Ticket
from bot.domain.jobs import Job
from bot.domain.requests import Attachment
from bot.images.downloads import Downloader
from bot.images.library import Library
from bot.images.validation import MAX_BYTES
from bot.ports import Adapter, Misconfigured, Provider
from bot.runtime import retries
from bot.runtime.plausibility import plausible
from bot.runtime.plugins import WHOLE, Providers, UnknownPlugin
from bot.runtime.slots import Slots
from bot.runtime.transfers import Budget, BudgetedTransfer, arriving
from bot.storage.jobs import JobStore
from messages import Note, Status

log = structlog.get_logger(__name__)

DOWNLOADS_AT_ONCE = 32
"""How many pictures to work from are taken from platforms at the same time."""

DOWNLOADS_PER_PERSON = 2
"""How many of them may be one person's."""

LOADED_BYTES = 128 * 1024 * 1024
"""Bytes of pictures to work from that are held for providers at the same time, if they are more
than one job's, and half of them of one person's; the next job waits."""

ARRIVING_BYTES = 256 * 1024 * 1024
"""Bytes of made pictures that are on their way from their services into the store at the same time,
by the same rule; what is not read yet waits in the network."""

PULSE = 1.0
"""Seconds between two looks at whether another process cancelled one of the jobs."""

SHOWN_PER_SECOND = 10
"""Progress is shown so often at most, that of all jobs together: where more are waited for, each
shows it more seldom. A platform takes some 50 messages a second, or 1,000 a minute, and there are
others that matter more (https://discord.com/developers/docs/topics/rate-limits,
https://open.feishu.cn/document/server-docs/getting-started/server-error-codes)."""

GAP = 5.0
"""More seconds than this between two looks were not waited: the process or its machine slept."""

NOTED_SECONDS = 10.0
"""How often it is stored for how long a job has been waited for."""

LAST_LOOK_SECONDS = 60.0
"""How long the last look takes at most, with which a job's deadline ends."""


class Generator:
    """Makes the pictures of jobs; ``adapters`` are those of this process, by platform, and
    ``executor`` is its id.

    With ``pay_again`` a paid call in which an earlier process ended is made again, unasked.
    """

    def __init__(
        self,
        *,
        providers: Providers,
        history: JobStore,
        library: Library,
        downloader: Downloader,
        adapters: dict[str, Adapter],
        executor: str = "",
        pay_again: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._providers = providers
        self._history = history
        self._library = library
        self._downloader = downloader
        self._adapters = adapters
        self._executor = executor
        self._pay_again = pay_again
        self._monotonic = monotonic
        self._life = secrets.token_hex(8)  # names this run of the program
        self._begun: dict[str, set[str]] = {}
        self._paying: set[str] = set()
        self._made: dict[str, Pictures] = {}
        self._waitings: dict[str, Waiting] = {}
        self._watching: asyncio.Task[None] | None = None
        self._gathering: dict[str, asyncio.Task[list[str] | Failure]] = {}
        self._loads = Budget(LOADED_BYTES)
        self._arrivals = Budget(ARRIVING_BYTES)
        self._downloads = Slots(DOWNLOADS_AT_ONCE, DOWNLOADS_PER_PERSON)

    async def gather(self, job: Job) -> list[str] | Failure:
        """Take the bytes of everything the person pointed at; gives their image ids.

        Asked twice at the same time, it takes them once.
        """
        if job.references or not job.attachments:
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
                await self.leave(job)
                return taken
            references += [taken] if taken else []
        if not await self._history.change(job.id, when=protocol.OPEN, references=references):
            await self.leave(job)  # it was called off, deleted or forgotten meanwhile
        return references

    async def leave(self, job: Job) -> None:
        """Keep nothing of what was taken for a job that does not need it."""
        for number, attachment in enumerate(job.attachments):
            if attachment.image_id is None:
                key = _key(job, number)
                await self._library.discard_upload(job.platform, key, job.created_at)

    async def _take(self, job: Job, attachment: Attachment, number: int) -> str | Failure | None:
        if attachment.image_id is not None:
            return attachment.image_id
        with self._downloader.budget.transfer(_whose(job)) as transfer:
            data = await self._read(job, attachment, transfer)
            if data is None or isinstance(data, Failure):
                return data
            kept = await self._library.keep_upload(
                job.platform, job.requester, data, key=_key(job, number), at=job.created_at
            )
        return kept if isinstance(kept, Failure) else kept.image_id

    async def _read(
        self, job: Job, attachment: Attachment, transfer: BudgetedTransfer
    ) -> bytes | Failure | None:
        owner = _whose(job)
        if attachment.url is not None:
            return await self._downloader.fetch(attachment.url, owner=owner, transfer=transfer)
        adapter = self._adapters.get(job.platform)
        if adapter is None:
            return Failure(Reason.REFERENCE_MISSING, detail=f"{job.platform} is not served here")
        async with self._downloads.hold(owner):
            await transfer.take(MAX_BYTES)  # an adapter does not say how much it has read
            return await adapter.read(attachment)

    async def elsewhere(self, job: Job, module: str) -> dict[str, Any]:
        """What changes about a job when the provider of that module makes it instead.

        It begins anew there: no call of that provider has begun.
        """
        provider = self._provider(module)
        if isinstance(provider, Failure) or provider.name == job.provider:
            return {}  # it cannot be had; or an earlier process has come as far
        models = await self._providers.models(module)
        facts = {"provider": provider.title, "wanted": self._providers.first.title}
        notes = [note for note in job.notes if note.key != "made_elsewhere"]
        notes.append(Note("made_elsewhere", facts))
        job = replace(job, notes=tuple(notes))
        return {"provider": provider.name, **_instead(job, models)}

    async def mended(self, job: Job, module: str, refused: Reason) -> dict[str, Any] | None:
        """What changes about a job whose model, or size, the provider does not know any more.

        ``None`` where there is nothing to take its place.
        """
        size = job.size if refused is Reason.UNSUPPORTED_SIZE else None
        if refused not in MENDABLE or (refused is Reason.UNSUPPORTED_SIZE and size is None):
            return None
        models = await self._providers.refused(module, job.model, size or WHOLE)
        if catalog.find(job.model, models) is None:
            return None
        changes = _instead(job, models, gone=refused is Reason.UNKNOWN_MODEL)
        unchanged = (changes["model"], changes["size"]) == (job.model, job.size)
        return None if unchanged else changes

    def _provider(self, module: str) -> Provider | Failure:
        """The provider that a job is to be made by, if it can be had (any more)."""
        try:
            return self._providers.get(module)
        except (Misconfigured, UnknownPlugin) as error:
            return Failure(Reason.UNAUTHORIZED, detail=str(error))

    async def submit(self, job: Job, module: str) -> Ticket | Failure:
        """Ask the provider; what it raises is its failure, not ours."""
        provider = self._provider(module)
        if isinstance(provider, Failure):
            return provider
        async with self._loaded(job) as request:
            if isinstance(request, Failure):
                return request
            begin = self._begin_call if _paid_in(provider, "submit") else self._begin
            if refusal := await begin(job, "submit"):
                return refusal
            with self._vital(job):
                try:
                    return plausible(await provider.submit(request))
                except Exception as error:
                    log.exception("provider broke", job_id=job.id, provider=provider.name)
                    return Failure(Reason.UNKNOWN, detail=repr(error))

    @asynccontextmanager
    async def _loaded(self, job: Job, *, ordered: bool = False) -> AsyncIterator[Request | Failure]:
        """A job as the provider is asked for it, once there is room for its pictures in memory.

        For what is ``ordered`` nobody needs the pictures to work from again.
        """
        with self._loads.transfer(_whose(job)) as transfer:
            if not ordered:
                await transfer.take(await self._library.size(job.references))
            yield await self._request(job, ordered=ordered)

    async def _request(self, job: Job, *, ordered: bool = False) -> Request | Failure:
        references = () if ordered else await self._library.references(job.references)
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

    async def _begin_call(self, job: Job, name: str) -> Failure | None:
        """Store that a call begins which is paid for; refuses one that has begun before."""
        mark = f"{name} {self._life}"
        begun = job.called is not None and job.called.startswith(f"{name} ")
        twice = job.called != mark or name in self._begun.get(job.id, ())
        if begun and twice and not self._pay_again:
            return Failure(Reason.CUT_OFF)
        if refusal := await self._begin(job, name, called=mark):
            return refusal
        self._begun.setdefault(job.id, set()).add(name)
        return None

    async def _begin(self, job: Job, _name: str, **changes: Any) -> Failure | None:
        """Store that a job runs; refuses it when it has ended, and once another process has taken
        it over."""
        changes["status"] = Status.RUNNING
        owner = self._executor or None
        changed = await self._history.change(job.id, when=protocol.OPEN, owner=owner, **changes)
        return None if changed else Failure(Reason.CANCELLED)

    @contextmanager
    def arriving(self, job: Job) -> Iterator[None]:
        """The block in which a job's pictures arrive, and are stored."""
        with self._arrivals.transfer(_whose(job)) as transfer, arriving(transfer):
            yield

    async def collect(
        self, job: Job, module: str, ticket: Ticket, progress: Callable[[], object]
    ) -> Pictures | Failure:
        """Wait for the pictures; calls ``progress`` as often as the job's model wants it.

        Gives up when the job is stopped, by :meth:`stop` or by its row, when another process has
        taken it over, and at its deadline. What
        was made is kept until :meth:`forget`, so that it is made once however often this is asked.
        """
        if made := self._made.get(job.id):
            return made
        provider = self._provider(module)
        if isinstance(provider, Failure):
            return provider
        ordered = bool(ticket.id) and _paid_in(provider, "submit")
        async with self._loaded(job, ordered=ordered) as request:
            if isinstance(request, Failure):
                return request
            paid = _paid_in(provider, "collect") and not ticket.id
            if paid and (refusal := await self._begin_call(job, "collect")):
                return refusal
            with self._vital(job) if paid else nullcontext():
                result = await self._await(job, provider, ticket, request, progress)
        if isinstance(result, Pictures):
            self._made[job.id] = result
        return result

    async def _await(
        self,
        job: Job,
        provider: Provider,
        ticket: Ticket,
        request: Request,
        progress: Callable[[], object],
    ) -> Pictures | Failure:
        limit = protocol.deadline(job.seconds[1])
        if not ticket.id:  # a call has a limit of its own, and its own words for it
            limit += LAST_LOOK_SECONDS
        waiting = self._waitings[job.id] = Waiting(job.waited, limit, self._monotonic)
        work = asyncio.create_task(_outcome(provider, ticket, request))
        either: set[asyncio.Future[Any]] = {work, waiting.ended}
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())
        try:
            while not work.done():
                elapsed = waiting.look()
                if waiting.called_off:
                    return Failure(Reason.CANCELLED)
                if waiting.is_late:
                    return await _last_look(work, provider, ticket, request)
                due = protocol.until_progress(elapsed, self._pause(job))
                done, _ = await asyncio.wait(
                    either, timeout=due, return_when=asyncio.FIRST_COMPLETED
                )
                if not done:
                    progress()
            return work.result()
        finally:
            self._waitings.pop(job.id, None)
            await _drop(work)

    def _pause(self, job: Job) -> float:
        """Seconds between two signs of a job's progress."""
        return max(job.progress_every, len(self._waitings) / SHOWN_PER_SECOND)

    async def _watch(self) -> None:
        """For as long as jobs are waited for: see which of them are over, and note how long each
        has been waited for. A job by itself would ask the database as often."""
        noted = self._monotonic()
        while self._waitings:
            await asyncio.sleep(PULSE)
            waitings = dict(self._waitings)
            for waiting in waitings.values():
                waiting.look()
            with suppress(SQLAlchemyError):  # it is away: that ends no job
                running = await self._history.running(self._executor)
                for job_id in waitings.keys() - running:
                    waitings[job_id].call_off()
                if self._monotonic() - noted >= NOTED_SECONDS:
                    noted = self._monotonic()
                    waited = {job_id: each.seconds for job_id, each in self._waitings.items()}
                    await self._history.note_waited(waited)

    def waited(self, job_id: str) -> float | None:
        """For how many seconds a job has been waited for, if it is being waited for here."""
        waiting = self._waitings.get(job_id)
        return waiting.look() if waiting else None

    def stop(self, job_id: str) -> None:
        """Stop waiting for a job in this process."""
        if waiting := self._waitings.get(job_id):
            waiting.call_off()

    def forget(self, job_id: str) -> None:
        """Keep nothing more about a job in memory: it has ended, or its pictures are stored."""
        self._made.pop(job_id, None)
        self._begun.pop(job_id, None)

    def let_go(self, job_id: str) -> None:
        """Keep nothing in memory of what was made for a job: it is another process's by now."""
        self._made.pop(job_id, None)

    @property
    def vital(self) -> set[str]:
        """The jobs that must not be cut off: a call that is paid for is on its way, or what it
        has brought is not stored yet."""
        return self._paying | self._made.keys()

    @contextmanager
    def _vital(self, job: Job) -> Iterator[None]:
        self._paying.add(job.id)
        try:
            yield
        finally:
            self._paying.discard(job.id)

    async def close(self) -> None:
        """Stop taking pictures, and watching over jobs."""
        await _drop(*self._gathering.values(), *filter(None, [self._watching]))


def _whose(job: Job) -> str:
    """By whom places and bytes are counted."""
    return f"{job.platform}:{job.requester}"


def _instead(job: Job, models: Sequence[Model], *, gone: bool = False) -> dict[str, Any]:
    """What changes about a job when it is made with one of these models, and is said of it.

    ``gone``: the service has just said that there is no such model any more.
    """
    unknown = Predecessor(job.model, job.model_name, ended=False)
    match = catalog.resolve(job.model, models) or Match(models[0], unknown)
    if gone and match.replaced:
        match = replace(match, replaced=replace(match.replaced, ended=True))
    model = match.model
    size = catalog.fit_size(model, job.size)
    ratio = catalog.fit_aspect_ratio(model, job.aspect_ratio)
    notes = _renamed(job.notes, match)
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
        "called": None,
        "notes": tuple(note for n, note in enumerate(notes) if note not in notes[:n]),
    }


def _renamed(notes: Sequence[Note], match: Match) -> list[Note]:
    """The notes of a job, and which model takes the place of the one that was asked for.

    Where another one had taken it before, that is not said any more: it does not make it.
    """
    before = [note for note in notes if note.key in REPLACEMENTS]
    if not match.replaced or not before:
        return [*notes, *match.notes]
    name = match.model.name
    renamed = [
        replace(note, facts={**note.facts, "model": name}) if note in before else note
        for note in notes
    ]
    return [note for note in renamed if note.facts.get("asked") != name]


class Waiting:
    """The seconds that a job is really waited for: earlier processes' ``used``, and ours; and
    whether that has ended, as it was ``called_off`` or has reached its ``limit``.

    They are counted by the monotonic clock, so that no change of the time of day counts, nor does
    the time in which the program is stopped, or its machine asleep.
    """

    def __init__(
        self, used: float, limit: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.seconds = used
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.called_off = False
        self._limit = limit
        self._monotonic = monotonic
        self._last = monotonic()

    def look(self) -> float:
        """The seconds until now; to be asked more often than every :data:`GAP` seconds."""
        now = self._monotonic()
        self.seconds += min(GAP, now - self._last)
        self._last = now
        if self.is_late:
            self._end()
        return self.seconds

    @property
    def is_late(self) -> bool:
        """Whether it has been waited for as long as it may."""
        return self.seconds > self._limit

    def call_off(self) -> None:
        """Nobody wants any more what is waited for."""
        self.called_off = True
        self._end()

    def _end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


async def _outcome(provider: Provider, ticket: Ticket, request: Request) -> Pictures | Failure:
    """How collecting ends. What has a ticket is asked for again when the provider breaks."""
    passing = (Exception,) if ticket.id else ()
    try:
        return await retries.COLLECTING(passing, _collected, provider, ticket, request)
    except Exception as error:
        return Failure(Reason.UNKNOWN, detail=repr(error))


async def _collected(provider: Provider, ticket: Ticket, request: Request) -> Pictures | Failure:
    """The last sign of a provider.

    Raises:
        Exception: the provider broke.
    """
    try:
        async with aclosing(provider.collect(ticket, request)) as signs:
            async for sign in signs:
                if isinstance(sign, Pictures | Failure):
                    return plausible(sign)
    except Exception:
        log.exception("provider broke", job_id=request.key, provider=provider.name)
        raise
    return Failure(Reason.UNUSABLE_ANSWER, detail="the provider ended without pictures")


async def _last_look(
    work: "asyncio.Task[Pictures | Failure]", provider: Provider, ticket: Ticket, request: Request
) -> Pictures | Failure:
    """What is finished at the deadline, if anything is; a call without a ticket cannot be asked."""
    if ticket.id:
        await _drop(work)
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_LOOK_SECONDS):
                return await _outcome(provider, ticket, request)
    return Failure(Reason.TIMEOUT, maybe_paid=True)  # nobody knows what becomes of it


def _paid_in(provider: Provider, call: str) -> bool:
    """Whether that call is paid for; of a plug-in that does not say, each may be."""
    return getattr(provider, "paid_in", call) == call


def _key(job: Job, number: int) -> str:
    """The key under which the attachment of that number is kept."""
    return f"{job.id}:{number}"


async def _drop(*tasks: "asyncio.Task[Any]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
