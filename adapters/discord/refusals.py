"""What Discord refuses for good, by the meaning of its code.

https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
"""

import discord
import structlog

log = structlog.get_logger(__name__)

_TOKEN_DEAD = (50027, 10015, 10062)
_MESSAGE_GONE = (10008,)
_OLD = (30046,)
_ARCHIVED = (50083, 160005)
_NO_REPLY = (160002,)
_TOO_LARGE = (40005,)
_INVALID_FORM = 50035


class Refusal(Exception):
    """Discord will not do it, however often it is asked. ``code`` is Discord's, 0 without one."""

    def __init__(self, code: int, status: int) -> None:
        super().__init__(f"Discord refused: {status}, code {code}")
        self.code = code
        self.status = status

    @property
    def token_dead(self) -> bool:
        """The interaction's webhook is no more, or never was."""
        return self.code in _TOKEN_DEAD

    @property
    def message_gone(self) -> bool:
        """Somebody deleted the message."""
        return self.code in _MESSAGE_GONE

    @property
    def no_reply(self) -> bool:
        """A message may be posted there, but not as a reply."""
        return self.code in _NO_REPLY

    @property
    def too_large(self) -> bool:
        """The files are larger than the place takes."""
        return self.code in _TOO_LARGE or self.status == 413

    @property
    def place_closed(self) -> bool:
        """Nothing can be posted there: it is gone, locked, or not for the bot."""
        return self.status in (403, 404) or self.code in _ARCHIVED

    @property
    def forbidden(self) -> bool:
        """A permission is missing there."""
        return self.status == 403


def refusal(error: discord.HTTPException) -> Refusal | None:
    """The refusal that an error is, or ``None`` for one that may be over in a while."""
    if error.code not in _OLD and error.status not in (400, 403, 404, 413):
        return Refusal(error.code, error.status) if error.code in _TOKEN_DEAD else None
    if error.code == _INVALID_FORM:
        log.warning("not understood by Discord", text=error.text)
    return Refusal(error.code, error.status)
