"""A person's requests: ``/api/requests``, ``/api/jobs`` and ``/api/history``."""

import math
import re
import secrets
from collections.abc import Sequence
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import replace
from typing import Any

from aiohttp import web

from adapters.web import references, views
from adapters.web.body import Ask, RepeatBody, RequestBody, read_json, read_request
from adapters.web.context import BOT, PERSON, PLATFORM, RECEIVE, json_response, locale, viewer
from adapters.web.errors import RefusedRequest, not_found, refusal
from adapters.web.payload import sender
from adapters.web.shares import Shares
from bot.domain import JSON, PRESSED, Accepted, Action, Address, Attachment, Failure, Incoming, Job
from messages import Notice, Picture, Status

PAGE = 20
"""Jobs in one answer of the history; the most that can be asked for is :data:`LARGEST_PAGE`."""

LARGEST_PAGE = 50

LONGEST_SEARCH = 200
"""Characters of a search that are looked at."""

UPLOADS_AT_ONCE = 256
UPLOADS_PER_ADDRESS = 32
UPLOADS_PER_PERSON = 4
"""What they hold in memory is bounded by the budget of bytes in flight, not by their number."""

UPLOADS: web.AppKey[Shares] = web.AppKey("uploads", Shares)

_JOB_ID = re.compile(r"job_[0-9a-f]{24}")
_QUESTION_ID = re.compile(r"question_[0-9a-f]{24}")
_ANSWER = re.compile(r"[1-9][0-9]?")


async def ask(request: web.Request) -> web.Response:
    """``POST /api/requests``: 202 and a job, or 200 and a notice ("help", "always use pro").

    A form holds a place among the uploads from its beginning, links once they are known.
    """
    form = request.content_type == "multipart/form-data"
    async with AsyncExitStack() as held:
        if form:
            held.enter_context(_place(request))
        kept = await held.enter_async_context(references.kept(request))
        with request.app[BOT].transfer(sender(request)) as transfer:
            sent = await read_request(request, transfer)
            incoming = await _checked(request, sent)
            uploaded = await kept.upload(sent.files)
        if sent.ask.references and not form:
            held.enter_context(_place(request))
        ids = await kept.resolve(sent.ask.references) + uploaded
        attachments = tuple(Attachment(image_id=image_id) for image_id in ids)
        attachments = (*incoming.attachments, *attachments)
        return await _receive(request, replace(incoming, attachments=attachments))


async def _checked(request: web.Request, sent: RequestBody) -> Incoming:
    """The request without its pictures, if it can be with so many of them.

    Raises:
        RefusedRequest: before any of them is stored or fetched.
    """
    ask = sent.ask
    target = await owned(request, ask.reply_to) if ask.reply_to else None
    number = len(sent.files) + len(ask.references)
    if target is not None and ask.number is not None:
        chosen = await _picture(request, target, ask.number)
        incoming = await _incoming(
            request, ask, text=ask.text, attachments=(Attachment(image_id=chosen.image_id),)
        )
    else:
        incoming = await _incoming(request, ask, text=ask.text, replied_to=ask.reply_to)
        if number and target is not None and target.status is Status.SUCCEEDED:
            number += 1
    failure = await request.app[BOT].too_many(incoming, number)
    if failure is not None:
        raise refusal(failure, incoming.locale)
    return incoming


async def press(request: web.Request) -> web.Response:
    """``POST /api/jobs/{job_id}/{button}``: what a button asks for, such as the same ``again``.

    202 and a job, with other ``options`` if any, or 200 and a notice.
    """
    job = await _job(request)
    body = await read_json(request, RepeatBody)
    action = _action(request.match_info["button"], body)
    if action is None:
        raise await not_found(request)
    number = await _which(request, job, body.number) if action.spec.one_picture else 1
    incoming = await _incoming(request, body, action=action, target=job.id, number=number)
    return await _receive(request, incoming)


def _action(button: str, body: RepeatBody) -> Action | None:
    """What a button asks for; to extend a picture the ratio is all that is needed."""
    if button == Action.EXTEND:
        return Action.EXTEND if body.options.aspect_ratio else None
    action = PRESSED.get(button)
    spec = action.spec if action else None
    return None if spec is None or spec.chat_only or spec.needs_input or spec.asked else action


async def _which(request: web.Request, job: Job, number: int | None) -> int:
    """Which of a job's pictures a button is about: one of several has to be named.

    Raises:
        RefusedRequest: 422 when it is not, or when there are not so many.
    """
    made = await _pictures(request, job)
    if number is None and len(made) < 2:
        return 1
    await _picture(request, job, number or 0)
    return number or 1


async def _picture(request: web.Request, job: Job, number: int) -> Picture:
    """One of a job's pictures, counted from 1.

    Raises:
        RefusedRequest: 422 when there is none of that number.
    """
    chosen = (await _pictures(request, job))[number - 1 : number] if number else ()
    if not chosen:
        raise RefusedRequest(422, "which_picture")
    return chosen[0]


async def _pictures(request: web.Request, job: Job) -> Sequence[Picture]:
    message = await request.app[BOT].message(job, viewer(request))
    return message.pictures if message else ()


async def answer(request: web.Request) -> web.Response:
    """``POST /api/questions/{question_id}/{number}``: the answer of that number, from 1.

    202 and the job that the question had held up, or 200 and a notice.
    """
    question, number = request.match_info["question_id"], request.match_info["number"]
    if not _QUESTION_ID.fullmatch(question) or not _ANSWER.fullmatch(number):
        raise await not_found(request)
    body = await read_json(request, RepeatBody)
    asked = await _incoming(
        request, body, action=Action.ANSWER, target=question, number=int(number)
    )
    return await _receive(request, asked)


async def show(request: web.Request) -> web.Response:
    """``GET /api/jobs/{job_id}``."""
    job = await _job(request)
    return json_response(
        await views.job(request.app[BOT], job, viewer(request), await locale(request))
    )


async def versions(request: web.Request) -> web.Response:
    """``GET /api/jobs/{job_id}/versions``: what it comes from, it, and what was made from them."""
    job = await _job(request)
    bot, spoken = request.app[BOT], await locale(request)
    found = await bot.versions(job.id, viewer(request))
    shown: list[JSON] = [await views.job(bot, one, viewer(request), spoken) for one in found]
    return json_response({"jobs": shown})


async def cancel(request: web.Request) -> web.Response:
    """``POST /api/jobs/{job_id}/cancel``: 409 when it was too late."""
    job = await _job(request)
    if not await request.app[BOT].cancel(job.id, viewer(request)):
        raise RefusedRequest(409, "already_final")
    return await show(request)


async def delete(request: web.Request) -> web.Response:
    """``DELETE /api/jobs/{job_id}``: its pictures too, and for good."""
    job = await _job(request)
    await request.app[BOT].delete(job.id, viewer(request))
    return web.Response(status=204)


async def history(request: web.Request) -> web.Response:
    """``GET /api/history?before=&limit=``: newest first; ``next`` is the ``before`` of the rest.

    ``succeeded=1`` leaves those with a picture, ``favourites=1`` those with a favourite, ``words=``
    those that were asked for with these words.
    """
    limit = int(min(LARGEST_PAGE, max(1, _number(request, "limit", PAGE))))
    before = _number(request, "before", math.inf)
    bot = request.app[BOT]
    page = await bot.history(
        viewer(request),
        before=before if math.isfinite(before) else None,
        limit=limit,
        succeeded="succeeded" in request.query,
        words=request.query.get("words", "")[:LONGEST_SEARCH],
        favourites="favourites" in request.query,
    )
    spoken = await locale(request)
    shown: list[JSON] = [await views.job(bot, job, viewer(request), spoken) for job in page.jobs]
    return json_response({"jobs": shown, "next": page.older})


async def owned(request: web.Request, job_id: str) -> Job:
    """A job of this very person.

    Raises:
        RefusedRequest: 404, also for somebody else's: that it exists is nobody's business.
    """
    known = _JOB_ID.fullmatch(job_id)
    job = await request.app[BOT].job(job_id, viewer(request)) if known else None
    if job is None:
        raise await not_found(request)
    return job


async def _job(request: web.Request) -> Job:
    return await owned(request, request.match_info["job_id"])


async def _incoming(request: web.Request, body: Ask | RepeatBody, **asked: Any) -> Incoming:
    person = request[PERSON]
    return Incoming(
        platform=PLATFORM,
        event_id=f"{person}:{body.event_id or secrets.token_hex(16)}",
        requester=person,
        conversation=person,
        address=Address(PLATFORM),
        options=body.options.options,
        locale=await locale(request),
        private=True,
        **asked,
    )


async def _receive(request: web.Request, incoming: Incoming) -> web.Response:
    """Hand a request to the bot and say what became of it."""
    match await request.app[RECEIVE](incoming):
        case Accepted(job_id):
            return json_response({"job_id": job_id}, status=202)
        case Notice() as notice:
            return json_response({"notice": views.notice(notice, incoming.locale)})
        case Failure() as failure:
            raise refusal(failure, incoming.locale)


def _place(request: web.Request) -> AbstractContextManager[None]:
    """A place among those who send pictures or have them fetched."""
    theirs = RefusedRequest(429, "too_many_uploads", retry_after=5)
    return request.app[UPLOADS].hold(request, theirs, RefusedRequest(503, "busy", retry_after=5))


def _number(request: web.Request, name: str, default: float) -> float:
    text = request.query.get(name)
    if text is None:
        return default
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if math.isnan(number):
        raise RefusedRequest(400, "invalid", f"{name}: has to be a number")
    return number
