"""One card per request, delivered with few calls, whatever the platform does."""

import asyncio
import io
import random
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise

import pytest
from PIL import Image

from adapters.feishu.address import FeishuPlace
from adapters.feishu.api.rate_limits import PER_MESSAGE
from adapters.feishu.cards import panels
from adapters.feishu.delivery.outbound import FeishuDelivery
from bot.domain.actions import Action
from bot.domain.generation import Pictures
from bot.domain.requests import Address, Incoming, Viewer
from bot.images.provenance import marked
from bot.ports import Undeliverable
from bot.settings import Settings
from messages import Button, Cost, Note, Status, Step
from tests.adapters.feishu.scene import Scene, message, scene, until, words
from tests.emulators.process import Remote
from tests.support.scripted import Scripted

DAY = 24 * 3600


@pytest.fixture
async def here(platform: Remote, settings: Settings, provider: Scripted) -> AsyncIterator[Scene]:
    async with scene(platform, settings) as made:
        yield made
        assert (await platform.ask("violations"))["violations"] == []


async def test_a_request_is_one_card_and_four_calls(here: Scene) -> None:
    job_id = await here.ask()
    await here.done(job_id)
    (card,) = await here.cards()
    assert card["parent_id"]
    assert card["content"]["header"]["template"] == "green"
    assert len(card["images"]) == 1
    calls = [
        call.partition("/open-apis/im/v1/")[0] + call.split("/")[4] for call in await here.calls()
    ]
    assert calls == ["POST messages", "PATCH messages", "POST images", "PATCH messages"]
    shown = [words(before["content"]) for before in card["history"]]
    assert "收到" in shown[0]
    assert "预计用时" in shown[1]


async def test_four_pictures_are_one_card_and_seven_calls(here: Scene) -> None:
    await here.done(await here.ask("四张猫"))
    (card,) = await here.cards()
    assert len(card["images"]) == 4
    methods = [call.partition(" ")[0] for call in await here.calls()]
    assert methods == ["POST", "PATCH", "POST", "POST", "POST", "POST", "PATCH"]


async def test_the_same_step_again_changes_nothing_and_uploads_nothing(here: Scene) -> None:
    place, pictures = await here.place(), (await here.picture(), await here.picture("blue"))
    result = message(Step.SUCCESS, pictures=pictures)
    first = await here.delivery.show(place.address(), result, "zh-CN")
    again = await here.delivery.show(first, result, "zh-CN")
    assert FeishuPlace.of(again) == FeishuPlace.of(first)
    crashed = await here.delivery.show(place.address(), result, "zh-CN")
    assert crashed.message == first.message == again.message
    (card,) = await here.cards()
    assert len(card["images"]) == 2
    assert len([c for c in await here.calls() if c.endswith("/images")]) == 2


async def test_another_process_uploads_nothing_twice(here: Scene) -> None:
    result = message(Step.SUCCESS, pictures=(await here.picture(),))
    shown = await here.delivery.show((await here.place()).address(), result, "zh-CN")
    other = FeishuDelivery(here.app.bot, here.settings)
    await other.show(shown, result, "zh-CN")
    await other.close()
    assert len([c for c in await here.calls() if c.endswith("/images")]) == 1


async def test_what_a_crash_left_behind_is_brought_up_to_date(here: Scene) -> None:
    address = (await here.place()).address()
    await here.delivery.show(address, message(Step.ACKNOWLEDGE), "en")
    shown = await here.delivery.show(address, message(Step.FAILURE), "en")
    (card,) = await here.cards()
    assert card["message_id"] == shown.message
    assert card["content"]["header"]["template"] == "red"


async def test_topics_are_answered_in_the_topic(here: Scene) -> None:
    await here.begin("topic")
    place = await here.place(thread=True)
    await here.delivery.show(place.address(), message(Step.ACKNOWLEDGE), "en")
    asked, card = await here.remote.ask(f"messages?chat={here.chat}")
    assert card["thread_id"] == asked["thread_id"]


async def test_a_menu_is_answered_in_the_chat(here: Scene) -> None:
    place = replace(await here.place(), asked=None)
    await here.delivery.show(place.address(), message(Step.ACKNOWLEDGE), "en")
    (card,) = await here.cards()
    assert card["parent_id"] == ""
    assert await here.delivery.say(replace(place, chat=""), "hello", "key-1")
    (told,) = await here.private()
    assert told["content"] == {"text": "hello"}


# Progress


async def test_progress_gives_way(here: Scene) -> None:
    place = await here.place()
    shown = await here.delivery.show(place.address(), message(Step.START), "en")
    before, began = len(await here.calls()), time.monotonic()
    for percent in range(20):
        await here.delivery.show(shown, message(Step.PROGRESS, percent=percent), "en")
    passed = time.monotonic() - began
    made = len(await here.calls()) - before
    most, seconds = PER_MESSAGE
    assert made <= most * (1 + passed / seconds)
    await here.delivery.show(shown, message(Step.FAILURE), "en")
    (card,) = await here.cards()
    assert card["content"]["header"]["template"] == "red"


async def test_progress_is_tried_once_and_the_result_until_it_is_there(here: Scene) -> None:
    shown = await here.delivery.show((await here.place()).address(), message(Step.START), "en")
    assert shown.message
    await here.remote.fault({"method": "PATCH", "status": 502, "body": "<html>", "times": 3})
    await asyncio.sleep(0.3)  # the start's turn is over
    with pytest.raises(Exception, match="502"):
        await here.delivery.show(shown, message(Step.PROGRESS), "en")
    await here.delivery.show(shown, message(Step.FAILURE), "en")
    (card,) = await here.cards()
    assert card["content"]["header"]["template"] == "red"


# Withdrawn, old, refused


async def test_the_message_that_asked_was_withdrawn(here: Scene) -> None:
    place = await here.place()
    await here.remote.ask("act", {"do": "recall", "message": place.asked})
    await here.delivery.show(place.address(), message(Step.ACKNOWLEDGE), "en")
    (card,) = await here.cards()
    assert card["parent_id"] == ""


async def test_the_card_was_withdrawn(here: Scene) -> None:
    place = await here.place()
    shown = await here.delivery.show(place.address(), message(Step.START), "en")
    await here.remote.ask("act", {"do": "recall", "message": shown.message})
    assert await here.cards() == []
    result = message(Step.SUCCESS, pictures=(await here.picture(),))
    anew = await here.delivery.show(shown, result, "en")
    (card,) = await here.cards()
    assert card["message_id"] == anew.message != shown.message
    assert (await here.delivery.show(shown, result, "en")).message == anew.message
    assert len(await here.cards()) == 1


async def test_a_start_does_not_bring_a_withdrawn_card_back(here: Scene) -> None:
    shown = await here.delivery.show(
        (await here.place()).address(), message(Step.ACKNOWLEDGE), "en"
    )
    await here.remote.ask("act", {"do": "recall", "message": shown.message})
    assert (await here.delivery.show(shown, message(Step.START), "en")).message == shown.message
    assert await here.cards() == []


async def test_cards_are_changed_for_14_days(here: Scene) -> None:
    shown = await here.delivery.show((await here.place()).address(), message(Step.START), "en")
    await here.remote.set(offset=15 * DAY)
    anew = await here.delivery.show(shown, message(Step.FAILURE), "en")
    assert len(await here.cards()) == 2
    old = replace(FeishuPlace.of(anew), sent=here.app.clock() - 15 * DAY).address(anew.message)
    calls = len(await here.calls())
    await here.delivery.show(old, message(Step.FAILURE), "en")
    made = (await here.calls())[calls:]
    assert [call.partition(" ")[0] for call in made] == ["POST", "PATCH"][: len(made)]
    assert len(await here.cards()) == 3


REFUSED = {"code": 230099, "msg": "Failed to create card content, ext=ErrCode: 200621; "}


async def test_a_refused_card_becomes_a_simpler_one(here: Scene) -> None:
    shown = await here.delivery.show((await here.place()).address(), message(Step.START), "en")
    await here.remote.fault({"method": "PATCH", "status": 400, "body": REFUSED})
    pictures = (await here.picture(),)
    result = message(Step.SUCCESS, pictures=pictures, buttons=(Button.AGAIN,))
    await here.delivery.show(shown, result, "en")
    (card,) = await here.cards()
    assert len(card["images"]) == 1
    assert "Again" not in words(card["content"])


async def test_where_no_card_is_taken_there_is_text_with_the_picture(here: Scene) -> None:
    shown = await here.delivery.show((await here.place()).address(), message(Step.START), "en")
    await here.remote.fault(
        {"method": "PATCH", "status": 400, "body": REFUSED, "times": 3},
        {"method": "POST", "path": "reply", "status": 400, "body": REFUSED, "times": 2},
    )
    result = message(Step.SUCCESS, pictures=(await here.picture(),), prompt="<at id=all>")
    plain = await here.delivery.show(shown, result, "en")
    (text,) = await here.cards()
    assert (text["msg_type"], text["message_id"]) == ("post", plain.message)
    assert len(text["images"]) == 1
    again = replace(result, notes=(Note("partly_done", {"done": 1, "count": 2}),))
    await here.delivery.show(plain, again, "en")
    await here.delivery.show(plain, message(Step.PROGRESS), "en")
    (text,) = await here.cards()
    assert "1 of 2" in words(text["content"])


async def test_where_the_picture_is_refused_there_are_words_and_a_link(here: Scene) -> None:
    shown = await here.delivery.show((await here.place()).address(), message(Step.START), "en")
    await here.remote.fault({"method": "PATCH", "status": 400, "body": REFUSED, "times": 2})
    link = "https://bot.example/media/1"
    result = message(Step.SUCCESS, pictures=(await here.picture(),), link=link)
    await here.delivery.show(shown, result, "en")
    (card,) = await here.cards()
    assert card["message_id"] == shown.message
    assert card["images"] == {}
    assert link in words(card["content"])
    assert "Done, but it could not be shown here." in words(card["content"])


async def test_words_are_always_taken(here: Scene) -> None:
    await here.remote.fault({"path": "reply", "status": 400, "body": REFUSED, "times": 3})
    shown = await here.delivery.show(
        (await here.place()).address(), message(Step.ACKNOWLEDGE), "en"
    )
    (text,) = await here.cards()
    assert (text["msg_type"], text["content"]) == ("text", {"text": "OK, generating now."})
    await here.delivery.show(shown, message(Step.FAILURE), "en")
    (text,) = await here.cards()
    assert text["msg_type"] == "post"


async def test_a_card_that_is_refused_from_the_start(here: Scene) -> None:
    await here.remote.fault({"path": "reply", "status": 400, "body": REFUSED, "times": 2})
    plain = await here.delivery.show((await here.place()).address(), message(Step.START), "en")
    (text,) = await here.cards()
    assert text["msg_type"] == "post"
    await here.delivery.remove(plain)
    assert await here.cards() == []


# Pictures


@pytest.mark.parametrize("size", [(1_960, 1_970), (2_880, 2_920)], ids=["11 MB", "24 MB"])
async def test_large_pictures_arrive_smaller_and_whole(
    here: Scene, provider: Scripted, size: tuple[int, int]
) -> None:
    data = marked(noise(*size))
    assert len(data) > 10 * 2**20
    provider.outcomes.append(Pictures((data,), Cost(5, "points")))
    job = await here.done(await here.ask())
    card, file = await here.cards()
    (shown,) = card["images"].values()
    assert shown["bytes"] <= 10 * 2**20
    assert (shown["width"], shown["height"]) == size
    (original,) = file["files"].values()
    assert original["bytes"] == len(data)
    assert original["name"] == "画一只猫-1.png"
    assert file["parent_id"] == card["message_id"]
    text = words(card["content"])
    assert f"{len(data) / 2**20:.1f}" in text
    assert "原图随后" in text
    await here.delivery.show(job.address, await here.app.engine.message(job), "zh-CN")
    assert len(await here.cards()) == 2
    await here.app.engine.receive(deletion(here, job.id, job.address))
    await until(lambda: gone(here))


async def gone(here: Scene) -> bool:
    return not await here.cards()


def deletion(here: Scene, job_id: str, address: Address) -> Incoming:
    return Incoming(
        platform="feishu",
        event_id="delete-1",
        requester=here.alice["open_id"],
        conversation=here.chat,
        address=address,
        action=Action.DELETE,
        target=job_id,
    )


def noise(width: int, height: int) -> bytes:
    """A picture that no encoding makes smaller."""
    data = random.Random(7).randbytes(width * height * 3)
    file = io.BytesIO()
    Image.frombytes("RGB", (width, height), data).save(file, "PNG", compress_level=0)
    return file.getvalue()


async def test_an_original_that_is_no_file_either_is_only_linked(here: Scene) -> None:
    huge = replace(await here.picture(), size=31 * 2**20)
    result = message(Step.SUCCESS, pictures=(huge,), link="https://bot.example/media/1")
    await here.delivery.show((await here.place()).address(), result, "en")
    (card,) = await here.cards()
    text = words(card["content"])
    assert "31.0 MB" in text
    assert "follows" not in text
    assert "https://bot.example/media/1" in text


async def test_an_address_that_was_erased(here: Scene) -> None:
    with pytest.raises(Undeliverable):
        await here.delivery.show(Address("feishu"), message(Step.FAILURE), "en")


async def test_an_upload_that_is_refused_is_explained(here: Scene) -> None:
    body = {"code": 234011, "msg": "Can't recognize the image format."}
    await here.remote.fault({"path": "/images", "status": 400, "body": body, "times": 9})
    link = "https://bot.example/media/1"
    result = message(Step.SUCCESS, pictures=(await here.picture(),), link=link)
    await here.delivery.show((await here.place()).address(), result, "en")
    (card,) = await here.cards()
    assert "Done, but it could not be shown here." in words(card["content"])
    assert link in words(card["content"])
    assert link in words(card["content"])


async def test_a_missing_scope_is_named_where_it_is_missed(here: Scene) -> None:
    await here.remote.ask("scopes", {"remove": ["im:resource", "im:resource:upload"]})
    result = message(Step.SUCCESS, pictures=(await here.picture(),))
    await here.delivery.show((await here.place()).address(), result, "en")
    (card,) = await here.cards()
    assert "im:resource" in words(card["content"])


async def test_uploads_without_an_answer_do_not_hold_the_result_up_for_ever(here: Scene) -> None:
    await here.remote.fault({"path": "/images", "status": 502, "body": "<html>", "times": 999})
    job = await here.done(await here.ask())
    assert job.status is Status.SUCCEEDED
    (card,) = await here.cards()
    assert "没能发到这里" in words(card["content"])


async def test_an_original_that_is_refused_is_not_promised(here: Scene, provider: Scripted) -> None:
    provider.outcomes.append(Pictures((noise(1_900, 1_960),), Cost(5, "points")))
    body = {"code": 234006, "msg": "The file size exceed the max value."}
    await here.remote.fault({"path": "/files", "status": 400, "body": body, "times": 9})
    await here.done(await here.ask())
    (card,) = await here.cards()
    text = words(card["content"])
    assert "10.7 MB" in text
    assert "原图随后" not in text


async def test_originals_without_an_answer_do_not_hold_the_result_up(
    here: Scene, provider: Scripted
) -> None:
    provider.outcomes.append(Pictures((noise(1_900, 1_960),), Cost(5, "points")))
    await here.remote.fault({"path": "/files", "status": 502, "body": "<html>", "times": 99})
    await here.done(await here.ask())
    (card,) = await here.cards()
    assert len(card["images"]) == 1
    assert "原图随后" not in words(card["content"])


async def test_a_picture_that_is_gone_is_left_out(here: Scene) -> None:
    kept, lost = await here.picture(), replace(await here.picture("red"), image_id="img_gone")
    result = message(Step.SUCCESS, pictures=(kept, lost))
    await here.delivery.show((await here.place()).address(), result, "en")
    (card,) = await here.cards()
    assert len(card["images"]) == 1


async def test_so_many_uploads_at_the_same_time(
    platform: Remote, settings: Settings, provider: Scripted
) -> None:
    async with scene(platform, settings, feishu_uploads=1, max_images_per_request=4) as here:
        await platform.fault({"path": "/images", "delay": 0.2, "times": 4})
        await here.done(await here.ask("四张猫"))
        times = [request["at"] for request in await platform.requests("/images")]
        assert len(times) == 4
        assert all(later - earlier >= 0.2 for earlier, later in pairwise(times))


# Where the bot may not speak


async def test_the_bot_was_removed(here: Scene) -> None:
    shown = await here.delivery.show((await here.place()).address(), message(Step.START), "en")
    await here.remote.ask("act", {"do": "remove_bot", "chat": here.chat})
    assert (await here.delivery.show(shown, message(Step.START), "en")).message == shown.message
    result = message(Step.SUCCESS, pictures=(await here.picture(),), notify=True)
    moved = await here.delivery.show(shown, result, "en")
    card, call = await here.private()
    assert card["message_id"] == moved.message
    assert "comes here" in words(card["content"])
    assert len(card["images"]) == 1
    assert call["parent_id"] in ("", card["message_id"])
    await here.delivery.show(moved, result, "en")
    assert len(await here.private()) == 2


async def test_nobody_can_be_reached(here: Scene) -> None:
    shown = await here.delivery.show((await here.place()).address(), message(Step.START), "en")
    await here.remote.ask("act", {"do": "remove_bot", "chat": here.chat})
    await here.remote.set(unavailable=[here.alice["open_id"]])
    with pytest.raises(Undeliverable):
        await here.delivery.show(shown, message(Step.FAILURE), "en")
    assert await here.delivery.say(place_of(here), "hello", "k") is None


def place_of(here: Scene) -> FeishuPlace:
    return FeishuPlace(here.chat, here.alice["open_id"])


async def test_answers_go_to_the_person_where_the_chat_takes_none(here: Scene) -> None:
    place = await here.place()
    await here.remote.ask("act", {"do": "remove_bot", "chat": here.chat})
    assert await here.delivery.say(place, '<at user_id="all">', "key-1")
    assert await here.delivery.say(place, '<at user_id="all">', "key-1")
    (told,) = await here.private()
    assert told["content"]["text"].startswith("＜at")


# Being called


@pytest.mark.parametrize(
    ("step", "facts", "said"),
    [
        (Step.SUCCESS, {}, "It's ready 👆"),
        (Step.FAILURE, {}, "❌ The picture could not be made"),
        (Step.FAILURE, {"status": Status.CANCELLED}, None),
    ],
)
async def test_who_wants_to_be_called_is_called_once(
    here: Scene, step: Step, facts: dict[str, object], said: str | None
) -> None:
    address = (await here.place()).address()
    shown = await here.delivery.show(address, message(step, notify=True, **facts), "en")
    await here.delivery.show(address, message(step, notify=True, **facts), "en")
    await here.delivery.show(shown, message(step, notify=True, **facts), "en")
    _, *calls = await here.cards()
    assert len(calls) == (said is not None)
    for call in calls:
        assert said in call["content"]["text"]
        assert [who["name"] for who in call["mentions"]] == ["Alice"]
    await here.delivery.remove(shown)
    assert await here.cards() == []


async def test_a_call_that_is_refused_does_not_hold_the_result(here: Scene) -> None:
    body = {"code": 230035, "msg": "no permission"}
    shown = await here.delivery.show((await here.place()).address(), message(Step.START), "en")
    await here.remote.fault({"path": "reply", "status": 400, "body": body, "times": 1})
    done = await here.delivery.show(shown, message(Step.FAILURE, notify=True), "en")
    assert FeishuPlace.of(done).called == "-"


async def test_removing_what_is_gone_is_fine(here: Scene) -> None:
    shown = await here.delivery.show((await here.place()).address(), message(Step.FAILURE), "en")
    await here.remote.ask("act", {"do": "recall", "message": shown.message})
    await here.delivery.remove(shown)


# For the other half


async def test_a_finished_job_is_displayed_again(here: Scene) -> None:
    job = await here.done(await here.ask())
    shown = await here.app.engine.message(job)
    place = await here.place("历史")
    about = (place, shown, "zh-CN", "press-1")
    first = await here.delivery.display(*about, requester=place.user)
    assert await here.delivery.display(*about, requester=place.user) == first
    _, again = await here.cards()
    assert (again["message_id"], again["parent_id"]) == (first, place.asked)
    assert len([c for c in await here.calls() if c.endswith("/images")]) == 1


async def test_panels_read_what_they_show(here: Scene) -> None:
    await here.done(await here.ask())
    who = here.alice["open_id"]
    await here.app.preferences.change("feishu", who, size="2K")
    place = await here.place()
    readers = panels.Readers(Viewer("feishu", who, place.chat), "zh_Hans")
    settings = await panels.settings_of(here.app.bot, readers)
    assert await here.delivery.say(place, settings, "s")
    history = await panels.history_of(here.app.bot, readers)
    assert await here.delivery.say(place, history, "h")
    _, settings_card, history_card = await here.cards()
    assert "清晰度" in words(settings_card["content"])
    assert "画一只猫" in words(history_card["content"])
