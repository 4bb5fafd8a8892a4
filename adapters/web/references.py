"""Pictures to work from: uploads, links and pictures made before, all as ids in the media store."""

import asyncio
from collections.abc import Sequence

from aiohttp import web

from adapters.web.context import BOT, PERSON, PLATFORM, locale
from adapters.web.errors import refusal
from bot.failures import Failure, Reason
from bot.media import IMAGE_ID
from bot.ports import Attachment
from messages import Picture


async def keep(
    request: web.Request, files: Sequence[bytes], links: Sequence[str]
) -> tuple[Attachment, ...]:
    """Verify and store what a person wants to work from; errors are told at once.

    Raises:
        Refused: naming the first picture that cannot be used.
    """
    uploaded = [await _keep(request, data) for data in files]
    linked = await asyncio.gather(*(_resolve(request, link) for link in links))
    attachments = []
    for found in (*linked, *uploaded):
        if isinstance(found, Failure):
            raise refusal(found, await locale(request))
        attachments.append(Attachment(image_id=found))
    return tuple(attachments)


async def _resolve(request: web.Request, link: str) -> str | Failure:
    if "://" in link:
        fetched = await request.app[BOT].fetcher.fetch(link)
        return fetched if isinstance(fetched, Failure) else await _keep(request, fetched)
    if not IMAGE_ID.fullmatch(link) or not await _is_theirs(request, link):
        return Failure(Reason.REFERENCE_MISSING)
    return link


async def _keep(request: web.Request, data: bytes) -> str | Failure:
    kept = await request.app[BOT].engine.keep_upload(PLATFORM, request[PERSON], data)
    return kept.image_id if isinstance(kept, Picture) else kept


async def _is_theirs(request: web.Request, image_id: str) -> bool:
    kept = await request.app[BOT].history.picture(image_id)
    return kept is not None and (kept.platform, kept.requester) == (PLATFORM, request[PERSON])
