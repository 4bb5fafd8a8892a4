"""Commands: rules the OpenAPI document cannot express.

https://discord.com/developers/docs/interactions/application-commands#application-command-object.
"""

import unicodedata
from typing import Any

from tests.emulators._discord.errors import Form

CHAT, USER, MESSAGE, ENTRY = 1, 2, 3, 4
SUB, GROUP, STRING, INTEGER, BOOLEAN, NUMBER, ATTACHMENT = 1, 2, 3, 4, 5, 10, 11
MOST_TEXT = 8000
LOCALES = frozenset(
    "ar bg cs da de el en-GB en-US es-419 es-ES fi fr he hi hr hu id it ja ko lt nl no pl pt-BR ro "
    "ru sv-SE th tr uk vi zh-CN zh-TW".split()
)
Path = tuple[str | int, ...]
BAD_NAME = ("APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def named_well(name: str) -> bool:
    """Letters, digits, ``-``, ``_``, ``'`` and Devanagari or Thai signs; lower case; 1 to 32."""

    def fits(sign: str) -> bool:
        category = unicodedata.category(sign)
        script = unicodedata.name(sign, "").split(" ")[0]
        return sign in "-_'" or category[0] in "LN" or script in ("DEVANAGARI", "THAI")

    return 1 <= len(name) <= 32 and name == name.lower() and all(fits(sign) for sign in name)


def check(form: Form, command: dict[str, Any], path: Path, installs: list[int]) -> None:
    """Note what is wrong with a command; ``installs`` are the ways the app can be installed."""
    kind = command.get("type") or CHAT
    names = {None: command["name"], **(command.get("name_localizations") or {})}
    _check_locales(form, command, path)
    if kind == ENTRY:
        words = "An Entry Point command says by whom it is handled"
        form.need(command.get("handler") in (1, 2), (*path, "handler"), "ENUM_TYPE_COERCE", words)
    elif kind == CHAT:
        _check_names(form, names, path)
        described = bool(command.get("description"))
        words = "This field is required"
        form.need(described, (*path, "description"), "BASE_TYPE_REQUIRED", words)
    else:
        words = "Context menu commands cannot have a description"
        code = "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_INVALID"
        form.need(not command.get("description"), (*path, "description"), code, words)
        words = "Context menu commands cannot have options"
        form.need(not command.get("options"), (*path, "options"), "BASE_TYPE_BAD_TYPE", words)
    for install in command.get("integration_types") or []:
        words = "The app does not have this installation context."
        code = "APPLICATION_COMMAND_INVALID_INTEGRATION_TYPE"
        form.need(install in installs, (*path, "integration_types"), code, words)
    if 2 in (command.get("contexts") or []) and 1 not in (command.get("integration_types") or [1]):
        words = "Other direct messages need an app that is installed by a person."
        code = "APPLICATION_COMMAND_INVALID_CONTEXT"
        form.need(False, (*path, "contexts"), code, words)
    check_options(form, command.get("options") or [], (*path, "options"), depth=0)
    words = f"Command exceeds maximum size of {MOST_TEXT}"
    code = "APPLICATION_COMMAND_TOO_LARGE"
    form.need(weight(command) <= MOST_TEXT, path or ("name",), code, words)


def _check_names(form: Form, names: dict[Any, str], path: Path) -> None:
    for locale, name in names.items():
        where: Path = (*path, "name_localizations", locale) if locale else (*path, "name")
        form.need(named_well(name), where, *BAD_NAME)


def _check_locales(form: Form, node: dict[str, Any], path: Path) -> None:
    for key in ("name_localizations", "description_localizations"):
        for locale in node.get(key) or {}:
            words = f"Value must be one of {sorted(LOCALES)}."
            form.need(locale in LOCALES, (*path, key, locale), "ENUM_TYPE_COERCE", words)


def check_options(form: Form, options: list[dict[str, Any]], path: Path, depth: int) -> None:
    """Note what is wrong with the options of a command or subcommand."""
    seen: set[str] = set()
    optional = False
    nested = [one["type"] in (SUB, GROUP) for one in options]
    words = "Sub-commands and other options cannot be mixed"
    code = "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID"
    form.need(not any(nested) or all(nested), path, code, words)
    for index, one in enumerate(options):
        here = (*path, index)
        name = one["name"]
        form.need(name not in seen, here, "APPLICATION_COMMAND_OPTIONS_NAME", "Not unique")
        seen.add(name)
        _check_locales(form, one, here)
        _check_names(form, {None: name, **(one.get("name_localizations") or {})}, here)
        if one["type"] in (SUB, GROUP):
            words = "Only two levels of sub-commands"
            deep = depth >= (2 if one["type"] == SUB else 1)
            form.need(not deep, here, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", words)
            check_options(form, one.get("options") or [], (*here, "options"), depth + 1)
            continue
        words = "Required options must be placed before non-required options"
        code = "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"
        form.need(not (optional and one.get("required")), here, code, words)
        optional = optional or not one.get("required")
        _check_values(form, one, here)


def _check_values(form: Form, one: dict[str, Any], path: Path) -> None:
    choices = one.get("choices") or []
    words = "Autocomplete and choices exclude each other"
    code = "APPLICATION_COMMAND_OPTION_AUTOCOMPLETE_CHOICES"
    form.need(not (choices and one.get("autocomplete")), path, code, words)
    for key in ("name", "value"):
        values = [str(choice[key]) for choice in choices]
        words = f"Option choice {key}s must be unique"
        code = "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_EXISTS"
        form.need(len(values) == len(set(values)), (*path, "choices"), code, words)
    for index, choice in enumerate(choices):
        _check_locales(form, choice, (*path, "choices", index))
    for least, most in (("min_length", "max_length"), ("min_value", "max_value")):
        low, high = one.get(least), one.get(most)
        if low is not None and high is not None:
            words = f"{least} cannot be above {most}"
            form.need(low <= high, (*path, least), "NUMBER_TYPE_MAX", words)


def weight(node: dict[str, Any]) -> int:
    """Characters of names, descriptions and values, each in its longest translation."""
    total = 0
    for key in ("name", "description"):
        texts = [node.get(key) or "", *(node.get(f"{key}_localizations") or {}).values()]
        total += max(len(text) for text in texts)
    if isinstance(node.get("value"), str):
        total += len(node["value"])
    children = (node.get("options") or []) + (node.get("choices") or [])
    return total + sum(weight(child) for child in children)
