"""Pictures as files that Discord takes: few enough, small enough, named after what they show.

At most ten files, each within the limit of the place, and 25 MiB in one request
(https://discord.com/developers/docs/reference#uploading-files).
"""

from adapters.discord.delivery.rendering import alt_text
from adapters.discord.rest import Upload
from bot.chat import MessageLimits, PackedMessage, SizeLimits, file_name, slug

MOST = 10
"""Files in one message."""

REQUEST = 25 * 1024 * 1024
"""Bytes of one request, in boosted servers as well:
https://discord.com/developers/docs/resources/message#create-message."""

ENVELOPE = 64 * 1024
"""Bytes of a request that are not files."""

_SPOILER = "SPOILER_"


def limits(each: int) -> MessageLimits:
    """What a place takes whose upload limit is ``each`` bytes."""
    return MessageLimits(MOST, REQUEST - ENVELOPE, SizeLimits(bytes=each))


def uploads(packed: PackedMessage, locale: str, *, spoiler: bool) -> tuple[Upload, ...]:
    """The pictures as files, covered until they are clicked where they are a ``spoiler``."""
    stem = (_SPOILER if spoiler else "") + slug(packed.message.prompt)
    return tuple(
        Upload(
            file_name(stem, one.number, one.mime),
            one.data,
            alt_text(packed.message, locale, one.number),
        )
        for one in packed.pictures
    )
