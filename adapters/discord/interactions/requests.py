"""From an interaction to a request: who asks, where the answer goes, and what was chosen."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import discord

from adapters.discord.address import PLATFORM, DiscordPlace, expires_at
from adapters.discord.context import Interaction
from adapters.discord.gateway.content import attachment_of
from bot.domain import Action, Attachment, Incoming, Options

IMAGES = ("image", "image2", "image3", "image4")


def place_of(interaction: Interaction, *, private: bool = False) -> DiscordPlace:
    """Where the answer to an interaction goes, through its webhook."""
    return DiscordPlace(
        channel=channel_of(interaction),
        user=str(interaction.user.id),
        guild=str(interaction.guild_id) if interaction.guild_id else None,
        application=str(interaction.application_id),
        token=interaction.token,
        expires=expires_at(interaction.id, _arrived(interaction)),
        private=private,
        reachable=reachable(interaction),
        limit=interaction.filesize_limit,
    )


def _arrived(interaction: Interaction) -> float:
    """When an interaction came, by our clock; an earlier program may have had it."""
    context = interaction.client.context
    entry = context.inbox.entry(interaction.id)
    return float(entry.at if entry else context.bot.clock())


def without_webhook(place: DiscordPlace) -> DiscordPlace | None:
    """The same place for a message of the bot's own, or ``None`` where that is no answer."""
    if place.private or not place.reachable:
        return None
    return replace(place, application=None, token=None, expires=0.0)


def reachable(interaction: Interaction) -> bool:
    """Whether the bot itself may write there, and not only answer the interaction.

    In direct messages of other people, in groups, and in servers where it is no member, it is not
    there at all.
    """
    if interaction.channel_id is None:
        return False
    if interaction.guild_id is None:
        return interaction.context.dm_channel is True
    if interaction.client.get_guild(interaction.guild_id) is None:
        return False
    may = interaction.app_permissions
    in_thread = isinstance(interaction.channel, discord.Thread)
    return may.view_channel and (may.send_messages_in_threads if in_thread else may.send_messages)


def is_alone(interaction: Interaction) -> bool:
    """Whether it is in the bot's direct messages with the person, where nobody else reads."""
    return interaction.guild_id is None and interaction.context.dm_channel is True


def channel_of(interaction: Interaction) -> str:
    """The channel, thread, or direct or group message of an interaction."""
    return str(interaction.channel_id) if interaction.channel_id else f"user-{interaction.user.id}"


def incoming(
    interaction: Interaction,
    place: DiscordPlace,
    action: Action,
    *,
    text: str = "",
    options: Options | None = None,
    target: str | None = None,
    number: int = 1,
    attachments: tuple[Attachment, ...] = (),
    replied_to: str | None = None,
    edits: bool = False,
    unusable: tuple[str, ...] = (),
) -> Incoming:
    """The request that an interaction makes."""
    return Incoming(
        platform=PLATFORM,
        event_id=str(interaction.id),
        requester=place.user,
        conversation=place.channel,
        address=place.address(),
        text=text,
        action=action,
        options=options or Options(),
        target=target,
        number=number,
        attachments=attachments,
        replied_to=replied_to,
        locale=interaction.locale.value,
        private=place.private or is_alone(interaction),
        moderator=interaction.permissions.manage_messages,
        edits=edits,
        unusable=unusable,
    )


def options_of(interaction: Interaction) -> dict[str, Any]:
    """The options of a command by their English names."""
    data: Mapping[str, Any] = interaction.data or {}
    return {one["name"]: one.get("value") for one in data.get("options") or []}


def chosen(options: Mapping[str, Any]) -> Options:
    """The choices among a command's options."""
    return Options(
        model=options.get("model"),
        size=options.get("size"),
        aspect_ratio=options.get("ratio"),
        count=options.get("count"),
        spoiler=options.get("spoiler"),
        private=options.get("private"),
    )


def images_of(interaction: Interaction, options: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """The pictures among a command's options."""
    return files_of(interaction, [str(options[name]) for name in IMAGES if options.get(name)])


def files_of(interaction: Interaction, ids: list[str]) -> tuple[Attachment, ...]:
    """The files with these ids, as they came with an interaction."""
    data: Mapping[str, Any] = interaction.data or {}
    files = (data.get("resolved") or {}).get("attachments") or {}
    return tuple(
        attachment_of(files[id], channel_of(interaction), None) for id in ids if id in files
    )
