"""Pictures made to fit what a chat takes: fewer bytes, shorter sides, another media type.

As much of a picture is kept as the limit allows: first its quality is lowered, and only when that
does not help, its size. The limits themselves are the adapters' own, for example
https://discord.com/developers/docs/reference#uploading-files and
https://open.feishu.cn/document/server-docs/im-v1/image/create.
"""

import asyncio
from dataclasses import dataclass

from bot.domain.failures import Failure
from bot.images import decoding
from bot.images.encoding import MIMES, Fitted
from bot.images.picture_structure.judging import ANY, judge
from bot.images.picture_structure.parts import Parts
from bot.images.provenance import marked

MAX_PIXELS = 100_000_000
"""The largest picture that is decoded; it takes up to 400 MB, and twice that for a moment."""


@dataclass(frozen=True, slots=True)
class SizeLimits:
    """What a chat takes: most bytes, most pixels per side (None: any), types it shows inline.

    ``gif_side`` is the limit for the sides of a GIF where that is another one.
    """

    bytes: int
    side: int | None = None
    mimes: frozenset[str] = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
    gif_side: int | None = None

    def admit(self, size: int, mime: str, width: int, height: int) -> bool:
        """Whether a picture of ``size`` bytes is taken as it is."""
        side = self.side
        if mime == "image/gif" and self.gif_side is not None:
            side = self.gif_side
        return (
            size <= self.bytes
            and mime in self.mimes
            and (side is None or max(width, height) <= side)
        )


async def fit(data: bytes, limits: SizeLimits) -> Fitted:
    """The picture as it is if the chat takes it, else encoded again with the best quality.

    It is for pictures that were made here: what is encoded again says so, is upright, has kept its
    transparency (as WebP, or on white where the chat takes none), its colour profile, and of an
    animation the first frame. The same picture and limits always give the same bytes.

    Raises:
        ValueError: it is no picture, or a broken one, has too many pixels to be decoded, or there
            is no way to make it fit.
    """
    parts = await asyncio.to_thread(judge, data, ANY)
    if isinstance(parts, Failure):
        raise ValueError(f"This is no picture: {parts.reason}")
    found = Fitted(data, MIMES[parts.kind], parts.width, parts.height, changed=False)
    if limits.admit(len(data), found.mime, found.width, found.height):
        return found
    if found.width * found.height > MAX_PIXELS:
        raise ValueError(
            f"The picture has {found.width}x{found.height} pixels; "
            f"at most {MAX_PIXELS // 10**6} megapixels can be made to fit"
        )
    return await _encoded(parts, limits)


async def _encoded(parts: Parts, limits: SizeLimits) -> Fitted:
    try:
        answer, made = await decoding.MADE.run(
            "fit",
            parts.clean,
            orientation=parts.orientation,
            incomplete=parts.incomplete,
            most=limits.bytes,
            side=limits.side,
            mimes=sorted(limits.mimes),
        )
    except decoding.Undecodable as error:
        raise ValueError(f"The picture is broken: {error}") from None
    if "unfit" in answer:
        raise ValueError(answer["unfit"])
    width, height = answer["size"]
    told = marked(made)
    if len(told) > limits.bytes:
        told = made
    return Fitted(told, answer["mime"], width, height, changed=True)
