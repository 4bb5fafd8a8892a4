"""``banana-bot doctor`` finds what is usually wrong with a bot on Discord."""

import discord
import pytest
from pydantic import SecretStr

from adapters.discord.commands.sync import publish
from adapters.discord.doctor import check, invitation
from adapters.discord.rest import point
from bot.ports import Finding
from tests.adapters.discord.delivering import Stage, emulator, stage
from tests.support.ports import free_port

__all__ = ["emulator", "stage"]


async def findings(stage: Stage) -> list[Finding]:
    return [finding async for finding in check(stage.platform, 4)]


def bad(found: list[Finding]) -> list[str]:
    return [finding.text for finding in found if not finding.good]


@pytest.fixture
async def registered(stage: Stage) -> Stage:
    """A bot with nothing wrong."""
    point(stage.platform)
    async with discord.Client(intents=discord.Intents.none()) as client:
        await client.login("emulated.discord.token")
        await publish(client, stage.platform, 4)
    return stage


async def test_a_healthy_bot_has_nothing_wrong(registered: Stage) -> None:
    found = await findings(registered)
    assert bad(found) == []
    texts = [finding.text for finding in found]
    assert texts[0] == "reached directly"
    assert texts[1].startswith("logged in as banana")
    assert "the message content intent is off, as it may be" in texts
    assert "in 1 server" in texts
    assert "can be added to servers and people's accounts" in texts
    assert any(invitation(int(registered.application)) in finding.hint for finding in found)


def test_the_invitation_asks_for_what_is_needed() -> None:
    link = invitation(123)
    assert link.startswith("https://discord.com/oauth2/authorize?client_id=123")
    assert "scope=bot+applications.commands" in link
    assert "permissions=274878024704" in link


async def test_a_missing_token_is_found(stage: Stage) -> None:
    stage.platform.discord_token = SecretStr("")
    [finding] = await findings(stage)
    assert finding.text == "there is no token"
    assert "DISCORD_TOKEN" in finding.hint


async def test_a_wrong_token_is_found_and_not_shown(stage: Stage) -> None:
    stage.platform.discord_token = SecretStr("wrong.secret")
    _way, finding = await findings(stage)
    assert finding.text == "the token is not valid"
    assert "wrong.secret" not in repr(finding)


async def test_no_answer_is_explained(stage: Stage) -> None:
    stage.platform.discord_api_base = f"http://127.0.0.1:{free_port()}/api/v10"
    _way, finding = await findings(stage)
    assert finding.text.startswith("no answer")
    assert "DISCORD_API_BASE" in finding.hint


async def test_commands_that_are_not_registered_are_found(stage: Stage) -> None:
    assert bad(await findings(stage)) == ["the commands are not registered, or not up to date"]


async def test_a_bot_that_is_nowhere_is_found(registered: Stage) -> None:
    await registered.discord.ask("leave", {"guild": registered.guild})
    assert bad(await findings(registered)) == ["in no server"]


async def test_allowed_servers_it_is_not_in_are_found(registered: Stage) -> None:
    registered.platform.discord_allowed_servers = (registered.guild, "42")
    [text] = bad(await findings(registered))
    assert text.endswith("not in: 42")


async def test_an_install_context_that_is_off_is_found(registered: Stage) -> None:
    await registered.discord.ask("app", {"integration_types": [0], "message_content": True})
    found = await findings(registered)
    assert bad(found) == [
        "can be added to servers",
        "the commands are not registered, or not up to date",
    ]
    assert any("tick User Install under Installation" in finding.hint for finding in found)
    assert any("on, which is not needed" in finding.text for finding in found)


async def test_an_install_link_that_lacks_the_bot_is_found(registered: Stage) -> None:
    found = [finding.text for finding in await findings(registered)]
    assert "the install link asks for what is needed" in found
    only = {"1": {"scopes": ["applications.commands"], "permissions": "0"}}
    await registered.discord.ask("app", {"install_params": only})
    hints = [finding.hint for finding in await findings(registered)]
    assert any("scopes bot and applications.commands" in hint for hint in hints)
    own = {"custom_install_url": "https://example.com/add"}
    await registered.discord.ask("app", own)
    found = [finding.hint for finding in await findings(registered)]
    assert any("Discord Provided Link" in hint for hint in found)
