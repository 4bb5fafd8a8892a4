"""What every handler finds in its request: the bot, the person, the person's language."""

import json

from aiohttp import web

from adapters.web.settings import WebSettings
from bot.domain import JSON, Viewer
from bot.ports import Bot, Receive
from messages import negotiate

PLATFORM = "web"


def encoded(text: str) -> bytes:
    """Text for a client. Half a character of two (a lone surrogate), as JSON can hold, is a "?"."""
    return text.encode("utf-8", "replace")


def json_response(data: JSON, *, status: int = 200) -> web.Response:
    """Every answer in JSON; what it says in Chinese can be read as it is."""
    body = encoded(json.dumps(data, ensure_ascii=False))
    return web.Response(body=body, status=status, content_type="application/json", charset="utf-8")


BOT: web.AppKey[Bot] = web.AppKey("bot")
SETTINGS: web.AppKey[WebSettings] = web.AppKey("settings")
RECEIVE: web.AppKey[Receive] = web.AppKey("receive")

ADDRESS = web.RequestKey("address", str)
"""The client's address, or the /64 network of an IPv6 one; see :mod:`adapters.web.addresses`."""

PERSON = web.RequestKey("person", str)
KNOWN = web.RequestKey("known", bool)
"""Whether the person came with a cookie; otherwise it was made for this request."""

_CHOSEN = web.RequestKey("chosen", str)
"""The language that the person has chosen; empty where they have not."""

_LONGEST_HEADER = 512
"""Characters of ``Accept-Language`` that are looked at."""


def viewer(request: web.Request) -> Viewer:
    """The person of this request, who is alone with the page."""
    person = request[PERSON]
    return Viewer(PLATFORM, person, person, private=True)


async def locale(request: web.Request) -> str:
    """The language to answer in: the person's own choice, else the browser's."""
    if _CHOSEN not in request:
        person = request.get(PERSON)
        found = await request.app[BOT].language(viewer(request)) if person else None
        request[_CHOSEN] = found or ""
    return spoken(request)


def spoken(request: web.Request) -> str:
    """The same without a look into the database: by what is known of the request already."""
    return negotiate(
        request.get(_CHOSEN) or None, *accepted(request.headers.get("Accept-Language", ""))
    )


def accepted(header: str) -> list[str]:
    """The languages of an ``Accept-Language`` header, best first.

    https://www.rfc-editor.org/rfc/rfc9110#name-accept-language
    """
    weighted: list[tuple[float, str]] = []
    for item in header[:_LONGEST_HEADER].split(","):
        tag, _, parameter = item.strip().partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            weight = 0.0
        if tag and tag != "*" and weight > 0:
            weighted.append((weight, tag.strip()))
    return [tag for _, tag in sorted(weighted, key=lambda pair: -pair[0])]
