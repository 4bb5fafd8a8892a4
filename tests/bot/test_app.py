"""Keeping house: what is old goes, what is needed stays."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from bot.app import HOUSEKEEPING, App
from bot.runtime.executor_lock import ExecutorLock
from bot.settings import Settings
from tests.bot.engine.test_conversation import accepted, ask
from tests.support.scripted import Recorder, Scripted

Start = Callable[[], Awaitable[tuple[App, Recorder]]]
DAY = 24 * 3600.0


async def test_old_records_go_and_the_history_stays(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    job_id = await accepted(app, ask())
    message = await recorder.final(job_id)
    while not (await app.workflows.over([job_id]))[1]:
        await asyncio.sleep(0.02)
    await app.keep_house()
    assert await app.workflows.over([job_id]) == (set(), {job_id})
    app.clock = lambda: time.time() + 8 * DAY
    await app.keep_house()
    assert await app.workflows.over([job_id]) == ({job_id}, set())
    assert await app.history.job(job_id)
    assert await app.history.picture(message.pictures[0].image_id)


async def test_pictures_go_after_their_retention(
    start: Start, provider: Scripted, settings: Settings
) -> None:
    settings.media_retention_days = 3
    app, recorder = await start()
    [picture] = (await recorder.final(await accepted(app, ask()))).pictures
    kept = await app.history.picture(picture.image_id)
    assert kept
    app.clock = lambda: time.time() + 2 * DAY
    await app.keep_house()
    assert await app.media.read(kept.path)
    app.clock = lambda: time.time() + 4 * DAY
    await app.keep_house()
    assert await app.media.read(kept.path) is None
    assert await app.history.picture(picture.image_id) is None


async def test_one_process_at_a_time_keeps_house(start: Start) -> None:
    app, _ = await start()
    other = ExecutorLock(app.database, HOUSEKEEPING)
    await asyncio.to_thread(other.take)
    assert not await app.keep_house()
    await asyncio.to_thread(other.release)
    assert await app.keep_house()
    assert await app.keep_house()  # it has given the name back


async def test_links_need_a_public_address(start: Start, settings: Settings) -> None:
    app, _ = await start()
    assert await app.link("img_0123456789ab") is None
    settings.web_public_url = "https://pictures.example/"
    assert await app.link("img_0123456789ab") == "https://pictures.example/media/img_0123456789ab"
