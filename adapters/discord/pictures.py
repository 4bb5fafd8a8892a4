"""Pictures that people point at on Discord, as attachments for the bot.

Only what Discord itself serves becomes ``data``, for the desk to read; a picture that a link shows
is fetched like any other link.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import discord

from adapters.discord.custom_id import parse
from bot.ports import JSON, Attachment

_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".heic", ".avif", ".bmp")

_EPHEMERAL = 1 << 6
"""https://discord.com/developers/docs/resources/message#message-object-message-flags"""

MOST = 10
"""Pictures of one message that are looked at; Discord allows no more in one."""


def of_option(raw: Mapping[str, Any], channel: str) -> Attachment:
    """A file that was given to a command or a form, whatever it is."""
    return _attachment(raw, channel, None)


def of_payload(message: Mapping[str, Any], channel: str) -> tuple[Attachment, ...]:
    """The pictures of a message as an interaction carries it, or of what it forwards."""
    private = is_ephemeral(message)
    forwarded = [one.get("message", {}) for one in message.get("message_snapshots") or []]
    found: list[Attachment] = []
    for part in (message, *forwarded):
        own = str(message["id"]) if part is message else None
        files = part.get("attachments") or []
        found += [_attachment(raw, channel, own) for raw in files if _is_picture(raw)]
        found += _linked(part.get("embeds") or [])
    return tuple(replace(each, private=private) for each in found[:MOST])


def is_ephemeral(message: Mapping[str, Any]) -> bool:
    """Whether one person alone sees a message, as an interaction carries it."""
    return bool(int(message.get("flags") or 0) & _EPHEMERAL)


def of_message(message: discord.Message) -> tuple[Attachment, ...]:
    """The pictures of a message, or of what it forwards."""
    channel = str(message.channel.id)
    found: list[Attachment] = []
    parts: list[discord.Message | discord.MessageSnapshot] = [message, *message.message_snapshots]
    for part in parts:
        own = str(message.id) if part is message else None
        files = [_raw(attachment) for attachment in part.attachments]
        found += [_attachment(raw, channel, own) for raw in files if _is_picture(raw)]
        if part is not message or message.author.bot:
            found += _linked([embed.to_dict() for embed in part.embeds])
    return tuple(found[:MOST])


def job_in(components: Iterable[Mapping[str, Any]]) -> str | None:
    """The job whose buttons are among these components, at any depth."""
    for component in components:
        press = parse(str(component.get("custom_id") or ""))
        if press is not None:
            return press.job_id
        inner = [*(component.get("components") or [])]
        inner += [component[key] for key in ("component", "accessory") if component.get(key)]
        if inner and (found := job_in(inner)):
            return found
    return None


def _raw(attachment: discord.Attachment) -> dict[str, Any]:
    return {
        "filename": attachment.filename,
        "content_type": attachment.content_type,
        "size": attachment.size,
        "url": attachment.url,
    }


def _attachment(raw: Mapping[str, Any], channel: str, message: str | None) -> Attachment:
    name = str(raw["filename"])
    size = int(raw["size"])
    data: dict[str, JSON] = {"url": str(raw["url"]), "size": size, "name": name}
    return Attachment(name, data={**data, "channel": channel, "message": message})


def _is_picture(raw: Mapping[str, Any]) -> bool:
    kind = raw.get("content_type")
    if kind:
        return str(kind).startswith("image/")
    return str(raw["filename"]).lower().endswith(_SUFFIXES)


def _linked(embeds: Iterable[Mapping[str, Any]]) -> list[Attachment]:
    """The pictures that links unfolded to; an embed of another kind is decoration."""
    found = []
    for embed in embeds:
        url = str((embed.get("thumbnail") or {}).get("url") or embed.get("url") or "")
        if embed.get("type") == "image" and url.startswith("https://"):
            found.append(Attachment(url=url))
    return found
