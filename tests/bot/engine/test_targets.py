"""Which job and which picture are meant by a reply, whatever platform it comes from."""

from dataclasses import replace

import pytest

from bot.domain.actions import Action
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import Job
from bot.domain.requests import Attachment, Incoming, Quoted, Viewer
from bot.engine.permissions import may_list, may_see
from messages import Notice, Status
from tests.bot.engine.test_conversation import ask
from tests.bot.engine.test_intake import IMAGE, House, house

__all__ = ["house"]

OURS, THEIRS = Attachment(image_id=IMAGE), Attachment(data={"key": "theirs"})


class Platform:
    """Gives what a message shows, and notes for which words it was asked."""

    def __init__(self, found: Quoted | Failure) -> None:
        self.found = found
        self.asked: list[bool] = []

    async def __call__(self, needed: bool) -> Quoted | Failure:
        self.asked.append(needed)
        return self.found


async def shown(house: House, **changes: object) -> Job:
    """A finished job whose message is ``m1``."""
    job = await house.made(**changes)  # type: ignore[arg-type]
    await house.history.change(job.id, address=replace(job.address, message="m1"))
    return job


async def test_who_replies_to_the_question_means_its_answer(house: House) -> None:
    await shown(house)
    reply = ask("make it warmer", replied_to="made")
    assert (await house.job(reply)).attachments == (OURS,)
    assert (await house.job(replace(reply, requester="bob"))).attachments == (OURS,)
    stranger = replace(reply, requester="bob", conversation="another")
    assert (await house.asked(stranger)).key == "ask_picture"


async def test_what_was_deleted_is_missed_and_not_passed_over(house: House) -> None:
    job = await shown(house)
    await house.made("2", requester="ada")
    await house.history.change(job.id, deleted=True)
    for message in ("made", "m1"):
        assert await house.refusal(ask("make it warmer", replied_to=message)) is Reason.NOT_FOUND


async def test_a_message_is_asked_for_once(house: House) -> None:
    platform = Platform(Quoted((THEIRS,)))
    job = await house.job(ask("make this into a comic", replied_to="x", quote=platform))
    assert job.attachments == (THEIRS,)
    assert platform.asked == [True]


async def test_a_message_is_asked_for_only_where_a_picture_is_to_be_drawn(house: House) -> None:
    platform = Platform(Quoted((THEIRS,), ("video",)))
    for text in ("help", "settings", "cancel", "again", "always use pro"):
        await house.settle(ask(text, text, replied_to="x", quote=platform))
    assert platform.asked == []
    await shown(house)
    assert (await house.job(ask("bluer", replied_to="m1", quote=platform))).attachments == (OURS,)
    assert platform.asked == []
    quoting = await house.job(ask("like this, in oil", replied_to="x", quote=platform))
    assert (quoting.attachments, quoting.notes) == ((THEIRS,), ())
    await house.job(ask("a teapot", "3", replied_to="x", quote=platform))
    assert platform.asked[-1] is False


@pytest.mark.parametrize("text", ["make it warmer", "换成夜晚"])
async def test_what_cannot_be_had_matters_where_the_words_are_about_it(
    house: House, text: str
) -> None:
    platform = Platform(Failure(Reason.REFERENCE_MISSING))
    about = ask(text, replied_to="x", quote=platform)
    assert await house.refusal(about) is Reason.REFERENCE_MISSING
    beside = replace(about, attachments=(THEIRS,))
    assert (await house.job(beside)).attachments == (THEIRS,)
    assert (await house.job(replace(about, text="a teapot"))).attachments == ()
    assert platform.asked == [True, False, False]


async def test_what_is_no_picture_is_told(house: House) -> None:
    video = Platform(Quoted(unusable=("video",)))
    about = ask("make it warmer", replied_to="x", quote=video)
    assert await house.refusal(about) is Reason.ATTACHMENT_UNUSABLE
    [note] = (await house.job(replace(about, text="a teapot"))).notes
    assert note.key == "not_used"


async def test_a_quoted_picture_without_words_is_put_aside(house: House) -> None:
    platform = Platform(Quoted((THEIRS,)))
    await house.settle(ask("", replied_to="x", quote=platform))
    assert (await house.job(ask("in oil", "2"))).attachments == (THEIRS,)


def in_topic(text: str, event: str = "9", **more: object) -> Incoming:
    asked = ask(text, event, conversation="room:topic", replied_to="root", topic_root=True)
    return replace(asked, **more)  # type: ignore[arg-type]


async def test_in_a_topic_the_newest_is_meant_by_what_replies_to_its_root(house: House) -> None:
    platform = Platform(Quoted((THEIRS,)))
    first = await house.job(in_topic("make it warmer", quote=platform))
    assert first.attachments == (THEIRS,)
    await house.made(conversation="room:topic", requester="bob")
    for person in ("ada", "bob"):
        change = in_topic("make it warmer", quote=platform, requester=person)
        assert (await house.job(change)).attachments == (OURS,)
    assert (await house.job(in_topic("a teapot", quote=platform))).attachments == ()
    assert (await house.job(in_topic("again"))).text == "a lighthouse"
    assert platform.asked == [True]


async def test_in_a_topic_what_is_still_made_is_meant_rather_than_what_is_there(
    house: House,
) -> None:
    earlier = await house.made(conversation="room:topic")
    later = await house.job(in_topic("a teapot"))
    await house.history.add(replace(later, created_at=earlier.created_at + 1))
    change = await house.job(in_topic("make it warmer", "10"))
    assert change.parent is not None
    assert change.parent.job_id == later.id
    theirs = await house.job(in_topic("make it warmer", "11", requester="bob"))
    assert theirs.parent is not None
    assert theirs.parent.job_id == earlier.id


async def test_nobody_means_what_they_may_not_see_in_a_topic(house: House) -> None:
    await house.made(conversation="room:topic", requester="bob", private=True)
    assert (await house.asked(in_topic("make it warmer"))).key == "ask_picture"
    assert await house.refusal(in_topic("again")) is Reason.NOTHING_TO_REPEAT


async def test_a_topic_is_seen_from_its_conversation_and_not_from_another(house: House) -> None:
    job = await house.made(conversation="room:topic")

    def viewer(conversation: str, requester: str = "bob") -> Viewer:
        return Viewer("test", requester, conversation)

    seen = {place: may_see(job, viewer(place)) for place in ("room", "room:topic", "room:x", "r")}
    assert seen == {"room": True, "room:topic": True, "room:x": False, "r": False}
    own = {place: may_list(job, viewer(place, "ada")) for place in ("room", "room:topic", "room:x")}
    assert own == {"room": True, "room:topic": True, "room:x": False}
    assert not may_list(replace(job, conversation="room"), viewer("room:topic", "ada"))


async def test_names_beside_a_command_and_talk_around_pictures_do_not_count(house: House) -> None:
    assert await house.refusal(ask("@Bob cancel", names=("@Bob",))) is Reason.NOTHING_TO_CANCEL
    assert (await house.job(ask("@Bob on a horse", names=("@Bob",)))).prompt == "@Bob on a horse"
    talk = ask("so nice here", "2", forwarded=True, attachments=(THEIRS,))
    await house.settle(talk)
    assert (await house.job(ask("in oil", "3"))).attachments == (THEIRS,)
    change = await house.job(replace(talk, event_id="4", text="make it warmer"))
    assert (change.prompt, change.attachments) == ("make it warmer", (THEIRS,))
    alone = await house.job(replace(talk, event_id="5", text="a red barn", attachments=()))
    assert alone.prompt == "a red barn"


async def test_the_language_of_what_is_talked_about(house: House) -> None:
    async def locale(text: str, **more: object) -> str:
        with_locale = await house.intake.with_locale(ask(text, **more), "fr")
        return await house.intake.locale(with_locale)

    assert await locale("16:9") == "fr"
    assert await locale("a red barn") == "en"
    assert await locale("16:9", locale="ja") == "ja"
    job = await house.made(locale="zh", requester="bob")
    button = {"action": Action.AGAIN, "target": job.id}
    assert await locale("", **button) == "zh"
    assert await locale("", **button, conversation="elsewhere") == "fr"
    await house.made("2", locale="ko")
    for more in ({}, button):
        assert await locale("16:9", **more) == "ko"
    await house.preferences.change("test", "ada", language="de")
    assert await locale("16:9") == "de"


async def later(house: House, first: Job, status: Status) -> None:
    """Another request of the same person there, which has no picture."""
    job = await house.job(ask(event="2"))
    await house.history.add(replace(job, status=status, created_at=first.created_at + 1))


async def test_a_change_is_not_one_of_a_picture_that_another_request_has_followed(
    house: House,
) -> None:
    """What is still made is meant, and the change waits for it."""
    first = await shown(house)
    await later(house, first, Status.RUNNING)
    waiting = await house.job(ask("make it warmer", "3"))
    assert waiting.parent is not None
    assert waiting.parent.job_id != first.id
    elsewhere = ask("make it warmer", "4", conversation="another")
    assert (await house.asked(elsewhere)).key == "ask_picture"
    replied = await house.job(ask("make it warmer", "5", replied_to="m1"))
    assert replied.attachments == (OURS,)


async def test_what_is_said_of_a_picture_is_not_about_a_request_that_failed_since(
    house: House,
) -> None:
    first = await shown(house)
    await later(house, first, Status.FAILED)
    details = await house.settle(ask("details", "3"))
    assert isinstance(details, Notice)
    assert details.facts["job_id"] == first.id
