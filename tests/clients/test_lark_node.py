"""The emulator of Feishu is one for the official Node SDK too."""

import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.clients import node
from tests.clients.node import Bot
from tests.emulators.process import Remote

EMULATOR = "feishu"
APP_ID = "cli_00112233445566ff"
APP_SECRET = "secret-of-the-node-client"
NAME = "node bot"

pytestmark = pytest.mark.timeout(node.INSTALL_SECONDS + 120)


@dataclass(frozen=True, slots=True)
class Scene:
    """A bot on the long connection, and the open_id of somebody who talks to it."""

    bot: Bot
    emulator: Remote
    ada: str

    async def chat(self, kind: str) -> str:
        """A new conversation of Ada's with the bot; its id."""
        about = {"type": kind, "people": [self.ada], "bots": [APP_ID]}
        return str((await self.emulator.ask("chats", about))["chat_id"])

    async def say(self, chat: str, **what: Any) -> dict[str, Any]:
        """Have Ada send a message."""
        sent = await self.emulator.ask("send", {"chat": chat, "from": self.ada, **what})
        assert isinstance(sent, dict)
        return sent

    async def message(self, message_id: str) -> dict[str, Any]:
        """A message as people see it."""
        messages = await self.emulator.ask("messages")
        [found] = [each for each in messages if each["message_id"] == message_id]
        assert isinstance(found, dict)
        return found

    async def acknowledged(self, event: str) -> None:
        """The event was pushed once and accepted."""
        [told] = await self.emulator.ask(f"events?event_id={event}")
        assert (told["acked"], len(told["tries"])) == (True, 1)


@pytest.fixture
async def scene(emulator: Remote) -> AsyncIterator[Scene]:
    """At the end the bot has ended well and has done nothing that Feishu does not allow."""
    await emulator.set(client_config={"ReconnectNonce": 0, "ReconnectInterval": 1})
    await emulator.ask("apps", {"app_id": APP_ID, "secret": APP_SECRET, "name": NAME})
    ada = (await emulator.ask("people", {"name": "Ada"}))["open_id"]
    about = {"BASE": emulator.url, "APP_ID": APP_ID, "APP_SECRET": APP_SECRET}
    async with node.run("feishu.mjs", **about) as bot:
        ready = await bot.saw("ready")
        [app] = [each for each in await emulator.ask("apps") if each["app_id"] == APP_ID]
        assert (ready["name"], ready["id"]) == (NAME, app["open_id"])
        yield Scene(bot, emulator, ada)
    violations = await emulator.ask("violations")
    assert violations["violations"] == []
    assert violations["schema"] or "LARK_SCHEMAS" not in os.environ


def words(card: dict[str, Any]) -> list[str]:
    return [each["content"] for each in card["body"]["elements"] if each["tag"] == "markdown"]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def test_a_mention_becomes_a_card_with_a_picture(scene: Scene) -> None:
    chat = await scene.chat("group")
    sent = await scene.say(chat, text=f"<@{APP_ID}> 画一只猫")
    heard = await scene.bot.saw("message", id=sent["message_id"])
    [mention] = heard["mentions"]
    assert (heard["chat"], heard["by"], mention[0]) == ("group", scene.ada, "@_user_1")
    assert heard["digest"] == digest("@_user_1 画一只猫")
    uploaded = await scene.bot.saw("uploaded")
    done = await scene.bot.saw("done")
    shown = await scene.message(done["message"])
    assert (shown["parent_id"], shown["msg_type"]) == (sent["message_id"], "interactive")
    assert [words(each["content"]) for each in shown["history"]] == [["Working on it."]]
    assert words(shown["content"]) == ["Here it is."]
    picture = shown["images"][uploaded["key"]]
    assert (picture["format"], picture["width"], picture["height"]) == ("PNG", 64, 64)
    [reaction] = (await scene.message(sent["message_id"]))["reactions"]
    assert reaction["reaction_id"] == done["reaction"]
    await scene.acknowledged(sent["event_id"])


async def test_a_large_mention_arrives_in_pieces(scene: Scene) -> None:
    await scene.emulator.set(limits={"chunk_bytes": 10_000})
    text = "猫和狗 " * 12_000
    sent = await scene.say(await scene.chat("group"), text=f"<@{APP_ID}> {text}")
    heard = await scene.bot.saw("message", id=sent["message_id"])
    assert heard["digest"] == digest(f"@_user_1 {text}")
    await scene.bot.saw("done")
    await scene.acknowledged(sent["event_id"])


async def test_a_picture_in_a_direct_message_is_downloaded(scene: Scene) -> None:
    chat = await scene.chat("p2p")
    sent = await scene.say(chat, image={"width": 300, "height": 200, "format": "JPEG"})
    heard = await scene.bot.saw("message", id=sent["message_id"])
    [picture] = (await scene.message(sent["message_id"]))["images"].values()
    assert (heard["chat"], heard["digest"]) == ("p2p", picture["sha256"])
    await scene.bot.saw("done")


async def test_a_click_is_answered_with_a_toast(scene: Scene) -> None:
    await scene.say(await scene.chat("p2p"), text="a dog")
    card = (await scene.bot.saw("done"))["message"]
    click = {"message": card, "by": scene.ada, "text": "Again"}
    seen = await scene.emulator.ask("click", click)
    heard = await scene.bot.saw("click")
    assert (heard["value"], heard["message"]) == ({"action": "again"}, card)
    assert heard["by"] == scene.ada
    assert seen["error"] is None
    assert (seen["toast"]["type"], seen["seen"]) == ("success", "再来一张")


async def test_it_comes_back_after_the_connection_is_lost(scene: Scene) -> None:
    chat = await scene.chat("p2p")
    await scene.emulator.ask("sockets", {"do": "drop"})
    await scene.bot.saw("reconnected")
    sent = await scene.say(chat, text="still there?")
    await scene.bot.saw("message", id=sent["message_id"])
    await scene.bot.saw("done")
    await scene.acknowledged(sent["event_id"])
