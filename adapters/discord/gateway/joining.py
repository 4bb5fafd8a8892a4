"""Greeting a server that the bot was added to."""

import discord
import structlog

from adapters.discord import welcome
from adapters.discord.context import Context
from adapters.discord.texts import word
from bot.chat import AccessLists, AccessRequest
from bot.domain import JSON
from messages import negotiate

log = structlog.get_logger(__name__)

RECENT_SECONDS = 600.0
"""A server that the bot has been in for longer is not greeted: it was only away."""


async def greet(context: Context, guild: discord.Guild) -> None:
    """Say once in the system channel what the bot does, where it is welcome and may write.

    https://discord.com/developers/docs/events/gateway-events#guild-create
    """
    channel, me = guild.system_channel, guild.me
    if channel is None or me is None or me.joined_at is None:
        return
    joined = me.joined_at.timestamp()
    may = channel.permissions_for(me)
    if context.bot.clock() - joined > RECENT_SECONDS or not (
        may.view_channel and may.send_messages
    ):
        return
    lists = AccessLists(
        servers=context.settings.discord_allowed_servers,
        channels=context.settings.discord_allowed_channels,
    )
    server = AccessRequest("", server=str(guild.id), channels=frozenset({str(channel.id)}))
    if not lists.admit(server):
        return
    locale = negotiate(guild.preferred_locale.value)
    said: dict[str, JSON] = {
        "channel": str(channel.id),
        "text": word("greeting", locale),
        "rows": list[JSON](welcome.greeting_rows(locale)),
        "nonce": f"joined{guild.id}",
    }
    log.info("server greeted", server=guild.id)
    await context.replies.reply(f"joined:{guild.id}:{joined:.0f}", "", said)
