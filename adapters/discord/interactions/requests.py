"""From an interaction to a request: who asks, where the answer goes, and what was chosen."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import discord

from adapters.discord.address import PLATFORM, DiscordPlace, expires_at
from adapters.discord.context import Interaction
from adapters.discord.gateway.content import attachment_of
from bot.domain.actions import Action
from bot.domain.requests import Attachment, Incoming, Options

IMAGES = ("image", "image2", "image3", "image4")


def place_of(asked: Interaction, *, private: bool = False) -> DiscordPlace:
    """Where the answer to an interaction goes, through its webhook."""
    return DiscordPlace(
        channel=channel_of(asked),
        user=str(asked.user.id),
        guild=str(asked.guild_id) if asked.guild_id else None,
        application=str(asked.application_id),
        token=asked.token,
        expires=expires_at(asked.id, _arrived(asked)),
        private=private,
        reachable=reachable(asked),
        limit=asked.filesize_limit,
    )


def _arrived(asked: Interaction) -> float:
    """When an interaction came, by our clock; an earlier program may have had it."""
    context = asked.client.context
    entry = context.inbox.entry(asked.id)
    return float(entry.at if entry else context.bot.clock())


def without_webhook(place: DiscordPlace) -> DiscordPlace | None:
    """The same place for a message of the bot's own, or ``None`` where that is no answer."""
    if place.private or not place.reachable:
        return None
    return replace(place, application=None, token=None, expires=0.0)


def reachable(asked: Interaction) -> bool:
    """Whether the bot itself may write there, and not only answer the interaction.

    In direct messages of other people, in groups, and in servers where it is no member, it is not
    there at all.
    """
    if asked.channel_id is None:
        return False
    if asked.guild_id is None:
        return asked.context.dm_channel is True
    if asked.client.get_guild(asked.guild_id) is None:
        return False
    may = asked.app_permissions
    in_thread = isinstance(asked.channel, discord.Thread)
    return may.view_channel and (may.send_messages_in_threads if in_thread else may.send_messages)


def is_alone(asked: Interaction) -> bool:
    """Whether it is in the bot's direct messages with the person, where nobody else reads."""
    return asked.guild_id is None and asked.context.dm_channel is True


def channel_of(asked: Interaction) -> str:
    """The channel, thread, or direct or group message of an interaction."""
    return str(asked.channel_id) if asked.channel_id else f"user-{asked.user.id}"


def incoming(
    asked: Interaction,
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
        event_id=str(asked.id),
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
        locale=asked.locale.value,
        private=place.private or is_alone(asked),
        moderator=asked.permissions.manage_messages,
        edits=edits,
        unusable=unusable,
    )


def options_of(asked: Interaction) -> dict[str, Any]:
    """The options of a command by their English names."""
    data: Mapping[str, Any] = asked.data or {}
    return {one["name"]: one.get("value") for one in data.get("options") or []}


def chosen(options: Mapping[str, Any]) -> Options:
    """The choices among a command's options."""
    return Options(
        model=options.get("model"),
        size=options.get("size"),
        aspect_ratio=options.get("ratio"),
        count=options.get("count"),
        spoiler=options.get("spoiler"),
    )


def images_of(asked: Interaction, options: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """The pictures among a command's options."""
    return files_of(asked, [str(options[name]) for name in IMAGES if options.get(name)])


def files_of(asked: Interaction, ids: list[str]) -> tuple[Attachment, ...]:
    """The files with these ids, as they came with an interaction."""
    data: Mapping[str, Any] = asked.data or {}
    files = (data.get("resolved") or {}).get("attachments") or {}
    return tuple(attachment_of(files[id], channel_of(asked), None) for id in ids if id in files)
