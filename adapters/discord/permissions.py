"""Which permission the bot lacks in a place, by the name that people find in the settings.

https://discord.com/developers/docs/topics/permissions#permissions-bitwise-permission-flags
"""

import discord
import structlog

from adapters.discord.address import DiscordPlace
from adapters.discord.refusals import Refusal
from adapters.discord.rest import Rest
from messages import translate
from messages.texts.discord import PERMISSIONS

log = structlog.get_logger(__name__)

NEEDED = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    attach_files=True,
    embed_links=True,
    read_message_history=True,
)
"""What the bot asks for when it is added to a server."""


def name(permission: str, locale: str) -> str:
    """What a permission is called in Discord's own settings."""
    return translate("discord permission", PERMISSIONS.get(permission, permission), locale)


async def missing(rest: Rest, place: DiscordPlace) -> str | None:
    """The first permission that is missing, as the API names it; ``None`` when none is.

    What may not be seen at all lacks that one, unless the bot is no member there anyway.
    """
    try:
        lacking = await _lacking(rest, place)
    except (Refusal, discord.DiscordException) as error:
        log.info("permissions not read", error=repr(error))
        unseen = place.reachable and getattr(error, "status", 0) == 403
        return "view_channel" if unseen else None
    return lacking[0] if lacking else None


async def _lacking(rest: Rest, place: DiscordPlace) -> list[str]:
    if place.guild is None:
        return []
    guild, me = await rest.guild(place.guild)
    if me.is_timed_out():  # that takes away what the channel grants
        return []
    channel = await guild.fetch_channel(int(place.channel))
    in_thread = isinstance(channel, discord.Thread)
    if isinstance(channel, discord.Thread):
        channel = await guild.fetch_channel(channel.parent_id)
        assert not isinstance(channel, discord.Thread)  # a thread has no threads
    held = channel.permissions_for(me)
    # https://discord.com/developers/docs/topics/permissions#inherited-permissions-threads
    needless = "send_messages" if in_thread else "send_messages_in_threads"
    return [each for each in PERMISSIONS if each != needless and not getattr(held, each)]
