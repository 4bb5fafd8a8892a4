"""What Discord refuses for good, by what helps then.

Only rate limits, dead keys of the bot's own, server errors and broken connections are worth another
try, and are no refusals. Anything else is final for the way on which it was refused, whether its
code is known or not.
https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
"""

from collections.abc import Mapping

import discord
import structlog

from bot.chat import DeliveryError, ErrorKind

log = structlog.get_logger(__name__)


UNKNOWN_WEBHOOK = 10015
"""Of a token that is dead, or whose interaction is not acknowledged yet."""

_KINDS: Mapping[int, ErrorKind] = {
    10003: ErrorKind.CLOSED,  # unknown channel
    10004: ErrorKind.CLOSED,  # unknown server
    10008: ErrorKind.GONE,
    UNKNOWN_WEBHOOK: ErrorKind.EXPIRED,
    10062: ErrorKind.EXPIRED,
    30046: ErrorKind.UNCHANGEABLE,  # too many edits of a message older than an hour
    40005: ErrorKind.TOO_LARGE,
    40094: ErrorKind.CLOSED,  # no more follow-ups
    50001: ErrorKind.FORBIDDEN,
    50005: ErrorKind.UNCHANGEABLE,  # of another user
    50007: ErrorKind.CLOSED,  # the person takes no messages
    50013: ErrorKind.FORBIDDEN,
    50021: ErrorKind.UNCHANGEABLE,  # a system message
    50027: ErrorKind.EXPIRED,
    50083: ErrorKind.CLOSED,  # an archived thread
    50278: ErrorKind.CLOSED,  # no server in common with the person
    160002: ErrorKind.NO_REPLY,
    160005: ErrorKind.CLOSED,  # a locked thread
}

_INVALID_FORM = 50035
_OVER_IN_A_WHILE = (408, 425, 429)


class Refusal(DeliveryError):
    """Discord will not do it, however often it is asked. ``code`` is Discord's, 0 without one."""

    def __init__(self, code: int, status: int) -> None:
        super().__init__(
            f"Discord refused: {status}, code {code}", _kind_of(code, status), code, status
        )


def _kind_of(code: int, status: int) -> ErrorKind:
    """A code that is not known is simply refused."""
    if status == 413:
        return ErrorKind.TOO_LARGE
    if status == 401:
        return ErrorKind.EXPIRED
    return _KINDS.get(code, ErrorKind.REFUSED)


def refusal(error: discord.HTTPException, *, webhook: bool = False) -> Refusal | None:
    """The refusal that an error is, or ``None`` for one that may be over in a while.

    ``webhook`` says that the key to the call was an interaction's token, and not the bot's own.
    """
    known = _KINDS.get(error.code)
    if known not in (ErrorKind.EXPIRED, ErrorKind.UNCHANGEABLE):
        dead_key = error.status == 401 and not webhook
        if not 400 <= error.status < 500 or error.status in _OVER_IN_A_WHILE or dead_key:
            return None
    if error.code == _INVALID_FORM:
        log.warning("not understood by Discord", text=error.text)
    return Refusal(error.code, error.status)
