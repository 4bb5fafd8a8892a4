"""What every handler finds in its request: the bot, the person, the person's language."""

import json
from functools import partial

from aiohttp import web

from bot.app import App
from bot.ports import Receive
from bot.preferences import Preference
from messages import negotiate

PLATFORM = "web"

json_response = partial(web.json_response, dumps=partial(json.dumps, ensure_ascii=False))
"""Every answer in JSON; what it says in Chinese can be read as it is."""

BOT: web.AppKey[App] = web.AppKey("bot")
RECEIVE: web.AppKey[Receive] = web.AppKey("receive")

PERSON = web.RequestKey("person", str)
_PREFERENCE = web.RequestKey("preference", Preference)

_LONGEST_HEADER = 512
"""Characters of ``Accept-Language`` that are looked at."""


async def preference(request: web.Request) -> Preference:
    """What the person of this request likes; read once per request."""
    if _PREFERENCE not in request:
        person = request.get(PERSON)
        found = await request.app[BOT].preferences.of(PLATFORM, person) if person else Preference()
        request[_PREFERENCE] = found
    return request[_PREFERENCE]


async def locale(request: web.Request) -> str:
    """The language to answer in: the person's own choice, else the browser's."""
    chosen = (await preference(request)).language
    return negotiate(chosen, *accepted(request.headers.get("Accept-Language", "")))


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
