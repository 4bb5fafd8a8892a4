"""Which address a request comes from, also behind a reverse proxy."""

import ipaddress
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network

import structlog
from aiohttp import hdrs, web

from adapters.web.context import ADDRESS, SETTINGS
from adapters.web.errors import Handler
from adapters.web.seldom import Seldom
from adapters.web.settings import Network

log = structlog.get_logger(__name__)
unheard = Seldom(log, "warning", every=24 * 3600.0)

_MOST_HOPS = 32
"""Entries of ``X-Forwarded-For`` that are looked at, from its end."""

_ONE_HOUSEHOLD = 64
"""Bits of an IPv6 address that say whose it is; the rest anybody chooses for themselves.

https://www.rfc-editor.org/rfc/rfc6177
"""


@web.middleware
async def known(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Note the address of the client: that of the connection, or what our own proxy says."""
    trusted = request.app[SETTINGS].web_trusted_proxies
    forwarded = request.headers.getall(hdrs.X_FORWARDED_FOR, [])
    request[ADDRESS] = client(request.remote or "", forwarded, trusted)
    if forwarded and not trusted and _is_ours(request.remote or ""):
        unheard("a proxy says whom it asks for; set WEB_TRUSTED_PROXIES", proxy=request.remote)
    return await handler(request)


def client(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """The address that the limits count by.

    Each proxy adds the address it was asked from to the end of ``X-Forwarded-For``, and what stands
    before the entries of our own proxies, anybody can have written. So the last entry that is not
    one of them counts (https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-Forwarded-For).
    """
    found = _parsed(peer)
    if found is None:
        return peer
    hops = [hop for header in forwarded for hop in header.split(",")[-_MOST_HOPS:]]
    while hops and any(found in network for network in trusted):
        before = _parsed(hops.pop())
        if before is None:
            break
        found = before
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found, _ONE_HOUSEHOLD), strict=False))
    return str(found)


def _is_ours(peer: str) -> bool:
    """Whether it is a machine of a private network, as proxies are."""
    found = _parsed(peer)
    return found is not None and found.is_private


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address, also with a port as some proxies write it: ``1.2.3.4:5``, ``[::1]:5``."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
