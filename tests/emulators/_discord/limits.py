"""Rate limits: headers on every answer, and refusals when they are exceeded.

https://discord.com/developers/docs/topics/rate-limits. The numbers are not documented and change;
``settings["limits"]`` replaces them: ``{"POST /channels/{channel_id}/typing": [count, seconds]}``,
``"*"`` for all others, or ``false`` to refuse nothing.
"""

import hashlib
import time
from typing import Any

MESSAGE = "/channels/{channel_id}/messages/{message_id}"
WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
DEFAULTS: dict[str, tuple[int, float]] = {
    "POST /channels/{channel_id}/messages": (5, 5.0),
    f"PATCH {MESSAGE}": (5, 5.0),
    f"DELETE {MESSAGE}": (5, 1.0),
    f"PUT {MESSAGE}/reactions/{{emoji_name}}/@me": (1, 0.25),
    f"DELETE {MESSAGE}/reactions/{{emoji_name}}/@me": (1, 0.25),
    f"POST {WEBHOOK}": (5, 5.0),
    f"PATCH {WEBHOOK}/messages/@original": (5, 5.0),
    f"PATCH {WEBHOOK}/messages/{{message_id}}": (5, 5.0),
    "*": (50, 1.0),
}
GLOBAL = 50
OPEN = (1000, 1.0)
MAJOR = ("channel_id", "guild_id", "webhook_token")
MOST = 20_000


class Limits:
    """Buckets of requests; time here is real, whatever the emulator's clock says."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._buckets: dict[tuple[str, str], tuple[int, float]] = {}
        self._second = (0, 0.0)
        self.refused = 0

    def clear(self) -> None:
        """All buckets are full again."""
        self._buckets.clear()
        self._second = (0, 0.0)
        self.refused = 0

    def take(
        self, method: str, path: str, values: dict[str, str], bot: bool
    ) -> tuple[dict[str, str], dict[str, Any] | None]:
        """Count a request.

        Returns:
            The headers of the answer, and the body of a 429 if it has to be one.
        """
        route = f"{method} {path}"
        configured = self._settings.get("limits", {})
        if configured is False:
            most, span = OPEN
        else:
            table = DEFAULTS | configured
            most, span = table.get(route) or table["*"]
        major = next((values[name] for name in MAJOR if name in values), "")
        now = time.monotonic()
        used, until = self._buckets.get((route, major), (0, 0.0))
        if now >= until:
            used, until = 0, now + span
        if len(self._buckets) > MOST:
            self._buckets = {k: v for k, v in self._buckets.items() if v[1] > now}
        if bot and (wait := self._global(now)) and configured is not False:
            return self._refusal({}, wait, "global")
        self._buckets[route, major] = (used + 1, until)
        headers = {
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": str(max(0, most - used - 1)),
            "X-RateLimit-Reset": f"{time.time() + until - now:.3f}",
            "X-RateLimit-Reset-After": f"{until - now:.3f}",
            "X-RateLimit-Bucket": hashlib.md5(route.encode()).hexdigest(),
        }
        if used >= most and configured is not False:
            return self._refusal(headers, until - now, "user")
        return headers, None

    def _global(self, now: float) -> float:
        """Seconds to wait for the limit of the whole bot, or 0."""
        used, until = self._second
        if now >= until:
            used, until = 0, now + 1.0
        self._second = (used + 1, until)
        most = self._settings.get("global_limit", GLOBAL)
        return until - now if used >= most else 0.0

    def _refusal(
        self, headers: dict[str, str], wait: float, scope: str
    ) -> tuple[dict[str, str], dict[str, Any]]:
        self.refused += 1
        return refusal(wait, scope, headers)


def refusal(
    wait: float, scope: str, headers: dict[str, str]
) -> tuple[dict[str, str], dict[str, Any]]:
    """Headers and body of a 429 of Discord's own; ``scope``: ``user``, ``shared`` or ``global``."""
    made = {**headers, "X-RateLimit-Scope": scope, "Retry-After": str(int(wait) + 1)}
    if scope == "global":
        made["X-RateLimit-Global"] = "true"
    body = {
        "message": "You are being rate limited.",
        "code": 0,
        "retry_after": round(wait, 3),
        "global": scope == "global",
    }
    return made, body
