"""Who may use the bot on Discord, and where: :mod:`bot.chat.access`, and age-restricted channels.

A thread is in the channel that it belongs to. Direct messages have no server, no listed channel and
no roles: where places or roles are limited, only people who are listed can use the bot there.
"""

from dataclasses import dataclass

import discord

from adapters.discord import private_api
from adapters.discord.context import Interaction
from adapters.discord.settings import DiscordSettings
from bot.chat import AccessLists, AccessRequest
from bot.domain import Failure, Reason


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody somewhere, and whether that is an age-restricted channel."""

    request: AccessRequest
    age_restricted: bool


def refusal(visitor: Visitor, settings: DiscordSettings) -> Failure | None:
    """Why the bot may not be used, or ``None`` when it may."""
    lists = AccessLists(
        settings.discord_allowed_people,
        settings.discord_allowed_roles,
        settings.discord_allowed_servers,
        settings.discord_allowed_channels,
    )
    if not lists.admit(visitor.request):
        return Failure(Reason.NOT_ALLOWED)
    in_public = not visitor.request.direct
    if settings.discord_age_restricted_only and in_public and not visitor.age_restricted:
        return Failure(Reason.AGE_RESTRICTED_ONLY)
    return None


def of_interaction(interaction: Interaction) -> Visitor:
    """Who interacts, where."""
    guild = str(interaction.guild_id) if interaction.guild_id else None
    return _visitor(interaction.user, guild, interaction.channel)


def of_message(message: discord.Message) -> Visitor:
    """Who writes, where."""
    guild = str(message.guild.id) if message.guild else None
    return _visitor(message.author, guild, message.channel)


def _visitor(who: discord.User | discord.Member, guild: str | None, channel: object) -> Visitor:
    ids = (getattr(channel, "id", None), getattr(channel, "parent_id", None))
    channels = frozenset(str(each) for each in ids if each and guild)
    roles = frozenset(private_api.role_ids(who))
    request = AccessRequest(str(who.id), guild is None, guild, channels, roles)
    return Visitor(request, _age_restricted(channel))


def _age_restricted(channel: object) -> bool:
    is_nsfw = getattr(channel, "is_nsfw", None)
    return bool(is_nsfw()) if callable(is_nsfw) else False
