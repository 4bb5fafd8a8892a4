"""Durable workflows: what is used of DBOS (https://docs.dbos.dev), and with which settings.

One workflow per job, its id the job's id, so that a job cannot be started twice. Jobs of one person
share a queue partition, which bounds how many of them run at once, in all processes together.
Their priorities keep them in order, for on SQLite DBOS knows only to the second when each came.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from bot.claim import Claim
from bot.database import Database, sliced
from bot.lazy import postponed
from bot.ports import JSON
from bot.protocol import RUNNING_PER_PERSON

with postponed("psycopg", "errors"):  # 10 MB, which SQLite has no use for
    from dbos import (
        DBOS,
        DBOSConfig,
        DBOSPortableJSONSerializer,
        SetEnqueueOptions,
        SetWorkflowID,
        StepOptions,
    )

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

STARTING_PAUSES = (0.5, 1, 2, 4, 8, 16)
"""Seconds between tries to start a workflow."""

RECOVERY_ATTEMPTS = 20
"""A job that was running in this many crashes is given up rather than tried again."""

FINISHED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")


class Durable:
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
        self._claim = Claim(database, executor_id)
        self._workflow: Callable[[str], Any] | None = None
        self._asked = 0
        self._running: set[asyncio.Task[Any]] = set()
        self._closing = False

    async def launch(self, workflow: Callable[[str], Awaitable[None]]) -> None:
        """Begin to work: take up what was interrupted, then whatever is queued.

        Raises:
            AlreadyRunning: if another process has this executor's id.
        """
        await asyncio.to_thread(self._claim.take)
        DBOS(config=self._config())
        _log.handlers.clear()  # it brings its own format; ours is the root logger's
        _log.propagate = True

        @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=RECOVERY_ATTEMPTS)
        async def conversation(job_id: str) -> None:
            if self._closing:
                raise asyncio.CancelledError  # it stays pending, as those do that are cut off
            if task := asyncio.current_task():
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            await workflow(job_id)

        self._workflow = conversation
        if not self._works:
            DBOS.listen_queues([])
        DBOS.launch()  # on the loop: DBOS runs workflows on the loop that launched it
        await DBOS.register_queue_async(
            QUEUE,
            worker_concurrency=RUNNING_PER_PROCESS,
            partition_concurrency=RUNNING_PER_PERSON,
            polling_interval_sec=POLLING_SECONDS,
            on_conflict="always_update",
        )

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
            Exception: it stayed away.
        """
        turn = self._turn()
        for pause in STARTING_PAUSES:
            try:
                return await self._start(job_id, partition, turn)
            except Exception as error:
                _log.warning("%s is not begun yet: %r", job_id, error)
                await asyncio.sleep(pause)
        await self._start(job_id, partition, turn)

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
        """Run one step of the workflow, or return what it returned before the crash."""
        name = getattr(function, "__name__", "step").lstrip("_")
        return await DBOS.run_step_async(StepOptions(name=name), function, *args)

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
        """Delete the records of workflows that ended before ``before`` (ISO 8601)."""
        old = await DBOS.list_workflows_async(
            status=list(FINISHED), end_time=before, load_input=False, load_output=False, limit=1000
        )
        if old:
            await DBOS.delete_workflows_async([workflow.workflow_id for workflow in old])
        return len(old)

    async def erase(self, job_ids: Sequence[str]) -> set[str]:
        """Delete the records of those jobs that have ended; they name whose they were.

        Returns:
            The jobs whose workflow goes on.
        """
        unstarted, ended = await self.over(job_ids) if job_ids else (set(), set())
        for some in sliced(list(ended)):
            await DBOS.delete_workflows_async(list(some))
        return set(job_ids) - unstarted - ended

    async def close(self) -> None:
        """Stop working; what is unfinished is taken up at the next launch."""
        _log.setLevel(logging.CRITICAL)  # it complains of all that is cut off: that is the plan
        self._closing = True
        running = [task for task in self._running if not task.done()]
        for task in running:
            task.cancel()  # a workflow that is cut off stays pending in the database
        await asyncio.gather(*running, return_exceptions=True)
        loop = asyncio.get_running_loop()
        threads = ThreadPoolExecutor()
        await loop.run_in_executor(threads, partial(DBOS.destroy, destroy_registry=True))
        loop.set_default_executor(threads)  # DBOS had put its own there, and has now closed it
        self._claim.release()
