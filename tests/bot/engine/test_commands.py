"""What chats ask for besides pictures, and who may ask for it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.app import App
from bot.domain.actions import Action
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import Parent
from bot.domain.requests import Accepted, Attachment, Incoming, Options
from bot.engine.lineage import LONGEST
from bot.images.provenance import marked
from bot.settings import Settings
from bot.storage.pending_attachments import MOST_PENDING, PENDING_SECONDS, PendingAttachments
from messages import (
    LOCALES,
    Button,
    Cost,
    MadeFrom,
    Notice,
    Status,
    label,
    render,
    render_notice,
)
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


async def edited(app: App, recorder: Recorder, target: str, text: str, **more: object) -> str:
    """A change of a job's picture, made from a button."""
    asked = ask(text, event=f"edit {text}", action=Action.DRAW, target=target, **more)
    job_id = await accepted(app, asked)
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
    assert await refusal(app, press(Action.VARY, job_id)) is Reason.NO_PICTURE


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
    assert references == [marked(png()), png("green")]
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
    assert (job.status is Status.CANCELLED, job.deleted, bool(job.notify)) == {
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
    async with asyncio.timeout(60):
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


async def test_the_details_say_what_it_was_made_from(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    for number, count in enumerate((1, 2)):
        first = await made(app, recorder, event=f"f{number}", options=Options(count=count))
        larger = press(Action.LARGER, first, event=f"l{number}")
        job_id = await accepted(app, replace(larger, number=count))
        await recorder.final(job_id)
        answer = await notice(app, press(Action.DETAILS, job_id, event=f"d{number}"))
        said = "“a red lighthouse”" if count == 1 else "picture 2 of 2 from “a red lighthouse”"
        assert f"• Made from: {said}\n" in render_notice(answer, "en")


@pytest.mark.parametrize(
    ("text", "key"),
    [("详情", "details"), ("删除", "ask_delete"), ("/details", "details")],
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


# What a picture was made from


async def parent(app: App, job_id: str) -> Parent | None:
    job = await app.history.job(job_id)
    assert job
    return job.parent


async def test_what_comes_of_a_picture_knows_it(start: Start) -> None:
    app, recorder = await start()
    first = await made(app, recorder, options=Options(count=2))
    assert await parent(app, first) is None
    change = await edited(app, recorder, first, "make it warmer", number=2)
    assert await parent(app, change) == Parent(first, 2, 2, Action.DRAW)
    for action in (Action.LARGER, Action.VARY):
        job_id = await accepted(app, press(action, first, event=action, number=2))
        assert await parent(app, job_id) == Parent(first, 2, 2, action)
    pro = await accepted(app, press(Action.PRO, change))
    assert await parent(app, pro) == Parent(change, 1, 1, Action.PRO)
    again = await accepted(app, press(Action.AGAIN, change, event="again"))
    assert await parent(app, again) == Parent(first, 2, 2, Action.DRAW)


async def test_a_reply_and_the_newest_picture_are_parents_too(start: Start) -> None:
    app, recorder = await start()
    first = await made(app, recorder)
    replied = ask("make it warmer", event="reply", replied_to=f"message-{first}")
    second = await accepted(app, replied)
    assert await parent(app, second) == Parent(first, 1, 1, Action.DRAW)
    await recorder.final(second)
    third = await accepted(app, ask("make it darker", event="newest"))
    assert await parent(app, third) == Parent(second, 1, 1, Action.DRAW)


async def test_another_ratio_extends_the_picture(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    first = await made(app, recorder, options=Options(count=2))
    wide = press(Action.EXTEND, first, number=2, options=Options(aspect_ratio="16:9"))
    job_id = await accepted(app, wide)
    message = await recorder.final(job_id)
    request = provider.submitted[-1]
    assert (request.aspect_ratio, request.count, len(request.references)) == ("16:9", 1, 1)
    assert "16:9" in request.prompt
    assert message.made_from == MadeFrom(first, 2, 2, "extend", ("a red lighthouse",))


async def test_the_words_from_the_first_picture_on_are_told(start: Start) -> None:
    app, recorder = await start()
    first = await made(app, recorder)
    second = await edited(app, recorder, first, "make it warmer")
    larger = await accepted(app, press(Action.LARGER, second))
    message = await recorder.final(larger)
    assert message.made_from
    assert message.made_from.words == ("a red lighthouse", "make it warmer")
    assert message.prompt == "make it warmer"
    assert (await recorder.final(first)).made_from is None


async def test_what_is_deleted_or_was_made_elsewhere_is_not_quoted(start: Start) -> None:
    app, recorder = await start()
    first = await made(app, recorder, conversation="another room")
    second = await edited(app, recorder, first, "make it warmer")
    assert (await recorder.final(second)).made_from == MadeFrom(first, 1, 1, "draw")
    third = await edited(app, recorder, second, "make it darker")
    assert (await recorder.final(third)).made_from == MadeFrom(
        second, 1, 1, "draw", ("make it warmer",)
    )
    await app.engine.delete(second)
    job = await app.history.job(third)
    assert job
    assert (await app.engine.message(job)).made_from == MadeFrom(second, 1, 1, "draw")


async def test_a_long_chain_is_told_from_somewhere_on(start: Start) -> None:
    app, recorder = await start()
    job_id = await made(app, recorder)
    for number in range(LONGEST + 1):
        job_id = await edited(app, recorder, job_id, f"add {number} birds")
    message = await recorder.final(job_id)
    assert message.made_from
    assert len(message.made_from.words) == LONGEST


async def test_the_picture_before_is_shown_again_and_nothing_is_made(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    first = await made(app, recorder)
    second = await edited(app, recorder, first, "make it warmer")
    assert (await notice(app, press(Action.BEFORE, second))).shows == first
    assert await refusal(app, press(Action.BEFORE, first, "first")) is Reason.NOTHING_BEFORE
    await app.engine.delete(first)
    assert await refusal(app, press(Action.BEFORE, second, "gone")) is Reason.NOT_FOUND
    assert len(provider.submitted) == 2


async def test_after_undo_words_are_about_the_picture_that_is_shown_again(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    bicycle = await made(app, recorder, "bicycle")
    lighthouse = await made(app, recorder, "lighthouse")
    warmer = await edited(app, recorder, lighthouse, "make it warmer")
    undo = ask("undo", event="undo")
    assert (await notice(app, undo)).shows == lighthouse
    assert not (await notice(app, undo)).new  # the same event again undoes nothing more
    bluer = await accepted(app, ask("make it blue", event="blue"))
    await recorder.final(bluer)
    job = await app.history.job(bluer)
    assert job
    assert job.parent
    assert job.parent.job_id == lighthouse
    assert (await notice(app, ask("go back", event="back"))).shows == lighthouse
    assert (await notice(app, ask("the previous one", event="previous"))).shows == bicycle
    assert await refusal(app, ask("undo", event="none")) is Reason.NOTHING_BEFORE
    assert (await notice(app, press(Action.BEFORE, warmer, "button"))).shows == lighthouse
    assert len(provider.submitted) == 4


async def test_what_was_made_in_between_is_passed_over_after_undo(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    cats = await made(app, recorder, "cats")
    await edited(app, recorder, cats, "give them hats")
    larger = await accepted(app, press(Action.LARGER, cats, "larger"))
    await recorder.final(larger)
    await edited(app, recorder, cats, "make them blue")
    assert (await notice(app, ask("undo", event="undo"))).shows == cats
    again = await accepted(app, ask("again in 2K", event="again"))
    await recorder.final(again)
    request = provider.submitted[-1]
    assert (request.prompt, request.size) == ("a red lighthouse", "2K")
    assert request.references == ()


async def test_who_goes_back_to_the_picture_of_another_is_about_their_own_next(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    mine = await made(app, recorder, "a heron", requester="somebody else")
    theirs = await made(app, recorder, "cats")
    hats = await edited(app, recorder, theirs, "give them hats", requester="somebody else")
    back = press(Action.BEFORE, hats, "back", requester="somebody else")
    assert (await notice(app, back)).shows == theirs
    latest = await app.history.latest("test", "room", requester="somebody else")
    assert latest
    assert latest.id == mine


async def test_what_somebody_else_goes_back_from_stays_the_newest(start: Start) -> None:
    app, recorder = await start()
    first = await made(app, recorder)
    second = await edited(app, recorder, first, "make it warmer")
    await notice(app, press(Action.BEFORE, second, requester="somebody else"))
    latest = await app.history.latest("test", "room")
    assert latest
    assert latest.id == second


async def test_what_was_before_a_private_picture_is_shown_in_private_only(start: Start) -> None:
    app, recorder = await start()
    first = await made(app, recorder, private=True)
    second = await edited(app, recorder, first, "make it warmer", private=True)
    assert await refusal(app, press(Action.BEFORE, second)) is Reason.NOT_HERE
    alone = press(Action.BEFORE, second, "alone", private=True)
    assert (await notice(app, alone)).shows == first


async def test_the_original_is_the_one_that_is_chosen_or_all(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    first = await made(app, recorder, options=Options(count=2))
    pictures = (await app.history.pictures_of([first]))[first]
    chosen = await notice(app, press(Action.ORIGINAL, first, number=2))
    assert chosen.originals == pictures[1:]
    beyond = press(Action.ORIGINAL, first, "beyond", number=3)
    assert await refusal(app, beyond) is Reason.NOT_FOUND
    provider.outcomes.append(asyncio.Event())
    waiting = await accepted(app, ask(event="waiting"))
    assert await refusal(app, press(Action.ORIGINAL, waiting, "early")) is Reason.NOT_READY


async def test_a_result_is_delivered_once_more(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    first = await made(app, recorder)
    shown = len(recorder.shown)
    said = await notice(app, press(Action.RESEND, first))
    assert said.key == "resent"
    await recorder.until(lambda messages: len(messages) > shown)
    assert recorder.shown[-1] == recorder.shown[shown - 1]
    assert len(provider.submitted) == 1
    assert await refusal(app, press(Action.RESEND, first, "theirs", requester="bob")) is (
        Reason.NOT_YOURS
    )


async def test_the_same_request_with_other_words(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    first = await made(app, recorder, options=Options(count=2, size="2K"))
    change = await edited(app, recorder, first, "make it warmer")
    asked = press(Action.WORDS, change, "words", options=Options(aspect_ratio="16:9"))
    job_id = await accepted(app, replace(asked, text="make it darker"))
    assert await parent(app, job_id) == Parent(first, 1, 2, Action.DRAW)
    assert (await recorder.final(job_id)).prompt == "make it darker"
    request = provider.submitted[-1]
    assert (request.prompt, request.aspect_ratio, request.size) == ("make it darker", "16:9", "2K")
    assert request.references[0].image_id == provider.submitted[1].references[0].image_id
    again = press(Action.WORDS, first, "all", options=Options(aspect_ratio="1:1"))
    await recorder.final(await accepted(app, replace(again, text="help")))
    assert (provider.submitted[-1].prompt, provider.submitted[-1].count) == ("help", 2)
    assert await refusal(app, press(Action.WORDS, first, "none")) is Reason.EMPTY_PROMPT


# What is dear is asked first


@pytest.fixture
def priced(provider: Scripted) -> None:
    """A picture costs 3 points, and in 2K 5."""
    costs = (("1K", Cost(3, "points")), ("2K", Cost(5, "points")))
    provider.offered = tuple(replace(model, costs=costs) for model in provider.offered)


@pytest.mark.usefixtures("priced")
async def test_what_is_dear_is_asked_first_and_made_when_confirmed(
    settings: Settings, provider: Scripted
) -> None:
    app, recorder = App(settings.model_copy(update={"confirm_above": 10.0})), Recorder()
    app.adapters = [recorder]
    await app.start()
    await made(app, recorder, options=Options(count=3))
    asked = await accepted(app, ask("four cats", event="dear", options=Options(count=4)))
    message = await recorder.final(asked)
    assert message.problem
    assert message.problem.reason == Reason.CONFIRM_COST
    assert message.buttons[:2] == (Button.RETRY, Button.WORDS)
    assert render(message, "en").splitlines()[:2] == [
        "💰 Shall I make it?",
        "It costs about 12 points.",
    ]
    assert label(Button.RETRY, "en", message.offers[Button.RETRY]) == "Make it · 12 points"
    assert len(provider.submitted) == 1
    confirmed = await accepted(app, press(Action.AGAIN, asked))
    assert (await recorder.final(confirmed)).status is Status.SUCCEEDED
    larger = press(Action.AGAIN, asked, "dearer", options=Options(size="2K"))
    dearer = await recorder.final(await accepted(app, larger))
    assert dearer.problem
    assert dearer.problem.facts == {"amount": 20, "unit": "points"}
    assert (await recorder.final(confirmed)).pictures
    cheaper = await accepted(app, press(Action.AGAIN, asked, "cheaper", options=Options(count=2)))
    assert (await recorder.final(cheaper)).status is Status.SUCCEEDED
    assert len(provider.submitted) == 3
    await app.close()


@pytest.mark.usefixtures("priced")
async def test_nothing_is_asked_where_that_is_not_configured(start: Start) -> None:
    app, recorder = await start()
    await made(app, recorder, options=Options(count=4))
