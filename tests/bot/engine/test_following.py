"""A change of a picture that is still being made: it waits for that, and is lost by nothing."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.app import App
from bot.domain import protocol
from bot.domain.actions import Action
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import Parent
from bot.domain.requests import Options
from bot.engine.engine import Engine
from bot.settings import Settings
from messages import Message, Notice, Status, render
from tests.bot.engine.test_conversation import accepted, ask
from tests.support.scripted import Recorder, Scripted

Start = Callable[[], Awaitable[tuple[App, Recorder]]]

WAITS = "OK, I will change it as soon as the picture is ready."
CHANGES = [
    "oh wait, make it a winter scene instead",
    "sorry, forgot: the dress should be emerald green",
    "等等，头发要蓝色的",
    "あ、やっぱ犬じゃなくて狼にして",
    "16:9",
]


async def begun(app: App, provider: Scripted, **more: object) -> str:
    """A job that is being made, until its event is set or its outcome is there."""
    job_id = await accepted(app, ask(event="first", **more))
    async with asyncio.timeout(60):
        while all(request.key != job_id for _, request in provider.collected):
            await asyncio.sleep(0.01)
    return job_id


def about(recorder: Recorder, job_id: str) -> list[Message]:
    return [message for message in recorder.shown if message.job_id == job_id]


async def waits(recorder: Recorder, job_id: str) -> None:
    """Wait until the person has read that it does."""
    await recorder.until(lambda shown: any(m.job_id == job_id and m.follows for m in shown))


@pytest.mark.parametrize("words", CHANGES)
async def test_a_change_begins_when_the_picture_is_there(
    start: Start, provider: Scripted, words: str
) -> None:
    app, recorder = await start()
    done = asyncio.Event()
    provider.outcomes.append(done)
    first = await begun(app, provider, options=Options(size="2K", aspect_ratio="4:3"))
    change = await accepted(app, ask(words, "2"))
    await waits(recorder, change)
    assert len(provider.submitted) == 1
    assert render(about(recorder, change)[0], "en").splitlines()[0] == WAITS
    assert app.workflows.running == 1
    done.set()
    shown, made = await recorder.final(first), await recorder.final(change)
    assert (shown.status, made.status) == (Status.SUCCEEDED, Status.SUCCEEDED)
    [_, request] = provider.submitted
    assert [each.image_id for each in request.references] == [shown.pictures[0].image_id]
    assert (request.key, request.size) == (change, "2K")
    assert request.aspect_ratio == ("16:9" if words == "16:9" else None)
    job = await app.history.job(change)
    assert job is not None
    assert (job.text, job.parent) == (words, Parent(first, 1, 1, Action.DRAW))
    assert not made.follows


async def test_the_same_on_postgresql(
    settings: Settings, provider: Scripted, start: Start, postgres_url: str
) -> None:
    settings.database_url = postgres_url
    await test_a_change_begins_when_the_picture_is_there(start, provider, CHANGES[0])


async def test_a_reply_to_what_is_being_made_is_a_change_of_that(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    done = asyncio.Event()
    provider.outcomes.append(done)
    first = await begun(app, provider)
    await recorder.until(lambda shown: shown)
    other = await accepted(app, ask("a red barn", "other"))
    await recorder.final(other)
    reply = ask("make it warmer", "2", replied_to=f"message-{first}")
    change = await accepted(app, reply)
    assert await accepted(app, reply) == change  # delivered again
    await waits(recorder, change)
    done.set()
    await recorder.final(change)
    job = await app.history.job(change)
    assert job is not None
    assert job.parent is not None
    assert job.parent.job_id == first
    assert [request.key for request in provider.submitted] == [first, other, change]


async def test_a_change_of_a_picture_that_is_not_made_fails(
    start: Start, provider: Scripted
) -> None:
    """And so does a change of that change; neither is paid."""
    app, recorder = await start()
    gate = asyncio.Event()
    provider.outcomes.append(gate)
    first = await begun(app, provider)
    changes = [await accepted(app, ask(f"make it {n}", n)) for n in ("warmer", "brighter")]
    for change in changes:
        await waits(recorder, change)
    assert await app.engine.cancel(first)
    for change in changes:
        message = await recorder.final(change)
        assert message.status is Status.FAILED
        assert message.problem is not None
        assert message.problem.reason == Reason.NOTHING_TO_CHANGE
        assert "The picture that this was to change was not made." in render(message, "en")
    again = await recorder.final(await accepted(app, ask("again", "3")))
    assert again.problem is not None
    assert again.problem.reason == Reason.NOTHING_TO_CHANGE
    assert len(provider.submitted) == 1


async def test_a_change_waits_for_a_picture_that_fails_later(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    provider.outcomes.append(asyncio.Event())
    await begun(app, provider)
    change = await accepted(app, ask("make it warmer", "2"))
    await waits(recorder, change)
    provider.outcomes.append(Failure(Reason.REFUSED))
    app, recorder = await start()  # what it collects now is refused
    message = await recorder.final(change)
    assert message.problem is not None
    assert message.problem.reason == Reason.NOTHING_TO_CHANGE


async def test_changes_of_changes_are_made_in_their_order(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    done = asyncio.Event()
    provider.outcomes.append(done)
    first = await begun(app, provider)
    warmer = await accepted(app, ask("make it warmer", "2"))
    brighter = await accepted(app, ask("make it brighter", "3"))
    done.set()
    for change in (warmer, brighter):
        assert (await recorder.final(change)).status is Status.SUCCEEDED
    assert [request.key for request in provider.submitted] == [first, warmer, brighter]
    [reference] = provider.submitted[2].references
    kept = await app.history.picture(reference.image_id)
    assert kept is not None
    assert kept.job_id == warmer


async def test_a_change_that_waits_can_be_cancelled(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    done = asyncio.Event()
    provider.outcomes.append(done)
    first = await begun(app, provider)
    change = await accepted(app, ask("make it warmer", "2"))
    await waits(recorder, change)
    assert await app.engine.receive(ask("cancel", "3")) == Notice("cancelled")
    assert (await recorder.final(change)).status is Status.CANCELLED
    done.set()
    assert (await recorder.final(first)).status is Status.SUCCEEDED
    await recorder.final(await accepted(app, ask("a red barn", "4")))
    assert [request.prompt for request in provider.submitted] == ["a lighthouse", "a red barn"]


async def test_a_change_that_waits_takes_no_place(start: Start, provider: Scripted) -> None:
    """Neither among what runs nor in the queue; but of what a person may have open it is a part."""
    app, recorder = await start()
    gates = [asyncio.Event() for _ in range(20)]
    provider.outcomes.extend(gates)
    await begun(app, provider)
    change = await accepted(app, ask("make it warmer", "2"))
    await waits(recorder, change)
    more = [await accepted(app, ask("a red barn", f"more {n}")) for n in range(3)]
    await recorder.until(lambda shown: any(m.job_id == more[2] and m.position for m in shown))
    assert [m.position for m in about(recorder, more[2])][-1] == 1
    await recorder.until(lambda _: len(provider.collected) == protocol.RUNNING_PER_PERSON)
    notice = await app.engine.receive(ask("how much longer?", "3"))
    assert isinstance(notice, Notice)
    keys = [entry.key for entry in notice.facts["entries"]]  # type: ignore[attr-defined]
    running, waiting = "status_running", "status_waiting"
    assert keys == [running, "status_following", running, running, waiting]
    for number in range(protocol.OPEN_PER_PERSON - 5):
        await accepted(app, ask("make it warmer", f"change {number}"))
    refused = await app.engine.receive(ask("make it warmer", "one more"))
    assert isinstance(refused, Failure)
    assert refused.reason is Reason.QUEUE_FULL
    for gate in gates:
        gate.set()
    assert (await recorder.final(change)).status is Status.SUCCEEDED


async def test_a_restart_while_it_waits_loses_nothing(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    provider.outcomes.append(asyncio.Event())
    first = await begun(app, provider)
    change = await accepted(app, ask("make it warmer", "2"))
    await waits(recorder, change)
    app, recorder = await start()
    assert (await recorder.final(change)).status is Status.SUCCEEDED
    assert [request.key for request in provider.submitted] == [first, change]


@pytest.mark.parametrize("ended", [None, Failure(Reason.REFUSED)])
async def test_what_waited_for_a_picture_whose_end_began_nothing_is_begun_by_the_next_start(
    start: Start, provider: Scripted, monkeypatch: pytest.MonkeyPatch, ended: Failure | None
) -> None:
    async def killed(engine: Engine, job_id: str) -> None:
        """The process has ended just before."""

    with monkeypatch.context() as before:
        before.setattr(Engine, "_begin_following", killed)
        app, recorder = await start()
        done = asyncio.Event()
        provider.outcomes.append(done)
        first = await begun(app, provider)
        change = await accepted(app, ask("make it warmer", "2"))
        await waits(recorder, change)
        if ended is None:
            done.set()
        else:
            assert await app.engine.cancel(first)
        await recorder.final(first)
    app, recorder = await start()
    message = await recorder.final(change)
    assert message.status is (Status.FAILED if ended else Status.SUCCEEDED)
    assert len(provider.submitted) == (1 if ended else 2)


async def test_what_nothing_certain_is_said_of_does_not_wait(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    done = asyncio.Event()
    provider.outcomes.append(done)
    first = await begun(app, provider)

    async def refusal(*asked: object, **more: object) -> Reason | str:
        answer = await app.engine.receive(ask(*asked, **more))  # type: ignore[arg-type]
        return answer.reason if isinstance(answer, Failure) else getattr(answer, "key", "job")

    edit = {"action": Action.DRAW, "target": first}
    assert await refusal("make it warmer", "2", **edit) is Reason.NOT_READY
    assert await refusal("in watercolor", "3") is Reason.NOT_READY
    reply = {"replied_to": f"message-{first}", "requester": "bob"}
    assert await refusal("make it warmer", "4", **reply) is Reason.NOT_READY
    for words in ("make picture 2 warmer", "make the previous one warmer"):
        assert await refusal(words, words) is Reason.NOT_READY
    assert await refusal("no rush", "5") == "smalltalk"
    change = await accepted(app, ask("make it warmer", "6"))
    await waits(recorder, change)
    repeat = {"action": Action.AGAIN, "target": change, "requester": "bob"}
    assert await refusal("", "7", **repeat) is Reason.NOT_READY
    done.set()
    await recorder.final(change)
    assert len(provider.submitted) == 2


async def test_of_several_pictures_none_is_changed_unseen(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    done = asyncio.Event()
    provider.outcomes.append(done)
    first = await begun(app, provider, options=Options(count=2))
    answer = await app.engine.receive(ask("make it warmer", "2"))
    assert isinstance(answer, Failure)
    assert answer.reason is Reason.NOT_READY
    done.set()
    await recorder.final(first)


async def test_a_private_picture_is_not_changed_in_public(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    done = asyncio.Event()
    provider.outcomes.append(done)
    first = await begun(app, provider, private=True)
    answer = await app.engine.receive(ask("make it warmer", "2"))
    assert isinstance(answer, Failure)
    change = await accepted(app, ask("make it warmer", "3", private=True))
    done.set()
    assert (await recorder.final(change)).status is Status.SUCCEEDED
    job = await app.history.job(change)
    assert job is not None
    assert job.private
    await recorder.final(first)


async def test_what_was_deleted_is_not_changed(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    provider.outcomes.append(asyncio.Event())
    first = await begun(app, provider)
    change = await accepted(app, ask("make it warmer", "2"))
    await waits(recorder, change)
    assert await app.engine.delete(first)
    message = await recorder.final(change)
    assert message.problem is not None
    assert message.problem.reason == Reason.NOTHING_TO_CHANGE


async def test_an_unsure_change_offers_a_new_picture(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    provider.outcomes.append(asyncio.Event())
    await begun(app, provider)
    words = "やっぱ夜っぽくして"
    change = await accepted(app, ask(words, "2"))
    await waits(recorder, change)
    job = await app.history.job(change)
    assert job is not None
    assert [note.key for note in job.notes] == [protocol.READ_AS_CHANGE]
