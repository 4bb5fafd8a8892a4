"""Using a component of a card as a person would: finding it, and the action it reports."""

from dataclasses import dataclass
from typing import Any

from tests.emulators._feishu.cards import walk
from tests.emulators._feishu.components import INPUTS

SELECTORS = ("name", "element_id", "text", "value", "tag")
DEFAULTS = {
    "input": "default_value",
    "select_static": "initial_option",
    "select_person": "initial_option",
    "multi_select_static": "selected_values",
    "multi_select_person": "selected_values",
    "date_picker": "initial_date",
    "picker_time": "initial_time",
    "picker_datetime": "initial_datetime",
    "checker": "checked",
}
LISTS = ("multi_select_static", "multi_select_person")


@dataclass(frozen=True, slots=True)
class Use:
    """The ``action`` of the callback."""

    action: dict[str, Any]


def use(card: dict[str, Any], wanted: dict[str, Any]) -> Use:
    """Use the one component that fits ``wanted``; ``ValueError`` when a person could not.

    ``wanted`` selects by ``name``, ``element_id``, ``text`` (a button's, any language), ``value``
    (part of a callback's) and ``tag``; and gives ``option``, ``options``, ``input``, ``checked``
    or, for a button that submits a form, ``form``.
    """
    chosen = {key: wanted[key] for key in SELECTORS if wanted.get(key) is not None}
    if not chosen:
        raise ValueError(f"say which component, by {', '.join(SELECTORS)}")
    found = [each for each in walk(card) if _fits(each, chosen)]
    if len(found) != 1:
        raise ValueError(f"{len(found)} components fit {chosen}")
    component = found[0]
    if component.get("disabled"):
        raise ValueError("the component is disabled")
    action: dict[str, Any] = {"tag": component["tag"]}
    if values := [b["value"] for b in component.get("behaviors", []) if b["type"] == "callback"]:
        action["value"] = values[0]
    if component.get("name"):
        action["name"] = component["name"]
    form = next((each for each in _forms(card) if component in walk(_of(each))), None)
    if form is not None:
        _submit(form, component, action, wanted.get("form", {}))
    else:
        _single(component, action, wanted)
    return Use(action)


def _of(form: dict[str, Any]) -> dict[str, Any]:
    return {"body": {"elements": form["elements"]}}


def _forms(card: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in walk(card) if each["tag"] == "form"]


def _fits(component: dict[str, Any], chosen: dict[str, Any]) -> bool:
    for key, value in chosen.items():
        if key == "text":
            words = component.get("text", {})
            shown = [words.get("content"), *words.get("i18n_content", {}).values()]
            if component["tag"] != "button" or value not in shown:
                return False
        elif key == "value":
            behaviors = component.get("behaviors", [])
            given = [each["value"] for each in behaviors if each["type"] == "callback"]
            if not any(value.items() <= each.items() for each in given):
                return False
        elif component.get(key) != value:
            return False
    return True


def _submit(
    form: dict[str, Any], button: dict[str, Any], action: dict[str, Any], given: dict[str, Any]
) -> None:
    kind = button.get("form_action_type")
    if kind != "submit":
        if "value" not in action or button["tag"] != "button" or kind == "reset":
            raise ValueError("only a button that submits reports anything from a form")
        return
    values: dict[str, Any] = {}
    inputs = [each for each in walk(_of(form)) if each["tag"] in INPUTS]
    names = {each["name"] for each in inputs}
    if unknown := set(given) - names:
        raise ValueError(f"the form has no {sorted(unknown)}; it has {sorted(names)}")
    for each in inputs:
        tag = each["tag"]
        empty: Any = [] if tag in LISTS else False if tag == "checker" else ""
        value = given.get(each["name"], each.get(DEFAULTS.get(tag, ""), empty))
        _check(each, value)
        if each.get("required") and value in ("", []):
            raise ValueError(f"{each['name']} is required")
        values[each["name"]] = value
    action["form_value"] = values


def _check(component: dict[str, Any], value: Any) -> None:
    tag = component["tag"]
    if tag == "input":
        if not isinstance(value, str) or len(value) > component.get("max_length", 1000):
            raise ValueError(f"{component.get('name')} takes {component.get('max_length', 1000)}")
    elif tag in ("select_static", "multi_select_static", "overflow"):
        known = [option.get("value") for option in component.get("options", [])]
        asked = value if isinstance(value, list) else [value]
        if any(each not in known for each in asked if each != ""):
            raise ValueError(f"{asked} is not among {known}")


def _single(component: dict[str, Any], action: dict[str, Any], wanted: dict[str, Any]) -> None:
    tag = component["tag"]
    if tag in ("button", "interactive_container"):
        if "value" not in action:
            raise ValueError("the component reports nothing")
    elif tag == "input":
        _check(component, wanted.get("input", ""))
        action["input_value"] = wanted.get("input", "")
    elif tag == "checker":
        if "value" not in action:
            raise ValueError("a checker without behaviors reports nothing")
        action["checked"] = wanted.get("checked", True)
    elif tag in ("multi_select_static", "multi_select_person"):
        _check(component, wanted.get("options", []))
        action["options"] = wanted.get("options", [])
    elif tag in INPUTS or tag == "overflow":
        if wanted.get("option") in (None, ""):
            raise ValueError("say which option")
        _check(component, wanted["option"])
        action["option"] = wanted["option"]
        if tag in ("date_picker", "picker_time", "picker_datetime"):
            action["timezone"] = "Asia/Shanghai"
    else:
        raise ValueError(f"a {tag} cannot be used")
