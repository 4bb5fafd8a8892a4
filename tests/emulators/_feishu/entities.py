"""Card entities of CardKit: made, sent once, changed in part, streamed.

https://open.feishu.cn/document/cardkit-v1/feishu-card-resource-overview
"""

import copy
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from tests.emulators._feishu.cards import CardError, check_elements, count, walk
from tests.emulators._feishu.contents import Contents
from tests.emulators._feishu.gateway import Call, Gateway
from tests.emulators._feishu.refusals import Refused, check, wrong
from tests.emulators._feishu.state import App, Entity, World

Change = Callable[[dict[str, Any]], None]


class Entities:
    """Routes of cardkit/v1."""

    def __init__(self, world: World, gateway: Gateway, contents: Contents) -> None:
        self.world = world
        self.gateway = gateway
        self.contents = contents

    def routes(self, router: web.UrlDispatcher) -> None:
        api, base = self.gateway.api, "/open-apis/cardkit/v1/cards"
        one, element = f"{base}/{{card_id}}", f"{base}/{{card_id}}/elements/{{element_id}}"
        router.add_post(base, api("cardkit.v1.card.create", self.create))
        router.add_post(f"{base}/id_convert", api("cardkit.v1.card.idConvert", self.convert))
        router.add_put(one, api("cardkit.v1.card.update", self.update))
        router.add_patch(f"{one}/settings", api("cardkit.v1.card.settings", self.settings))
        router.add_post(f"{one}/batch_update", api("cardkit.v1.card.batchUpdate", self.batch))
        router.add_post(f"{one}/elements", api("cardkit.v1.cardElement.create", self.add))
        router.add_put(element, api("cardkit.v1.cardElement.update", self.replace))
        router.add_patch(element, api("cardkit.v1.cardElement.patch", self.patch))
        router.add_delete(element, api("cardkit.v1.cardElement.delete", self.remove))
        content = api("cardkit.v1.cardElement.content", self.content)
        router.add_put(f"{element}/content", content)

    async def create(self, call: Call) -> dict[str, Any]:
        body = _fields(call, {"type", "data"})
        check(body["type"] == "card_json", 10002, "templates are not emulated")
        card = self._card(call.app, body["data"])
        entity = Entity(call.app.app_id, card, self.world.now())
        self.world.entities[entity.card_id] = entity
        self._stream(entity)
        return {"card_id": entity.card_id}

    async def convert(self, call: Call) -> dict[str, Any]:
        body = _fields(call, {"message_id"})
        message = self.world.messages.get(body["message_id"])
        if message is None or message.sender != call.app.app_id or not message.card_id:
            raise wrong(200740, "message_id")
        return {"card_id": message.card_id}

    def _card(self, app: App, data: Any) -> dict[str, Any]:
        size = len(data.encode())
        check(size <= self.world.limits["card_bytes"], 200860, f"{size} bytes")
        card = _json(data, 300307)
        check(isinstance(card, dict) and card, 300307)
        check(_shared(card.get("config", {})), 300302)
        self._sound(app, card)
        return dict(card)

    def _sound(self, app: App, card: dict[str, Any]) -> None:
        try:
            self.contents.card(app, card)
        except Refused as refused:
            limit = "element exceeds" in refused.detail
            raise wrong(300305 if limit else 200220, refused.detail) from None

    # Operations

    def _operate(self, call: Call, fields: set[str], change: Change) -> dict[str, Any]:
        """Check what all operations share, change a copy, and keep it when it is sound."""
        body = call.body or {}
        needed, given = fields | {"sequence"}, set(body) - {"uuid"}
        check(needed <= given <= needed | {"target_element_id"}, 10002, f"{sorted(body)}")
        entity = self._entity(call)
        self.world.limits.hit("card_per_second", entity.card_id, 99991400)
        sequence = body["sequence"]
        whole = isinstance(sequence, int) and 1 <= sequence <= 2**31 - 1
        check(whole, 10002, "sequence is not a positive int32")
        used = body.get("uuid", "")
        check(isinstance(used, str) and len(used) <= 64, 10002, "uuid")
        check(used not in entity.uuids, 200770, used)
        check(sequence > entity.sequence, 300317, f"{sequence} after {entity.sequence}")
        card = copy.deepcopy(entity.card)
        change(card)
        self._sound(call.app, card)
        size = len(json.dumps(card, ensure_ascii=False).encode())
        check(size <= self.world.limits["card_bytes"], 200860, f"{size} bytes")
        entity.sequence = sequence
        entity.uuids |= {used} if used else set()
        entity.history.append({"at": self.world.milliseconds, "content": entity.card})
        entity.edits += 1
        entity.card = card
        self._stream(entity)
        return {}

    def _entity(self, call: Call) -> Entity:
        entity = self.world.entities.get(call.path["card_id"])
        if entity is None:
            raise wrong(200740, call.path["card_id"])
        check(entity.app == call.app.app_id, 300311)
        if self.world.now() - entity.created > self.world.limits["edit_days"] * 86400:
            raise Refused(200750)
        since = entity.streaming_since
        if since is not None and self.world.now() - since > self.world.limits["streaming_seconds"]:
            entity.card.get("config", {})["streaming_mode"] = False
            entity.streaming_since = None
        return entity

    def _stream(self, entity: Entity) -> None:
        on = entity.card.get("config", {}).get("streaming_mode", False)
        entity.streaming_since = (entity.streaming_since or self.world.now()) if on else None

    async def update(self, call: Call) -> dict[str, Any]:
        def change(card: dict[str, Any]) -> None:
            given = call.body["card"]
            shape = isinstance(given, dict) and set(given) == {"type", "data"}
            check(shape and isinstance(given["data"], str), 10002, "card")
            check(given["type"] == "card_json", 10002, "type")
            new = self._card(call.app, given["data"])
            card.clear()
            card.update(new)

        return self._operate(call, {"card"}, change)

    async def settings(self, call: Call) -> dict[str, Any]:
        return self._operate(
            call, {"settings"}, lambda card: self._set(card, call.body["settings"])
        )

    def _set(self, card: dict[str, Any], settings: Any) -> None:
        given = _json(settings, 10002)
        check(isinstance(given, dict), 10002, "settings")
        check(given and set(given) <= {"config", "card_link"}, 10002, f"{sorted(given)}")
        config = given.get("config", {})
        check(isinstance(config, dict), 10002, "config")
        check(_shared(config), 300302)
        card.setdefault("config", {}).update(config)
        if "card_link" in given:
            card["card_link"] = given["card_link"]

    async def add(self, call: Call) -> dict[str, Any]:
        body = call.body or {}
        return self._operate(
            call, {"type", "elements"}, lambda card: self._add(call.app, card, body)
        )

    def _add(self, app: App, card: dict[str, Any], body: dict[str, Any]) -> None:
        new = _json(body["elements"], 300315)
        check(isinstance(new, list) and new, 300315, "elements is not an array")
        self._elements(app, new, card, 300315)
        target = body.get("target_element_id")
        if body["type"] == "append" and not target:
            card.setdefault("body", {}).setdefault("elements", []).extend(new)
            return
        check(target, 300315, "target_element_id is required")
        siblings, at = _find(card, target, 300315)
        if body["type"] == "append":
            inside = siblings[at]
            check("elements" in inside, 300315, "the target is no container")
            inside["elements"].extend(new)
        else:
            check(body["type"] in ("insert_before", "insert_after"), 10002, "type")
            place = at + (body["type"] == "insert_after")
            siblings[place:place] = new

    def _elements(self, app: App, new: Any, card: dict[str, Any], code: int) -> None:
        try:
            check_elements(new, card, self.contents.usable(app), self.contents.known)
        except CardError as error:
            raise wrong(code, error.detail) from None
        if count(card) + count(new) > self.world.limits["elements"]:
            raise wrong(300305, "element exceeds the limit")

    async def replace(self, call: Call) -> dict[str, Any]:
        return self._operate(
            call,
            {"element"},
            lambda card: self._replace(card, call.path["element_id"], call.body["element"]),
        )

    def _replace(self, card: dict[str, Any], which: str, element: Any) -> None:
        siblings, at = _find(card, which, 300313)
        new = _json(element, 300313)
        check(isinstance(new, dict), 300313, "element is not an object")
        siblings[at] = new

    async def patch(self, call: Call) -> dict[str, Any]:
        given = (call.body or {}).get("partial_element")
        return self._operate(
            call,
            {"partial_element"},
            lambda card: self._patch(card, call.path["element_id"], given),
        )

    def _patch(self, card: dict[str, Any], which: str, partial: Any) -> None:
        siblings, at = _find(card, which, 300313)
        new = _json(partial, 300313)
        check(isinstance(new, dict), 300313, "partial_element is not an object")
        check(new.get("tag", siblings[at]["tag"]) == siblings[at]["tag"], 300312)
        siblings[at] |= new

    async def remove(self, call: Call) -> dict[str, Any]:
        return self._operate(
            call, set(), lambda card: self._remove(card, [call.path["element_id"]])
        )

    def _remove(self, card: dict[str, Any], which: Any) -> None:
        check(isinstance(which, list) and which, 300314, "element_ids")
        for each in which:
            siblings, at = _find(card, each, 300314)
            del siblings[at]

    async def content(self, call: Call) -> dict[str, Any]:
        def change(card: dict[str, Any]) -> None:
            streaming = card.get("config", {}).get("streaming_mode", False)
            if not streaming:
                raise wrong(300309, "")
            siblings, at = _find(card, call.path["element_id"], 300313)
            element = siblings[at]
            if element["tag"] == "div":
                element = element.get("text", {})
            check(element.get("tag") in ("markdown", "plain_text"), 300310)
            check(isinstance(call.body["content"], str), 10002, "content")
            element["content"] = call.body["content"]

        return self._operate(call, {"content"}, change)

    async def batch(self, call: Call) -> dict[str, Any]:
        def change(card: dict[str, Any]) -> None:
            actions = _json(call.body["actions"], 10002)
            check(isinstance(actions, list) and actions, 10002, "actions")
            for each in actions:
                check(isinstance(each, dict) and set(each) == {"action", "params"}, 10002, "action")
                self._one(call.app, card, each["action"], each["params"])

        return self._operate(call, {"actions"}, change)

    def _one(self, app: App, card: dict[str, Any], action: str, params: Any) -> None:
        check(isinstance(params, dict), 10002, "params")
        if action == "partial_update_setting":
            self._set(card, json.dumps(params.get("settings")))
        elif action == "add_elements":
            body = {**params, "elements": json.dumps(params.get("elements"))}
            self._add(app, card, body)
        elif action == "delete_elements":
            self._remove(card, params.get("element_ids"))
        elif action == "partial_update_element":
            partial = json.dumps(params.get("partial_element"))
            self._patch(card, str(params.get("element_id")), partial)
        elif action == "update_element":
            whole = json.dumps(params.get("element"))
            self._replace(card, str(params.get("element_id")), whole)
        else:
            raise wrong(10002, f"action {action}")


def _fields(call: Call, names: set[str]) -> dict[str, Any]:
    body: dict[str, Any] = call.body or {}
    check(set(body) == names, 10002, f"{sorted(body)}")
    check(all(isinstance(value, str) for value in body.values()), 10002, "not strings")
    return body


def _shared(config: Any) -> bool:
    return not isinstance(config, dict) or config.get("update_multi", True) is not False


def _json(text: Any, code: int) -> Any:
    check(isinstance(text, str), code, "not a string in JSON")
    try:
        return json.loads(text)
    except ValueError:
        raise wrong(code, "not a string in JSON") from None


def _find(card: dict[str, Any], which: Any, code: int) -> tuple[list[dict[str, Any]], int]:
    """The array that holds an element, and where."""
    arrays = [card.get("body", {}).get("elements", [])]
    for each in walk(card):
        arrays += [each[name] for name in ("elements", "columns") if name in each]
    for array in arrays:
        for at, element in enumerate(array):
            if element.get("element_id") == which:
                return array, at
    raise wrong(code, f"ErrMsg: not find elementID : {which}; ")
