"""Forms, and the menu of a message that opens one.

A form has to be the first response to what opens it, so nothing is looked up before
(https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object-modal).
What it is about is in its custom id.
"""

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import discord
import structlog

from adapters.discord.address import DiscordPlace
from adapters.discord.context import Context, Interaction
from adapters.discord.custom_id import job_in
from adapters.discord.gateway import content
from adapters.discord.gateway.content import Contents, payload_of
from adapters.discord.interactions import more, wording_form
from adapters.discord.interactions.drawing import draw
from adapters.discord.interactions.requests import channel_of, files_of, incoming, place_of
from adapters.discord.interactions.responses import (
    answer,
    defer,
    first,
    refuse,
    settle,
)
from adapters.discord.texts import word
from bot.chat import Press
from bot.domain import MENUS, Action, Attachment, Failure, Incoming, Reason
from messages import negotiate

log = structlog.get_logger(__name__)

LONGEST_INSTRUCTION = 4000

LOOKING_SECONDS = 1.0
"""How long a form may wait for what its message holds."""

MOST_PICTURES = 4

_LABEL, _TEXT, _UPLOAD, _RADIO = 18, 4, 19, 21
_PARAGRAPH = 2
_JOB = re.compile(r"ask:job:([\w-]{1,64}):([1-9]\d?):([01])")
_MESSAGE = re.compile(r"ask:message:(\d{1,20}):(\d{1,20})")


class _DiscordForm(discord.ui.Modal):
    """A form that is sent as it is written down, and that nothing keeps hold of."""

    def __init__(self, payload: dict[str, Any]) -> None:
        super().__init__(title=payload["title"], custom_id=payload["custom_id"])
        self._payload = payload
        self.stop()

    def to_dict(self) -> dict[str, Any]:
        return self._payload


# Opening


async def edit_job(interaction: Interaction, pressed: Press, *, private: bool) -> None:
    """Ask what should change in a picture of ours.

    Raises:
        TooLate: Discord does not wait for it any more.
    """
    several = len(interaction.message.attachments) if interaction.message else 1
    several = 1 if pressed.number else several
    await _open(interaction, pressed.job_id, pressed.number, several, private=private)


async def _open(
    interaction: Interaction, job_id: str, number: int | None, several: int, *, private: bool
) -> None:
    custom_id = f"ask:job:{job_id}:{number or 1}:{int(private)}"
    locale = negotiate(interaction.locale.value)
    payload = _payload(custom_id, locale, several=several, number=number)
    await first(lambda: interaction.response.send_modal(_DiscordForm(payload)))


async def words(
    context: Context, interaction: Interaction, pressed: Press, *, private: bool
) -> None:
    """Ask for other words, in a form that is filled in with those there were.

    Raises:
        TooLate: Discord does not wait for it any more.
    """
    payload = await wording_form.payload_of(context, interaction, pressed, private=private)
    if payload is None:
        await refuse(context, interaction, Failure(Reason.NOT_FOUND))
        return
    await first(lambda: interaction.response.send_modal(_DiscordForm(payload)))


async def menu(context: Context, interaction: Interaction, data: Mapping[str, Any]) -> None:
    """Carry out a command from the menu of a message."""
    target = str(data.get("target_id"))
    message: Mapping[str, Any] = data["resolved"]["messages"][target]
    me = interaction.client.user  # older applications have another id than their bot
    ours = me is not None and str(message["author"]["id"]) == str(me.id)
    job_id = job_in(message.get("components") or []) if ours else None
    match MENUS.get(str(data.get("name"))):
        case Action.DRAW:
            await _edit(context, interaction, message, job_id)
        case Action.KEEP:
            await defer(interaction, private=True)
            await _keep(context, interaction, job_id, await _held_by(context, interaction, message))
        case None:
            log.warning("unknown command", name=data.get("name"))
            await refuse(context, interaction, Failure(Reason.OUTDATED))
        case _ if job_id is None:
            await refuse(context, interaction, Failure(Reason.UNKNOWN_PICTURE))
        case action:
            await answer(context, interaction, action, target=job_id)


async def _held_by(
    context: Context, interaction: Interaction, message: Mapping[str, Any]
) -> Contents:
    return await content.read(
        message, channel_of(interaction), context.delivery.reader, quoted=True
    )


def _no_picture(found: Contents) -> Failure:
    """Why a message cannot be worked from."""
    if found.unusable:
        return Failure(Reason.ATTACHMENT_UNUSABLE, {"unusable": list(found.unusable)})
    return Failure(Reason.NO_PICTURE)


async def _edit(
    context: Context, interaction: Interaction, message: Mapping[str, Any], job_id: str | None
) -> None:
    try:
        async with asyncio.timeout(LOOKING_SECONDS):
            found = await _held_by(context, interaction, message)
    except TimeoutError:  # the form cannot wait; the engine looks at the files later
        files = message.get("attachments") or []
        here, id = channel_of(interaction), str(message["id"])
        found = Contents(pictures=tuple(content.attachment_of(one, here, id) for one in files))
    pictures = found.pictures
    if not pictures:
        await refuse(context, interaction, _no_picture(found))
    elif job_id:
        await _open(interaction, job_id, None, len(pictures), private=content.is_ephemeral(message))
    else:
        where = f"{channel_of(interaction)}:{message['id']}"
        context.pictures[where] = pictures
        payload = _payload(f"ask:message:{where}", negotiate(interaction.locale.value))
        await first(lambda: interaction.response.send_modal(_DiscordForm(payload)))


async def _keep(
    context: Context, interaction: Interaction, job_id: str | None, found: Contents
) -> None:
    """Put pictures aside; of our own the originals, not what fitted into the message."""
    place = place_of(interaction, private=True)
    request = incoming(
        *(interaction, place, Action.KEEP),
        target=job_id,
        attachments=found.pictures,
        unusable=found.unusable,
    )
    await settle(context, interaction, request)


def _payload(
    custom_id: str, locale: str, *, several: int = 1, number: int | None = None
) -> dict[str, Any]:
    fields: list[dict[str, Any]] = [
        {
            "type": _LABEL,
            "label": word("edit_instruction", locale),
            "component": {
                "type": _TEXT,
                "custom_id": "instruction",
                "style": _PARAGRAPH,
                "required": True,
                "max_length": LONGEST_INSTRUCTION,
            },
        }
    ]
    if several > 1:
        options = [
            {"label": word("picture", locale, number=each), "value": str(each)}
            | ({"default": True} if each == number else {})
            for each in range(1, several + 1)
        ]
        which = {"type": _RADIO, "custom_id": "which", "required": True, "options": options}
        fields.append({"type": _LABEL, "label": word("edit_which", locale), "component": which})
    upload = {
        "type": _UPLOAD,
        "custom_id": "pictures",
        "file_types": ["image"],
        "min_values": 0,
        "max_values": MOST_PICTURES,
        "required": False,
    }
    fields.append({"type": _LABEL, "label": word("edit_pictures", locale), "component": upload})
    return {"custom_id": custom_id, "title": word("edit_title", locale), "components": fields}


# Submitting


async def submit(context: Context, interaction: Interaction, data: Mapping[str, Any]) -> None:
    """Draw what a form asks for."""
    custom_id = str(data.get("custom_id"))
    fields = dict(_fields(data.get("components") or []))
    if wording_form.CUSTOM_ID.fullmatch(custom_id):
        await wording_form.submit(context, interaction, custom_id, fields)
        await more.close(context, interaction)
        return
    about_job, about_message = _JOB.fullmatch(custom_id), _MESSAGE.fullmatch(custom_id)
    if about_job is None and about_message is None:
        await refuse(context, interaction, Failure(Reason.OUTDATED))
        return

    async def make(place: DiscordPlace) -> Incoming | Failure:
        files = files_of(interaction, [str(value) for value in fields.get("pictures") or []])
        text = str(fields.get("instruction") or "")
        if about_job is not None:
            which = fields.get("which") or about_job[2]
            if isinstance(which, list):  # a menu, in a form that an earlier version opened
                [which] = which
            return incoming(
                *(interaction, place, Action.DRAW),
                text=text,
                target=about_job[1],
                number=int(which),
                attachments=files,
            )
        assert about_message is not None  # one of the two it is
        channel, message = about_message.groups()
        here = channel == channel_of(interaction)  # what was written elsewhere is not theirs to see
        pictures = await _pictures(context, interaction, channel, message) if here else ()
        if not pictures:
            return Failure(Reason.REFERENCE_MISSING)
        return incoming(interaction, place, Action.DRAW, text=text, attachments=pictures + files)

    known = context.pictures.get(custom_id.removeprefix("ask:message:")) or ()
    private = about_job is not None and about_job[3] == "1"
    private = private or any(picture.private for picture in known)
    await draw(context, interaction, make, private=private or None)
    await more.close(context, interaction)


def _fields(components: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    for component in components:
        inner = [*(component.get("components") or [])]
        inner += [component["component"]] if component.get("component") else []
        yield from _fields(inner)
        if "custom_id" in component:
            yield str(component["custom_id"]), component.get("values", component.get("value"))


async def _pictures(
    context: Context, interaction: Interaction, channel: str, message: str
) -> tuple[Attachment, ...]:
    """The pictures of the message that the form is about; after a restart it is fetched."""
    known = context.pictures.get(f"{channel}:{message}")
    if known is not None:
        return known
    try:
        place = interaction.client.get_partial_messageable(int(channel))
        found = payload_of(await place.fetch_message(int(message)))
        return (await content.read(found, channel, context.delivery.reader, quoted=True)).pictures
    except (discord.HTTPException, OSError) as error:
        log.info("message of a form is not to be had", error=str(error))
        return ()
