"""Durable workflows: what is used of DBOS (https://docs.dbos.dev), and with which settings.

One workflow per job, its id the job's id, so that a job cannot be started twice. Jobs of one person
share a queue partition, which bounds how many of them run at once, in all processes together.
Their priorities keep them in order, for on SQLite DBOS knows only to the second when each came.
"""

import asyncio
import copy
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from bot.domain.protocol import RUNNING_PER_PERSON, SHORTEST_DEADLINE
from bot.domain.requests import JSON
from bot.runtime import outage, retries
from bot.runtime.executor_lock import AlreadyRunning, ExecutorLock, abandoned, tidy
from bot.runtime.lazy import postponed
from bot.storage.database import Database, sliced

with postponed("psycopg", "errors"):  # 10 MB, which SQLite has no use for
    from dbos import (
        DBOS,
        DBOSConfig,
        DBOSPortableJSONSerializer,
        SetEnqueueOptions,
        SetWorkflowID,
        StepOptions,
    )
    from dbos import error as dbos_error

_log = logging.getLogger("dbos")

QUEUE = "jobs"
WORKFLOW = "conversation"

TURNS = 2**31 - 1
"""DBOS's priorities are 1 to this, the lowest first. In hundredths of a second they begin anew
every 248 days: what is asked for just then goes before what waits."""

APPLICATION_VERSION = "1"
"""Raised only when the order of the steps changes: DBOS resumes jobs of its own version alone."""

THREADS = 32
"""DBOS runs its database calls in these; a running workflow holds none of them."""

RUNNING_PER_PROCESS = 64
POLLING_SECONDS = 0.1
STOPPING_SECONDS = 0.2
"""How long one of DBOS's threads sleeps between two looks at whether it should stop."""

DRAINING_SECONDS = 0.1
"""How often a process that stops looks at what still has to end."""

STARTING_SECONDS = 30.0
"""For so long starting a workflow is tried again when it is not the database that is away."""

RECOVERY_ATTEMPTS = 20
"""A job that was running in this many crashes is given up rather than tried again."""

FINISHED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")

FORGOTTEN_AT_ONCE = 1000
"""How many records of workflows are deleted in one transaction."""

QUIET_SECONDS = 60.0
"""DBOS's threads ask ten times a second; each of their complaints is logged so often."""


class Workflows:
    """The workflow engine of one process.

    ``executor_id`` names the process among those that share a database: after a crash, the process
    with the same name takes up its jobs. With ``queued`` false the jobs that are started here run
    here, at once; with ``works`` false this process takes nothing from the queue.
    """

    def __init__(
        self, database: Database, *, executor_id: str, queued: bool = True, works: bool = True
    ) -> None:
        self._database = database
        self._executor_id = executor_id
        self.queued = queued
        self._works = works
        self._claim = ExecutorLock(database, executor_id)
        self._workflow: Callable[[str], Any] | None = None
        self._asked = 0
        self._running: dict[asyncio.Task[Any], str] = {}
        self._closing = False
        self._dbos: DBOS | None = None
        self._quieter = _Quieter()

    async def launch(self, workflow: Callable[[str], Awaitable[None]]) -> None:
        """Begin to work: take up what was interrupted, then whatever is queued.

        Raises:
            AlreadyRunning: if another process has this executor's id.
        """
        await retries.EXECUTOR_NAME(AlreadyRunning, asyncio.to_thread, self._claim.take)
        self._dbos = DBOS(config=self._config())
        _log.handlers.clear()  # it brings its own format; ours is the root logger's
        _log.propagate = True
        _log.addFilter(self._quieter)

        @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=RECOVERY_ATTEMPTS)
        async def conversation(job_id: str) -> None:
            if self._closing:
                raise asyncio.CancelledError  # it stays pending, as those do that are cut off
            task = asyncio.current_task()
            assert task is not None
            self._running[task] = job_id
            try:
                await workflow(job_id)
            finally:
                self._running.pop(task, None)

        self._workflow = conversation
        if not self._works:
            DBOS.listen_queues([])
        DBOS.launch()  # on the loop: DBOS runs workflows on the loop that launched it
        self._mend(self._dbos)
        await DBOS.register_queue_async(
            QUEUE,
            worker_concurrency=RUNNING_PER_PROCESS,
            partition_concurrency=RUNNING_PER_PERSON,
            polling_interval_sec=POLLING_SECONDS,
            on_conflict="always_update",
        )

    @staticmethod
    def _mend(dbos: DBOS) -> None:
        """Have a database that is away told to us, who wait without a thread.

        Otherwise DBOS's threads sleep meanwhile, for up to 90 seconds after it is back, and no
        signal ends them; and that a step's result could not be stored is stored as its result.
        """
        system = dbos._sys_db
        system._retry_connection_errors = False
        record = system.record_operation_result

        def record_result(result: Any, **more: Any) -> None:
            if result["error"] is None:  # our steps return what goes wrong
                record(result, **more)

        system.record_operation_result = record_result  # type: ignore[method-assign]

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
            "notification_listener_polling_interval_sec": STOPPING_SECONDS,
        }

    async def start(self, job_id: str, partition: str) -> None:
        """Start the job's workflow, unless there is one; ``partition`` is whose turn it takes.

        Turns are taken in the order of these calls, also after a restart. A database that is away
        is tried again.

        Raises:
            Exception: it stayed away for a day.
        """
        turn = self._turn()
        passing = outage.passing(STARTING_SECONDS)
        await retries.OUTAGE(passing, self._start, job_id, partition, turn)

    def _turn(self) -> int:
        """The priority of what is asked for now: after all that was asked for before."""
        self._asked = max(self._asked + 1, int(time.time() * 100))
        return self._asked % TURNS + 1

    async def _start(self, job_id: str, partition: str, turn: int) -> None:
        assert self._workflow is not None, "launch() first"
        with SetWorkflowID(job_id):
            if not self.queued:
                await DBOS.start_workflow_async(self._workflow, job_id)
                return
            with SetEnqueueOptions(queue_partition_key=partition, priority=turn):
                await DBOS.enqueue_workflow_async(QUEUE, self._workflow, job_id)

    async def step(
        self, function: Callable[..., Coroutine[Any, Any, dict[str, JSON]]], *args: Any
    ) -> dict[str, JSON]:
        """Run one step of the workflow, or return what it returned before the crash.

        What it has returned is kept until it is stored: a database that is away is waited for, and
        the step does not run again for that. ``function`` must not raise.
        """
        options = StepOptions(name=getattr(function, "__name__", "step").lstrip("_"))
        returned: list[dict[str, JSON]] = []

        async def once(*args: Any) -> dict[str, JSON]:
            if not returned:
                returned.append(await function(*args))
            return returned[0]

        place = DBOS.reserve_step()  # a copy of it for every try: each can be used once

        async def stored() -> dict[str, JSON]:
            return await copy.copy(place).run_async(options, once, *args)

        final = (dbos_error.DBOSException,)  # its own errors are about the workflow
        return await retries.OUTAGE(outage.passing(SHORTEST_DEADLINE, final=final), stored)

    def runs(self, job_id: str) -> bool:
        """Whether the job's workflow runs in this process."""
        return job_id in self._running.values()

    async def stranded(self) -> set[str]:
        """The workflows that are this process's to run, and that it does not run."""
        found = await DBOS.list_workflows_async(
            status="PENDING",
            executor_id=self._executor_id,
            name=WORKFLOW,
            load_input=False,
            load_output=False,
        )
        return {workflow.workflow_id for workflow in found} - set(self._running.values())

    async def resume(self, job_ids: Collection[str]) -> None:
        """Have workflows that nobody runs go on, with the step that they had reached."""
        if job_ids:
            await DBOS.resume_workflows_async(list(job_ids), queue_name=QUEUE)

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

    async def hold(self) -> None:
        """Make sure that this process still has its name.

        Raises:
            AlreadyRunning: another process has taken it while the database was away.
            sqlalchemy.exc.SQLAlchemyError: it is away now.
        """
        if not await asyncio.to_thread(self._claim.is_held):
            raise AlreadyRunning(f"another banana-bot has taken the name “{self._executor_id}”")

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
        if self._dbos is not None:
            for event in self._dbos.background_thread_stop_events:
                event.set()
        until = time.monotonic() + seconds
        while running := [task for task in self._running if not task.done()]:
            spared = vital() if time.monotonic() < until else ()
            for task in running:
                if self._running.get(task) not in spared:
                    task.cancel()
            await asyncio.wait(running, timeout=DRAINING_SECONDS)

    async def close(self) -> None:
        """Stop working; what is unfinished is taken up at the next launch."""
        await self.drain(lambda: (), 0)
        loop = asyncio.get_running_loop()
        threads = ThreadPoolExecutor()
        await loop.run_in_executor(threads, partial(DBOS.destroy, destroy_registry=True))
        loop.set_default_executor(threads)  # DBOS had put its own there, and has now closed it
        self._claim.release()
        _log.removeFilter(self._quieter)


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
