"""The Discord emulator refuses what Discord refuses; each rule has its negative control."""

import os
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.emulators._discord.bare import Bare
from tests.emulators.process import Remote, Shared

V2 = 1 << 15
NEEDS_SCHEMA = pytest.mark.skipif(
    "DISCORD_OPENAPI" not in os.environ, reason="DISCORD_OPENAPI names no document"
)
LEGACY = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"


def button(**facts: Any) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "b", "custom_id": "b"} | facts


def row(*children: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(children)}


def select(**facts: Any) -> dict[str, Any]:
    options = [{"label": "a", "value": "a"}, {"label": "b", "value": "b"}]
    return {"type": 3, "custom_id": "s", "options": options} | facts


def text(content: str = "x") -> dict[str, Any]:
    return {"type": 10, "content": content}


def command(**facts: Any) -> dict[str, Any]:
    return {"name": "imagine", "description": "d"} | facts


def option(name: str = "o", **facts: Any) -> dict[str, Any]:
    return {"type": 3, "name": name, "description": "d"} | facts


def field(**facts: Any) -> dict[str, Any]:
    return {"type": 4, "custom_id": "f", "style": 1} | facts


def label(child: dict[str, Any], **facts: Any) -> dict[str, Any]:
    return {"type": 18, "label": "l", "component": child} | facts


@pytest.fixture(scope="session")
def process(emulator_of: Shared) -> Remote:
    return emulator_of("discord")


@pytest.fixture
async def bot(process: Remote) -> AsyncIterator[Bare]:
    await process.forget()
    await process.set(limits=False)
    app = (await process.ask("world"))["app"]
    async with aiohttp.ClientSession() as session:
        yield Bare(process, session, app["id"], app["token"])


@pytest.fixture
async def channel(bot: Bare) -> str:
    made: str = (await bot.remote.ask("guild", {}))["channel"]
    return made


GOOD: list[dict[str, Any]] = [
    {"content": "x" * 2000},
    {"components": [row(button(), button(custom_id="c", style=4))], "content": "x"},
    {"components": [row(button(style=5, custom_id=None, url="https://example.com"))]},
    {"components": [row(select(max_values=2))]},
    {"flags": V2, "components": [{"type": 17, "components": [text("y" * 4000)]}]},
    {"flags": V2, "components": [text()], "content": None, "embeds": []},
    {"embeds": [{"title": "t", "fields": [{"name": "n", "value": "v"}]}]},
    {"content": "x", "nonce": "1", "enforce_nonce": True},
]


@pytest.mark.parametrize("body", GOOD)
async def test_good_messages(bot: Bare, channel: str, body: dict[str, Any]) -> None:
    status, made = await bot.call("POST", f"/channels/{channel}/messages", body)
    assert status == 200, made
    assert (await bot.remote.ask("violations"))["violations"] == []


BAD: list[tuple[dict[str, Any], str]] = [
    ({"content": "x" * 2001}, "content"),
    ({"flags": V2, "components": [text()], "content": "x"}, LEGACY),
    ({"flags": V2, "components": [text()], "content": ""}, LEGACY),
    ({"flags": V2, "components": [text()], "embeds": [{"title": "t"}]}, LEGACY),
    ({"components": [text()]}, "IS_COMPONENTS_V2"),
    ({"flags": V2, "components": [text() for _ in range(41)]}, "components"),
    (
        {
            "flags": V2,
            "components": [row(*[button(custom_id=f"{r}{n}") for n in range(4)]) for r in range(9)],
        },
        "TOTAL",
    ),
    ({"flags": V2, "components": [text("x" * 2001), text("x" * 2000)]}, "TEXT_SIZE"),
    ({"components": [row(button(custom_id=str(n))) for n in range(6)]}, "BAD_LENGTH"),
    ({"components": [row(button(url="https://example.com"))]}, "BUTTON"),
    ({"components": [row(button(style=5))]}, "url"),
    ({"components": [row(button(custom_id=None))]}, "custom_id"),
    ({"components": [row(button(label=None))]}, "LABEL_REQUIRED"),
    ({"components": [row(button(), button())]}, "DUPLICATED"),
    ({"components": [row(button(custom_id="c", id=7), button(id=7))]}, "COMPONENT_ID"),
    ({"components": [row(select(), button())]}, "WIDTH"),
    ({"components": [row(select(min_values=2))]}, "MIN_VALUES"),
    ({"components": [row(select(max_values=3))]}, "MAX_VALUES"),
    ({"components": [row(select(options=[{"label": "a", "value": "a"}] * 2))]}, "VALUE_DUPL"),
    ({"embeds": [{"description": "x" * 4000}, {"description": "x" * 2001}]}, "EMBED_SIZE"),
    ({"content": "x", "attachments": [{"id": "0", "filename": "a.png"}]}, "NOT_FOUND"),
    ({"embeds": [{"image": {"url": "attachment://a.png"}}]}, "REFERENCED_ATTACHMENT"),
    ({"embeds": [{"image": {"url": "ftp://a.png"}}]}, "SCHEME"),
    ({"content": "x", "flags": 64}, "flags"),
    ({"content": "x", "message_reference": {"message_id": 5}}, "UNKNOWN_MESSAGE"),
]
BAD_BY_SCHEMA: list[tuple[dict[str, Any], str]] = [
    ({"components": [row(button(custom_id="x" * 101))]}, "custom_id"),
    ({"components": [row(button(label="x" * 81))]}, "label"),
    ({"components": [row(*[button(custom_id=str(n)) for n in range(6)])]}, "components"),
    ({"components": [row()]}, "components"),
    ({"components": [row(select(options=[]))]}, "options"),
    ({"embeds": [{"title": "x" * 257}]}, "title"),
    ({"content": 5}, "content"),
]


@pytest.mark.parametrize(("body", "word"), BAD)
async def test_bad_messages(bot: Bare, channel: str, body: dict[str, Any], word: str) -> None:
    status, answer = await bot.call("POST", f"/channels/{channel}/messages", body)
    assert (status, answer["code"]) == (400, 50035)
    assert word in str(answer["errors"])
    [violation] = (await bot.remote.ask("violations"))["violations"]
    assert violation["refused"]


@NEEDS_SCHEMA
@pytest.mark.parametrize(("body", "word"), BAD_BY_SCHEMA)
async def test_bad_by_schema(bot: Bare, channel: str, body: dict[str, Any], word: str) -> None:
    await test_bad_messages(bot, channel, body, word)


@NEEDS_SCHEMA
async def test_unknown_fields_are_noted_but_not_refused(bot: Bare, channel: str) -> None:
    body = {"content": "x", "colour": 1, "components": [row(button(tooltip="t"))]}
    status, _ = await bot.call("POST", f"/channels/{channel}/messages", body)
    assert status == 200
    found = (await bot.remote.ask("violations"))["violations"]
    assert ["colour" in one["message"] for one in found].count(True) == 1
    assert ["tooltip" in one["message"] for one in found].count(True) == 1


@NEEDS_SCHEMA
async def test_what_is_unknown_is_noted(bot: Bare, channel: str) -> None:
    assert (await bot.call("GET", f"/channels/{channel}/messages?limit=5&page=2"))[0] == 200
    assert (await bot.call("GET", "/sticker-packs"))[0] == 501
    assert (await bot.call("GET", "/nowhere"))[0] == 404
    found = (await bot.remote.ask("violations"))["violations"]
    words = ("page", "does not have", "no such endpoint")
    assert [word in one["message"] for word, one in zip(words, found, strict=True)] == [True] * 3


async def test_without_schemas_the_emulator_does_not_break_silently(
    bot: Bare, channel: str
) -> None:
    await bot.remote.set(validate=False)
    assert (await bot.call("POST", f"/channels/{channel}/messages", [1]))[0] == 500
    [found] = (await bot.remote.ask("violations"))["violations"]
    assert found["direction"] == "emulator"


@pytest.mark.parametrize("body", [{}, {"content": "  "}, {"content": None, "embeds": []}])
async def test_empty_messages(bot: Bare, channel: str, body: dict[str, Any]) -> None:
    assert await bot.refused("POST", f"/channels/{channel}/messages", body) == 50006


async def test_files_and_their_list(bot: Bare, channel: str) -> None:
    path = f"/channels/{channel}/messages"
    two = {"a b.png": b"1", "ü.txt": b"2"}
    listed = [{"id": 0, "description": "alt"}, {"id": 1}]
    status, made = await bot.call("POST", path, {"attachments": listed}, files=two)
    assert status == 200
    first, second = made["attachments"]
    assert (first["filename"], first["description"], first["size"]) == ("a_b.png", "alt", 1)
    assert second["filename"] == "unknown.txt"
    body: dict[str, Any] = {"attachments": [{"id": 0}]}
    assert await bot.refused("POST", path, body, files=two) == 50035
    kept = {"attachments": [{"id": first["id"]}, {"id": 0, "filename": "c.txt"}]}
    status, made = await bot.call("PATCH", f"{path}/{made['id']}", kept, files={"c.txt": b"3"})
    assert [one["filename"] for one in made["attachments"]] == ["a_b.png", "c.txt"]
    assert made["attachments"][0]["id"] == first["id"]
    assert await bot.refused("PATCH", f"{path}/{made['id']}", {"attachments": []}) == 50006
    large = {"x.bin": b"\0" * (10 * 2**20 + 1)}
    assert await bot.refused("POST", path, {}, files=large) == 40005
    many = {f"{n}.bin": b"\0" * 2**20 * 9 for n in range(3)}
    assert await bot.refused("POST", path, {}, files=many) == 40005


async def test_components_come_back_numbered_and_with_their_files(bot: Bare, channel: str) -> None:
    library = {"type": 12, "items": [{"media": {"url": "attachment://a.txt"}}]}
    inside = [text(), library, row(button())]
    body = {"flags": V2, "components": [{"type": 17, "components": inside}]}
    body |= {"attachments": [{"id": "0", "filename": "a.txt"}]}
    path = f"/channels/{channel}/messages"
    _, made = await bot.call("POST", path, body, files={"a.txt": b"x"})
    [container] = made["components"]
    assert (container["id"], container["spoiler"]) == (1, False)
    assert [one["id"] for one in container["components"]] == [2, 3, 4]
    [item] = container["components"][1]["items"]
    assert item["media"]["attachment_id"] == made["attachments"][0]["id"]
    async with bot.session.get(item["media"]["url"]) as response:
        assert await response.read() == b"x"
    body = {"content": "no", "flags": 0}
    assert await bot.refused("PATCH", f"{path}/{made['id']}", body) == 50035


GOOD_COMMANDS: list[dict[str, Any]] = [
    command(),
    command(name="画图", name_localizations={"zh-CN": "画图"}),
    command(options=[option("a", required=True), option("b")]),
    command(options=[option(choices=[{"name": str(n), "value": str(n)} for n in range(25)])]),
    command(options=[{"type": 1, "name": "s", "description": "d", "options": [option()]}]),
    {"name": "Edit picture", "type": 3, "contexts": [0, 1, 2], "integration_types": [0, 1]},
]
BAD_COMMANDS: list[dict[str, Any]] = [
    command(name="Imagine"),
    command(name="two words"),
    command(description=""),
    command(name_localizations={"xx": "name"}),
    command(name_localizations={"de": "Groß"}),
    command(options=[option("Upper")]),
    command(options=[option("a"), option("a")]),
    command(options=[option("a"), option("b", required=True)]),
    command(options=[option(autocomplete=True, choices=[{"name": "a", "value": "a"}])]),
    command(options=[option(choices=[{"name": "a", "value": "a"}] * 2)]),
    command(options=[option(), {"type": 1, "name": "s", "description": "d"}]),
    command(options=[option(str(n), choices=[{"name": "n", "value": "x" * 5000}]) for n in (1, 2)]),
    {"name": "Menu", "type": 3, "description": "not here"},
    {"name": "Menu", "type": 3, "options": [option()]},
]
BAD_COMMANDS_BY_SCHEMA: list[dict[str, Any]] = [
    command(name="x" * 33),
    command(description="x" * 101),
    command(options=[option(str(n)) for n in range(26)]),
    command(options=[option(choices=[{"name": str(n), "value": str(n)} for n in range(26)])]),
    command(contexts=[3]),
    command(options=[{"type": 3, "name": "o"}]),
]


@pytest.mark.parametrize("one", GOOD_COMMANDS)
async def test_good_commands(bot: Bare, one: dict[str, Any]) -> None:
    path = f"/applications/{bot.app}/commands"
    status, made = await bot.call("PUT", path, [one])
    assert status == 200, made
    status, again = await bot.call("POST", path, one)
    assert (status, again["id"], again["version"]) == (200, made[0]["id"], made[0]["version"])
    status, changed = await bot.call("PATCH", f"{path}/{again['id']}", {"nsfw": True})
    assert changed["version"] != again["version"]
    assert (await bot.call("GET", path))[1][0]["id"] == again["id"]
    assert (await bot.call("DELETE", f"{path}/{again['id']}"))[0] == 204
    assert await bot.refused("GET", f"{path}/{again['id']}") == 10063
    violations = (await bot.remote.ask("violations"))["violations"]
    assert violations == []


@pytest.mark.parametrize("one", BAD_COMMANDS)
async def test_bad_commands(bot: Bare, one: dict[str, Any]) -> None:
    path = f"/applications/{bot.app}/commands"
    assert await bot.refused("PUT", path, [one]) == 50035
    assert await bot.refused("POST", path, one) == 50035
    assert (await bot.call("GET", path))[1] == []


@NEEDS_SCHEMA
@pytest.mark.parametrize("one", BAD_COMMANDS_BY_SCHEMA)
async def test_bad_commands_by_schema(bot: Bare, one: dict[str, Any]) -> None:
    await test_bad_commands(bot, one)


async def test_numbers_of_commands(bot: Bare) -> None:
    path = f"/applications/{bot.app}/commands"
    assert await bot.refused("PUT", path, [command(), command()]) == 50035
    assert await bot.refused("PUT", path, [command(name=f"c{n}") for n in range(101)]) == 30032
    menus = [{"name": f"m{n}", "type": 3} for n in range(16)]
    assert await bot.refused("PUT", path, menus) == 30032
    for batch in range(3):
        last = await bot.refused("PUT", path, [command(name=f"b{batch}x{n}") for n in range(90)])
    assert last == 30034


MODALS: list[tuple[list[dict[str, Any]], bool]] = [
    ([label(field())], True),
    ([row(field(label="l"))], True),
    ([label({"type": 19, "custom_id": "u", "min_values": 0, "required": False})], True),
    ([label(field(custom_id=str(n))) for n in range(6)], False),
    ([label(field(label="twice"))], False),
    ([row(field())], False),
    ([label(field()), label(field())], False),
    ([label(field(min_length=5, max_length=4))], False),
    ([label(field(value="xx", max_length=1))], False),
    ([label(select(disabled=True))], False),
    ([label(select(max_values=3))], False),
    ([label({"type": 19, "custom_id": "u", "min_values": 3, "max_values": 2})], False),
]


@pytest.mark.parametrize(("shown", "good"), MODALS)
async def test_modals(bot: Bare, channel: str, shown: list[dict[str, Any]], good: bool) -> None:
    user = await bot.remote.ask("user", {})
    guild = await bot.remote.ask("guild", {"members": [user["id"]]})
    await bot.call("PUT", f"/applications/{bot.app}/commands", [command()])
    run = {"as": user["id"], "channel": guild["channel"], "name": "imagine"}
    one = await bot.remote.ask("slash", run)
    modal = {"custom_id": "m", "title": "t", "components": shown}
    assert await bot.respond(one, 9, modal) == (204 if good else 50035)
