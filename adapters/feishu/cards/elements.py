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


def _text(content: str, **style: str) -> Element:
    return {"tag": "plain_text", "content": plain(content), **style}


def paragraph(content: str, *, grey: bool = False) -> Element:
    """Some lines of text; grey ones are small."""
    style = {"text_size": "notation", "text_color": "grey"} if grey else {}
    return {"tag": "div", "text": _text(content, **style)}


def link(label: str, url: str) -> Element:
    """A line that leads to a URL of ours; ``label`` is one of our own texts."""
    return {"tag": "markdown", "content": f"[{label}]({quote(url, safe=_URL_SAFE)})"}


def rule() -> Element:
    """A line across the card."""
    return {"tag": "hr"}


def picture(key: str, alt: str) -> Element:
    """One picture in full, as wide as the card."""
    return {
        "tag": "img",
        "img_key": key,
        "alt": _text(alt),
        "scale_type": "fit_horizontal",
        "preview": True,
    }


def pictures(keys: Sequence[str], alt: str) -> list[Element]:
    """One picture, or several side by side: https://open.feishu.cn/document/feishu-cards/
    card-json-v2-components/content-components/multi-image-laylout."""
    if len(keys) <= 1:
        return [picture(key, alt) for key in keys]
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


def field(name: str, placeholder: str) -> Element:
    """A field of a form for some lines of text; Feishu's limit is 1,000 characters."""
    return {
        "tag": "input",
        "name": name,
        "placeholder": _text(placeholder),
        "input_type": "multiline_text",
        "rows": 1,
        "auto_resize": True,
        "max_length": 1000,
        "width": "fill",
    }


def form(name: str, elements: Sequence[Element]) -> Element:
    """A form; one of the elements is a button that submits it."""
    return {"tag": "form", "name": name, "elements": list(elements), "vertical_spacing": "8px"}


def row(elements: Sequence[Element], *, equal: bool = False) -> Element:
    """Elements beside each other, on further lines where they do not fit; ``equal`` in width."""
    widths: Element = {"width": "weighted", "weight": 1} if equal else {"width": "auto"}
    columns = [{"tag": "column", **widths, "elements": [element]} for element in elements]
    mode = "stretch" if equal else "flow"
    return {"tag": "column_set", "flex_mode": mode, "horizontal_spacing": "8px", "columns": columns}


def card(
    title: str,
    colour: str,
    elements: Sequence[Element],
    *,
    summary: str | None = None,
    personal: bool = False,
) -> Element:
    """A card that everybody sees change at once, which is the only kind that can be changed.

    ``summary`` is what the list of chats shows of it, if not the title. A ``personal`` card, whose
    buttons are for one person in one chat, cannot be forwarded.
    """
    short = shortened(title, LONGEST_TITLE)
    brief = shortened(summary or title, LONGEST_TITLE)
    config = {"update_multi": True, "streaming_mode": False, "summary": {"content": brief}}
    return {
        "schema": "2.0",
        "config": config | ({"enable_forward": False} if personal else {}),
        "header": {"title": _text(short), "template": colour},
        "body": {"direction": "vertical", "elements": list(elements)},
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
