"""``python -m tests.adapters.feishu.scenes [FILE]``: what people do, and what they see then.

The bot runs on the emulated platform. Ann, who reads one language after the other, and Bob do what
people do, and everything that they see is written down, as a table in Markdown, with what was drawn
for it: for a reader who judges whether it is true, and asked for.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from bot.domain.failures import Failure, Reason
from bot.settings import Settings
from tests.adapters.feishu.conftest import FAST, UNLIMITED
from tests.adapters.feishu.running import Bot, listen, prepare
from tests.adapters.feishu.stage import Clock, Message, Stage
from tests.emulators.process import Remote
from tests.support import scripted
from tests.support.priced import Priced
from tests.support.scene_tables import Row, main

LANGUAGES = {"en": "en_us", "zh": "zh_cn"}
"""Ann's languages, and that of her client."""

QUIET_SECONDS = 0.4
"""So long nothing may have changed until all is taken to be seen: most of what a table takes."""

PATIENCE = 120.0
"""Seconds until it is no use to wait any longer, on a machine that has much else to do."""

CARD = "interactive"


class Play:
    """Ann with the bot alone, and with Bob in a group."""

    def __init__(self, stage: Stage, bot: Bot, provider: Priced, language: str) -> None:
        self.stage = stage
        self.bot = bot
        self.provider = provider
        self.client = LANGUAGES[language]
        self.rows: list[Row] = []
        self.alone = self.group = ""
        self.last: Message = {}
        """The newest card of the bot."""
        self._chinese = language == "zh"
        self._names: dict[str, str] = {}
        self._before: dict[str, Message] = {}

    def say(self, english: str, chinese: str) -> str:
        """What Ann says in her language."""
        return chinese if self._chinese else english

    # Doing

    async def begin(self) -> None:
        """Make the people and their chats."""
        for name, client in (("Ann", self.client), ("Bob", "en_us")):
            self._names[await self.stage.person(name, client)] = name
        self.group = await self.stage.chat("group", "Ann", "Bob", bots=[])
        self.alone = await self.stage.chat("p2p", "Ann")

    async def writes(
        self, english: str, chinese: str, *, group: bool = False, by: str = "Ann", **more: Any
    ) -> None:
        """Somebody writes to the bot: alone, or in the group with a mention."""
        text = self.say(english, chinese) if by == "Ann" else english
        where = "group" if group else "alone"
        about = "".join(f" ({word})" for word in more.pop("about", ()))
        chat = self.group if group else self.alone
        mention = "<@bot> " if group and more.pop("mention", True) else ""
        running, quiet = more.pop("running", False), more.pop("quiet", False)
        sent = await self.stage.say(chat, by, f"{mention}{text}", **more)
        if sent["event_id"]:
            await self.stage.acked(sent)
        said = f"“{text}”{about}" if text else about.strip()
        await self._note(f"{by}, {where}: {said}", running=running, quiet=quiet)

    async def presses(
        self, what: str, card: Message | None = None, *, by: str = "Ann", **how: Any
    ) -> None:
        """Somebody uses a card, the last one unless another is given."""
        running = how.pop("running", False)
        pressed = await self.stage.click((card or self.last)["message_id"], by, **how)
        assert pressed["error"] is None, pressed
        toast = f"toast “{pressed['seen']}”" if pressed["toast"] else ""
        refused = bool(toast) and pressed["toast"]["type"] == "warning"
        await self._note(f"{by} presses {what}", toast=toast, running=running, quiet=refused)

    async def chooses(self, what: str, option: str, card: Message | None = None) -> None:
        """Ann chooses an entry of the menu of what else can be done."""
        await self.presses(f"··· › {what}", card, value={"a": "more"}, option=option)

    async def does(self, what: str, act: str, *, running: bool = False, **more: Any) -> None:
        """Something that is no writing, and no use of a card."""
        await self.stage.do(act, **more)
        await self._note(what, running=running)

    # Looking

    async def _note(
        self, did: str, *, toast: str = "", running: bool = False, quiet: bool = False
    ) -> None:
        """Write down what has changed, once nothing changes any more."""
        known = sum(len(row.drew) for row in self.rows)
        seen = await self._settled(quiet, running)
        told = tuple(
            f"“{one.prompt}” ×{one.count} {one.size} {one.aspect_ratio}"
            f"{f', from {len(one.references)}' if one.references else ''}"
            for one in self.provider.submitted[known:]
        )
        self.rows.append(Row(did, "<br>".join(filter(None, [toast, *seen])) or "nothing", told))

    async def _settled(self, seen: bool, running: bool) -> list[str]:
        """What is new, changed and gone, once nothing runs that is to end."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        found: dict[str, Message] = {}
        since = 0.0
        while True:
            now = asyncio.get_running_loop().time()
            assert now < deadline, f"nothing settles: {list(self._changes(found))}"
            every = await self.stage.remote.ask("messages")
            at = {each["message_id"]: each for each in every}
            if at != found:
                found, since = at, now
            changed = list(self._changes(found))
            busy = not running and (await self._open() or any(map(_goes_on, found.values())))
            if (changed or seen) and not busy and now - since > QUIET_SECONDS:
                break
            await asyncio.sleep(0.05)
        changed = list(self._changes(found))
        ours = [each for each in found.values() if each["sender"]["type"] == "app"]
        there = [each for each in ours if not each["deleted"] and each["msg_type"] == CARD]
        self.last = there[-1] if there else {}
        self._before = found
        return changed

    async def _open(self) -> list[Any]:
        return list(await self.bot.app.history.unfinished(platform="feishu"))

    def _changes(self, found: Mapping[str, Message]) -> Iterator[str]:
        for number, message in found.items():
            before = self._before.get(number)
            ours = message["sender"]["type"] == "app"
            if before is not None and not before["deleted"] and message["deleted"] and ours:
                yield f"gone: **{_title(before['content'], self.client)}**"
            elif ours and not message["deleted"] and before is None:
                steps = [_title(each["content"], self.client) for each in message["history"]]
                steps = list(dict.fromkeys(filter(None, steps)))
                way = f"{self._where(message)}: {' → '.join([*steps, ''])}"
                yield f"{way}{self._shown(message)}"
            elif ours and not message["deleted"] and before["content"] != message["content"]:
                yield f"changed: {self._shown(message)}"
            elif not ours and (new := _reactions(message) - _reactions(before)):
                yield f"reaction {' '.join(sorted(new))}"

    def _shown(self, message: Message) -> str:
        """A message as Ann would tell it."""
        told = shown(message, self.client)
        for number, name in self._names.items():
            told = told.replace(number, name)
        return told

    def _where(self, message: Message) -> str:
        chat = "group" if message["chat_id"] == self.group else "alone"
        return f"{chat}{', reply' if message['parent_id'] else ''}"


def _goes_on(message: Message) -> bool:
    return "'a': 'cancel'" in str(message["content"]) and not message["deleted"]


def _reactions(message: Message | None) -> set[str]:
    if message is None:
        return set()
    return {
        each["reaction_type"]["emoji_type"]
        for each in message["reactions"]
        if each["operator"]["operator_type"] == "app"
    }


# How a message is read


def _text(text: Mapping[str, Any], client: str) -> str:
    return str(text.get("i18n_content", {}).get(client, text.get("content", "")))


def _title(card: Any, client: str) -> str:
    return (
        _text(card["header"]["title"], client)
        if isinstance(card, dict) and "header" in card
        else ""
    )


def shown(message: Message, client: str) -> str:
    """A message as who reads it with a client in that language would tell it."""
    content = message["content"]
    if message["msg_type"] == CARD:
        title = f"**{_title(content, client)}**"
        parts = _elements(content["body"]["elements"], client)
        return " ∙ ".join([title, *parts]).replace("\n", " / ")
    if message["msg_type"] == "file":
        return f"file {', '.join(each['name'] for each in message['files'].values())}"
    return str(content.get("text", content)).replace("\n", " / ")


def _elements(elements: Any, client: str) -> list[str]:
    return [part for each in elements for part in _element(each, client)]


def _element(element: Mapping[str, Any], client: str) -> list[str]:
    match element["tag"]:
        case "div":
            return [_text(element["text"], client)]
        case "markdown":
            return [_text(element, client).partition("](")[0].lstrip("[<")[:14]]
        case "img":
            return [f"🖼 “{_text(element['alt'], client)}”"]
        case "img_combination":
            return [f"🖼×{len(element['img_list'])}"]
        case "person":
            return [f"@{element['user_id']}"]
        case "button":
            return [f"[{_text(element['text'], client)}]"]
        case "overflow":
            names = [_text(option["text"], client) for option in element["options"]]
            return [f"[··· {' | '.join(names)}]"]
        case "select_static":
            names = [_text(option["text"], client) for option in element["options"]]
            chosen = [
                _text(option["text"], client)
                for option in element["options"]
                if option["value"] == element.get("initial_option")
            ]
            first = (chosen or [_text(element["placeholder"], client)])[0]
            return [f"[{first} ▾ {' | '.join(names)}]"]
        case "input":
            return [f"[{element.get('default_value') or _text(element['placeholder'], client)}…]"]
        case "interactive_container":
            return [f"[{' '.join(_elements(element['elements'], client))}]"]
        case "column_set":
            return [
                part
                for column in element["columns"]
                for part in _elements(column["elements"], client)
            ]
        case _:
            return _elements(element.get("elements", ()), client)


# What they do


async def meeting(play: Play) -> None:
    """First contact, help, and what is no request."""
    await play.does("Ann opens the chat with the bot", "enter", by="Ann", chat=play.alone)
    await play.presses("[Try one]", value={"a": "try"})
    await play.does("Bob adds the bot to the group", "add_bot", chat=play.group, by="Bob")
    await play.writes("", "", group=True, about=("only the mention",))
    await play.writes("hello", "你好")
    await play.writes("thanks!", "谢谢！")
    await play.writes("what can you do?", "你会做什么？")
    await play.writes("help", "帮助", group=True)
    await play.writes("which models are there?", "有哪些模型？")
    await play.writes("do you like cats?", "你喜欢猫吗？")
    await play.presses("[Draw it]", value={"a": "answer"})


async def one_picture(play: Play) -> None:
    """A picture, and everything that can be done with it."""
    await play.writes("a lighthouse at dusk, 16:9", "画面：黄昏的灯塔，16:9", group=True)
    first = play.last
    await play.writes("nice 👍", "真好看👍", group=True)
    await play.writes("make it warmer", "暖一点", group=True)
    changed = play.last
    await play.presses("what it was made from", changed, value={"a": "before"})
    await play.chooses("Original file", "original", changed)
    await play.chooses("Details", "details", changed)
    await play.chooses("Extend to another ratio", "ratio", first)
    await play.presses("1:1", value={"a": "ratio"}, option="1:1")
    await play.chooses("Change the words", "words", first)
    words = play.say("a lighthouse in the fog", "雾中的灯塔")
    await play.presses(
        f"[Make it] after writing “{words}”", value={"a": "words"}, form={"instruction": words}
    )
    await play.presses("[Upscale]", first, value={"a": "larger"})
    await play.presses("[4 variations]", first, value={"a": "vary"})
    await play.chooses("Redo with Pro", "pro", first)
    await play.presses("[Again]", first, by="Bob", value={"a": "again"})
    await play.chooses("Delete", "delete", changed)
    asked = play.last
    await play.presses("[Delete]", asked, by="Bob", value={"a": "delete"})
    await play.presses("[Delete]", asked, value={"a": "delete"})


async def several_pictures(play: Play) -> None:
    """Four at once, and one of them."""
    await play.writes("four pictures of a cat in space", "画四张太空里的猫")
    grid = play.last
    await play.presses("②", grid, value={"a": "choose", "n": 2})
    one = play.last
    words = play.say("with a hat", "加一顶帽子")
    await play.presses(
        f"[Edit] after writing “{words}”", one, value={"a": "edit"}, form={"instruction": words}
    )
    await play.presses("what it was made from", value={"a": "before"})
    await play.presses("[Upscale] under picture 2", one, value={"a": "larger"})
    reply = {"reply_to": grid["message_id"]}
    await play.writes("brighter", "亮一点", about=("in reply to the four",), **reply)
    question = play.last
    await play.presses("[3]", question, value={"a": "answer", "n": 3})
    await play.writes(
        "the second one, in blue", "第二张换成蓝色", about=("in reply to the four",), **reply
    )
    await play.writes("undo", "撤销")
    await play.writes("delete all four", "把这四张都删掉", about=("in reply to the four",), **reply)


async def pointing(play: Play) -> None:
    """Words that point at something, pictures that are sent, and what is not there."""
    text = play.say("The old harbour sleeps under the first snow", "老码头在初雪中沉睡")
    bobs = await play.stage.say(play.group, "Bob", text)
    reply = {"reply_to": bobs["message_id"]}
    await play.writes(
        "draw this", "把这段话画出来", group=True, about=(f"in reply to Bob's “{text}”",), **reply
    )
    await play.writes("draw this", "把这个画出来", group=True, about=("in reply to nothing",))
    sent = {"image": {"width": 800, "height": 600}}
    await play.writes("", "", about=("only a photo",), **sent)
    await play.writes("as a watercolour", "改成水彩风格")
    await play.writes("a banner for LinkedIn: mountains in the morning", "公众号头图：清晨的群山")
    await play.writes("sticker of a fox, 8K, 7:3", "狐狸贴纸，8K，7:3")


async def talk_and_control(play: Play) -> None:
    """Control words, with something running and with nothing."""
    await play.writes("cancel", "取消")
    await play.writes("is it done?", "画好了吗？")
    await play.writes("what is my quota?", "我的额度还剩多少？", group=True)
    held = [asyncio.Event() for _ in range(5)]
    play.provider.outcomes.extend(held)
    await play.writes("a red bicycle", "一辆红色自行车", running=True)
    running = play.last
    await play.writes("how long still?", "还要多久？", running=True)
    await play.presses("[Notify me]", running, value={"a": "notify"}, running=True)
    await play.writes("make it warmer", "暖一点", running=True)
    for english, chinese in (
        ("a blue bicycle", "一辆蓝色自行车"),
        ("a green one", "一辆绿色自行车"),
    ):
        await play.writes(english, chinese, running=True)
    await play.writes("a yellow bicycle", "一辆黄色自行车", running=True)
    await play.presses("[Cancel]", running, value={"a": "cancel"}, running=True)
    await play.writes("cancel all", "全部取消")
    for event in held:
        event.set()
    play.provider.outcomes.clear()


async def settings_and_history(play: Play) -> None:
    """Panels, from a group and alone."""
    await play.writes("settings", "设置", group=True)
    panel = play.last
    await play.presses(
        "“Draw in this size” › 2K", panel, value={"a": "set", "k": "size"}, option="2K"
    )
    await play.presses("[Back to the defaults]", panel, value={"a": "reset"})
    await play.presses("[Undo]", panel, value={"a": "undo"})
    await play.writes("always 16:9", "以后都用16:9")
    await play.writes("back to the defaults", "恢复默认设置")
    await play.writes("history", "历史")
    history = play.last
    await play.presses("the button for the next page", history, value={"a": "page"})
    await play.writes("delete this picture", "删除这张图")
    await play.writes("yes", "确认")
    await play.writes("answer me in Japanese from now on", "以后都用日语回复我")
    await play.writes("help", "帮助")
    await play.presses("[Settings]", value={"a": "panel", "k": "settings"})
    language = {"a": "set", "k": "language"}
    await play.presses("language › automatic", value=language, option="auto")


async def failures(play: Play) -> None:
    """What goes wrong, and what can be done then."""
    play.provider.outcomes.append(Failure(Reason.REFUSED))
    await play.writes("a famous mouse", "一只有名的老鼠", group=True)
    play.provider.outcomes.append(Failure(Reason.RATE_LIMITED, retry_after=30))
    await play.writes("a sailing boat", "一艘帆船", group=True)
    await play.presses("[Retry]", value={"a": "retry"})
    play.provider.outcomes.append(Failure(Reason.OUT_OF_CREDIT))
    await play.writes("a mill", "一座磨坊")
    await play.writes("history", "历史", group=True)
    play.provider.outcomes.append(event := asyncio.Event())
    sent = await play.stage.say(play.group, "Ann", f"<@bot> {play.say('an owl', '一只猫头鹰')}")
    await play.stage.shown(play.group, "'a': 'cancel'")
    await play.does(
        "Ann withdraws her message while it is drawn", "recall", message=sent["message_id"]
    )
    event.set()
    await play.writes("/forget-me", "/forget-me")
    await play.presses("[Delete everything]", value={"a": "forget"})
    await play.writes("warmer", "暖一点")
    await play.writes("again", "再来一张")


ACTS = (
    *(meeting, one_picture, several_pictures, pointing, talk_and_control),
    *(settings_and_history, failures),
)


@asynccontextmanager
async def playing(remote: Remote, settings: Settings, language: str) -> AsyncIterator[Play]:
    """The bot, with nobody known to it yet."""
    await remote.forget()
    await remote.set(limits=UNLIMITED, client_config=FAST, strict_uuid=True)
    stage, provider = Stage(remote, Clock()), Priced()
    before, scripted.provider = scripted.provider, provider
    await prepare()
    bot = await listen(stage, settings)
    try:
        play = Play(stage, bot, provider, language)
        await play.begin()
        yield play
    finally:
        await bot.close()
        scripted.provider = before


if __name__ == "__main__":
    main("feishu", LANGUAGES, playing, ACTS)
