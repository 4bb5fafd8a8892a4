"""The Discord emulator's REST: who may what, and until when."""

import base64

from tests.emulators._discord.bare import Bare
from tests.emulators._discord.place import FILE, Place, bot, place, process

__all__ = ["bot", "place", "process"]


async def test_authorization(bot: Bare, place: Place) -> None:
    for path in ("/users/@me", place.messages, f"/guilds/{place.guild}"):
        assert (await bot.call("GET", path, auth=False))[0] == 401
    assert (await bot.call("GET", "/users/@me"))[1]["id"] == bot.app
    assert bot.headers["Content-Type"] == "application/json"
    assert bot.headers["X-RateLimit-Bucket"]
    bot.token = "wrong"
    assert await bot.call("GET", "/users/@me") == (401, {"message": "401: Unauthorized", "code": 0})


async def test_what_does_not_exist(bot: Bare, place: Place) -> None:
    assert await bot.refused("GET", "/channels/1") == 10003
    assert await bot.refused("GET", "/channels/x") == 50035
    assert await bot.refused("GET", f"{place.messages}/1") == 10008
    assert await bot.refused("GET", "/users/1") == 10013
    assert await bot.refused("GET", "/guilds/1") == 10004
    assert await bot.refused("GET", f"/guilds/{place.guild}/members/1") == 10013
    assert await bot.refused("GET", "/applications/1/commands") == 10002
    assert await bot.refused("POST", "/users/@me/channels", {"recipient_id": 1}) == 10013
    async with bot.session.get(f"{bot.remote.url}/api/v6/users/@me") as response:
        assert (await response.json())["code"] == 50041


async def test_every_look_up_answers(bot: Bare, place: Place) -> None:
    for path in (
        *("/applications/@me", "/oauth2/applications/@me", "/gateway", "/gateway/bot"),
        *("/users/@me/guilds", f"/users/{place.alice}", f"/channels/{place.channel}"),
        *(f"/guilds/{place.guild}", f"/guilds/{place.guild}/members/{place.alice}"),
        *(f"/guilds/{place.guild}/channels", f"/guilds/{place.guild}/roles"),
        *(f"/guilds/{place.guild}/threads/active", place.messages),
    ):
        assert (await bot.call("GET", path))[0] == 200, path
    assert (await bot.call("POST", f"/channels/{place.channel}/typing"))[0] == 204


async def test_permissions(bot: Bare, place: Place) -> None:
    body = {"content": "x"}
    await place.deny("SEND_MESSAGES")
    assert await bot.refused("POST", place.messages, body) == 50013
    await place.deny("ATTACH_FILES")
    assert await bot.refused("POST", place.messages, body, files={"a": b"x"}) == 50013
    assert await bot.refused("POST", place.messages, body) == 200
    await place.deny("READ_MESSAGE_HISTORY")
    reply = body | {"message_reference": {"message_id": 5}}
    assert await bot.refused("POST", place.messages, reply) == 160002
    await place.deny("VIEW_CHANNEL")
    assert await bot.refused("POST", place.messages, body) == 50001
    thread = (await bot.remote.ask("thread", {"parent": place.channel}))["id"]
    assert await bot.refused("GET", f"/channels/{thread}") == 50001
    await place.deny("SEND_MESSAGES_IN_THREADS")
    assert await bot.refused("POST", f"/channels/{thread}/messages", body) == 50013
    await bot.remote.ask("leave", {"guild": place.guild})
    assert await bot.refused("GET", f"/guilds/{place.guild}") == 50001


async def test_others_messages(bot: Bare, place: Place) -> None:
    said = {"as": place.alice, "channel": place.channel, "content": "x"}
    path = f"{place.messages}/{(await bot.remote.ask('type', said))['message']}"
    assert await bot.refused("PATCH", path, {"content": "y"}) == 50005
    assert await bot.refused("DELETE", path) == 50013
    assert await bot.refused("PUT", f"{path}/reactions/👍/@me") == 204
    assert await bot.refused("PUT", f"{path}/reactions/thumb/@me") == 10014
    assert (await bot.call("GET", path))[1]["reactions"][0]["me"] is True
    assert await bot.refused("DELETE", f"{path}/reactions/👍/@me") == 204
    allow = {"channel": place.channel, "target": "bot", "allow": ["MANAGE_MESSAGES"]}
    await bot.remote.ask("permissions", allow)
    assert await bot.refused("DELETE", path) == 204
    direct = await bot.remote.ask("type", {"as": place.alice, "content": "x"})
    path = f"/channels/{direct['channel']}/messages/{direct['message']}"
    assert await bot.refused("DELETE", path) == 50003


async def test_direct_messages(bot: Bare, place: Place) -> None:
    stranger = (await bot.remote.ask("user", {"name": "bob"}))["id"]
    status, opened = await bot.call("POST", "/users/@me/channels", {"recipient_id": stranger})
    assert status == 200
    path = f"/channels/{opened['id']}/messages"
    assert await bot.refused("POST", path, {"content": "x"}) == 50007
    await bot.remote.ask("user", {"id": stranger, "installed": True})
    assert await bot.refused("POST", path, {"content": "x"}) == 200
    await bot.remote.ask("user", {"id": stranger, "dms": False})
    assert await bot.refused("POST", path, {"content": "x"}) == 50007
    group = {"type": "group", "people": [place.alice, stranger]}
    foreign = (await bot.remote.ask("channel", group))["id"]
    assert await bot.refused("GET", f"/channels/{foreign}") == 50001


async def test_the_same_nonce_is_the_same_message(bot: Bare, place: Place) -> None:
    body = {"content": "x", "nonce": "7", "enforce_nonce": True}
    first = (await bot.call("POST", place.messages, body))[1]["id"]
    assert (await bot.call("POST", place.messages, body))[1]["id"] == first
    await bot.remote.set(offset=301)
    assert (await bot.call("POST", place.messages, body))[1]["id"] != first


async def test_edits_of_old_messages_run_out(bot: Bare, place: Place) -> None:
    await bot.remote.set(old_edits=2)
    path = f"{place.messages}/{(await bot.call('POST', place.messages, {'content': 'x'}))[1]['id']}"
    await bot.remote.set(offset=3601)
    codes = [await bot.refused("PATCH", path, {"content": "y"}) for _ in range(3)]
    assert codes == [200, 200, 30046]


async def test_only_who_is_allowed_is_pinged(bot: Bare, place: Place) -> None:
    content = f"@everyone <@{place.alice}>"
    none = {"content": content, "allowed_mentions": {"parse": []}}
    for body, pings in ((none, []), ({"content": content}, [place.alice])):
        id = (await bot.call("POST", place.messages, body))[1]["id"]
        assert (await bot.remote.ask(f"message?id={id}"))["pings"] == pings


async def test_files_expire_and_are_signed(bot: Bare, place: Place) -> None:
    said = {"as": place.alice, "content": "", "attachments": [FILE]}
    direct = await bot.remote.ask("type", said)
    path = f"/channels/{direct['channel']}/messages/{direct['message']}"
    [file] = (await bot.call("GET", path))[1]["attachments"]

    async def fetched(url: str) -> int:
        async with bot.session.get(url) as response:
            return response.status

    assert await fetched(file["url"]) == await fetched(file["proxy_url"]) == 200
    assert await fetched(file["url"].replace("hm=", "hm=0")) == 404
    kept = await bot.remote.ask(f"file?id={file['id']}")
    assert base64.b64decode(kept["base64"]).startswith(b"\x89PNG")
    await bot.remote.set(offset=86401)
    assert await fetched(file["url"]) == 404
    [file] = (await bot.call("GET", path))[1]["attachments"]
    assert await fetched(file["url"]) == 200


async def test_rate_limits(bot: Bare, place: Place) -> None:
    await bot.remote.set(limits={"POST /channels/{channel_id}/messages": [2, 60]}, global_limit=9)
    codes = [await bot.refused("POST", place.messages, {"content": "x"}) for _ in range(3)]
    assert codes == [200, 200, 0]
    status, answer = await bot.call("POST", place.messages, {"content": "x"})
    assert (status, answer["global"], answer["code"]) == (429, False, 0)
    assert bot.headers["Via"]
    assert bot.headers["X-RateLimit-Scope"] == "user"
    assert 0 < answer["retry_after"] <= 60
    statuses = [(await bot.call("GET", "/users/@me"))[0] for _ in range(10)]
    assert 429 in statuses


async def test_scripted_answers(bot: Bare) -> None:
    await bot.remote.fault({"path": "/users/@me", "error": 50013}, {"limited": {"scope": "shared"}})
    await bot.remote.fault({"path": "/users/@me", "cloudflare": True})
    assert await bot.refused("GET", "/users/@me") == 50013
    status, answer = await bot.call("GET", "/users/@me")
    assert (status, answer["retry_after"], bot.headers["X-RateLimit-Scope"]) == (429, 0.2, "shared")
    status, _ = await bot.call("GET", "/users/@me")
    assert status == 429
    assert "Via" not in bot.headers
    assert (await bot.call("GET", "/users/@me"))[0] == 200


async def test_people_change_their_minds(bot: Bare, place: Place) -> None:
    said = {"as": place.alice, "channel": place.channel, "content": "one", "mention": True}
    async with bot.gateway() as socket:
        await socket.identify(intents=4609 | 1 << 10)
        id = (await bot.remote.ask("type", said))["message"]
        mine = {"as": place.alice, "message": id}
        await bot.remote.ask("edit", mine | {"content": f"<@{bot.app}> two"})
        assert (await socket.until("MESSAGE_UPDATE"))["content"] == f"<@{bot.app}> two"
        await bot.remote.ask("react", mine | {"emoji": "🍌"})
        assert (await socket.until("MESSAGE_REACTION_ADD"))["emoji"]["name"] == "🍌"
        await bot.remote.ask("delete_message", {"message": id})
        assert (await socket.until("MESSAGE_DELETE"))["id"] == id
        await bot.remote.ask("delete_channel", {"channel": place.channel})
        assert (await socket.until("CHANNEL_DELETE"))["id"] == place.channel
        await bot.remote.ask("leave", {"guild": place.guild})
        assert (await socket.until("GUILD_DELETE"))["id"] == place.guild
        await bot.remote.ask("join", {"guild": place.guild})
        assert (await socket.until("GUILD_CREATE"))["id"] == place.guild
    [old] = await bot.remote.ask("messages?deleted=1")
    assert [state["content"][-3:] for state in old["history"]] == ["one", "two"]
