"""The queue of one person, with real workflows on SQLite."""

import asyncio
import inspect
from collections.abc import Sequence

import pytest
from dbos import _sys_db as dbos_system

from bot.domain.protocol import RUNNING_PER_PERSON
from bot.runtime import workflows
from bot.runtime.workflows import Workflows
from bot.settings import Settings
from bot.storage.database import Database


async def test_a_person_is_served_in_the_order_asked_also_after_a_restart(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflows, "POLLING_SECONDS", 0.02)
    database = Database(settings.database)
    jobs = [f"job-{number}" for number in range(21, 9, -1)]  # not in the order of their ids
    begun: asyncio.Queue[str] = asyncio.Queue()
    ending = asyncio.Semaphore(0)

    async def conversation(job_id: str) -> None:
        begun.put_nowait(job_id)
        await ending.acquire()

    async def launched(asked: Sequence[str]) -> tuple[Workflows, set[str]]:
        """With what is running as soon as as many are as may."""
        engine = Workflows(database, executor_id="one")
        await engine.launch(conversation)
        for job_id in asked:
            await engine.start(job_id, "test:ada")
        return engine, {await begun.get() for _ in range(RUNNING_PER_PERSON)}

    engine, _ = await launched(jobs[:6])
    await engine.close()
    engine, running = await launched(jobs[6:])
    served = []
    for _ in jobs[RUNNING_PER_PERSON:]:
        ending.release()
        served.append(await begun.get())
    await engine.close()
    await database.close()
    assert running == set(jobs[:RUNNING_PER_PERSON])
    assert served == jobs[RUNNING_PER_PERSON:]


def test_what_is_used_of_dboss_own_names_is_still_there() -> None:
    assert "_retry_connection_errors" in inspect.getsource(dbos_system.db_retry)
    record = inspect.signature(dbos_system.SystemDatabase.record_operation_result)
    assert "result" in record.parameters
    assert "error" in dbos_system.OperationResultInternal.__annotations__
    for name in ("reserve_step", "resume_workflows_async", "cancel_workflows_async"):
        assert hasattr(workflows.DBOS, name)
