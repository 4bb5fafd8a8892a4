"""What adapters call: a request is accepted, and started; a job is stopped, deleted, shown."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import structlog

from bot.domain import protocol
from bot.domain.catalog import Model
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import Job
from bot.domain.questions import answering
from bot.domain.requests import Accepted, Incoming
from bot.domain.storable import storable
from bot.engine.commands import (
    Cancellation,
    Cancellations,
    Deletion,
    Deletions,
    Erasure,
    Ping,
    QuestionAnswer,
    Redelivery,
)
from bot.engine.conversation import Conversation
from bot.engine.deletion import Eraser
from bot.engine.delivery import ROUND_SECONDS, Delivery
from bot.engine.generation import Generator
from bot.engine.intake import Intake, Settled
from bot.engine.lineage import made_from
from bot.engine.subscriptions import Subscription, Subscriptions
from bot.engine.supervisor import LOOK_SECONDS, SETTLING_SECONDS, Supervisor
from bot.engine.takeover import Takeover
from bot.images.downloads import Downloader
from bot.images.library import Library
from bot.runtime.plugins import Providers
from bot.runtime.workflows import Workflows
from bot.storage.database import Database
from bot.storage.executors import ExecutorStore
from bot.storage.inbox import InboxStore
from bot.storage.jobs import JobStore, SeenEvent
from bot.storage.ownership import Ownership
from messages import Message, Notice, Picture, Status
from messages.texts import ANSWERS

log = structlog.get_logger(__name__)

SHOWING_SECONDS = 5.0
"""So long anything else waits for a platform that shows something."""

LEAVING_SECONDS = 3.0
"""So long a program that stops waits for its database to say so to the others."""

LAST_WORDS_SECONDS = 5.0
"""So long a program that stops waits for a platform to show how jobs have ended."""


class Engine:
    """Accepts requests, and carries them through the protocol."""

    def __init__(
        self,
        *,
        database: Database,
        providers: Providers,
        intake: Intake,
        history: JobStore,
        library: Library,
        downloader: Downloader,
        workflows: Workflows,
        executors: ExecutorStore,
        ownership: Ownership,
        inbox: InboxStore,
        link: Callable[[str], Awaitable[str | None]],
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        pay_again: bool = False,
    ) -> None:
        self.delivery = Delivery(history, ownership, self.message)
        self._executor = ownership.executor
        self._chain = providers.order
        self._generator = Generator(
            providers=providers,
            history=history,
            library=library,
            downloader=downloader,
            adapters=self.delivery.adapters,
            executor=ownership.executor,
            pay_again=pay_again,
            monotonic=monotonic,
        )
        self._conversation = Conversation(
            generator=self._generator,
            history=history,
            library=library,
            workflows=workflows,
            executor=ownership.executor,
            chain=providers.order,
            show=self._show_soon,
            progress=lambda job_id: self._spawn(self._show(job_id)),
            say=self._say,
            clock=clock,
        )
        self._supervisor = Supervisor(
            history,
            workflows,
            begin=self._begin,
            interrupt=self._interrupt,
            clock=clock,
            monotonic=monotonic,
        )
        self._takeover = Takeover(
            database,
            executors,
            ownership,
            inbox,
            history,
            workflows,
            begin=self._begin,
            say=self._say,
            clock=clock,
            monotonic=monotonic,
        )
        self._intake = intake
        self._history = history
        self.library = library
        self.eraser = Eraser(database, history, library, workflows, self.delivery)
        self._workflows = workflows
        self._link = link
        self._clock = clock
        self._monotonic = monotonic
        self._began = monotonic()
        self._earlier: set[str] = set()
        self._subscriptions = Subscriptions()
        self._tasks: set[asyncio.Task[None]] = set()
        self._last_words: set[asyncio.Task[None]] = set()

    async def launch(self) -> None:
        """Take up what was interrupted, then work."""
        self._earlier = set(await self._history.unended())
        await self._workflows.launch(self._conversation.hold)
        if not self._workflows.queued:
            await self._supervisor.close_abandoned()
            return
        await self._takeover.join()
        await self._supervisor.settle()
        for platform in self.delivery.adapters:
            for job in await self._history.untold(platform, self._executor):
                self._earlier.add(job.id)
                self._say(job.id)
            self._spawn(self._tell_late(platform))

    async def supervise(self) -> None:
        """Look once a minute after what nobody works on; never returns."""
        await asyncio.sleep(SETTLING_SECONDS)
        while True:
            try:
                await self._takeover.survey()
                await self._supervisor.look()
            except Exception as error:
                log.warning("not looked after", error=repr(error))
            await asyncio.sleep(LOOK_SECONDS)

    async def take_over(self) -> None:
        """Look after the other processes; never returns.

        Raises:
            AlreadyRunning: another process has taken this one's name.
        """
        await self._takeover.run()

    async def _interrupt(self, job_id: str) -> None:
        if await self._conversation.end(job_id, Failure(Reason.INTERRUPTED)):
            self._say(job_id)
        await self._workflows.cancel(job_id)

    async def _tell_late(self, platform: str) -> None:
        while True:
            await asyncio.sleep(ROUND_SECONDS)
            try:
                await self.delivery.late(platform, self._clock(), self._monotonic())
            except Exception as error:
                log.warning("late messages wait", platform=platform, error=repr(error))

    async def drain(self, seconds: float) -> None:
        """Begin nothing new, and let calls that are paid for end, for at most ``seconds``."""
        if vital := self._conversation.vital:
            log.info("waiting for paid calls", calls=len(vital), at_most_seconds=seconds)
        await self._workflows.drain(lambda: self._conversation.vital, seconds)

    async def close(self) -> None:
        """Stop; unfinished jobs are taken up at the next launch."""
        await self.drain(0)
        if self._last_words:
            await asyncio.wait(self._last_words, timeout=LAST_WORDS_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._leave()
        await self._workflows.close()
        await self._generator.close()

    async def _leave(self) -> None:
        """Tell the others that they need not wait for this process to come back."""
        if self._workflows.queued:
            try:
                async with asyncio.timeout(LEAVING_SECONDS):
                    await self._takeover.leave()
            except Exception as error:  # they find that out
                log.warning("not left", error=repr(error))

    # What adapters call

    async def receive(self, incoming: Incoming) -> Accepted | Notice | Failure:
        """Accept a request: store it, start it, acknowledge it. Returns within milliseconds."""
        event = SeenEvent(*storable((incoming.platform, incoming.event_id)), self._clock())
        return await self._do(await self._intake.settle(incoming), event)

    async def _do(self, settled: Settled, event: SeenEvent) -> Accepted | Notice | Failure:
        """Do what a request has turned out to be."""
        match settled:
            case Job() as job:
                return await self._accept(job)
            case Cancellation(job_id):
                cancelled = await self.cancel(job_id, event=event)
                return Notice("cancelled") if cancelled else Failure(Reason.NOTHING_TO_CANCEL)
            case Deletion(job_id, image_ids) if image_ids:
                await self.delete_pictures(job_id, image_ids)
                await self._history.remember(*event)
                return Notice("deleted")
            case Deletion(job_id):
                await self.delete(job_id, event)
                return Notice("deleted")
            case Cancellations(job_ids):
                for each in job_ids:
                    await self.cancel(each, event=event)
                return Notice("cancelled_all", {"count": len(job_ids)})
            case Deletions(job_ids):
                for each in job_ids:
                    await self.delete(each, event)
                return Notice("deleted_all", {"count": len(job_ids)})
            case Ping(job_id):
                await self._history.change(job_id, when=protocol.OPEN, event=event, notify=True)
                self._spawn(self._show(job_id))
                return Notice("notified")
            case Redelivery(job_id):
                await self._history.change(job_id, event=event, shown=None, untold=True)
                self._say(job_id)
                return Notice("resent")
            case Erasure(platform, requester):
                deleted = {"pictures": await self.erase(platform, requester)}
                return Notice("forgot_you", deleted, answers=ANSWERS["delete_all"])
            case Accepted(job_id) as again:
                known = await self._history.job(job_id)
                if known and not known.status.final:
                    self._spawn(self._begin(known))
                return again
            case QuestionAnswer(question, choice, wanted):
                done = await self._do(wanted, event)
                if isinstance(done, Failure):  # it can be answered again
                    return done
                await self._history.remember(event.platform, answering(question), event.at)
                return replace(done, answers=choice)
            case answer:
                return answer

    async def cancel(
        self, job_id: str, why: Reason = Reason.CANCELLED, event: SeenEvent | None = None
    ) -> bool:
        """Stop a job, which ``event`` has asked for; ``False`` when nothing was left to stop."""
        if not await self._conversation.end(job_id, Failure(why), event):
            return False
        self._generator.stop(job_id)
        self._say(job_id)
        self._spawn(self._workflows.cancel(job_id))
        return True

    async def delete(self, job_id: str, event: SeenEvent | None = None) -> bool:
        """Remove a job from the history, its pictures for good, and its message where it was."""
        await self.cancel(job_id)
        if deleted := await self.eraser.delete(job_id, event):
            self._subscriptions.tell(job_id)
            self._spawn(self.eraser.finish([job_id], shown=True))
        return deleted

    async def delete_pictures(self, job_id: str, image_ids: Sequence[str]) -> None:
        """Remove some of the pictures of a job that is over, and show what is left of it."""
        await self.library.remove(image_ids)
        self._spawn(self._show(job_id))

    async def erase(self, platform: str, requester: str) -> int:
        """Delete everything that is stored about a person; says how many pictures that were."""
        running = await self._history.unfinished(platform=platform, requester=requester)
        for job in running:
            await self.cancel(job.id)
        shown = [self._spawn(self.delivery.show(job.id)) for job in running]
        if shown:  # afterwards nobody knows where their messages are
            await asyncio.wait(shown, timeout=SHOWING_SECONDS)
        await self._intake.erase(platform, requester)
        pictures, jobs = await self.eraser.forget(platform, requester)
        self._spawn(self.eraser.finish(jobs))
        return pictures

    async def message(self, job: Job) -> Message:
        """The job's one message, as it should look now."""
        pictures: tuple[Picture, ...] = ()
        if job.status is Status.SUCCEEDED:
            pictures = (await self._history.pictures_of([job.id]))[job.id]
        waited = self._generator.waited(job.id) if job.started_at is not None else None
        now = self._clock() if waited is None else (job.started_at or 0.0) + waited
        waiting = await self._waiting(job) if job.status is Status.QUEUED else {}
        return protocol.message(
            job,
            now=now,
            pictures=pictures,
            link=await self._link(pictures[0].image_id) if pictures else None,
            models=await self.models(),
            most=self._intake.max_images,
            made_from=await made_from(self._history, job) if pictures else None,
            **waiting,
        )

    async def models(self) -> tuple[Model, ...]:
        """What the provider in use offers; the first one is the default."""
        return await self._intake.models()

    async def keep_upload(self, platform: str, requester: str, data: bytes) -> Picture | Failure:
        """Check and keep a picture to work from."""
        return await self.library.keep_upload(platform, requester, data)

    def watch(self) -> AbstractContextManager[Subscription]:
        """Be told of every job that changes in this process."""
        return self._subscriptions.watch()

    # Accepting

    async def _accept(self, job: Job) -> Accepted | Failure:
        job = replace(job, chain=self._chain, executor=self._executor)
        match await self._history.admit(job):
            case str() as twin:
                return Accepted(twin, new=False)
            case None:
                return Failure(Reason.QUEUE_FULL, {"waiting": protocol.WAITING_PER_PERSON})
            case new:
                pass
        if job.status.final:  # it waits to be confirmed
            self._say(job.id)
            return Accepted(job.id, new)
        log.info("accepted", job_id=job.id, platform=job.platform, model=job.model)
        if job.attachments:
            self._spawn(self._take_at_once(job))
        self._spawn(self._begin(job))  # it is stored: a process that starts would begin it
        return Accepted(job.id, new)

    async def _take_at_once(self, job: Job) -> None:
        """Take the bytes now: links of a platform expire while a job waits for its turn."""
        await self._intake.taken(job)
        try:
            await self._generator.gather(job)
        except Exception as error:  # the conversation tries again, and explains
            log.warning("pictures not taken yet", job_id=job.id, error=repr(error))

    async def _begin(self, job: Job) -> None:
        """Start a job's conversation; where it has to wait for its turn, or for the picture that it
        changes, that is shown."""
        parent = await self._awaited(job)
        if parent is not None and not parent.status.final:  # its end begins what follows
            await self._show(job.id)
            return
        if parent is not None:
            if await self._conversation.end(job.id, Failure(Reason.NOTHING_TO_CHANGE)):
                self._say(job.id)
            return
        self._conversation.expect(job)
        begun = False
        try:
            begun = await self._workflows.start(job.id, f"{job.platform}:{job.requester}")
        finally:
            if not begun:
                self._conversation.expect_no_more(job.id)
        if not begun:
            await self._show(job.id)

    async def _awaited(self, job: Job) -> Job | None:
        """The job whose picture a job of the same person waits for, or would have been made
        from."""
        if job.parent is None or job.status is not Status.QUEUED:
            return None
        parent = await self._history.job(job.parent.job_id)
        if parent is None or parent.status is Status.SUCCEEDED:
            return None
        return parent if parent.requester == job.requester else None

    async def _begin_following(self, job_id: str) -> None:
        """Begin what waits for the picture of a job that has ended.

        What is stored by now is found here; what is stored later finds that the job has ended.
        """
        for job in await self._history.following(job_id):
            await self._begin(job)

    async def _waiting(self, job: Job) -> dict[str, Any]:
        """What a job waits for that has not begun, as it is told."""
        if self._workflows.runs(job.id):
            return {}
        theirs = {"platform": job.platform, "requester": job.requester}
        unfinished = await self._history.unfinished(**theirs)
        if protocol.follows(job, unfinished):
            return {"follows": True}
        line = protocol.in_line(unfinished)
        position = protocol.position(job.id, [each.id for each in line])
        if position is None:
            return {}
        starts_in = protocol.starts_in(job, line, now=self._clock())
        return {"position": position, "starts_in": starts_in}

    # Showing

    async def _show(self, job_id: str, job: Job | None = None) -> None:
        """Show a job; ``job`` is its row, of whoever has just read it."""
        self._subscriptions.tell(job_id)
        await self.delivery.try_to(job_id, job)

    async def _show_soon(self, job: Job) -> None:
        """Show, and go on when the platform takes long: nobody else has to wait for it."""
        await asyncio.wait({self._spawn(self._show(job.id, job))}, timeout=SHOWING_SECONDS)

    def _say(self, job_id: str, job: Job | None = None) -> None:
        """Show how a job ended, beside its workflow, and begin what follows it; ``job`` as in
        :meth:`_show`."""
        self._spawn(self._begin_following(job_id))
        task = self._spawn(self._last_word(job_id, job))
        self._last_words.add(task)
        task.add_done_callback(self._last_words.discard)

    async def _last_word(self, job_id: str, job: Job | None) -> None:
        """Show how a job ended, and move up whoever waits behind it."""
        self._subscriptions.tell(job_id)
        if job_id in self._earlier:  # what an earlier program sent last must not cover it
            self._earlier.discard(job_id)
            job = None
            passed = self._monotonic() - self._began
            await asyncio.sleep(max(0.0, protocol.LATE_SECONDS - passed))
        await self.delivery.insist(job_id, job)
        if not self._workflows.is_crowded or (job := await self._history.job(job_id)) is None:
            return
        for other in await self._history.open(job.platform, job.requester, Status.QUEUED):
            self._spawn(self._show(other))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            work = getattr(task.get_coro(), "__qualname__", "")
            log.warning("left undone", work=work, error=repr(error))
