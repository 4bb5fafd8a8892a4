"""The Discord emulator's gateway, spoken to without a library."""

import os
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.emulators._discord.bare import Bare
from tests.emulators.process import Remote, Shared


@pytest.fixture(scope="session")
def process(emulator_of: Shared) -> Remote:
    return emulator_of("discord")


@pytest.fixture
async def bot(process: Remote) -> AsyncIterator[Bare]:
    await process.forget()
    await process.set(identify_interval=0, limits=False)
    app = (await process.ask("world"))["app"]
    async with aiohttp.ClientSession() as session:
        yield Bare(process, session, app["id"], app["token"])
    if "DISCORD_OPENAPI" in os.environ:
        assert (await process.ask("violations"))["violations"] == []


async def test_ready_is_followed_by_the_guilds(bot: Bare) -> None:
    guild = await bot.remote.ask("guild", {})
    async with bot.gateway(compress=True) as socket:
        ready = (await socket.identify())["d"]
        assert ready["user"]["id"] == bot.app
        assert ready["guilds"] == [{"id": guild["id"], "unavailable": True}]
        created = await socket.until("GUILD_CREATE")
        assert [channel["id"] for channel in created["channels"]] == [guild["channel"]]
        await socket.send(1, socket.seq)
        assert (await socket.receive())["op"] == 11


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"token": "wrong"}, 4004),
        ({"shard": [2, 2]}, 4010),
        ({"intents": 1 << 23}, 4013),
        ({"intents": None}, 4013),
        ({"intents": 4609 | 1 << 15}, 4014),
    ],
)
async def test_identify_is_refused(bot: Bare, more: dict[str, object], code: int) -> None:
    async with bot.gateway() as socket:
        assert (await socket.identify(**more))["closed"] == code


async def test_the_content_intent_is_for_who_has_it(bot: Bare) -> None:
    await bot.remote.ask("app", {"message_content": True})
    user = await bot.remote.ask("user", {})
    guild = await bot.remote.ask("guild", {"members": [user["id"]]})
    async with bot.gateway() as socket:
        await socket.identify(intents=4609 | 1 << 15)
        said = {"as": user["id"], "channel": guild["channel"], "content": "hello"}
        await bot.remote.ask("type", said)
        assert (await socket.until("MESSAGE_CREATE"))["content"] == "hello"


async def test_sharding_may_be_required(bot: Bare) -> None:
    await bot.remote.set(shards_required=2)
    async with bot.gateway() as socket:
        assert (await socket.identify())["closed"] == 4011


@pytest.mark.parametrize(
    ("op", "data", "code"),
    [(3, {}, 4003), (99, {}, 4003), (6, {"token": "wrong"}, 4004), ("x", {}, 4002)],
)
async def test_messages_before_identify(bot: Bare, op: int, data: object, code: int) -> None:
    async with bot.gateway() as socket:
        await socket.send(op, data)
        assert (await socket.receive())["closed"] == code


async def test_messages_after_identify(bot: Bare) -> None:
    async with bot.gateway() as socket:
        await socket.identify()
        assert (await socket.identify())["closed"] == 4005
    async with bot.gateway() as socket:
        await socket.identify()
        await socket.send(99, {})
        assert (await socket.receive())["closed"] == 4001


async def test_too_many_messages(bot: Bare) -> None:
    async with bot.gateway() as socket:
        await socket.identify()
        for _ in range(121):
            await socket.send(1, None)
        answers = [await socket.receive() for _ in range(121)]
        assert 4008 in [answer.get("closed") for answer in answers]


async def test_a_second_identify_has_to_wait(bot: Bare) -> None:
    await bot.remote.set(identify_interval=60)
    async with bot.gateway() as socket:
        await socket.identify()
    async with bot.gateway() as socket:
        answer = await socket.identify()
        assert (answer["op"], answer["d"]) == (9, False)


async def test_without_heartbeats_the_connection_ends(bot: Bare) -> None:
    await bot.remote.set(heartbeat_interval=50)
    async with bot.gateway() as socket:
        await socket.identify()
        assert (await socket.receive())["closed"] == 4000


async def test_resume_replays_what_was_missed(bot: Bare) -> None:
    user = await bot.remote.ask("user", {})
    guild = await bot.remote.ask("guild", {"members": [user["id"]]})
    said = {"as": user["id"], "channel": guild["channel"], "mention": True}
    async with bot.gateway() as first:
        await first.identify()
        await first.until("GUILD_CREATE")
        await bot.remote.ask("gateway", {"action": "drop"})
        assert "closed" in await first.receive()
    await bot.remote.ask("type", said | {"content": "one"})
    await bot.remote.ask("type", said | {"content": "two"})
    async with bot.gateway() as second:
        await second.resume(first.ready["session_id"], first.seq)
        for word in ("one", "two"):
            assert (await second.until("MESSAGE_CREATE"))["content"].endswith(word)
        assert (await second.receive())["t"] == "RESUMED"
        again = await bot.remote.ask("deliver_again", {"event": "MESSAGE_CREATE"})
        assert again == {"delivered": 1}
        assert (await second.until("MESSAGE_CREATE"))["content"].endswith("two")
    assert (await bot.remote.ask("sessions"))["resumed"] == 1


async def test_resume_is_refused(bot: Bare) -> None:
    async with bot.gateway() as first:
        await first.identify()
        await bot.remote.ask("gateway", {"action": "drop"})
        await first.receive()
    async with bot.gateway() as socket:
        await socket.resume(first.ready["session_id"], 10_000)
        assert (await socket.receive())["closed"] == 4007
    async with bot.gateway() as socket:
        await socket.resume("unknown", 1)
        answer = await socket.receive()
        assert (answer["op"], answer["d"]) == (9, False)
    await bot.remote.set(offset=600)
    async with bot.gateway() as socket:
        await socket.resume(first.ready["session_id"], first.seq)
        assert (await socket.receive())["op"] == 9


async def test_trouble_on_demand(bot: Bare) -> None:
    for action, op, data in (("reconnect", 7, None), ("resumable", 9, True), ("invalid", 9, False)):
        async with bot.gateway() as socket:
            await socket.identify()
            await bot.remote.ask("gateway", {"action": action})
            message = await socket.receive()
            assert (message["op"], message["d"]) == (op, data)
    async with bot.gateway() as socket:
        await socket.identify()
        await bot.remote.ask("gateway", {"action": "close", "code": 4009})
        assert (await socket.receive())["closed"] == 4009
    await bot.remote.ask("gateway", {"action": "refuse"})
    with pytest.raises(aiohttp.WSServerHandshakeError):
        async with bot.gateway():
            pass


async def test_events_go_to_the_shard_of_their_guild(bot: Bare) -> None:
    user = await bot.remote.ask("user", {})
    guild = await bot.remote.ask("guild", {"members": [user["id"]]})
    shard = (int(guild["id"]) >> 22) % 2
    async with bot.gateway() as here, bot.gateway() as there:
        ready = (await here.identify(shard=[shard, 2]))["d"]
        assert [one["id"] for one in ready["guilds"]] == [guild["id"]]
        assert (await there.identify(shard=[1 - shard, 2]))["d"]["guilds"] == []
        said = {"as": user["id"], "channel": guild["channel"], "content": "in the guild"}
        await bot.remote.ask("type", said)
        assert (await here.until("MESSAGE_CREATE"))["guild_id"] == guild["id"]
        await bot.remote.ask("type", {"as": user["id"], "content": "directly"})
        direct = here if shard == 0 else there
        assert (await direct.until("MESSAGE_CREATE"))["content"] == "directly"


async def test_content_is_only_for_who_is_meant(bot: Bare) -> None:
    user = await bot.remote.ask("user", {})
    guild = await bot.remote.ask("guild", {"members": [user["id"]]})
    picture = [{"filename": "a.png", "picture": [4, 4]}]
    said = {"as": user["id"], "channel": guild["channel"], "attachments": picture, "content": "x"}
    async with bot.gateway() as socket:
        await socket.identify()
        plain = await bot.remote.ask("type", said)
        event = await socket.until("MESSAGE_CREATE")
        assert (event["content"], event["attachments"]) == ("", [])
        _, own = await bot.call("POST", f"/channels/{guild['channel']}/messages", {"content": "me"})
        assert (await socket.until("MESSAGE_CREATE"))["content"] == "me"
        await bot.remote.ask("type", said | {"reply_to": own["id"], "ping": False})
        event = await socket.until("MESSAGE_CREATE")
        assert (event["content"], event["referenced_message"]["content"]) == ("", "me")
        await bot.remote.ask("type", said | {"reply_to": own["id"]})
        assert (await socket.until("MESSAGE_CREATE"))["attachments"][0]["width"] == 4
        meant = said | {"reply_to": plain["message"], "mention": True}
        await bot.remote.ask("type", meant)
        event = await socket.until("MESSAGE_CREATE")
        assert event["content"] == f"<@{bot.app}> x"
        assert event["referenced_message"]["attachments"] == []
    path = f"/channels/{guild['channel']}/messages/{plain['message']}"
    assert (await bot.call("GET", path))[1]["content"] == ""


async def test_a_channel_that_is_hidden_is_silent(bot: Bare) -> None:
    user = await bot.remote.ask("user", {})
    guild = await bot.remote.ask("guild", {"members": [user["id"]]})
    hide = {"channel": guild["channel"], "target": "bot", "deny": ["VIEW_CHANNEL"]}
    async with bot.gateway() as socket:
        await socket.identify()
        await bot.remote.ask("permissions", hide)
        said = {"as": user["id"], "channel": guild["channel"], "content": "x", "mention": True}
        await bot.remote.ask("type", said)
        await bot.remote.ask("type", {"as": user["id"], "content": "seen"})
        assert (await socket.until("MESSAGE_CREATE"))["content"] == "seen"


async def test_a_post_begins_with_a_message_of_its_id(bot: Bare) -> None:
    user = await bot.remote.ask("user", {})
    guild = await bot.remote.ask("guild", {"members": [user["id"]]})
    forum = await bot.remote.ask("channel", {"guild": guild["id"], "type": "forum"})
    files = [{"filename": "a.png", "picture": [4, 4]}]
    body = {"parent": forum["id"], "as": user["id"], "content": f"<@{bot.app}> x"}
    async with bot.gateway() as socket:
        await socket.identify()
        post = await bot.remote.ask("thread", body | {"attachments": files})
        assert (await socket.until("THREAD_CREATE"))["id"] == post["id"]
        event = await socket.until("MESSAGE_CREATE")
        assert (event["id"], event["content"]) == (post["id"], f"<@{bot.app}> x")
        assert event["attachments"][0]["width"] == 4
