"""All texts that a person reads, in English; each of them is an entry of every catalogue.

What every surface says has no context there. What only one surface says has the surface's name as
its context (``msgctxt``), so that the same English can read differently in another place.
"""

from collections.abc import Collection, Mapping, Sequence

from messages.texts import discord, feishu, web
from messages.texts.shared import (
    AI_GENERATED,
    ANSWERS,
    CHANGED,
    MADE_FROM,
    MAYBE_PAID,
    MAYBE_TWICE,
    NEW_WORDS,
    NOTES,
    NOTICES,
    OFFERS,
    PICTURE,
    PROBLEMS,
    RATIOS,
    REFUSALS,
    SEPARATOR,
    STRENGTHS,
    SWITCHES,
    THE_PICTURE,
    UNUSABLE,
    WITHOUT_FACTS,
    WORDS,
)

__all__ = [
    "AI_GENERATED",
    "ANSWERS",
    "CHANGED",
    "CONTEXTS",
    "MADE_FROM",
    "MAYBE_PAID",
    "MAYBE_TWICE",
    "NEW_WORDS",
    "NOTES",
    "NOTICES",
    "OFFERS",
    "PICTURE",
    "PROBLEMS",
    "RATIOS",
    "REFUSALS",
    "SEPARATOR",
    "STRENGTHS",
    "SURFACES",
    "SWITCHES",
    "THE_PICTURE",
    "UNUSABLE",
    "WITHOUT_FACTS",
    "WORDS",
]

SURFACES: Mapping[str, Mapping[str, str | tuple[str, str]]] = {
    "discord": discord.TEXTS,
    "feishu": feishu.TEXTS,
    "web": web.TEXTS,
}
"""What only one surface says, by key; a pair is a singular and a plural."""

_NAMED: Sequence[Mapping[str, str]] = (discord.COMMANDS, discord.OPTIONS)

CONTEXTS: Mapping[str, Collection[str | tuple[str, str]]] = {
    **{surface: set(texts.values()) for surface, texts in SURFACES.items()},
    "discord name": {name for table in _NAMED for name in table},
    "discord description": {text for table in _NAMED for text in table.values()},
    "discord menu": set(discord.MENUS),
    "discord permission": set(discord.PERMISSIONS.values()),
}
"""Every text that has a context, by the context."""
