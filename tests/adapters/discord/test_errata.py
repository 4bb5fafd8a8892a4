"""Where Discord differs from what was believed: roles, installations, limits, forms."""

from dataclasses import replace
from typing import Any

import discord
import pytest

from adapters.discord.commands import sync
from adapters.discord.commands.localizations import COMMANDS, MENUS
from adapters.discord.rest import point
from bot.domain.generation import Pictures
from messages import Cost
from tests.adapters.discord.delivering import noise
from tests.adapters.discord.stage import PATIENCE, Stage, until
from tests.support.scripted import Scripted

LONG = "vendor/" + "a-very-long-name-of-a-model-" * 4


async def role_of(stage: Stage) -> str:
    """The role that Discord made with the invitation."""
    found = await stage.rest(f"/guilds/{stage.guild}/roles")
    return next(str(one["id"]) for one in found if one["managed"])


# D1: the role of the bot's name


async def test_who_mentions_the_role_is_told_how_to_mention_the_bot(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    role = await role_of(stage)
    said = await stage.type(f"<@&{role}> a cat")
    told = await stage.reply(said["message"])
    assert "APP badge" in told["content"]
    assert "/imagine" in told["content"]
    again = await stage.type(f"<@&{role}> a cat, please")
    other = await stage.type(f"<@&{role}> 一只猫", stage.bob)
    await stage.reply(other["message"], stage.bob)
    both = await stage.type(f"<@&{role}> a dog", mention=True)
    await stage.drawn(both["message"])
    shown = await stage.messages()
    answered = [(one.get("message_reference") or {}).get("message_id") for one in shown]
    assert again["message"] not in answered  # once an hour is enough
    assert [request.prompt for request in provider.submitted] == ["a dog"]


async def test_where_discord_shows_what_is_said_to_the_role_it_is_a_mention(
    stage: Stage, provider: Scripted
) -> None:
    await stage.discord.set(role_mention_content=True)
    await stage.start()
    said = await stage.type(f"<@&{await role_of(stage)}> a cat, 16:9")
    await stage.drawn(said["message"])
    assert provider.submitted[0].prompt == "a cat"


async def test_other_roles_are_not_ours(stage: Stage, provider: Scripted) -> None:
    await stage.discord.set(role_mention_content=True)
    await stage.start()
    other = (await stage.discord.ask("role", {"guild": stage.guild, "name": "banana"}))["id"]
    ignored = await stage.type(f"<@&{other}> a cat")
    await stage.drawn((await stage.type(f"a dog for <@&{other}>", mention=True))["message"])
    assert [request.prompt for request in provider.submitted] == ["a dog for banana"]
    replies = [one.get("message_reference") or {} for one in await stage.messages()]
    assert ignored["message"] not in [one.get("message_id") for one in replies]


# D2, D5: what is registered


async def published(stage: Stage) -> list[dict[str, Any]]:
    settings = stage.configured()
    point(settings)
    async with discord.Client(intents=discord.Intents.none()) as client:
        await client.login("emulated.discord.token")
        await sync.publish(client, settings, 4)
        assert await sync.is_synced(client, settings, 4)
        assert not await sync.publish(client, settings, 4)
    found: list[dict[str, Any]] = (await stage.discord.ask("commands"))["scopes"]["global"]
    return found


@pytest.mark.parametrize(
    ("installs", "contexts"), [([0], [0, 1]), ([1], [0, 1, 2]), ([0, 1], [0, 1, 2])]
)
async def test_only_what_the_application_can_do_is_registered(
    stage: Stage, installs: list[int], contexts: list[int]
) -> None:
    await stage.discord.ask("app", {"integration_types": installs})
    found = await published(stage)
    assert len(found) == len(COMMANDS) + 3
    assert {tuple(one["integration_types"]) for one in found} == {tuple(installs)}
    assert {tuple(one["contexts"]) for one in found} == {tuple(contexts)}


async def test_the_command_of_an_activity_is_kept(stage: Stage) -> None:
    entry = {"name": "launch", "type": 4, "handler": 2, "description": "Launch it"}
    app = (await stage.discord.ask("world"))["app"]["id"]
    made = await stage.rest(f"/applications/{app}/commands", "POST", entry)
    found = await published(stage)
    assert [one["id"] for one in found if one["type"] == 4] == [made["id"]]
    assert len(found) == len(COMMANDS) + 4


# D3: long model ids


async def test_a_long_model_id_empties_no_list(stage: Stage, provider: Scripted) -> None:
    long = replace(provider.offered[0], id=LONG, name="Long")
    provider.offered = (*provider.offered, long)
    await stage.start()
    typed = {"as": stage.alice, "channel": stage.channel, "name": "imagine", "wait": PATIENCE}
    asked = await stage.discord.ask(
        "autocomplete", {**typed, "focused": "model", "options": {"model": ""}}
    )
    values = [choice["value"] for choice in asked["choices"]]
    assert values
    assert LONG not in values
    panel = await stage.answer(await stage.slash("settings"))
    assert panel["selects"]
    assert LONG not in str(panel["selects"])


# D4: 25 MiB in all


async def test_a_boosted_server_takes_no_more_in_one_request(
    stage: Stage, provider: Scripted
) -> None:
    await stage.discord.ask("guild", {"id": stage.guild, "tier": 3})
    await stage.start()
    large = noise(1900)  # 10.8 MB each
    provider.outcomes.append(Pictures((large, large, large), Cost(5, "points")))
    said = await stage.type("a cat, 3 pictures", mention=True)
    shown = await stage.drawn(said["message"])
    assert len(shown["attachments"]) == 3
    assert sum(one["size"] for one in shown["attachments"]) <= 25 * 2**20
    assert min(one["size"] for one in shown["attachments"]) > 4 * 2**20
    posts = [
        request
        for request in await stage.discord.requests("/channels/")
        if isinstance(request["body"], dict) and request["body"].get("files")
    ]
    assert len(posts) == 1  # it fitted at the first try


# D7: forms, and what may be null


async def test_a_form_takes_pictures_only_and_asks_with_buttons(stage: Stage) -> None:
    await stage.start()
    shown = await stage.picture(
        await stage.slash("imagine", options={"prompt": "a cat", "count": 2})
    )
    form = await stage.menu(shown["id"], "Edit picture")
    fields = [one["component"] for one in form["modal"]["components"]]
    upload = next(one for one in fields if one["type"] == 19)
    assert upload["file_types"] == ["image"]
    which = next(one for one in fields if one["custom_id"] == "which")
    assert which["type"] == 21
    edited = await stage.submit(form, instruction="make it blue", which="2")
    await stage.picture(edited)


async def test_a_group_without_application_is_read(stage: Stage) -> None:
    await stage.start()
    people = [stage.alice, stage.bob]
    await stage.discord.ask("user", {"id": stage.alice, "installed": True})
    group = await stage.discord.ask("channel", {"type": "group", "people": people})
    asked = await stage.slash("imagine", channel=group["id"], options={"prompt": "a cat"})
    await stage.picture(asked)


# Being spoken to


@pytest.mark.parametrize(("who", "locale"), [("alice", "en"), ("bob", "zh_Hans")])
async def test_help_names_commands_and_menus_as_discord_does(
    stage: Stage, who: str, locale: str
) -> None:
    await stage.start()
    helped = await stage.answer(await stage.slash("help", getattr(stage, who)))
    assert len(helped["content"]) <= 600
    for name in ("imagine", "history", "settings", "models", "cancel"):
        assert f"/{COMMANDS[name].called(locale).name}" in helped["content"]
    assert MENUS["Edit picture"].called(locale).name in helped["content"]


# An acknowledgement that is refused


@pytest.mark.parametrize("code", [50035, 987654])
async def test_a_refused_acknowledgement_becomes_a_message_of_its_own(
    stage: Stage, provider: Scripted, code: int
) -> None:
    await stage.start()
    refused = {"path": "/callback", "error": code, "status": 400, "times": 1}
    await stage.discord.fault(refused)
    await stage.slash("imagine", options={"prompt": "a cat"}, wait=1)

    async def look() -> bool:
        return any(one["attachments"] for one in await stage.messages())

    await until(look, "a picture")
    [shown] = await stage.messages()
    assert shown["attachments"]
    await stage.discord.fault(refused)
    private = await stage.slash("imagine", options={"prompt": "a dog", "private": True}, wait=1)
    await stage.answer(private, lambda one: "could not answer you in time" in one["content"])
    assert [request.prompt for request in provider.submitted] == ["a cat"]


async def test_refused_words_are_said_in_another_way(stage: Stage) -> None:
    await stage.start()
    code = {"error": 987654, "status": 409}
    await stage.discord.fault({"method": "PATCH", "path": "/webhooks/", **code})
    helped = await stage.answer(await stage.slash("help"))
    assert "I make pictures" in helped["content"]
    await stage.discord.fault(
        {"method": "PATCH", "path": "/webhooks/", **code},
        {"method": "POST", "path": "/webhooks/", **code},
    )
    await stage.slash("help")

    async def direct() -> bool:
        found = await stage.messages(channel="dm")
        return any("I make pictures" in one["content"] for one in found)

    await until(direct, "words in the direct messages")
    await stage.discord.fault({"method": "POST", "path": "/channels/", **code})
    said = await stage.type("help", mention=True)

    async def beside() -> bool:
        found = [one for one in await stage.messages() if int(one["id"]) > int(said["message"])]
        return any("I make pictures" in one["content"] for one in found)

    await until(beside, "words that are no reply")
