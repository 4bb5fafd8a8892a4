"""What is done with a person's pictures beside making them: marked, deleted and saved together."""

import time
import zipfile
from contextlib import suppress

from aiohttp import web

from adapters.web.body import DeletionBody, MarkBody, read_json
from adapters.web.context import BOT, json_response, viewer
from adapters.web.errors import RefusedRequest, not_found
from adapters.web.pictures import file_name
from bot.domain import IMAGE_ID, StoredPicture

MOST_SAVED = 200
"""Pictures in one archive: their ids are in the address."""


async def mark(request: web.Request) -> web.Response:
    """``PUT /api/pictures/{image_id}``: make it a favourite, or an ordinary picture again."""
    image_id = request.match_info["image_id"]
    sent = await read_json(request, MarkBody)
    marked = IMAGE_ID.fullmatch(image_id) and await request.app[BOT].mark_favourite(
        image_id, viewer(request), favourite=sent.favourite
    )
    if not marked:
        raise await not_found(request)
    return json_response({"favourite": sent.favourite})


async def delete(request: web.Request) -> web.Response:
    """``POST /api/pictures/delete``: for good; a request that has none left goes with them."""
    sent = await read_json(request, DeletionBody)
    deleted = await request.app[BOT].delete_pictures(sent.image_ids, viewer(request))
    return json_response({"deleted": deleted})


async def save(request: web.Request) -> web.StreamResponse:
    """``GET /download?id=…&id=…``: the untouched files in one ZIP, which is made while it is sent.

    Pictures are compressed already, so they are only stored; what is gone meanwhile is left out.
    """
    chosen = await _chosen(request)
    if not chosen:
        raise await not_found(request)
    response = web.StreamResponse(
        headers={
            "Content-Type": "application/zip",
            "Content-Disposition": 'attachment; filename="pictures.zip"',
            "Cache-Control": "private, no-store",
        }
    )
    with suppress(ConnectionError):  # Whoever goes away has no need of the rest.
        await response.prepare(request)
        await _write(request, response, chosen)
        await response.write_eof()
    return response


async def _chosen(request: web.Request) -> list[StoredPicture]:
    ids = list(dict.fromkeys(request.query.getall("id", [])))
    if len(ids) > MOST_SAVED:
        raise RefusedRequest(413, "too_large", why="too_many_saved", facts={"count": MOST_SAVED})
    known = [image_id for image_id in ids if IMAGE_ID.fullmatch(image_id)]
    found = [await request.app[BOT].picture(image_id, viewer(request)) for image_id in known]
    return [kept for kept in found if kept is not None]


async def _write(
    request: web.Request, response: web.StreamResponse, chosen: list[StoredPicture]
) -> None:
    bot = request.app[BOT]
    written = _Written()
    with zipfile.ZipFile(written, "w") as archive:
        for kept in chosen:
            job = await bot.job(kept.job_id, viewer(request)) if kept.job_id else None
            name = file_name(job.prompt if job else "", kept)
            moment = time.gmtime(kept.created_at)[:6]
            pieces = bot.stream_picture(kept)
            try:
                piece = await anext(pieces, b"")
            except FileNotFoundError:
                continue
            with archive.open(zipfile.ZipInfo(name, moment), "w") as entry:
                entry.write(piece)
                await response.write(written.take())
                async for piece in pieces:
                    entry.write(piece)
                    await response.write(written.take())
    await response.write(written.take())


class _Written:
    """What a ZIP file is written to, and taken from again piece by piece."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes, /) -> int:
        self._data += data
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> bytes:
        """All that was written since the last time."""
        data = bytes(self._data)
        self._data.clear()
        return data
