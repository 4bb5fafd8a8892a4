"""Interactions on the Discord emulator: the first answer, the follow-ups, and their ends."""

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.emulators._discord.bare import Bare
from tests.emulators._discord.place import EPHEMERAL, FILE, Place, bot, place, process

__all__ = ["bot", "place", "process"]


async def test_the_three_seconds(bot: Bare, place: Place) -> None:
    late = await place.slash()
    await bot.remote.set(offset=3.1)
    assert await bot.respond(late, 5) == 10062
    told = await bot.remote.ask(f"interaction?id={late['id']}")
    assert told["failed"]
    assert [one["code"] for one in told["refusals"]] == [10062]
    delayed = await place.slash()
    await bot.remote.fault({"path": "/callback", "delay": 0.05})
    await bot.remote.set(ack_limit=0.01)
    assert await bot.respond(delayed, 5) == 10062


async def test_one_answer_only(bot: Bare, place: Place) -> None:
    one = await place.slash()
    assert await bot.refused("POST", bot.webhook(one), {"content": "x"}, auth=False) == 10015
    assert await bot.respond(one, 5) == 204
    assert await bot.respond(one, 4, {"content": "x"}) == 40060
    assert await bot.respond(one | {"token": "wrong"}, 5) == 10062
    again = await place.slash()
    async with bot.gateway() as socket:
        await socket.identify()
        await bot.remote.ask("deliver_again", {"id": again["id"]})
        event = await socket.until("INTERACTION_CREATE")
        assert (event["id"], event["token"]) == (again["id"], again["token"])
    await bot.remote.fault({"path": "/callback", "reset": True, "after": True})
    with pytest.raises(aiohttp.ClientError):
        await bot.respond(again, 5)
    assert await bot.respond(again, 5) == 40060


@pytest.mark.parametrize(("kind", "data"), [(6, None), (7, {}), (8, {"choices": []}), (1, None)])
async def test_answers_that_do_not_fit(bot: Bare, place: Place, kind: int, data: Any) -> None:
    assert await bot.respond(await place.slash(), kind, data) == 50035


async def test_the_fifteen_minutes(bot: Bare, place: Place) -> None:
    one = await place.slash()
    await bot.respond(one, 5)
    path = bot.webhook(one, "@original")
    await bot.remote.set(offset=899)
    assert await bot.refused("PATCH", path, {"content": "x"}, auth=False) == 200
    await bot.remote.set(offset=901)
    assert await bot.refused("PATCH", path, {"content": "x"}, auth=False) == 50027
    id = (await place.seen(place.alice))[-1]["id"]
    assert await bot.refused("PATCH", f"{place.messages}/{id}", {"content": "later"}) == 200


async def test_a_deferral_decides_who_sees_the_answer(bot: Bare, place: Place) -> None:
    bob = (await bot.remote.ask("user", {"name": "bob"}))["id"]
    await bot.remote.ask("member", {"guild": place.guild, "user": bob})
    for deferred, asked in ((EPHEMERAL, 0), (0, EPHEMERAL)):
        one = await place.slash()
        await bot.respond(one, 5, {"flags": deferred})
        [loading] = [m for m in await place.seen(place.alice) if m["loading"]]
        body = {"content": "x", "flags": asked}
        _, first = await bot.call("POST", bot.webhook(one), body, auth=False)
        assert first["id"] == loading["id"]
        assert first["flags"] == deferred
        sees = [m["id"] for m in await place.seen(bob)]
        assert (first["id"] in sees) is not bool(deferred)
        _, second = await bot.call("POST", bot.webhook(one), body, auth=False)
        assert (second["id"], second["flags"]) != (first["id"], deferred)
        assert second["flags"] == asked
        code = 10008 if deferred else 200
        assert await bot.refused("GET", f"{place.messages}/{first['id']}") == code


async def test_what_happens_to_the_answer(bot: Bare, place: Place) -> None:
    one = await place.slash()
    await bot.respond(one, 4, {"content": "x"})
    path = bot.webhook(one, "@original")
    _, made = await bot.call("GET", path, auth=False)
    assert (made["type"], made["webhook_id"]) == (20, bot.app)
    assert made["interaction_metadata"]["user"]["id"] == place.alice
    await bot.remote.ask("delete_message", {"message": made["id"]})
    assert await bot.refused("PATCH", path, {"content": "y"}, auth=False) == 10008
    _, again = await bot.call("POST", bot.webhook(one), {"content": "y"}, auth=False)
    message = bot.webhook(one, again["id"])
    assert await bot.refused("PATCH", message, {"content": "z"}, auth=False) == 200
    assert await bot.refused("DELETE", message, auth=False) == 204
    assert await bot.refused("DELETE", message, auth=False) == 10008
    await bot.remote.ask("delete_channel", {"channel": place.channel})
    assert await bot.refused("POST", bot.webhook(one), {"content": "y"}, auth=False) == 10003


async def test_upload_limits(bot: Bare, place: Place) -> None:
    await bot.remote.set(interaction_limit=100)
    one = await place.slash()
    await bot.respond(one, 5)
    path = bot.webhook(one, "@original")
    body = {"attachments": [{"id": 0, "description": "alt"}]}
    big = {"a.png": b"x" * 101}
    assert await bot.refused("PATCH", path, body, files=big, auth=False) == 40005
    small = {"a.png": b"x" * 100}
    assert await bot.refused("PATCH", path, body, files=small, auth=False) == 200
    await bot.remote.ask("guild", {"id": place.guild, "tier": 2})
    eleven = {"a.bin": b"x" * 11 * 2**20}
    assert await bot.refused("POST", place.messages, {}, files=eleven) == 200


async def test_five_followups_for_who_brought_the_app(bot: Bare, place: Place) -> None:
    carol = (await bot.remote.ask("user", {"name": "carol", "installed": True}))["id"]
    foreign = await bot.remote.ask("guild", {"bot": False, "members": [carol]})
    one = await place.slash(**{"as": carol, "channel": foreign["channel"]})
    await bot.respond(one, 4, {"content": "x"})
    path = bot.webhook(one)
    codes = [await bot.refused("POST", path, {"content": "x"}, auth=False) for _ in range(6)]
    assert codes == [200] * 5 + [40094]
    assert await bot.refused("GET", f"/channels/{foreign['channel']}") == 50001
    body = {"channel": foreign["channel"], "deny": ["USE_EXTERNAL_APPS"]}
    await bot.remote.ask("permissions", body)
    one = await place.slash(**{"as": carol, "channel": foreign["channel"]})
    await bot.respond(one, 4, {"content": "x"})
    assert (await bot.remote.ask(f"interaction?id={one['id']}"))["original"]["ephemeral"]


async def test_interactions_tell_where_they_come_from(bot: Bare, place: Place) -> None:
    dave = (await bot.remote.ask("user", {"name": "dave", "installed": True}))["id"]
    people = {"type": "group", "people": [place.alice, dave]}
    group = (await bot.remote.ask("channel", people))["id"]
    forum = await bot.remote.ask("channel", {"guild": place.guild, "type": "forum"})
    post = (await bot.remote.ask("thread", {"parent": forum["id"], "as": place.alice}))["id"]
    async with bot.gateway() as socket:
        await socket.identify()
        await place.slash(channel=post, options={"prompt": "p", "image": FILE}, locale="ja")
        event = await socket.until("INTERACTION_CREATE")
        assert (event["context"], event["locale"], event["channel"]["type"]) == (0, "ja", 11)
        assert event["authorizing_integration_owners"] == {"0": place.guild}
        [file] = event["data"]["resolved"]["attachments"].values()
        assert (file["width"], file["content_type"], file["ephemeral"]) == (8, "image/png", True)
        async with bot.session.get(file["url"]) as response:
            assert (response.status, response.content_type) == (200, "image/png")
        await place.slash(channel="dm")
        event = await socket.until("INTERACTION_CREATE")
        assert (event["context"], event["user"]["id"]) == (1, place.alice)
        assert event["authorizing_integration_owners"] == {"0": "0"}
        await place.slash(**{"as": dave, "channel": group})
        event = await socket.until("INTERACTION_CREATE")
        assert event["context"] == 2
        assert event["authorizing_integration_owners"] == {"1": dave}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"name": "unsynced"}, "no such command"),
        ({"options": {}}, "required"),
        ({"options": {"prompt": "x" * 21}}, "characters"),
        ({"options": {"prompt": 5}}, "type"),
        ({"options": {"prompt": "x", "count": 5}}, "at most"),
        ({"options": {"prompt": "x", "size": "9k"}}, "choices"),
        ({"options": {"prompt": "x", "colour": 1}}, "no such options"),
        ({"name": "spicy", "options": {}}, "age-restricted"),
        ({"name": "staff", "options": {}}, "permissions"),
    ],
)
async def test_what_no_person_could_do(place: Place, more: dict[str, Any], words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        await place.slash(**more)


async def test_autocomplete(bot: Bare, place: Place) -> None:
    typed = {"as": place.alice, "channel": place.channel, "name": "imagine", "focused": "model"}
    asked = bot.remote.ask("autocomplete", typed | {"options": {"model": "na"}, "wait": 10})
    async with bot.gateway() as socket:
        await socket.identify()
        waiting = asyncio.create_task(asked)
        event = await socket.until("INTERACTION_CREATE")
        assert event["data"]["options"][-1] == {
            **{"name": "model", "type": 3, "value": "na", "focused": True}
        }
        assert await bot.respond(event, 4, {"content": "x"}) == 50035
        choices = [{"name": "Nano", "value": "nano"}]
        assert await bot.respond(event, 8, {"choices": choices}) == 204
        assert (await waiting)["choices"] == choices
