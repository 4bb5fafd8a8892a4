"""``banana-bot doctor`` for Discord: the token, the application, where it is, its commands.

Nothing is changed, and no gateway is connected to. What each finding asks for is explained in
``docs/discord.md``.
"""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import discord

from adapters.discord import private_api
from adapters.discord.commands.definitions import PERSON, SERVER
from adapters.discord.commands.sync import installs, is_synced
from adapters.discord.permissions import NEEDED
from adapters.discord.rest import point
from adapters.discord.settings import DiscordSettings
from bot.chat import BadProxy, way_to
from bot.ports import Finding

SCOPES = ("bot", "applications.commands")
"""What the invitation asks for: https://discord.com/developers/docs/topics/oauth2."""

SECONDS = 30.0
_SUBJECT = "Discord"
_PORTAL = "https://discord.com/developers/applications"
_MOST_SERVERS = 200


def invitation(application: int) -> str:
    """The link with which an administrator adds the bot to a server."""
    return discord.utils.oauth_url(application, permissions=NEEDED, scopes=SCOPES)


async def check(settings: DiscordSettings, max_images: int) -> AsyncIterator[Finding]:
    """Look at everything that is usually wrong; stops at what makes the rest impossible."""
    token = settings.discord_token.get_secret_value()
    if not token:
        hint = f"set DISCORD_TOKEN to the token under Bot at {_PORTAL}"
        yield Finding(_SUBJECT, False, "there is no token", hint)
        return
    point(settings)
    yield (way := _way(settings))
    if not way.good:
        return
    client = discord.Client(intents=discord.Intents(guilds=True))
    private_api.guide(client, settings.discord_api_base)
    try:
        async with asyncio.timeout(SECONDS):
            if (problem := await _log_in(client, token)) is not None:
                yield problem
                return
            for finding in [
                *_application(client),
                *await _servers(client, settings),
                await _commands(client, settings, max_images),
            ]:
                yield finding
    except (aiohttp.ClientError, discord.HTTPException, TimeoutError) as error:
        hint = "check the network, a proxy, and DISCORD_API_BASE; https://discordstatus.com"
        yield Finding(_SUBJECT, False, f"no answer: {_name(error)}", hint)
    finally:
        await client.close()


def _way(settings: DiscordSettings) -> Finding:
    """How the API and the gateway are reached."""
    try:
        urls = (settings.discord_api_base, settings.discord_gateway_url)
        api, gateway = (way_to(url) or "directly" for url in urls)
    except BadProxy as error:
        return Finding(_SUBJECT, False, str(error), "correct it, or leave it empty")
    if api == gateway:
        return Finding(_SUBJECT, True, f"reached {api}")
    hint = "both usually go the same way: check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
    return Finding(_SUBJECT, True, f"the API is reached {api}, the gateway {gateway}", hint)


async def _log_in(client: discord.Client, token: str) -> Finding | None:
    try:
        await client.login(token)
    except discord.LoginFailure:
        hint = f"reset the token under Bot at {_PORTAL}, and put the new one into DISCORD_TOKEN"
        return Finding(_SUBJECT, False, "the token is not valid", hint)
    return None


def _application(client: discord.Client) -> list[Finding]:
    found, bot = client.application, client.user
    assert found is not None  # logging in has fetched both
    assert bot is not None
    findings = [Finding(_SUBJECT, True, f"logged in as {bot.name} (application {found.id})")]
    if found.interactions_endpoint_url:
        text = "an Interactions Endpoint URL is set, so commands and buttons do not reach the bot"
        hint = f"empty it under General Information at {_PORTAL}/{found.id}/information"
        findings.append(Finding(_SUBJECT, False, text, hint))
    content = "on, which is not needed" if _reads_everything(found.flags) else "off, as it may be"
    findings.append(Finding(_SUBJECT, True, f"the message content intent is {content}"))
    page = f"{_PORTAL}/{found.id}/installation"
    return [*findings, _installation(client, page), _install_link(client, page)]


def _installation(client: discord.Client, page: str) -> Finding:
    """By whom it can be added; without one of them there are fewer commands, or none at all."""
    names = {SERVER: "servers", PERSON: "people's accounts"}
    untold = {SERVER: "Guild Install", PERSON: "User Install"}
    found = installs(client)
    text = f"can be added to {' and '.join(names[each] for each in found)}"
    missing = [untold[each] for each in names if each not in found]
    hint = f"tick {' and '.join(missing)} under Installation at {page}, and save"
    return Finding(_SUBJECT, not missing, text, hint if missing else "")


def _install_link(client: discord.Client, page: str) -> Finding:
    """What adding it by the application's own link brings along."""
    found = client.application
    assert found is not None  # logging in has fetched it
    if found.custom_install_url:
        text = "the install link is one of your own, so that it has to ask for the scopes itself"
        hint = f"choose Discord Provided Link under Installation at {page}, and save"
        return Finding(_SUBJECT, True, text, hint)
    config = found.guild_integration_config
    asked = config.oauth2_install_params if config else None
    if config and (asked is None or not set(SCOPES) <= set(asked.scopes)):
        text = "whoever adds it by its profile gets the commands only, and cannot mention it"
        hint = f"give Guild Install the scopes {' and '.join(SCOPES)} at {page}, and save"
        return Finding(_SUBJECT, True, text, hint)
    return Finding(_SUBJECT, True, "the install link asks for what is needed")


def _reads_everything(flags: discord.ApplicationFlags) -> bool:
    return flags.gateway_message_content or flags.gateway_message_content_limited


async def _servers(client: discord.Client, settings: DiscordSettings) -> list[Finding]:
    link = invitation(client.application_id or 0)
    found = [guild.id async for guild in client.fetch_guilds(limit=_MOST_SERVERS)]
    count = f"{len(found)} or more" if len(found) >= _MOST_SERVERS else str(len(found))
    text = f"in {count} server{'' if len(found) == 1 else 's'}" if found else "in no server"
    findings = [Finding(_SUBJECT, bool(found), text, f"add it to a server: {link}")]
    strange = set(settings.discord_allowed_servers) - {str(guild) for guild in found}
    if strange and len(found) < _MOST_SERVERS:
        text = f"DISCORD_ALLOWED_SERVERS names servers it is not in: {', '.join(sorted(strange))}"
        findings.append(Finding(_SUBJECT, False, text, f"correct it, or add the bot: {link}"))
    return findings


async def _commands(client: discord.Client, settings: DiscordSettings, max_images: int) -> Finding:
    if await is_synced(client, settings, max_images):
        return Finding(_SUBJECT, True, "the commands are registered")
    hint = "they are registered when the bot starts: banana-bot run"
    return Finding(_SUBJECT, False, "the commands are not registered, or not up to date", hint)


def _name(error: Exception) -> str:
    """What went wrong, without what a library may quote of the request."""
    if isinstance(error, discord.HTTPException):
        return f"status {error.status}, code {error.code}"
    return type(error).__name__
