"""The conversation: a job's workflow goes through the five steps.

The workflow is durable: each line of :meth:`Conversation.hold` is a step whose result is stored,
and a restarted process goes on at the line that it had reached. A step may run again after a crash,
so each is idempotent: a job's row only moves forward, pictures have ids derived from the job, and
showing a message that is shown already does nothing.

What is raised in a step is ours, such as a database or a store that is away: the step is tried
again. Only what a provider or the request is to blame for comes as a
:class:`bot.domain.failures.Failure`, and ends the job.
"""

import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import asdict
from functools import wraps
from typing import Any

import structlog

from bot.domain import protocol
from bot.domain.failures import MENDABLE, Failure, Reason
from bot.domain.generation import Pictures, Ticket
from bot.domain.jobs import Job
from bot.domain.pictures import StoredPicture
from bot.domain.requests import JSON
from bot.engine.generation import Generator
from bot.engine.outcome import Failed, cost_of, failed, failure_from, plain
from bot.images.library import Library
from bot.runtime import outage, retries
from bot.runtime.workflows import Workflows
from bot.storage.jobs import JobStore, SeenEvent
from messages import Note, Status

log = structlog.get_logger(__name__)

PARTLY = "partly_done"
"""The note on a job that has fewer pictures than were asked for."""


class Conversation:
    """Carries jobs through the protocol.

    ``show`` shows a job as it stands, ``progress`` does so without being waited for, and ``say``
    shows how it ended until that has arrived. ``chain`` are the providers of jobs that name none.
    """

    def __init__(
        self,
        *,
        generator: Generator,
        history: JobStore,
        library: Library,
        workflows: Workflows,
        chain: Sequence[str],
        show: Callable[[str], Awaitable[None]],
        progress: Callable[[str], object],
        say: Callable[[str], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._generator = generator
        self._history = history
        self._library = library
        self._workflows = workflows
        self._chain = chain
        self._show = show
        self._progress = progress
        self._say = say
        self._clock = clock
        self._kept: set[str] = set()

    @property
    def vital(self) -> set[str]:
        """The jobs that must not be cut off: what was paid for would be lost, or its result
        would come only after the next start."""
        return self._generator.vital | self._kept

    async def hold(self, job_id: str) -> None:
        """The five steps, straight down the page."""
        try:
            await self._step(self._acknowledge, job_id)
            taken = await self._step(self._gather, job_id)
            pictures = await self._make(job_id, taken.get("chain") or self._chain)
            await self._step(self._succeed, job_id, pictures)
        except Failed as failed:
            await self._step(self._fail, job_id, failed.failure)
        finally:
            self._kept.discard(job_id)
        self._generator.forget(job_id)  # not when it was cut off: it may go on in this process

    async def _make(self, job_id: str, chain: Sequence[str]) -> dict[str, Any]:
        """Submit, start, collect; with the next provider when one cannot be had.

        A model that the service does not know any more gives way to its successor. What has a
        ticket is left where it is: it may have been paid for.
        """
        number, mended = 0, set[str]()
        while True:
            module = chain[number]
            ticket: dict[str, Any] = {}
            try:
                ticket = await self._step(self._submit, job_id, module, number > 0)
                await self._step(self._start, job_id, ticket)
                return await self._step(self._collect, job_id, module, ticket)
            except Failed as failed:
                failure = failure_from(failed.failure)
                why = failure.reason.value
                if ticket.get("id") or failure.maybe_paid:
                    raise
                if why in MENDABLE and why not in mended:
                    mended.add(why)
                    if (await self._step(self._mend, job_id, module, why))["mended"]:
                        continue
                if number + 1 == len(chain) or not failure.elsewhere:
                    raise
                number, mended = number + 1, set()

    async def _acknowledge(self, job_id: str) -> dict[str, JSON]:
        await self._show(job_id)
        return {}

    async def _gather(self, job_id: str) -> dict[str, JSON]:
        """Take the bytes of the pictures that the person pointed at."""
        job = await self._job(job_id)
        if job.status.final:
            if not job.references:
                await self._generator.leave(job)
            return failed(Failure(Reason.CANCELLED))
        references = await self._generator.gather(job)
        return failed(references) if isinstance(references, Failure) else {"chain": [*job.chain]}

    async def _submit(self, job_id: str, module: str, elsewhere: bool) -> dict[str, JSON]:
        """Ask a provider; from its ticket on, nothing is paid twice."""
        if not await self._history.change(job_id, when=protocol.OPEN, status=Status.RUNNING):
            return failed(Failure(Reason.CANCELLED))
        job = await self._job(job_id)
        if elsewhere and (changes := await self._generator.elsewhere(job, module)):
            await self._history.change(job_id, when=(Status.RUNNING,), **changes)
            job = await self._job(job_id)
        ticket = await self._generator.submit(job, module)
        if isinstance(ticket, Failure):
            return failed(ticket)
        log.info("submitted", job_id=job_id, provider=job.provider, ticket=ticket.id)
        return plain(ticket)

    async def _mend(self, job_id: str, module: str, refused: str) -> dict[str, JSON]:
        """Let a job have what is offered now in the place of what the service calls unknown."""
        job = await self._job(job_id)
        changes = await self._generator.mended(job, module, Reason(refused))
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

    async def _collect(self, job_id: str, module: str, ticket: dict[str, Any]) -> dict[str, JSON]:
        """Wait for the pictures, showing progress meanwhile, and keep them."""
        job = await self._job(job_id)
        receipt = Ticket(**(ticket | {"cost": cost_of(ticket["cost"])}))
        stored: Sequence[StoredPicture] = ()
        if job.called is not None and not receipt.id:  # it cannot be collected again
            stored = await self._library.stored(job, job.count)
        made = (
            Pictures((), job.cost)
            if stored
            else await self._generator.collect(job, module, receipt, lambda: self._progress(job_id))
        )
        if isinstance(made, Failure):
            return failed(made)
        cost = made.cost or job.cost
        kept = await self._library.keep_made(job, made.items, cost=cost)
        self._generator.forget(job_id)
        if isinstance(kept, Failure):
            return failed(kept)
        notes = made.notes
        if len(kept) < (job.count if stored else len(made.items)):
            facts = {"done": len(kept), "count": job.count}
            notes = (*(note for note in notes if note.key != PARTLY), Note(PARTLY, facts))
        return {
            "pictures": [picture.image_id for picture in kept],
            "finished_at": self._clock(),
            "cost": asdict(cost) if cost else None,
            "notes": [plain(note) for note in notes],
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
            await self._library.remove(made["pictures"])
        self._say(job_id)
        return {}

    async def _fail(self, job_id: str, failure: dict[str, Any]) -> dict[str, JSON]:
        await self.end(job_id, failure_from(failure))
        job = await self._job(job_id)
        if job.status is not Status.SUCCEEDED:
            await self._library.discard(job)
        self._say(job_id)
        return {}

    # What the steps are made of

    async def _step(
        self, function: Callable[..., Coroutine[Any, Any, dict[str, JSON]]], *args: Any
    ) -> dict[str, Any]:
        """Run one durable step; a failure it returns ends the conversation."""
        job_id: str = args[0]

        @wraps(function)
        async def insisting(*args: Any) -> dict[str, JSON]:
            passing = outage.passing(protocol.SHORTEST_DEADLINE)
            try:
                returned: dict[str, JSON] = await retries.OUTAGE(passing, function, *args)
            except Exception as error:
                log.exception("step broke", step=function.__name__, job_id=job_id)
                return failed(Failure(Reason.UNKNOWN, detail=repr(error)))
            if function in (self._submit, self._collect):
                self._kept.add(job_id)  # until it is stored what was paid for
            return returned

        result: dict[str, Any] = await self._workflows.step(insisting, *args)
        if function != self._collect:
            self._kept.discard(job_id)
        if "failure" in result and function != self._fail:
            raise Failed(result["failure"])
        return result

    async def _job(self, job_id: str) -> Job:
        job = await self._history.job(job_id)
        if job is None:
            raise LookupError(f"{job_id} is not in the history")
        return job

    async def end(self, job_id: str, failure: Failure, event: SeenEvent | None = None) -> bool:
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
