"""The numbers of Feishu, and counting against them.

``POST /_ctl/set {"limits": {"chat_per_second": 1000}}`` changes some. From
https://open.feishu.cn/document/server-docs/api-call-guide/frequency-control and the documents of
each call.
"""

from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

from tests.emulators._feishu.refusals import Refused

DEFAULTS: dict[str, float] = {
    "api_per_second": 50,  # of one app and one call
    "api_per_minute": 1000,
    "chat_per_second": 5,  # messages sent to one chat, by all bots together
    "message_per_second": 5,  # updates of one message
    "card_per_second": 10,  # operations on one card entity
    "connections": 50,  # of one app
    "image_bytes": 10 * 2**20,
    "image_side": 12000,
    "gif_side": 2000,
    "file_bytes": 30 * 2**20,
    "download_bytes": 100 * 2**20,
    "text_bytes": 150 * 1024,
    "card_bytes": 30 * 1024,  # and of rich text
    "elements": 200,
    "token_seconds": 7200,
    "edit_days": 14,
    "recall_days": 1,
    "edits": 20,  # of a text or rich text
    "uuid_seconds": 3600,
    "ack_seconds": 3,
    "callback_seconds": 3,
    "update_token_seconds": 1800,
    "update_token_uses": 2,
    "streaming_seconds": 600,
    "chunk_bytes": 256 * 1024,  # of an event's payload in one frame
}


class Limits:
    """Reads the settings at every question, so that they may change."""

    def __init__(self, settings: dict[str, Any], now: Callable[[], float]) -> None:
        self._settings = settings
        self._now = now
        self._seen: dict[tuple[str, ...], deque[float]] = defaultdict(deque)

    def __getitem__(self, name: str) -> float:
        return float(self._settings.get("limits", {}).get(name, DEFAULTS[name]))

    def api(self, app: str, call: str) -> None:
        """Count a request; code 99991400 with its headers when there were too many."""
        for name, window in (("api_per_second", 1), ("api_per_minute", 60)):
            wait = self._count((name, app, call), self[name], window)
            if wait:
                headers = {
                    "x-ogw-ratelimit-limit": str(int(self[name])),
                    "x-ogw-ratelimit-reset": str(max(1, round(wait))),
                }
                raise Refused(99991400, headers=headers)

    def hit(self, name: str, key: str, code: int = 230020) -> None:
        """Count something that may happen so often a second; ``code`` when it did."""
        wait = self._count((name, key), self[name], 1)
        if wait:
            headers = {}
            if code == 99991400:
                headers = {
                    "x-ogw-ratelimit-limit": str(int(self[name])),
                    "x-ogw-ratelimit-reset": str(max(1, round(wait))),
                }
            raise Refused(code, headers=headers)

    def forget(self) -> None:
        self._seen.clear()

    def _count(self, key: tuple[str, ...], most: float, window: float) -> float:
        """0, or for how long it is too much."""
        now = self._now()
        seen = self._seen[key]
        while seen and (seen[0] <= now - window or seen[0] > now):
            seen.popleft()
        if len(seen) >= most:
            return seen[0] + window - now
        seen.append(now)
        return 0
