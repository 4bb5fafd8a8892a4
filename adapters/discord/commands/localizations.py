"""What commands and options are called in Discord's own menus, in each language.

https://discord.com/developers/docs/interactions/application-commands#localization: a client in
another language shows the English names. An interaction always carries the English name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import discord

from messages import LOCALES, negotiate, translate
from messages.texts import discord as texts


@dataclass(frozen=True, slots=True)
class LocalizedName:
    """A name and what it means, in one language. An entry of a menu has no description."""

    name: str
    description: str = ""

    def called(self, locale: str) -> "LocalizedName":
        """What people read in one of :data:`messages.LOCALES`."""
        if not self.description:
            return LocalizedName(translate("discord menu", self.name, locale))
        return LocalizedName(
            translate("discord name", self.name, locale),
            translate("discord description", self.description, locale),
        )

    def payload(self) -> dict[str, Any]:
        """The names and descriptions as Discord takes them."""
        called = {client: self.called(locale) for client, locale in CLIENT_LOCALES.items()}
        made: dict[str, Any] = {"name": self.name}
        made["name_localizations"] = {
            client: there.name for client, there in called.items() if there.name != self.name
        }
        if self.description:
            made["description"] = self.description
            made["description_localizations"] = {
                client: there.description
                for client, there in called.items()
                if there.description != self.description
            }
        return made


CLIENT_LOCALES: Mapping[str, str] = {
    str(client): locale
    for client in discord.Locale
    if (locale := negotiate(str(client))) != LOCALES[0]
}
"""Ours for the languages of clients, where it is not English: those show the names themselves.
https://discord.com/developers/docs/reference#locales"""

COMMANDS: Mapping[str, LocalizedName] = {
    name: LocalizedName(name, text) for name, text in texts.COMMANDS.items()
}
MENUS: Mapping[str, LocalizedName] = {name: LocalizedName(name) for name in texts.MENUS}
OPTIONS: Mapping[str, LocalizedName] = {
    name: LocalizedName(name, text) for name, text in texts.OPTIONS.items()
}
