"""Pictures as files that Discord takes: few enough, small enough, named after what they show.

At most ten files, each within the limit of the place, and 25 MiB in one request
(https://discord.com/developers/docs/reference#uploading-files).
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from adapters.discord.address import DiscordPlace
from adapters.discord.delivery.rendering import alt_text
from adapters.discord.rest import Upload
from adapters.discord.settings import DiscordSettings
from bot.domain.failures import Failure, Reason
from bot.domain.requests import Viewer
from bot.images import resizing
from bot.images.resizing import SizeLimits
from bot.ports import Bot
from messages import Message, Note, Picture

log = structlog.get_logger(__name__)

MOST = 10
"""Files in one message."""

REQUEST = 25 * 1024 * 1024
"""Bytes of one request, in boosted servers as well:
https://discord.com/developers/docs/resources/message#create-message."""

ENVELOPE = 64 * 1024
"""Bytes of a request that are not files."""

LONGEST_NAME = 60
"""Characters of the prompt in a file's name."""

_SPOILER = "SPOILER_"
_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message with the files that go with it.

    Its notes say what was made smaller or left out; it is a failure in words when no picture
    could be made small enough.
    """

    message: Message
    files: tuple[Upload, ...] = ()

    @property
    def largest(self) -> int:
        """The bytes of the largest file."""
        return max((len(file.data) for file in self.files), default=0)


async def pack(
    bot: Bot, settings: DiscordSettings, message: Message, place: DiscordPlace, limit: int
) -> Parcel:
    """Read the pictures of a message, and make them fit into ``limit`` bytes each.

    Pictures that were deleted from the store are left out.

    Raises:
        OSError: the store cannot be reached just now.
    """
    shown = message.pictures[:MOST]
    notes = list(message.notes)
    if len(shown) < len(message.pictures):
        notes.append(Note("pictures_left_out", {"shown": len(shown)}))
    spoiler = message.spoiler or place.spoiler or settings.discord_spoiler
    stem = (_SPOILER if spoiler else "") + slug(message.prompt)
    files: list[Upload] = []
    reduced = refused = 0
    for number, (picture, share) in enumerate(_shares(shown, limit), 1):
        data = await _bytes(bot, picture, place.viewer)
        if data is None:
            continue
        try:
            fitted = await resizing.fit(data, SizeLimits(bytes=share))
        except ValueError as error:
            log.warning("picture left out", job_id=message.job_id, error=str(error))
            refused = max(refused, len(data))
            continue
        if fitted.changed:
            reduced = max(reduced, len(data))
        name = f"{stem}-{number}.{_EXTENSIONS[fitted.mime]}"
        files.append(Upload(name, fitted.data, alt_text(message)))
    if reduced:
        notes.append(Note("reduced", {"size_mb": f"{reduced / 2**20:.1f}"}))
    made = replace(message, notes=tuple(notes))
    if files or not refused:
        return Parcel(made, tuple(files))
    return without_pictures(message, Failure(Reason.TOO_LARGE_FOR_CHAT))


def without_pictures(message: Message, why: Failure) -> Parcel:
    """The same message when its pictures cannot be sent: it says so, and keeps the link."""
    return Parcel(replace(message, problem=why.problem))


def slug(prompt: str) -> str:
    """The words of a prompt in the letters that Discord leaves in a file's name."""
    folded = unicodedata.normalize("NFKD", prompt[: LONGEST_NAME * 4])
    words = re.sub(r"[^a-z0-9]+", "-", folded.encode("ascii", "ignore").decode().lower())
    return words[:LONGEST_NAME].strip("-") or "picture"


def _shares(pictures: Sequence[Picture], limit: int) -> list[tuple[Picture, int]]:
    """How many bytes each picture may have: what small ones leave over goes to the large ones."""
    left = REQUEST - ENVELOPE
    shares: dict[str, int] = {}
    by_size = sorted(pictures, key=lambda picture: picture.size)
    for number, picture in enumerate(by_size):
        shares[picture.image_id] = share = min(limit, left // (len(by_size) - number))
        left -= min(picture.size, share)
    return [(picture, shares[picture.image_id]) for picture in pictures]


async def _bytes(bot: Bot, picture: Picture, viewer: Viewer) -> bytes | None:
    kept = await bot.picture(picture.image_id, viewer)
    return await bot.read_picture(kept) if kept else None
