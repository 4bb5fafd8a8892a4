"""Feishu's error codes, by what they mean for us.

https://open.feishu.cn/document/server-docs/api-call-guide/generic-error-code, and the tables of
https://open.feishu.cn/document/server-docs/im-v1/message/create and its neighbours.
"""

TOKEN_REFUSED = frozenset({99991661, 99991663, 99991664, 99991665, 99991668, 99991671})
"""The access token is missing, expired, revoked or of the wrong kind: another one may help."""

TOO_FREQUENT = frozenset({99991400, 230020, 11232, 11233, 11247})
"""Too many calls of this API, or messages into this chat, a second."""

MISSING_SCOPE = 99991672
"""The app was not granted a permission; the answer names it."""

WITHDRAWN = frozenset({230011, 230110, 231003, 99992354})
"""The message is not there any more: withdrawn, deleted, or an id nobody knows."""

TOO_OLD = frozenset({230031})
"""Cards can be changed for 14 days."""

OUT_OF_CHAT = frozenset({230002, 232009, 232011, 230006, 234004})
"""The bot is not in the chat, the chat was dissolved, or the app has no bot."""

NOT_TO_THEM = frozenset({230013, 230053, 230101})
"""The person cannot be written to: the app is not available to them, or they left it."""

FORBIDDEN = frozenset({230018, 230027, 230035, 230006})
"""The bot may not speak there: muted, or without a permission."""

CARD_REFUSED = frozenset(
    {230099, 230025, 230001, 230028, 230054, 200621, 200861, 200220, 300305, 11310, 230022}
)
"""This card is not shown: too large, unknown attributes, or words that are not allowed."""
