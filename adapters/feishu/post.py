"""Messages: sent, changed and taken away, with a key that makes a repetition harmless.

https://open.feishu.cn/document/server-docs/im-v1/message/reply and its neighbours: the same
``uuid`` within an hour is the same message.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from adapters.feishu import elements
from adapters.feishu.address import Place
from adapters.feishu.api import Api, ApiError, Turn
from adapters.feishu.codes import MISSING_SCOPE, WITHDRAWN
from adapters.feishu.elements import Element

log = structlog.get_logger(__name__)

MESSAGES = "/open-apis/im/v1/messages"
ONE = f"{MESSAGES}/:message_id"


@dataclass(frozen=True, slots=True)
class Content:
    """The type of a message and its content as a JSON string."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that is there: its id, and its type, which an earlier one of the same ``uuid``
    may have otherwise."""

    id: str
    kind: str


def of_card(card: Element) -> Content:
    """A card as a message."""
    return Content("interactive", elements.encoded(card))


def of_text(text: str, mention: str | None = None) -> Content:
    """Plain text, after a mention of a person (an open_id) if one is given.

    Of the text nothing is a mention: Feishu reads ``<at user_id="all">`` wherever it stands.
    """
    harmless = elements.plain(text).replace("<", "＜")
    at = f'<at user_id="{mention}"></at> ' if mention else ""
    return Content("text", json.dumps({"text": at + harmless}, ensure_ascii=False))


def of_lines(title: str, lines: Sequence[str], images: Sequence[str] = ()) -> Content:
    """Rich text, for where no card is possible; pictures by their image_keys."""
    texts = [elements.plain(line) for line in lines]
    content = [[{"tag": "text", "text": text}] for text in texts if text]
    content += [[{"tag": "img", "image_key": key}] for key in images]
    page = {"title": elements.shortened(title, 100), "content": content or [[]]}
    return Content("post", json.dumps({"zh_cn": page}, ensure_ascii=False))


def of_file(key: str) -> Content:
    """A file by its file_key."""
    return Content("file", json.dumps({"file_key": key}))


def unique(*parts: object) -> str:
    """A ``uuid`` of at most 50 characters, the same for the same parts."""
    return hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest()[:40]


class Post:
    """Sends messages of one app at the rate that the chat takes."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def answer(
        self, place: Place, content: Content, key: str, *, to: str | None = None
    ) -> Sent:
        """Reply to the message that asked, or to ``to``.

        Where that message was withdrawn, or nothing was asked by a message (a menu), it goes into
        the chat; and to the person alone where the place is ``private`` or no chat is known.

        Raises:
            ApiError: it was refused.
        """
        if place.private or not place.chat:
            return await self.send("open_id", place.user, content, key)
        if parent := to or place.asked:
            try:
                return await self._reply(place, parent, content, key)
            except ApiError as error:
                if error.code not in WITHDRAWN:
                    raise
                log.info("the message that asked was withdrawn", chat=place.chat)
        return await self.send("chat_id", place.chat, content, key)

    async def _reply(self, place: Place, parent: str, content: Content, key: str) -> Sent:
        body: dict[str, object] = {"msg_type": content.kind, "content": content.text, "uuid": key}
        if place.thread:
            body["reply_in_thread"] = True
        made = await self._api.call(
            "POST",
            f"{ONE}/reply",
            paths={"message_id": parent},
            body=body,
            turn=partial(self._api.limits.chat, place.chat),
        )
        return Sent(str(made["message_id"]), str(made.get("msg_type", content.kind)))

    async def send(self, kind: str, receiver: str, content: Content, key: str) -> Sent:
        """Send a message to a ``chat_id`` or an ``open_id``.

        Raises:
            ApiError: it was refused.
        """
        body = {"receive_id": receiver, "msg_type": content.kind, "content": content.text}
        made = await self._api.call(
            "POST",
            MESSAGES,
            query={"receive_id_type": kind},
            body={**body, "uuid": key},
            turn=partial(self._api.limits.chat, receiver),
        )
        return Sent(str(made["message_id"]), str(made.get("msg_type", content.kind)))

    async def change(self, message: str, card: Element, *, hurry: bool = False) -> None:
        """Let a card of ours look otherwise. With ``hurry`` it is tried once.

        Raises:
            ApiError: it was refused.
        """
        turn = partial(self._api.limits.message, message)
        await self._patch(message, card, patient=not hurry, turn=turn)

    async def change_if_free(self, message: str, card: Element) -> None:
        """The same once, unless Feishu's rates would have it wait: then not at all.

        Raises:
            ApiError: it was refused.
        """
        if self._api.limits.spare(message, f"PATCH {ONE}"):
            await self._patch(message, card, patient=False)

    async def _patch(
        self, message: str, card: Element, *, patient: bool, turn: Turn | None = None
    ) -> None:
        paths, body = {"message_id": message}, {"content": elements.encoded(card)}
        await self._api.call("PATCH", ONE, paths=paths, body=body, patient=patient, turn=turn)

    async def edit(self, message: str, content: Content) -> None:
        """Let a text of ours say something else; Feishu allows it 20 times:
        https://open.feishu.cn/document/server-docs/im-v1/message/update.

        Raises:
            ApiError: it was refused.
        """
        turn = partial(self._api.limits.message, message)
        body = {"msg_type": content.kind, "content": content.text}
        await self._api.call("PUT", ONE, paths={"message_id": message}, body=body, turn=turn)

    async def remove(self, message: str) -> None:
        """Withdraw a message of ours; one that is gone already is fine.

        Raises:
            ApiError: it was refused.
        """
        try:
            await self._api.call("DELETE", ONE, paths={"message_id": message})
        except ApiError as error:
            if error.code not in WITHDRAWN:
                raise


def note(error: ApiError, doing: str) -> None:
    """Log a refusal, with the name of the missing scope where that is the reason."""
    if error.code == MISSING_SCOPE:
        log.error("missing scope", doing=doing, scopes=" / ".join(error.scopes))
    else:
        log.warning("refused", doing=doing, code=error.code, msg=error.msg[:200])
