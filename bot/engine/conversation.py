"""The conversation: a job's workflow goes through the five steps.

The workflow is durable. What must not be repeated is a durable step, whose result is stored: what a
provider was asked, and the ticket that it gave. After a crash the other lines of
:meth:`Conversation.hold` run again, up to the one that was reached, and a step may, too; so each is
idempotent: a job's row only moves forward, pictures have ids derived from the job and are what was
collected, and showing a message that is shown already does nothing.

What is raised in a step is ours, such as a database or a store that is away: the step is tried
again. Only what a provider or the request is to blame for comes as a
:class:`bot.domain.failures.Failure`, and ends the job.
"""

import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import wraps
from typing import Any, TypeVar

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

_T = TypeVar("_T")

PARTLY = "partly_done"
"""The note on a job that has fewer pictures than were asked for."""


class Conversation:
    """Carries jobs through the protocol.

    ``show`` shows a job whose row has just been read, ``progress`` shows it as it stands without
    being waited for, and ``say`` shows how it ended until that has arrived. ``chain`` are the
    providers of jobs that name none. ``executor`` is this process: a job's row is changed only
    while no other has taken it over.
    """

    def __init__(
        self,
        *,
        generator: Generator,
        history: JobStore,
        library: Library,
        workflows: Workflows,
        chain: Sequence[str],
        executor: str,
        show: Callable[[Job], Awaitable[None]],
        progress: Callable[[str], object],
        say: Callable[[str, Job | None], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._generator = generator
        self._history = history
        self._library = library
        self._workflows = workflows
        self._chain = chain
        self._executor = executor
        self._show = show
        self._progress = progress
        self._say = say
        self._clock = clock
        self._kept: set[str] = set()
        self._expected: dict[str, Job] = {}

    def expect(self, job: Job) -> None:
        """A job's workflow is about to be started; ``job`` is its row as it stands. If it begins at
        once, that need not be read again."""
        self._expected[job.id] = job

    def expect_no_more(self, job_id: str) -> None:
        """It has to wait."""
        self._expected.pop(job_id, None)

    @property
    def vital(self) -> set[str]:
        """The jobs that must not be cut off: what was paid for would be lost, or its result
        would come only after the next start."""
        return self._generator.vital | self._kept

    async def hold(self, job_id: str) -> None:
        """The five steps, straight down the page."""
        job = await self._own(job_id)
        try:
            await self._line(self._acknowledge, job)
            job = await self._line(self._gather, job)
            job, made = await self._make(job)
            await self._line(self._succeed, job, made)
        except Failed as failed:
            with suppress(Failed):  # the supervisor closes what cannot be closed now
                await self._line(self._fail, job, failed.failure)
        except Exception:  # the workflow was cancelled, or is another's by now
            self._generator.let_go(job_id)
            raise
        finally:
            self._kept.discard(job_id)
        self._generator.forget(job_id)  # not when it was cut off: it may go on in this process

    async def _own(self, job_id: str) -> Job:
        """Take a job over from the process that has accepted it, or worked on it before; not from
        one that has taken over its workflow meanwhile."""
        job = self._expected.pop(job_id, None)
        if job is None or not self._workflows.is_new(job_id):
            passing = outage.passing(protocol.SHORTEST_DEADLINE)
            job = await retries.OUTAGE(passing, self._job, job_id)
        if job.executor == self._executor:
            return job
        taking = self._history.taking(job_id, self._executor)
        return await self._workflows.owned(job_id, taking) or job

    async def _make(self, job: Job) -> tuple[Job, dict[str, Any]]:
        """Submit, start, collect; with the next provider when one cannot be had.

        A model that the service does not know any more gives way to its successor. What has a
        ticket is left where it is: it may have been paid for.
        """
        chain = job.chain or self._chain
        number, mended = 0, set[str]()
        while True:
            module = chain[number]
            ticket: dict[str, Any] = {}
            try:
                first = not (number or mended)
                ticket = await self._step(self._submit, job, module, first)
                job = await self._line(self._start, job.id, ticket)
                return job, await self._line(self._collect, job, module, ticket)
            except Failed as failed:
                failure = failure_from(failed.failure)
                why = failure.reason.value
                if ticket.get("id") or failure.maybe_paid:
                    raise
                if why in MENDABLE and why not in mended:
                    mended.add(why)
                    if (await self._step(self._mend, job, module, why))["mended"]:
                        continue
                if number + 1 == len(chain) or not failure.elsewhere:
                    raise
                number, mended = number + 1, set()

    async def _acknowledge(self, job: Job) -> None:
        if job.status is Status.QUEUED:
            await self._show(job)

    async def _gather(self, job: Job) -> Job:
        """Take the bytes of the pictures that the person pointed at; what runs has them."""
        if job.attachments:
            job = await self._job(job.id)  # they may have been taken meanwhile
        if job.status.final:
            if not job.references:
                await self._generator.leave(job)
            raise Failed(plain(Failure(Reason.CANCELLED)))
        if job.status is Status.QUEUED:
            references = await self._generator.gather(job)
            if isinstance(references, Failure):
                raise Failed(plain(references))
            job = replace(job, references=tuple(references))
        return job

    async def _submit(self, job: Job, module: str, first: bool) -> dict[str, JSON]:
        """Ask a provider; from its ticket on, nothing is paid twice."""
        if not first:
            job = await self._job(job.id)
            if changes := await self._generator.elsewhere(job, module):
                own = self._executor
                changed = await self._history.change(
                    job.id, when=protocol.OPEN, owner=own, **changes
                )
                job = changed or job
        ticket = await self._generator.submit(job, module)
        if isinstance(ticket, Failure):
            return failed(ticket)
        log.info("submitted", job_id=job.id, provider=job.provider, ticket=ticket.id)
        return plain(replace(ticket, seconds=ticket.seconds or job.seconds))

    async def _mend(self, job: Job, module: str, refused: str) -> dict[str, JSON]:
        """Let a job have what is offered now in the place of what the service calls unknown."""
        job = await self._job(job.id)
        changes = await self._generator.mended(job, module, Reason(refused))
        if changes is None:
            return {"mended": False}
        log.info("replaced", job_id=job.id, refused=refused, model=changes["model"])
        own = self._executor
        await self._history.change(job.id, when=(Status.RUNNING,), owner=own, **changes)
        return {"mended": True}

    async def _start(self, job_id: str, ticket: dict[str, Any]) -> Job:
        changes: dict[str, Any] = {"started_at": self._clock(), "cost": cost_of(ticket["cost"])}
        if ticket["seconds"]:
            changes["seconds"] = tuple(ticket["seconds"])
        job = await self._history.change(
            job_id, when=(Status.RUNNING,), owner=self._executor, **changes
        ) or await self._job(job_id)
        await self._show(job)
        return job

    async def _collect(self, job: Job, module: str, ticket: dict[str, Any]) -> dict[str, Any]:
        """Wait for the pictures, showing progress meanwhile, and keep them."""
        job_id = job.id
        receipt = Ticket(**(ticket | {"cost": cost_of(ticket["cost"])}))
        stored: Sequence[StoredPicture] = ()
        if job.called is not None and not receipt.id:  # it cannot be collected again
            stored = await self._library.stored(job, job.count)
        with self._generator.arriving(job):
            made = (
                Pictures((), job.cost)
                if stored
                else await self._generator.collect(
                    job, module, receipt, lambda: self._progress(job_id)
                )
            )
            if isinstance(made, Failure):
                raise Failed(plain(made))
            cost = made.cost or job.cost
            again = not self._workflows.is_new(job_id)
            kept = await self._library.keep_made(job, made.items, cost=cost, again=again)
            self._kept.add(job_id)  # until it is over: its pictures were paid for
            self._generator.forget(job_id)
        if isinstance(kept, Failure):
            raise Failed(plain(kept))
        notes = made.notes
        if len(kept) < (job.count if stored else len(made.items)):
            facts = {"done": len(kept), "count": job.count}
            notes = (*(note for note in notes if note.key != PARTLY), Note(PARTLY, facts))
        return {
            "pictures": [picture.image_id for picture in kept],
            "finished_at": self._clock(),
            "cost": cost,
            "notes": notes,
        }

    async def _succeed(self, job: Job, made: dict[str, Any]) -> None:
        succeeded = await self._history.change(
            job.id,
            when=(Status.RUNNING,),
            owner=self._executor,
            status=Status.SUCCEEDED,
            finished_at=made["finished_at"],
            cost=made["cost"],
            notes=(*job.notes, *made["notes"]),
        )
        if succeeded:
            log.info("succeeded", job_id=job.id)
        elif (now := (await self._job(job.id)).status).final and now is not Status.SUCCEEDED:
            await self._library.remove(made["pictures"])  # it was cancelled meanwhile
        self._say(job.id, succeeded)

    async def _fail(self, job: Job, failure: dict[str, Any]) -> None:
        await self.end(job.id, failure_from(failure), owner=self._executor)
        job = await self._job(job.id)
        if job.status.final and job.status is not Status.SUCCEEDED:
            await self._library.discard(job)
        self._say(job.id, None)

    # What the steps are made of

    async def _line(self, function: Callable[..., Coroutine[Any, Any, _T]], *args: Any) -> _T:
        """Run a line that runs again after a crash; ``Failed`` ends the conversation."""

        @wraps(function)
        async def insisting(*args: Any) -> _T:
            passing = outage.passing(protocol.SHORTEST_DEADLINE, final=(Failed,))
            try:
                returned: _T = await retries.OUTAGE(passing, function, *args)
            except Failed:
                raise
            except Exception as error:
                raise Failed(self._broken(function, error, *args)["failure"]) from error
            return returned

        return await self._workflows.line(insisting, *args)

    async def _step(
        self, function: Callable[..., Coroutine[Any, Any, dict[str, JSON]]], *args: Any
    ) -> dict[str, Any]:
        """Run a durable step; a failure it returns ends the conversation."""
        job_id: str = args[0].id

        @wraps(function)
        async def insisting(*args: Any) -> dict[str, JSON]:
            passing = outage.passing(protocol.SHORTEST_DEADLINE)
            try:
                returned: dict[str, JSON] = await retries.OUTAGE(passing, function, *args)
            except Exception as error:
                return self._broken(function, error, *args)
            if function != self._mend:
                self._kept.add(job_id)  # until it is stored what was paid for
            return returned

        result: dict[str, Any] = await self._workflows.step(insisting, *args)
        self._kept.discard(job_id)
        if "failure" in result:
            raise Failed(result["failure"])
        return result

    @staticmethod
    def _broken(function: Callable[..., Any], error: Exception, *args: Any) -> dict[str, Any]:
        job_id = args[0].id if isinstance(args[0], Job) else args[0]
        log.error("step broke", step=function.__name__, job_id=job_id, exc_info=error)
        return failed(Failure(Reason.UNKNOWN, detail=repr(error)))

    async def _job(self, job_id: str) -> Job:
        job = await self._history.job(job_id)
        if job is None:
            raise LookupError(f"{job_id} is not in the history")
        return job

    async def end(
        self,
        job_id: str,
        failure: Failure,
        event: SeenEvent | None = None,
        owner: str | None = None,
    ) -> bool:
        """Close a job without a picture, and have this process tell of it.

        Returns:
            ``False`` if it was closed already, or has another ``owner``.
        """
        ended = await self._history.change(
            job_id,
            when=protocol.OPEN,
            owner=owner,
            event=event,
            executor=self._executor,
            status=Status.CANCELLED if failure.reason is Reason.CANCELLED else Status.FAILED,
            finished_at=self._clock(),
            problem=failure.problem,
        )
        if ended:
            log.info("ended", job_id=job_id, reason=failure.reason.value, detail=failure.detail)
        return ended is not None
