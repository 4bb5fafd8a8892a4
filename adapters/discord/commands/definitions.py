"""The commands as Discord registers them.

https://discord.com/developers/docs/interactions/application-commands. They are written down as
data, because an interaction is routed by its name, so that no command object has to be alive for
one to be answered.
"""

from collections.abc import Collection
from enum import IntEnum
from typing import Any, TypeAlias

from adapters.discord.commands import localizations
from bot.domain import COMMANDS, MENUS, SIZES

Payload: TypeAlias = dict[str, Any]

LONGEST_PROMPT = 6000
"""Characters that Discord takes in one option."""

LONGEST_ID = 64
"""Characters of a job's number."""

SERVER, PERSON = 0, 1
"""Who installs the bot: a server, or a person for themselves.
https://discord.com/developers/docs/resources/application#installation-context"""

_SLASH, _MESSAGE_MENU = 1, 3
_CONTEXTS = {SERVER: (0, 1), PERSON: (0, 1, 2)}
"""In servers, in direct messages with the bot, in other direct and group messages."""


class _Kind(IntEnum):
    STRING = 3
    INTEGER = 4
    BOOLEAN = 5
    ATTACHMENT = 11


def definitions(*, most: int, age_restricted: bool, installs: Collection[int]) -> list[Payload]:
    """Every command, with at most ``most`` pictures in one request.

    ``installs`` are the ways in which the application can be installed: Discord refuses all
    commands if one of them names another.
    """
    images = [_option(name, _Kind.ATTACHMENT) for name in ("image", "image2", "image3", "image4")]
    prompt = _option("prompt", _Kind.STRING, required=True, max_length=LONGEST_PROMPT)
    instruction = _option("instruction", _Kind.STRING, required=True, max_length=LONGEST_PROMPT)
    number = _option("id", _Kind.STRING, required=True, autocomplete=True, max_length=LONGEST_ID)
    private = _option("private", _Kind.BOOLEAN)
    shown = [private, _option("spoiler", _Kind.BOOLEAN)]
    chosen = [*_choices(), _option("count", _Kind.INTEGER, min_value=1, max_value=most)]
    options: dict[str, list[Payload]] = {
        "imagine": [prompt, *chosen, *images, *shown],
        "edit": [instruction, *images, *chosen, *shown],
        "show": [number, private],
    }
    repeated = [*chosen, *shown]
    slash = [
        {
            **_common(_SLASH, age_restricted, installs),
            **localizations.COMMANDS[name].payload(),
            "options": options.get(name, repeated if action.spec.repeats else []),
        }
        for name, action in COMMANDS.items()
    ]
    menus = [
        {
            **_common(_MESSAGE_MENU, age_restricted, installs),
            **localizations.MENUS[name].payload(),
        }
        for name in MENUS
    ]
    return slash + menus


def _common(kind: int, age_restricted: bool, installs: Collection[int]) -> Payload:
    return {
        "type": kind,
        "integration_types": sorted(installs),
        "contexts": sorted({context for each in installs for context in _CONTEXTS[each]}),
        "nsfw": age_restricted,
    }


def _choices() -> list[Payload]:
    sizes = [{"name": size, "value": size} for size in SIZES]
    return [
        _option("model", _Kind.STRING, autocomplete=True, max_length=100),
        _option("size", _Kind.STRING, choices=sizes),
        _option("ratio", _Kind.STRING, autocomplete=True, max_length=16),
    ]


def _option(name: str, kind: _Kind, **more: Any) -> Payload:
    return {"type": int(kind), **localizations.OPTIONS[name].payload(), **more}
