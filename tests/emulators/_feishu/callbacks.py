"""Cards that people use: the callback, its answer, and the delayed update.

https://open.feishu.cn/document/feishu-cards/card-callback-communication and
https://open.feishu.cn/document/server-docs/im-v1/message-card/delay-update-message-card
"""

import base64
import json
from typing import Any

from aiohttp import web

from tests.emulators._feishu.contents import Contents
from tests.emulators._feishu.events import Events
from tests.emulators._feishu.gateway import Call, Gateway
from tests.emulators._feishu.messages import Messages
from tests.emulators._feishu.refusals import Refused, check, wrong
from tests.emulators._feishu.state import TENANT, App, Message, Person, World, hex_id
from tests.emulators._feishu.using import Use

AFTER_ANSWER = 1.0
"""Seconds after the answer to a press within which a change of the card may still be lost."""

TOASTS = ("info", "success", "error", "warning")


class Callbacks:
    """Sends callbacks and applies what comes back."""

    def __init__(
        self,
        world: World,
        gateway: Gateway,
        contents: Contents,
        messages: Messages,
        events: Events,
    ) -> None:
        self.world = world
        self.gateway = gateway
        self.contents = contents
        self.messages = messages
        self.events = events

    def routes(self, router: web.UrlDispatcher) -> None:
        update = self.gateway.api("interactive.v1.card.update", self.update)
        router.add_post("/open-apis/interactive/v1/card/update", update)

    async def act(self, app: App, message: Message, person: Person, use: Use) -> dict[str, Any]:
        """What a person sees after using a component: ``error`` (200340 not subscribed, 200341 too
        late, 200671 refused, 200672 answer malformed, 200673 wrong card), ``toast``, ``card``
        (whether it was applied), ``answer``, ``took`` and the ``token`` for the delayed update."""
        if not app.callback:
            return {"error": 200340, "toast": None, "card": False, "answer": None}
        token = hex_id("c-", 40)
        kept: dict[str, Any] = {
            "app": app.app_id,
            "message": message.message_id,
            "at": self.world.now(),
            "uses": 0,
            "acked": False,
        }
        self.world.update_tokens[token] = kept
        operator = {"tenant_key": TENANT, **person.ids()}
        context = {"open_message_id": message.message_id, "open_chat_id": message.chat_id}
        event = {"operator": operator, "token": token, "action": use.action}
        event |= {"host": "im_message", "context": context}
        payload = self.events.envelope(app, "card.action.trigger", event, micro=True)
        seconds = self.world.limits["callback_seconds"]
        message.pressed = self.world.now() + seconds
        result = await self.events.call(app, payload, seconds)
        message.pressed = self.world.now() + AFTER_ANSWER
        kept["acked"] = True
        seen = self._result(app, message, result)
        about = {"event_id": payload["header"]["event_id"], "token": token, "event": event}
        return {**seen, **about, "took": result.get("took"), "outcome": result["outcome"]}

    def _result(self, app: App, message: Message, result: dict[str, Any]) -> dict[str, Any]:
        seen: dict[str, Any] = {"error": None, "toast": None, "card": False, "answer": None}
        if result["outcome"] != "answered":
            return seen | {"error": 200341}
        answer: Any = result["answer"]
        if "status" in result:
            if result["status"] != 200:
                return seen | {"error": 200671}
        elif answer["code"] != 200:
            return seen | {"error": 200671}
        else:
            answer = _decoded(answer.get("data"))
        seen["answer"] = answer
        try:
            self._check(answer)
        except ValueError as error:
            self.world.violation("card.action.trigger", str(error))
            return seen | {"error": 200672}
        if not answer and self.world.settings.get("empty_answers_fail"):
            return seen | {"error": 108002}
        answer = answer or {}
        seen["toast"] = answer.get("toast")
        if answer.get("card"):
            seen |= self._apply(app, message, answer["card"]["data"])
        return seen

    def _check(self, answer: Any) -> None:
        if answer is None:
            return
        if not isinstance(answer, dict) or not set(answer) <= {"toast", "card"}:
            raise ValueError("the answer of a callback has toast and card")
        toast, card = answer.get("toast"), answer.get("card")
        if toast is not None:
            if not isinstance(toast, dict) or not set(toast) <= {"type", "content", "i18n"}:
                raise ValueError("a toast has type, content and i18n")
            if toast.get("type", "info") not in TOASTS:
                raise ValueError(f"toast of type {toast['type']}")
            words = [toast.get("content"), *(toast.get("i18n") or {}).values()]
            if not any(isinstance(each, str) and each for each in words):
                raise ValueError("a toast without words")
        if card is not None and (set(card) != {"type", "data"} or card["type"] != "raw"):
            raise ValueError("a card of an answer has type raw and data")

    def _apply(self, app: App, message: Message, card: Any) -> dict[str, Any]:
        try:
            size = len(json.dumps(card, ensure_ascii=False).encode())
            check(size <= self.world.limits["card_bytes"], 230025, f"{size} bytes")
            self.contents.card(app, card)
        except Refused as refused:
            self.world.violation("card.action.trigger", refused.message)
            return {"error": 200673}
        entity = self.world.entities.get(message.card_id)
        if entity is not None and entity.streaming_since is not None:
            return {"card": False}
        self.messages.show(message, card, "callback")
        return {"card": True}

    async def update(self, call: Call) -> dict[str, Any]:
        """The delayed update."""
        body = call.body or {}
        check(set(body) == {"token", "card"}, 10002, f"{sorted(body)}")
        token = body["token"]
        check(isinstance(token, str) and token.startswith("c-"), 300020)
        known = self.world.update_tokens.get(token)
        if known is None:
            raise wrong(300030, "the token is not known")
        check(known["app"] == call.app.app_id, 200310)
        limits = self.world.limits
        if self.world.now() - known["at"] > limits["update_token_seconds"]:
            raise Refused(300030)
        check(known["uses"] < limits["update_token_uses"], 300040)
        card = body["card"]
        check(isinstance(card, dict), 10002, "card is not an object")
        check("open_ids" not in card, 10002, "open_ids is for cards that are not shared")
        size = len(json.dumps(card, ensure_ascii=False).encode())
        check(size <= limits["card_bytes"], 230025, f"{size} bytes")
        self.contents.card(call.app, card)
        message = self.world.messages[known["message"]]
        if message.deleted:
            raise Refused(200000)
        known["uses"] += 1
        if known["acked"]:
            self.messages.show(message, card, "delayed")
        else:  # before the callback is answered it is put back at once
            words = "an update before the callback was answered"
            self.world.violation("interactive/v1/card/update", words)
        return {"code": 0, "msg": "ok"}


def _decoded(data: Any) -> Any:
    """The result that an acknowledgement carries in base64."""
    if not data:
        return None
    try:
        return json.loads(base64.b64decode(data, validate=True))
    except ValueError:
        return data
