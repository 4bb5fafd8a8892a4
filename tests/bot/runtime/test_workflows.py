"""The queue of one person, with real workflows on SQLite."""

import asyncio
import threading
from collections.abc import Sequence
from contextvars import ContextVar
from queue import SimpleQueue

from bot.domain.protocol import RUNNING_PER_PERSON
from bot.runtime.workflows import Workflows
from bot.settings import Settings
from bot.storage.database import Database

asking: ContextVar[str] = ContextVar("asking", default="nobody")


async def test_a_person_is_served_in_the_order_asked_also_after_a_restart(
    settings: Settings,
) -> None:
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
    await asyncio.sleep(0.1)  # no program starts within the hundredths that turns may be ahead
    engine, running = await launched(jobs[6:])
    served = []
    for _ in jobs[RUNNING_PER_PERSON:]:
        ending.release()
        served.append(await begun.get())
    await engine.close()
    await database.close()
    assert running == set(jobs[:RUNNING_PER_PERSON])
    assert served == jobs[RUNNING_PER_PERSON:]


async def test_a_workflow_has_nothing_of_the_context_in_which_it_was_asked_for(
    settings: Settings,
) -> None:
    database = Database(settings.database)
    seen: asyncio.Queue[str] = asyncio.Queue()

    async def conversation(_job_id: str) -> None:
        seen.put_nowait(asking.get())

    engine = Workflows(database, executor_id="one")
    await engine.launch(conversation)
    asking.set("ada")
    await engine.start("job", "test:ada")
    async with asyncio.timeout(60):
        assert await seen.get() == "nobody"
    await engine.close()
    await database.close()


def test_a_workflow_begins_on_the_loop_of_its_launch_although_that_stands_still(
    settings: Settings,
) -> None:
    """A test's fixtures and its body are runs of their own, with a moment between them."""
    database = Database(settings.database)
    loops: SimpleQueue[asyncio.AbstractEventLoop] = SimpleQueue()

    async def conversation(_job_id: str) -> None:
        loops.put(asyncio.get_running_loop())

    async def begun() -> None:
        async with asyncio.timeout(60):
            while loops.empty():
                await asyncio.sleep(0.01)

    with asyncio.Runner() as runner:
        engine = Workflows(database, executor_id="one")
        runner.run(engine.launch(conversation))
        assert engine._workflow is not None
        claim = engine._queue.prepare(engine._workflow, "job", "test:ada", 1)
        assert runner.run(engine._queue.add(claim, here=True))
        beginning = threading.Thread(target=engine._queue.run, args=(claim,))
        beginning.start()
        beginning.join(0.5)  # on another loop it would begin now
        runner.run(begun())
        assert loops.get() is runner.get_loop()
        beginning.join()
        runner.run(engine.close())
        runner.run(database.close())
