"""``POST /webhooks/NAME``: what platforms deliver to the adapters that asked for it."""

from aiohttp import web

from adapters.web.context import BOT
from adapters.web.errors import RefusedRequest
from adapters.web.payload import LARGEST_DELIVERY, read_small

ROUTE = "/webhooks/{name}"


async def receive(request: web.Request) -> web.Response:
    """Hand a delivery to its adapter, which checks whether it is genuine.

    The body has a limit of its own, and else those of every request; see
    :mod:`adapters.web.payload`.
    """
    webhook = request.app[BOT].webhooks.get(request.match_info["name"])
    if webhook is None:
        raise RefusedRequest(404, "not_found", "Nothing is delivered to this address.")
    headers = {name.lower(): value for name, value in request.headers.items()}
    body = await read_small(request, LARGEST_DELIVERY)
    try:
        status, answer = await webhook(headers, body)
    except (RecursionError, UnicodeError) as error:
        # JSON as deep as it is long, or half a character: no platform sends that.
        raise RefusedRequest(400, "invalid", "The body could not be read.") from error
    return web.Response(status=status, body=answer, content_type="application/json")
