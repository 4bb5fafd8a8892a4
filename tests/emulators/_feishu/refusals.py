"""How Feishu refuses: a code, its HTTP status and its words.

The codes and their texts are those of the documents of each call, such as
https://open.feishu.cn/document/server-docs/im-v1/message/create, and of the list of general codes,
https://open.feishu.cn/document/server-docs/api-call-guide/generic-error-code.
"""

import secrets
import time
from typing import Any

CODES: dict[int, tuple[int, str]] = {
    9499: (400, "Bad Request"),
    10003: (400, "invalid param"),
    10014: (400, "app secret invalid"),
    10002: (400, "Invalid request parameter"),
    200000: (400, "the card message has been recalled"),
    200310: (400, "the card was sent by another app"),
    200220: (400, "Failed to generate card content"),
    200740: (400, "Card entity not found"),
    200750: (400, "Card entity has expired"),
    200770: (400, "UUID conflict"),
    200850: (400, "Card streaming timeout"),
    200860: (400, "Card content exceeds limit."),
    212100: (400, "app not install"),
    230001: (400, "Your request contains an invalid request parameter."),
    230002: (400, "Bot/User can NOT be out of the chat."),
    230006: (400, "Bot ability is not activated."),
    230009: (400, "Message can only be recalled within one days."),
    230011: (400, "The message was withdrawn."),
    230013: (400, "Bot has NO availability to this user."),
    230017: (400, "Bot is NOT the owner of the resource."),
    230020: (400, "This operation triggers the frequency limit."),
    230025: (400, "The length of the message content reaches its limit."),
    230026: (400, "No permission to recall this message."),
    230027: (400, "Lack of necessary permissions."),
    230031: (400, "Message can only be modified within 14 days after sending."),
    230034: (400, "The receive_id is invalid."),
    230054: (400, "This operation is not supported for this message type."),
    230055: (400, "The type of file upload does not match the type of message being sent."),
    230071: (400, "The operator is not the sender of the message."),
    230072: (400, "The message has reached the number of times it can be edited."),
    230075: (400, "The message has exceeded the time that can be edited."),
    230099: (400, "Failed to create card content"),
    230110: (400, "Action unavailable as the message has been deleted."),
    231001: (400, "reaction type is invalid."),
    231003: (400, "The message is not found or has been recalled."),
    231007: (400, "The operator has no permission to delete this reaction."),
    231008: (400, "The operator has no access to the message."),
    231010: (400, "The reaction does not belong to the message."),
    231011: (400, "The request has an invalid reaction_id."),
    232006: (400, "Your request specifies a chat_id which is invalid."),
    232009: (400, "Your request specifies a chat which has already been dissolved."),
    232011: (400, "Operator can NOT be out of the chat."),
    234001: (400, "Invalid request param."),
    234003: (400, "File not in message."),
    234004: (400, "App not in chat."),
    234006: (400, "The file size exceed the max value."),
    234008: (400, "The app is not the resource sender."),
    234010: (400, "File's size can't be 0."),
    234011: (400, "Can't regonnize the image format."),
    234037: (400, "Downloaded file size exceeds limit."),
    234039: (400, "Image resolution exceeds limit."),
    234040: (400, "The message is invisible to the operator."),
    234043: (400, "Unsupported message type."),
    230049: (400, "The message is being sent."),
    230199: (400, "The uuid has been used."),  # documented nowhere
    300000: (400, "The card is being answered."),
    300020: (400, "the token format of the card is incorrect"),
    300030: (400, "the token of the card has expired"),
    300040: (400, "the token of the card has been used for the maximum number of times"),
    300090: (400, "openid empty"),
    300302: (400, "update_multi property is false"),
    300305: (400, "element exceeds the limit"),
    300307: (400, "The card DSL is empty"),
    300309: (400, "Card streaming closed"),
    300310: (400, "Only update text"),
    300311: (400, "The current application does not have permission to update/use this card"),
    300312: (400, "Unable to update element tag"),
    300313: (400, "Failed to update element properties"),
    300314: (400, "Failed to delete element"),
    300315: (400, "Failed to add element"),
    300317: (400, "sequence number compare failed"),
    41050: (400, "no user authority error"),
    99991400: (429, "request trigger frequency limit"),
    99991661: (400, "Missing access token for authorization. Please make a test attempt."),
    99991663: (400, "Invalid access token for authorization. Please make a test attempt."),
    99991671: (400, "Invalid access token format: it must start with t- or u-."),
    99991668: (400, "Invalid access token for authorization: this is not a tenant token."),
    99991672: (400, "Access denied."),
    99992354: (400, "The request you send is not a valid {open_message_id} or not exists"),
    99992402: (400, "field validation failed"),
}


class Refused(Exception):
    """A refusal; ``detail`` follows the words as Feishu's ``ext=``; ``fault`` counts as a
    violation by the client, which is not so for what may happen to anybody (limits, withdrawn
    messages, scripted conditions)."""

    def __init__(
        self,
        code: int,
        detail: str = "",
        *,
        fault: bool = False,
        error: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.code = code
        self.detail = detail
        self.fault = fault
        self.error = error or {}
        self.headers = headers or {}
        super().__init__(code, detail)

    @property
    def status(self) -> int:
        return CODES[self.code][0]

    @property
    def message(self) -> str:
        words = CODES[self.code][1]
        return f"{words.removesuffix('.')}, ext={self.detail}" if self.detail else words


def wrong(code: int, detail: str) -> Refused:
    """A refusal of something a correct client does not send."""
    return Refused(code, detail, fault=True)


def check(condition: object, code: int, detail: str = "") -> None:
    """Refuse, and hold it against the client, unless ``condition``."""
    if not condition:
        raise wrong(code, detail)


def log_id() -> str:
    """A value of ``X-Tt-Logid``."""
    return time.strftime("%Y%m%d%H%M%S") + secrets.token_hex(9).upper()


def body(refused: Refused, log: str) -> dict[str, Any]:
    """What the answer to a refused request says."""
    link = f"https://open.feishu.cn/search?from=openapi&log_id={log}&code={refused.code}"
    return {
        "code": refused.code,
        "msg": refused.message,
        "error": {
            "log_id": log,
            "troubleshooter": f"排查建议查看(Troubleshooting suggestions): {link}",
            **refused.error,
        },
    }
