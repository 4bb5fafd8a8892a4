"""The conversation: a request is accepted, and its workflow goes through the five steps.

The workflow is durable: each line of :meth:`Engine._conversation` is a step whose result is stored,
and a restarted process goes on at the line that it had reached. A step may run again after a crash,
so each is idempotent: a job's row only moves forward, pictures have ids derived from the job, and
showing a message that is shown already does nothing.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from dataclasses import asdict
from functools import wraps
from typing import Any
from weakref import WeakValueDictionary

import structlog

from bot import protocol
from bot.catalog import Model
from bot.database import Database
from bot.delivery import Delivery
from bot.durable import Durable
from bot.eraser import Eraser
from bot.errands import Call, Cancellation, Deletion, Erasure
from bot.failures import MENDABLE, Failure, Reason
from bot.fetching import Fetcher
from bot.gallery import Gallery
from bot.history import Event, History
from bot.job import Job
from bot.outcome import Failed, cost_of, failed, failure_from, plain
from bot.ports import JSON, Accepted, Incoming, Ticket
from bot.reception import Reception
from bot.registry import Providers
from bot.storable import storable
from bot.watching import Watch, Watchers
from bot.workshop import Workshop
from messages import Message, Note, Notice, Picture, Status

log = structlog.get_logger(__name__)


class Engine:
    """Accepts requests, and carries them through the protocol."""

    def __init__(
        self,
        *,
        database: Database,
        providers: Providers,
        reception: Reception,
        history: History,
        gallery: Gallery,
        fetcher: Fetcher,
        durable: Durable,
        link: Callable[[str], str | None] = lambda _image_id: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.delivery = Delivery(history, self.message)
        self._providers = len(providers.order)
        self._workshop = Workshop(
            providers=providers,
            history=history,
            gallery=gallery,
            fetcher=fetcher,
            adapters=self.delivery.adapters,
            clock=clock,
        )
        self._reception = reception
        self.starts_private = reception.starts_private
        self._history = history
        self.gallery = gallery
        self.eraser = Eraser(database, history, gallery, durable, self.delivery)
        self._durable = durable
        self._link = link
        self._clock = clock
        self._began = clock()
        self._watchers = Watchers()
        self._tasks: set[asyncio.Task[None]] = set()
        self._accepting: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def launch(self) -> None:
        """Take up what was interrupted, then work."""
        await self._durable.launch(self._conversation)
        if self._durable.queued:
            await self._take_up()

    async def _take_up(self) -> None:
        """Start what never began, if only to say how it ended; close what ended unsaid."""
        over = await self._history.without_picture(self._clock() - protocol.TOLD_SECONDS)
        jobs = {job.id: job for job in [*await self._history.unfinished(), *over]}
        unstarted, ended = await self._durable.over(list(jobs))
        for job in jobs.values():
            if job.id in unstarted:
                await self._begin(job)
            elif job.id in ended and not job.status.final:
                await self._interrupted(job.id)

    async def give_up(self, before: float) -> None:
        """Close jobs that were asked for before that moment: no job takes this long."""
        for job in await self._history.unfinished():
            if job.created_at < before:
                await self._interrupted(job.id)

    async def _interrupted(self, job_id: str) -> None:
        if await self._end(job_id, Failure(Reason.INTERRUPTED)):
            self._spawn(self._last_word(job_id))

    async def close(self) -> None:
        """Stop; unfinished jobs are taken up at the next launch."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._durable.close()
        await self._workshop.close()

    # What adapters call

    async def receive(self, incoming: Incoming) -> Accepted | Notice | Failure:
        """Accept a request: store it, start it, acknowledge it. Returns within milliseconds."""
        event = Event(*storable((incoming.platform, incoming.event_id)), self._clock())
        match await self._reception.settle(incoming):
            case Job() as job:
                return await self._accept(job)
            case Cancellation(job_id):
                cancelled = await self.cancel(job_id, event=event)
                return Notice("cancelled") if cancelled else Failure(Reason.NOTHING_TO_CANCEL)
            case Deletion(job_id):
                await self.delete(job_id, event)
                return Notice("deleted")
            case Call(job_id):
                await self._history.change(job_id, when=protocol.OPEN, event=event, notify=True)
                self._spawn(self._show(job_id))
                return Notice("notified")
            case Erasure(platform, requester):
                return Notice("forgot_you", {"pictures": await self.erase(platform, requester)})
            case Accepted(job_id) as again:
                known = await self._history.job(job_id)
                if known and not known.status.final:
                    await self._begin(known)
                return again
            case answer:
                return answer

    async def cancel(
        self, job_id: str, why: Reason = Reason.CANCELLED, event: Event | None = None
    ) -> bool:
        """Stop a job, which ``event`` has asked for; ``False`` when nothing was left to stop."""
        if not await self._end(job_id, Failure(why), event):
            return False
        self._workshop.stop(job_id)
        self._spawn(self._last_word(job_id))
        return True

    async def delete(self, job_id: str, event: Event | None = None) -> bool:
        """Remove a job from the history, its pictures for good, and its message where it was."""
        await self.cancel(job_id)
        if deleted := await self.eraser.delete(job_id, event):
            self._watchers.tell(job_id)
            self._spawn(self.eraser.finish([job_id], shown=True))
        return deleted

    async def erase(self, platform: str, requester: str) -> int:
        """Delete everything that is stored about a person; says how many pictures that were."""
        for job in await self._history.unfinished(platform=platform, requester=requester):
            await self.cancel(job.id)
        await self._reception.erase(platform, requester)
        pictures, jobs = await self.eraser.forget(platform, requester)
        self._spawn(self.eraser.finish(jobs))
        return pictures

    async def message(self, job: Job) -> Message:
        """The job's one message, as it should look now."""
        pictures: tuple[Picture, ...] = ()
        if job.status is Status.SUCCEEDED:
            pictures = (await self._history.pictures_of([job.id]))[job.id]
        return protocol.message(
            job,
            now=self._clock(),
            pictures=pictures,
            position=await self._position(job) if job.status is Status.QUEUED else None,
            link=self._link(pictures[0].image_id) if pictures else None,
            models=await self.models(),
        )

    async def locale(self, incoming: Incoming) -> str:
        """The language in which a request is answered, as a BCP 47 tag."""
        return await self._reception.locale(incoming)

    async def models(self) -> tuple[Model, ...]:
        """What the provider in use offers; the first one is the default."""
        return await self._reception.models()

    async def keep_upload(self, platform: str, requester: str, data: bytes) -> Picture | Failure:
        """Check and keep a picture to work from."""
        return await self.gallery.keep_upload(platform, requester, data)

    def watch(self) -> AbstractContextManager[Watch]:
        """Be told of every job that changes in this process."""
        return self._watchers.watch()

    # Accepting

    async def _accept(self, job: Job) -> Accepted | Failure:
        who = (job.platform, job.requester)
        async with self._accepting.setdefault(who, asyncio.Lock()):
            if job.origin and (twin := await self._history.twin(job)):
                return Accepted(twin.id, new=False)
            if len(await self._history.open(*who)) >= protocol.OPEN_PER_PERSON:
                return Failure(Reason.QUEUE_FULL, {"waiting": protocol.WAITING_PER_PERSON})
            new = await self._history.add(job)
        log.info("accepted", job_id=job.id, platform=job.platform, model=job.model)
        if job.attachments:
            self._spawn(self._take_at_once(job))
        self._spawn(self._show(job.id))
        self._spawn(self._begin(job))  # it is stored: a process that starts would begin it
        return Accepted(job.id, new)

    async def _take_at_once(self, job: Job) -> None:
        """Take the bytes now: links of a platform expire while a job waits for its turn."""
        await self._reception.taken(job)
        try:
            await self._workshop.gather(job)
        except Exception as error:  # the conversation tries again, and explains
            log.warning("pictures not taken yet", job_id=job.id, error=repr(error))

    async def _begin(self, job: Job) -> None:
        await self._durable.start(job.id, f"{job.platform}:{job.requester}")

    async def _position(self, job: Job) -> int | None:
        return protocol.position(job.id, await self._history.open(job.platform, job.requester))

    # The protocol

    async def _conversation(self, job_id: str) -> None:
        """The five steps, straight down the page."""
        try:
            await self._step(self._acknowledge, job_id)
            await self._step(self._gather, job_id)
            pictures = await self._make(job_id)
            await self._step(self._succeed, job_id, pictures)
        except Failed as failed:
            await self._step(self._fail, job_id, failed.failure)

    async def _make(self, job_id: str) -> dict[str, Any]:
        """Submit, start, collect; with the next provider when one cannot be had.

        A model that the service does not know any more gives way to its successor. What has a
        ticket is left where it is: it may have been paid for.
        """
        number, mended = 0, set[str]()
        while True:
            ticket: dict[str, Any] = {}
            try:
                ticket = await self._step(self._submit, job_id, number)
                await self._step(self._start, job_id, ticket)
                return await self._step(self._collect, job_id, ticket)
            except Failed as failed:
                failure = failure_from(failed.failure)
                why = failure.reason.value
                if ticket.get("id") or failure.maybe_paid:
                    raise
                if why in MENDABLE and why not in mended:
                    mended.add(why)
                    if (await self._step(self._mend, job_id, why))["mended"]:
                        continue
                if number + 1 == self._providers or not failure.elsewhere:
                    raise
                number, mended = number + 1, set()

    async def _acknowledge(self, job_id: str) -> dict[str, JSON]:
        await self._show(job_id)
        return {}

    async def _gather(self, job_id: str) -> dict[str, JSON]:
        """Take the bytes of the pictures that the person pointed at."""
        job = await self._job(job_id)
        if job.status.final:
            return failed(Failure(Reason.CANCELLED))
        references = await self._workshop.gather(job)
        return failed(references) if isinstance(references, Failure) else {}

    async def _submit(self, job_id: str, number: int) -> dict[str, JSON]:
        """Ask a provider; from its ticket on, nothing is paid twice."""
        if not await self._history.change(job_id, when=protocol.OPEN, status=Status.RUNNING):
            return failed(Failure(Reason.CANCELLED))
        job = await self._job(job_id)
        if number:
            elsewhere = await self._workshop.elsewhere(job, number)
            await self._history.change(job_id, when=(Status.RUNNING,), **elsewhere)
            job = await self._job(job_id)
        ticket = await self._workshop.submit(job)
        if isinstance(ticket, Failure):
            return failed(ticket)
        log.info("submitted", job_id=job_id, provider=job.provider, ticket=ticket.id)
        return plain(ticket)

    async def _mend(self, job_id: str, refused: str) -> dict[str, JSON]:
        """Let a job have what is offered now in the place of what the service calls unknown."""
        changes = await self._workshop.mended(await self._job(job_id), Reason(refused))
        if changes is None:
            return {"mended": False}
        log.info("replaced", job_id=job_id, refused=refused, model=changes["model"])
        await self._history.change(job_id, when=(Status.RUNNING,), **changes)
        return {"mended": True}

    async def _start(self, job_id: str, ticket: dict[str, Any]) -> dict[str, JSON]:
        job = await self._job(job_id)
        await self._history.change(
            job_id,
            when=(Status.RUNNING,),
            started_at=job.started_at or self._clock(),
            seconds=tuple(ticket["seconds"] or job.seconds),
            cost=cost_of(ticket["cost"]),
        )
        await self._show(job_id)
        return {}

    async def _collect(self, job_id: str, ticket: dict[str, Any]) -> dict[str, JSON]:
        """Wait for the pictures, showing progress meanwhile, and keep them."""
        job = await self._job(job_id)
        receipt = Ticket(**(ticket | {"cost": cost_of(ticket["cost"])}))
        made = await self._workshop.collect(job, receipt, lambda: self._spawn(self._show(job_id)))
        if isinstance(made, Failure):
            return failed(made)
        cost = made.cost or job.cost
        kept = await self.gallery.keep_made(job, made.items, cost=cost)
        if isinstance(kept, Failure):
            return failed(kept)
        return {
            "pictures": [picture.image_id for picture in kept],
            "finished_at": self._clock(),
            "cost": asdict(cost) if cost else None,
            "notes": [plain(note) for note in made.notes],
        }

    async def _succeed(self, job_id: str, made: dict[str, Any]) -> dict[str, JSON]:
        job = await self._job(job_id)
        succeeded = await self._history.change(
            job_id,
            when=(Status.RUNNING,),
            status=Status.SUCCEEDED,
            finished_at=made["finished_at"],
            cost=cost_of(made["cost"]),
            notes=(*job.notes, *(Note(**note) for note in made["notes"])),
        )
        if succeeded:
            log.info("succeeded", job_id=job_id)
        elif (await self._job(job_id)).status is not Status.SUCCEEDED:  # cancelled meanwhile
            await self.gallery.remove(made["pictures"])
        await self._last_word(job_id)
        return {}

    async def _fail(self, job_id: str, failure: dict[str, Any]) -> dict[str, JSON]:
        await self._end(job_id, failure_from(failure))
        await self._last_word(job_id)
        return {}

    # What the steps are made of

    async def _step(
        self, function: Callable[..., Coroutine[Any, Any, dict[str, JSON]]], *args: Any
    ) -> dict[str, Any]:
        """Run one durable step; a failure it returns ends the conversation."""

        @wraps(function)
        async def guarded(*args: Any) -> dict[str, JSON]:
            try:
                return await function(*args)
            except Exception as error:
                log.exception("step broke", step=function.__name__, job_id=args[0])
                return failed(Failure(Reason.UNKNOWN, detail=repr(error)))

        result: dict[str, Any] = await self._durable.step(guarded, *args)
        if "failure" in result and function != self._fail:
            raise Failed(result["failure"])
        return result

    async def _job(self, job_id: str) -> Job:
        job = await self._history.job(job_id)
        if job is None:
            raise LookupError(f"{job_id} is not in the history")
        return job

    async def _end(self, job_id: str, failure: Failure, event: Event | None = None) -> bool:
        """Close a job without a picture; ``False`` if it was closed already."""
        ended = await self._history.change(
            job_id,
            when=protocol.OPEN,
            event=event,
            status=Status.CANCELLED if failure.reason is Reason.CANCELLED else Status.FAILED,
            finished_at=self._clock(),
            problem=failure.problem,
        )
        if ended:
            log.info("ended", job_id=job_id, reason=failure.reason.value, detail=failure.detail)
        return ended

    async def _show(self, job_id: str) -> None:
        self._watchers.tell(job_id)
        await self.delivery.try_to(job_id)

    async def _last_word(self, job_id: str) -> None:
        """Show how a job ended, and move up whoever waits behind it."""
        self._watchers.tell(job_id)
        job = await self._job(job_id)
        if job.created_at < self._began:  # what an earlier program sent last must not cover it
            await asyncio.sleep(self._began + protocol.LATE_SECONDS - self._clock())
        await self.delivery.insist(job_id)
        for other in await self._history.open(job.platform, job.requester, Status.QUEUED):
            self._spawn(self._show(other))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
