"""What a message may contain, by its type; and what the others see of it.

https://open.feishu.cn/document/server-docs/im-v1/message-content-description/create_json
"""

import json
import re
from collections.abc import Callable
from typing import Any

from tests.emulators._feishu.cards import CardError, check_card
from tests.emulators._feishu.domains import LOCALES
from tests.emulators._feishu.refusals import Refused, check, wrong
from tests.emulators._feishu.state import App, World

AT = re.compile(r"<at\s+user_id=\"([^\"]*)\"\s*>[^<]*</at>")
STYLES = ("bold", "underline", "lineThrough", "italic")
POST_TAGS: dict[str, tuple[set[str], set[str]]] = {  # required, optional
    "text": ({"text"}, {"un_escape", "style"}),
    "a": ({"text", "href"}, {"style"}),
    "at": ({"user_id"}, {"style", "user_name"}),
    "img": ({"image_key"}, set()),
    "media": ({"file_key"}, {"image_key"}),
    "emotion": ({"emoji_type"}, set()),
    "hr": (set(), set()),
    "code_block": ({"text"}, {"language"}),
    "md": ({"text"}, set()),
}


class Contents:
    """Parses and checks the ``content`` of messages."""

    def __init__(self, world: World) -> None:
        self.world = world

    def sent(self, app: App, msg_type: str, content: str) -> tuple[Any, str]:
        """What ``app`` sends, parsed, and the id of the card entity it names, if any."""
        limits = self.world.limits
        size = limits["text_bytes" if msg_type == "text" else "card_bytes"]
        if len(content.encode()) > size:
            raise wrong(230025, f"{len(content.encode())} bytes")
        try:
            parsed = json.loads(content)
        except ValueError:
            raise wrong(230001, "content is not a string in json format.") from None
        check(isinstance(parsed, dict), 230001, "content is not a json object.")
        checker = getattr(self, f"_{msg_type}", None)
        check(checker is not None, 230001, f"invalid msg_type {msg_type}")
        assert checker is not None
        return parsed, checker(app, parsed) or ""

    def card(self, app: App, card: Any) -> None:
        """Check a card that ``app`` shows."""
        check(isinstance(card, dict), 230099, "ErrCode: 200220; ErrMsg: not an object; ")
        if card.get("schema") != "2.0":
            raise wrong(230099, "ErrCode: 200621; ErrMsg: the emulator knows cards of schema 2.0; ")
        try:
            most = int(self.world.limits["elements"])
            check_card(card, self.usable(app), most, self.known)
        except CardError as error:
            raise wrong(230099, error.detail) from None

    def usable(self, app: App) -> Callable[[str], bool]:
        """Which pictures ``app`` may show."""
        return lambda key: self._owns(app, key)

    def _owns(self, app: App, key: str) -> bool:
        found = self.world.images.get(key)
        return found is not None and found.owner == app.app_id

    def _text(self, app: App, content: dict[str, Any]) -> None:
        check(set(content) == {"text"}, 230001, f"text has {sorted(content)}")
        check(isinstance(content["text"], str) and content["text"], 230001, "text is empty")
        for user in AT.findall(content["text"]):
            check(self.known(user), 230001, f"invalid user resource(at): {user}")

    def known(self, user: str) -> bool:
        """Whether somebody has this id."""
        people = [person.ids().values() for person in self.world.people.values()]
        bots = [bot.open_id for bot in self.world.apps.values()]
        return user in ("all", *bots) or any(user in ids for ids in people)

    def _image(self, app: App, content: dict[str, Any]) -> None:
        check(set(content) == {"image_key"}, 230001, f"image has {sorted(content)}")
        self._picture(app, content["image_key"])

    def _picture(self, app: App, key: Any) -> None:
        check(isinstance(key, str), 230001, "image_key")
        check(key in self.world.images, 230001, f"invalid image_key {key}")
        check(self._owns(app, key), 230017)

    def _file(self, app: App, content: dict[str, Any]) -> None:
        check(set(content) == {"file_key"}, 230001, f"file has {sorted(content)}")
        found = self.world.files.get(str(content["file_key"]))
        check(found is not None, 230001, f"invalid file_key {content['file_key']}")
        assert found is not None
        check(found.owner == app.app_id, 230017)
        check(found.kind not in ("opus", "mp4"), 230055)

    def _post(self, app: App, content: dict[str, Any]) -> None:
        check(content and set(content) <= set(LOCALES), 230001, f"post has {sorted(content)}")
        for locale, page in content.items():
            check(isinstance(page, dict), 230001, locale)
            check(set(page) <= {"title", "content"} and "content" in page, 230001, locale)
            check(isinstance(page.get("title", ""), str), 230001, "title")
            check(isinstance(page["content"], list), 230001, "content")
            for line in page["content"]:
                check(isinstance(line, list), 230001, "a paragraph is an array")
                for node in line:
                    self._node(app, node)

    def _node(self, app: App, node: Any) -> None:
        tag = node.get("tag") if isinstance(node, dict) else None
        check(isinstance(tag, str) and tag in POST_TAGS, 230001, f"tag in {node}")
        required, optional = POST_TAGS[node["tag"]]
        keys = set(node) - {"tag"}
        check(required <= keys <= required | optional, 230001, f"{node['tag']} has {sorted(keys)}")
        styles = node.get("style", [])
        fits = isinstance(styles, list) and all(each in STYLES for each in styles)
        check(fits, 230001, "style")
        if node["tag"] == "img":
            self._picture(app, node["image_key"])
        if node["tag"] == "at":
            check(self.known(node["user_id"]), 230001, "invalid user resource(at)")

    def _interactive(self, app: App, content: dict[str, Any]) -> str | None:
        if content.get("type") != "card":
            self.card(app, content)
            return None
        shape = set(content) == {"type", "data"} and isinstance(content["data"], dict)
        check(shape and set(content["data"]) == {"card_id"}, 230099, _invalid())
        entity = self.world.entities.get(str(content["data"]["card_id"]))
        if entity is None or entity.app != app.app_id or entity.message_id:
            raise wrong(230099, _invalid())
        if self.world.now() - entity.created > 14 * 86400:
            raise Refused(230099, _invalid())
        return entity.card_id


def _invalid() -> str:
    return "ErrCode: 11310; ErrMsg: cardid is invalid; "


def seen_by_bots(card: dict[str, Any]) -> dict[str, Any]:
    """What reading a message with a card gives: of one of schema 2.0 hardly more than its title,
    of an older one its texts and pictures, as lines of nodes."""
    header = card.get("header") or {}
    title = (header.get("title") or {}).get("content", "")
    if card.get("schema") == "2.0":
        notice = {"tag": "text", "text": "请升级至最新版本客户端，以查看内容"}
        return {"title": title, "elements": [[notice]]}
    return {"title": title, "elements": [[_seen(one)] for one in card.get("elements") or ()]}


def _seen(element: dict[str, Any]) -> dict[str, Any]:
    if element.get("tag") == "img":
        return {"tag": "img", "image_key": element["img_key"]}
    text = element.get("text") or {}
    return {"tag": "text", "text": text.get("content", element.get("content", ""))}


def received(content: Any, msg_type: str) -> Any:
    """A message's content as events and reading carry it: rich text without its language."""
    if msg_type == "post" and set(content) <= set(LOCALES):
        page: dict[str, Any] = next(iter(content.values()))
        return {"title": page.get("title", ""), "content": page["content"]}
    return content
