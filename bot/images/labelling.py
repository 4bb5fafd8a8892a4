"""A mark in the corner of a picture that everybody sees: it was made by AI.

Some places require one that people read, beside the one in the file (:mod:`bot.images.provenance`).
"""

import asyncio

import structlog

from bot.domain.failures import Failure
from bot.images.decoding import MADE, DecodingTooCostly, Undecodable
from bot.images.picture_structure.judging import judge
from bot.images.validation import FROM_PROVIDERS

log = structlog.get_logger(__name__)


async def labelled(data: bytes) -> bytes:
    """The picture with the letters “AI” in its lower right corner, in the format that it has.

    What cannot be decoded stays as it is: whoever keeps it says what is wrong with it.
    """
    parts = await asyncio.to_thread(judge, data, FROM_PROVIDERS)
    if isinstance(parts, Failure):
        return data
    try:
        _, made = await MADE.run(
            "label",
            parts.clean,
            orientation=parts.orientation,
            incomplete=parts.incomplete,
            lossless=parts.lossless,
        )
    except (DecodingTooCostly, Undecodable) as error:
        log.warning("picture without a label", error=str(error))
        return data
    return made
