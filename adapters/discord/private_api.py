"""What is used of discord.py that its documentation does not promise.

https://discordpy.readthedocs.io/en/stable/version_guarantees.html: names that begin with ``_`` or
are in no page of it may change with any version. Nothing else in the adapter uses them, and
tests/adapters/discord/test_private_api.py fails where a new version moves them.
"""

import asyncio
import copy
import threading
from collections.abc import Callable, Sequence
from typing import Any

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket, KeepAliveHandler
from discord.http import HTTPClient, Route

from bot.chat import proxy_for

GOODBYE_SECONDS = 1.0
"""How long a connection that is given up may take to end."""


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


def heartbeats(client: discord.Client) -> list[KeepAliveHandler]:
    """The threads that keep this client's connections alive."""
    threads = (one for one in threading.enumerate() if isinstance(one, KeepAliveHandler))
    return [one for one in threads if one.ws._connection is client._connection]


async def hang_up(client: discord.Client) -> None:
    """End the connections that a closed client has left, and the threads that keep them alive.

    discord.py closes what it is connected with; one that was cut off while it was opened has a
    thread by then, which is never told to end.
    """
    left = heartbeats(client)
    for thread in left:
        thread.stop()
    try:
        async with asyncio.timeout(GOODBYE_SECONDS):
            goodbyes = (thread.ws.close(code=1000) for thread in left)
            await asyncio.gather(*goodbyes, return_exceptions=True)
            ends = (asyncio.to_thread(thread.join, GOODBYE_SECONDS) for thread in left)
            await asyncio.gather(*ends)
    except TimeoutError:
        return


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
