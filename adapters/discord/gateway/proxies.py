"""The way out of discord.py, which knows one proxy for the API and the gateway.

``NO_PROXY`` may name one of them and not the other.
"""

import copy
from typing import Any

import aiohttp
import discord
from discord.http import HTTPClient

from bot.chat.proxies import proxy_for


def guide(client: discord.Client, api_base: str) -> None:
    """Have a client that has not logged in yet reach each address the way it is to be reached.

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
