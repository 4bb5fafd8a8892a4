"""Pictures packed as a chat takes them: few enough, small enough, with notes that say so.

The limits are the platform's own, for example
https://discord.com/developers/docs/reference#uploading-files and
https://open.feishu.cn/document/server-docs/im-v1/image/create.
"""

import re
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

import structlog

from bot.domain.failures import Failure, Reason
from bot.images.resizing import SizeLimits, fit
from messages import Button, Message, Note, Picture

__all__ = [
    "MessageLimits",
    "PackedMessage",
    "PackedPicture",
    "SizeLimits",
    "file_name",
    "fit",
    "pack",
    "reduced",
    "shares",
    "slug",
    "without_pictures",
]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MessageLimits:
    """What one message takes: so many pictures, each within a limit, and bytes of all together."""

    number: int
    total: int
    each: SizeLimits


@dataclass(frozen=True, slots=True)
class PackedPicture:
    """A picture as it is sent; ``number`` is its place in the message, from 1."""

    number: int
    data: bytes = field(repr=False)
    mime: str


@dataclass(frozen=True, slots=True)
class PackedMessage:
    """A message with the pictures that go with it.

    Its notes say what was made smaller or left out; it has a problem when no picture could be made
    small enough.
    """

    message: Message
    pictures: tuple[PackedPicture, ...] = ()

    @property
    def largest(self) -> int:
        """The bytes of the largest picture."""
        return max((len(picture.data) for picture in self.pictures), default=0)

    def noting(self, note: Note) -> "PackedMessage":
        """The same with one more note."""
        return replace(self, message=replace(self.message, notes=(*self.message.notes, note)))


async def pack(
    message: Message, read: Callable[[Picture], Awaitable[bytes | None]], limits: MessageLimits
) -> PackedMessage:
    """Make the pictures of a message fit into its limits.

    ``read`` gives the bytes of a picture, or ``None`` when it is not there any more: then it is
    left out, as is one that cannot be made small enough.
    """
    shown = message.pictures[: limits.number]
    notes = list(message.notes)
    if len(shown) < len(message.pictures):
        notes.append(Note("pictures_left_out", {"shown": len(shown)}))
    packed: list[PackedPicture] = []
    changed = refused = 0
    for number, (picture, share) in enumerate(zip(shown, shares(shown, limits), strict=True), 1):
        data = await read(picture)
        if data is None:
            continue
        try:
            fitted = await fit(data, replace(limits.each, bytes=share))
        except ValueError as error:
            log.warning("picture left out", job_id=message.job_id, error=str(error))
            refused = max(refused, len(data))
            continue
        if fitted.changed:
            changed = max(changed, len(data))
        packed.append(PackedPicture(number, fitted.data, fitted.mime))
    if changed:
        notes.append(reduced(changed))
    if packed or not refused:
        return PackedMessage(replace(message, notes=tuple(notes)), tuple(packed))
    return without_pictures(message, Failure(Reason.TOO_LARGE_FOR_CHAT))


def without_pictures(message: Message, why: Failure) -> PackedMessage:
    """The same message when its pictures cannot be sent: it says so, keeps the link, and offers to
    send them again."""
    buttons = (Button.RESEND, *(one for one in message.buttons if one is not Button.RESEND))
    return PackedMessage(replace(message, problem=why.problem, buttons=buttons))


def shares(pictures: Sequence[Picture], limits: MessageLimits) -> list[int]:
    """The most bytes of each picture: what small ones leave over goes to the large ones."""
    left = limits.total
    found: dict[str, int] = {}
    by_size = sorted(pictures, key=lambda picture: picture.size)
    for number, picture in enumerate(by_size):
        share = min(limits.each.bytes, left // (len(by_size) - number))
        found[picture.image_id] = share
        left -= min(picture.size, share)
    return [found[picture.image_id] for picture in pictures]


def reduced(size: int) -> Note:
    """That a picture of ``size`` bytes is shown as a smaller copy."""
    return Note("reduced", {"size_mb": f"{size / 2**20:.1f}"})


LONGEST_NAME = 60
"""Characters of a prompt in a file's name."""


def slug(prompt: str) -> str:
    """The words of a prompt as the stem of a file's name, in any script.

    Without accents where only letters of ASCII are left: of others Discord takes them out of the
    name, and makes a title of what is left, which is what people see:
    https://discord.com/developers/docs/resources/message#attachment-object.
    """
    whole = unicodedata.normalize("NFKC", prompt[: LONGEST_NAME * 4]).lower()
    letters = unicodedata.normalize("NFKD", whole)
    latin = "".join(char for char in letters if not unicodedata.combining(char))
    words = re.sub(r"[\W_]+", "-", latin if latin.isascii() else whole)
    return words[:LONGEST_NAME].strip("-") or "picture"


def file_name(stem: str, number: int, mime: str) -> str:
    """The name of a picture as a file, such as ``a-cat-1.jpg``."""
    return f"{stem}-{number}.{mime.removeprefix('image/').replace('jpeg', 'jpg')}"
