"""Once a minute: what nobody works on any more goes on or ends, and gives back its person's slot.

A workflow can lose its process without an end: its result could not be stored, the machine slept
while another took over, a command was killed. Nobody may be locked out by it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from bot.domain.jobs import Job
from bot.runtime.workflows import Workflows
from bot.storage.jobs import JobStore

log = structlog.get_logger(__name__)

LOOK_SECONDS = 60.0
SETTLING_SECONDS = 5.0
"""So long a workflow may lie between being claimed and being run."""

GIVEN_UP_SECONDS = 24 * 3600.0
"""A job that has waited so long while this process ran, and is run by nobody, is given up."""

SHELL = "shell"
"""The platform of commands, and how the names of their executors begin."""


class Supervisor:
    """Looks after the jobs of one database.

    ``begin`` starts the workflow of a job that has none, ``interrupt`` ends a job, with words.
    """

    def __init__(
        self,
        history: JobStore,
        workflows: Workflows,
        *,
        begin: Callable[[Job], Awaitable[None]],
        interrupt: Callable[[str], Awaitable[None]],
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._history = history
        self._workflows = workflows
        self._begin = begin
        self._interrupt = interrupt
        self._clock = clock
        self._monotonic = monotonic
        self._seen: dict[str, float] = {}

    async def look(self) -> None:
        """Start what never began, close what has ended unsaid, resume what nobody runs.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database is away.
        """
        await self.settle()
        await self._resume()
        await self.close_abandoned()

    async def settle(self) -> None:
        """Start what never began, if only to say how it ended; close what has ended unsaid."""
        jobs = await self._history.unended()
        unstarted, ended = await self._workflows.over(jobs)
        for job_id in ended:
            await self._interrupt(job_id)
        for job_id in filter(unstarted.__contains__, jobs):  # oldest first, as they were asked for
            job = await self._history.job(job_id)
            if job and job.platform != SHELL:
                await self._begin(job)
        now = self._monotonic()
        self._seen = {job_id: self._seen.get(job_id, now) for job_id in jobs}
        for job_id, since in self._seen.items():
            if now - since > GIVEN_UP_SECONDS and not self._workflows.runs(job_id):
                await self._interrupt(job_id)

    async def _resume(self) -> None:
        if suspects := await self._workflows.stranded():
            await asyncio.sleep(SETTLING_SECONDS)
            stranded = suspects & await self._workflows.stranded()
            for job_id in stranded:
                log.warning("resumed", job_id=job_id)
            await self._workflows.resume(stranded)

    async def close_abandoned(self) -> None:
        """Close what commands have left behind that were killed."""
        for job_id in await self._workflows.left_by(f"{SHELL}-"):
            await self._interrupt(job_id)
        theirs = await self._history.unfinished(platform=SHELL)
        old = [job.id for job in theirs if abs(self._clock() - job.created_at) > LOOK_SECONDS]
        unstarted, ended = await self._workflows.over(old)
        for job_id in {*unstarted, *ended}:
            await self._interrupt(job_id)
