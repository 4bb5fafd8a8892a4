"""The cards that the bot really sends, for those who look at them and measure them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from bot.domain.failures import Failure, Reason
from bot.settings import Settings
from tests.adapters.feishu.conftest import FAST, UNLIMITED
from tests.adapters.feishu.running import listen, prepare
from tests.adapters.feishu.stage import Clock, Message, Stage
from tests.emulators.process import Remote
from tests.support import scripted
from tests.support.priced import Paint, Priced, shaped

Card = dict[str, Any]

EMPTY: Mapping[str, str] = {}

WORDS = {
    "en": (
        "a lighthouse at dusk, mist over the sea, a sailing boat far away",
        "make it warmer, with a full moon and some gulls over the water",
        *("settings", "history", "help", "do you like lighthouses?"),
    ),
    "zh": (
        "画面：黄昏的灯塔，海面有薄雾，远处一艘帆船",
        "暖一点，加一轮满月，水面上有几只海鸥",
        *("设置", "历史", "帮助", "你喜欢灯塔吗？"),
    ),
    "ja": (
        "夕暮れの灯台、海には薄い霧、遠くに一隻の帆船",
        "もっと暖かく、満月と水の上のカモメを加えて",
        *("設定", "履歴", "ヘルプ", "灯台は好きですか？"),
    ),
}
"""Ann's description, a change of it, and what she says else, by language."""

SHAPES = {"square": "1:1", "tall": "9:16", "wide": "16:9"}


class Gallery:
    """Ann asks in a chat of a ``kind``, and keeps the cards that come of it."""

    def __init__(self, stage: Stage, provider: Priced, language: str, kind: str) -> None:
        self._stage = stage
        self._provider = provider
        self._kind = kind
        self._chat = ""
        self.draw, self.change, *self._panels = WORDS[language]
        self._seen: set[str] = set()
        self.cards: dict[str, Card] = {}
        """By what they show."""

    async def begin(self, client: str) -> None:
        """Make Ann, whose client is in that language, and the chat."""
        await self._stage.person("Ann", client)
        self._chat = await self._stage.chat(self._kind, "Ann")

    async def results(self) -> None:
        """A picture that was changed, in three shapes; four variations of it, and one of those."""
        for name, ratio in SHAPES.items():
            first = await self._picture(f"{self.draw}, {ratio}")
            changed = await self._picture(self.change, reply_to=first["message_id"])
            self.cards[name] = changed["content"]
        await self._press(changed, a="vary")
        grid = await self._picture()
        self.cards["four"] = grid["content"]
        await self._press(grid, a="choose", n=2)
        self.cards["chosen"] = (await self._next())["content"]

    async def steps(self) -> None:
        """What is seen until a picture is there, and where none comes."""
        self._provider.outcomes.extend(held := [asyncio.Event() for _ in range(3)])
        running = await self._say(self.draw)
        beside = [await self._say(self.draw) for _ in held[1:]]
        queued = await self._becomes(await self._say(self.draw), "'blue'")
        self.cards["queued"] = queued["content"]
        await self._press(queued, a="cancel")
        self.cards["cancelled"] = (await self._becomes(queued, "🚫"))["content"]
        going = await self._becomes(running, "▓")
        self.cards["progress"] = going["content"]
        for name, step in zip(("acknowledged", "started"), going["history"], strict=False):
            self.cards[name] = step["content"]
        for card in (running, *beside):
            await self._press(card, a="cancel")
            await self._becomes(card, "🚫")
        self._provider.outcomes.append(Failure(Reason.REFUSED))
        failed = await self._becomes(await self._say(self.draw), "❌")
        self.cards["failed"] = failed["content"]

    async def panels(self) -> None:
        """Settings, history, help, a greeting, a question, and the forms under a picture."""
        await self._stage.do("enter", by="Ann")
        self.cards["greeting"] = (await self._next())["content"]
        made = await self._picture(self.draw)
        await self._picture(self.change)
        for name, said in zip(
            ("settings", "history", "help", "question"), self._panels, strict=True
        ):
            self.cards[name] = (await self._say(said))["content"]
        for name in ("ratio", "delete", "words"):
            await self._press(made, a="more", option=name)
            asked = await self._next()
            self.cards[name] = asked["content"]
        await self._press(asked, form={"instruction": self.draw, "count": "2"}, a="words")
        self.cards["two"] = (await self._picture())["content"]

    async def picture_of(self, key: str) -> bytes:
        """The bytes of a picture that was uploaded."""
        address = f"{self._stage.remote.url}/_ctl/images/{key}"
        async with aiohttp.ClientSession() as session, session.get(address) as answer:
            return await answer.read()

    async def _say(self, text: str, **more: Any) -> Message:
        """Say it; gives the card that answers."""
        mention = "" if self._kind == "p2p" else "<@bot> "
        await self._stage.say(self._chat, "Ann", f"{mention}{text}", **more)
        return await self._next()

    async def _picture(self, text: str = "", **more: Any) -> Message:
        """A finished card: of these words, or of what was pressed."""
        card = await (self._say(text, **more) if text else self._next())
        return await self._becomes(card, "'img_key'")

    async def _press(
        self, card: Message, *, option: str = "", form: Mapping[str, str] = EMPTY, **value: Any
    ) -> None:
        how = {"option": option, "form": dict(form)}
        await self._stage.click(card["message_id"], "Ann", value=value, **how)

    async def _next(self) -> Message:
        """The next card that was not there before."""

        async def look() -> Message | None:
            found = await self._stage.messages(self._chat)
            return next((each for each in found if each["message_id"] not in self._seen), None)

        card = dict(await self._stage.until(look, "another card"))
        self._seen.add(card["message_id"])
        return card

    async def _becomes(self, card: Message, words: str) -> Message:
        """A card, once it has these words in it."""

        async def look() -> Message | None:
            found = await self._stage.messages(self._chat)
            [now] = [each for each in found if each["message_id"] == card["message_id"]]
            return now if words in str(now["content"]) else None

        return dict(await self._stage.until(look, words))


@asynccontextmanager
async def gallery(
    remote: Remote, folder: Path, language: str, client: str, kind: str, paint: Paint = shaped
) -> AsyncIterator[Gallery]:
    """Ann, whom the bot does not know yet; the data of the bot is in ``folder``."""
    await remote.forget()
    await remote.set(limits=UNLIMITED, client_config=FAST, strict_uuid=True)
    provider = Priced(paint)
    before, scripted.provider = scripted.provider, provider
    stage = Stage(remote, Clock())
    await prepare()
    bot = await listen(stage, Settings(data_dir=folder, provider=scripted.NAME))
    try:
        made = Gallery(stage, provider, language, kind)
        await made.begin(client)
        yield made
        assert await stage.violations() == []
    finally:
        await bot.close()
        scripted.provider = before
