"""What Discord refuses for good, by what helps then.

Only rate limits, dead keys of the bot's own, server errors and broken connections are worth another
try, and are no refusals. Anything else is final for the way on which it was refused, whether its
code is known or not.
https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
"""

from collections.abc import Mapping
from enum import StrEnum

import discord
import structlog

log = structlog.get_logger(__name__)


class Cause(StrEnum):
    """Why something was refused."""

    EXPIRED = "expired"
    """The key to this way, an interaction's token, is no more, or never was."""
    GONE = "gone"
    """The message that was to be changed is not there any more."""
    UNCHANGEABLE = "unchangeable"
    """The message is there, and is changed no more."""
    CLOSED = "closed"
    """Nothing can be posted in this place: it is gone or locked."""
    FORBIDDEN = "forbidden"
    """A permission is missing there."""
    NO_REPLY = "no_reply"
    """A message may be posted there, but not as a reply."""
    TOO_LARGE = "too_large"
    """The files are larger than the place takes."""
    REFUSED = "refused"
    """What it shows or says, or anything else: another form may be taken, or another way."""


_CAUSES: Mapping[int, Cause] = {
    10003: Cause.CLOSED,  # unknown channel
    10004: Cause.CLOSED,  # unknown server
    10008: Cause.GONE,
    10015: Cause.EXPIRED,
    10062: Cause.EXPIRED,
    30046: Cause.UNCHANGEABLE,  # too many edits of a message older than an hour
    40005: Cause.TOO_LARGE,
    40094: Cause.CLOSED,  # no more follow-ups
    50001: Cause.FORBIDDEN,
    50005: Cause.UNCHANGEABLE,  # of another user
    50007: Cause.CLOSED,  # the person takes no messages
    50013: Cause.FORBIDDEN,
    50021: Cause.UNCHANGEABLE,  # a system message
    50027: Cause.EXPIRED,
    50083: Cause.CLOSED,  # an archived thread
    50278: Cause.CLOSED,  # no server in common with the person
    160002: Cause.NO_REPLY,
    160005: Cause.CLOSED,  # a locked thread
}

_INVALID_FORM = 50035
_OVER_IN_A_WHILE = (408, 425, 429)


class Refusal(Exception):
    """Discord will not do it, however often it is asked. ``code`` is Discord's, 0 without one."""

    def __init__(self, code: int, status: int) -> None:
        super().__init__(f"Discord refused: {status}, code {code}")
        self.code = code
        self.status = status

    @property
    def cause(self) -> Cause:
        """What of :class:`Cause` it is; a code that is not known is simply refused."""
        if self.status == 413:
            return Cause.TOO_LARGE
        if self.status == 401:
            return Cause.EXPIRED
        return _CAUSES.get(self.code, Cause.REFUSED)


def refusal(error: discord.HTTPException, *, webhook: bool = False) -> Refusal | None:
    """The refusal that an error is, or ``None`` for one that may be over in a while.

    ``webhook`` says that the key to the call was an interaction's token, and not the bot's own.
    """
    known = _CAUSES.get(error.code)
    if known not in (Cause.EXPIRED, Cause.UNCHANGEABLE):
        dead_key = error.status == 401 and not webhook
        if not 400 <= error.status < 500 or error.status in _OVER_IN_A_WHILE or dead_key:
            return None
    if error.code == _INVALID_FORM:
        log.warning("not understood by Discord", text=error.text)
    return Refusal(error.code, error.status)
