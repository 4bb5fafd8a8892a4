"""Which model Feishu shows and gets: by words, menus and forms, today and from before."""

from typing import Any

import pytest

from bot.domain.failures import Failure, Reason
from bot.domain.image_models import NEWEST
from tests.adapters.feishu.conftest import Start
from tests.adapters.feishu.running import Bot
from tests.adapters.feishu.scene import words
from tests.adapters.feishu.stage import Message, Stage
from tests.emulators._feishu.cards import walk
from tests.emulators.process import Remote
from tests.support import current_models
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
ADJUSTED = {
    "en": "Nano Banana 2.1 does not make 512, so it becomes 1K.",
    "zh_Hans": "Nano Banana 2.1 不支持 512，已改为 1K。",
}
DRAW = {"en": "draw a cat", "zh_Hans": "画一只猫"}
SETTINGS = {"en": "settings", "zh_Hans": "设置"}


class Ann:
    """Ann, alone with the bot, who speaks one language."""

    def __init__(self, stage: Stage, start: Start, id: str, chat: str, language: str) -> None:
        self.stage = stage
        self.start = start
        self.id = id
        self.chat = chat
        self.language = language
        self.bot: Bot
        self.pictures = 0

    async def says(self, text: str) -> None:
        await self.stage.say(self.chat, "Ann", text)

    async def picture(self) -> Message:
        """The next card with a picture."""
        self.pictures += 1
        return await self.stage.done(self.chat, self.pictures)

    async def settings(self) -> Message:
        await self.says(SETTINGS[self.language])
        return await self.stage.shown(self.chat, "'a': 'set'")

    async def uses(self, card: Message, kind: str, **how: Any) -> Message:
        """Use the component of that kind, as the card has it."""
        value = {"a": kind, **({"k": how.pop("key")} if "key" in how else {})}
        if kind == "pro":  # behind the three dots
            value, how = {"a": "more"}, {"option": kind}
        pressed = await self.stage.click(card["message_id"], "Ann", value=value, **how)
        assert pressed["error"] is None
        return pressed

    async def before(self, provider: Scripted, text: str = "") -> Message:
        """A card with a picture that was made with a model that is gone now."""
        provider.offered = current_models.BEFORE
        await self.says(text or DRAW[self.language])
        card = await self.picture()
        assert "Nano Banana 2 ·" in words(card["content"])
        assert provider.submitted[-1].model == OLD_FLASH
        provider.offered = NEWEST
        self.bot = await self.start()
        return card


@pytest.fixture(params=["zh_Hans", "en"])
async def ann(request: pytest.FixtureRequest, bot: Start, stage: Stage) -> Ann:
    locale = {"zh_Hans": "zh_cn", "en": "en_us"}[request.param]
    id = await stage.person("Ann", locale)
    return Ann(stage, bot, id, await stage.chat("p2p", "Ann"), request.param)


def _menu(card: Any, kind: str, key: str = "") -> dict[str, Any]:
    """The menu of a card that sends this kind, and this key."""
    [found] = [
        one
        for one in walk(card)
        if one["tag"] == "select_static"
        for sent in one.get("behaviors", [])
        if (sent["value"]["a"], sent["value"].get("k", "")) == (kind, key)
    ]
    return dict(found)


def _values(menu: dict[str, Any]) -> list[str]:
    return [option["value"] for option in menu["options"]]


# What is offered today


async def test_words(ann: Ann, gemini: Remote) -> None:
    await ann.start(provider="gemini")
    for text, got in current_models.SAID[ann.language].items():
        await ann.says(text)
        card = await ann.picture()
        assert got.told(words(card["content"])), (words(card["content"]), got)
        paid = (await gemini.paid())[-1]
        assert (paid["model"], paid["size"]) == (got.model, got.size)
    assert len(await gemini.paid()) == len(current_models.SAID[ann.language])


async def test_the_menus_offer_what_there_is(ann: Ann, gemini: Remote) -> None:
    await ann.start(provider="gemini")
    settings = (await ann.settings())["content"]
    assert _values(_menu(settings, "set", "model")) == ["auto", FLASH, LITE, PRO]
    assert _values(_menu(settings, "set", "size")) == ["auto", "1K", "2K", "4K"]
    await ann.says(DRAW[ann.language])
    card = await ann.picture()
    await ann.uses(card, "pro")
    made = await ann.picture()
    assert current_models.CHOSEN["pro"].told(words(made["content"]))
    await ann.says({"en": "models", "zh_Hans": "模型"}[ann.language])
    listed = words((await ann.stage.shown(ann.chat, "• Nano Banana 2.1"))["content"])
    for line in ("2.1 (1K, 2K, 4K)", "2 Lite (1K)", "Pro (1K, 2K, 4K)"):
        assert f"• Nano Banana {line}" in listed


# What was made before


@pytest.mark.parametrize("button", ["again", "pro", "larger", "vary"])
async def test_buttons_from_before(ann: Ann, provider: Scripted, button: str) -> None:
    await ann.start()
    card = await ann.before(provider)
    await ann.uses(card, button)
    made = await ann.picture()
    assert provider.submitted[-1].model == (PRO if button == "pro" else FLASH)
    assert provider.submitted[-1].size == ("2K" if button == "larger" else "1K")
    assert (REPLACED[ann.language] in words(made["content"])) == (button != "pro")
    assert OLD_FLASH not in str(made["content"])


async def test_the_form_of_a_card_from_before(ann: Ann, provider: Scripted) -> None:
    await ann.start()
    small = {"en": "draw a cat, 512px", "zh_Hans": "画一只猫，512px"}
    card = await ann.before(provider, small[ann.language])
    await ann.uses(card, "again")
    made = words((await ann.picture())["content"])
    assert REPLACED[ann.language] in made
    assert ADJUSTED[ann.language] in made
    assert (provider.submitted[-1].model, provider.submitted[-1].size) == (FLASH, "1K")
    black = {"en": "make it black", "zh_Hans": "换成黑色"}
    await ann.uses(card, "edit", form={"instruction": black[ann.language]})
    made = words((await ann.picture())["content"])
    assert provider.submitted[-1].model == FLASH
    assert len(provider.submitted[-1].references) == 1
    assert ADJUSTED[ann.language] in made


async def test_the_menu_of_a_failure_from_before(ann: Ann, provider: Scripted) -> None:
    await ann.start()
    provider.offered = current_models.BEFORE
    provider.outcomes.append(Failure(Reason.TIMEOUT))
    await ann.says(DRAW[ann.language])
    failed = await ann.stage.shown(ann.chat, "'a': 'retry'")
    provider.offered = NEWEST  # a start would show it anew
    await ann.uses(failed, "model", option=PRO)
    assert REPLACED[ann.language] not in words((await ann.picture())["content"])
    await ann.uses(failed, "retry")
    assert REPLACED[ann.language] in words((await ann.picture())["content"])
    assert [request.model for request in provider.submitted] == [OLD_FLASH, PRO, FLASH]


async def test_the_settings_card_from_before(ann: Ann, provider: Scripted) -> None:
    ann.bot = await ann.start()
    provider.offered = current_models.BEFORE
    old = await ann.settings()
    assert OLD_FLASH in _values(_menu(old["content"], "set", "model"))
    provider.offered = NEWEST
    pressed = await ann.uses(old, "set", key="model", option=OLD_FLASH)
    assert pressed["toast"]["type"] == "success"
    assert TAKES_ITS_PLACE[ann.language] in pressed["seen"]
    assert (await ann.bot.app.preferences.of("feishu", ann.id)).model == FLASH
    now = await ann.stage.shown(ann.chat, "'a': 'set'")
    assert _menu(now["content"], "set", "model")["initial_option"] == FLASH


async def test_the_smallest_size_on_a_settings_card_from_before(
    ann: Ann, provider: Scripted
) -> None:
    ann.bot = await ann.start()
    provider.offered = current_models.BEFORE
    old = await ann.settings()
    provider.offered = NEWEST
    pressed = await ann.uses(old, "set", key="size", option="512")
    assert ADJUSTED[ann.language] in pressed["seen"]
    assert (await ann.bot.app.preferences.of("feishu", ann.id)).size == "1K"


async def test_preferences_from_before(ann: Ann, provider: Scripted) -> None:
    ann.bot = await ann.start()
    await ann.bot.app.preferences.change("feishu", ann.id, model=OLD_FLASH, size="512")
    card = (await ann.settings())["content"]
    assert _menu(card, "set", "model")["initial_option"] == FLASH
    assert _menu(card, "set", "size")["initial_option"] == "1K"
    said = []
    for _ in range(2):
        await ann.says(DRAW[ann.language])
        made = words((await ann.picture())["content"])
        said += [(REPLACED[ann.language] in made, ADJUSTED[ann.language] in made)]
    assert said == [(True, True), (False, False)]
    assert [request.model for request in provider.submitted] == [FLASH, FLASH]
