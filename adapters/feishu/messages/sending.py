"""Messages: sent, changed and taken away, with a key that makes a repetition harmless.

https://open.feishu.cn/document/server-docs/im-v1/message/reply and its neighbours: the same
``uuid`` within an hour is the same message. While the answer to a press of a card is on its way,
that card is left as it is: Feishu may refuse a change, or put the card back
(https://open.feishu.cn/document/server-docs/im-v1/message-card/delay-update-message-card).
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import structlog
from cachetools import FIFOCache

from adapters.feishu.address import FeishuPlace
from adapters.feishu.api.client import Api, Turn
from adapters.feishu.api.codes import WITHDRAWN
from adapters.feishu.api.responses import ApiError
from adapters.feishu.cards import elements
from adapters.feishu.cards.elements import Element
from adapters.feishu.delivery.targets import Target, send_to_first, targets
from bot.chat import ErrorKind

log = structlog.get_logger(__name__)

Known: TypeAlias = Callable[[str], Awaitable[bool]]
"""Whether the message with that id is one that we know of."""

HELD_SECONDS, ANSWERED_SECONDS = 4.0, 1.2
"""How long a pressed card is left alone: while it is answered (within 3 seconds), and from the
moment of the answer, which has to arrive first."""

HELD_AT_ONCE = 2048

SENT_KEPT = 10_000
"""Messages that this process knows to have arrived, so that none is another one's lost answer."""

MESSAGES = "/open-apis/im/v1/messages"
ONE = f"{MESSAGES}/:message_id"
REACTIONS = f"{ONE}/reactions"

_EMOJI = {"👍": "THUMBSUP"}
"""What Feishu calls an emoji:
https://open.feishu.cn/document/server-docs/im-v1/message-reaction/emojis-introduce."""


@dataclass(frozen=True, slots=True)
class MessageContent:
    """The type of a message and its content as a JSON string."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that is there: its id, and its type, which an earlier one of the same ``uuid``
    may have otherwise."""

    id: str
    kind: str


def of_card(card: Element) -> MessageContent:
    """A card as a message."""
    return MessageContent("interactive", elements.encoded(card))


def of_text(text: str, mention: str | None = None) -> MessageContent:
    """Plain text, after a mention of a person (an open_id) if one is given.

    Of the text nothing is a mention: Feishu reads ``<at user_id="all">`` wherever it stands.
    """
    harmless = elements.plain(text).replace("<", "＜")
    at = f'<at user_id="{mention}"></at> ' if mention else ""
    return MessageContent("text", json.dumps({"text": at + harmless}, ensure_ascii=False))


def of_lines(title: str, lines: Sequence[str], images: Sequence[str] = ()) -> MessageContent:
    """Rich text, for where no card is possible; pictures by their image_keys."""
    texts = [elements.plain(line) for line in lines]
    content = [[{"tag": "text", "text": text}] for text in texts if text]
    content += [[{"tag": "img", "image_key": key}] for key in images]
    page = {"title": elements.shortened(title, 100), "content": content or [[]]}
    return MessageContent("post", json.dumps({"zh_cn": page}, ensure_ascii=False))


def of_file(key: str) -> MessageContent:
    """A file by its file_key."""
    return MessageContent("file", json.dumps({"file_key": key}))


def unique(*parts: object) -> str:
    """A ``uuid`` of at most 50 characters, the same for the same parts."""
    return hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest()[:40]


class MessageSender:
    """Sends messages of one app at the rate that the chat takes."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._held: FIFOCache[str, float] = FIFOCache(HELD_AT_ONCE)
        self._sent: FIFOCache[str, None] = FIFOCache(SENT_KEPT)

    def hold(self, message: str) -> None:
        """Leave a card alone that has just been pressed, until :meth:`release`; at the latest
        after :data:`HELD_SECONDS`."""
        self._until(message, HELD_SECONDS)

    def release(self, message: str) -> None:
        """The press is about to be answered: the card may be changed soon after."""
        self._until(message, ANSWERED_SECONDS)

    def _until(self, message: str, seconds: float) -> None:
        self._held[message] = time.monotonic() + seconds

    async def _released(self, message: str) -> None:
        while True:  # the end may be put off, or come earlier
            left = self._held.get(message, 0.0) - time.monotonic()
            if left <= 0:
                return
            await asyncio.sleep(min(left, 0.1))

    async def answer(
        self, place: FeishuPlace, content: MessageContent, key: str, *, to: str | None = None
    ) -> SentMessage:
        """Reply to the message that asked, or to ``to``.

        Where that message takes no reply, or nothing was asked by a message (a menu), it goes into
        the chat; and to the person alone where the place is ``private`` or no chat is known.

        Raises:
            ApiError: it was refused.
        """
        sent, _ = await self.deliver(targets(place, to), lambda _: [content], key)
        return sent

    async def deliver(
        self,
        places: Sequence[Target],
        forms: Callable[[Target], Sequence[MessageContent]],
        key: str,
        *,
        known: Known | None = None,
        doubtful: bool = False,
    ) -> tuple[SentMessage, Target]:
        """Send the first of the ``forms`` that is taken in the first of the ``places``: once for
        each ``key``. Gives what was sent, and where.

        With ``known``, which tells whether a message is accounted for, one whose answer was lost
        is looked for where Feishu refuses to repeat that answer; with ``doubtful`` there may be
        one of an earlier process.

        Raises:
            ApiError: see :func:`adapters.feishu.delivery.targets.send_to_first`.
        """

        async def attempt(
            target: Target, content: MessageContent, uuid: str
        ) -> tuple[SentMessage, Target]:
            return await self._send(target, content, uuid), target

        def uuid(place: int, form: int) -> str:
            return unique(key, place, form) if place or form else key

        async def find(target: Target) -> tuple[SentMessage, Target] | None:
            found = await self._find(target, known) if known else None
            return (found, target) if found else None

        return await send_to_first(places, forms, attempt, uuid, find, doubtful=doubtful)

    async def _find(self, target: Target, known: Known) -> SentMessage | None:
        """A message of ours that nobody accounts for, as a reply to the same message; in groups
        the app may lack the scope to look for it.

        https://open.feishu.cn/document/server-docs/im-v1/message/list
        """
        if target.way != "reply":
            return None
        try:
            kind, container = "chat", target.chat
            if target.thread:
                asked = await self._api.call("GET", ONE, paths={"message_id": target.id})
                kind, container = "thread", str(asked["items"][0]["thread_id"])
            query = {"container_id_type": kind, "container_id": container}
            query |= {"sort_type": "ByCreateTimeDesc", "page_size": "50"}
            listed = await self._api.call("GET", MESSAGES, query=query)
        except (ApiError, LookupError) as error:
            log.warning("a message whose answer was lost is not found", error=repr(error))
            return None
        for item in listed.get("items") or ():
            ours = item.get("sender", {}).get("id") == self._api.app_id
            answers = item.get("parent_id") == target.id and not item.get("deleted")
            lost = item.get("message_id") not in self._sent
            if ours and answers and lost and not await known(item["message_id"]):
                log.info("found a message whose answer was lost", message=item["message_id"])
                return SentMessage(item["message_id"], item.get("msg_type", ""))
        return None

    async def _send(self, target: Target, content: MessageContent, uuid: str) -> SentMessage:
        body: dict[str, object] = {"msg_type": content.kind, "content": content.text, "uuid": uuid}
        uri, paths, query = MESSAGES, {}, {}
        if target.way == "reply":
            uri, paths = f"{ONE}/reply", {"message_id": target.id}
            if target.thread:
                body["reply_in_thread"] = True
        else:
            body["receive_id"] = target.id
            query = {"receive_id_type": target.way}
        turn = partial(self._api.limits.chat, target.chat or target.id)
        made = await self._api.call("POST", uri, paths=paths, query=query, body=body, turn=turn)
        sent = SentMessage(str(made["message_id"]), str(made.get("msg_type", content.kind)))
        self._sent[sent.id] = None
        return sent

    async def change(self, message: str, card: Element, *, hurry: bool = False) -> None:
        """Let a card of ours look otherwise. With ``hurry`` it is tried once.

        Raises:
            ApiError: it was refused.
        """
        await self._released(message)
        turn = partial(self._api.limits.message, message)
        await self._patch(message, card, patient=not hurry, turn=turn)

    async def change_if_free(self, message: str, card: Element) -> None:
        """The same once, unless Feishu's rates would have it wait: then not at all.

        Raises:
            ApiError: it was refused.
        """
        held = self._held.get(message, 0.0) > time.monotonic()
        if not held and self._api.limits.spare(message, f"PATCH {ONE}"):
            await self._patch(message, card, patient=False)

    async def _patch(
        self, message: str, card: Element, *, patient: bool, turn: Turn | None = None
    ) -> None:
        paths, body = {"message_id": message}, {"content": elements.encoded(card)}
        await self._api.call("PATCH", ONE, paths=paths, body=body, patient=patient, turn=turn)

    async def edit(self, message: str, content: MessageContent) -> None:
        """Let a text of ours say something else; Feishu allows it 20 times:
        https://open.feishu.cn/document/server-docs/im-v1/message/update.

        Raises:
            ApiError: it was refused.
        """
        turn = partial(self._api.limits.message, message)
        body = {"msg_type": content.kind, "content": content.text}
        await self._api.call("PUT", ONE, paths={"message_id": message}, body=body, turn=turn)

    async def react(self, message: str, emoji: str) -> None:
        """Put a reaction on a message; one that is there already stays.

        https://open.feishu.cn/document/server-docs/im-v1/message-reaction/create

        Raises:
            ApiError: it was refused.
        """
        body = {"reaction_type": {"emoji_type": _EMOJI[emoji]}}
        await self._api.call("POST", REACTIONS, paths={"message_id": message}, body=body)

    async def remove(self, message: str) -> None:
        """Withdraw a message of ours; one that is gone already is fine.

        Raises:
            ApiError: it was refused.
        """
        await self._released(message)
        try:
            await self._api.call("DELETE", ONE, paths={"message_id": message})
        except ApiError as error:
            if error.code not in WITHDRAWN:
                raise


def note(error: ApiError, doing: str) -> None:
    """Log a refusal, with the name of the missing scope where that is the reason."""
    if error.kind is ErrorKind.NOT_SET_UP:
        log.error("missing scope", doing=doing, scopes=" / ".join(error.scopes))
    else:
        log.warning("refused", doing=doing, code=error.code, msg=error.msg[:200])
