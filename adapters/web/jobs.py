"""A person's requests: ``/api/requests``, ``/api/jobs`` and ``/api/history``."""

import asyncio
import math
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from adapters.web import references, views
from adapters.web.body import Ask, Repeat, read_json, read_request
from adapters.web.context import BOT, PERSON, PLATFORM, RECEIVE, json_response, locale
from adapters.web.errors import Refused, not_found, refusal
from bot.failures import Failure
from bot.job import Job
from bot.ports import Accepted, Address, Incoming
from bot.wording import Action
from messages import Notice

PAGE = 20
"""Jobs in one answer of the history; the most that can be asked for is :data:`LARGEST_PAGE`."""

LARGEST_PAGE = 50

UPLOADS_AT_ONCE = 4
UPLOAD_SECONDS = 120.0

UPLOADS: web.AppKey[asyncio.Semaphore] = web.AppKey("uploads", asyncio.Semaphore)


async def ask(request: web.Request) -> web.Response:
    """``POST /api/requests``: 202 and a job, or 200 and a notice ("help", "always use pro")."""
    async with _room(request):
        sent = await read_request(request)
        if sent.ask.reply_to is not None:
            await owned(request, sent.ask.reply_to)
        attachments = await references.keep(request, sent.files, sent.ask.references)
    return await _receive(
        request,
        sent.ask,
        text=sent.ask.text,
        attachments=attachments,
        replied_to=sent.ask.reply_to,
    )


async def again(request: web.Request) -> web.Response:
    """``POST /api/jobs/{job_id}/again``: the same once more, with other ``options`` if any."""
    job = await _job(request)
    body = await read_json(request, Repeat)
    return await _receive(request, body, action=Action.AGAIN, target=job.id)


async def show(request: web.Request) -> web.Response:
    """``GET /api/jobs/{job_id}``."""
    job = await _job(request)
    return json_response(await views.job(request.app[BOT], job, await locale(request)))


async def cancel(request: web.Request) -> web.Response:
    """``POST /api/jobs/{job_id}/cancel``: 409 when it was too late."""
    job = await _job(request)
    if not await request.app[BOT].engine.cancel(job.id):
        raise Refused(409, "already_final", "It is already finished; it can be deleted instead.")
    return await show(request)


async def delete(request: web.Request) -> web.Response:
    """``DELETE /api/jobs/{job_id}``: its pictures too, and for good."""
    job = await _job(request)
    await request.app[BOT].engine.delete(job.id)
    return web.Response(status=204)


async def history(request: web.Request) -> web.Response:
    """``GET /api/history?before=&limit=``: newest first; ``next`` is the ``before`` of the rest."""
    limit = int(min(LARGEST_PAGE, max(1, _number(request, "limit", PAGE))))
    before = _number(request, "before", math.inf)
    bot = request.app[BOT]
    found = await bot.history.jobs_of(
        PLATFORM,
        request[PERSON],
        before=before if math.isfinite(before) else None,
        limit=limit,
    )
    spoken = await locale(request)
    shown = [await views.job(bot, job, spoken) for job in found]
    following = found[-1].created_at if len(found) == limit else None
    return json_response({"jobs": shown, "next": following})


async def owned(request: web.Request, job_id: str) -> Job:
    """A job of this very person.

    Raises:
        Refused: 404, also for somebody else's: that it exists is nobody's business.
    """
    job = await request.app[BOT].history.job(job_id)
    if job is None or job.deleted or (job.platform, job.requester) != (PLATFORM, request[PERSON]):
        raise await not_found(request)
    return job


async def _job(request: web.Request) -> Job:
    return await owned(request, request.match_info["job_id"])


async def _receive(request: web.Request, body: Ask | Repeat, **asked: Any) -> web.Response:
    """Hand a request to the bot and say what became of it."""
    person = request[PERSON]
    spoken = await locale(request)
    answer = await request.app[RECEIVE](
        Incoming(
            platform=PLATFORM,
            event_id=f"{person}:{body.event_id or secrets.token_hex(16)}",
            requester=person,
            conversation=person,
            address=Address(PLATFORM),
            options=body.options.options,
            locale=spoken,
            private=True,
            **asked,
        )
    )
    match answer:
        case Accepted(job_id):
            return json_response({"job_id": job_id}, status=202)
        case Notice():
            return json_response({"notice": views.notice(answer, spoken)})
        case Failure():
            raise refusal(answer, spoken)


@asynccontextmanager
async def _room(request: web.Request) -> AsyncIterator[None]:
    """Room for an upload: few at a time, so that memory is bounded, and none for ever.

    Raises:
        Refused: 408 when it takes longer than :data:`UPLOAD_SECONDS`, also in the queue.
    """
    if request.content_type != "multipart/form-data":
        yield
        return
    try:
        async with asyncio.timeout(UPLOAD_SECONDS), request.app[UPLOADS]:
            yield
    except TimeoutError:
        message = "The upload took too long; send fewer or smaller pictures."
        raise Refused(408, "too_slow", message) from None


def _number(request: web.Request, name: str, default: float) -> float:
    text = request.query.get(name)
    if text is None:
        return default
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if math.isnan(number):
        raise Refused(400, "invalid", f"{name}: has to be a number")
    return number
