"""Who may talk to the page: no other site, and no other name for this machine."""

import ipaddress
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from adapters.web.context import SETTINGS
from adapters.web.errors import SERVER, Handler, RefusedRequest
from adapters.web.settings import WebSettings

PAGE_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CSP"""

_HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_SAFE_METHODS = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


async def secure(request: web.Request, response: web.StreamResponse) -> None:
    """Put the security headers on a response that does not say otherwise, and no versions."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers[hdrs.SERVER] = SERVER
    if request.path.startswith("/api/"):
        response.headers.setdefault("Cache-Control", "no-store")


@web.middleware
async def known_host(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer only under our own names.

    Otherwise a page elsewhere could point its name at this machine and read everything (DNS
    rebinding: https://en.wikipedia.org/wiki/DNS_rebinding). 421 is the status for a request that
    reached the wrong server: https://www.rfc-editor.org/rfc/rfc9110#name-421-misdirected-request
    """
    host = request.headers.get(hdrs.HOST, "")
    if not allowed_host(host, request.app[SETTINGS]):
        raise RefusedRequest(421, "unknown_host")
    return await handler(request)


def allowed_host(host: str, settings: WebSettings) -> bool:
    """Whether a ``Host`` header names this server; its port does not matter.

    A server that other machines may reach also answers to any IP address: rebinding needs a name.
    """
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return False
    public = urlsplit(settings.web_public_url).hostname
    if name in _LOOPBACK_NAMES or (name and name in (settings.web_host.lower(), public)):
        return True
    return not settings.web_is_local and _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


@web.middleware
async def same_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse changes that another site's page asks for (CSRF).

    Browsers say where a request comes from in ``Sec-Fetch-Site`` (https://www.w3.org/TR/fetch-metadata/)
    or at least in ``Origin``; programs such as curl send neither and have no cookie to abuse. The
    same rule as Go's: https://pkg.go.dev/net/http#CrossOriginProtection.
    """
    if request.method not in _SAFE_METHODS and not _from_here(request):
        raise RefusedRequest(403, "cross_site")
    return await handler(request)


def _from_here(request: web.Request) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is None:
        return True
    try:
        origin_host = urlsplit(origin).netloc.lower()
    except ValueError:
        return False
    public = urlsplit(request.app[SETTINGS].web_public_url).netloc.lower()
    return bool(origin_host) and origin_host in (request.headers[hdrs.HOST].lower(), public)
