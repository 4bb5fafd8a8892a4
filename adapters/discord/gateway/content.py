"""What a message holds: words, pictures, and what cannot be used.

Pictures are looked for wherever a message can have them: files, stickers, the cards of other bots,
links that Discord has unfolded, and what it forwards. Bytes decide what a file is, never its name
or the type it is said to have; only where a picture is claimed are the bytes left to the engine,
which looks at them before anything is paid. Only what Discord itself serves becomes ``data``, for
an attachment reader to fetch; anything else is fetched like any other link.

https://discord.com/developers/docs/resources/message#message-object
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import discord

from adapters.discord.downloads import AttachmentReader
from bot.chat import HEAD, FileKind, kind_of, unusable
from bot.domain import JSON, Attachment

MOST = 10
"""Pictures of one message that are looked at; Discord allows no more in one."""

LONGEST_TEXT = 64 * 1024
"""Bytes of a text file that are read: more than the longest prompt has."""

PASTED = "message.txt"
"""What Discord makes of a text that is too long for a message."""

_EPHEMERAL = 1 << 6
"""https://discord.com/developers/docs/resources/message#message-object-message-flags"""

_STICKERS = {1: "png", 2: "png", 4: "gif"}
"""The formats of stickers that are pictures, and the endings of their addresses.
https://discord.com/developers/docs/resources/sticker#sticker-object-sticker-format-types"""


@dataclass(frozen=True, slots=True)
class Contents:
    """``words`` are those of what is forwarded and of text files; ``unusable`` are the kinds of
    :attr:`bot.domain.requests.Incoming.unusable`."""

    words: str = ""
    pictures: tuple[Attachment, ...] = ()
    unusable: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.pictures or self.unusable)


Payload = Mapping[str, Any]


def is_ephemeral(message: Payload) -> bool:
    """Whether one person alone sees a message, as an interaction carries it."""
    return bool(int(message.get("flags") or 0) & _EPHEMERAL)


def payload_of(message: discord.Message) -> Payload:
    """A message as the API writes it, as far as :func:`read` looks at it."""
    snapshots = [{"message": _payload(one)} for one in message.message_snapshots]
    made = {**_payload(message), "id": str(message.id), "message_snapshots": snapshots}
    return {**made, "author": {"bot": message.author.bot}, "poll": message.poll}


def _payload(part: discord.Message | discord.MessageSnapshot) -> dict[str, Any]:
    stickers = [{"id": one.id, "format_type": one.format.value} for one in part.stickers]
    files = [
        {
            "filename": one.filename,
            "content_type": one.content_type,
            "size": one.size,
            "url": one.url,
        }
        for one in part.attachments
    ]
    return {
        "content": part.content,
        "attachments": files,
        "sticker_items": stickers,
        "embeds": [one.to_dict() for one in part.embeds],
        "components": [one.to_dict() for one in part.components],
    }


async def read(
    message: Payload, channel: str, reader: AttachmentReader, *, quoted: bool
) -> Contents:
    """What a message holds besides its own words.

    ``quoted``: it was pointed at, so that what Discord has unfolded of its links counts. Links in
    a request itself are the engine's to read.
    """
    found: list[Contents] = []
    forwarded = [one.get("message") or {} for one in message.get("message_snapshots") or []]
    for part in (message, *forwarded):
        own = part is message
        card = not own or bool((part.get("author") or {}).get("bot"))
        id = str(message["id"]) if own else None
        held = await _part(part, channel, id, reader, card, linked=card or quoted)
        if not own:
            words = str(part.get("content") or "")
            held = replace(held, words="\n".join(filter(None, (words, held.words))))
        found.append(held if own or held else Contents(unusable=("record",)))
    private = is_ephemeral(message)
    pictures = _once(picture for one in found for picture in one.pictures)
    return Contents(
        "\n".join(one.words for one in found if one.words),
        tuple(replace(picture, private=private) for picture in pictures)[:MOST],
        tuple(dict.fromkeys(kind for one in found for kind in one.unusable)),
    )


async def _part(
    part: Payload,
    channel: str,
    message: str | None,
    reader: AttachmentReader,
    card: bool,
    *,
    linked: bool,
) -> Contents:
    """What a message, or one that it forwards, holds; ``card``: its embeds are its contents."""
    files = [attachment_of(raw, channel, message) for raw in part.get("attachments") or []]
    claims = [str(raw.get("content_type") or "") for raw in part.get("attachments") or []]
    looked = [_file(file, claim, reader) for file, claim in zip(files, claims, strict=True)]
    found: list[Contents] = [*await asyncio.gather(*looked)]
    found += [_sticker(one, channel) for one in part.get("sticker_items") or []]
    if part.get("poll"):
        found.append(Contents(unusable=("poll",)))
    if linked:
        embeds = [_embed(one, reader) for one in part.get("embeds") or []]
        media = [_linked(one, reader) for one in _media(part.get("components") or [])]
        cards = [*filter(None, embeds), *filter(None, media)]
        if card and not cards and part.get("embeds") and not any(one.pictures for one in found):
            cards = [Contents(unusable=("card",))]
        found += cards
    return Contents(
        "\n".join(one.words for one in found if one.words),
        tuple(picture for one in found for picture in one.pictures),
        tuple(kind for one in found for kind in one.unusable),
    )


def attachment_of(raw: Payload, channel: str, message: str | None) -> Attachment:
    """A file that Discord keeps, whatever it is; ``message`` is where a fresh link to it is."""
    name = str(raw["filename"])
    size = int(raw["size"])
    data: dict[str, JSON] = {"url": str(raw["url"]), "size": size, "name": name}
    return Attachment(name, data={**data, "channel": channel, "message": message})


async def _file(file: Attachment, claim: str, reader: AttachmentReader) -> Contents:
    """What a file is good for; one that cannot be had is left to the engine, which says so."""
    if claim.startswith("image/"):
        return Contents(pictures=(file,))
    written = file.name.strip().casefold() == PASTED or claim.startswith("text/plain")
    head = await reader.head(file, LONGEST_TEXT if written else HEAD)
    kind = kind_of(head[:HEAD]) if head is not None else FileKind.PICTURE
    if kind is FileKind.PICTURE:
        return Contents(pictures=(file,))
    if kind is FileKind.TEXT and written and head is not None:
        return Contents(words=head.decode("utf-8", "ignore").strip())
    return Contents(unusable=(unusable(kind),))


def _sticker(sticker: Payload, channel: str) -> Contents:
    ending = _STICKERS.get(int(sticker["format_type"]))
    if ending is None:
        return Contents(unusable=("sticker",))
    host = "media.discordapp.net" if ending == "gif" else "cdn.discordapp.com"
    url = f"https://{host}/stickers/{sticker['id']}.{ending}"
    name = f"sticker.{ending}"
    data: dict[str, JSON] = {"url": url, "name": name, "channel": channel, "message": None}
    return Contents(pictures=(Attachment(name, data=data),))


def _embed(embed: Payload, reader: AttachmentReader) -> Contents | None:
    """The picture of a card, or of a link that was unfolded."""
    kind = str(embed.get("type") or "rich")
    if kind == "video":
        return Contents(unusable=("video",))
    for part in (embed.get("image"), embed.get("thumbnail")):
        if part and (found := _linked(part, reader)):
            return found
    return _linked(embed, reader) if kind == "image" else None


def _media(components: Iterable[Payload]) -> Iterator[Payload]:
    """The media that components show, at any depth."""
    for component in components:
        if media := component.get("media"):
            yield media
        yield from (item["media"] for item in component.get("items") or [] if item.get("media"))
        inner = [*(component.get("components") or [])]
        inner += [component[key] for key in ("component", "accessory") if component.get(key)]
        yield from _media(inner)


def _linked(media: Payload, reader: AttachmentReader) -> Contents | None:
    """What is shown from an address; from one that is not safe, Discord's own copy of it."""
    if str(media.get("content_type") or "").startswith("video/"):
        return Contents(unusable=("video",))
    for url in (str(media.get("url") or ""), str(media.get("proxy_url") or "")):
        if reader.serves(url):
            name = url.partition("?")[0].rpartition("/")[2]
            return Contents(pictures=(Attachment(name, data={"url": url, "name": name}),))
        if url.startswith("https://"):
            return Contents(pictures=(Attachment(url=url),))
    return None


def _once(pictures: Iterable[Attachment]) -> list[Attachment]:
    """Each picture once: a card may show a file of its own message."""
    kept: dict[str, Attachment] = {}
    for picture in pictures:
        where = picture.url or str((picture.data or {}).get("url"))
        kept.setdefault(where.partition("?")[0].removeprefix("https://"), picture)
    return list(kept.values())
