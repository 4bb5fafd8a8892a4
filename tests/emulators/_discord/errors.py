"""Refusals: Discord's JSON error codes, and the nested shape of "Invalid Form Body".

Codes and words: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json.
"""

from typing import Any

CODES = {
    10002: (404, "Unknown Application"),
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10013: (404, "Unknown User"),
    10014: (400, "Unknown Emoji"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    20009: (400, "Explicit content cannot be sent to the desired recipient(s)"),
    20022: (429, "The write action you are performing on the server has hit the write rate limit."),
    30010: (400, "Maximum number of reactions reached (20)"),
    30032: (400, "Maximum number of application commands reached"),
    30034: (400, "Max number of daily application command creates has been reached (200)"),
    30046: (429, "Maximum number of edits to messages older than 1 hour reached. Try again later."),
    40005: (413, "Request entity too large"),
    40060: (400, "Interaction has already been acknowledged."),
    40094: (400, "This interaction has reached the maximum number of follow-up messages"),
    50001: (403, "Missing Access"),
    50003: (403, "Cannot execute action on a DM channel"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50008: (400, "Cannot send messages in a non-text channel"),
    50013: (403, "Missing Permissions"),
    50021: (403, "Cannot execute action on a system message"),
    50027: (401, "Invalid Webhook Token"),
    50035: (400, "Invalid Form Body"),
    50041: (400, "Invalid API version"),
    50045: (400, "File uploaded exceeds the maximum size"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
    50240: (
        400,
        "You cannot remove this app's Entry Point command in a bulk update operation. Please "
        "include the Entry Point command in your update request or delete it separately.",
    ),
    160002: (400, "Cannot reply without permission to read message history"),
    200000: (400, "Message was blocked by automatic moderation"),
    240000: (400, "Message blocked by harmful links filter"),
}


class Refused(Exception):
    """An answer of 4xx: ``code`` is Discord's, ``status`` that of HTTP."""

    def __init__(
        self,
        code: int,
        message: str | None = None,
        *,
        status: int | None = None,
        errors: dict[str, Any] | None = None,
        retry_after: float | None = None,
    ) -> None:
        known = CODES.get(code, (400, ""))
        self.code = code
        self.status = status or known[0]
        self.body: dict[str, Any] = {"message": message or known[1], "code": code}
        if errors:
            self.body["errors"] = errors
        if retry_after is not None:
            self.body |= {"retry_after": retry_after, "global": False}
        super().__init__(f"{code} {self.body['message']}")


def status_only(status: int, words: str) -> Refused:
    """A refusal without a code of its own, such as ``401: Unauthorized``."""
    return Refused(0, f"{status}: {words}", status=status)


class Form:
    """Collects what is wrong with a body, by path, and refuses it with 50035."""

    def __init__(self) -> None:
        self.errors: dict[str, Any] = {}

    def add(self, path: tuple[str | int, ...], code: str, message: str) -> None:
        """Note an error at ``path``, such as ``("components", 0, "custom_id")``."""
        node = self.errors
        for key in path:
            node = node.setdefault(str(key), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def need(self, condition: object, path: tuple[str | int, ...], code: str, message: str) -> bool:
        """Note the error unless ``condition`` holds, which is returned."""
        if not condition:
            self.add(path, code, message)
        return bool(condition)

    def settle(self) -> None:
        """Raise if anything is wrong.

        Raises:
            Refused: 50035 with all errors so far.
        """
        if self.errors:
            raise Refused(50035, errors=_documented(self.errors))


def _documented(node: dict[str, Any]) -> dict[str, Any]:
    """A node has either errors or children; where both were found the errors are kept."""
    if "_errors" in node:
        return {"_errors": node["_errors"]}
    return {key: _documented(child) for key, child in node.items()}
