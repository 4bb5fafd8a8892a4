"""Which picture is meant, what is asked where that stays open, and what is never drawn."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.actions import Action
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import Job, Parent
from bot.domain.pictures import StoredPicture
from bot.domain.requests import HIDDEN, Attachment, Incoming, Options, Quoted
from bot.engine.commands import Deletion
from bot.storage.pending_attachments import PENDING_SECONDS
from bot.storage.questions import QUESTION_SECONDS
from messages import Notice, Picture, Status, render_notice
from tests.bot.engine.test_conversation import ask
from tests.bot.engine.test_intake import IMAGE, NOW, House, house
from tests.support.model_ids import FLASH

__all__ = ["house"]

EARLY = NOW - 1000.0


async def made(house: House, name: str, count: int = 1, **changes: Any) -> Job:
    """A finished job with so many pictures, NAME-1 and so on, whose message is NAME."""
    about = {key: changes.pop(key) for key in ("requester", "conversation") if key in changes}
    job = await house.job(ask(f"a {name}", event=name, action=Action.DRAW, **about))
    changes = {"created_at": EARLY, **changes}
    address = replace(job.address, message=name)
    job = replace(job, status=Status.SUCCEEDED, address=address, **changes)
    await house.history.add(job)
    for number in range(1, count + 1):
        picture = Picture(f"{name}-{number}", "image/png", 1, 1, 1)
        await house.history.keep(
            StoredPicture(picture, "p", "test", job.requester, job.id, job.created_at, number)
        )
    return job


async def sources(house: House, incoming: Incoming) -> list[str | None]:
    """The ids of the pictures that a request works from."""
    return [each.image_id for each in (await house.job(incoming)).attachments]


def answer(notice: Notice, number: int, **more: Any) -> Incoming:
    about = {"action": Action.ANSWER, "target": notice.question, "number": number}
    return ask("", f"press {number}", **about, **more)


@pytest.mark.parametrize(
    ("words", "number", "left"),
    [
        ("the second one, brighter", 2, "brighter"),
        ("#3 but with snow", 3, "with snow"),
        ("make number 4 black and white", 4, "make it black and white"),
        ("top left one, lose the lamp", 1, "lose the lamp"),
        ("第二张调亮", 2, "调亮"),
        ("用第一张，背景换成雪山", 1, "背景换成雪山"),
        ("②拉远一点", 2, "拉远一点"),
        ("右下角那张对比度高一点", 4, "对比度高一点"),
        ("2枚目をもっと明るく", 2, "もっと明るく"),
        ("the last of the four, brighter", 4, "brighter"),
        ("最后一张调暖", 4, "调暖"),
    ],
)
async def test_one_of_several_by_its_number_or_place(
    house: House, words: str, number: int, left: str
) -> None:
    await made(house, "set", 4)
    job = await house.job(ask(words))
    assert (job.text, job.prompt) == (words, left)
    assert [each.image_id for each in job.attachments] == [f"set-{number}"]
    await made(house, "other", created_at=EARLY + 1)
    assert await sources(house, ask(words, "2", replied_to="set")) == [f"set-{number}"]
    newest = left in ("brighter", "调暖") and number == 4  # the last is the newest there is
    assert await sources(house, ask(words, "3")) == (["other-1"] if newest else [f"set-{number}"])


@pytest.mark.parametrize(
    "words",
    [
        "make it warmer",
        "make that one brighter",
        "the nice one but in blue",
        "number 7, with more clouds",
        "remove the guy on the left in one of them",
        "那张调亮一点",
        "其中一张把左边的人去掉",
        "第七张，多点云",
    ],
)
async def test_where_it_stays_open_it_is_asked(house: House, words: str) -> None:
    await made(house, "set", 4)
    notice = await house.asked(ask(words))
    assert notice.key == "which_picture"
    assert notice.choices[:4] == ("1", "2", "3", "4")
    assert [each.image_id for each in notice.pictures] == [f"set-{n}" for n in (1, 2, 3, 4)]
    again = await house.asked(ask(words))
    assert (again.question, again.new) == (notice.question, False)
    chosen = await house.job(answer(notice, 3))
    assert [each.image_id for each in chosen.attachments] == ["set-3"]
    assert chosen.text == words
    assert (await house.asked(ask(words, "5", replied_to="set"))).key == "which_picture"
    assert await sources(house, ask("2", "6")) == ["set-2"]
    assert await sources(house, ask("the fourth one please", "7")) == ["set-4"]


async def test_the_left_or_the_right_one_of_two(house: House) -> None:
    await made(house, "pair", 2)
    assert await sources(house, ask("the one on the right, darker")) == ["pair-2"]
    assert await sources(house, ask("左边那张调亮", "2")) == ["pair-1"]
    await made(house, "set", 4, created_at=EARLY + 1)
    notice = await house.asked(ask("the one on the right, darker", "3"))
    assert len(notice.pictures) == 4


async def test_the_one_before_and_the_last_one(house: House) -> None:
    before = await made(house, "first")
    assert await sources(house, ask("the one before, but foggy")) == ["first-1"]
    await made(house, "last", created_at=EARLY + 1)
    for words in ("the one before, but foggy", "上一张，加点雾", "一つ前の絵を明るく"):
        assert await sources(house, ask(words, words)) == ["first-1"]
    for words in ("最后一张，加点雾", "the last one, but foggy"):
        assert await sources(house, ask(words, words)) == ["last-1"]
    notice = await house.asked(ask("make the other one darker", "2"))
    assert [each.image_id for each in notice.pictures] == ["last-1", "first-1"]
    assert notice.facts["entries"] == ["1. a last", "2. a first"]
    parent = Parent(before.id, 1, 1, Action.DRAW)
    derived = await made(house, "derived", created_at=EARLY + 2, parent=parent)
    reply = ask("the one before, but foggy", "3", replied_to="derived")
    assert await sources(house, reply) == ["first-1"]
    await house.history.change(before.id, deleted=True)
    assert await sources(house, replace(reply, event_id="4")) == ["last-1"]
    assert derived.parent == parent


async def test_a_number_beyond_what_there_is(house: House) -> None:
    await made(house, "only")
    await house.asked(ask("picture 1"))
    assert await sources(house, ask("the first one, brighter", "3")) == ["only-1"]
    notice = await house.asked(ask("the second one, brighter", "4"))
    assert notice.choices[0] == "1"
    assert await sources(house, answer(notice, 1)) == ["only-1"]
    corner = await house.job(ask("bottom right: brighter", "5"))  # that of the picture
    assert corner.prompt == "bottom right: brighter"
    assert [each.image_id for each in corner.attachments] == ["only-1"]


async def test_somebodys_last_one_by_whom_one_names(house: House) -> None:
    await made(house, "bobs", requester="bob")
    await made(house, "secret", requester="bob", private=True, created_at=EARLY + 1)
    named = ask("make Bob's last one blue", people={"Bob": "bob"})
    assert await sources(house, named) == ["bobs-1"]
    assert (await house.job(replace(named, event_id="2"))).requester == "ada"
    theirs = ask("把 @小明 的最后一张改成蓝色", "3", people={"@小明": "bob"})
    assert await sources(house, theirs) == ["bobs-1"]
    assert await sources(house, ask("@Bob their last one in blue", "4", people={"Bob": "bob"}))
    unknown = ask("make Eve's last one blue", "5", people={"Eve": "eve"})
    assert (await house.asked(unknown)).key == "ask_picture"
    two = ask("make their last one blue", "6", people={"Bob": "bob", "Eve": "eve"})
    assert (await house.asked(two)).key == "ask_picture"


async def test_pictures_that_one_may_not_see_do_not_exist(house: House) -> None:
    await made(house, "secret", 4, private=True)
    notice = await house.asked(ask("the second one, brighter"))
    assert (notice.key, notice.pictures) == ("ask_picture", ())
    alone = ask("the second one, brighter", "2", private=True)
    assert await sources(house, alone) == ["secret-2"]
    elsewhere = ask("the second one, brighter", "3", requester="bob", replied_to="secret")
    assert (await house.asked(elsewhere)).key == "ask_picture"


async def test_an_answer_is_for_the_one_who_was_asked_and_not_for_ever(house: House) -> None:
    job = await made(house, "set", 2)
    notice = await house.asked(ask("make it warmer"))
    assert await house.refusal(answer(notice, 1, requester="bob")) is Reason.NOT_YOURS
    assert await house.refusal(answer(notice, 1, conversation="far")) is Reason.NOT_HERE
    assert await house.refusal(answer(notice, 9)) is Reason.REFERENCE_MISSING
    new = await house.job(answer(notice, 3))
    assert (new.attachments, new.prompt) == ((), "make it warmer")
    await house.history.change(job.id, deleted=True)
    assert await house.refusal(answer(notice, 1)) is Reason.REFERENCE_MISSING
    other = await house.asked(ask("make it warmer", "2", conversation="elsewhere"))
    await house.intake.erase("test", "ada")
    assert await house.refusal(answer(other, 1, conversation="elsewhere")) is Reason.OUTDATED
    notice = await house.asked(ask("make it warmer", "3"))
    gone = replace(notice, question="question_never")
    assert await house.refusal(answer(gone, 1)) is Reason.OUTDATED
    house.now += QUESTION_SECONDS
    assert await house.refusal(answer(notice, 1)) is Reason.OUTDATED


async def test_what_is_asked_in_private_is_answered_there(house: House) -> None:
    await made(house, "set", 2)
    notice = await house.asked(ask("make it warmer", private=True))
    assert await house.intake.is_for_one(answer(notice, 1))
    assert await house.refusal(answer(notice, 1)) is Reason.NOT_HERE
    assert (await house.job(answer(notice, 1, private=True))).private
    public = await house.asked(ask("make it warmer", "2"))
    assert not await house.intake.is_for_one(answer(public, 1))
    assert not await house.intake.is_for_one(answer(replace(public, question="x"), 1))


async def test_a_number_is_an_answer_only_while_it_is_open(house: House) -> None:
    await made(house, "set", 2)
    nothing = Notice("smalltalk")
    assert await house.settle(ask("2")) == nothing
    await house.asked(ask("make it warmer", "2"))
    await house.history.add(replace(await house.job(ask("a cat", "3")), created_at=NOW + 1))
    assert await house.settle(ask("2", "4")) == nothing
    await house.asked(ask("make it warmer", "5", requester="bob", replied_to="set"))
    house.now += PENDING_SECONDS
    assert await house.settle(ask("2", "6", requester="bob")) == nothing


async def test_a_command_about_one_of_several(house: House) -> None:
    await made(house, "set", 4, prompt="a castle", size="1K")
    job = await house.job(ask("vary the second one"))
    assert [each.image_id for each in job.attachments] == ["set-2"]
    assert job.count == 4
    notice = await house.asked(ask("vary one of them", "2"))
    assert notice.choices == ("1", "2", "3", "4")
    chosen = await house.job(answer(notice, 3))
    assert [each.image_id for each in chosen.attachments] == ["set-3"]
    assert chosen.count == 4


async def test_a_picture_that_is_only_chosen_waits_for_words(house: House) -> None:
    await made(house, "set", 4)
    kept = await house.settle(ask("use the second one"))
    assert isinstance(kept, Notice)
    assert kept.key == "picture_kept"
    assert await sources(house, ask("make it warmer", "2")) == ["set-2"]


@pytest.mark.parametrize(
    "words",
    [
        "make it warmer",
        "16:9",
        "in oil painting style please",
        "less yellow",
        "put a hat on him",
        "the second one but warmer",
        "暖一点",
        "换成油画风格",
        "把背景去掉",
        "字体粗一点",
        "もっと明るく",
    ],
)
async def test_a_change_without_a_picture_asks_for_it(house: House, words: str) -> None:
    notice = await house.asked(ask(words))
    assert (notice.key, notice.pictures) == ("ask_picture", ())
    assert notice.choices == ("Make a new picture instead",)
    sent = ask("", "2", attachments=(Attachment(image_id="theirs"),))
    await house.history.keep(
        StoredPicture(Picture("theirs", "image/png", 1, 1, 1), "p", "test", "ada", None, NOW)
    )
    job = await house.job(sent)
    assert [each.image_id for each in job.attachments] == ["theirs"]
    assert job.text == words
    pressed = await house.job(answer(notice, 1))
    assert (pressed.attachments, pressed.text) == ((), words)


async def test_a_picture_sent_later_or_after_something_else_only_waits(house: House) -> None:
    await house.asked(ask("make it warmer"))
    picture = (Attachment(url="https://example.com/a.png"),)
    await house.history.add(replace(await house.job(ask("a cat", "2")), created_at=NOW + 1))
    late = await house.settle(ask("", "3", attachments=picture))
    assert isinstance(late, Notice)
    assert late.key == "picture_kept"
    await house.asked(ask("make it warmer", "4", requester="bob"))
    silent = ask("", "5", requester="bob", attachments=picture, action=Action.KEEP)
    assert isinstance(await house.settle(silent), Notice)
    house.now += PENDING_SECONDS
    kept = await house.settle(ask("", "6", requester="bob", attachments=picture))
    assert isinstance(kept, Notice)


async def test_a_change_of_what_is_still_being_made_waits(house: House) -> None:
    cat = await house.job(ask("a cat", options=Options(size="2K")))
    await house.history.add(cat)
    for words in ("make it warmer", "change the last picture to winter"):
        change = await house.job(ask(words, "2"))
        assert change.attachments == (Attachment(image_id=f"{IMAGE} of {cat.id}"),)
        assert change.parent == Parent(cat.id, 1, 1, Action.DRAW)
        assert change.size == "2K"
    for words in ("make picture 2 warmer", "make the previous one warmer"):
        assert await house.refusal(ask(words, "2")) is Reason.NOT_READY


async def test_a_sure_reading_offers_nothing(house: House) -> None:
    await made(house, "cat")
    for words in ("make it warmer", "a lighthouse at dusk", "画一只猫", "把背景换成海边"):
        assert (await house.job(ask(words, words))).notes == ()


async def test_an_unsure_change_offers_a_new_picture(house: House) -> None:
    cat = await made(house, "cat")
    words = "in watercolor, with gulls"
    changed = await house.job(ask(words))
    assert [note.key for note in changed.notes] == ["read_as_change"]
    assert [each.image_id for each in changed.attachments] == ["cat-1"]
    changed = replace(changed, status=Status.SUCCEEDED, created_at=EARLY + 1)
    await house.history.add(changed)
    press = ask("", "2", action=Action.NEW_INSTEAD, target=changed.id)
    new = await house.job(press)
    assert (new.text, new.attachments, new.notes) == (words, (), ())
    assert new.id not in (changed.id, cat.id)
    assert new.origin is not None
    said = await house.job(ask("make a new picture instead", "3"))
    assert (said.text, said.attachments) == (words, ())
    assert (await house.job(ask(words, "4", replied_to="cat"))).notes == ()


async def test_an_unsure_new_picture_offers_the_change(house: House) -> None:
    words = "no parking, hand lettered sign in a jungle"
    assert (await house.job(ask(words))).notes == ()  # nothing that could be changed
    await made(house, "cat")
    new = await house.job(ask(words, "2"))
    assert [note.key for note in new.notes] == ["read_as_new"]
    assert new.attachments == ()
    await house.history.add(replace(new, status=Status.SUCCEEDED, created_at=EARLY + 1))
    await made(house, "newer", created_at=EARLY + 2)
    press = ask("", "3", action=Action.CHANGE_INSTEAD, target=new.id)
    changed = await house.job(press)
    assert [each.image_id for each in changed.attachments] == ["cat-1"]
    assert (changed.text, changed.notes, changed.model) == (words, (), FLASH)
    other = await house.job(replace(press, event_id="4", requester="bob"))
    assert (other.requester, other.text) == ("bob", words)


async def test_the_other_reading_of_what_is_gone_or_of_several(house: House) -> None:
    cat = await made(house, "cat", 2)
    words = "no parking, hand lettered sign in a jungle"
    new = replace(await house.job(ask(words)), status=Status.SUCCEEDED, created_at=EARLY + 1)
    await house.history.add(new)
    press = ask("", "2", action=Action.CHANGE_INSTEAD, target=new.id)
    notice = await house.asked(press)
    assert [each.image_id for each in notice.pictures] == ["cat-1", "cat-2"]
    assert await sources(house, answer(notice, 2)) == ["cat-2"]
    await house.history.change(cat.id, deleted=True)
    assert await house.refusal(replace(press, event_id="3")) is Reason.REFERENCE_MISSING
    missing = replace(press, event_id="4", target="job_never")
    assert await house.refusal(missing) is Reason.NOT_FOUND
    said = ask("change the last picture instead", "5", requester="eve")
    assert await house.refusal(said) is Reason.NOTHING_TO_REPEAT


async def test_words_can_ask_for_the_change_also_where_it_was_sure(house: House) -> None:
    await made(house, "cat")
    sure = replace(await house.job(ask("a lighthouse")), status=Status.SUCCEEDED)
    await house.history.add(replace(sure, created_at=EARLY + 1))
    said = await house.job(ask("change the last picture instead", "2"))
    assert ([each.image_id for each in said.attachments], said.text) == (["cat-1"], "a lighthouse")


async def test_pictures_put_aside_leave_nothing_to_offer(house: House) -> None:
    await made(house, "cat")
    await house.settle(ask("", attachments=(Attachment(url="https://example.com/a.png"),)))
    assert (await house.job(ask("in watercolor, with gulls", "2"))).notes == ()


def quoting(text: str, author: str = "Bob", **more: Any) -> Any:
    async def quote(_needed: bool) -> Quoted:
        return Quoted(text=text, author=author, author_id="bob", **more)

    return quote


@pytest.mark.parametrize(
    ("words", "prompt", "ratio"),
    [
        ("draw this", "two dragons", None),
        ("make this into a comic", "two dragons\n\ncomic", None),
        ("illustrate that pls, 16:9", "two dragons", "16:9"),
        ("draw what she said in 2K", "two dragons", None),
        ("can you picture this? square", "two dragons", "1:1"),
        ("^ as a poster", "two dragons\n\nposter", None),
        ("画出来", "two dragons", None),
        ("把这个画成漫画", "two dragons\n\n漫画", None),
        ("按这段文字画一张横图", "two dragons", "16:9"),
        ("把這句話畫出來", "two dragons", None),
        ("draw this，方图", "two dragons", "1:1"),
        ("これを水彩で描いて", "two dragons\n\n水彩", None),
    ],
)
async def test_words_in_reply_to_words_draw_those(
    house: House, words: str, prompt: str, ratio: str | None
) -> None:
    await made(house, "cat")  # a picture of one's own is not what is meant
    reply = ask(words, replied_to="x", quote=quoting("two dragons"))
    job = await house.job(reply)
    assert (job.prompt, job.text, job.attachments) == (prompt, prompt, ())
    assert job.aspect_ratio == (ratio or "1:1")
    assert [(note.key, note.facts["person"]) for note in job.notes] == [("from_words", "Bob")]
    unnamed = await house.job(replace(reply, event_id="2", quote=quoting("two dragons", "")))
    assert [(note.key, note.facts["author"]) for note in unnamed.notes] == [("from_quote", "bob")]


async def test_words_of_others_are_bounded_and_nothing_in_them_is_a_setting(house: House) -> None:
    long = ask("draw this", replied_to="x", quote=quoting("a" * 10_001))
    assert await house.refusal(long) is Reason.PROMPT_TOO_LONG
    text = "four cats 16:9 4K https://example.com/a.png"
    job = await house.job(ask("draw this", "2", quote=quoting(text)))
    assert (job.prompt, job.count, job.size, job.attachments) == (text, 1, "1K", ())


async def test_other_words_in_reply_to_words_do_not_use_them(house: House) -> None:
    reply = ask("draw a robot chef", replied_to="x", quote=quoting("lunch at 12:30?"))
    assert (await house.job(reply)).prompt == "draw a robot chef"
    change = ask("swap the sky for a sunset", "2", replied_to="x", quote=quoting("badminton?"))
    assert (await house.asked(change)).key == "ask_picture"
    picture = Attachment(url="https://example.com/a.png")
    shown = ask("draw this", "3", replied_to="x", quote=quoting("", attachments=(picture,)))
    assert (await house.job(shown)).attachments == (picture,)


async def test_a_reply_about_a_picture_of_ours_is_not_about_words(house: House) -> None:
    await made(house, "cat")
    quote = quoting("a cat")
    shown = ask("make it a watercolor", replied_to="cat", quote=quote)
    assert await sources(house, shown) == ["cat-1"]
    await made(house, "topics", conversation="room:topic")
    root = ask("make it a watercolor", "2", conversation="room:topic", replied_to="root")
    root = replace(root, quote=quote, topic_root=True)
    assert await sources(house, root) == ["topics-1"]
    first = await house.job(replace(root, event_id="3", conversation="room:other"))
    assert first.prompt == "a cat\n\nwatercolor"


async def test_pictures_put_aside_are_what_is_meant(house: House) -> None:
    await made(house, "set", 4)
    picture = Attachment(url="https://example.com/a.png")
    await house.settle(ask("", attachments=(picture,)))
    job = await house.job(ask("the second one, brighter", "2"))
    assert job.attachments == (picture,)


async def test_words_that_only_point_draw_nothing(house: House) -> None:
    for words in ("画出来", "draw", "画"):
        assert await house.refusal(ask(words, words)) is Reason.EMPTY_PROMPT
    hidden = await house.settle(ask("paint that", "2", unusable=(HIDDEN,)))
    assert isinstance(hidden, Failure)
    assert hidden.facts == {"unusable": [HIDDEN], "words": True}
    gone = ask("画出来", "3", replied_to="x", quote=quoting(""))
    assert await house.refusal(gone) is Reason.EMPTY_PROMPT


@pytest.mark.parametrize(
    ("words", "number", "action"),
    [
        ("enlarge the third", 3, Action.LARGER),
        ("variations of the second", 2, Action.VARY),
        ("第三张放大", 3, Action.LARGER),
        ("第二张换一批", 2, Action.VARY),
        ("4枚目を拡大して", 4, Action.LARGER),
    ],
)
async def test_a_command_in_words_is_about_the_picture_they_name(
    house: House, words: str, number: int, action: Action
) -> None:
    job = await made(house, "set", 4)
    asked = await house.job(ask(words))
    assert [each.image_id for each in asked.attachments] == [f"set-{number}"]
    assert asked.parent == Parent(job.id, number, 4, action)


async def test_the_file_of_one_of_several_is_sent(house: House) -> None:
    await made(house, "set", 4)
    for number, words in enumerate(("the original of the third", "第三张发原图")):
        told = await house.settle(ask(words, f"o{number}"))
        assert isinstance(told, Notice)
        assert (told.key, [each.image_id for each in told.originals]) == ("original", ["set-3"])


@pytest.mark.parametrize("words", ["delete the second one", "第二张删掉", "2枚目を削除して"])
async def test_one_of_several_is_deleted_once_that_is_agreed_to(house: House, words: str) -> None:
    job = await made(house, "set", 4)
    asked = await house.settle(ask(words))
    assert isinstance(asked, Notice)
    assert (asked.key, asked.facts["number"], asked.facts["count"]) == ("ask_delete_one", 2, 4)
    assert await house.settle(answer(asked, 1)) == Deletion(job.id, ("set-2",))
    assert await house.settle(ask("yes", "yes")) == Deletion(job.id, ("set-2",))


async def test_the_only_picture_is_deleted_with_its_request(house: House) -> None:
    job = await made(house, "one")
    asked = await house.settle(ask("delete the last one"))
    assert isinstance(asked, Notice)
    assert asked.key == "ask_delete"
    assert await house.settle(answer(asked, 1)) == Deletion(job.id)


async def test_words_about_a_picture_that_change_nothing_draw_no_change(house: House) -> None:
    await made(house, "one")
    again = await house.job(ask("the last one, again", "again"))
    assert (again.prompt, again.attachments) == ("a one", ())
    await made(house, "set", 4)
    assert isinstance(await house.settle(ask("the second one, thanks!", "thanks")), Notice)


async def test_what_was_asked_in_private_is_answered_in_private_anywhere(house: House) -> None:
    job = await made(house, "set", 4, private=True)
    asked = await house.settle(ask("delete the second one", private=True))
    assert isinstance(asked, Notice)
    elsewhere = answer(asked, 1, conversation="alone")
    assert await house.settle(elsewhere) == Failure(Reason.NOT_HERE)
    assert await house.settle(replace(elsewhere, private=True)) == Deletion(job.id, ("set-2",))


async def test_a_remark_about_a_picture_is_asked_about(house: House) -> None:
    await made(house, "cat")
    for words in ("looks like my uncle after two beers", "这画风有点像我小时候看的连环画"):
        notice = await house.asked(ask(words, words))
        assert (notice.key, len(notice.choices)) == ("offer_either", 2)
        again = await house.asked(ask(words, words))
        assert (again.question, again.new) == (notice.question, False)
        texts = dict(enumerate(notice.choices, 1))
        sources_of = {
            text: await sources(house, answer(notice, number)) for number, text in texts.items()
        }
        assert sources_of == {"Draw it": [], "Change the picture": ["cat-1"]}


async def test_a_remark_in_reply_to_a_picture_offers_the_change_first(house: House) -> None:
    await made(house, "cat")
    reply = ask("you've clearly never seen a hand in your life", replied_to="cat")
    notice = await house.asked(reply)
    assert notice.choices == ("Change the picture", "Draw it")
    assert await sources(house, answer(notice, 1)) == ["cat-1"]
    await house.history.change("job_" + "0" * 32, deleted=True)
    job = await house.history.job_of_message("test", "cat")
    assert job is not None
    await house.history.change(job.id, deleted=True)
    press = replace(answer(notice, 1), event_id="gone")
    assert await house.refusal(press) is Reason.REFERENCE_MISSING


async def test_a_remark_after_several_pictures_is_offered_as_a_new_one(house: House) -> None:
    await made(house, "set", 4)
    notice = await house.asked(ask("my raid leader says the earlier ones slap"))
    assert (notice.key, notice.choices) == ("offer", ("Draw it",))


async def test_a_remark_beside_a_photo_keeps_the_photo(house: House) -> None:
    photo = (Attachment(url="https://example.org/dog.png"),)
    notice = await house.asked(ask("this is my dog Biscuit, he turned 9", attachments=photo))
    assert (notice.key, notice.choices) == ("offer_kept", ("Change the picture",))
    assert (await house.job(ask("yes", "2"))).attachments == photo


async def test_words_that_only_point_are_asked_about_beside_a_picture(house: House) -> None:
    await made(house, "cat")
    assert (await house.asked(ask("draw this"))).key == "offer_either"


async def test_the_first_and_the_second_of_two_that_were_made_one_after_the_other(
    house: House,
) -> None:
    await made(house, "first")
    await made(house, "second", created_at=EARLY + 1)
    assert await sources(house, ask("make the sky red in the first one", "1")) == ["first-1"]
    assert await sources(house, ask("第二张加点雾", "2")) == ["second-1"]
    await made(house, "third", created_at=EARLY + 2)
    notice = await house.asked(ask("make the sky red in the first one", "3"))
    assert len(notice.pictures) == 3


async def test_the_one_that_words_name_at_their_end(house: House) -> None:
    await made(house, "set", 4)
    assert await sources(house, ask("make the sky red in the third one")) == ["set-3"]


async def test_a_new_picture_that_sounds_like_a_change_where_there_is_none(house: House) -> None:
    assert await sources(house, ask("also a penguin in a raincoat pls")) == []


async def test_the_shape_is_changed_of_what_was_just_made(house: House) -> None:
    await made(house, "cat")
    words = "nope wrong, it should be landscape not square"
    assert await sources(house, ask(words)) == ["cat-1"]


async def test_what_is_to_be_deleted_is_named_as_it_differs(house: House) -> None:
    await made(house, "set", 4)
    parent = Parent("job_of_set", 2, 4, Action.LARGER)
    first = (await house.history.jobs_of("test", "ada"))[0]
    await made(
        *(house, "copy"),
        created_at=EARLY + 1,
        size="2K",
        text=first.text,
        parent=replace(parent, job_id=first.id),
    )
    asked = await house.asked(ask("delete this", replied_to="copy"))
    assert "Delete 2K of picture 2 of 4 from “a set”?" in render_notice(asked, "en")


@pytest.mark.parametrize(
    "words", ["把这四张都删掉", "Delete all 4", "4枚すべて削除", "remove all four"]
)
async def test_all_of_a_set_are_deleted_once_that_is_agreed_to(house: House, words: str) -> None:
    job = await made(house, "set", 4)
    asked = await house.settle(ask(words))
    assert isinstance(asked, Notice)
    assert asked.key == "ask_delete"
    assert "“a set”" in render_notice(asked, "en")
    assert await house.settle(answer(asked, 1)) == Deletion(job.id)


@pytest.mark.parametrize("words", ["can it be at night", "裙子要绿的"])
async def test_a_change_in_other_words_offers_a_new_picture(house: House, words: str) -> None:
    assert (await house.asked(ask(words, "0"))).key == "ask_picture"
    await made(house, "cat")
    changed = await house.job(ask(words))
    assert [each.image_id for each in changed.attachments] == ["cat-1"]
    assert [note.key for note in changed.notes] == ["read_as_change"]


@pytest.mark.parametrize("words", ["Upscale to 4K", "放大到 4K", "4Kに拡大"])
async def test_a_larger_one_has_the_size_that_is_named(house: House, words: str) -> None:
    await made(house, "cat")
    larger = await house.job(ask(words))
    assert (larger.size, larger.parent is not None) == ("4K", True)


async def test_bare_words_in_reply_to_somebody_are_asked_about(house: House) -> None:
    reply = ask("thai obv", replied_to="x", quote=quoting("lunch?"))
    assert (await house.asked(reply)).key == "offer"
    drawn = ask("画一只柴犬", "2", replied_to="x", quote=quoting("几点集合？"))
    assert (await house.job(drawn)).attachments == ()
