"""What Feishu answers, read: whether it is a refusal, and of which kind.

https://open.feishu.cn/document/server-docs/api-call-guide/generic-error-code
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from adapters.feishu.api.codes import (
    CONTENT,
    MISSING_SCOPE,
    NO_ANSWER,
    TOKEN_REFUSED,
    TOO_FREQUENT,
    kind_of,
)
from bot.chat import DeliveryError, ErrorKind

_SCOPE = re.compile(r"[a-z_]+:[a-z_.:]+[a-z]")


class ApiError(DeliveryError):
    """Feishu refused: its ``code`` and ``msg``, the HTTP ``status`` (0: no answer at all).

    ``kind`` is what can be done about it. ``scopes`` are the permissions of which one is missing;
    ``wait`` is how many seconds Feishu asks to wait, if it does. ``doubtful`` is set where an
    attempt had no answer and may have been carried out.
    """

    def __init__(
        self,
        code: int,
        msg: str,
        status: int = 0,
        scopes: tuple[str, ...] = (),
        wait: float | None = None,
    ) -> None:
        super().__init__(f"{code} {msg[:300]}", kind_of(code, status), code, status)
        self.msg = msg
        self.scopes = scopes
        self.wait = wait
        self.doubtful = self.kind is ErrorKind.RETRY and code not in TOKEN_REFUSED | TOO_FREQUENT

    @property
    def unexplained(self) -> bool:
        """Whether nothing known is wrong with the contents, nor with anything else."""
        return self.kind is ErrorKind.REFUSED and self.code not in CONTENT


def refusal(raw: Any) -> ApiError | None:
    """What an answer says is wrong; anything that is neither JSON nor a file is no answer."""
    status = int(raw.status_code)
    kind = raw.headers.get("content-type", "")
    if status == 200 and not kind.startswith(("application/json", "text/")):
        return None
    try:
        answer = json.loads(raw.content)
        code, msg = int(answer["code"]), str(answer.get("msg", ""))
    except (ValueError, TypeError, KeyError):
        return ApiError(NO_ANSWER, f"HTTP {status} {kind}", status, wait=_wait(raw))
    if code == 0 and status < 400:
        return None
    scopes = _scopes(answer) if code == MISSING_SCOPE else ()
    return ApiError(code, msg, status, scopes, _wait(raw))


def _wait(raw: Any) -> float | None:
    """Seconds to wait, by ``x-ogw-ratelimit-reset`` or ``Retry-After``."""
    given = raw.headers.get("x-ogw-ratelimit-reset") or raw.headers.get("retry-after") or ""
    try:
        return max(0.1, float(given))
    except ValueError:
        return None


def _scopes(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """The permissions of which one is missing, as the error or its words name them."""
    error = answer.get("error")
    listed = error.get("permission_violations") if isinstance(error, dict) else None
    if isinstance(listed, list):
        names = [str(one.get("subject", "")) for one in listed if isinstance(one, dict)]
        if found := tuple(name for name in names if name):
            return found
    words = re.search(r"\[([^\]]*)\]", str(answer.get("msg", "")))
    return tuple(dict.fromkeys(_SCOPE.findall(words[1]))) if words else ()
