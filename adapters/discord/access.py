"""Who may use the bot, and where.

Every list of places that is set has to contain the place: the server, and the channel or the one
that a thread belongs to. If people or roles are listed, the person has to be among them or to have
one of them. Direct messages have no server and no roles: where places or roles are limited, only
people who are listed themselves can use the bot there.
"""

from dataclasses import dataclass

import discord

from adapters.discord.context import Interaction
from adapters.discord.settings import DiscordSettings
from bot.domain.failures import Failure, Reason


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """Somebody somewhere; all are Discord's ids. ``channels`` are the channel and its parent."""

    person: str
    guild: str | None
    channels: frozenset[str]
    roles: frozenset[str]
    age_restricted: bool


def refusal(visitor: AccessRequest, settings: DiscordSettings) -> Failure | None:
    """Why the bot may not be used, or ``None`` when it may."""
    if not _admitted(visitor, settings):
        return Failure(Reason.NOT_ALLOWED)
    in_public = visitor.guild is not None
    if settings.discord_age_restricted_only and in_public and not visitor.age_restricted:
        return Failure(Reason.AGE_RESTRICTED_ONLY)
    return None


def _admitted(visitor: AccessRequest, settings: DiscordSettings) -> bool:
    known = visitor.person in settings.discord_allowed_people
    places = (settings.discord_allowed_servers, settings.discord_allowed_channels)
    if visitor.guild is None:
        limited = (*places, settings.discord_allowed_roles, settings.discord_allowed_people)
        return known or not any(limited)
    servers, channels = places
    if servers and visitor.guild not in servers:
        return False
    if channels and visitor.channels.isdisjoint(channels):
        return False
    roles = settings.discord_allowed_roles
    if not roles and not settings.discord_allowed_people:
        return True
    return known or not visitor.roles.isdisjoint(roles)


def of_interaction(interaction: Interaction) -> AccessRequest:
    """Who interacts, where."""
    guild = str(interaction.guild_id) if interaction.guild_id else None
    return _visitor(interaction.user, guild, interaction.channel)


def of_message(message: discord.Message) -> AccessRequest:
    """Who writes, where."""
    guild = str(message.guild.id) if message.guild else None
    return _visitor(message.author, guild, message.channel)


def _visitor(
    who: discord.User | discord.Member, guild: str | None, channel: object
) -> AccessRequest:
    roles = [str(role) for role in getattr(who, "_roles", ())]
    ids = (getattr(channel, "id", None), getattr(channel, "parent_id", None))
    return AccessRequest(
        person=str(who.id),
        guild=guild,
        channels=frozenset(str(each) for each in ids if each),
        roles=frozenset(roles),
        age_restricted=_age_restricted(channel),
    )


def _age_restricted(channel: object) -> bool:
    is_nsfw = getattr(channel, "is_nsfw", None)
    return bool(is_nsfw()) if callable(is_nsfw) else False
