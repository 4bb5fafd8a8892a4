"""Pictures as files: ``/media/{image_id}`` to look at, ``/download/{image_id}`` to keep."""

import re
import unicodedata
from contextlib import suppress
from urllib.parse import quote

from aiohttp import hdrs, web

from adapters.web.context import BOT, PERSON, viewer
from adapters.web.errors import not_found
from bot.domain import IMAGE_ID, StoredPicture

LONGEST_SLUG = 60
"""Characters of the prompt that become part of a file name."""

_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}

_HEADERS = {
    # An id is never used for another picture, so a copy of it never gets old.
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


async def media(request: web.Request) -> web.StreamResponse:
    """``GET /media/{image_id}``: for an ``<img>``, and for a tab of its own."""
    kept = await _kept(request)
    return await _send(request, kept, {"Content-Disposition": "inline"})


async def download(request: web.Request) -> web.StreamResponse:
    """``GET /download/{image_id}``: the same bytes, with a file name that says what it is.

    Only whoever asked for the picture is told what they said: a link may be shared.
    """
    kept = await _kept(request)
    job_id = kept.job_id if request.get(PERSON) else None
    job = await request.app[BOT].job(job_id, viewer(request)) if job_id else None
    disposition = content_disposition(job.prompt if job else "", kept)
    return await _send(request, kept, {"Content-Disposition": disposition})


def content_disposition(prompt: str, kept: StoredPicture) -> str:
    """``attachment`` with an ASCII name for old clients, and the real one in UTF-8.

    Only letters, digits and dashes of the prompt are left, so that nothing in it can end the
    header or name a folder. https://www.rfc-editor.org/rfc/rfc6266#section-4.3
    """
    folded = unicodedata.normalize("NFKD", prompt).encode("ascii", "ignore").decode()
    plain, full = file_name(folded, kept), file_name(prompt, kept)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(full, safe='')}"


def file_name(prompt: str, kept: StoredPicture) -> str:
    """What a picture is called as a file: what it shows, and its id."""
    extension = _EXTENSIONS.get(kept.picture.mime, "bin")
    return f"{slug(prompt) or 'picture'}_{kept.picture.image_id}.{extension}"


def slug(text: str) -> str:
    """The words of a text in lower case, joined by dashes; letters of any script are kept."""
    folded = unicodedata.normalize("NFKC", text).lower().encode("utf-8", "ignore").decode()
    words = re.sub(r"[\W_]+", "-", folded[: LONGEST_SLUG * 4]).strip("-")
    if len(words) <= LONGEST_SLUG:
        return words
    cut = words[: LONGEST_SLUG + 1].rpartition("-")[0]
    return cut if len(cut) > LONGEST_SLUG // 2 else words[:LONGEST_SLUG].strip("-")


async def _kept(request: web.Request) -> StoredPicture:
    image_id = request.match_info["image_id"]
    if IMAGE_ID.fullmatch(image_id):
        kept = await request.app[BOT].linked_picture(image_id)
        if kept is not None:
            return kept
    raise await not_found(request)


async def _send(
    request: web.Request, kept: StoredPicture, headers: dict[str, str]
) -> web.StreamResponse:
    etag = f'"{kept.picture.image_id}"'
    headers = {**_HEADERS, **headers, hdrs.ETAG: etag}
    if etag in request.headers.get(hdrs.IF_NONE_MATCH, ""):
        return web.Response(status=304, headers=headers)
    response = web.StreamResponse(headers={**headers, hdrs.CONTENT_TYPE: kept.picture.mime})
    response.content_length = kept.picture.size
    if request.method == hdrs.METH_HEAD:
        return response
    pieces = request.app[BOT].stream_picture(kept)
    try:
        first = await anext(pieces, b"")
    except FileNotFoundError:
        raise await not_found(request) from None
    with suppress(ConnectionError):  # Whoever goes away has seen enough.
        await response.prepare(request)
        await response.write(first)
        async for piece in pieces:
            await response.write(piece)
        await response.write_eof()
    return response
