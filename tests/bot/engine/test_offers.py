"""What is said to words that ask for no picture, and what is asked before it is done."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.app import App
from bot.domain.actions import Action
from bot.domain.failures import Failure, Reason
from bot.domain.questions import OPEN_SECONDS
from bot.domain.requests import Accepted, Attachment, Options
from messages import LOCALES, Cost, Notice, Status, answers, render_notice
from tests.bot.engine.test_commands import made, notice, refusal
from tests.bot.engine.test_conversation import accepted, ask
from tests.support.model_ids import PRO
from tests.support.scripted import Recorder, Scripted, png

Start = Callable[[], Awaitable[tuple[App, Recorder]]]


async def agreed(app: App, asked: Notice, number: int = 1, event: str = "yes") -> object:
    answer = ask("", event=event, action=Action.ANSWER, target=asked.question, number=number)
    return await app.engine.receive(answer)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("thanks!", "smalltalk"),
        ("yes", "smalltalk"),
        ("no thanks", "smalltalk"),
        ("你好", "greeting"),
        ("what can you do?", "help"),
        ("how much does a picture cost?", "models"),
        ("is it ready?", "status_none"),
        ("my quota", "usage"),
        ("who invented paper?", "offer"),
    ],
)
async def test_talk_is_answered_and_nothing_is_drawn(
    start: Start, provider: Scripted, text: str, key: str
) -> None:
    app, _ = await start()
    told = await notice(app, ask(text, event="talk"))
    assert (told.key, told.new) == (key, True)
    assert all(render_notice(told, locale) for locale in LOCALES)
    again = await notice(app, ask(text, event="talk"))
    assert (again.key, again.new) == (key, False)
    assert provider.submitted == []


async def test_a_sentence_is_drawn_as_it_stands_once_that_is_wanted(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    asked = await notice(app, ask("who invented paper?", event="q"))
    assert answers(asked, "en") == ("Draw it",)
    answer = await agreed(app, asked)
    assert isinstance(answer, Accepted)
    await recorder.final(answer.job_id)
    assert [each.prompt for each in provider.submitted] == ["who invented paper?"]


@pytest.mark.parametrize("text", ["yes", "ok", "好的", "go ahead"])
async def test_a_yes_in_words_draws_the_last_sentence_once(
    start: Start, provider: Scripted, text: str
) -> None:
    app, recorder = await start()
    await notice(app, ask("do you like cats?", event="q"))
    await recorder.final(await accepted(app, ask(text, event="y")))
    assert (await notice(app, ask(text, event="y2"))).key == "smalltalk"
    assert [each.prompt for each in provider.submitted] == ["do you like cats?"]


@pytest.mark.parametrize("text", ["no", "cancel"])
async def test_a_no_closes_the_question(start: Start, provider: Scripted, text: str) -> None:
    app, _ = await start()
    asked = await notice(app, ask("do you like cats?", event="q"))
    await app.engine.receive(ask(text, event="n"))
    assert (await notice(app, ask("yes", event="y"))).key == "smalltalk"
    assert isinstance(await agreed(app, asked, event="late"), Failure)
    assert provider.submitted == []


async def test_an_old_question_is_answered_by_its_button_only(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    asked = await notice(app, ask("do you like cats?", event="q"))
    clock = app.clock
    app.intake._offers._clock = lambda: clock() + OPEN_SECONDS + 1
    assert (await notice(app, ask("yes", event="y"))).key == "smalltalk"
    answer = await agreed(app, asked)
    assert isinstance(answer, Accepted)
    await recorder.final(answer.job_id)


async def test_somebody_else_cannot_answer(start: Start, provider: Scripted) -> None:
    app, _ = await start()
    asked = await notice(app, ask("do you like cats?", event="q"))
    bob = ask("yes", event="b", requester="bob")
    assert (await notice(app, bob)).key == "smalltalk"
    answer = ask("", event="b2", action=Action.ANSWER, target=asked.question, requester="bob")
    assert await refusal(app, answer) is Reason.NOT_YOURS


@pytest.mark.parametrize("text", ["delete this", "删除", "/delete"])
async def test_a_picture_is_deleted_once_that_is_confirmed_by_name(
    start: Start, provider: Scripted, text: str
) -> None:
    app, recorder = await start()
    job_id = await made(app, recorder)
    asked = await notice(app, ask(text, event="d"))
    assert asked.key == "ask_delete"
    assert "a red lighthouse" in render_notice(asked, "en")
    assert (await app.history.job(job_id)) is not None
    assert (await notice(app, ask("ok", event="o"))).key == "smalltalk"  # that is no yes to this
    assert (await notice(app, ask("yes", event="y"))).key == "deleted"
    job = await app.history.job(job_id)
    assert job is None or job.deleted
    assert await refusal(app, ask("yes", event="y2")) is Reason.NOT_FOUND


async def test_only_who_may_delete_is_asked(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    job_id = await made(app, recorder)
    bob = ask("delete this", event="d", requester="bob", target=job_id)
    assert await refusal(app, bob) is Reason.NOT_YOURS


async def test_everything_of_ones_own_is_deleted(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    mine = [await made(app, recorder, event=f"m{n}") for n in range(2)]
    theirs = await made(app, recorder, event="bob", requester="bob")
    asked = await notice(app, ask("delete everything", event="d"))
    assert "(2)" in render_notice(asked, "en")
    later = await made(app, recorder, event="later")
    answer = await agreed(app, asked)
    assert isinstance(answer, Notice)
    assert (answer.key, answer.facts["count"]) == ("deleted_all", 2)
    jobs = [await app.history.job(each) for each in (*mine, theirs, later)]
    assert [job is None or job.deleted for job in jobs] == [True, True, False, False]


async def test_where_there_is_nothing_nothing_is_asked(start: Start, provider: Scripted) -> None:
    app, _ = await start()
    for text in ("delete everything", "delete this", "another model"):
        found = await refusal(app, ask(text, event=text))
        assert found in (Reason.NOT_FOUND, Reason.NOTHING_TO_REPEAT)


async def test_another_model_or_ratio_is_chosen_and_no_preference_is_touched(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    wish = ask("", event="p", action=Action.PREFER, options=Options(size="2K"))
    await notice(app, wish)
    await made(app, recorder)
    asked = await notice(app, ask("another model", event="m"))
    number = [*answers(asked, "en")].index("Nano Banana Pro") + 1
    answer = await agreed(app, asked, number)
    assert isinstance(answer, Accepted)
    await recorder.final(answer.job_id)
    assert (provider.submitted[-1].model, provider.submitted[-1].size) == (PRO, "2K")
    asked = await notice(app, ask("换个比例", event="r"))
    number = [*answers(asked, "en")].index("16:9") + 1
    answer = await agreed(app, asked, number, event="r2")
    assert isinstance(answer, Accepted)
    await recorder.final(answer.job_id)
    assert provider.submitted[-1].aspect_ratio == "16:9"
    liked = await app.preferences.of("test", "ada")
    assert (liked.model, liked.size, liked.aspect_ratio) == (None, "2K", None)


async def test_a_choice_that_is_not_there(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    await made(app, recorder)
    asked = await notice(app, ask("another model", event="m"))
    assert isinstance(await agreed(app, asked, 99), Failure)
    assert (await notice(app, ask("yes", event="y"))).key == "smalltalk"


async def test_pro_right_after_a_picture_is_for_that_picture(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    await made(app, recorder)
    await recorder.final(await accepted(app, ask("use pro", event="p")))
    assert provider.submitted[-1].model == PRO
    assert (await app.preferences.of("test", "ada")).model is None
    assert (await notice(app, ask("always use pro", event="a"))).key == "preferred"


async def test_without_a_picture_it_is_a_preference(start: Start, provider: Scripted) -> None:
    app, _ = await start()
    assert (await notice(app, ask("use pro", event="p"))).key == "preferred"


async def test_a_picture_beside_small_talk_waits_for_words(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    recorder.attachments["cat"] = png("gray")
    cat = (Attachment(data={"key": "cat"}),)
    assert (await notice(app, ask("hi", event="h", attachments=cat))).key == "picture_kept"
    assert provider.submitted == []


async def test_words_of_a_button_change_a_picture_that_was_sent(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    await made(app, recorder)
    recorder.attachments["cat"] = png("gray")
    cat = (Attachment(data={"key": "cat"}),)
    job_id = await accepted(app, ask("upscale it", event="u", attachments=cat))
    await recorder.final(job_id)
    assert provider.submitted[-1].prompt == "upscale it"
    assert len(provider.submitted[-1].references) == 1


async def test_all_that_runs_is_cancelled(start: Start, provider: Scripted) -> None:
    app, _ = await start()
    provider.outcomes += [asyncio.Event(), asyncio.Event()]
    for n in range(2):
        await accepted(app, ask(event=f"r{n}"))
    told = await notice(app, ask("cancel everything", event="c"))
    assert (told.key, told.facts["count"]) == ("cancelled_all", 2)
    assert await refusal(app, ask("cancel everything", event="c2")) is Reason.NOTHING_TO_CANCEL


async def test_how_far_a_picture_is(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    provider.outcomes += [asyncio.Event() for _ in range(4)]
    ids = [await accepted(app, ask(event=f"r{n}")) for n in range(4)]
    await recorder.until(lambda shown: any(each.step for each in shown))
    told = await notice(app, ask("how long still?", event="s"))
    text = render_notice(told, "en")
    assert told.key == "status"
    assert text.count("a lighthouse") == 4
    assert "number 1 in your queue" in text
    now = app.clock
    app.intake._commands._queries._clock = lambda: now() + 3600
    assert "longer than usual" in render_notice(
        await notice(app, ask("is it ready?", event="s2")), "en"
    )
    for each in ids:
        await app.engine.cancel(each)


async def test_what_became_of_the_last_one(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    await made(app, recorder)
    assert (await notice(app, ask("is it ready?", event="s"))).key == "status_ready"
    provider.outcomes.append(Failure(Reason.REFUSED))
    failed = await made(app, recorder, event="f")
    assert (await recorder.final(failed)).status is Status.FAILED
    assert (await notice(app, ask("is it ready?", event="s2"))).key == "status_ended"


async def test_what_was_used(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    await made(app, recorder, options=Options(count=2))
    told = await notice(app, ask("my quota", event="u"))
    assert told.facts["today"] == told.facts["month"] == [2, Cost(5, "points")]


@pytest.mark.parametrize(
    ("text", "language", "notify"),
    [("speak Chinese", "zh_Hans", None), ("别通知我了", None, False)],
)
async def test_how_to_be_answered_is_kept(
    start: Start, provider: Scripted, text: str, language: str | None, notify: bool | None
) -> None:
    app, _ = await start()
    assert (await notice(app, ask(text, event="t"))).key == "preferred"
    liked = await app.preferences.of("test", "ada")
    assert liked.language == language
    assert notify is None or not liked.notify


async def test_the_purpose_is_said(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    message = await recorder.final(
        await accepted(app, ask("a phone wallpaper of a fox", event="w"))
    )
    assert provider.submitted[-1].aspect_ratio == "9:16"
    assert [note.key for note in message.notes] == ["purpose_ratio"]


async def test_so_many_more(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    await made(app, recorder)
    await recorder.final(await accepted(app, ask("再来三张", event="m")))
    assert (provider.submitted[-1].count, provider.submitted[-1].prompt) == (3, "a red lighthouse")


async def test_a_picture_is_no_answer_to_what_is_about_none(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    await made(app, recorder)
    for number, text in enumerate(("delete this", "do you like cats?", "history")):
        assert isinstance(await app.engine.receive(ask(text, event=f"q{number}")), Notice)
        recorder.attachments["photo"] = png()
        photo = (Attachment(data={"key": "photo"}),)
        kept = await notice(app, ask("", event=f"p{number}", attachments=photo))
        assert kept.key == "picture_kept"
    assert len(provider.submitted) == 1


@pytest.mark.parametrize(
    ("answer", "choice"),
    [
        ("yes", "Draw it"),
        ("no", "No"),
    ],
)
async def test_words_say_which_answer_they_are_and_no_button_gives_another(
    start: Start, provider: Scripted, answer: str, choice: str
) -> None:
    app, recorder = await start()
    asked = await notice(app, ask("do you like cats?", event="q"))
    done = await app.engine.receive(ask(answer, event="a"))
    assert not isinstance(done, Failure)
    assert done.answers == choice
    if isinstance(done, Accepted):
        await recorder.final(done.job_id)
    paid = len(provider.submitted)
    pressed = await agreed(app, asked, event="later")
    assert isinstance(pressed, Failure)
    assert pressed.reason is Reason.OUTDATED
    assert len(provider.submitted) == paid


async def test_a_number_in_words_is_an_answer_too(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    drawn = await accepted(app, ask("a cat, 2 pictures", event="two"))
    await recorder.final(drawn)
    await notice(app, ask("make it warmer", event="q", target=drawn))
    done = await app.engine.receive(ask("the second", event="a"))
    assert isinstance(done, Accepted)
    assert done.answers == "2"
    await recorder.final(done.job_id)
    assert len(provider.submitted) == 2


async def test_what_is_not_an_answer_says_none(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    asked = await notice(app, ask("do you like cats?", event="q"))
    drawn = await app.engine.receive(ask("a lighthouse", event="other"))
    assert isinstance(drawn, Accepted)
    assert drawn.answers == ""
    await recorder.final(drawn.job_id)
    answer = await agreed(app, asked)
    assert isinstance(answer, Accepted)
    assert answer.answers == "Draw it"


async def test_an_answer_that_is_refused_leaves_the_question_open(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    drawn = await accepted(app, ask("a cat, 2 pictures", event="two"))
    await recorder.final(drawn)
    asked = await notice(app, ask("make it warmer", event="q", target=drawn))
    [_, second] = (await app.history.pictures_of([drawn]))[drawn]
    await app.engine.delete_pictures(drawn, [second.image_id])
    refused = await agreed(app, asked, 2, event="gone")
    assert isinstance(refused, Failure)
    assert refused.reason is Reason.REFERENCE_MISSING
    assert isinstance(await agreed(app, asked, 1, event="there"), Accepted)
