"""Nothing of what was deleted is left: looked for in every byte of the data folder."""

import asyncio
import random
import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import App
from bot.domain.actions import Action
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import Job
from bot.domain.requests import Attachment, Incoming, Options
from bot.engine import deletion
from bot.ports import Event, Notice
from bot.settings import Settings
from messages import Status
from tests.bot.engine.test_conversation import Start, accepted, ask
from tests.support.scripted import Recorder, Scripted, png


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletion, "TOLD_SECONDS", 0.0)


class Person:
    """Somebody all of whose requests have words of their own, as have their pictures."""

    def __init__(self, app: App, recorder: Recorder, name: str) -> None:
        self.app, self.recorder, self.name = app, recorder, name
        self.number = 0

    def words(self, number: int | None = None) -> str:
        return f"marmalade-{self.name}-{self.number if number is None else number}-end"

    def next(self, **more: object) -> Incoming:
        self.number += 1
        event = f"{self.name}:{self.number}"
        text = f"a jar of {self.words()} " * 20
        return ask(text, event=event, requester=self.name, conversation="room", **more)

    async def draw(self, **more: object) -> str:
        job_id = await accepted(self.app, self.next(**more))
        await self.recorder.final(job_id)
        return job_id

    async def edit(self) -> str:
        """From an uploaded picture, in which the words stand as well."""
        request = self.next()
        self.recorder.attachments[request.event_id] = png() + b"\0" + self.words().encode()
        picture = Attachment(name=self.words(), data={"key": request.event_id})
        job_id = await accepted(self.app, replace(request, attachments=(picture,)))
        await self.recorder.final(job_id)
        return job_id

    async def fail(self, provider: Scripted) -> str:
        words = f"We do not draw {self.words(self.number + 1)}."
        provider.outcomes.append(Failure(Reason.REFUSED, explanation=words, detail=words))
        return await self.draw()


def remains(settings: Settings, words: Iterable[str]) -> list[str]:
    """Which of the words are in a file of the data folder, or in its name."""
    everything = b"".join(
        str(path).encode() + path.read_bytes()
        for path in sorted(Path(settings.data_dir).rglob("*"))
        if path.is_file()
    )
    assert b"SQLite format 3" in everything
    return [word for word in words if word.encode() in everything]


async def rows(app: App) -> str:
    """Every row of every table, also of those of the durable engine."""

    def read() -> str:
        connection = sqlite3.connect(str(app.database.url.database))
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        found = [connection.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in names]
        connection.close()
        return str(found)

    return await asyncio.to_thread(read)


async def settle(app: App) -> None:
    """What goes on beside has ended."""
    for _ in range(3000):
        working = [task for task in app.engine._tasks if not task.done()]
        if all("_tell_late" in str(task.get_coro()) for task in working):  # that never ends
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it goes on")


async def ended(app: App, job_id: str) -> None:
    """The job's workflow has noted its end, which is just after the last message."""
    for _ in range(3000):
        if (await app.engine._workflows.over([job_id]))[1]:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it does not end")


@pytest.mark.parametrize("kind", ["draw", "edit", "fail", "extra", "again"])
async def test_nothing_of_a_deleted_request_is_left(
    start: Start, provider: Scripted, settings: Settings, kind: str
) -> None:
    app, recorder = await start()
    ada, bob = (Person(app, recorder, name) for name in ("ada", "bob"))
    await bob.edit()
    match kind:
        case "edit":
            job_id = await ada.edit()
        case "fail":
            job_id = await ada.fail(provider)
        case "extra":
            job_id = await ada.draw(options=Options(extra={"style": ada.words(1)}))
        case _:
            job_id = await ada.draw()
    assert remains(settings, [ada.words()])
    await ended(app, job_id)
    await app.engine.delete(job_id)
    assert ada.words() not in await rows(app)
    await settle(app)
    found = await rows(app)
    assert ada.words() not in found
    assert job_id in found  # so that the event is no new request
    assert ":ada" not in found
    await app.keep_house()
    assert remains(settings, [ada.words()]) == []
    assert remains(settings, [bob.words()]) == [bob.words()]
    assert [address.message for address in recorder.removed] == [f"message-{job_id}"]


async def test_nothing_names_a_person_who_is_forgotten(
    start: Start, provider: Scripted, settings: Settings
) -> None:
    """Requests of every kind, one of them running, and what else is stored of people."""
    app, recorder = await start()
    ada, bob = (Person(app, recorder, name) for name in ("ada-lovelace", "bob-builder"))
    for person in (ada, bob):
        await person.draw()
        await person.edit()
        await person.fail(provider)
        await app.engine.delete(await person.draw())
        await app.engine.receive(person.next(action=Action.PREFER, options=Options(size="2K")))
        sent = Event(person.name, "MESSAGE_CREATE", person.name, f'"{person.words()}"', 1e12)
        await app.inbox.put("test", sent)
        await app.outbox.put("test", person.name, person.name, {"card": person.words()}, 1e12)
        await app.engine.keep_upload("test", person.name, png())
        provider.outcomes.append(asyncio.Event())
        running = await accepted(app, person.next())
        await recorder.until(
            lambda shown, job_id=running: any(  # type: ignore[misc]
                m.job_id == job_id and m.status is Status.RUNNING for m in shown
            )
        )
        keep = replace(
            person.next(action=Action.KEEP), attachments=(Attachment(data={"key": person.words()}),)
        )
        assert isinstance(await app.engine.receive(keep), Notice)
    forget = ask("yes", event="forget", requester=ada.name, action=Action.FORGET_ME)
    answer = await app.engine.receive(forget)
    assert isinstance(answer, Notice)
    assert answer.key == "forgot_you"
    await settle(app)
    found = await rows(app)
    assert ada.name not in found
    assert "marmalade-ada" not in found
    assert bob.name in found
    await app.keep_house()
    assert remains(settings, [ada.name, "marmalade-ada"]) == []
    assert remains(settings, [bob.name]) == [bob.name]


async def test_what_a_crash_leaves_the_next_housekeeping_removes(
    start: Start, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, recorder = await start()
    ada = Person(app, recorder, "ada")
    job_id = await ada.edit()
    with monkeypatch.context() as crash:
        crash.setattr(deletion, "TOLD_SECONDS", 3600.0)
        await app.engine.delete(job_id)
        app, recorder = await start()
    assert "'ada'" in await rows(app)
    await app.keep_house()
    assert "'ada'" not in await rows(app)
    assert remains(settings, [ada.words(), ":ada"]) == []
    assert [address.message for address in recorder.removed] == [f"message-{job_id}"]


async def test_an_upload_goes_with_the_last_request_that_needs_it(start: Start) -> None:
    app, recorder = await start()
    ada = Person(app, recorder, "ada")
    first = await ada.edit()
    again = ask("", event="again", requester="ada", action=Action.AGAIN, target=first)
    second = await accepted(app, again)
    await recorder.final(second)
    job = await app.history.job(first)
    assert job
    [upload] = job.references
    await app.engine.delete(first)
    assert await app.history.picture(upload)
    await app.engine.delete(second)
    assert await app.history.picture(upload) is None


async def test_anothers_picture_stays_when_it_was_worked_from(start: Start) -> None:
    app, recorder = await start()
    ada, bob = (Person(app, recorder, name) for name in ("ada", "bob"))
    made = await ada.draw()
    change = ask("make it warmer", event="c", requester="bob", action=Action.DRAW, target=made)
    changed = await accepted(app, change)
    await recorder.final(changed)
    await bob.edit()
    await app.engine.delete(changed)
    assert (await app.history.pictures_of([made]))[made]
    assert len(await app.history.pictures_by("test", "bob")) == 2


async def test_a_picture_that_comes_after_its_request_was_deleted_is_not_kept(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, recorder = await start()
    ada, begun, go_on = Person(app, recorder, "ada"), asyncio.Event(), asyncio.Event()
    request = ada.next()
    recorder.attachments[request.event_id] = png()

    async def slowly(attachment: Attachment) -> bytes | Failure:
        begun.set()
        await go_on.wait()
        return recorder.attachments[request.event_id]

    monkeypatch.setattr(recorder, "read", slowly)
    picture = Attachment(data={"key": request.event_id})
    job_id = await accepted(app, replace(request, attachments=(picture,)))
    await begun.wait()
    await app.engine.delete(job_id)
    go_on.set()
    await settle(app)
    assert await app.history.pictures_by("test", "ada") == []


async def test_deleted_rows_are_overwritten_however_they_were_moved(
    start: Start, settings: Settings
) -> None:
    """Rows of many lengths, changed and deleted at random, while pages split and join."""
    app, _ = await start()
    drawn = random.Random(5)
    template = await _template(app)
    alive: dict[str, str] = {}
    gone = []
    for number in range(600):
        words = f"marmalade-{number}-end"
        job = replace(template, id=f"job_{drawn.getrandbits(80):x}", requester=f"who-{number}-end")
        await app.history.add(replace(job, text=words + "x" * drawn.choice((1, 90, 900, 9000))))
        alive[job.id] = words
        if drawn.random() < 0.6:
            job_id = drawn.choice([*alive])
            await app.engine.eraser.delete(job_id)
            gone.append(alive.pop(job_id))
    await app.keep_house()
    assert remains(settings, gone) == []
    assert remains(settings, alive.values()) == [*alive.values()]
    assert remains(settings, [f"who-{word.split('-')[1]}-end" for word in gone]) == []


async def _template(app: App) -> Job:
    job_id = await accepted(app, ask("a lighthouse", event="template"))
    job = await app.history.job(job_id)
    assert job
    return replace(job, status=Status.SUCCEEDED)


async def test_cleaning_disturbs_nobody(start: Start) -> None:
    app, recorder = await start()
    ada = Person(app, recorder, "ada")
    deleting = [await ada.draw() for _ in range(3)]
    await asyncio.gather(
        *(app.engine.delete(job_id) for job_id in deleting),
        *(app.database.clean() for _ in range(3)),
        *(ada.draw() for _ in range(5)),
    )
    await app.database.clean()
    assert len(await app.history.jobs_of("test", "ada")) == 5
