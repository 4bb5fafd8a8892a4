"""The strict checker of Card JSON 2.0: an unknown attribute or value refuses the whole card.

https://open.feishu.cn/document/feishu-cards/card-json-v2-structure; what is refused and how is
said in https://open.feishu.cn/document/feishu-cards/card-json-v2-breaking-changes-release-notes.
"""

from collections.abc import Callable, Iterator
from typing import Any

from tests.emulators._feishu import components
from tests.emulators._feishu.components import COMPONENTS, CONTAINERS, INPUTS, REQUIRED
from tests.emulators._feishu.shapes import CONTENT, UNSUPPORTED, CardError, Shapes

__all__ = ["CardError", "check_card", "check_elements", "count", "walk"]


Known = Callable[[str], bool]


def check_card(
    card: Any, images: Known, elements: int = 200, users: Known = lambda _: True
) -> None:
    """Raise :class:`CardError` unless ``card`` may be shown; ``images`` knows the usable keys of
    pictures, ``users`` the ids of people that may be named."""
    _Checker(images, users).card(card, elements)


def check_elements(
    found: Any, card: dict[str, Any], images: Known, users: Known = lambda _: True
) -> None:
    """The same for elements that are to be put into ``card``."""
    checker = _Checker(images, users)
    checker.config(card.get("config", {}), "ROOT -> config")
    checker.elements(found, "ROOT", ())


def walk(card: Any) -> Iterator[dict[str, Any]]:
    """Every component of a card (that was checked), containers before what is in them."""
    waiting = list(reversed(card.get("body", {}).get("elements", [])))
    while waiting:
        component = waiting.pop()
        yield component
        inner = component.get("columns", []) + component.get("elements", [])
        waiting += reversed(inner)


def count(value: Any) -> int:
    """The elements of a card: everything with a tag, texts included."""
    if isinstance(value, dict):
        return ("tag" in value) + sum(count(each) for each in value.values())
    return sum(count(each) for each in value) if isinstance(value, list) else 0


class _Checker(Shapes):
    def card(self, card: Any, most: int) -> None:
        self.object(card, "ROOT")
        if card.get("schema") != "2.0":
            raise CardError(CONTENT, 'schema must be "2.0"', "ROOT")
        root = {"schema", "config", "card_link", "header", "body"}
        self.known(card, root, "ROOT")
        self.config(card.get("config", {}), "ROOT -> config")
        if "card_link" in card:
            self.links(card["card_link"], "ROOT -> card_link")
        if "header" in card:
            self.attributes(card["header"], components.HEADER, "ROOT -> header")
            if "title" not in card["header"]:
                raise CardError(CONTENT, "header needs a title", "ROOT -> header")
        self.attributes(card.get("body", {}), components.BODY, "ROOT -> body")
        if count(card.get("body", {})) > most:
            raise CardError(CONTENT, "element exceeds the limit", "ROOT -> body")

    def config(self, config: Any, path: str) -> None:
        style = config.get("style", {}) if isinstance(config, dict) else {}
        if isinstance(style, dict):
            self.colors = _names(style.get("color"))
            self.sizes = _names(style.get("text_size"))
        self.attributes(config, components.CONFIG, path)

    def on_elements(self, value: Any, path: str) -> None:
        self.elements(value, path, ())

    def elements(self, value: Any, path: str, above: tuple[str, ...]) -> None:
        for number, element in enumerate(self.array(value, path)):
            self.component(element, f"{path} -> [{number}]", above)

    def component(
        self, element: Any, path: str, above: tuple[str, ...], column: bool = False
    ) -> None:
        self.object(element, path)
        tag = element.get("tag")
        path = f"{path}(tag: {tag})"
        if not isinstance(tag, str) or tag not in COMPONENTS or (tag == "column") != column:
            words = "cards of schema V2 no longer support this capability"
            raise CardError(UNSUPPORTED, words, path, f"unsupported tag {tag}")
        self._nesting(tag, above, path)
        for name in REQUIRED.get(tag, ()):
            if name not in element:
                raise CardError(CONTENT, f"{name} is required", path)
        self.known(element, {*COMPONENTS[tag], "tag"}, path)
        later = ("tag", "elements", "columns")
        inner = {key: value for key, value in element.items() if key not in later}
        self.attributes(inner, COMPONENTS[tag], path)
        self._rules(element, tag, above, path)
        if "columns" in element:
            self._columns(element["columns"], f"{path} -> columns", (*above, tag))
        if "elements" in element:
            self.elements(element["elements"], f"{path} -> elements", (*above, tag))
        if tag == "form":
            self._form(element, path)

    def _columns(self, value: Any, path: str, above: tuple[str, ...]) -> None:
        for number, column in enumerate(self.array(value, path)):
            self.object(column, f"{path} -> [{number}]")
            self.component(column, f"{path} -> [{number}]", above, column=True)

    def _nesting(self, tag: str, above: tuple[str, ...], path: str) -> None:
        containers = [each for each in above if each != "column"]
        if tag == "form" and above:
            raise CardError(CONTENT, "form must be at the root of the card", path)
        if tag in CONTAINERS and tag != "column" and len(containers) >= components.DEPTH:
            raise CardError(CONTENT, "containers are nested more than five deep", path)
        if tag in components.ONLY_IN_FORMS and "form" not in above:
            raise CardError(CONTENT, f"{tag} must be in a form", path)

    def _rules(self, element: dict[str, Any], tag: str, above: tuple[str, ...], path: str) -> None:
        inside = "form" in above
        if inside and tag in (*INPUTS, "button") and not element.get("name"):
            raise CardError(CONTENT, f"{tag} in a form needs a name", path)
        if tag == "button":
            self._button(element, inside, path)
        elif not inside and "required" in element:
            raise CardError(CONTENT, "required is for what is in a form", path)
        if tag == "select_img" and element.get("multi_select") and not inside:
            raise CardError(CONTENT, "multi_select must be in a form", path)
        if tag == "input" and len(element.get("default_value", "")) > element.get(
            "max_length", 1000
        ):
            raise CardError(CONTENT, "default_value is longer than max_length", path)
        if tag == "select_static" and "initial_option" in element:
            values = [option["value"] for option in element.get("options", [])]
            if element["initial_option"] and element["initial_option"] not in values:
                raise CardError(CONTENT, "initial_option is no option", path)
        if tag == "column_set" and not element["columns"]:
            raise CardError(CONTENT, "columns is empty", path)

    def _button(self, element: dict[str, Any], inside: bool, path: str) -> None:
        if "form_action_type" in element and not inside:
            raise CardError(CONTENT, "form_action_type is for buttons in a form", path)
        words = element.get("text", {})
        if not (words.get("content") or words.get("i18n_content") or "icon" in element):
            raise CardError(CONTENT, "a button needs a text or an icon", path)
        if len(words.get("content", "")) > 100:
            raise CardError(CONTENT, "the text of a button is longer than 100", path)

    def _form(self, form: dict[str, Any], path: str) -> None:
        inside = walk({"body": {"elements": form["elements"]}})
        if not any(each.get("form_action_type") == "submit" for each in inside):
            raise CardError(CONTENT, "a form needs a button that submits it", path)


def _names(tokens: Any) -> frozenset[str]:
    return frozenset(tokens) if isinstance(tokens, dict) else frozenset()
