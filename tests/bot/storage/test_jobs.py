"""Jobs and pictures, found again."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.actions import Action
from bot.domain.jobs import Job, Parent
from bot.domain.pictures import StoredPicture
from bot.domain.preferences import Preference
from bot.domain.requests import Address, Attachment
from bot.storage.database import Database
from bot.storage.jobs import JobStore
from bot.storage.preferences import Preferences
from messages import Cost, Note, Picture, Problem, Status
from tests.bot.domain.test_protocol import JOB


@pytest.fixture
def history(database: Database) -> JobStore:
    return JobStore(database)


FULL = replace(
    JOB,
    address=Address("test", {"channel": 1, "thread": None}, "m1"),
    attachments=(Attachment("a.png", data={"key": "k"}), Attachment(url="https://x/y.png")),
    references=("img_0123456789ab",),
    notes=(Note("count_limited", {"limit": 4}),),
    cost=Cost(6, "points"),
    status=Status.FAILED,
    started_at=1001.5,
    finished_at=1002.5,
    problem=Problem("rate_limited", {"a": 1}, "Slow.", 3.0, retryable=True),
    shown="digest",
    notify=False,
    parent=Parent("job_0", 2, 4, Action.LARGER),
)


async def test_a_job_comes_back_as_it_was(history: JobStore) -> None:
    assert await history.add(FULL)
    assert await history.job(FULL.id) == FULL
    assert await history.job("job_unknown") is None


async def test_a_job_is_added_once(history: JobStore) -> None:
    assert await history.add(JOB)
    assert not await history.add(replace(JOB, prompt="another"))
    found = await history.job(JOB.id)
    assert found
    assert found.prompt == JOB.prompt


async def test_a_twin_is_of_the_same_press_and_its_end_was_not_seen_yet(history: JobStore) -> None:
    earlier = replace(JOB, id="job_earlier", origin="again:img", created_at=1000.0)
    await history.add(earlier)

    async def is_twin(at: float, **other: str) -> bool:
        press = replace(earlier, id=f"job_{at}{other}", created_at=at)
        found = await history.admit(replace(press, **other))
        await history.change(press.id, origin=None)  # no twin of the next one
        return found == earlier.id

    assert await is_twin(1002.9)
    assert not await is_twin(1003.1)
    assert await is_twin(997.1)
    assert not await is_twin(996.9)  # a press that is taken up late is none of a newer one
    assert not await is_twin(1000.1, origin="vary:img")
    assert not await is_twin(1000.1, requester="bob")
    await history.change(earlier.id, status=Status.SUCCEEDED, finished_at=1000.8)
    assert await is_twin(1001.7)
    assert not await is_twin(1001.9)
    await history.change(earlier.id, status=Status.CANCELLED)
    assert not await is_twin(1001.7)  # whoever has cancelled it wants another one


async def test_what_follows_a_job_waits_and_is_of_the_same_person(history: JobStore) -> None:
    parent = Parent(JOB.id, 1, 1, Action.DRAW)
    later = replace(JOB, id="job_3", parent=parent, created_at=1002.0)
    sooner = replace(JOB, id="job_2", parent=parent, created_at=1001.0)
    others = (
        replace(sooner, id="job_4", requester="bob"),
        replace(sooner, id="job_5", status=Status.RUNNING),
        replace(sooner, id="job_6", parent=replace(parent, job_id="job_2")),
        replace(sooner, id="job_7", parent=None),
    )
    for job in (JOB, later, sooner, *others):
        await history.add(job)
    assert await history.following(JOB.id) == [sooner, later]
    assert await history.following("job_unknown") == []


async def test_a_row_only_moves_forward(history: JobStore) -> None:
    await history.add(JOB)
    assert await history.change(JOB.id, when=(Status.QUEUED,), status=Status.RUNNING)
    assert not await history.change(JOB.id, when=(Status.QUEUED,), status=Status.CANCELLED)
    assert await history.change(
        JOB.id,
        when=(Status.RUNNING,),
        status=Status.SUCCEEDED,
        seconds=(4, 6),
        cost=None,
        address=Address("test", {"a": 1}, "m2"),
    )
    found = await history.job(JOB.id)
    assert found
    assert (found.status, found.seconds, found.cost) == (Status.SUCCEEDED, (4, 6), None)
    assert found.address == Address("test", {"a": 1}, "m2")


async def fill(history: JobStore) -> list[Job]:
    jobs = [
        replace(
            JOB,
            id=f"job_{n}",
            created_at=1000.0 + n,
            requester="ada" if n % 2 else "bob",
            conversation="room" if n < 4 else "other",
            status=Status.SUCCEEDED if n < 3 else Status.QUEUED,
            address=Address("test", {}, f"m{n}"),
        )
        for n in range(6)
    ]
    for job in jobs:
        await history.add(job)
    return jobs


async def test_jobs_are_found_by_their_words_their_favourites_and_their_parents(
    history: JobStore,
) -> None:
    await history.add(replace(JOB, id="job_a", text="50% of a Boat", prompt="x", created_at=1.0))
    parent = Parent("job_a", 1, 1, Action.DRAW)
    await history.add(
        replace(JOB, id="job_b", text="50 boats", prompt="Lake", parent=parent, created_at=2.0)
    )
    who = (JOB.platform, JOB.requester)

    async def ids(**query: Any) -> list[str]:
        return [job.id for job in await history.jobs_of(*who, **query)]

    assert await ids(words=["BOAT"]) == ["job_b", "job_a"]
    assert await ids(words=["50%"]) == ["job_a"]
    assert await ids(words=["boat", "lake"]) == ["job_b"]
    assert await history.parents_of(*who, 9) == {"job_b": "job_a"}
    assert await history.parents_of("discord", JOB.requester, 9) == {}
    picture = Picture("img_0123456789ab", "image/png", 1, 1, 1)
    await history.keep(StoredPicture(picture, "p", *who, "job_a", 1.0))
    assert await ids(favourites=True) == []
    assert not await history.mark("discord", JOB.requester, picture.image_id, favourite=True)
    assert await history.mark(*who, picture.image_id, favourite=True)
    assert await ids(favourites=True) == ["job_a"]
    assert await history.favourites(*who, [picture.image_id]) == {picture.image_id}
    await history.mark(*who, picture.image_id, favourite=False)
    assert await history.favourites(*who, [picture.image_id]) == set()


async def test_jobs_are_found_by_message_person_and_conversation(history: JobStore) -> None:
    await fill(history)

    def ids(jobs: list[Job]) -> list[str]:
        return [job.id for job in jobs]

    found = await history.job_of_message("test", "m4")
    assert found
    assert found.id == "job_4"
    assert await history.job_of_message("discord", "m4") is None
    assert ids(await history.jobs_of("test", "ada")) == ["job_5", "job_3", "job_1"]
    assert ids(await history.jobs_of("test", "ada", before=1003.0)) == ["job_1"]
    assert ids(await history.jobs_of("test", "ada", limit=1)) == ["job_5"]
    assert ids(await history.unfinished()) == ["job_3", "job_4", "job_5"]
    assert ids(await history.unfinished(platform="test", requester="ada")) == ["job_3", "job_5"]
    latest = await history.latest("test", "room")
    assert latest
    assert latest.id == "job_3"
    made = await history.latest("test", "room", requester="ada", succeeded=True)
    assert made
    assert made.id == "job_1"
    await history.change("job_1", deleted=True)
    assert await history.latest("test", "room", requester="ada", succeeded=True) is None
    assert ids(await history.jobs_of("test", "ada")) == ["job_5", "job_3"]


async def test_what_has_ended_is_still_to_be_told_until_it_was(history: JobStore) -> None:
    await fill(history)
    statuses = {2: Status.SUCCEEDED, 3: Status.CANCELLED, 4: Status.FAILED, 5: Status.CANCELLED}
    for number, status in statuses.items():
        await history.change(f"job_{number}", status=status, finished_at=2010.0 - number)
    await history.change("job_5", deleted=True)
    assert [job.id for job in await history.untold("test", "me")] == ["job_4", "job_3", "job_2"]
    assert await history.untold("elsewhere", "me") == []
    where = Address("test", {}, "m")
    four, five = await history.job("job_4"), await history.job("job_5")
    assert four
    assert five
    assert not await history.shown(five, where, "digest", told=True)
    four = await history.shown(four, where, "digest", told=False)
    assert four
    assert "job_4" in [job.id for job in await history.untold("test", "me")]
    assert await history.shown(four, where, "digest", told=True)
    assert [job.id for job in await history.untold("test", "me")] == ["job_3", "job_2"]
    await history.forget_untold(2007.5)
    assert [job.id for job in await history.untold("test", "me")] == ["job_2"]


async def test_of_two_that_show_a_job_at_once_the_second_is_told(history: JobStore) -> None:
    await fill(history)
    before = await history.change("job_4", status=Status.FAILED, finished_at=2000.0)
    assert before
    first, second = (Address("test", {"by": each}, each) for each in ("first", "second"))
    shown = await history.shown(before, first, "last", told=True)
    assert shown
    assert (shown.address, shown.shown, shown.untold) == (first, "last", False)
    uncertain = await history.shown(before, second, "stale", told=False)
    assert uncertain
    assert (uncertain.address, uncertain.shown, uncertain.untold) == (first, None, True)
    again = await history.shown(uncertain, first, "last", told=True)
    assert again
    assert (again.address, again.shown, again.untold) == (first, "last", False)


async def test_pictures_are_kept_in_order_and_forgotten(history: JobStore) -> None:
    await history.add(JOB)
    pictures = [Picture(f"img_{n:012x}", "image/png", 10, 20, 30) for n in range(3)]
    for number in (2, 0, 1):
        kept = StoredPicture(
            pictures[number], f"generated/{number}", "test", "ada", JOB.id, 1000.0 + number, number
        )
        await history.keep(kept)
        await history.keep(kept)
    assert await history.pictures_of([JOB.id, "none"]) == {JOB.id: tuple(pictures), "none": ()}
    assert await history.picture("img_none") is None
    first = await history.picture(pictures[0].image_id)
    assert first
    assert (first.path, first.requester, first.number) == ("generated/0", "ada", 0)
    old = await history.older_than(1001.5)
    assert [kept.picture for kept in old] == pictures[:2]
    await history.forget([kept.picture.image_id for kept in old])
    assert await history.pictures_of([JOB.id]) == {JOB.id: (pictures[2],)}


async def test_preferences_are_each_persons_own(database: Database) -> None:
    preferences = Preferences(database)
    assert await preferences.of("web", "ada") == Preference()
    await preferences.change("web", "ada", model="pro", language="zh")
    changed = await preferences.change("web", "ada", size="2K")
    assert changed == Preference(model="pro", size="2K", language="zh")
    assert await preferences.change("web", "ada") == changed
    assert await preferences.of("discord", "ada") == Preference()
    assert await preferences.of("web", "bob") == Preference()
    for notify in (True, False, None):
        assert (await preferences.change("web", "ada", notify=notify)).notify is notify
    await preferences.forget("web", "ada")
    assert await preferences.of("web", "ada") == Preference(language="zh")
    with pytest.raises(TypeError, match="colour"):
        await preferences.change("web", "ada", colour="red")
