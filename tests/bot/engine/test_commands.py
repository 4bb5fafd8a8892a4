"""What chats ask for besides pictures, and who may ask for it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.app import App
from bot.domain.actions import Action
from bot.domain.failures import Failure, Reason
from bot.domain.requests import Accepted, Attachment, Incoming, Options
from bot.settings import Settings
from bot.storage.pending_attachments import MOST_PENDING, PENDING_SECONDS, PendingAttachments
from messages import LOCALES, Button, Notice, Status, render_notice
from tests.bot.engine.test_conversation import accepted, ask
from tests.support.model_ids import PRO
from tests.support.scripted import Recorder, Scripted, png

Start = Callable[[], Awaitable[tuple[App, Recorder]]]


def press(action: Action, job_id: str, event: str = "press", **more: object) -> Incoming:
    return ask("", event=event, action=action, target=job_id, **more)


async def notice(app: App, incoming: Incoming) -> Notice:
    answer = await app.engine.receive(incoming)
    assert isinstance(answer, Notice), answer
    return answer


async def refusal(app: App, incoming: Incoming) -> Reason:
    answer = await app.engine.receive(incoming)
    assert isinstance(answer, Failure), answer
    return answer.reason


async def made(app: App, recorder: Recorder, event: str = "made", **more: object) -> str:
    job_id = await accepted(app, ask("a red lighthouse", event=event, **more))
    await recorder.final(job_id)
    return job_id


# Repeating with a change


async def test_a_larger_picture_is_made_from_the_picture(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    first = await made(app, recorder)
    larger = await accepted(app, press(Action.LARGER, first))
    message = await recorder.final(larger)
    request = provider.submitted[-1]
    assert (request.size, request.count, len(request.references)) == ("2K", 1, 1)
    assert "a red lighthouse" in request.prompt
    assert message.prompt == "a red lighthouse"  # the person reads their own words


@pytest.mark.parametrize(("action", "size"), [(Action.LARGER, "4K"), (Action.SMALLER, "1K")])
async def test_beyond_the_last_size_nothing_is_made(
    start: Start, provider: Scripted, action: Action, size: str
) -> None:
    app, recorder = await start()
    first = await made(app, recorder, options=Options(size=size))
    assert await refusal(app, press(action, first)) is Reason.NO_FURTHER_SIZE
    assert len(provider.submitted) == 1


async def test_variations_are_several_pictures_from_the_chosen_one(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    first = await made(app, recorder, options=Options(count=2))
    pictures = (await app.history.pictures_of([first]))[first]
    job_id = await accepted(app, press(Action.VARY, first, number=2))
    await recorder.final(job_id)
    request = provider.submitted[-1]
    assert request.count == app.settings.max_images_per_request
    assert [reference.image_id for reference in request.references] == [pictures[1].image_id]


async def test_the_better_model_and_the_smaller_size(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    first = await made(app, recorder, options=Options(size="2K"))
    await recorder.final(await accepted(app, press(Action.PRO, first, event="2")))
    assert provider.submitted[-1].model == PRO
    await recorder.final(await accepted(app, press(Action.SMALLER, first, event="3")))
    assert provider.submitted[-1].size == "1K"
    chosen = Options(aspect_ratio="16:9")
    await recorder.final(await accepted(app, press(Action.AGAIN, first, event="4", options=chosen)))
    assert provider.submitted[-1].aspect_ratio == "16:9"


async def test_what_needs_a_picture_says_when_there_is_none(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    provider.outcomes.append(Failure(Reason.REFUSED))
    job_id = await made(app, recorder)
    assert await refusal(app, press(Action.VARY, job_id)) is Reason.REFERENCE_MISSING


async def test_two_presses_within_seconds_are_one_request(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    first = await made(app, recorder)
    one, two = [await app.engine.receive(press(Action.AGAIN, first, event=event)) for event in "ab"]
    assert isinstance(one, Accepted)
    assert isinstance(two, Accepted)
    assert (one.new, two.new, one.job_id == two.job_id) == (True, False, True)
    other = await accepted(app, press(Action.AGAIN, first, event="c", options=Options(count=2)))
    assert other != one.job_id
    stranger = await accepted(app, press(Action.AGAIN, first, event="d", requester="bob"))
    assert stranger != one.job_id
    await recorder.final(stranger)


async def test_an_edit_by_button_means_the_picture_of_its_message(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    first = await made(app, recorder)
    await made(app, recorder, event="newer")
    recorder.attachments["hat"] = png("green")
    extra = (Attachment("hat.png", data={"key": "hat"}),)
    edit = ask(
        "wear this", event="e", action=Action.DRAW, target=first, attachments=extra, requester="bob"
    )
    await recorder.final(await accepted(app, edit))
    references = [reference.data for reference in provider.submitted[-1].references]
    assert references == [png(), png("green")]
    away = replace(edit, event_id="f", conversation="elsewhere")
    assert await refusal(app, away) is Reason.NOT_FOUND


# Who may do what


@pytest.mark.parametrize("action", [Action.DELETE, Action.CANCEL, Action.NOTIFY])
async def test_strangers_change_nothing(start: Start, provider: Scripted, action: Action) -> None:
    app, recorder = await start()
    provider.outcomes.append(asyncio.Event())
    job_id = await accepted(app, ask())
    await recorder.until(lambda shown: shown)
    stranger = press(action, job_id, requester="bob")
    assert await refusal(app, stranger) is Reason.NOT_YOURS
    away = replace(stranger, conversation="elsewhere", moderator=True)
    assert await refusal(app, away) is Reason.NOT_FOUND
    assert await notice(app, replace(stranger, event_id="m", moderator=True))
    await app.engine.cancel(job_id)


@pytest.mark.parametrize("action", [Action.CANCEL, Action.DELETE, Action.NOTIFY])
async def test_what_was_not_done_is_done_when_it_comes_again(
    start: Start, provider: Scripted, action: Action, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, _recorder = await start()
    provider.outcomes.append(asyncio.Event())
    job_id = await accepted(app, ask())

    async def dies(*_args: object, **_more: object) -> bool:
        raise SystemError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(app.history, "change", dies)
        with pytest.raises(SystemError):
            await app.engine.receive(press(action, job_id))
    assert (await notice(app, press(action, job_id))).new
    job = await app.history.job(job_id)
    assert job
    assert (job.status is Status.CANCELLED, job.deleted, job.notify) == {
        Action.CANCEL: (True, False, False),
        Action.DELETE: (True, True, False),
        Action.NOTIFY: (False, False, True),
    }[action]
    assert not (await notice(app, press(action, job_id))).new


async def test_deleting_takes_the_message_away(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    job_id = await made(app, recorder)
    assert (await notice(app, press(Action.DELETE, job_id))).key == "deleted"
    assert (await notice(app, press(Action.DELETE, job_id))).new is False
    async with asyncio.timeout(10):
        while not recorder.removed:
            await asyncio.sleep(0.01)
    assert recorder.removed[0].message == f"message-{job_id}"
    assert await refusal(app, press(Action.AGAIN, job_id, event="x")) is Reason.NOT_FOUND


async def test_a_person_can_ask_to_be_called(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    done = asyncio.Event()
    provider.outcomes.append(done)
    job_id = await accepted(app, ask())
    await recorder.until(lambda shown: any(Button.NOTIFY in m.buttons for m in shown))
    assert (await notice(app, press(Action.NOTIFY, job_id))).key == "notified"
    await recorder.until(lambda shown: any(m.notify for m in shown))
    done.set()
    assert (await recorder.final(job_id)).notify
    wish = ask("", event="w", action=Action.PREFER, options=Options(notify=True, spoiler=True))
    await notice(app, wish)
    message = await recorder.final(await accepted(app, ask(event="2")))
    assert (message.notify, message.spoiler) == (True, True)


async def test_the_details_say_everything(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    job_id = await made(app, recorder)
    answer = await notice(app, press(Action.DETAILS, job_id))
    for locale in LOCALES:
        text = render_notice(answer, locale)
        for fact in ("a red lighthouse", "Nano Banana 2", "1K", "1:1", job_id):
            assert fact in text
        assert "–" not in text.replace("1–2", "")


@pytest.mark.parametrize(
    ("text", "key"),
    [("详情", "details"), ("删除", "deleted"), ("delete it", "deleted"), ("/details", "details")],
)
async def test_buttons_have_words(start: Start, provider: Scripted, text: str, key: str) -> None:
    app, recorder = await start()
    await made(app, recorder)
    assert (await notice(app, ask(text, event="t"))).key == key


async def test_cancel_in_reply_to_something_else_means_what_is_running(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    provider.outcomes.append(asyncio.Event())
    await accepted(app, ask())
    await recorder.until(lambda shown: shown)
    answer = await notice(app, ask("cancel", event="c", replied_to="somebody's message"))
    assert answer.key == "cancelled"


# Pictures put aside


async def test_a_picture_without_words_waits_for_them(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    recorder.attachments |= {"cat": png("gray"), "hat": png("green")}
    for key in ("cat", "hat"):
        sent = ask("", event=key, attachments=(Attachment(data={"key": key}),))
        assert (await notice(app, sent)).key == "picture_kept"
        assert (await notice(app, sent)).new is False
    await recorder.final(await accepted(app, ask("put the hat on the cat", event="words")))
    references = [reference.data for reference in provider.submitted[-1].references]
    assert references == [png("gray"), png("green")]
    await recorder.final(await accepted(app, ask("a lighthouse", event="next")))
    assert provider.submitted[-1].references == ()


async def test_what_was_put_aside_is_forgotten_after_a_while(
    settings: Settings, provider: Scripted
) -> None:
    app = App(settings)
    await asyncio.to_thread(app.database.migrate)
    pending = PendingAttachments(app.database)
    where = ("test", "ada", "room")
    many = [Attachment(image_id=f"img_{number}") for number in range(MOST_PENDING + 2)]
    await pending.add(*where, many, 1000.0)
    await pending.add(*where, many[-1:], 1001.0)
    assert await pending.of(*where, 1002.0) == tuple(many[2:])
    assert await pending.of("test", "bob", "room", 1002.0) == ()
    assert await pending.of(*where, 1001.0 + PENDING_SECONDS) == ()
    await pending.forget(1002.0)
    assert await pending.of(*where, 1002.0) == ()
    await app.close()


# Forgetting people


async def test_a_person_is_forgotten_once_they_confirm(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    job_id = await made(app, recorder)
    others = await made(app, recorder, event="bob", requester="bob")
    await app.preferences.change("test", "ada", model=PRO, language="zh_Hans")
    pictures = (await app.history.pictures_of([job_id]))[job_id]
    kept = await app.history.picture(pictures[0].image_id)
    assert kept
    assert (await notice(app, ask("/forget-me", event="f"))).key == "forget_me"
    assert await app.history.picture(pictures[0].image_id)
    answer = await notice(app, ask("/forget-me yes", event="g"))
    assert (answer.key, dict(answer.facts)) == ("forgot_you", {"pictures": 1})
    assert await app.media.read(kept.path) is None
    assert await app.history.jobs_of("test", "ada") == []
    assert (await app.preferences.of("test", "ada")).model is None
    row = await app.history.job(job_id)
    assert row
    assert (row.requester, row.text, row.prompt, row.address.data) == ("", "", "", {})
    assert [job.id for job in await app.history.jobs_of("test", "bob")] == [others]
    again = await app.engine.receive(ask("a red lighthouse", event="made"))
    assert again == Accepted(job_id, new=False)  # delivered once more, it is not drawn once more


# Languages


async def test_the_language_is_the_chosen_one_else_the_platforms_else_the_words(
    start: Start, provider: Scripted
) -> None:
    app, _ = await start()
    assert await app.bot.locale(ask("画一只猫")) == "zh"
    assert await app.bot.locale(ask("画一只猫", locale="en-GB")) == "en-GB"
    await notice(app, ask("", event="l", action=Action.PREFER, options=Options(language="zh_Hans")))
    assert await app.bot.locale(ask("a cat", locale="en-GB")) == "zh_Hans"
    clear = Options(language="auto")
    await notice(app, ask("", event="m", action=Action.PREFER, options=clear))
    assert await app.bot.locale(ask("16:9")) == "en"
