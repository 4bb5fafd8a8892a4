"""One call to a service as it is sent, and how far it came."""

import math
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from bot.domain.failures import Failure, Reason
from bot.providers._http.body import Body

UNCONNECTED = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
)
"""No connection, a name that is not known, a wrong certificate, or a proxy that makes none."""


@dataclass(frozen=True, slots=True)
class ProviderCall:
    """A call that may be made several times."""

    method: str
    path: str
    query: Mapping[str, str] | None
    body: Body | None
    form: Mapping[str, str] | None
    headers: Mapping[str, str] | None
    repeatable: bool
    pays: bool
    uncharged: frozenset[int]

    def arguments(self, sending: "Sending") -> dict[str, Any]:
        """What aiohttp is given; a body of known length is not sent in chunks."""
        headers = dict(self.headers or {})
        if self.body is None:
            return {"params": self.query, "data": self.form, "headers": headers}
        headers |= {"Content-Type": "application/json", "Content-Length": str(len(self.body))}
        data = sending.watched(self.body.pieces())
        return {"params": self.query, "data": data, "headers": headers}


class Sending:
    """How far one try to call came.

    ``unfinished``: the service cannot have begun, as it has not been sent all of the request.
    ``answered``: its answer had begun.
    """

    def __init__(self) -> None:
        self.unfinished = False
        self.answered = False

    async def watched(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        self.unfinished = True
        async for piece in pieces:
            yield piece
        self.unfinished = False


def broken(error: Exception, call: ProviderCall, sending: Sending) -> Failure:
    """A call without an answer, or with half of one."""
    reason = Reason.TIMEOUT if isinstance(error, TimeoutError) else Reason.NETWORK
    where = "answer" if sending.answered else "request" if sending.unfinished else "call"
    begun = sending.answered or not sending.unfinished
    return Failure(reason, detail=f"{where}: {said(error)}", maybe_paid=call.pays and begun)


def said(error: BaseException) -> str:
    """An error for the log. aiohttp's never hold headers; some hold a URL, which has no key."""
    return f"{type(error).__name__}: {error}"[:300]


def seconds_of(text: str) -> float | None:
    """``Retry-After``: seconds, or a date."""
    try:
        seconds = float(text)
        return max(0.0, seconds) if math.isfinite(seconds) else None
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:  # "-0000": of no zone that it would tell
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
