"""Where the bot is used: servers, groups, other people's servers; and where it may not be."""

from typing import Any

import pytest

from adapters.discord.settings import DiscordSettings
from bot.chat.access import AccessRequest
from tests.adapters.discord.stage import Stage, until
from tests.support.scripted import Scripted


async def _user_install(stage: Stage, locale: str = "en-US") -> str:
    made = await stage.discord.ask("user", {"name": "uma", "locale": locale, "installed": True})
    return str(made["id"])


async def test_installed_by_a_person_in_a_group(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    uma = await _user_install(stage, "zh-CN")
    group = await stage.discord.ask("channel", {"type": "group", "people": [uma, stage.bob]})
    asked = await stage.slash("imagine", uma, channel=group["id"], options={"prompt": "猫"})
    shown = await stage.picture(asked)
    assert not shown["ephemeral"]
    await stage.picture(await stage.click(shown, "再来一张", stage.bob))
    form = await stage.click(shown, "修改", uma)
    await stage.picture(await stage.submit(form, instruction="变成夜晚"))
    assert len(provider.submitted[2].references) == 1
    said = await stage.aside(await stage.click(shown, "删除", uma))
    assert "已删除" in said["content"]
    await stage.answer_of(shown, lambda message: message["deleted"])


async def test_installed_by_a_person_in_a_server_without_the_bot(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    uma = await _user_install(stage)
    other = await stage.discord.ask("guild", {"owner": uma, "members": [stage.bob], "bot": False})
    asked = await stage.slash("imagine", uma, channel=other["channel"], options={"prompt": "a cat"})
    shown = await stage.picture(asked)
    await stage.picture(await stage.click(shown, "Again", uma))
    theirs = await stage.type("look", stage.bob, channel=other["channel"], attachments=[_PICTURE])
    form = await stage.menu(theirs["message"], "Edit picture", uma)
    await stage.picture(await stage.submit(form, instruction="bluer"))
    refused = await stage.slash(
        "imagine", uma, channel=other["channel"], options={"prompt": "a", "model": "no"}
    )
    assert (await stage.aside(refused))["content"].startswith("❌")
    panel = await stage.answer(await stage.slash("settings", uma, channel=other["channel"]))
    assert len(panel["selects"]) == 4


async def test_installed_by_a_person_between_two_people(stage: Stage) -> None:
    await stage.start()
    uma = await _user_install(stage)
    talk = await stage.discord.ask("channel", {"type": "dm", "people": [uma, stage.bob]})
    asked = await stage.slash("imagine", uma, channel=talk["id"], options={"prompt": "a cat"})
    await stage.picture(asked)


_PICTURE = {"filename": "cat.png", "picture": [80, 60]}


async def test_where_the_bot_may_not_write_itself_it_answers_the_interaction(
    stage: Stage,
) -> None:
    await stage.start()
    thread = (await stage.discord.ask("thread", {"parent": stage.channel}))["id"]

    async def reachable(channel: str) -> bool:
        asked = await stage.slash("imagine", channel=channel, options={"prompt": "a cat"})
        await stage.picture(asked)
        newest = (await stage.app.history.jobs_of("discord", stage.alice))[0]
        return bool(newest.address.data.get("reachable", True))

    assert await reachable(stage.channel)
    assert await reachable(thread)
    for channel, name in (
        (thread, "SEND_MESSAGES_IN_THREADS"),
        (stage.channel, "SEND_MESSAGES"),
    ):
        denied = {"channel": stage.channel, "target": "bot", "deny": [name]}
        await stage.discord.ask("permissions", denied)
        assert not await reachable(channel)


async def test_lists_of_servers_channels_roles_and_people(stage: Stage) -> None:
    role = await stage.discord.ask("role", {"guild": stage.guild, "name": "a", "permissions": []})
    thread = await stage.discord.ask("thread", {"parent": stage.channel, "as": stage.alice})
    member = {"guild": stage.guild, "user": stage.bob, "roles": [role["id"]]}
    await stage.discord.ask("member", member)
    cases: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
        ({"discord_allowed_servers": (stage.guild,)}, {}, True),
        ({"discord_allowed_servers": ("1",)}, {}, False),
        ({"discord_allowed_channels": (stage.channel,)}, {"channel": thread["id"]}, True),
        ({"discord_allowed_channels": ("1",)}, {}, False),
        ({"discord_allowed_roles": (role["id"],)}, {}, False),
        ({"discord_allowed_roles": (role["id"],)}, {"who": stage.bob}, True),
        ({"discord_allowed_people": (stage.alice,)}, {"channel": "dm"}, True),
        ({"discord_allowed_people": (stage.alice,)}, {"who": stage.bob}, False),
        ({"discord_allowed_servers": (stage.guild,)}, {"channel": "dm"}, False),
    ]
    for changes, where, admitted in cases:
        await stage.start(**changes)
        asked = await stage.slash("help", **where)
        assert asked["response"] == (5 if admitted else 4), (changes, where)
        said = await stage.answer(asked)
        assert said["ephemeral"]
        assert said["content"].startswith("❌") is not admitted


async def test_a_message_is_refused_once(stage: Stage, provider: Scripted) -> None:
    await stage.start(discord_allowed_people=(stage.alice,))
    refused = await stage.type("一只猫", stage.bob, mention=True)
    said = await stage.reply(refused["message"], stage.bob)
    assert said["content"].startswith("❌")
    await stage.type("一只猫", stage.bob, mention=True)
    await stage.drawn((await stage.type("a cat", mention=True))["message"])
    replies = [m for m in await stage.messages() if m["by_bot"] and m["content"] == said["content"]]
    assert len(replies) == 1
    assert len(provider.submitted) == 1


async def test_it_is_refused_in_time_while_the_language_cannot_be_looked_up(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.start(discord_allowed_people=(stage.alice,))

    async def away(*_: object) -> None:
        raise OSError("the database is away")

    monkeypatch.setattr(stage.app.preferences, "of", away)
    asked = await stage.slash("help", stage.bob)
    assert "还没有开通" in (await stage.answer(asked))["content"]


async def test_buttons_are_refused_like_commands(stage: Stage) -> None:
    await stage.start()
    shown = await stage.picture(await stage.slash("imagine", options={"prompt": "a cat"}))
    await stage.start(discord_allowed_people=(stage.alice,))
    pressed = await stage.click(shown, "Again", stage.bob)
    assert pressed["response"] == 4
    assert "还没有开通" in (await stage.answer(pressed))["content"]
    await stage.app.preferences.change("discord", stage.bob, language="ja")
    pressed = await stage.click(shown, "Again", stage.bob)
    assert "使" in (await stage.answer(pressed))["content"]
    where = {"as": stage.bob, "channel": stage.channel, "name": "imagine"}
    typed = await stage.discord.ask(
        "autocomplete", {**where, "options": {"model": ""}, "focused": "model"}
    )
    assert typed["choices"] == []


async def test_age_restricted_channels_only(stage: Stage) -> None:
    await stage.start(discord_age_restricted_only=True)
    adult = {"guild": stage.guild, "name": "adult", "nsfw": True}
    channel = (await stage.discord.ask("channel", adult))["id"]
    thread = (await stage.discord.ask("thread", {"parent": channel, "as": stage.alice}))["id"]
    await stage.picture(await stage.slash("imagine", channel=channel, options={"prompt": "a cat"}))
    await stage.drawn(
        (await stage.type("a cat", channel=thread, mention=True))["message"], channel=thread
    )
    said = await stage.type("a cat", mention=True)
    assert "age-restricted" in (await stage.reply(said["message"]))["content"]


@pytest.mark.parametrize(
    ("people", "roles", "admitted"), [((), (), True), (("1",), (), False), ((), ("1",), False)]
)
def test_direct_messages_have_no_roles(
    people: tuple[str, ...], roles: tuple[str, ...], admitted: bool
) -> None:
    from adapters.discord.access import Visitor, refusal

    settings = DiscordSettings(discord_allowed_people=people, discord_allowed_roles=roles)
    visitor = Visitor(AccessRequest("2", direct=True), age_restricted=False)
    assert (refusal(visitor, settings) is None) is admitted


async def _taken_in(stage: Stage, **facts: Any) -> dict[str, str]:
    """A server that the bot is added to, with a system channel."""
    server = {"owner": stage.alice, "bot": False, "system_channel": True, "permissions": 2**40 - 1}
    made: dict[str, str] = await stage.discord.ask("guild", server | facts)
    await stage.discord.ask("join", {"guild": made["id"]})
    return made


async def test_a_server_is_greeted_once_and_the_button_draws(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    made = await _taken_in(stage, locale="zh-CN")

    async def greeted() -> list[Any]:
        return [one for one in await stage.messages(channel=made["channel"]) if one["content"]]

    [greeting] = await until(greeted, "a greeting")
    assert greeting["content"].startswith("大家好，我会画图")
    await stage.start()
    shown = await stage.picture(await stage.click(greeting, "试一张：黄昏的灯塔"))
    assert provider.submitted[0].prompt == "a lighthouse at dusk"
    assert shown["attachments"]
    assert len(await greeted()) == 2


@pytest.mark.parametrize(
    ("facts", "listed"),
    [({"system_channel": False}, False), ({"permissions": 1024}, False), ({}, True)],
)
async def test_a_server_where_it_may_not_write_is_not_greeted(
    stage: Stage, facts: dict[str, Any], listed: bool
) -> None:
    await stage.start(**({"discord_allowed_servers": (stage.guild,)} if listed else {}))
    made = await _taken_in(stage, **({"everyone": 0} | facts))
    await stage.picture(await stage.slash("imagine", options={"prompt": "a cat"}))
    assert await stage.messages(channel=made["channel"]) == []


async def test_the_first_answer_in_words_in_a_direct_message_greets(stage: Stage) -> None:
    await stage.start()
    await stage.type("settings", channel="dm")

    async def told() -> list[Any]:
        found = await stage.messages(channel="dm")
        return [one for one in found if "Your settings" in one["content"]]

    [first] = await until(told, "an answer")
    assert first["content"].startswith("Hi, I make and change pictures")
    await stage.type("settings", channel="dm")
    second = await until(lambda: _two(told), "another answer")
    assert not second[-1]["content"].startswith("Hi")


async def _two(told: Any) -> list[Any]:
    found: list[Any] = await told()
    return found if len(found) == 2 else []


async def test_the_buttons_of_the_help_open_panels_for_one_person(stage: Stage) -> None:
    await stage.start()
    await stage.type("", mention=True)

    async def helped() -> Any:
        return next((m for m in await stage.messages() if "I make pictures" in m["content"]), None)

    card = await until(helped, "the help")
    panel = await stage.answer(await stage.click(card, "Settings", stage.bob))
    assert panel["ephemeral"]
    assert panel["selects"]
    pictures = await stage.answer(await stage.click(card, "My pictures"))
    assert pictures["ephemeral"]
    assert "not made a picture" in pictures["content"]
