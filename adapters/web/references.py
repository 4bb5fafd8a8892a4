"""Pictures to work from: uploads, links and pictures made before, all as ids in the media store."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from adapters.web.context import BOT, PLATFORM, locale, viewer
from adapters.web.errors import RefusedRequest, refusal
from adapters.web.payload import LARGEST_BODY, sender, too_large
from adapters.web.shares import whose
from bot.domain import IMAGE_ID, Failure, Reason
from messages import Picture


class KeptReference:
    """What one request wants to work from; ``uploads`` are the ids that it added to the store."""

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self.uploads: list[str] = []
        self._size = 0

    async def upload(self, files: list[bytes]) -> list[str]:
        """Verify and store files, one after the other; ``files`` is empty in the end.

        Raises:
            RefusedRequest: naming the first one that cannot be used.
        """
        ids = []
        while files:
            ids.append(await self._keep(files.pop(0)))
        return ids

    async def resolve(self, links: Sequence[str]) -> list[str]:
        """Fetch, verify and store what is linked, and look up ids; the first error ends the rest.

        Raises:
            RefusedRequest: naming a picture that cannot be used.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                found = [tasks.create_task(self._resolve(link)) for link in links]
        except* RefusedRequest as group:
            raise _first(group) from None
        return [task.result() for task in found]

    async def _resolve(self, link: str) -> str:
        if "://" in link:
            return await self._fetch(link)
        if not IMAGE_ID.fullmatch(link) or not await self._is_theirs(link):
            raise await self._refusal(Failure(Reason.REFERENCE_MISSING))
        return link

    async def _fetch(self, link: str) -> str:
        bot = self._request.app[BOT]
        owner = f"{PLATFORM}:{whose(self._request)}"
        with bot.transfer(sender(self._request)) as transfer:
            fetched = await bot.fetch(link, owner=owner, transfer=transfer)
            if isinstance(fetched, Failure):
                raise await self._refusal(fetched)
            return await self._keep(fetched)

    async def _keep(self, data: bytes) -> str:
        kept = await self._request.app[BOT].keep_upload(viewer(self._request), data)
        if isinstance(kept, Picture):
            self.uploads.append(kept.image_id)
            self._size += kept.size
            if self._size > LARGEST_BODY:
                raise too_large(LARGEST_BODY)
            return kept.image_id
        raise await self._refusal(kept)

    async def _is_theirs(self, image_id: str) -> bool:
        return await self._request.app[BOT].picture(image_id, viewer(self._request)) is not None

    async def _refusal(self, failure: Failure) -> RefusedRequest:
        return refusal(failure, await locale(self._request))


@asynccontextmanager
async def kept(request: web.Request) -> AsyncIterator[KeptReference]:
    """What a request wants to work from; what nothing works from in the end is deleted again."""
    bot = request.app[BOT]
    since = bot.clock()
    found = KeptReference(request)
    try:
        yield found
    finally:
        if found.uploads:
            await asyncio.shield(bot.discard_uploads(viewer(request), found.uploads, since))


def _first(group: BaseExceptionGroup[RefusedRequest]) -> RefusedRequest:
    """The first of the refusals, however deep they are grouped."""
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
