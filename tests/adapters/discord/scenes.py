"""``python -m tests.adapters.discord.scenes [FILE]``: what people do, and what they see then.

The bot runs on the emulated Discord. Ann, who reads one language after the other, and Bob do what
people do, and everything that Ann sees then is written down as a table in Markdown, with what was
drawn for it: for a reader who judges whether it is true, and asked for.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa

from bot.domain.failures import Failure, Reason
from bot.settings import Settings
from messages import Button
from tests.adapters.discord.stage import Shown, Stage
from tests.emulators.process import Remote
from tests.support import scripted
from tests.support.priced import Priced
from tests.support.scene_tables import Row, main

LANGUAGES = {"en": "en-US", "zh": "zh-CN"}
"""Ann's languages, and that of her Discord."""

QUIET_SECONDS = 0.3
"""So long nothing may have changed until all is taken to be seen: most of what a table takes."""

PATIENCE = 120.0
"""Seconds until it is no use to wait any longer, on a machine that has much else to do."""

NAMES: dict[str, str] = {}
"""The people, by their ids."""


class Play:
    """Ann with the bot in a server, where Bob is too, and alone."""

    def __init__(self, stage: Stage, provider: Priced, language: str) -> None:
        self.stage = stage
        self.provider = provider
        self.rows: list[Row] = []
        self._chinese = language == "zh"
        self._before: dict[str, Shown] = {}
        self._there: list[Shown] = []

    def say(self, english: str, chinese: str) -> str:
        """What Ann says in her language."""
        return chinese if self._chinese else english

    @property
    def last(self) -> Shown:
        """The newest message of the bot that Ann sees."""
        return self._there[-1]

    # Doing

    async def begin(self) -> None:
        """Make the people and their places, then start the bot."""
        stage, ask = self.stage, self.stage.discord.ask
        await stage.build()
        locale = LANGUAGES["zh" if self._chinese else "en"]
        stage.alice = (await ask("user", {"name": "Ann", "locale": locale}))["id"]
        stage.bob = (await ask("user", {"name": "Bob", "locale": "en-US"}))["id"]
        people = {"owner": stage.alice, "members": [stage.bob]}
        made = await ask("guild", people | {"locale": locale})
        stage.guild, stage.channel = made["id"], made["channel"]
        NAMES.update({stage.alice: "Ann", stage.bob: "Bob"})
        await stage.start()

    async def writes(
        self, english: str, chinese: str, *, alone: bool = False, by: str = "Ann", **more: Any
    ) -> None:
        """Somebody writes to the bot: in a direct message, or in the channel with a mention."""
        text = self.say(english, chinese) if by == "Ann" else english
        about = "".join(f" ({word})" for word in more.pop("about", ()))
        running, quiet = more.pop("running", False), more.pop("quiet", False)
        if alone:
            sent = await self.stage.type(text, self._id(by), channel="dm", **more)
        else:
            sent = await self.stage.type(text, self._id(by), mention=True, **more)
        where = "in a direct message" if alone else "mentions it"
        said = f"“{text}”{about}" if text else about.strip()
        assert sent["message"]
        await self._note(f"{by} {where}: {said}", running=running, quiet=quiet)

    async def uses(
        self, name: str, by: str = "Ann", *, running: bool = False, **options: Any
    ) -> None:
        """Somebody uses a slash command."""
        asked = await self.stage.slash(name, self._id(by), options=options)
        given = " ".join(f"{key}:{value}" for key, value in options.items())
        assert not asked["failed"], asked
        await self._note(f"{by} uses /{name} {given}".strip(), running=running)

    async def presses(
        self,
        button: Button | str,
        message: Shown | None = None,
        *,
        by: str = "Ann",
        running: bool = False,
    ) -> Shown:
        """Somebody presses a button, of the newest message that has it unless one is given."""
        there = [message] if message else reversed(self._there)
        buttons = [(each, one) for each in there for one in each["buttons"] if _is(button, one)]
        assert buttons, f"nobody can press {button!r}: {[shown(each) for each in self._there]}"
        message, found = buttons[0]
        body = {"as": self._id(by), "message": message["id"], "custom_id": found["custom_id"]}
        pressed: Shown = await self.stage.discord.ask("click", {**body, "wait": PATIENCE})
        await self._note(f"{by} presses [{_label(found)}]", pressed, running=running)
        return pressed

    async def chooses(self, start: str, value: str, message: Shown | None = None) -> None:
        """Ann chooses an entry of a menu whose custom id begins so."""
        message = message or self.last
        menu = next(
            each
            for each in message["selects"]
            if each["custom_id"].removeprefix("beside:").startswith(start)
        )
        entry = next(each for each in menu["options"] if each["value"] == value)
        chosen = await self.stage.select(message, menu["custom_id"], value)
        await self._note(f"Ann chooses “{entry['label']}” in the menu", chosen)

    async def sends(self, form: Shown, what: str, **values: Any) -> None:
        """Ann sends a form."""
        sent = await self.stage.submit(form, **values)
        await self._note(f"Ann sends the form: {what}", sent)

    async def menu(self, name: str, message: str, what: str) -> Shown:
        """Ann uses the menu of a message."""
        asked = await self.stage.menu(message, name)
        await self._note(f"Ann holds {what} › Apps › {name}", asked)
        return asked

    def _id(self, who: str) -> str:
        return self.stage.alice if who == "Ann" else self.stage.bob

    # Looking

    async def _note(
        self, did: str, asked: Shown | None = None, *, running: bool = False, quiet: bool = False
    ) -> None:
        """Write down what has changed, once nothing changes any more."""
        form = _form(asked["modal"]) if asked and asked.get("modal") else ""
        known = sum(len(row.drew) for row in self.rows)
        seen = await self._settled(bool(form) or quiet, running)
        drew = tuple(
            f"“{one.prompt}” ×{one.count} {one.size} {one.aspect_ratio}"
            f"{f', from {len(one.references)}' if one.references else ''}"
            for one in self.provider.submitted[known:]
        )
        self.rows.append(Row(did, "<br>".join(filter(None, [form, *seen])) or "nothing", drew))

    async def _settled(self, seen: bool, running: bool) -> list[str]:
        """What is new, changed and gone, once nothing runs that is to end."""
        deadline = time.monotonic() + PATIENCE
        found: dict[str, Shown] = {}
        since = 0.0
        while True:
            now = time.monotonic()
            assert now < deadline, f"nothing settles: {list(self._changes(found))}"
            query = f"messages?as={self.stage.alice}&deleted=1"
            at = {each["id"]: each for each in await self.stage.discord.ask(query)}
            if at != found:
                found, since = at, now
            busy = any(each["loading"] and not each["deleted"] for each in found.values())
            open_jobs = [] if running else await self._open()
            changed = seen or any(self._changes(found))
            if changed and not busy and not open_jobs and now - since > QUIET_SECONDS:
                break
            await asyncio.sleep(0.05)
        changes = list(self._changes(found))
        ours = (each for each in found.values() if each["by_bot"])
        self._there = [each for each in ours if not each["deleted"]]
        self._before = found
        return changes

    async def _open(self) -> list[Any]:
        """Jobs that are not over, or whose end is not shown yet."""
        query = "id FROM jobs WHERE untold OR status IN ('queued', 'running')"
        return list(await self.stage.app.database.read(sa.select(sa.text(query))))

    def _changes(self, found: Mapping[str, Shown]) -> Iterator[str]:
        for id, message in found.items():
            before = self._before.get(id)
            if not message["by_bot"]:
                if new := _reactions(message) - _reactions(before):
                    yield f"reaction {' '.join(sorted(new))}"
            elif before is None and not message["deleted"]:
                yield f"{self._where(message)}: {_steps(message)}{shown(message)}"
            elif before is not None and not before["deleted"] and message["deleted"]:
                yield f"gone: {_first_line(before)}"
            elif before is not None and not message["deleted"] and shown(before) != shown(message):
                yield f"changed: {shown(message)}"

    def _where(self, message: Shown) -> str:
        parts = ["channel" if message["channel_id"] == self.stage.channel else "direct message"]
        parts += ["only Ann sees it"] if message["ephemeral"] else []
        parts += ["reply"] if message.get("message_reference") else []
        return ", ".join(parts)


def _reactions(message: Shown | None) -> set[str]:
    found = (message or {}).get("reactions") or []
    return {each["emoji"]["name"] for each in found if each["me"]}


def _first_line(message: Shown) -> str:
    return _plain(message["content"].partition("\n")[0])


def _steps(message: Shown) -> str:
    """What the message has said on its way."""
    said = [each.get("content", "").split("\n") for each in message["history"]]
    lines = [_plain(next((one for one in each if one[:1] != ">"), "")) for each in said]
    now = _plain(message["content"])
    steps = [line for line in dict.fromkeys(lines) if line and line not in now]
    return "".join(f"{step} → " for step in steps)


def _plain(text: str) -> str:
    """A text as Discord shows it: without the signs that only stand for something."""
    text = re.sub(r"\[([^\]]+)\]\(<?[^)>]*>?\)", r"\1", text)
    text = re.sub(r"<t:\d+:[a-zA-Z]>", "(time)", text)
    text = re.sub(r"https?://\S+", "(link)", text)
    text = re.sub(r"\\(?=[^\w\s]|_)", "", text)
    return re.sub(r"<@!?(\d+)>", lambda who: f"@{NAMES[who[1]]}", text).replace("\u200b", "")


def _is(wanted: Button | str, button: Mapping[str, Any]) -> bool:
    if isinstance(wanted, Button):
        custom_id: str = button["custom_id"]
        return custom_id.removeprefix("beside:").startswith(f"banana:{wanted}:")
    return wanted in _label(button)


def _label(button: Mapping[str, Any]) -> str:
    emoji = (button.get("emoji") or {}).get("name", "")
    return " ".join(filter(None, (emoji, button.get("label", ""))))


def _form(modal: Mapping[str, Any]) -> str:
    """A form as one line."""
    fields = []
    for each in modal["components"]:
        field = each.get("component") or {}
        options = field.get("options") or []
        chosen = [one["label"] for one in options if one.get("default")]
        told = field.get("value") or ", ".join(chosen) or f"{len(options)} choices" * bool(options)
        fields.append(f"{each['label']}: {told or '…'}")
    return f"form **{modal['title']}** ∙ " + " ∙ ".join(fields)


def shown(message: Shown) -> str:
    """A message as who reads it would tell it."""
    lines = [_plain(line) for line in message["content"].split("\n")]
    parts = [" / ".join(filter(None, lines))]
    files = message["attachments"]
    if files:
        parts.append(f"🖼×{len(files)} “{files[0].get('description') or files[0]['filename']}”")
    parts += [f"[{_label(each)}]" for each in message["buttons"]]
    for each in message["selects"]:
        chosen = [one["label"] for one in each["options"] if one.get("default")]
        first = (chosen or [each.get("placeholder") or "…"])[0]
        parts.append(f"[{first} ▾ {len(each['options'])}]")
    return " ∙ ".join(filter(None, parts))


# What they do


async def meeting(play: Play) -> None:
    """First contact, help, and what is no request."""
    await play.writes("", "", about=("only the mention",))
    await play.presses(play.say("Try a lighthouse", "试一张"))
    await play.uses("help")
    await play.writes("hello", "你好", alone=True)
    await play.writes("thanks!", "谢谢！")
    await play.writes("what can you do?", "你会做什么？")
    await play.writes("which models are there?", "有哪些模型？")
    await play.writes("do you like cats?", "你喜欢猫吗？")
    await play.presses(Button.ANSWER)
    await play.writes("who invented paper?", "谁发明了纸？")


async def one_picture(play: Play) -> None:
    """A picture, and everything that can be done with it."""
    await play.writes("a lighthouse at dusk, 16:9", "黄昏的灯塔，16:9")
    first = play.last
    await play.writes("nice 👍", "真好看👍")
    await play.writes("make it warmer", "暖一点")
    changed = play.last
    await play.presses(play.say("More", "更多"), changed)
    await play.presses(Button.BEFORE)
    await play.presses(play.say("More", "更多"), changed)
    await play.presses(Button.DETAILS)
    await play.presses(play.say("More", "更多"), changed)
    await play.presses(Button.ORIGINAL)
    await play.presses(play.say("More", "更多"), first)
    await play.chooses("banana:ratio:", "1:1")
    await play.presses(play.say("More", "更多"), first)
    form = await play.presses(Button.WORDS)
    words = play.say("a lighthouse in the fog", "雾中的灯塔")
    await play.sends(form, words, words=words)
    form = await play.presses(Button.EDIT, first)
    change = play.say("add a sailing boat", "加一艘帆船")
    await play.sends(form, change, instruction=change)
    await play.presses(Button.LARGER, first)
    await play.presses(Button.VARY, first)
    await play.presses(Button.AGAIN, first, by="Bob")
    await play.presses(play.say("More", "更多"), changed)
    await play.presses(Button.DELETE)


async def several_pictures(play: Play) -> None:
    """Four pictures: each action is about one of them."""
    await play.writes("three cats, 4 pictures", "三只猫，四张")
    four = play.last
    await play.presses("②", four)
    form = await play.presses(Button.EDIT)
    hat = play.say("give them hats", "给它们戴上帽子")
    await play.sends(form, hat, instruction=hat)
    await play.presses(Button.LARGER, four)
    await play.presses("③")
    of_four = {"reply_to": four["id"], "about": ("in reply to the four",)}
    await play.writes("delete the first one", "第一张删掉", **of_four)
    await play.presses(Button.ANSWER)
    await play.writes(
        "enlarge the third", "第三张放大", reply_to=four["id"], about=("in reply to the four",)
    )
    await play.writes("delete this", "删掉这张")
    await play.presses(Button.ANSWER)


async def pointing(play: Play) -> None:
    """Words about a picture, where it is not clear which or whose."""
    await play.writes("the second one, but blue", "第二张，改成蓝色")
    await play.writes("the original of the second", "第二张发原图")
    await play.writes("undo", "撤销")
    await play.writes("again in 2K", "再来一张 2K 的")
    await play.writes("make it warmer", "暖一点", by="Bob")
    photo = [{"filename": "photo.png", "picture": [640, 480]}]
    await play.writes("", "", attachments=photo, about=("a photo",))
    await play.writes("as a watercolour", "变成水彩画")
    await play.writes("send me the original file", "发我原图")


async def private(play: Play) -> None:
    """What is for one person alone."""
    await play.uses("imagine", prompt=play.say("a secret", "一个秘密"), private=True)
    secret = play.last
    await play.presses(Button.AGAIN, secret)
    await play.writes("always private", "默认私密")
    await play.uses("imagine", prompt=play.say("a green door", "一扇绿门"))
    await play.writes("a red door", "一扇红门")
    await play.writes("history", "历史")
    await play.writes("always public", "默认公开")


async def settings_and_history(play: Play) -> None:
    """Personal panels."""
    await play.writes("settings", "设置")
    await play.presses("", play.last)
    await play.chooses("panel:ratio", "16:9")
    await play.presses(play.say("Ping me", "完成通知"))
    await play.presses(play.say("Private", "只给我看"))
    await play.presses(play.say("Private", "只给我看"))
    await play.presses(play.say("defaults", "默认"))
    await play.presses(play.say("Undo", "撤销"))
    await play.writes("always use pro", "以后都用 Pro")
    await play.writes("use the default", "恢复默认")
    await play.uses("history")
    await play.presses("▶")
    await play.writes("history", "历史", alone=True)
    await play.writes("next page", "下一页", alone=True)
    await play.writes("next page", "下一页")
    await play.writes("my usage", "我的用量")
    await play.uses("usage")
    await play.uses("models")
    await play.uses("settings")


async def failures(play: Play) -> None:
    """What cannot be done, and what is stopped."""
    play.provider.outcomes.append(Failure(Reason.REFUSED))
    await play.uses("imagine", prompt=play.say("something forbidden", "不能画的东西"))
    await play.presses(Button.WORDS)
    play.provider.outcomes.append(Failure(Reason.RATE_LIMITED, retry_after=30))
    await play.writes("a windmill", "一座风车")
    await play.presses(Button.RETRY)
    play.provider.outcomes.append(Failure(Reason.OUT_OF_CREDIT))
    await play.writes("a mill", "一座磨坊")
    events = [asyncio.Event(), asyncio.Event()]
    play.provider.outcomes.extend(events)
    await play.writes("an owl", "一只猫头鹰", running=True)
    await play.writes("a crow", "一只乌鸦", running=True)
    await play.writes("is it ready?", "画好了吗？", running=True)
    await play.uses("cancel", running=True)
    await play.presses(play.say("Cancel all", "全部取消"), running=True)
    for event in events:
        event.set()
    await play.writes("cancel", "取消")
    await play.writes("delete everything", "删除我的所有图片")
    await play.presses(Button.ANSWER)
    await play.writes("warmer", "暖一点")
    await play.writes("larger", "放大")
    await play.uses("forget-me")
    await play.presses("")


ACTS = (
    *(meeting, one_picture, several_pictures, pointing),
    *(private, settings_and_history, failures),
)


@asynccontextmanager
async def playing(remote: Remote, settings: Settings, language: str) -> AsyncIterator[Play]:
    """The bot, with nobody known to it yet."""
    stage, provider = Stage(remote, settings), Priced()
    before, scripted.provider = scripted.provider, provider
    try:
        play = Play(stage, provider, language)
        await play.begin()
        yield play
    finally:
        await stage.stop()
        scripted.provider = before


if __name__ == "__main__":
    main("discord", LANGUAGES, playing, ACTS)
