"""The emulator of Discord is one for discord.js too, a library that is not discord.py."""

import base64
import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.clients import node
from tests.clients.node import Bot
from tests.emulators.process import Remote

EMULATOR = "discord"
PICTURE = {"filename": "cat.png", "picture": [40, 30]}

pytestmark = pytest.mark.timeout(node.INSTALL_SECONDS + 120)


@dataclass(frozen=True, slots=True)
class Scene:
    """A bot on the gateway, and the ids of somebody who talks to it, a server and its channel."""

    bot: Bot
    emulator: Remote
    ada: str
    guild: str
    channel: str

    async def act(self, action: str, **what: Any) -> dict[str, Any]:
        """Have Ada do something, in the server's channel unless told."""
        told = await self.emulator.ask(action, {"as": self.ada, "channel": self.channel, **what})
        assert isinstance(told, dict)
        return told

    async def message(self, message_id: str) -> dict[str, Any]:
        """A message as the emulator shows it."""
        shown = await self.emulator.ask(f"message?id={message_id}")
        assert isinstance(shown, dict)
        return shown

    async def draw(self) -> str:
        """Have Ada ask for a picture; the id of the answer, once it is there."""
        await self.act("slash", name="draw", options={"prompt": "a cat"})
        return str((await self.bot.saw("answered"))["message"])


@pytest.fixture
async def scene(emulator: Remote) -> AsyncIterator[Scene]:
    """At the end the bot has ended well, and neither it nor the emulator has done anything that
    Discord does not allow."""
    ada = (await emulator.ask("user", {"name": "ada", "locale": "zh-CN"}))["id"]
    home = await emulator.ask("guild", {"name": "home", "members": [ada]})
    token = (await emulator.ask("app", {}))["token"]
    async with node.run("discord.mjs", BASE=emulator.url, TOKEN=token) as bot:
        ready = await bot.saw("ready")
        assert ready["name"] == "banana"
        assert (ready["guilds"], ready["commands"]) == ([home["id"]], ["draw"])
        yield Scene(bot, emulator, ada, home["id"], home["channel"])
    violations = await emulator.ask("violations")
    assert violations["violations"] == []
    assert violations["schema"] or "DISCORD_OPENAPI" not in os.environ


async def test_a_command_is_registered_as_it_was_sent(scene: Scene) -> None:
    registered = await scene.emulator.ask("commands")
    [command] = registered["scopes"]["global"]
    assert command["name"] == "draw"
    assert command["description_localizations"] == {"zh-CN": "画一张图"}
    assert [option["type"] for option in command["options"]] == [3, 3, 11]
    assert [choice["value"] for choice in command["options"][1]["choices"]] == ["1K", "4K"]


async def test_a_command_is_answered_with_a_picture_and_buttons(scene: Scene) -> None:
    options = {"prompt": "a cat", "size": "4K", "image": PICTURE}
    await scene.act("slash", name="draw", options=options)
    heard = await scene.bot.saw("command")
    assert (heard["prompt"], heard["size"], heard["locale"]) == ("a cat", "4K", "zh-CN")
    assert heard["by"] == scene.ada
    assert (heard["announced"][0], heard["announced"][2]) == ("cat.png", "image/png")
    answered = await scene.bot.saw("answered")
    assert answered["intact"]
    assert answered["buttons"] == ["again", "edit"]
    name, _, width, height, description = answered["file"]
    assert (name, width, height, description) == ("result.png", 64, 64, "a yellow square")
    shown = await scene.message(answered["message"])
    assert (shown["content"], shown["loading"]) == ("Here it is.", False)
    assert shown["visible_attachments"] == ["result.png"]
    assert [button["label"] for button in shown["buttons"]] == ["Again", "Edit"]


async def test_the_bytes_of_an_attachment_arrive_whole(scene: Scene) -> None:
    data = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400
    image = {"filename": "noise.png", "base64": base64.b64encode(data).decode()}
    await scene.act("slash", name="draw", options={"prompt": "noise", "image": image})
    heard = await scene.bot.saw("command")
    assert heard["image"] == hashlib.sha256(data).hexdigest()
    assert heard["announced"][1] == len(data)
    await scene.bot.saw("answered")


async def test_a_button_is_answered_for_one_person_only(scene: Scene) -> None:
    message = await scene.draw()
    await scene.act("click", message=message, label="Again")
    pressed = await scene.bot.saw("button")
    assert (pressed["of"], pressed["by"]) == (message, scene.ada)
    shown = await scene.message(pressed["message"])
    assert shown["content"] == "Only you see this."
    assert (shown["ephemeral"], shown["only"]) == (True, scene.ada)
    assert (await scene.message(message))["content"] == "Here it is."


async def test_a_modal_is_opened_filled_in_and_answered(scene: Scene) -> None:
    message = await scene.draw()
    opener = await scene.act("click", message=message, label="Edit")
    await scene.bot.saw("modal opened", of=message)
    values = {"Prompt": "a dog", "Picture": [PICTURE]}
    await scene.emulator.ask("submit", {"as": scene.ada, "modal": opener["id"], "values": values})
    heard = await scene.bot.saw("modal")
    assert (heard["prompt"], heard["files"], heard["of"]) == ("a dog", ["cat.png"], message)
    answered = await scene.bot.saw("modal answered")
    shown = await scene.message(answered["message"])
    assert (shown["content"], shown["ephemeral"]) == ("Changing it.", False)


@pytest.mark.parametrize("direct", [False, True], ids=["mention", "direct message"])
async def test_a_message_is_replied_to_and_the_reply_is_edited(scene: Scene, direct: bool) -> None:
    where = {"channel": "dm"} if direct else {"mention": True}
    sent = await scene.act("type", content="a cat", attachments=[PICTURE], **where)
    heard = await scene.bot.saw("message")
    assert heard["content"].endswith("a cat")
    assert (heard["direct"], heard["by"], heard["files"]) == (direct, "ada", ["cat.png"])
    replied = await scene.bot.saw("replied")
    assert (replied["to"], replied["edited"]) == (sent["message"], True)
    shown = await scene.message(replied["message"])
    assert (shown["content"], shown["channel_id"]) == ("Done.", sent["channel"])
    assert shown["message_reference"]["message_id"] == sent["message"]
    assert shown["visible_attachments"] == ["result.png"]
    assert [reaction["emoji"]["name"] for reaction in shown["reactions"]] == ["🎨"]
    assert shown["pings"] == []


async def test_what_is_said_to_others_is_not_read(scene: Scene) -> None:
    await scene.act("type", content="lunch?")
    sent = await scene.act("type", content="a cat", mention=True)
    replied = await scene.bot.saw("replied")
    assert replied["to"] == sent["message"]
    assert [line["content"][-5:] for line in scene.bot.lines] == ["a cat"]


async def test_a_session_is_resumed_and_misses_nothing(scene: Scene) -> None:
    await scene.emulator.ask("gateway", {"action": "drop"})
    sent = await scene.act("type", content="still there?", mention=True)
    await scene.bot.saw("resumed")
    assert (await scene.bot.saw("replied"))["to"] == sent["message"]
    assert (await scene.emulator.ask("sessions"))["resumed"] == 1
