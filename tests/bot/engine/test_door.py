"""What an adapter is given: each question names who looks, and where."""

import asyncio

from bot.domain.requests import Viewer
from messages import Status
from tests.bot.engine.test_conversation import Start, accepted, ask
from tests.support.scripted import Scripted

HERE = Viewer("test", "ada", "room")
OTHER = Viewer("test", "bob", "room")
ALONE = Viewer("test", "ada", "alone", private=True)


async def test_what_its_platform_takes_back_is_stopped(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    provider.outcomes.append(asyncio.Event())
    job_id = await accepted(app, ask(event="asked"))
    assert not await app.bot.withdraw("asked", "another platform")
    assert await app.bot.withdraw("asked", "test")
    assert (await recorder.final(job_id)).status is Status.CANCELLED
    assert not await app.bot.withdraw("asked", "test")
    assert not await app.bot.withdraw("never asked", "test")


async def test_what_may_be_listed_where_somebody_is(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    public = await accepted(app, ask(event="1"))
    await recorder.final(public)
    secret = await accepted(app, ask(event="2", private=True, conversation="alone"))
    await recorder.final(secret)
    provider.outcomes.append(asyncio.Event())
    running = await accepted(app, ask(event="3"))
    listed = {
        (job_id, viewer.conversation, viewer.requester): await app.bot.listed(job_id, viewer)
        for job_id in (public, secret, "job_none")
        for viewer in (HERE, ALONE, OTHER)
    }
    assert {key for key, job in listed.items() if job} == {
        (public, "room", "ada"),
        (public, "alone", "ada"),
        (public, "room", "bob"),
        (secret, "alone", "ada"),
    }
    made = await app.bot.history(ALONE, succeeded=True)
    assert [job.id for job in made.jobs] == [secret, public]
    assert [job.id for job in (await app.bot.history(HERE)).jobs] == [running, public]
    await app.bot.cancel(running, HERE)


async def test_a_message_about_a_job_is_known(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    job_id = await accepted(app, ask())
    await recorder.final(job_id)
    assert not await app.bot.has_message("further", "test")
    await app.bot.add_message("further", job_id, "test")
    assert await app.bot.has_message("further", "test")
    assert not await app.bot.has_message("further", "another platform")
    job = await app.bot.job_of_message("further", HERE)
    assert job is not None
    assert job.id == job_id
    assert await app.bot.job_of_message("further", Viewer("test", "eve", "elsewhere")) is None
