"""Registering the commands, only when what is registered differs.

Discord keeps the commands for everybody, so it is asked what it has: no file and no process has to
remember anything, and a second bot process finds nothing left to do. At most 200 commands may be
created a day
(https://discord.com/developers/docs/interactions/application-commands#registering-a-command).
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import discord
import structlog
from discord.http import HTTPClient, Route

from adapters.discord.commands import Payload, definitions
from bot.settings import Settings

log = structlog.get_logger(__name__)

PAUSES = (2.0, 10.0, 60.0, 300.0)
"""Seconds between tries; the last one is kept to."""

_TEXTS = ("type", "name", "description", "name_localizations", "description_localizations")
_RULES = (
    *("required", "autocomplete", "min_value", "max_value", "min_length", "max_length"),
    *("default_member_permissions", "nsfw", "value"),
)


async def publish(http: HTTPClient, application: int, settings: Settings) -> bool:
    """Register the commands; says whether that was necessary.

    Raises:
        discord.HTTPException: Discord refused them.
    """
    wanted = _wanted(settings)
    if same(await _registered(http, application), wanted):
        log.info("commands unchanged", count=len(wanted))
        return False
    await http.bulk_upsert_global_commands(application, wanted)
    log.info("commands registered", count=len(wanted))
    return True


async def is_synced(client: discord.Client, settings: Settings) -> bool:
    """Whether a client that is logged in finds registered what :func:`publish` would register."""
    registered = await _registered(client.http, client.application_id or 0)
    return same(registered, _wanted(settings))


def _wanted(settings: Settings) -> list[Payload]:
    return definitions(
        most=settings.max_images_per_request, age_restricted=settings.discord_age_restricted_only
    )


async def _registered(http: HTTPClient, application: int) -> Sequence[Payload]:
    route = Route("GET", "/applications/{application_id}/commands", application_id=application)
    found: Sequence[Payload] = await http.request(route, params={"with_localizations": "true"})
    return found


async def keep_trying(http: HTTPClient, application: int, settings: Settings) -> None:
    """Register the commands, however long that takes; until then the old ones work."""
    for number in range(1_000_000):
        try:
            await publish(http, application, settings)
            return
        except Exception as error:
            advice = ""
            if isinstance(error, discord.HTTPException) and error.code == _INVALID_FORM:
                advice = "in the developer portal, under Installation, tick both install contexts"
            log.error("commands not registered", error=str(error), advice=advice)
        await asyncio.sleep(PAUSES[min(number, len(PAUSES) - 1)])


_INVALID_FORM = 50035


def same(found: Iterable[Payload], wanted: Iterable[Payload]) -> bool:
    """Whether two sets of commands mean the same, whatever Discord adds to them."""
    return _normal_set(found) == _normal_set(wanted)


def _normal_set(commands: Iterable[Payload]) -> list[Payload]:
    def place(command: Payload) -> tuple[int, str]:
        return command.get("type", 1), command["name"]

    return [_normal(command) for command in sorted(commands, key=place)]


def _normal(node: Mapping[str, Any]) -> Payload:
    """What somebody wrote down of a command, an option or a choice; defaults are left out."""
    made = {key: node[key] for key in (*_TEXTS, *_RULES) if node.get(key) not in (None, "", False)}
    for key in ("contexts", "integration_types"):
        if node.get(key):
            made[key] = sorted(node[key])
    for key in ("options", "choices"):
        if node.get(key):
            made[key] = [_normal(child) for child in node[key]]
    for key in ("name_localizations", "description_localizations"):
        if not made.get(key):
            made.pop(key, None)
    return made
