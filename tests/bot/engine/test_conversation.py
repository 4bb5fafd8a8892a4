"""The conversation, with real workflows on a real database."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.app import App
from bot.domain import protocol
from bot.domain.actions import Action
from bot.domain.failures import ELSEWHERE, Failure, Reason
from bot.domain.generation import Pictures, Request, Ticket
from bot.domain.jobs import Job
from bot.domain.requests import Accepted, Address, Attachment, Incoming, Options
from bot.images.provenance import marked
from bot.ports import Undeliverable
from bot.settings import Settings
from messages import Cost, Note, Notice, Status, Step, render
from tests.support.model_ids import FLASH, PRO
from tests.support.scripted import Recorder, Scripted, png

Start = Callable[[], Awaitable[tuple[App, Recorder]]]


def ask(text: str = "a lighthouse", event: str = "1", **more: object) -> Incoming:
    plain = Incoming(
        platform="test",
        event_id=event,
        requester="ada",
        conversation="room",
        address=Address("test", {"room": "room"}),
        text=text,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


async def accepted(app: App, incoming: Incoming) -> str:
    answer = await app.engine.receive(incoming)
    assert isinstance(answer, Accepted), answer
    return answer.job_id


async def test_five_steps_end_in_a_picture(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    done = asyncio.Event()
    provider.outcomes.append(done)
    job_id = await accepted(app, ask())
    await recorder.until(lambda shown: any(m.step is Step.PROGRESS for m in shown))
    done.set()
    message = await recorder.final(job_id)
    assert recorder.steps(job_id) == [Step.ACKNOWLEDGE, Step.START, Step.PROGRESS, Step.SUCCESS]
    assert message.model == "Nano Banana 2.1"
    assert message.cost == Cost(5, "points")
    assert message.percent == 100
    [picture] = message.pictures
    assert (picture.mime, picture.width, picture.height) == ("image/png", 64, 48)
    kept = await app.history.picture(picture.image_id)
    assert kept
    assert await app.media.read(kept.path) == marked(png())


async def test_the_same_event_is_one_job_also_after_a_restart(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    answers = [await app.engine.receive(ask()) for _ in range(3)]
    assert [answer.new for answer in answers if isinstance(answer, Accepted)] == [
        True,
        False,
        False,
    ]
    await recorder.final(answers[0].job_id)  # type: ignore[union-attr]
    app, recorder = await start()
    for _ in range(2):
        assert await app.engine.receive(ask()) == replace(answers[1])  # type: ignore[type-var]
    assert len(provider.submitted) == 1
    assert recorder.shown == []


async def test_simultaneous_deliveries_are_one_job(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    answers = await asyncio.gather(*(app.engine.receive(ask()) for _ in range(5)))
    ids = {answer.job_id for answer in answers if isinstance(answer, Accepted)}
    assert len(ids) == 1
    await recorder.final(ids.pop())
    assert len(provider.submitted) == 1


async def test_a_restart_collects_what_was_submitted(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    provider.outcomes.append(asyncio.Event())
    job_id = await accepted(app, ask())
    await recorder.until(lambda shown: any(m.step is Step.PROGRESS for m in shown))
    app, recorder = await start()
    message = await recorder.final(job_id)
    assert message.status is Status.SUCCEEDED
    assert len(provider.submitted) == 1
    assert [ticket.id for ticket, _ in provider.collected] == ["ticket-1", "ticket-1"]


async def test_after_a_restart_a_result_comes_behind_what_is_late(
    start: Start, provider: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, recorder = await start()
    provider.outcomes.append(asyncio.Event())
    job_id = await accepted(app, ask())
    await recorder.until(lambda shown: any(m.step is Step.PROGRESS for m in shown))
    monkeypatch.setattr(protocol, "LATE_SECONDS", 0.5)
    began = time.monotonic()
    app, recorder = await start()
    await recorder.final(job_id)
    assert time.monotonic() - began > 0.4
    job_id = await accepted(app, ask(event="2"))
    assert (await recorder.final(job_id)).status is Status.SUCCEEDED


async def test_three_run_ten_wait_and_the_next_is_refused(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    gates = [asyncio.Event() for _ in range(13)]
    provider.outcomes.extend(gates)
    ids = [await accepted(app, ask(event=str(n))) for n in range(13)]
    refusal = await app.engine.receive(ask(event="13"))
    assert isinstance(refusal, Failure)
    assert (refusal.reason, refusal.facts) == (Reason.QUEUE_FULL, {"waiting": 10})
    other = await accepted(app, ask(event="x", requester="bob"))
    await recorder.until(lambda shown: {m.position for m in shown} >= set(range(1, 11)))
    await recorder.until(lambda _: len(provider.collected) == 4)
    provider.outcomes.clear()
    for gate in gates:
        gate.set()
    for job_id in [*ids, other]:
        assert (await recorder.final(job_id)).status is Status.SUCCEEDED
    positions = [m.position for m in recorder.shown if m.job_id == ids[-1] and m.position]
    assert positions[0] == 10
    assert positions == sorted(positions, reverse=True)


async def test_a_running_job_is_cancelled_at_once(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    provider.outcomes.append(asyncio.Event())
    job_id = await accepted(app, ask())
    await recorder.until(lambda shown: any(m.step is Step.START for m in shown))
    async with asyncio.timeout(60):
        assert await app.engine.receive(ask("cancel", "2")) == Notice("cancelled")
        message = await recorder.final(job_id)
    assert message.status is Status.CANCELLED
    assert message.problem
    assert message.problem.reason == "cancelled"
    assert not await app.engine.cancel(job_id)
    nothing = await app.engine.receive(ask("cancel", "3"))
    assert nothing == Failure(Reason.NOTHING_TO_CANCEL)


async def test_a_waiting_job_is_cancelled_and_never_submitted(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    gates = [asyncio.Event() for _ in range(3)]
    provider.outcomes.extend(gates)
    ids = [await accepted(app, ask(event=str(n))) for n in range(4)]
    await recorder.until(lambda _: len(provider.collected) == 3)
    assert await app.engine.cancel(ids[3])
    assert (await recorder.final(ids[3])).status is Status.CANCELLED
    for gate in gates:
        gate.set()
    for job_id in ids[:3]:
        await recorder.final(job_id)
    await accepted(app, ask(event="next"))
    await recorder.until(lambda _: len(provider.submitted) == 4)
    assert [request.key for request in provider.submitted].count(ids[3]) == 0


async def test_failures_reach_the_person(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    provider.tickets.append(Failure(Reason.OUT_OF_CREDIT))
    message = await recorder.final(await accepted(app, ask(event="a")))
    assert message.problem
    assert (message.step, message.problem.reason) == (Step.FAILURE, "out_of_credit")

    provider.outcomes.append(Failure(Reason.REFUSED, explanation="No swords."))
    message = await recorder.final(await accepted(app, ask(event="b")))
    assert message.problem
    assert (message.problem.explanation, message.problem.retryable) == ("No swords.", False)

    provider.tickets.append(Ticket(""))
    provider.outcomes.append(RuntimeError("boom"))
    message = await recorder.final(await accepted(app, ask(event="c")))
    assert message.problem
    assert message.problem.reason == "unknown"

    provider.outcomes.append(Pictures((b"<html>not a picture</html>",)))
    message = await recorder.final(await accepted(app, ask(event="d")))
    assert message.problem
    assert message.problem.reason == "unusable_answer"


async def test_a_result_is_shown_until_it_arrives(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    done = asyncio.Event()
    provider.outcomes.append(done)
    job_id = await accepted(app, ask())
    await recorder.until(lambda shown: any(m.step is Step.START for m in shown))
    recorder.errors.extend(ConnectionResetError() for _ in range(4))
    done.set()
    assert (await recorder.final(job_id)).status is Status.SUCCEEDED
    assert sum(m.status.final for m in recorder.shown) == 1


async def test_what_cannot_be_delivered_stays_in_the_history(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    done = asyncio.Event()
    provider.outcomes.append(done)
    job_id = await accepted(app, ask())
    await recorder.until(lambda shown: any(m.step is Step.START for m in shown))
    recorder.errors.extend(Undeliverable("gone") for _ in range(9))
    done.set()
    with app.engine.watch() as watch:
        while (job := await app.history.job(job_id)) and not job.status.final:
            await watch.next(timeout=0.1)
    assert job
    assert job.status is Status.SUCCEEDED


async def test_notes_and_the_real_cost_come_from_the_provider(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    note = Note("partly_done", {"done": 1, "count": 2})
    provider.outcomes.append(Pictures((png(),), Cost(0.07, "USD"), (note,)))
    message = await recorder.final(await accepted(app, ask(options=Options(count=2))))
    assert message.notes == (note,)
    assert message.cost == Cost(0.07, "USD")


async def test_a_change_is_made_to_the_picture_just_made(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    first = await recorder.final(await accepted(app, ask(event="a")))
    await recorder.final(await accepted(app, ask("make it warmer", event="b")))
    assert provider.submitted[0].references == ()
    [reference] = provider.submitted[1].references
    assert reference.image_id == first.pictures[0].image_id
    assert reference.data == marked(png())


async def test_an_attachment_of_the_platform_is_taken_and_kept(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    recorder.attachments["k"] = png("blue")
    incoming = ask("make it warmer", attachments=(Attachment("a.png", data={"key": "k"}),))
    assert (await recorder.final(await accepted(app, incoming))).status is Status.SUCCEEDED
    [reference] = provider.submitted[0].references
    assert reference.data == png("blue")
    lost = ask("make it warmer", "2", attachments=(Attachment("b.png", data={"key": "?"}),))
    message = await recorder.final(await accepted(app, lost))
    assert message.problem
    assert message.problem.reason == "reference_missing"


async def test_again_repeats_with_other_choices(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    wanted = Options(size="2K", aspect_ratio="16:9", count=2)
    job_id = await accepted(app, ask(options=wanted))
    await recorder.final(job_id)
    pro = ask("", "2", action=Action.AGAIN, target=job_id, options=Options(model="pro"))
    await recorder.final(await accepted(app, pro))
    await recorder.final(await accepted(app, ask("again", "3")))
    first, second, third = provider.submitted
    assert (first.model, second.model) == (FLASH, PRO)
    assert third.model == PRO
    for request in provider.submitted:
        assert (request.prompt, request.size) == ("a lighthouse", "2K")
        assert (request.aspect_ratio, request.count) == ("16:9", 2)


async def test_deleting_removes_the_files(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    job_id = await accepted(app, ask())
    [picture] = (await recorder.final(job_id)).pictures
    kept = await app.history.picture(picture.image_id)
    assert kept
    assert await app.engine.delete(job_id)
    assert await app.media.read(kept.path) is None
    assert await app.history.picture(picture.image_id) is None
    assert await app.history.jobs_of("test", "ada") == []


async def test_a_job_whose_workflow_is_lost_is_started_at_launch(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    settled = await app.engine._intake.settle(ask())
    await app.history.add(settled)  # type: ignore[arg-type]  # the process died right here
    app, recorder = await start()
    assert (await recorder.final(settled.id)).status is Status.SUCCEEDED  # type: ignore[union-attr]


async def test_what_was_called_off_before_it_began_is_told_after_a_restart(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    settled = await app.engine._intake.settle(ask())
    assert isinstance(settled, Job)
    await app.history.add(settled)
    now = app.clock()
    await app.history.change(settled.id, status=Status.CANCELLED, finished_at=now)  # died here
    app, recorder = await start()
    assert (await recorder.final(settled.id)).status is Status.CANCELLED
    assert provider.submitted == []


async def test_the_same_on_postgresql(
    settings: Settings, provider: Scripted, start: Start, postgres_url: str
) -> None:
    settings.database_url = postgres_url
    app, recorder = await start()
    assert not app.database.is_sqlite
    provider.outcomes.append(asyncio.Event())
    job_id = await accepted(app, ask())
    await recorder.until(lambda shown: any(m.step is Step.PROGRESS for m in shown))
    app, recorder = await start()
    message = await recorder.final(job_id)
    assert message.status is Status.SUCCEEDED
    assert len(provider.submitted) == 1
    assert (await app.engine.receive(ask())) == Accepted(job_id, new=False)


@pytest.mark.parametrize("reason", sorted(ELSEWHERE))
@pytest.mark.parametrize("late", [False, True])
async def test_another_provider_steps_in(
    settings: Settings,
    provider: Scripted,
    other: Scripted,
    start: Start,
    reason: Reason,
    late: bool,
) -> None:
    settings.fallback_providers = ("tests.support.fallback_provider",)
    app, recorder = await start()
    if late:  # a provider without tickets asks only when it collects
        provider.tickets.append(Ticket(""))
    (provider.outcomes if late else provider.tickets).append(Failure(reason))
    wanted = Options(model="pro", size="4K", aspect_ratio="21:9")
    message = await recorder.final(await accepted(app, ask(options=wanted)))
    assert (message.status, message.model) == (Status.SUCCEEDED, "Other One")
    assert message.notes == (
        Note("made_elsewhere", {"provider": "Other", "wanted": "Scripted"}),
        Note("model_not_offered", {"asked": "Nano Banana Pro", "model": "Other One"}),
        Note("size_adjusted", {"model": "Other One", "asked": "4K", "size": "1K"}),
        Note("ratio_adjusted", {"model": "Other One", "asked": "21:9", "ratio": "16:9"}),
    )
    [request] = other.submitted
    assert (request.model, request.size, request.aspect_ratio) == ("other-1", "1K", "16:9")


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("reason", sorted(ELSEWHERE))
async def test_no_other_provider_is_asked_where_the_money_is_in_doubt(
    settings: Settings,
    provider: Scripted,
    other: Scripted,
    start: Start,
    reason: Reason,
    late: bool,
) -> None:
    settings.fallback_providers = ("tests.support.fallback_provider",)
    app, recorder = await start()
    if late:
        provider.tickets.append(Ticket(""))
    doubtful = Failure(reason, maybe_paid=True)
    (provider.outcomes if late else provider.tickets).append(doubtful)
    message = await recorder.final(await accepted(app, ask()))
    assert message.problem == doubtful.problem
    assert not other.submitted
    for locale, words in (
        ("en", "may have been made, and paid for"),
        ("zh_Hans", "可能已经画好并扣费"),
    ):
        assert words in render(message, locale)


@pytest.mark.parametrize(
    "reason", [Reason.REFUSED, Reason.NETWORK, Reason.TIMEOUT, Reason.PROVIDER_DOWN]
)
async def test_no_other_provider_is_asked_after_a_refusal_or_when_it_may_have_been_paid(
    settings: Settings, provider: Scripted, other: Scripted, start: Start, reason: Reason
) -> None:
    settings.fallback_providers = ("tests.support.fallback_provider",)
    app, recorder = await start()
    provider.outcomes.append(Failure(reason))
    message = await recorder.final(await accepted(app, ask()))
    assert message.problem
    assert message.problem.reason == reason.value
    assert other.submitted == []


async def test_a_kill_in_a_paid_call_of_the_other_provider_is_asked_about_too(
    settings: Settings, provider: Scripted, other: Scripted, start: Start
) -> None:
    settings.fallback_providers = ("tests.support.fallback_provider",)
    app, recorder = await start()
    provider.tickets.append(Failure(Reason.PROVIDER_DOWN))
    reached = asyncio.Event()

    async def never(request: Request) -> Ticket:
        other.submitted.append(request)
        reached.set()
        await asyncio.Event().wait()
        raise AssertionError

    submit, other.submit = other.submit, never  # type: ignore[method-assign]
    job_id = await accepted(app, ask())
    await reached.wait()
    app, recorder = await start()
    message = await recorder.final(job_id)
    assert message.problem
    assert (message.problem.reason, message.problem.retryable) == ("cut_off", True)
    assert len(other.submitted) == 1
    other.submit = submit  # type: ignore[method-assign]
    again = await accepted(app, ask("", "2", action=Action.AGAIN, target=job_id))
    assert (await recorder.final(again)).status is Status.SUCCEEDED


async def test_the_last_failure_is_told_when_all_are_down(
    settings: Settings, provider: Scripted, other: Scripted, start: Start
) -> None:
    settings.fallback_providers = ("tests.support.fallback_provider",)
    app, recorder = await start()
    provider.tickets.append(Failure(Reason.RATE_LIMITED))
    other.tickets.append(Failure(Reason.OUT_OF_CREDIT))
    message = await recorder.final(await accepted(app, ask()))
    assert message.problem
    assert message.problem.reason == "out_of_credit"


async def test_a_restart_goes_on_with_the_provider_that_has_the_ticket(
    settings: Settings, provider: Scripted, other: Scripted, start: Start
) -> None:
    settings.fallback_providers = ("tests.support.fallback_provider",)
    app, recorder = await start()
    provider.tickets.append(Failure(Reason.PROVIDER_DOWN))
    other.outcomes.append(asyncio.Event())
    job_id = await accepted(app, ask())
    await recorder.until(lambda _: other.collected)
    app, recorder = await start()
    assert (await recorder.final(job_id)).status is Status.SUCCEEDED
    assert (len(provider.submitted), len(other.submitted)) == (1, 1)
    assert [ticket.id for ticket, _ in other.collected] == ["ticket-1", "ticket-1"]
