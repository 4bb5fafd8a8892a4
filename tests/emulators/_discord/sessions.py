"""Gateway intents, and what of a session survives its connection.

https://discord.com/developers/docs/events/gateway#gateway-intents.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

GUILDS, MEMBERS, PRESENCES, CONTENT = 1, 1 << 1, 1 << 8, 1 << 15
GUILD_MESSAGES, GUILD_REACTIONS, GUILD_TYPING = 1 << 9, 1 << 10, 1 << 11
DIRECT_MESSAGES, DIRECT_REACTIONS, DIRECT_TYPING = 1 << 12, 1 << 13, 1 << 14
INTENTS = (1 << 22) - 1 | 1 << 24 | 1 << 25
KEPT = 2000
"""Events kept for replay, and for delivering again."""


@dataclass
class Session:
    """What survives a connection; ``left`` is when the last one ended."""

    id: str
    shard: tuple[int, int]
    intents: int
    seq: int = 0
    buffer: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=KEPT))
    connection: Any = None
    left: float = 0.0
    resumes: int = 0


class Closed(Exception):
    """Close the connection with this code."""

    def __init__(self, code: int, words: str) -> None:
        self.code, self.words = code, words
        super().__init__(f"{code} {words}")
