"""Uploads that nothing works from are found, whoever may work from them, and only those."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.failures import Failure, Reason
from bot.domain.pictures import StoredPicture
from bot.domain.requests import Attachment
from bot.images import uploads
from bot.images.library import Library
from bot.images.store import ImageStore
from bot.images.uploads import UNUSED_SECONDS, UnusedUploads
from bot.storage.database import Database
from bot.storage.jobs import JobStore
from bot.storage.pending_attachments import PendingAttachments
from messages import Picture
from tests.bot.domain.test_protocol import JOB
from tests.support.scripted import png

NOW = 1_000_000.0


class House:
    """A store of pictures with its rooms."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.history = JobStore(database)
        self.pending = PendingAttachments(database)
        self.library = Library(
            ImageStore(folder.as_uri()), self.history, lambda: NOW, upload_limit=1000
        )
        self.library.open("secret")
        self.uploads = UnusedUploads(database, self.pending, self.library)

    async def upload(self, number: int, at: float, requester: str = "ada", size: int = 1) -> str:
        identity = f"img_{number:012x}"
        picture = Picture(identity, "image/png", 1, 1, size)
        path = f"references/2026-01-01/{identity}.png"
        await self.history.keep(StoredPicture(picture, path, "test", requester, None, at))
        return identity


@pytest.fixture(params=["sqlite", "postgresql"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    url = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    database = Database(url)
    await asyncio.to_thread(database.migrate)
    yield House(database, tmp_path / "media")
    await database.close()


@pytest.mark.parametrize("seed", range(5))
async def test_a_sweep_takes_what_nothing_uses(
    house: House, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(uploads, "SLICE", 7)
    chance = random.Random(seed)
    unused: set[str] = set()
    for number in range(40):
        at = NOW - chance.uniform(0, 3) * UNUSED_SECONDS
        who = chance.choice(["ada", "bob"])
        identity = await house.upload(number, at, who)
        job = replace(JOB, id=f"job_{number}", created_at=at + chance.uniform(0, 2) * 86400)
        match chance.randrange(5):
            case 0:
                await house.history.add(replace(job, references=(identity,)))
            case 1:  # another person's repetition
                pointed = (Attachment(image_id=identity), Attachment(url="https://x/y.png"))
                await house.history.add(replace(job, requester="eve", attachments=pointed))
            case 2:
                waits = [Attachment(image_id=identity)]
                await house.pending.add("test", f"p{number}", "room", waits, NOW)
            case _ if at < NOW - UNUSED_SECONDS:
                unused.add(identity)
    before = NOW - UNUSED_SECONDS
    there = {*await house.history.pictures_by("test", "ada")}
    there |= {*await house.history.pictures_by("test", "bob")}
    assert await house.uploads.sweep(0.0, before) == len(unused)
    left = {*await house.history.pictures_by("test", "ada")}
    left |= {*await house.history.pictures_by("test", "bob")}
    assert there - left == unused
    assert await house.uploads.sweep(0.0, before) == 0


async def test_of_a_request_only_what_became_of_nothing_is_removed(house: House) -> None:
    used, waits, nothing = [await house.upload(number, NOW) for number in range(3)]
    await house.history.add(replace(JOB, requester="ada", created_at=NOW, references=(used,)))
    await house.pending.add("test", "ada", "room", [Attachment(image_id=waits)], NOW)
    ids = [used, waits, nothing]
    assert await house.uploads.remove_unused("test", "ada", ids, NOW) == 1
    assert sorted(await house.history.pictures_by("test", "ada")) == [used, waits]


async def test_a_person_may_send_so_much_a_day(house: House) -> None:
    data = png()
    await house.upload(1, NOW - 86401, size=900)
    await house.upload(2, NOW - 86399, size=900 - len(data))
    await house.upload(3, NOW, "bob", size=1000)
    assert isinstance(await house.library.keep_upload("test", "ada", data), Picture)
    await house.upload(4, NOW, size=101)
    refused = await house.library.keep_upload("test", "ada", data)
    assert isinstance(refused, Failure)
    assert refused.reason is Reason.TOO_MUCH_SENT
