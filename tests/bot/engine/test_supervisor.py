"""Nobody is locked out by what nobody works on."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import App
from bot.domain.actions import Action
from bot.domain.failures import Failure
from bot.domain.generation import Ticket
from bot.domain.jobs import Job
from bot.engine import supervisor
from bot.settings import Settings
from bot.storage.database import Database
from messages import Status, Step
from tests.bot.engine.test_conversation import accepted, ask
from tests.bot.engine.test_outages import begun, succeed
from tests.support.scripted import Recorder, Scripted

Start = Callable[[], Awaitable[tuple[App, Recorder]]]
ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "SETTLING_SECONDS", 0.1)


def abandon(app: App) -> None:
    """Cut the workflows off, as an error of their database does."""
    for task in app.workflows._running.values():
        task.cancel()


async def look(app: App) -> None:
    await app.engine._supervisor.look()


async def test_workflows_that_nobody_runs_go_on(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    provider.outcomes.extend(asyncio.Event() for _ in range(3))
    ids = await begun(app, recorder, provider, 3)
    abandon(app)
    while app.workflows._running:
        await asyncio.sleep(0.01)
    assert await app.workflows.stranded() == set(ids)
    await look(app)
    await succeed(recorder, ids)
    assert len(provider.submitted) == 3
    await succeed(recorder, [await accepted(app, ask(event="next"))])


async def test_a_paid_call_that_was_cut_off_is_not_made_again_by_the_same_process(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    provider.tickets.append(Ticket(""))
    provider.outcomes.append(asyncio.Event())
    provider.paid_in = "collect"
    [job_id] = await begun(app, recorder, provider, 1)
    abandon(app)
    while app.workflows._running:
        await asyncio.sleep(0.01)
    await look(app)
    message = await recorder.final(job_id)
    assert message.problem
    assert message.problem.reason == "cut_off"
    assert len(provider.collected) == 1


async def test_nothing_is_paid_for_a_job_that_another_has_taken_over(
    start: Start, provider: Scripted
) -> None:
    """It was stopped between the look at the job's row and the call."""
    app, recorder = await start()
    gate = asyncio.Event()
    provider.outcomes.append(gate)
    [job_id] = await begun(app, recorder, provider, 1)
    job = await app.history.job(job_id)
    assert job
    await app.history.change(job_id, executor="another", called=None)
    refused = await app.engine._generator._begin_call(replace(job, called=None), "submit")
    assert isinstance(refused, Failure)
    now = await app.history.job(job_id)
    assert now
    assert (now.executor, now.called) == ("another", None)


async def test_what_runs_is_left_alone(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    gate = asyncio.Event()
    provider.outcomes.append(gate)
    ids = await begun(app, recorder, provider, 1)
    for _ in range(3):
        await look(app)
    gate.set()
    await succeed(recorder, ids)
    assert (len(provider.submitted), len(provider.collected)) == (1, 1)


async def test_cancelling_ends_the_workflow_that_nobody_runs(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    provider.outcomes.extend(asyncio.Event() for _ in range(3))
    ids = await begun(app, recorder, provider, 3)
    abandon(app)
    while app.workflows._running:
        await asyncio.sleep(0.01)
    for job_id in ids:
        assert await app.engine.cancel(job_id)
        assert (await recorder.final(job_id)).status is Status.CANCELLED
    await succeed(recorder, [await accepted(app, ask(event="next"))])
    assert (await app.workflows.over(ids))[1] == set(ids)


async def test_a_row_whose_workflow_has_ended_is_closed(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    provider.outcomes.append(asyncio.Event())
    [job_id] = await begun(app, recorder, provider, 1)
    abandon(app)
    while app.workflows._running:
        await asyncio.sleep(0.01)
    await app.workflows.cancel(job_id)
    await look(app)
    message = await recorder.final(job_id)
    assert message.problem
    assert message.problem.reason == "interrupted"


async def test_what_was_running_in_too_many_crashes_is_closed(
    start: Start, provider: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.runtime.workflows.RECOVERY_ATTEMPTS", 1)
    provider.outcomes.extend(asyncio.Event() for _ in range(9))
    app, recorder = await start()
    [job_id] = await begun(app, recorder, provider, 1)
    for crashes in range(2, 4):
        app, recorder = await start()
        while len(provider.collected) < crashes and not (await app.workflows.over([job_id]))[1]:
            await asyncio.sleep(0.02)
    await look(app)
    message = await recorder.final(job_id)
    assert message.problem
    assert message.problem.reason == "interrupted"


async def test_a_job_that_was_never_started_is_started(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    settled = await app.engine._intake.settle(ask())
    assert isinstance(settled, Job)
    await app.history.add(settled)  # and its start was lost
    await look(app)
    await succeed(recorder, [settled.id])


async def test_what_waits_for_a_day_and_is_run_by_nobody_is_given_up(
    settings: Settings, provider: Scripted
) -> None:
    settings.bot_role = "gateway"  # and no worker anywhere
    now = 0.0
    app, recorder = App(settings, monotonic=lambda: now), Recorder()
    app.adapters = [recorder]
    await app.start()
    job_id = await accepted(app, ask())
    await recorder.until(lambda shown: shown)
    while (await app.workflows.over([job_id]))[0]:
        await asyncio.sleep(0.02)
    await look(app)
    now = supervisor.GIVEN_UP_SECONDS - 1
    await look(app)
    assert (await app.history.job(job_id)).status is Status.QUEUED  # type: ignore[union-attr]
    now = supervisor.GIVEN_UP_SECONDS + 1
    await look(app)
    assert (await recorder.final(job_id)).status is Status.FAILED
    assert (await app.workflows.over([job_id]))[1] == {job_id}
    await app.close()


async def test_a_command_that_is_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PROVIDER": "demo"}
    environment |= {"DATA_DIR": str(tmp_path / "data"), "DEFAULT_SIZE": "512"}

    def draw(prompt: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", "bot", "draw", prompt],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    settings = Settings(data_dir=tmp_path / "data", provider="demo")
    killed = [draw("demo:seconds 600 a lighthouse") for _ in range(3)]
    database = Database(settings.database)
    app = App(settings, shell=True)
    await asyncio.to_thread(database.migrate)
    deadline = time.monotonic() + 150
    while len([j for j in await app.history.unfinished() if j.started_at]) < len(killed):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.2)
    alive = killed.pop()
    for process in killed:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert await asyncio.to_thread(draw("demo:seconds 0 a lighthouse").wait) == 0
    assert len(await app.history.unfinished()) == 1  # the one that is not dead
    assert len(list((tmp_path / "data").glob("*.lock"))) == 1
    alive.send_signal(signal.SIGKILL)
    alive.wait()
    await app.database.close()
    await database.close()


async def test_again_after_cancelling_within_a_second_is_a_new_request(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    first = await accepted(app, ask(event="first"))
    await recorder.final(first)
    gates = [asyncio.Event() for _ in range(2)]
    provider.outcomes.extend(gates)

    def again(event: str) -> object:
        return ask("", event, action=Action.AGAIN, target=first)

    second = await accepted(app, again("a"))  # type: ignore[arg-type]
    assert await accepted(app, again("b")) == second  # type: ignore[arg-type]
    await recorder.until(lambda shown: [m for m in shown if m.job_id == second])
    assert await app.engine.cancel(second)
    third = await accepted(app, again("c"))  # type: ignore[arg-type]
    assert third != second
    for gate in gates:
        gate.set()
    await succeed(recorder, [third])


async def test_a_clock_that_was_put_back_holds_no_last_word(
    settings: Settings, provider: Scripted, start: Start
) -> None:
    app, recorder = await start()
    provider.outcomes.append(asyncio.Event())
    [job_id] = await begun(app, recorder, provider, 1)
    await app.close()
    app, recorder = App(settings, clock=lambda: time.time() - 3600), Recorder()
    app.adapters = [recorder]
    await app.start()
    await succeed(recorder, [job_id])
    refused = await app.engine.receive(ask("cancel", "2"))
    assert isinstance(refused, Failure)
    assert Step.SUCCESS in recorder.steps(job_id)
    await app.close()


async def test_every_old_workflow_is_forgotten(
    start: Start, provider: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.runtime.workflows.FORGOTTEN_AT_ONCE", 2)
    app, recorder = await start()
    ids = [await accepted(app, ask(event=str(n))) for n in range(5)]
    await succeed(recorder, ids)
    while len((await app.workflows.over(ids))[1]) < len(ids):
        await asyncio.sleep(0.02)
    assert await app.workflows.forget("2999-01-01T00:00:00+00:00") == len(ids)
    assert (await app.workflows.over(ids))[0] == set(ids)
