"""The elements that our cards are made of: Card JSON 2.0.

https://open.feishu.cn/document/feishu-cards/card-json-v2-structure. Schema 2.0 refuses a card with
an attribute it does not know, so that only these functions write attributes. What people wrote is
only ever put into ``plain_text``, which is shown as it stands: neither Markdown nor ``<at>``.
"""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import quote

Element: TypeAlias = dict[str, Any]

LARGEST = 28 * 1024
"""Bytes of a card; Feishu takes 30 KB:
https://open.feishu.cn/document/server-docs/im-v1/message-card/patch."""

LONGEST_LABEL = 60
"""Characters on a button and of a menu's entry; a button takes 100."""

LONGEST_TITLE = 100
"""Characters of a card's title."""

LONGEST_FIELD = 1000
"""Characters of a field."""

DENSE: Element = {"vertical_spacing": "4px", "padding": "8px 12px 8px 12px"}
"""What a card is laid out with that has to fit on a phone's screen; else it is 8 and 12 pixels."""

TALLEST = 1.2
"""A picture's height by its width, up to which it is shown whole."""

TALL = "320px 384px"
"""Width and height of a taller one in the card: what fits into a phone's."""

_URL_SAFE = "/:?#@!$&'*+,;=%~-._"


def plain(text: str) -> str:
    """A text without what cannot be sent or would disturb others: control and override characters,
    halves of characters."""
    whole = text.encode("utf-8", "replace").decode()
    kept = (
        char for char in whole if char == "\n" or unicodedata.category(char) not in ("Cc", "Cs")
    )
    return "".join(
        char for char in kept if char not in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"
    )


def shortened(text: str, most: int) -> str:
    """At most so many characters, with an ellipsis where something is missing."""
    text = plain(text).strip()
    return text if len(text) <= most else text[: max(0, most - 1)].rstrip() + "…"


def narrow(text: str, columns: int) -> str:
    """At most so many columns, of which Chinese and Japanese characters take two, with an ellipsis
    where something is missing."""
    text = plain(" ".join(text.split()))
    widths = [1 + (unicodedata.east_asian_width(char) in "WF") for char in text]
    if sum(widths) <= columns:
        return text
    while sum(widths) > columns - 1:
        widths.pop()
    return text[: len(widths)].rstrip() + "…"


def _text(content: str, **style: str) -> Element:
    return {"tag": "plain_text", "content": plain(content), **style}


def paragraph(content: str, *, grey: bool = False) -> Element:
    """Some lines of text; grey ones are small."""
    style = {"text_size": "notation", "text_color": "grey"} if grey else {}
    return {"tag": "div", "text": _text(content, **style)}


def pressable(content: str, value: Mapping[str, Any]) -> Element:
    """A small line of text that sends ``value`` back when it is pressed: https://open.feishu.cn/
    document/feishu-cards/card-json-v2-components/containers/interactive-container."""
    text = _text(content, text_size="notation", text_color="blue")
    return {
        "tag": "interactive_container",
        "padding": "0px",
        "behaviors": [{"type": "callback", "value": dict(value)}],
        "elements": [{"tag": "div", "text": text}],
    }


def link(label: str, url: str) -> Element:
    """A line that leads to a URL of ours; ``label`` is one of our own texts."""
    return {"tag": "markdown", "content": f"[{label}]({quote(url, safe=_URL_SAFE)})"}


def moment(at: float) -> Element:
    """A moment, in seconds since the epoch, by the clock of who reads it: https://open.feishu.cn/
    document/feishu-cards/card-json-v2-components/content-components/rich-text."""
    shown = [
        f"<local_datetime millisecond='{int(at * 1000)}' format_type='{kind}'></local_datetime>"
        for kind in ("date_num", "time")
    ]
    return {"tag": "markdown", "content": " ".join(shown), "text_size": "notation"}


def person(user: str, size: str = "small") -> Element:
    """Somebody by name and picture, who is not called by it: https://open.feishu.cn/document/
    feishu-cards/card-json-v2-components/content-components/user-profile."""
    return {"tag": "person", "user_id": user, "size": size, "show_name": True}


def rule() -> Element:
    """A line across the card."""
    return {"tag": "hr"}


def picture(key: str, alt: str, shape: tuple[int, int] = (1, 1)) -> Element:
    """One picture, as wide as the card; of one whose ``shape``, width and height, is tall only the
    middle, and the whole when it is pressed: https://open.feishu.cn/document/feishu-cards/
    card-json-v2-components/content-components/image."""
    width, height = shape
    scale: Element = {"scale_type": "fit_horizontal"}
    if height > TALLEST * width:
        scale = {"scale_type": "crop_center", "size": TALL}
    return {"tag": "img", "img_key": key, "alt": _text(alt), **scale, "preview": True}


def thumbnail(key: str, alt: str) -> Element:
    """A small copy of a picture, 80 pixels wide and high."""
    look = {"scale_type": "crop_center", "size": "medium", "preview": True}
    return {"tag": "img", "img_key": key, "alt": _text(alt), **look}


def pictures(keys: Sequence[str], alt: str, shape: tuple[int, int] = (1, 1)) -> list[Element]:
    """One picture, or several side by side: https://open.feishu.cn/document/feishu-cards/
    card-json-v2-components/content-components/multi-image-laylout."""
    if len(keys) <= 1:
        return [picture(key, alt, shape) for key in keys]
    modes = {2: "double", 3: "triple", 4: "bisect"}
    listed = [{"img_key": key} for key in keys[:9]]
    mode = modes.get(len(keys), "trisect")
    return [{"tag": "img_combination", "combination_mode": mode, "img_list": listed}]


def button(
    label: str,
    value: Mapping[str, Any],
    *,
    kind: str = "default",
    submit: str | None = None,
    confirm: tuple[str, str] | None = None,
) -> Element:
    """A button that sends ``value`` back; ``submit`` is its name in a form that it submits.

    With ``confirm``, a title and a text, the person is asked before it is sent.
    """
    made: Element = {
        "tag": "button",
        "text": _text(shortened(label, LONGEST_LABEL)),
        "type": kind,
        "behaviors": [{"type": "callback", "value": dict(value)}],
    }
    if confirm:
        made["confirm"] = {"title": _text(confirm[0]), "text": _text(confirm[1])}
    return made | ({"name": submit, "form_action_type": "submit"} if submit else {})


def menu(
    placeholder: str,
    options: Sequence[tuple[str, str]],
    value: Mapping[str, Any] | None = None,
    *,
    chosen: str | None = None,
    name: str | None = None,
) -> Element:
    """A menu of (value, name) pairs. In a form it has a ``name``, elsewhere a ``value``."""
    unique = {key: shown for key, shown in options if key}
    made: Element = {
        "tag": "select_static",
        "placeholder": _text(placeholder),
        "options": [
            {"text": _text(shortened(shown, LONGEST_LABEL) or key), "value": key}
            for key, shown in unique.items()
        ],
        "width": "fill",
    }
    if value is not None:
        made["behaviors"] = [{"type": "callback", "value": dict(value)}]
    if name is not None:
        made["name"] = name
    return made | ({"initial_option": chosen} if chosen in unique else {})


def overflow(options: Sequence[tuple[str, str]], value: Mapping[str, Any]) -> Element:
    """A button with three dots that opens (value, name) pairs to press: https://open.feishu.cn/
    document/uAjLw4CM/ukzMukzMukzM/feishu-cards/card-json-v2-components/interactive-components/
    overflow."""
    return {
        "tag": "overflow",
        "options": [
            {"text": _text(shortened(shown, LONGEST_LABEL)), "value": key} for key, shown in options
        ],
        "behaviors": [{"type": "callback", "value": dict(value)}],
    }


def field(name: str, placeholder: str, written: str = "") -> Element:
    """A field of a form for some lines of text, with what is ``written`` there already; Feishu's
    limit is 1,000 characters."""
    return {
        "tag": "input",
        "name": name,
        "placeholder": _text(placeholder),
        "input_type": "multiline_text",
        "rows": 1,
        "auto_resize": True,
        "max_length": LONGEST_FIELD,
        "width": "fill",
    } | ({"default_value": plain(written)[:LONGEST_FIELD]} if written else {})


def form(name: str, elements: Sequence[Element]) -> Element:
    """A form; one of the elements is a button that submits it."""
    return {"tag": "form", "name": name, "elements": list(elements), "vertical_spacing": "8px"}


def row(elements: Sequence[Element], *, equal: bool = False) -> Element:
    """Elements beside each other, on further lines where they do not fit; ``equal`` in width."""
    widths: Element = {"width": "weighted", "weight": 1} if equal else {"width": "auto"}
    columns = [{"tag": "column", **widths, "elements": [element]} for element in elements]
    mode = "stretch" if equal else "flow"
    return {"tag": "column_set", "flex_mode": mode, "horizontal_spacing": "8px", "columns": columns}


def line(elements: Sequence[Element | list[Element]], wide: int) -> Element:
    """Elements on one line, a list of them below each other; the one at that index takes the width
    that is left."""
    columns = []
    for number, element in enumerate(elements):
        width: Element = {"width": "auto"}
        if number == wide:
            width = {"width": "weighted", "weight": 1}
        inside = element if isinstance(element, list) else [element]
        columns.append({"tag": "column", **width, "vertical_align": "center", "elements": inside})
    return {"tag": "column_set", "horizontal_spacing": "8px", "columns": columns}


def card(
    title: str,
    colour: str,
    elements: Sequence[Element],
    *,
    summary: str | None = None,
    personal: bool = False,
    dense: bool = False,
) -> Element:
    """A card that everybody sees change at once, which is the only kind that can be changed.

    ``summary`` is what the list of chats shows of it, if not the title. A ``personal`` card, whose
    buttons are for one person in one chat, cannot be forwarded. The elements of a ``dense`` one
    stand closer together.
    """
    short = shortened(title, LONGEST_TITLE)
    brief = shortened(summary or title, LONGEST_TITLE)
    config = {"update_multi": True, "streaming_mode": False, "summary": {"content": brief}}
    return {
        "schema": "2.0",
        "config": config | ({"enable_forward": False} if personal else {}),
        "header": {"title": _text(short), "template": colour},
        "body": {"direction": "vertical", **(DENSE if dense else {}), "elements": list(elements)},
    }


def texts(made: Any) -> list[str]:
    """The words of a card, in their order, without those of menus."""
    if isinstance(made, list):
        return [text for each in made for text in texts(each)]
    if not isinstance(made, dict):
        return []
    if made.get("tag") == "plain_text":
        return [made["content"]]
    shown = ("header", "title", "body", "elements", "columns", "text")
    return [text for name in shown if name in made for text in texts(made[name])]


def encoded(made: Mapping[str, Any]) -> str:
    """As it is sent: with characters as themselves, which an escape would make six bytes."""
    return json.dumps(made, ensure_ascii=False, separators=(",", ":"))


def size(made: Mapping[str, Any]) -> int:
    """Bytes of a card as it is sent."""
    return len(encoded(made).encode())
