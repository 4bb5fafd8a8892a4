"""Which model Discord shows and gets: by words, options and menus, today and from before."""

import pytest

from bot.domain.failures import Failure, Reason
from bot.domain.image_models import NEWEST
from messages import Button, label
from tests.adapters.discord.stage import Shown, Stage, labels
from tests.emulators.process import Remote
from tests.support import current_models
from tests.support.current_models import Got
from tests.support.model_ids import FLASH, LITE, OLD_FLASH, PRO
from tests.support.scripted import Scripted

REPLACED = {
    "en": "Nano Banana 2 is no longer offered: made with Nano Banana 2.1.",
    "zh_Hans": "Nano Banana 2 已经下线，这次用 Nano Banana 2.1 画。",
}
TAKES_ITS_PLACE = {
    "en": "Nano Banana 2 is no longer offered: Nano Banana 2.1 takes its place.",
    "zh_Hans": "Nano Banana 2 已经下线，由 Nano Banana 2.1 接替。",
}
LABELS = {
    "en": {
        "again": "Again",
        "pro": "Redo with Pro",
        "larger": "Upscale to 2K",
        "vary": "4 variations",
    },
    "zh_Hans": {
        "again": "再来一张",
        "pro": "用 Pro 重画",
        "larger": "放大到 2K",
        "vary": "换一批（4 张）",
    },
}
EDIT = {"en": "Edit", "zh_Hans": "修改"}
languages = pytest.mark.parametrize("language", ["en", "zh_Hans"])


def _person(stage: Stage, language: str) -> str:
    return stage.alice if language == "en" else stage.bob


# What is offered today


async def _checked(stage: Stage, gemini: Remote, asked: Shown, got: Got) -> None:
    message = await stage.picture(asked)
    assert got.told(message["content"]), (message["content"], got)
    paid = (await gemini.paid())[-1]
    assert (paid["model"], paid["size"]) == (got.model, got.size)


@languages
async def test_words_in_a_command(stage: Stage, gemini: Remote, language: str) -> None:
    await stage.start(provider="gemini")
    who = _person(stage, language)
    for words, got in current_models.SAID[language].items():
        asked = await stage.slash("imagine", who, options={"prompt": words})
        await _checked(stage, gemini, asked, got)
    assert len(await gemini.paid()) == len(current_models.SAID[language])


async def test_the_option_takes_any_name(stage: Stage, gemini: Remote) -> None:
    await stage.start(provider="gemini")
    for name, got in current_models.CHOSEN.items():
        asked = await stage.slash("imagine", options={"prompt": "a lighthouse", "model": name})
        await _checked(stage, gemini, asked, got)


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [
        ("", [FLASH, LITE, PRO]),
        ("nano banana 2", [FLASH, LITE]),
        ("nano banana 2.1", [FLASH]),
        ("NB2", [FLASH, LITE]),
        ("香蕉 2", [FLASH, LITE]),
        (OLD_FLASH, [FLASH]),
        ("flash", [FLASH, LITE]),
        ("banana pro", [PRO]),
        ("dall-e", []),
    ],
)
async def test_suggestions_know_the_names_of_before(
    stage: Stage, gemini: Remote, typed: str, suggested: list[str]
) -> None:
    await stage.start(provider="gemini")
    where = {"as": stage.alice, "channel": stage.channel, "name": "imagine"}
    options = {"options": {"prompt": "x", "model": typed}, "focused": "model"}
    asked = await stage.discord.ask("autocomplete", {**where, **options})
    assert [choice["value"] for choice in asked["choices"]] == suggested
    names = {model.id: model.name for model in NEWEST}
    assert [choice["name"].partition(" · ")[0] for choice in asked["choices"]] == [
        names[id] for id in suggested
    ]


async def test_the_menus_offer_what_there_is(stage: Stage, gemini: Remote) -> None:
    await stage.start(provider="gemini")
    listed = (await stage.answer(await stage.slash("models")))["content"]
    assert [line.partition(" · ")[0] for line in listed.splitlines()[1:]] == [
        "• Nano Banana 2.1 (1K, 2K, 4K)",
        "• Nano Banana 2 Lite (1K)",
        "• Nano Banana Pro (1K, 2K, 4K)",
    ]
    panel = await stage.answer(await stage.slash("settings"))
    assert _options(panel, "panel:model") == ["auto", FLASH, LITE, PRO]
    assert _options(panel, "panel:size") == ["auto", "1K", "2K", "4K"]


@languages
async def test_the_size_that_no_model_makes(stage: Stage, gemini: Remote, language: str) -> None:
    """It is among the choices of the command, which are the same for every provider."""
    await stage.start(provider="gemini")
    who = _person(stage, language)
    asked = await stage.slash("imagine", who, options={"prompt": "x", "size": "512"})
    message = await stage.picture(asked)
    said = {"en": "2.1 does not make 512, so it becomes 1K", "zh_Hans": "2.1 不支持 512，已改为 1K"}
    assert said[language] in message["content"]
    chosen = {"prompt": "x", "size": "512", "model": FLASH}
    refused = await stage.aside(await stage.slash("imagine", who, options=chosen))
    said = {"en": "one of these sizes: 1K, 2K, 4K", "zh_Hans": "可选清晰度：1K、2K、4K"}
    assert said[language] in refused["content"]
    assert len(await gemini.paid()) == 1


# What was made before


async def _before(stage: Stage, provider: Scripted, who: str, **options: object) -> Shown:
    """A message with a picture that was made with a model that is gone now."""
    provider.offered = current_models.BEFORE
    asked = await stage.slash("imagine", who, options={"prompt": "a lighthouse", **options})
    shown = await stage.picture(asked)
    assert "Nano Banana 2 ·" in shown["content"]
    assert provider.submitted[-1].model == OLD_FLASH
    provider.offered = NEWEST
    await stage.start()
    return shown


@languages
@pytest.mark.parametrize("button", ["again", "pro", "larger", "vary"])
async def test_buttons_from_before(
    stage: Stage, provider: Scripted, button: str, language: str
) -> None:
    await stage.start()
    who = _person(stage, language)
    shown = await _before(stage, provider, who)
    pressed = await stage.press(shown, Button(button), who)
    message = await stage.picture(pressed)
    made = provider.submitted[-1]
    assert made.model == (PRO if button == "pro" else FLASH)
    assert made.size == ("2K" if button == "larger" else "1K")
    assert (REPLACED[language] in message["content"]) == (button != "pro")
    assert label(Button.AGAIN, language) in labels(message)


@languages
async def test_the_smallest_size_of_before(stage: Stage, provider: Scripted, language: str) -> None:
    await stage.start()
    who = _person(stage, language)
    shown = await _before(stage, provider, who, size="512")
    again = await stage.picture(await stage.press(shown, Button.AGAIN, who))
    adjusted = {"en": "does not make 512, so it becomes 1K", "zh_Hans": "不支持 512，已改为 1K"}
    assert REPLACED[language] in again["content"]
    assert adjusted[language] in again["content"]
    larger = await stage.picture(await stage.press(shown, Button.LARGER, who))
    assert provider.submitted[-1].size == "1K"
    assert adjusted[language] not in larger["content"]


@languages
async def test_editing_a_picture_of_before(stage: Stage, provider: Scripted, language: str) -> None:
    await stage.start()
    who = _person(stage, language)
    shown = await _before(stage, provider, who, size="512")
    form = await stage.click(shown, EDIT[language], who)
    message = await stage.picture(await stage.submit(form, instruction="make it night"))
    made = provider.submitted[-1]
    assert (made.model, made.size, len(made.references)) == (FLASH, "1K", 1)
    adjusted = {"en": "does not make 512, so it becomes 1K", "zh_Hans": "不支持 512，已改为 1K"}
    assert adjusted[language] in message["content"]


@languages
async def test_menus_from_before(stage: Stage, provider: Scripted, language: str) -> None:
    await stage.start()
    who = _person(stage, language)
    provider.offered = current_models.BEFORE
    provider.outcomes.append(Failure(Reason.TIMEOUT))
    options = {"prompt": "a lighthouse", "model": PRO, "size": "4K", "ratio": "9:16"}
    asked = await stage.slash("imagine", who, options=options)
    failed = await stage.answer(asked, lambda message: message["selects"])
    provider.offered = NEWEST  # a start would show it anew
    (menu,) = failed["selects"]
    assert OLD_FLASH in [option["value"] for option in menu["options"]]
    chosen = await stage.select(failed, menu["custom_id"], OLD_FLASH, who)
    message = await stage.picture(chosen)
    made = provider.submitted[-1]
    assert (made.model, made.size, made.aspect_ratio) == (FLASH, "4K", "9:16")
    assert REPLACED[language] in message["content"]


@languages
async def test_settings_from_before(stage: Stage, provider: Scripted, language: str) -> None:
    await stage.start()
    who = _person(stage, language)
    provider.offered = current_models.BEFORE
    old, other = [await stage.answer(await stage.slash("settings", who)) for _ in range(2)]
    assert OLD_FLASH in _options(old, "panel:model")
    assert "512" in _options(old, "panel:size")
    provider.offered = NEWEST
    await stage.app.preferences.change("discord", who, model=OLD_FLASH, size="512")
    panel = await stage.answer(await stage.slash("settings", who))
    assert TAKES_ITS_PLACE[language] in panel["content"]
    assert _chosen(panel, "panel:model") == [FLASH]
    assert _chosen(panel, "panel:size") == ["1K"]
    told = await stage.aside(await stage.select(old, "panel:model", OLD_FLASH, who))
    assert TAKES_ITS_PLACE[language] in told["content"]
    told = await stage.aside(await stage.select(other, "panel:size", "512", who))
    assert "512" in told["content"]
    liked = await stage.app.preferences.of("discord", who)
    assert (liked.model, liked.size) == (FLASH, "1K")


@languages
async def test_a_preference_from_before(stage: Stage, provider: Scripted, language: str) -> None:
    await stage.start()
    who = _person(stage, language)
    await stage.app.preferences.change("discord", who, model=OLD_FLASH)
    messages = [
        await stage.picture(await stage.slash("imagine", who, options={"prompt": f"cat {number}"}))
        for number in range(2)
    ]
    said = [REPLACED[language] in message["content"] for message in messages]
    assert said == [True, False]
    assert [request.model for request in provider.submitted] == [FLASH, FLASH]


def _options(panel: Shown, custom_id: str) -> list[str]:
    return [option["value"] for option in _menu(panel, custom_id)["options"]]


def _chosen(panel: Shown, custom_id: str) -> list[str]:
    return [one["value"] for one in _menu(panel, custom_id)["options"] if one.get("default")]


def _menu(panel: Shown, custom_id: str) -> Shown:
    (menu,) = [menu for menu in panel["selects"] if menu["custom_id"] == custom_id]
    return dict(menu)
