"""The emulator's switches of what Discord's messages hold, and of what it refuses."""

from typing import Any

import aiohttp
import pytest

from tests.emulators._discord.bare import Bare
from tests.emulators._discord.place import Place, bot, place, process

__all__ = ["bot", "place", "process"]

LOTTIE = {"name": "cat", "format": 3, "base64": "e30="}


async def download(bot: Bare, path: str, **headers: str) -> tuple[int, bytes]:
    url = path if path.startswith("http") else f"{bot.remote.url}{path}"
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        return response.status, await response.read()


async def told(bot: Bare, channel: str, message: str) -> dict[str, Any]:
    _, found = await bot.call("GET", f"/channels/{channel}/messages/{message}")
    return dict(found)


async def test_stickers_are_served_without_a_signature(bot: Bare, place: Place) -> None:
    drawn = {"name": "dog", "format": 1, "picture": [8, 6]}
    said = {"as": place.alice, "channel": "dm", "stickers": [drawn, LOTTIE]}
    made = await bot.remote.ask("type", said)
    message = await told(bot, made["channel"], made["message"])
    first, second = message["sticker_items"]
    status, data = await download(bot, f"/stickers/{first['id']}.png")
    assert (status, data[:4]) == (200, b"\x89PNG")
    assert (await download(bot, f"/stickers/{second['id']}.json"))[1] == b"{}"
    assert (await download(bot, "/stickers/1.png"))[0] == 404


async def test_the_beginning_of_a_file_can_be_asked_for(bot: Bare, place: Place) -> None:
    file = {"filename": "a b.png", "picture": [8, 6], "content_type": None}
    said = {"as": place.alice, "channel": "dm", "attachments": [file]}
    made = await bot.remote.ask("type", said)
    [shown] = (await told(bot, made["channel"], made["message"]))["attachments"]
    assert "content_type" not in shown
    assert await download(bot, shown["url"], Range="bytes=1-3") == (206, b"PNG")
    status, data = await download(bot, shown["url"])
    assert (status, len(data)) == (200, shown["size"])


async def test_a_forward_is_a_snapshot(bot: Bare, place: Place) -> None:
    first = await bot.remote.ask("type", {"as": place.alice, "channel": "dm", "content": "hello"})
    forward = {"as": place.alice, "channel": "dm", "forward": first["message"]}
    made = await bot.remote.ask("type", forward)
    message = await told(bot, made["channel"], made["message"])
    assert message["content"] == ""
    assert message["message_reference"]["type"] == 1
    [snapshot] = message["message_snapshots"]
    assert snapshot["message"]["content"] == "hello"
    assert "author" not in snapshot["message"]


@pytest.mark.parametrize("code", [{"code": 20009, "status": 403}, {"code": 777_777}])
async def test_files_are_refused_and_words_are_not(
    bot: Bare, place: Place, code: dict[str, int]
) -> None:
    await bot.remote.set(refuse_files=code)
    assert await bot.refused("POST", place.messages, {"content": "words"}) == 200
    file = {"files": {"a.png": b"x"}}
    assert await bot.refused("POST", place.messages, {"content": "w"}, **file) == code["code"]
    run = await place.slash()
    assert await bot.respond(run, 5) == 204
    hook = bot.webhook(run, "@original")
    words = {"content": "w"}
    assert await bot.refused("PATCH", hook, words, auth=False, **file) == code["code"]
    assert (await bot.call("PATCH", hook, words, auth=False))[0] == 200


async def test_the_command_of_an_activity_must_not_be_left_out(bot: Bare) -> None:
    commands = f"/applications/{bot.app}/commands"
    entry = {"name": "launch", "type": 4, "handler": 2, "description": "d"}
    _, made = await bot.call("POST", commands, entry)
    _, kept = await bot.call("PUT", commands, [entry, {"name": "a", "description": "d"}])
    assert {one["id"] for one in kept} >= {made["id"]}
    assert await bot.refused("PUT", commands, [{"name": "a", "description": "d"}]) == 50240


async def test_other_direct_messages_need_an_app_of_a_person(bot: Bare) -> None:
    commands = f"/applications/{bot.app}/commands"
    command = {"name": "a", "description": "d", "integration_types": [0], "contexts": [0, 2]}
    assert await bot.refused("PUT", commands, [command]) == 50035
