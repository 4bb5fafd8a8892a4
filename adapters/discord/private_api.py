"""What is used of discord.py that its documentation does not promise.

https://discordpy.readthedocs.io/en/stable/version_guarantees.html: names that begin with ``_`` or
are in no page of it may change with any version. Nothing else in the adapter uses them, and
tests/adapters/discord/test_private_api.py fails where a new version moves them.
"""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import HTTPClient, Route

from bot.chat.proxies import proxy_for


def use_api(base: str) -> None:
    """Call Discord's API at ``base``, in all clients of this process."""
    Route.BASE = base


def use_gateway(url: str) -> None:
    """Connect to the gateway at ``url``, in all clients of this process."""
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url)


def silence_voice() -> None:
    """Have nothing said about libraries that only voice needs: nothing is ever said aloud."""
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


def guide(client: discord.Client, api_base: str) -> None:
    """Have a client that has not logged in yet reach each address the way it is to be reached.

    discord.py knows one proxy for the API and the gateway; ``NO_PROXY`` may name one of them and
    not the other.

    Raises:
        BadProxy: the environment names something that is no HTTP proxy.
    """
    http = client.http
    http.proxy = proxy_for(api_base)

    async def ws_connect(url: str, **more: Any) -> aiohttp.ClientWebSocketResponse:
        gateway = copy.copy(http)
        gateway.proxy = proxy_for(url)
        return await HTTPClient.ws_connect(gateway, url, **more)

    http.ws_connect = ws_connect  # type: ignore[method-assign]


def parsers(client: discord.Client) -> dict[str, Callable[[Any], Any]]:
    """What reads each event of the gateway, by the event's name; to be changed in place."""
    found: dict[str, Callable[[Any], Any]] = client._connection.parsers
    return found


def role_ids(who: discord.User | discord.Member) -> list[str]:
    """The roles of a member, also of one whose server is not in the cache; a user has none."""
    return [str(role) for role in getattr(who, "_roles", ())]


async def gateway_limits(client: discord.Client) -> tuple[int, dict[str, Any]]:
    """How many connections Discord wants, and its session start limit:
    https://discord.com/developers/docs/events/gateway#get-gateway-bot."""
    wanted, _url, starts = await client.http.get_bot_gateway()
    return wanted, dict(starts)


async def commands(client: discord.Client) -> Sequence[dict[str, Any]]:
    """The application's global commands, with all their localizations:
    https://discord.com/developers/docs/interactions/application-commands.

    Raises:
        discord.HTTPException: Discord refused.
    """
    route = Route(
        "GET", "/applications/{application_id}/commands", application_id=client.application_id or 0
    )
    params = {"with_localizations": "true"}
    found: Sequence[dict[str, Any]] = await client.http.request(route, params=params)
    return found


async def replace_commands(client: discord.Client, wanted: Sequence[Any]) -> None:
    """Register these commands instead of those that there are.

    Raises:
        discord.HTTPException: Discord refused them.
    """
    await client.http.bulk_upsert_global_commands(client.application_id or 0, list(wanted))
