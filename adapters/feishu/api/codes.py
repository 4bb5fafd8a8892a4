"""Feishu's refusals, by what they mean for us.

https://open.feishu.cn/document/server-docs/api-call-guide/generic-error-code, and the tables of
https://open.feishu.cn/document/server-docs/im-v1/message/create and its neighbours. The tables are
never complete, so a code that is in none of these sets is final for what was tried, and something
else is tried in its place: only what is known to pass is tried again.
"""

from bot.chat import ErrorKind

NO_ANSWER = -1
"""The code when there is no answer of the API's own: a broken connection, HTML of a proxy."""

TOKEN_REFUSED = frozenset({99991661, 99991663, 99991664, 99991665, 99991668, 99991671})
"""The access token is missing, expired, revoked or of the wrong kind: another one may help."""

TOO_FREQUENT = frozenset({99991400, 230020, 11232, 11233, 11247})
"""Too many calls of this API, or messages into this chat, a second."""

BEING_SENT = frozenset({230049})
"""The first request of the same ``uuid`` is not finished."""

PRESSED = frozenset({300000})
"""The card was pressed and the press is not answered yet; nothing says so but reports, so that it
is final in the end: https://github.com/larksuite/oapi-sdk-java/issues/99."""

MISSING_SCOPE = 99991672
"""The app was not granted a permission; the answer names it."""

WITHDRAWN = frozenset({230011, 230110, 231003, 99992354})
"""The message is not there any more: withdrawn, deleted, or an id nobody knows."""

NOT_ANSWERABLE = frozenset({230019, 230050, 230071, 230072, 230111})
"""The message takes no reply: its topic is gone, it is not to be seen, it will destroy itself."""

TOO_OLD = frozenset({230031, 230075})
"""Cards and texts can be changed for 14 days."""

OUT_OF_CHAT = frozenset({230002, 232009, 232011, 230006, 234004})
"""The bot is not in the chat, the chat was dissolved, or the app has no bot."""

MUTED = frozenset({230018, 230027, 230035})
"""The bot may not speak there."""

NOT_TO_THEM = frozenset({230013, 230053, 230101})
"""The person cannot be written to: the app is not available to them, or they left it."""

CONTENT = frozenset(
    {230099, 230025, 230001, 230028, 230054, 200621, 200861, 200220, 300305, 11310, 230022}
)
"""This is not shown: too long, unknown attributes, or words that are not allowed."""

TOO_LARGE = frozenset({234006})
"""A picture or file has too many bytes, for Feishu or for what stands before it."""


_KINDS = {
    **dict.fromkeys(TOKEN_REFUSED | TOO_FREQUENT | BEING_SENT, ErrorKind.RETRY),
    **dict.fromkeys(WITHDRAWN | NOT_ANSWERABLE, ErrorKind.GONE),
    **dict.fromkeys(TOO_OLD, ErrorKind.UNCHANGEABLE),
    **dict.fromkeys(OUT_OF_CHAT | MUTED, ErrorKind.FORBIDDEN),
    **dict.fromkeys(NOT_TO_THEM, ErrorKind.CLOSED),
    **dict.fromkeys(CONTENT, ErrorKind.REFUSED),
    **dict.fromkeys(TOO_LARGE, ErrorKind.TOO_LARGE),
    MISSING_SCOPE: ErrorKind.NOT_SET_UP,
}

_PASSING = frozenset({0, 200, 408, 425, 429})
"""HTTP statuses, beside 5xx, after which the same may succeed: no answer at all, one that is none
(the page of a proxy), a timeout, too many calls."""


def kind_of(code: int, status: int) -> ErrorKind:
    """What a refusal with that ``code`` and HTTP ``status`` (0: no answer at all) is."""
    if status >= 500 or status == 429:
        return ErrorKind.RETRY
    if code == NO_ANSWER:
        if status == 413:
            return ErrorKind.TOO_LARGE
        return ErrorKind.RETRY if status in _PASSING else ErrorKind.REFUSED
    return _KINDS.get(code, ErrorKind.REFUSED)
