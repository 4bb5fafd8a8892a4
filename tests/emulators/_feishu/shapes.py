"""The shapes within a card that attributes are made of: texts, icons, options, behaviours, …"""

import re
from collections.abc import Callable
from typing import Any

from tests.emulators._feishu import components, domains

UNKNOWN, UNSUPPORTED, CONTENT, USER, IMAGE = 200621, 200861, 11310, 100290, 200570
MENTION = re.compile(r"<(?:at|person)\s+id\s*=\s*['\"]?([^'\"\s>]+)")
PICTURE = re.compile(r"!\[[^\]\n]*\]\(([^)\s]+)\)")
TABLE = re.compile(r"^\s*\|?(?:\s*:?-{3,}:?\s*\|)+", re.MULTILINE)
TAGS = (
    *("neutral", "blue", "turquoise", "lime", "orange", "violet", "indigo", "wathet", "green"),
    *("yellow", "red", "purple", "carmine"),
)


class CardError(Exception):
    """What is wrong with a card; ``detail`` is worded as behind ``ext=`` of code 230099, see the
    sub-codes in https://open.feishu.cn/document/server-docs/im-v1/message/reply."""

    def __init__(self, code: int, words: str, path: str, value: str = "") -> None:
        self.code = code
        if code == UNKNOWN:
            told = "parse card json err, please check whether the card json is correct"
            self.detail = f"ErrCode: {code}; ErrMsg: {told}; ErrorValue: {words}, path: {path}; "
        else:
            rest = f"ErrMsg: {words}; ErrorValue: {value}; "
            self.detail = f"ErrCode: {code}; ErrPath: {path}; {rest}"
        super().__init__(self.detail)


class Shapes:
    """Checks one card; ``images`` knows the usable keys of pictures, ``users`` ids of people."""

    def __init__(
        self, images: Callable[[str], bool], users: Callable[[str], bool] = lambda _: True
    ) -> None:
        self.images = images
        self.users = users
        self.tables = 0
        self.colors: frozenset[str] = frozenset()
        self.sizes: frozenset[str] = frozenset()
        self.ids: set[str] = set()
        self.names: set[str] = set()

    def object(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise CardError(CONTENT, "not an object", path)

    def known(self, value: dict[str, Any], allowed: set[str], path: str) -> None:
        for name in value:
            if name not in allowed:
                raise CardError(UNKNOWN, f"unknown property, property: {name}", path)

    def must(self, domain: domains.Domain, value: Any, path: str) -> None:
        if words := domain(value):
            raise CardError(CONTENT, words, path)

    def attributes(self, value: Any, allowed: components.Attributes, path: str) -> None:
        self.object(value, path)
        self.known(value, set(allowed), path)
        for name, each in value.items():
            domain = allowed[name]
            where = f"{path} -> {name}"
            if isinstance(domain, str):
                getattr(self, f"on_{domain}")(each, where)
            else:
                self.must(domain, each, where)

    def array(self, value: Any, path: str, most: int = 10**6) -> list[Any]:
        if not isinstance(value, list):
            raise CardError(CONTENT, "not an array", path)
        if len(value) > most:
            raise CardError(CONTENT, f"more than {most}", path)
        return value

    def on_element_id(self, value: Any, path: str) -> None:
        self.must(domains.element_id, value, path)
        if value in self.ids:
            raise CardError(CONTENT, f"element_id {value} is repeated", path)
        self.ids.add(value)

    def on_name(self, value: Any, path: str) -> None:
        self.must(domains.text(shortest=1), value, path)
        if value in self.names:
            raise CardError(CONTENT, f"name {value} is repeated", path)
        self.names.add(value)

    def on_color(self, value: Any, path: str) -> None:
        self.must(domains.color(self.colors), value, path)

    def on_text_size(self, value: Any, path: str) -> None:
        self.must(domains.text_size(self.sizes), value, path)

    def on_user(self, value: Any, path: str) -> None:
        if not isinstance(value, str) or not self.users(value):
            words = "There is an invalid user resource(at/person) in your card"
            raise CardError(USER, words, path, str(value))

    def on_markdown(self, value: Any, path: str) -> None:
        self.must(domains.text(), value, path)
        for user in MENTION.findall(value):
            self.on_user(user, path)
        for key in PICTURE.findall(value):
            self.on_image(key, path)
        self.tables += len(TABLE.findall(value))
        if self.tables > 5:
            raise CardError(CONTENT, "card table number over limit", path)

    def on_image(self, value: Any, path: str) -> None:
        if not isinstance(value, str) or not self.images(value):
            words = "card contains invalid image keys"
            raise CardError(IMAGE, words, path, f"image key {value}")

    def on_i18n_image(self, value: Any, path: str) -> None:
        for locale, key in self.i18n(value, path):
            self.on_image(key, f"{path} -> {locale}")

    def on_images(self, value: Any, path: str) -> None:
        for number, each in enumerate(self.array(value, path, 9)):
            where = f"{path} -> [{number}]"
            self.attributes(each, {"img_key": "image"}, where)
            if "img_key" not in each:
                raise CardError(CONTENT, "img_key is required", where)
        if not value:
            raise CardError(CONTENT, "img_list is empty", path)

    def i18n(self, value: Any, path: str) -> list[tuple[str, Any]]:
        self.object(value, path)
        self.known(value, set(domains.LOCALES), path)
        return list(value.items())

    def on_i18n(self, value: Any, path: str) -> None:
        for locale, words in self.i18n(value, path):
            self.must(domains.text(), words, f"{path} -> {locale}")

    def _text(self, value: Any, path: str, *tags: str, size: bool = True) -> None:
        self.object(value, path)
        allowed: components.Attributes = {
            "tag": domains.one_of(*tags),
            "content": domains.text(),
            "i18n_content": "i18n",
            "element_id": "element_id",
        }
        if size:
            styles = {"text_size": "text_size", "text_color": "color"}
            allowed |= styles | {"text_align": domains.across, "lines": domains.integer(1, 999)}
        self.attributes(value, allowed, path)
        self.must(domains.one_of(*tags), value.get("tag"), f"{path} -> tag")
        if "content" not in value and "i18n_content" not in value:
            raise CardError(CONTENT, "content is required", path)

    def on_plain(self, value: Any, path: str) -> None:
        self._text(value, path, "plain_text")

    def on_plain_or_md(self, value: Any, path: str) -> None:
        self._text(value, path, "plain_text", "lark_md", size=False)

    def on_text(self, value: Any, path: str) -> None:
        self._text(value, path, "plain_text", "lark_md")

    def on_panel_title(self, value: Any, path: str) -> None:
        self._text(value, path, "plain_text", "markdown")

    def on_fields(self, value: Any, path: str) -> None:
        for number, field in enumerate(self.array(value, path)):
            shape: components.Attributes = {"is_short": domains.boolean, "text": "text"}
            self.attributes(field, shape, f"{path} -> [{number}]")

    def on_icon(self, value: Any, path: str) -> None:
        self._icon(value, path, {})

    def on_sized_icon(self, value: Any, path: str) -> None:
        self._icon(value, path, {"size": domains.image_size})

    def _icon(self, value: Any, path: str, more: components.Attributes) -> None:
        self.object(value, path)
        standard: components.Attributes = {"token": domains.icon_token, "color": "color"}
        custom: components.Attributes = {"img_key": "image"}
        tag = value.get("tag")
        self.must(domains.one_of("standard_icon", "custom_icon"), tag, f"{path} -> tag")
        shape = standard if tag == "standard_icon" else custom
        self.attributes(value, {"tag": domains.text(), **shape, **more}, path)
        needed = "token" if tag == "standard_icon" else "img_key"
        if needed not in value:
            raise CardError(CONTENT, f"{needed} is required", path)

    def on_confirm(self, value: Any, path: str) -> None:
        self.attributes(value, {"title": "plain", "text": "plain"}, path)
        if "title" not in value or "text" not in value:
            raise CardError(CONTENT, "confirm needs a title and a text", path)

    def on_border(self, value: Any, path: str) -> None:
        self.attributes(value, {"color": "color", "corner_radius": domains.radius}, path)

    def on_panel_header(self, value: Any, path: str) -> None:
        self.attributes(value, components.PANEL_HEADER, path)

    def links(self, value: Any, path: str, name: str = "url") -> None:
        kinds = (name, "pc_url", "ios_url", "android_url")
        self.attributes(value, dict.fromkeys(kinds, domains.link), path)

    def on_jump(self, value: Any, path: str) -> None:
        self.object(value, path)
        self.known(value, {"multi_url"}, path)
        self.links(value.get("multi_url"), f"{path} -> multi_url")

    def on_behaviors(self, value: Any, path: str) -> None:
        for number, each in enumerate(self.array(value, path)):
            where = f"{path} -> [{number}]"
            self.object(each, where)
            kind = each.get("type")
            self.must(domains.one_of("callback", "open_url"), kind, f"{where} -> type")
            rest = {key: item for key, item in each.items() if key != "type"}
            if kind == "open_url":
                self.links(rest, where, "default_url")
                if not rest.get("default_url"):
                    raise CardError(CONTENT, "default_url is required", where)
            else:
                self.known(rest, {"value"}, where)
                if not isinstance(rest.get("value"), dict):
                    raise CardError(CONTENT, "value of a callback must be an object", where)

    def _options(self, value: Any, path: str, shape: components.Attributes) -> None:
        values = []
        for number, option in enumerate(self.array(value, path)):
            self.attributes(option, shape, f"{path} -> [{number}]")
            values += [option["value"]] if "value" in option else []
        if len(set(values)) != len(values):
            raise CardError(CONTENT, "values of options are repeated", path)

    def on_options(self, value: Any, path: str) -> None:
        self._options(
            value, path, {"text": "plain", "value": domains.text(shortest=1), "icon": "icon"}
        )
        for number, option in enumerate(value):
            if not {"text", "value"} <= set(option):
                raise CardError(CONTENT, "text and value are required", f"{path} -> [{number}]")

    def on_candidates(self, value: Any, path: str) -> None:
        self._options(value, path, {"value": domains.text(shortest=1)})

    def on_menu(self, value: Any, path: str) -> None:
        shape = {"text": "plain", "multi_url": "multi_url", "value": domains.text(shortest=1)}
        self._options(value, path, shape)

    def on_multi_url(self, value: Any, path: str) -> None:
        self.links(value, path)

    def on_pictures(self, value: Any, path: str) -> None:
        tips = {"disabled": domains.boolean, "disabled_tips": "plain", "hover_tips": "plain"}
        self._options(value, path, {"img_key": "image", "value": domains.text(), **tips})

    def on_strings(self, value: Any, path: str) -> None:
        for each in self.array(value, path):
            self.must(domains.text(), each, path)

    def on_persons(self, value: Any, path: str) -> None:
        for each in self.array(value, path):
            self.attributes(each, {"id": domains.text(shortest=1)}, path)

    def on_checked_style(self, value: Any, path: str) -> None:
        self.object(value, path)
        self.known(value, {"show_strikethrough", "opacity"}, path)

    def on_tags(self, value: Any, path: str) -> None:
        for number, tag in enumerate(self.array(value, path, 3)):
            where = f"{path} -> [{number}]"
            self.object(tag, where)
            self.must(domains.one_of("text_tag"), tag.get("tag"), f"{where} -> tag")
            shape: components.Attributes = {"tag": domains.text(), "element_id": "element_id"}
            shape |= {"text": "plain_or_md", "color": domains.one_of(*TAGS)}
            self.attributes(tag, shape, where)

    def on_i18n_tags(self, value: Any, path: str) -> None:
        for locale, tags in self.i18n(value, path):
            self.on_tags(tags, f"{path} -> {locale}")

    def on_locales(self, value: Any, path: str) -> None:
        for each in self.array(value, path):
            self.must(domains.one_of(*domains.LOCALES), each, path)

    def on_summary(self, value: Any, path: str) -> None:
        self.attributes(value, {"content": domains.text(), "i18n_content": "i18n"}, path)

    def on_streaming(self, value: Any, path: str) -> None:
        names = ("print_frequency_ms", "print_step", "print_strategy")
        self.object(value, path)
        self.known(value, set(names), path)
        for name in names[:2]:
            steps = value.get(name, {})
            self.object(steps, f"{path} -> {name}")
            shape = {kind: domains.integer(1, 10**5) for kind in ("default", "pc", "ios")}
            shape["android"] = shape["default"]
            self.attributes(steps, shape, f"{path} -> {name}")
        self.must(domains.one_of("fast", "delay"), value.get("print_strategy", "fast"), path)

    def on_style(self, value: Any, path: str) -> None:
        self.object(value, path)
        self.known(value, {"text_size", "color"}, path)
        plain = domains.one_of(*domains.TEXT_SIZES)
        sizes = dict.fromkeys(("default", "pc", "mobile"), plain)
        for name in ("text_size", "color"):
            self.object(value.get(name, {}), f"{path} -> {name}")
        for name, each in value.get("text_size", {}).items():
            self.attributes(each, sizes, f"{path} -> text_size -> {name}")
        named = domains.color(frozenset())
        for name, each in value.get("color", {}).items():
            colors = {"light_mode": named, "dark_mode": named}
            self.attributes(each, colors, f"{path} -> color -> {name}")
