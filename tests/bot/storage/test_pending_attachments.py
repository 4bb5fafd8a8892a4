"""Pictures that are put aside."""

import asyncio

from bot.domain.requests import Attachment
from bot.storage.database import Database
from bot.storage.pending_attachments import MOST_PENDING, PENDING_SECONDS, PendingAttachments

WHO = ("test", "ada", "room")


async def test_pictures_put_aside_at_once_in_several_processes_are_all_kept(url: str) -> None:
    databases = [Database(url) for _ in range(3)]
    await asyncio.to_thread(databases[0].migrate)
    names = [f"{number}.png" for number in range(9)]
    adding = [
        PendingAttachments(databases[number % 3]).add(*WHO, [Attachment(name)], now=1000.0)
        for number, name in enumerate(names)
    ]
    await asyncio.gather(*adding)
    pending = PendingAttachments(databases[0])
    assert sorted(one.name for one in await pending.of(*WHO, 1000.0)) == names
    assert await pending.of("test", "ada", "elsewhere", 1000.0) == ()
    for database in databases:
        await database.close()


async def test_they_wait_for_a_while_and_are_only_so_many(url: str) -> None:
    database = Database(url)
    await asyncio.to_thread(database.migrate)
    pending = PendingAttachments(database)
    await pending.add(*WHO, [Attachment("old.png")], now=1000.0)
    late = 1000.0 + PENDING_SECONDS
    assert await pending.of(*WHO, late) == ()
    many = [Attachment(f"{number}.png") for number in range(MOST_PENDING + 1)]
    await pending.add(*WHO, many, now=late)
    await pending.add(*WHO, many[-1:], now=late + 1)  # the same one waits once
    assert await pending.of(*WHO, late + 2) == tuple(many[1:])
    await database.close()
