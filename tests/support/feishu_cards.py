"""A page that shows cards much as Feishu's client does, to look at them and to measure them.

Sizes are those of the documentation: a card is as wide as the chat, 600 pixels at most; its title
is 16 pixels and at most four lines, a text 14 and a small one 12; a button is 32 high (28 on a
phone's is smaller still, so this is the safe side); elements stand 8 apart, 12 from the edge.
https://open.feishu.cn/document/feishu-cards/card-json-v2-structure
https://open.feishu.cn/document/feishu-cards/card-json-v2-components/component-json-v2-overview
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

Element = Mapping[str, Any]

COLOURS = {
    "blue": ("#e1eaff", "#245bdb"),
    "wathet": ("#d9f3fd", "#076a94"),
    "green": ("#d9f5d6", "#186010"),
    "red": ("#fde2e2", "#ac2f28"),
    "grey": ("#eff0f1", "#1f2329"),
}

STYLE = """
* { box-sizing: border-box; margin: 0 }
body { font: 14px/22px "Noto Sans CJK SC", "Noto Sans", sans-serif; color: #1f2329;
  background: #f2f3f5; padding: 12px; display: flex; gap: 16px; align-items: flex-start;
  flex-wrap: wrap; width: max-content; max-width: 1580px }
:lang(en) { font-feature-settings: "pwid" }  /* quotes as wide as in a Latin font */
.card { background: #fff; border-radius: 8px; overflow: hidden; border: 1px solid #dee0e3 }
.title { padding: 12px; font-size: 16px; line-height: 24px; font-weight: 600; overflow: hidden;
  overflow-wrap: anywhere }
.title span { display: -webkit-box; -webkit-line-clamp: 4; -webkit-box-orient: vertical;
  overflow: hidden }
.body, .form, .column { display: flex; flex-direction: column; gap: 8px; min-width: 0 }
.body { padding: 12px }
.text { white-space: pre-wrap; overflow-wrap: anywhere }
.small { font-size: 12px; line-height: 18px }
.grey { color: #8f959e }
.blue { color: #245bdb }
.row { display: flex; gap: 8px }
.flow { flex-wrap: wrap }
.wide { flex: 1 }
.row > .column { flex-shrink: 0 } .row > .wide { flex-shrink: 1 }
.center { align-self: center }
.button, .menu, .input, .more { height: 32px; border: 1px solid #d0d3d6; border-radius: 6px;
  padding: 0 12px; line-height: 30px; white-space: nowrap; overflow: hidden;
  text-overflow: ellipsis; background: #fff }
.button { display: inline-block; vertical-align: top; max-width: 100% }
.primary { color: #245bdb; border-color: #245bdb }
.danger { color: #d83931; border-color: #d83931 }
.menu::after { content: "▾"; float: right; color: #8f959e }
.input { color: #8f959e; height: auto; min-height: 32px; white-space: pre-wrap }
.written { color: inherit }
.more { padding: 0 8px }
a { color: #245bdb }
.sign { width: 1em; height: 1em; vertical-align: -0.1em }
img { display: block; border-radius: 4px }
.grid { display: grid; gap: 4px }
.grid img { width: 100%; aspect-ratio: 1; object-fit: cover }
.person { display: flex; gap: 4px; align-items: center; font-size: 12px; line-height: 18px }
.person i { width: 16px; height: 16px; border-radius: 50%; background: #bacefd }
"""

SIGNS = {
    "✅": '<rect width="16" height="16" rx="3" fill="#4caf50"/>'
    '<path d="M4 8l3 3 5-6" stroke="#fff" stroke-width="2" fill="none"/>',
    "❌": '<path d="M3 3l10 10M13 3L3 13" stroke="#e53935" stroke-width="3"/>',
    "🚫": '<circle cx="8" cy="8" r="6" stroke="#e53935" stroke-width="2.5" fill="none"/>'
    '<path d="M4 4l8 8" stroke="#e53935" stroke-width="2.5"/>',
    "⏳": '<path d="M3 1h10L8 8l5 7H3l5-7z" fill="#ffb74d" stroke="#8d6e63"/>',
    "🎨": '<circle cx="8" cy="8" r="7" fill="#d7a86e"/>'
    '<circle cx="5" cy="6" r="1.6" fill="#e53935"/>'
    '<circle cx="10" cy="5" r="1.6" fill="#1e88e5"/>'
    '<circle cx="6" cy="11" r="1.6" fill="#43a047"/>',
    "🍌": '<path d="M3 2c0 7 4 11 11 10-2 4-13 4-13-5z" fill="#fdd835" stroke="#b28704"/>',
    "🖼️": '<rect x="1" y="2" width="14" height="12" fill="#90caf9" stroke="#8d6e63" '
    'stroke-width="2"/><path d="M3 12l4-5 3 3 2-2 2 4z" fill="#43a047"/>',
    "📝": '<path d="M3 1h10v14H3z" fill="#fff" stroke="#78909c"/>'
    '<path d="M5 5h6M5 8h6M5 11h4" stroke="#78909c"/>',
    "⚠️": '<path d="M8 1l7 13H1z" fill="#fdd835" stroke="#b28704"/>'
    '<path d="M8 6v4M8 11v1.5" stroke="#333" stroke-width="1.5"/>',
}
"""Emoji of our titles as drawings of 16 pixels: not every machine has a font for them."""

GRIDS = {"double": 2, "triple": 3, "bisect": 2, "trisect": 3}
SQUARES = {"tiny": 16, "small": 40, "medium": 80, "large": 160}


class CardPage:
    """Draws cards for a reader whose client is in one language, such as ``zh_cn``.

    ``pictures`` are data URLs by image_key.
    """

    def __init__(self, pictures: Mapping[str, str], client: str, name: str = "Ann") -> None:
        self._pictures = pictures
        self._client = client
        self._name = name

    def page(self, cards: Sequence[Element], width: int) -> str:
        """A page with cards in chats that are so many pixels wide."""
        shown = "".join(self.card(card, width) for card in cards)
        head = f"<!doctype html><html lang={self._client[:2]}><meta charset=utf-8>"
        return f"{head}<style>{STYLE}</style>{shown}"

    def card(self, card: Element, width: int) -> str:
        """One card."""
        behind, before = COLOURS[card["header"]["template"]]
        title = self._html(card["header"]["title"])
        body, look = self._all(card["body"]["elements"]), f"background:{behind};color:{before}"
        gap, padding = card["body"].get("vertical_spacing"), card["body"].get("padding")
        laid = f"gap:{gap};padding:{padding}" if gap else ""
        return (
            f'<div class=card style="width:{min(width, 600)}px">'
            f'<div class=title style="{look}"><span>{title}</span></div>'
            f'<div class=body style="{laid}">{body}</div></div>'
        )

    def _said(self, text: Element) -> str:
        return str(text.get("i18n_content", {}).get(self._client, text["content"]))

    def _html(self, text: Element) -> str:
        """A text, with its emoji."""
        html = escape(self._said(text))
        for emoji, drawn in SIGNS.items():
            html = html.replace(emoji, f'<svg class=sign viewBox="0 0 16 16">{drawn}</svg>')
        return html

    def _all(self, elements: Sequence[Element]) -> str:
        return "".join(getattr(self, f"_{each['tag']}")(each) for each in elements)

    def _div(self, element: Element) -> str:
        text = element["text"]
        small = " small" if text.get("text_size") == "notation" else ""
        colour = text.get("text_color", "")
        return f'<div class="text{small} {colour}">{self._html(text)}</div>'

    def _markdown(self, element: Element) -> str:
        content = self._said(element)
        if content.startswith("<local_datetime"):
            return "<div class='small grey'>2026-11-30 09:41</div>"
        label = content.partition("](")[0].lstrip("[")
        return f"<div><a>{escape(label)}</a></div>"

    def _img(self, element: Element) -> str:
        address, size = self._pictures[element["img_key"]], str(element.get("size", ""))
        if element["scale_type"] == "fit_horizontal":
            return f'<img src="{address}" style="width:100%">'
        side = SQUARES.get(size)
        width, height = (side, side) if side else [int(each[:-2]) for each in size.split()]
        look = f"width:{width}px;height:{height}px;max-width:100%;object-fit:cover"
        return f'<img src="{address}" style="{look}">'

    def _img_combination(self, element: Element) -> str:
        columns = GRIDS[element["combination_mode"]]
        listed = [self._pictures[each["img_key"]] for each in element["img_list"]]
        shown = "".join(f'<img src="{each}">' for each in listed)
        return f'<div class=grid style="grid-template-columns:repeat({columns},1fr)">{shown}</div>'

    def _person(self, element: Element) -> str:
        return f"<div class=person><i></i>{escape(self._name)}</div>"

    def _column_set(self, element: Element) -> str:
        flow = " flow" if element.get("flex_mode") == "flow" else ""
        if element.get("flex_mode") == "stretch":  # below each other where it is narrow
            return "".join(self._column(each) for each in element["columns"])
        return f'<div class="row{flow}">{self._all(element["columns"])}</div>'

    def _column(self, element: Element) -> str:
        wide = " wide" if element["width"] == "weighted" else ""
        center = " center" if element.get("vertical_align") == "center" else ""
        return f'<div class="column{wide}{center}">{self._all(element["elements"])}</div>'

    def _interactive_container(self, element: Element) -> str:
        padding = element.get("padding", "4px 12px 4px 12px")
        inside = self._all(element["elements"])
        return f'<div class=column style="padding:{padding}">{inside}</div>'

    def _form(self, element: Element) -> str:
        return f"<div class=form>{self._all(element['elements'])}</div>"

    def _button(self, element: Element) -> str:
        kind = element["type"]
        return f'<div><div class="button {kind}">{escape(self._said(element["text"]))}</div></div>'

    def _overflow(self, element: Element) -> str:
        return "<div><div class=more>···</div></div>"

    def _input(self, element: Element) -> str:
        written = element.get("default_value")
        if written:
            return f'<div class="input written">{escape(written)}</div>'
        return f"<div class=input>{escape(self._said(element['placeholder']))}</div>"

    def _select_static(self, element: Element) -> str:
        chosen = [
            option["text"]
            for option in element["options"]
            if option["value"] == element.get("initial_option")
        ]
        return (
            f"<div class=menu>{escape(self._said((chosen or [element['placeholder']])[0]))}</div>"
        )
