"""What is said once a preference is set, in the words of each language."""

from collections.abc import Awaitable, Callable

import pytest

from bot.app import App
from bot.domain.actions import Action
from bot.domain.preferences import Preference
from bot.domain.requests import Options
from messages import Notice, render_notice
from tests.bot.engine.test_conversation import ask
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
        (Options(model="pro"), "From now on: Nano Banana Pro.", "以后都用：Nano Banana Pro。"),
        (Options(model="auto"), "From now on: automatic.", "以后都用：自动。"),
        (Options(size="auto"), "From now on: automatic.", "以后都用：自动。"),
        (Options(size="2K", model="auto"), "From now on: automatic, 2K.", "自动, 2K。"),
        (Options(language="zh-Hans"), "From now on: 中文.", "以后都用：中文。"),
        (Options(language="en"), "From now on: English.", "以后都用：English。"),
        (Options(language="auto"), "From now on: automatic.", "以后都用：自动。"),
        (Options(notify=True), "You will be called", "会通知你"),
        (Options(notify=False), "You will not be called", "不再通知你"),
        (Options(spoiler=True), "will be covered", "会先遮住"),
        (Options(spoiler=False), "will not be covered", "不再遮住"),
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
        "Noted. From now on: Nano Banana Pro, 2K, 中文.",
        "Noted. You will be called when a picture is done.",
        "Noted. Your pictures will not be covered.",
    ]
    assert await app.preferences.of("test", "ada") == Preference(
        model=PRO, size="2K", language="zh-Hans", notify=True
    )


async def test_a_preference_for_nothing_shows_the_settings(
    start: Start, provider: Scripted
) -> None:
    app, _ = await start()
    assert (await preferred(app, Options())).key == "settings"
