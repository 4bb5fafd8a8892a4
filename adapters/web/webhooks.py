"""``POST /webhooks/NAME``: what platforms deliver to the adapters that asked for it."""

from aiohttp import web

from adapters.web.context import BOT
from adapters.web.errors import Refused
from adapters.web.payload import read_small

ROUTE = "/webhooks/{name}"


async def receive(request: web.Request) -> web.Response:
    """Hand a delivery to its adapter, which checks whether it is genuine.

    The body has the limit of every request without files; see :mod:`adapters.web.payload`.
    """
    webhook = request.app[BOT].webhooks.get(request.match_info["name"])
    if webhook is None:
        raise Refused(404, "not_found", "Nothing is delivered to this address.")
    headers = {name.lower(): value for name, value in request.headers.items()}
    status, body = await webhook(headers, await read_small(request))
    return web.Response(status=status, body=body, content_type="application/json")
