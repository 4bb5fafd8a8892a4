"""Durable workflows: what is used of DBOS (https://docs.dbos.dev), and with which settings.

One workflow per job, its id the job's id, so that a job cannot be started twice. Jobs of one person
share a queue partition, which bounds how many of them run at once, in all processes together.
Their priorities keep them in order, for on SQLite DBOS knows only to the second when each came.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa

from bot.domain.protocol import RUNNING_PER_PERSON, SHORTEST_DEADLINE
from bot.domain.requests import JSON
from bot.runtime import descriptors, outage, retries, workflow_queue
from bot.runtime.announcements import ANYTHING, Announcements
from bot.runtime.backpressure import Backpressure
from bot.runtime.dispatcher import Dispatcher
from bot.runtime.executor_lock import (
    LEASE_SECONDS,
    AlreadyRunning,
    ExecutorLock,
    abandoned,
    tidy,
)
from bot.runtime.lazy import postponed
from bot.runtime.workflow_queue import WorkflowQueue, outside
from bot.storage.database import Database, sliced

with postponed("psycopg", "errors"):  # 10 MB, which SQLite has no use for
    from dbos import (
        DBOS,
        DBOSConfig,
        DBOSPortableJSONSerializer,
        SetWorkflowID,
    )
    from dbos import error as dbos_error

_log = logging.getLogger("dbos")

_T = TypeVar("_T")

QUEUE = "jobs"
WORKFLOW = "conversation"

TURNS = 2**31 - 1
"""DBOS's priorities are 1 to this, the lowest first. In hundredths of a second they begin anew
every 248 days: what is asked for just then goes before what waits."""

APPLICATION_VERSION = "1"
"""Raised only when the order of the steps changes: DBOS resumes jobs of its own version alone."""

THREADS = 32
"""DBOS runs its database calls in these; a running workflow holds none of them."""

RUNNING_PER_PROCESS = 10_000
"""Most of the time a job waits for its provider, and holds some kilobytes and perhaps a connection:
where there are fewer file descriptors than that, there are fewer jobs."""

STOPPING_SECONDS = 0.2
"""How long one of DBOS's threads sleeps between two looks at whether it should stop."""

CLOSING_SECONDS = 5.0
"""So long a stopping process waits for what it has just asked the database."""

DRAINING_SECONDS = 0.1
"""How often a process that stops looks at what still has to end."""

HANDING_OVER_SECONDS = 5.0
"""How long a process that stops tells others to go on with what it has cut off."""

STARTING_SECONDS = 30.0
"""For so long starting a workflow is tried again when it is not the database that is away."""

RECOVERY_ATTEMPTS = 20
"""A job that was running in this many crashes is given up rather than tried again."""

FINISHED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")

FORGOTTEN_AT_ONCE = 1000
"""How many records of workflows are deleted in one transaction."""

QUIET_SECONDS = 60.0
"""How often each complaint of DBOS is logged."""


class Workflows:
    """The workflow engine of one process.

    ``executor_id`` is the process's own among those that share a database; no two processes may
    have the same ``name``, where there is one. With ``queued`` false the jobs that are started here
    run here, at once; with ``works`` false this process takes nothing from the queue.
    """

    def __init__(
        self,
        database: Database,
        *,
        executor_id: str,
        name: str = "",
        queued: bool = True,
        works: bool = True,
    ) -> None:
        self._database = database
        self._executor_id = executor_id
        self.queued = queued
        self._works = works
        self._is_named = bool(name)
        self._lock = ExecutorLock(database, executor_id, *([name] if name else ()))
        self._workflow: Callable[[str], Any] | None = None
        self._asked = 0
        self._running: dict[str, asyncio.Task[Any]] = {}
        self._unended: set[asyncio.Task[Any]] = set()
        self._closing = self._cut_off = False
        self._dispatcher: Dispatcher | None = None
        self._dispatching: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._backpressure = Backpressure()
        self._quieter = _Quieter()

    async def launch(self, workflow: Callable[[str], Awaitable[None]]) -> None:
        """Begin to work on whatever is queued.

        Raises:
            AlreadyRunning: if another process has this one's name.
        """
        await self._take_name()
        dbos = DBOS(config=self._config())
        _log.handlers.clear()  # it brings its own format; ours is the root logger's
        _log.propagate = True
        _log.addFilter(self._quieter)

        @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=RECOVERY_ATTEMPTS)
        async def conversation(job_id: str) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._unended.add(task)
            task.add_done_callback(partial(self._ended, None if self.runs(job_id) else job_id))
            if self._closing or not self.held or self.runs(job_id):
                self._cut_off = True
                raise asyncio.CancelledError  # it stays pending, as those do that are cut off
            self._running[job_id] = task
            try:
                await workflow(job_id)
            finally:
                self._running.pop(job_id, None)

        self._workflow = conversation
        workflow_queue.launch(dbos)
        most = min(RUNNING_PER_PROCESS, descriptors.for_providers())
        registered = await DBOS.register_queue_async(
            QUEUE,
            worker_concurrency=most,
            partition_concurrency=RUNNING_PER_PERSON,
            on_conflict="always_update",
        )
        self._queue = WorkflowQueue(dbos, self._database, registered, RUNNING_PER_PERSON)
        self._dispatcher = Dispatcher(
            self._queue,
            most,
            RUNNING_PER_PERSON,
            may=lambda: self._works and self.held,
            announced=not self._database.is_sqlite,
            backpressure=self._backpressure,
        )
        if self._works:
            self._dispatching = asyncio.create_task(self._dispatcher.work())
            listen = Announcements(self._database).listen(self._heard)
            self._listening = asyncio.create_task(listen)

    def _heard(self, partition: str) -> None:
        """Another process has queued something, in that partition if it says so."""
        if self._dispatcher is not None:
            if partition == ANYTHING:
                self._dispatcher.look()
            else:
                self._dispatcher.wake(partition)

    def _ended(self, job_id: str | None, task: "asyncio.Task[Any]") -> None:
        """A workflow has ended, and DBOS has stored that."""
        self._unended.discard(task)
        if self._dispatcher is not None and job_id is not None:
            self._dispatcher.ended(job_id)

    async def _take_name(self) -> None:
        """Take the name; a process that has just died may still have it for a while.

        Raises:
            AlreadyRunning: if another process keeps it.
        """
        seconds = 1.0 if self._database.is_sqlite else 2 * LEASE_SECONDS
        try:
            await asyncio.to_thread(self._lock.take)
        except AlreadyRunning as error:
            logging.getLogger(__name__).warning("waiting for %.0f seconds: %s", seconds, error)
            policy = retries.executor_name(seconds)
            await policy(AlreadyRunning, asyncio.to_thread, self._lock.take)

    @property
    def held(self) -> bool:
        """Whether this process certainly has the lock on its own id, and nobody does its work."""
        return self._lock.held

    def _config(self) -> DBOSConfig:
        return {
            "name": "banana-bot",
            "system_database_url": self._database.url.render_as_string(hide_password=False),
            "system_database_engine": self._database.engine,
            "application_version": APPLICATION_VERSION,
            "executor_id": self._executor_id,
            "serializer": DBOSPortableJSONSerializer(),
            "max_executor_threads": THREADS,
            "log_level": "WARNING",
            "use_listen_notify": False,
            "notification_listener_polling_interval_sec": STOPPING_SECONDS,
        }

    async def start(self, job_id: str, partition: str) -> bool:
        """Start the job's workflow, unless there is one; ``partition`` is whose turn it takes.

        Turns are taken in the order of these calls, also after a restart. A database that is away
        is tried again.

        Returns:
            Whether it has begun: it need not wait.

        Raises:
            Exception: it stayed away for a day.
        """
        assert self._workflow is not None, "launch() first"
        assert self._dispatcher is not None
        passing = outage.passing(STARTING_SECONDS)
        if not self.queued:
            await retries.OUTAGE(passing, self._start, job_id)
            return True
        claim = self._queue.prepare(self._workflow, job_id, partition, self._turn())
        begun: bool = await retries.OUTAGE(passing, self._dispatcher.start, claim, partition)
        return begun

    def _turn(self) -> int:
        """The priority of what is asked for now: after all that was asked for before."""
        self._asked = max(self._asked + 1, int(time.time() * 100))
        return self._asked % TURNS + 1

    async def _start(self, job_id: str) -> None:
        assert self._workflow is not None
        with SetWorkflowID(job_id):
            await DBOS.start_workflow_async(self._workflow, job_id)

    async def line(self, function: Callable[..., Coroutine[Any, Any, _T]], *args: Any) -> _T:
        """Run a line of the workflow that runs again after a crash.

        It has a number all the same, as a step has: which lines are steps may differ between two
        versions that take up each other's workflows. Their order may not.
        """
        self._queue.step(_name(function))
        await self._backpressure.relieved()
        with outside():
            return await function(*args)

    async def step(
        self, function: Callable[..., Coroutine[Any, Any, dict[str, JSON]]], *args: Any
    ) -> dict[str, JSON]:
        """Run one step of the workflow, or return what it returned before a crash.

        What it has returned is kept until it is stored: a database that is away is waited for, and
        the step does not run again for that. ``function`` must not raise, and is no part of the
        workflow: it may call any other method.
        """
        step = self._queue.step(_name(function))
        returned: dict[str, JSON] | None = None
        if not self.is_new(DBOS.workflow_id):
            returned = await self._stored(step.recorded)
        if returned is None:
            await self._backpressure.relieved()
            with outside():
                returned = await function(*args)
            await self._stored(step.record(returned))
        return returned

    async def owned(self, job_id: str, work: Callable[[sa.Connection], _T]) -> _T:
        """Do ``work`` in a transaction, while this process runs the workflow in which this is
        called: one that was stopped may go on with it when another one has taken it over.

        Raises:
            Exception: another process has.
        """
        done: _T = await self._stored(self._queue.owned(job_id, work))
        return done

    async def _stored(self, work: Callable[[sa.Connection], Any]) -> Any:
        """Do ``work``; a database that is away is waited for."""
        final = (dbos_error.DBOSException,)  # its own errors are about the workflow
        passing = outage.passing(SHORTEST_DEADLINE, final=final)
        return await retries.OUTAGE(passing, self._database.transact, work)

    def is_new(self, job_id: str | None) -> bool:
        """Whether no other process, and no earlier one, can have run the job's workflow."""
        return self.held and self._dispatcher is not None and self._dispatcher.is_new(job_id)

    def runs(self, job_id: str) -> bool:
        """Whether the job's workflow runs in this process."""
        return job_id in self._running

    @property
    def running(self) -> int:
        """How many workflows run in this process."""
        return len(self._running)

    @property
    def _unbegun(self) -> frozenset[str]:
        return self._dispatcher.unbegun if self._dispatcher is not None else frozenset()

    @property
    def is_crowded(self) -> bool:
        """Whether anything waits for its turn, as far as this process knows."""
        return self._dispatcher is not None and self._dispatcher.is_crowded

    async def stranded(self) -> set[str]:
        """The workflows that are this process's to run, and that it does not run."""
        found = await DBOS.list_workflows_async(
            status="PENDING",
            executor_id=self._executor_id,
            name=WORKFLOW,
            load_input=False,
            load_output=False,
        )
        return {workflow.workflow_id for workflow in found} - self._running.keys() - self._unbegun

    async def resume(self, job_ids: Collection[str]) -> None:
        """Have workflows that nobody runs go on, with the step that they had reached."""
        if job_ids:
            await DBOS.resume_workflows_async(list(job_ids), queue_name=QUEUE)
            assert self._dispatcher is not None
            self._dispatcher.look()

    async def cancel(self, job_id: str) -> None:
        """End a job's workflow where it stands, unless it runs here and so ends by itself."""
        if not self.runs(job_id):
            unstarted, _ = await self.over([job_id])
            if not unstarted:
                await DBOS.cancel_workflows_async([job_id])

    async def left_by(self, prefix: str) -> set[str]:
        """The workflows of executors with that prefix whose processes are gone."""
        found = await DBOS.list_workflows_async(
            status="PENDING", name=WORKFLOW, load_input=False, load_output=False
        )
        theirs = {
            workflow.workflow_id: workflow.executor_id
            for workflow in found
            if workflow.executor_id and workflow.executor_id.startswith(prefix)
        }
        gone = await asyncio.to_thread(abandoned, self._database, set(theirs.values()))
        await asyncio.to_thread(tidy, self._database)
        return {job_id for job_id, executor in theirs.items() if executor in gone}

    def check(self) -> None:
        """Make sure that no other process has this one's name.

        Raises:
            AlreadyRunning: one has taken it while this one was stopped, or without its database.
        """
        if self._is_named and self._lock.taken:
            raise AlreadyRunning(
                "another banana-bot has taken this one's EXECUTOR_ID while it was away"
            )

    async def executors(self) -> set[str]:
        """Whose workflows are being run, or were."""
        found = await DBOS.list_workflows_async(
            status="PENDING", name=WORKFLOW, load_input=False, load_output=False
        )
        return {workflow.executor_id for workflow in found if workflow.executor_id}

    async def requeue(self, executor_id: str) -> int:
        """Put what a process has run that is gone back into the queue; says how much it was.

        To be called with the lock on its id. What another has taken meanwhile is left to it.
        """
        found = await DBOS.list_workflows_async(
            status="PENDING",
            executor_id=executor_id,
            name=WORKFLOW,
            load_input=False,
            load_output=False,
        )
        ids = [workflow.workflow_id for workflow in found]
        if executor_id == self._executor_id and not self._closing:
            ids = [id for id in ids if not self.runs(id) and id not in self._unbegun]
        elif executor_id == self._executor_id:
            ids = [id for id in ids if not self.runs(id)]
        return await self._queued_again(self._queue.requeue, ids, executor_id) if ids else 0

    async def adopt(self, versions: Collection[str]) -> int:
        """Take on what waits for a version that no process runs any more; says how much it was.

        ``versions`` are those that one does. A workflow that this version cannot go on with ends.
        """
        return await self._queued_again(self._queue.adopt, {*versions, APPLICATION_VERSION})

    async def _queued_again(self, change: Callable[..., int], *args: Any) -> int:
        changed = await asyncio.to_thread(change, *args)
        if changed and self._dispatcher is not None:
            self._dispatcher.look()
        return changed

    async def over(self, job_ids: Sequence[str]) -> tuple[set[str], set[str]]:
        """Which of the jobs have no workflow at all, and which have one that has ended."""
        status: dict[str, str] = {}
        for some in sliced(job_ids):
            found = await DBOS.list_workflows_async(
                workflow_ids=list(some), load_input=False, load_output=False
            )
            status |= {workflow.workflow_id: workflow.status for workflow in found}
        ended = {job_id for job_id, state in status.items() if state in FINISHED}
        return set(job_ids) - status.keys(), ended

    async def forget(self, before: str) -> int:
        """Delete the records of all workflows that ended before ``before`` (ISO 8601)."""
        forgotten = 0
        while True:
            old = await DBOS.list_workflows_async(
                status=list(FINISHED),
                end_time=before,
                load_input=False,
                load_output=False,
                limit=FORGOTTEN_AT_ONCE,
            )
            if old:
                await DBOS.delete_workflows_async([workflow.workflow_id for workflow in old])
            forgotten += len(old)
            if len(old) < FORGOTTEN_AT_ONCE:
                return forgotten

    async def erase(self, job_ids: Sequence[str]) -> set[str]:
        """Delete the records of those jobs that have ended; they name whose they were.

        Returns:
            The jobs whose workflow goes on.
        """
        unstarted, ended = await self.over(job_ids) if job_ids else (set(), set())
        for some in sliced(list(ended)):
            await DBOS.delete_workflows_async(list(some))
        return set(job_ids) - unstarted - ended

    async def drain(self, vital: Callable[[], Collection[str]], seconds: float) -> None:
        """Take nothing new; cut off the workflows that are not vital, and wait for those that are.

        ``vital`` says which those are at the moment. After ``seconds`` they are cut off too. What
        is cut off stays pending in the database, and goes on at the next launch.
        """
        _log.setLevel(logging.CRITICAL)  # it complains of all that is cut off: that is the plan
        self._closing = True
        if self._dispatcher is not None:
            self._dispatcher.close()
        until = time.monotonic() + seconds
        while running := {id: task for id, task in self._running.items() if not task.done()}:
            spared = vital() if time.monotonic() < until else ()
            for job_id in running.keys() - set(spared):
                self._cut_off = True
                running[job_id].cancel()
            await asyncio.wait(running.values(), timeout=DRAINING_SECONDS)
            await self._hand_over()
        await self._hand_over()

    async def reconsider(self) -> None:
        """Put back into the queue what was not run, as it was not certain whose it was."""
        if self.held and not self._closing:
            await self._hand_over()

    async def _hand_over(self) -> None:
        """Have others go on with what was cut off, at once; where there are none it waits."""
        cut_off, self._cut_off = self._cut_off, False
        if cut_off and self.queued and self._dispatcher is not None:
            try:
                async with asyncio.timeout(HANDING_OVER_SECONDS):
                    await self.requeue(self._executor_id)
            except Exception as error:  # whoever finds this process gone does the same
                _log.debug("not handed over: %r", error)

    async def close(self) -> None:
        """Stop working; what is unfinished is taken up at the next launch."""
        await self.drain(lambda: (), 0)
        if self._listening is not None:
            self._listening.cancel()
        asking = {*self._unended, *filter(None, (self._dispatching, self._listening))}
        if asking:
            _, late = await asyncio.wait(asking, timeout=CLOSING_SECONDS)
            for task in late:
                task.cancel()
        loop = asyncio.get_running_loop()
        threads = ThreadPoolExecutor()
        await loop.run_in_executor(threads, partial(DBOS.destroy, destroy_registry=True))
        loop.set_default_executor(threads)  # DBOS had put its own there, and has now closed it
        await asyncio.to_thread(self._lock.release)
        _log.removeFilter(self._quieter)


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", "step")).lstrip("_")


class _Quieter(logging.Filter):
    """Lets a complaint pass that was not made just now."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now, said = time.monotonic(), str(record.msg)[:64]
        if now - self._said.get(said, -QUIET_SECONDS) < QUIET_SECONDS:
            return False
        self._said = {old: at for old, at in self._said.items() if now - at < QUIET_SECONDS}
        self._said[said] = now
        return True
