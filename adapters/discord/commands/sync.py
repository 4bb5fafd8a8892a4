"""Registering the commands, only when what is registered differs.

Discord keeps the commands for everybody, so it is asked what it has: no file and no process has to
remember anything, and a second bot process finds nothing left to do. At most 200 commands may be
created a day
(https://discord.com/developers/docs/interactions/application-commands#registering-a-command).
"""

from collections.abc import Iterable, Mapping
from typing import Any

import discord
import structlog

from adapters.discord import private_api
from adapters.discord.commands.definitions import PERSON, SERVER, Payload, definitions
from adapters.discord.settings import DiscordSettings
from bot.chat import retries

log = structlog.get_logger(__name__)

ENTRY_POINT = 4
"""The command that opens an Activity: registering without it is refused for the others as well.
https://discord.com/developers/docs/interactions/application-commands#entry-point-commands"""

_WRITABLE = (
    *("id", "type", "name", "name_localizations", "description", "description_localizations"),
    *("default_member_permissions", "nsfw", "integration_types", "contexts", "handler"),
)

_TEXTS = ("type", "name", "description", "name_localizations", "description_localizations")
_RULES = (
    *("required", "autocomplete", "min_value", "max_value", "min_length", "max_length"),
    *("default_member_permissions", "nsfw", "value"),
)


async def publish(client: discord.Client, settings: DiscordSettings, most: int) -> bool:
    """Register the commands of a client that is logged in; says whether that was necessary.

    Raises:
        discord.HTTPException: Discord refused them.
    """
    wanted = _wanted(client, settings, most)
    registered = await private_api.commands(client)
    if same(registered, wanted):
        log.info("commands unchanged", count=len(wanted))
        return False
    kept = [one for one in registered if one.get("type") == ENTRY_POINT]
    await private_api.replace_commands(client, [*wanted, *map(_writable, kept)])
    log.info("commands registered", count=len(wanted))
    return True


async def is_synced(client: discord.Client, settings: DiscordSettings, most: int) -> bool:
    """Whether a client that is logged in finds registered what :func:`publish` would register."""
    return same(await private_api.commands(client), _wanted(client, settings, most))


def installs(client: discord.Client) -> tuple[int, ...]:
    """The ways in which the application can be installed; by a server, if it does not say."""
    found = client.application
    by = [
        (SERVER, found and found.guild_integration_config),
        (PERSON, found and found.user_integration_config),
    ]
    return tuple(kind for kind, there in by if there is not None) or (SERVER,)


def _wanted(client: discord.Client, settings: DiscordSettings, most: int) -> list[Payload]:
    found = installs(client)
    if PERSON not in found:
        log.warning("commands are registered for servers only", advice="tick User Install")
    return definitions(
        most=most,
        age_restricted=settings.discord_age_restricted_only,
        installs=found,
    )


def _writable(command: Payload) -> Payload:
    """A registered command as it can be registered again."""
    return {key: value for key, value in command.items() if key in _WRITABLE and value is not None}


async def keep_trying(client: discord.Client, settings: DiscordSettings, most: int) -> None:
    """Register the commands, however long that takes; until then the old ones work."""

    async def once() -> None:
        try:
            await publish(client, settings, most)
        except Exception as error:
            advice = ""
            if isinstance(error, discord.HTTPException) and error.code == _INVALID_FORM:
                advice = "banana-bot doctor says what is set differently in the developer portal"
            log.error("commands not registered", error=str(error), advice=advice)
            raise

    await retries.DISCORD_COMMANDS(Exception, once)


_INVALID_FORM = 50035


def same(found: Iterable[Payload], wanted: Iterable[Payload]) -> bool:
    """Whether two sets of commands mean the same, whatever Discord adds to them.

    The command that opens an application's Activity is not ours, and does not count.
    """
    return _normal_set(found) == _normal_set(wanted)


def _normal_set(commands: Iterable[Payload]) -> list[Payload]:
    def place(command: Payload) -> tuple[int, str]:
        return command.get("type", 1), command["name"]

    own = [command for command in commands if command.get("type") != ENTRY_POINT]
    return [_normal(command) for command in sorted(own, key=place)]


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
