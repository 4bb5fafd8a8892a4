"""The queue of workflows and their steps: all that is used of DBOS by names it may change.

By itself DBOS asks its database for work ten times a second, in threads of its own and with several
transactions each time. Here a workflow is stored and claimed in one transaction, by the process
that was asked for it; what has to wait is claimed when there is room. The rows are those of DBOS,
written by its own functions: a program in which it asks by itself can work beside this one.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Collection, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bot.runtime.announcements import ANYTHING, Announcements
from bot.runtime.lazy import postponed
from bot.storage.database import Database, sliced

with postponed("psycopg", "errors"):  # 10 MB, which SQLite has no use for
    from dbos import DBOS, Queue, _context, _core, _dbos, _serialization, _utils
    from dbos._sys_db import OperationResultInternal, SystemDatabase, WorkflowStatusInternal

THREADS = (
    "startup_recovery_thread",
    "queue_thread",
    "background_jobs_thread",
    "dynamic_scheduler_loop",
)
"""What DBOS would run all the time: its queue and recovery, which are here; and deadlines, delays
and schedules, of which there are none."""

_IN_FLIGHT = sa.text("status IN ('ENQUEUED', 'PENDING')")
"""In the words of the index that finds them on SQLite."""

_ONE_AT_A_TIME = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:partition, 0))")

_CONTENDED = frozenset({"40001", "55P03"})
"""``serialization_failure``, ``lock_not_available``:
https://www.postgresql.org/docs/current/errcodes-appendix.html."""


class Contended(Exception):
    """Two processes want the same rows at the same moment; this one got none of them."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A workflow's row, and the token by which the row says whose execution counts."""

    row: WorkflowStatusInternal
    owner: str

    @property
    def job_id(self) -> str:
        return self.row["workflow_uuid"]


@contextmanager
def _without_threads() -> Iterator[None]:
    usual = {name: getattr(_dbos, name) for name in THREADS}
    try:
        for name in THREADS:
            setattr(_dbos, name, lambda *_: None)
        yield
    finally:
        for name, thread in usual.items():
            setattr(_dbos, name, thread)


def launch(dbos: DBOS) -> None:
    """Launch DBOS at rest: it runs what it is given, and asks for nothing.

    To be called on the event loop on which workflows are to run. A database that is away is told
    to us, who wait without a thread: DBOS's threads would sleep meanwhile, for up to 90 seconds
    after it is back, and no signal ends them. While the event loop stands still for a moment, as
    between two calls of :meth:`asyncio.Runner.run`, DBOS would begin a workflow on a loop of its
    own, in another thread, where nothing of ours can be awaited. On the loop itself it would begin
    none, as it waits until a workflow is begun.
    """
    loop = asyncio.get_running_loop()
    with _without_threads():
        DBOS.launch()
    loops, thread = dbos._background_event_loop, threading.get_ident()
    elsewhere = loops.submit_coroutine

    def submit(coroutine: Coroutine[Any, Any, Any]) -> Any:
        if threading.get_ident() == thread:
            return loop.create_task(coroutine)
        return elsewhere(coroutine)

    loops.target_loop = lambda: loop  # type: ignore[method-assign]
    loops.submit_coroutine = submit  # type: ignore[assignment, method-assign]
    system = dbos._sys_db
    system._run_background_processes = False  # nobody waits for messages, events or streams
    system._retry_connection_errors = False


@contextmanager
def outside() -> Iterator[None]:
    """What is called in this block, and the tasks it begins, are no part of the workflow: DBOS
    would record what it is asked for as steps."""
    inside = _context.get_local_dbos_context()
    _context._clear_local_dbos_context()
    try:
        yield
    finally:
        _context._set_local_dbos_context(inside)


class WorkflowStep:
    """The next step of the workflow that runs here: what is stored of it, in transactions of ours.

    It has its number as soon as it is made.
    """

    def __init__(self, system: SystemDatabase, name: str) -> None:
        self._system = system
        self._name = name
        self._place = DBOS.reserve_step()._step_ctx
        self._began = int(time.time() * 1000)

    def recorded(self, connection: sa.Connection) -> Any:
        """What the step returned when it ran before, or ``None``.

        Raises:
            dbos.error.DBOSException: another step was there, or the workflow is cancelled.
        """
        self._system._apply_caller_schema(connection)
        place = self._place
        found = self._system._check_operation_execution_txn(
            place.workflow_id, place.function_id, self._name, connection
        )
        return found and self._system._replay_recorded(found, self._name)

    def record(self, returned: Any) -> Callable[[sa.Connection], None]:
        """Stores what the step has returned; may be called again.

        Raises:
            dbos.error.DBOSException: the workflow was taken over, or is cancelled.
        """
        place, ended = self._place, int(time.time() * 1000)
        output, serialization = _serialization.serialize_value(
            returned, None, self._system.serializer
        )
        result: OperationResultInternal = {
            "workflow_uuid": place.workflow_id,
            "function_id": place.function_id,
            "function_name": self._name,
            "started_at_epoch_ms": self._began,
            "output": output,
            "error": None,
            "serialization": serialization,
            "child_workflow_id": None,
        }

        def store(connection: sa.Connection) -> None:
            self._system._apply_caller_schema(connection)
            self._system._record_operation_result_txn(
                result, ended, connection, owner_xid=place.owner_xid
            )

        return store


class WorkflowQueue:
    """The queue ``queue``; ``most`` workflows of one partition run at once, in all processes."""

    def __init__(self, dbos: DBOS, database: Database, queue: Queue, most: int) -> None:
        self._dbos = dbos
        self._system = dbos._sys_db
        self._database = database
        self._announcements = Announcements(database)
        self._queue = queue
        self._most = most
        table = self._system.tables.workflow_status
        self._in_flight = sa.select(sa.func.count()).where(
            table.c.queue_name == queue.name,
            table.c.queue_partition_key == sa.bindparam("partition"),
            _IN_FLIGHT,
        )

    def step(self, name: str) -> WorkflowStep:
        """The next step of the workflow in which this is called."""
        return WorkflowStep(self._system, name)

    def owned(
        self, job_id: str, work: Callable[[sa.Connection], Any]
    ) -> Callable[[sa.Connection], Any]:
        """``work``, to be done only while nobody has taken over the workflow in which this is
        called, and that nobody does before it is done.

        Raises:
            dbos.error.DBOSException: somebody has.
        """
        owner = _context.current_owner_xid(job_id)

        def checked(connection: sa.Connection) -> Any:
            self._system._apply_caller_schema(connection)
            if owner is not None:
                self._system._check_owner_txn(connection, job_id, owner)
            return work(connection)

        return checked

    def prepare(
        self, workflow: Callable[..., Any], job_id: str, partition: str, turn: int
    ) -> Claim:
        """A workflow to be stored by :meth:`add`; turns are taken in the order of ``turn``."""
        row = _core.prepare_enqueued_workflow(
            self._dbos,
            workflow,
            (job_id,),
            {},
            queue_name=self._queue.name,
            workflow_id=job_id,
            queue_partition_key=partition,
        )
        row["priority"] = turn
        return Claim(row, _utils.generate_uuid())

    async def add(self, claim: Claim, *, here: bool) -> bool:
        """Store a workflow, unless there is one with its id.

        With ``here`` it is claimed at once if its partition has room, and nobody waits in it.

        Returns:
            Whether it was claimed, so that it is to be :meth:`run`. It may be called again with
            the same claim when it is not known what the database has done.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database is away.
        """
        row = claim.row
        partition = row["queue_partition_key"]

        def add(connection: sa.Connection) -> bool:
            self._system._apply_caller_schema(connection)
            at_once = here and self._has_room(connection, partition)
            stored: Any = {**row, "status": "PENDING" if at_once else "ENQUEUED"}
            status, ours = self._system.init_workflow_with_connection(
                stored, connection, creator_xid=claim.owner
            )
            row["status"] = status
            if ours and status == "ENQUEUED":
                self._announcements.tell(connection, partition or ANYTHING)
            return ours and status == "PENDING"

        return await self._database.transact(add)

    def _has_room(self, connection: sa.Connection, partition: str | None) -> bool:
        values = {"partition": partition}
        if not self._database.is_sqlite:  # which has one writer at a time
            connection.execute(_ONE_AT_A_TIME, values)
        found: int = connection.execute(self._in_flight, values).scalar_one()
        return found < self._most

    def partitions(self) -> list[str]:
        """The partitions in which something waits."""
        return self._system.get_queue_partitions(self._queue.name)

    def claim(self, partition: str, running: int) -> list[Claim]:
        """What waits in a partition, as far as it has room; ``running`` is how many workflows this
        process runs already.

        Raises:
            Contended: another process claims there at this moment.
            sqlalchemy.exc.SQLAlchemyError: the database is away.
        """
        owner = _utils.generate_uuid()
        try:
            found, _ = self._system.start_queued_workflows(
                self._queue,
                _utils.GlobalParams.executor_id,
                _utils.GlobalParams.app_version,
                partition,
                running,
                owner_xid=owner,
            )
        except sa.exc.DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) in _CONTENDED:
                raise Contended from None
            raise
        return [Claim(row, owner) for row in self._system.get_workflow_statuses(found)]

    def run(self, claim: Claim) -> None:
        """Begin to run what was claimed; on the event loop only what is new: of anything else the
        database may be told that it cannot be run.

        Raises:
            Exception: it cannot be run: it was running in too many crashes, or the loop has ended.
        """
        _core.execute_dequeued_workflow(self._dbos, claim.row, claim.owner)

    def requeue(self, job_ids: Collection[str], executor_id: str) -> int:
        """Have workflows that a process has run wait for their turn again, if they are still its
        own; says how many are."""
        table = self._system.tables.workflow_status
        change = sa.update(table).values(
            status="ENQUEUED",
            owner_xid=None,
            started_at_epoch_ms=None,
            updated_at=self._system._now_ms_sql(),
            queue_name=sa.func.coalesce(table.c.queue_name, self._queue.name),
        )
        changed = 0
        for some in sliced(list(job_ids)):
            theirs = change.where(
                table.c.workflow_uuid.in_(some),
                table.c.status == "PENDING",
                table.c.executor_id == executor_id,
            )
            with self._system.engine.begin() as connection:
                changed += connection.execute(theirs).rowcount
                self._announcements.tell(connection, ANYTHING)
        return changed

    def adopt(self, versions: Collection[str]) -> int:
        """Have what waits for none of these versions wait for this one; says how much it was."""
        table = self._system.tables.workflow_status
        change = sa.update(table).where(
            table.c.status == "ENQUEUED",
            table.c.queue_name == self._queue.name,
            table.c.application_version.not_in(versions),
        )
        version = _utils.GlobalParams.app_version
        with self._system.engine.begin() as connection:
            changed = connection.execute(change.values(application_version=version))
            return int(changed.rowcount)
