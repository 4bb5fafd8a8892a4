"""What an adapter is given: each question names who looks, and where."""

import asyncio

from bot.domain.requests import Viewer
from messages import Picture, Status
from tests.bot.engine.test_conversation import Start, accepted, ask
from tests.support.scripted import Scripted, png

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


async def test_some_of_a_jobs_pictures_are_deleted_by_who_may(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    job_id = await accepted(app, ask(event="1"))
    [made] = (await recorder.final(job_id)).pictures
    moderator = Viewer("test", "eve", "room", moderator=True)
    assert await app.bot.delete_pictures([made.image_id], OTHER) == 0
    upload = await app.bot.keep_upload(HERE, png())
    assert isinstance(upload, Picture)
    provider.outcomes.append(asyncio.Event())
    running = await accepted(app, ask(event="2"))
    assert await app.bot.delete_pictures([upload.image_id, "img_none"], HERE) == 0
    assert await app.bot.delete_pictures([made.image_id], moderator) == 1
    assert await app.bot.job(job_id, HERE) is None
    await app.bot.cancel(running, HERE)


async def test_favourites_and_words_are_the_persons_own(start: Start) -> None:
    app, recorder = await start()
    job_id = await accepted(app, ask("a red boat", event="1"))
    [made] = (await recorder.final(job_id)).pictures
    assert not await app.bot.mark_favourite(made.image_id, OTHER, favourite=True)
    assert await app.bot.mark_favourite(made.image_id, HERE, favourite=True)
    assert await app.bot.favourites([made.image_id, "img_none"], HERE) == {made.image_id}
    assert not await app.bot.favourites([made.image_id], OTHER)
    for words, favourites, found in (
        ("RED boat", True, [job_id]),
        ("red ship", False, []),
        ("", True, [job_id]),
    ):
        page = await app.bot.history(HERE, words=words, favourites=favourites)
        assert [job.id for job in page.jobs] == found
    assert not (await app.bot.history(OTHER, favourites=True)).jobs


async def test_versions_are_what_a_picture_comes_from_and_what_came_of_it(start: Start) -> None:
    app, recorder = await start()
    line = []
    target = None
    for number, words in enumerate(("a boat", "make it warmer", "make it bluer")):
        asked = ask(words, event=str(number), target=target)
        line.append(await accepted(app, asked))
        target = line[-1]
        await recorder.final(target)
    other = await accepted(app, ask("make it dark", event="other", target=line[0]))
    await recorder.final(other)
    versions = [job.id for job in await app.bot.versions(line[1], HERE)]
    assert versions == [*line, other]
    # Somebody else is told of what it comes from, and of what they made themselves.
    assert [job.id for job in await app.bot.versions(line[1], OTHER)] == line[:2]
    assert not await app.bot.versions("job_none", HERE)
