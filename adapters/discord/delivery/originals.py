"""The files of pictures as they were made, neither smaller nor in another format."""

from adapters.discord.address import PLATFORM, DiscordPlace
from adapters.discord.delivery import files
from adapters.discord.delivery.message_delivery import nonce
from adapters.discord.rest import MessageDraft, Rest
from bot.chat import PackedMessage, PackedPicture
from bot.domain import Failure, Reason
from bot.ports import Bot
from messages import Message, Notice, Picture, render_notice


async def send(
    bot: Bot, rest: Rest, place: DiscordPlace, notice: Notice, locale: str, *, spoiler: bool
) -> Failure | None:
    """Answer with the files that a notice names, in a place that was deferred or in a reply.

    Returns:
        Why they cannot be sent: one is not kept any more, or they are too large for the place.

    Raises:
        Refusal: Discord does not take the answer.
    """
    kept = [await bot.picture(one.image_id, place.viewer) for one in notice.originals]
    message = await bot.message(kept[0].job_id or "", place.viewer) if kept and kept[0] else None
    if message is None:
        return Failure(Reason.NOT_FOUND)
    limits = files.limits(place.limit)
    sizes = [one.size for one in notice.originals]
    if max(sizes) > limits.each.bytes or sum(sizes) > limits.total:
        return Failure(Reason.TOO_LARGE_FOR_CHAT)
    packed: list[PackedPicture] = []
    for one in kept:
        data = await bot.read_picture(one) if one else None
        if one is None or data is None:
            return Failure(Reason.NOT_FOUND)
        packed.append(PackedPicture(_number(one.picture, message), data, one.picture.mime))
    uploads = files.uploads(
        PackedMessage(message, tuple(packed)), locale, spoiler=spoiler or message.spoiler
    )
    draft = MessageDraft(render_notice(notice, locale), (), uploads)
    sent = await _answer(rest, place, draft, message.job_id)
    await bot.add_message(sent, message.job_id, PLATFORM)
    return None


def _number(picture: Picture, message: Message) -> int:
    """The place of a picture among those of its job, from 1."""
    return 1 + [each.image_id for each in message.pictures].index(picture.image_id)


async def _answer(rest: Rest, place: DiscordPlace, draft: MessageDraft, job_id: str) -> str:
    if place.token:
        return await rest.edit_webhook(place, None, draft)
    key = nonce(job_id, "original", str(place.asked))
    if place.by_wish:
        return await rest.create(await rest.direct(place.user), draft, nonce=key)
    return await rest.create(place.channel, draft, nonce=key, reply_to=place.asked)
