"""Errors as JSON: ``{"error": {"code", "message"}}`` and the right status, whatever went wrong."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

import structlog
from aiohttp import web

from adapters.web.context import json_response, locale, spoken
from adapters.web.seldom import Seldom
from bot.domain import JSON, Failure, Reason
from messages import advice, reason
from messages import refusal as words

log = structlog.get_logger(__name__)
failed = Seldom(log, "error")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

STATUSES: Mapping[Reason, int] = {
    Reason.EMPTY_PROMPT: 400,
    Reason.PROMPT_TOO_LONG: 400,
    Reason.BAD_COUNT: 400,
    Reason.NOT_FOUND: 404,
    Reason.OUTDATED: 404,
    Reason.NOTHING_TO_REPEAT: 409,
    Reason.NOTHING_TO_CANCEL: 409,
    Reason.REFERENCE_TOO_LARGE: 413,
    Reason.QUEUE_FULL: 429,
    Reason.TOO_MUCH_SENT: 429,
    Reason.RATE_LIMITED: 429,
    Reason.UNKNOWN: 500,
    Reason.UNAUTHORIZED: 502,
    Reason.PROVIDER_DOWN: 502,
    Reason.NETWORK: 502,
    Reason.TIMEOUT: 504,
}
"""The status of a reason; every other one is 422: understood, and impossible.

https://www.rfc-editor.org/rfc/rfc9110#name-422-unprocessable-content
"""

SERVER = "banana-bot"
"""The ``Server`` header; aiohttp's own would tell the versions of everything."""

QUEUE_RETRY = 10
"""Seconds after which somebody whose queue is full may try again, unless the failure says."""

_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}


class RefusedRequest(Exception):
    """A request that is answered with an error; ``retry_after`` is in seconds.

    ``message`` is in the person's language already, or in English for what the page never sends and
    only a program's author reads. Without one the words are those of ``why`` in
    :data:`messages.texts.REFUSALS`, else of the code, filled with ``facts``.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str = "",
        *,
        advice: str | None = None,
        retry_after: float | None = None,
        why: str = "",
        facts: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        super().__init__(message or why or code)
        self.status = status
        self.code = code
        self.message = message
        self.advice = advice
        self.retry_after = retry_after
        self.why = why or code
        self.facts = facts

    def response(self, locale: str = "en") -> web.Response:
        message = self.message or words(self.why, locale, self.facts) or self.code
        error: dict[str, JSON] = {"code": self.code, "message": message}
        if self.advice:
            error["advice"] = self.advice
        response = json_response({"error": error}, status=self.status)
        if self.retry_after is not None:
            response.headers["Retry-After"] = str(max(1, round(self.retry_after)))
        return response


def refusal(failure: Failure, locale: str) -> RefusedRequest:
    """The error that tells a person about a failure, in their language."""
    status = STATUSES.get(failure.reason, 422)
    retry_after = failure.retry_after
    if status == 429 and retry_after is None:
        retry_after = QUEUE_RETRY
    problem = failure.problem
    return RefusedRequest(
        status,
        failure.reason.value,
        reason(problem, locale),
        advice=advice(problem, locale),
        retry_after=retry_after,
    )


async def not_found(request: web.Request) -> RefusedRequest:
    """The one answer for what is not there and for what belongs to somebody else."""
    return refusal(Failure(Reason.NOT_FOUND), await locale(request))


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every error in one form, and keep the server alive whatever happens."""
    try:
        return await handler(request)
    except RefusedRequest as refused:
        return refused.response(await _language(request))
    except web.HTTPException as error:
        return _plain(error)
    except ConnectionError:  # The client went away: there is nobody to answer.
        raise
    except Exception as error:
        where = f"{request.method} {_route(request)}"
        failed("web request failed", about=where, exc_info=error)
        return RefusedRequest(500, "internal").response(spoken(request))


async def _language(request: web.Request) -> str:
    """The person's language, also while it cannot be looked up."""
    try:
        return await locale(request)
    except Exception:  # the database is away, which what was refused need not hear of
        return spoken(request)


def _plain(error: web.HTTPException) -> web.StreamResponse:
    """An error of aiohttp's own in our form."""
    if error.status < 400:
        raise error
    code = _CODES.get(error.status, error.reason.lower().replace(" ", "_"))
    response = RefusedRequest(error.status, code, error.reason).response()
    if "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response


def _route(request: web.Request) -> str:
    """The route and not the path: a path may hold what only one person should know."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "-"
