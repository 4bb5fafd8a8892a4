"""What is said once a preference is set, in the words of each language."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.app import App
from bot.domain.actions import Action
from bot.domain.preferences import Preference
from bot.domain.requests import Options
from bot.engine.queries import HISTORY_ENTRIES
from bot.settings import Settings
from messages import Notice, Step, render_notice
from tests.bot.engine.test_conversation import accepted, ask
from tests.support.model_ids import PRO
from tests.support.scripted import Recorder, Scripted

Start = Callable[[], Awaitable[tuple[App, Recorder]]]


async def preferred(app: App, options: Options) -> Notice:
    answer = await app.engine.receive(ask("", action=Action.PREFER, options=options))
    assert isinstance(answer, Notice), answer
    return answer


@pytest.mark.parametrize(
    ("options", "english", "chinese"),
    [
        (Options(model="pro"), "Done: Nano Banana Pro from now on.", "以后默认：Nano Banana Pro。"),
        (Options(model="auto"), "Done: automatic from now on.", "以后默认：自动。"),
        (Options(size="auto"), "Done: automatic from now on.", "以后默认：自动。"),
        (Options(size="2K", model="auto"), "Done: automatic, 2K from now on.", "自动、2K。"),
        (Options(language="zh-Hans"), "Done: 中文 from now on.", "以后默认：中文。"),
        (Options(language="en"), "Done: English from now on.", "以后默认：English。"),
        (Options(language="auto"), "Done: automatic from now on.", "以后默认：自动。"),
        (Options(notify=True), "I'll ping you", "会叫你"),
        (Options(notify=False), "no more pings", "不再叫你"),
        (Options(notify="auto"), "after a long wait", "等久了才叫你"),
        (Options(private=True), "only you see my answers", "只给你一个人看"),
        (Options(private=False), "everybody there sees it", "大家都能看到"),
        (Options(spoiler=True), "stay covered", "先遮住"),
        (Options(spoiler=False), "no longer covered", "不再遮住"),
    ],
)
async def test_a_preference_is_confirmed_in_words(
    start: Start, provider: Scripted, options: Options, english: str, chinese: str
) -> None:
    app, _ = await start()
    answer = await preferred(app, options)
    assert english in render_notice(answer, "en")
    assert chinese in render_notice(answer, "zh_Hans")
    assert ": ." not in render_notice(answer, "en")


async def test_everything_at_once_is_kept_and_said(start: Start, provider: Scripted) -> None:
    app, _ = await start()
    options = Options(model="pro", size="2K", language="zh-Hans", notify=True, spoiler=False)
    answer = await preferred(app, options)
    assert render_notice(answer, "en").splitlines() == [
        "Done: Nano Banana Pro, 2K, 中文 from now on.",
        "Done: I'll ping you when a picture is ready.",
        "Done: your pictures are no longer covered.",
    ]
    assert await app.preferences.of("test", "ada") == Preference(
        model=PRO, size="2K", language="zh-Hans", notify=True
    )


async def test_a_switch_is_set_and_taken_back(start: Start, provider: Scripted) -> None:
    app, _ = await start()
    for number, (how, stored) in enumerate([(True, True), ("auto", None), (False, False)]):
        wish = ask("", event=f"n{number}", action=Action.PREFER, options=Options(notify=how))
        assert isinstance(await app.engine.receive(wish), Notice)
        assert (await app.preferences.of("test", "ada")).notify is stored


async def test_what_was_used_is_said_with_what_is_allowed(
    start: Start, provider: Scripted, settings: Settings
) -> None:
    app, recorder = await start()
    await recorder.final(await accepted(app, ask("a cat", event="1", options=Options(count=2))))
    provider.outcomes.append(waits := asyncio.Event())
    await accepted(app, ask("a dog", event="2"))
    await recorder.until(
        lambda shown: any(m.prompt == "a dog" and m.step >= Step.START for m in shown)
    )
    notice = await app.engine.receive(ask("my usage", event="3"))
    assert isinstance(notice, Notice)
    assert render_notice(notice, "en").splitlines() == [
        "Your usage",
        "• Last 24 hours: 2 pictures, 5 points",
        "• Last 30 days: 2 pictures, 5 points",
        "• Being made now: 1 (at most 3)",
        "• Waiting: 0 (at most 10)",
        f"• Sent to work from, last 24 hours: 0 MB (at most {settings.upload_mb_per_day} MB)",
    ]
    waits.set()


async def test_a_limit_that_is_not_set_is_not_told(start: Start, settings: Settings) -> None:
    settings.upload_mb_per_day = 0
    app, _ = await start()
    notice = await app.engine.receive(ask("my usage"))
    assert isinstance(notice, Notice)
    assert "MB" not in render_notice(notice, "en")


async def test_the_history_is_turned_by_words(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    for number in range(HISTORY_ENTRIES + 2):
        await recorder.final(await accepted(app, ask(f"cat {number}", event=f"c{number}")))
    said = ("history", "next page", "older ones", "previous page", "下一页")
    told = [await app.engine.receive(ask(each, event=each)) for each in said]
    pages = [(each.key, each.facts.get("page")) for each in told if isinstance(each, Notice)]
    assert pages == [
        ("history", 1),
        ("history_page", 2),
        ("history_end", None),
        ("history_page", 1),
        ("history_page", 2),
    ]
    assert isinstance(told[1], Notice)
    assert [str(each).partition(" · ")[0] for each in told[1].facts["entries"]] == [
        "cat 1",
        "cat 0",
    ]
    assert len(provider.submitted) == HISTORY_ENTRIES + 2


async def test_a_page_forgets_no_question(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    for number in range(2):
        await recorder.final(await accepted(app, ask(f"cat {number}", event=f"c{number}")))
    asked = await app.engine.receive(ask("delete this", event="d"))
    assert isinstance(asked, Notice)
    await app.engine.receive(ask("history", event="h"))
    done = await app.engine.receive(ask("yes", event="y"))
    assert isinstance(done, Notice)
    assert done.key == "deleted"


async def test_a_preference_for_nothing_shows_the_settings(
    start: Start, provider: Scripted
) -> None:
    app, _ = await start()
    assert (await preferred(app, Options())).key == "settings"
