"""Private stays private: every way that leads to a picture, by everybody, drawn at random."""

import random
from dataclasses import replace
from itertools import count

import pytest

from bot.domain.actions import Action
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import Job
from bot.domain.pictures import StoredPicture
from bot.domain.requests import Accepted, Address, Attachment, Incoming
from bot.engine.commands import Deletion
from bot.engine.permissions import may_see
from messages import Notice, Picture, Status, render_notice, render_problem
from tests.bot.engine.test_conversation import ask
from tests.bot.engine.test_intake import NOW, House, house

__all__ = ["house"]

PEOPLE = ("ada", "bob")
PLACES = ("room", "room:topic", "elsewhere")
SAID = (
    *("again", "make it warmer", "details", "history", "delete", "variations", "larger", "pro"),
    *("再来一张", "换成夜晚", "详情", "历史记录", "same but at night", "cancel", "models"),
)
ACTIONS = (
    *(Action.AGAIN, Action.PRO, Action.LARGER, Action.SMALLER, Action.VARY, Action.DETAILS),
    *(Action.DRAW, Action.HISTORY, Action.DELETE, Action.NOTIFY, Action.CANCEL, Action.KEEP),
)


class Crowd:
    """People who ask at random; every request has a word of its own, which all its heirs keep."""

    def __init__(self, house: House, seed: int) -> None:
        self.house = house
        self.random = random.Random(seed)
        self.jobs: dict[str, Job] = {}
        self.pictures: dict[str, Job] = {}
        self.numbers = count()

    async def step(self) -> tuple[Incoming, object]:
        incoming = self._incoming()
        answer = await self.house.settle(incoming)
        if isinstance(answer, Job):
            await self._finish(answer)
        return incoming, answer

    def _incoming(self) -> Incoming:
        pick, number = self.random.choice, next(self.numbers)
        asked = ask(
            event=str(number),
            requester=pick(PEOPLE),
            conversation=pick(PLACES),
            private=self.random.random() < 0.5,
        )
        way = pick(("new", "said", "button", "reply", "reply", "reference")) if self.jobs else "new"
        job = pick([*self.jobs.values()]) if self.jobs else None
        match way:
            case "new":
                return replace(asked, text=f"a castle of word{number}x")
            case "said":
                return replace(asked, text=pick(SAID))
            case "button":
                text = pick(("", "make it warmer", "a hat"))
                number = pick((1, 2))
                assert job is not None
                action = pick(ACTIONS)
                return replace(asked, action=action, target=job.id, text=text, number=number)
            case "reply":
                assert job is not None
                return replace(asked, text=pick(SAID), replied_to=job.address.message)
            case _:
                seen = [image for image, of in self.pictures.items() if may_see(of, asked)]
                given = (Attachment(image_id=pick(seen)),) if seen else ()
                return replace(asked, action=pick((Action.KEEP, Action.DRAW)), attachments=given)

    async def _finish(self, job: Job) -> None:
        message = Address("test", {}, f"message-{job.id}")
        images = tuple(each.image_id or "" for each in job.attachments)
        done = replace(job, status=Status.SUCCEEDED, address=message, references=images)
        number = len(self.jobs)
        done = replace(done, created_at=NOW + number)
        await self.house.history.add(done)
        picture = Picture(f"img_{number:012x}", "image/png", 1, 1, 1)
        kept = StoredPicture(picture, "p", "test", job.requester, job.id, NOW)
        await self.house.history.keep(kept)
        self.jobs[job.id], self.pictures[picture.image_id] = done, done

    def private_words(self, reader: str | None) -> set[str]:
        """What is in no request but private ones of other people than ``reader``."""
        words: dict[bool, set[str]] = {True: set(), False: set()}
        for job in self.jobs.values():
            hidden = job.private and job.requester != reader
            words[hidden] |= {word for word in job.prompt.split() if word.startswith("word")}
        return words[True] - words[False]


@pytest.mark.parametrize("seed", range(6))
async def test_nothing_private_is_answered_where_others_read(house: House, seed: int) -> None:
    crowd = Crowd(house, seed)
    refused = repeated = told = 0
    for _ in range(250):
        incoming, answer = await crowd.step()
        reader = incoming.requester if incoming.private else None
        hidden = crowd.private_words(reader)
        match answer:
            case Job():
                assert answer.private is incoming.private
                sources = [crowd.pictures[each.image_id or ""] for each in answer.attachments]
                if not incoming.private:
                    assert not any(source.private for source in sources)
                for source in sources:
                    assert not source.private or source.requester == incoming.requester
                text = f"{answer.text} {answer.prompt}"
                repeated += bool(incoming.private and (sources or incoming.action))
            case Notice():
                text = render_notice(answer, "en")
                told += "word" in text
            case Failure():
                text = render_problem(answer.problem, "en")
                refused += answer.reason is Reason.NOT_HERE
            case _:
                text = ""
        assert not [word for word in hidden if f"{word} " in f"{text.replace('(', ' ')} "], text
    assert refused > 3
    assert repeated > 10
    assert told > 10


async def private_one(house: House, **more: object) -> Job:
    job = await house.made(private=True, **more)
    assert (await house.history.job(job.id)) is not None
    return job


@pytest.mark.parametrize("text", ["again", "make it warmer", "details", "delete", "variations"])
async def test_a_mention_tells_nothing_of_what_is_private(house: House, text: str) -> None:
    await private_one(house)
    assert await house.refusal(ask(text, event="2")) is Reason.NOT_HERE
    alone = await house.settle(ask(text, event="3", private=True))
    assert isinstance(alone, Job | Notice | Deletion)
    if isinstance(alone, Job):
        assert alone.private


@pytest.mark.parametrize("action", [each for each in ACTIONS if each not in ("keep", "history")])
async def test_anothers_private_one_does_not_exist(house: House, action: Action) -> None:
    job = await private_one(house)
    other = ask("make it warmer", event="2", requester="bob", action=action, target=job.id)
    for incoming in (other, replace(other, moderator=True), replace(other, private=True)):
        missing = await house.settle(replace(incoming, target="job_never"))
        assert await house.settle(incoming) == missing == Failure(Reason.NOT_FOUND)


async def test_an_event_that_comes_again_is_the_same_job(house: House) -> None:
    job = await private_one(house)
    assert await house.settle(ask(event="made")) == Accepted(job.id, new=False)


async def test_the_history_in_public_has_only_what_was_public_there(house: House) -> None:
    for event, where, private in (("1", "room", False), ("2", "room", True), ("3", "far", False)):
        job = await house.job(ask(f"castle {event}", event=event, conversation=where))
        done = replace(job, status=Status.SUCCEEDED, private=private)
        await house.history.add(done)
    public = await house.settle(ask("history", event="4"))
    assert isinstance(public, Notice)
    assert public.facts["entries"] == ["castle 1 · Nano Banana 2.1"]
    private = await house.settle(ask("history", event="5", private=True))
    assert isinstance(private, Notice)
    assert len(private.facts["entries"]) == 3  # type: ignore[arg-type]


async def test_a_private_picture_that_was_put_aside_is_used_in_private_only(house: House) -> None:
    job = await private_one(house)
    picture = (await house.history.pictures_of([job.id]))[job.id][0]
    keep = ask("", event="2", action=Action.KEEP, private=True)
    await house.settle(replace(keep, attachments=(Attachment(image_id=picture.image_id),)))
    for changed in ("make it warmer", "换成夜晚"):
        assert await house.refusal(ask(changed, event="3")) is Reason.NOT_HERE
    assert (await house.job(ask("a dog", event="4"))).attachments == ()
    used = await house.job(ask("make it warmer", event="5", private=True))
    assert used.attachments == (Attachment(image_id=picture.image_id),)
    assert await house.intake.is_for_one(ask("a dog", event="6", action=Action.DRAW))


async def test_nor_is_it_told_that_a_private_one_is_not_finished(house: House) -> None:
    job = await house.job(ask(private=True))
    await house.history.add(job)
    edit = ask("make it warmer", event="2", action=Action.DRAW, target=job.id)
    assert await house.refusal(edit) is Reason.NOT_HERE
    assert await house.refusal(replace(edit, private=True)) is Reason.NOT_READY
