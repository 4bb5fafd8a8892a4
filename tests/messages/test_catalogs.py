"""Every text in the code is in every catalogue, with the same placeholders, and nothing else is."""

import re
import string
from collections.abc import Collection
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from bot.domain.actions import PRESSED, Action
from bot.domain.failures import Reason
from bot.language import wording
from messages import LOCALES, Button, Notice, label, render_notice, translate
from messages.locales import CATALOGS
from messages.texts import (
    CONTEXTS,
    NOTES,
    NOTICES,
    PROBLEMS,
    SEPARATOR,
    SURFACES,
    SWITCHES,
    UNUSABLE,
    discord,
)

ROOT = Path(__file__).parents[2]
KEYWORDS = {"say": None, "N_": None, "many": (1, 2)}

LENGTHS = {
    "discord name": (1, 32),
    "discord menu": (1, 32),
    "discord description": (1, 100),
}
"""https://discord.com/developers/docs/interactions/application-commands"""

FIELDS = {"edit_title": 45, "edit_instruction": 45, "edit_pictures": 45, "edit_which": 45}
"""Characters of the title of a form and of the name of a field:
https://discord.com/developers/docs/components/reference#label-label-structure"""


def in_the_code() -> set[str | tuple[str, ...]]:
    found = extract_from_dir(
        str(ROOT / "messages"), method_map=[("**.py", "python")], keywords=KEYWORDS
    )
    return {message for _, _, message, _, _ in found}


def catalog(locale: str) -> Catalog:
    with (CATALOGS / f"{locale}.po").open("rb") as file:
        return read_po(file, locale=locale, abort_invalid=True)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


@pytest.mark.parametrize("locale", LOCALES)
def test_nothing_is_missing_and_nothing_is_left_over(locale: str) -> None:
    wanted = {(None, text) for text in in_the_code()}
    wanted |= {(context, text) for context, texts in CONTEXTS.items() for text in texts}
    assert {(message.context, message.id) for message in catalog(locale) if message.id} == wanted


@pytest.mark.parametrize("locale", LOCALES)
def test_every_text_is_translated_with_the_same_placeholders(locale: str) -> None:
    for message in catalog(locale):
        if not message.id:
            continue
        wanted = set().union(*map(placeholders, forms(message.id)))
        assert not message.fuzzy, message.id
        for form in forms(message.string):
            assert form, message.id
            assert placeholders(form) == wanted, message.id


def test_english_says_what_the_code_says() -> None:
    for message in catalog("en"):
        assert not message.id or message.string == message.id


@pytest.mark.parametrize("locale", LOCALES)
def test_discord_takes_every_name_and_description(locale: str) -> None:
    for message in catalog(locale):
        shortest, longest = LENGTHS.get(str(message.context), (1, 10_000))
        for form in forms(message.string) if message.id else ():
            assert shortest <= len(form) <= longest, form
            assert form == form.strip() or message.id == SEPARATOR
            if message.context == "discord name":
                assert re.fullmatch(r"[-\w']+", form), form
                assert form == form.lower()


@pytest.mark.parametrize("table", [discord.COMMANDS, discord.OPTIONS, discord.MENUS])
@pytest.mark.parametrize("locale", LOCALES)
def test_no_two_names_are_alike(locale: str, table: Collection[str]) -> None:
    context = "discord menu" if table is discord.MENUS else "discord name"
    assert len({translate(context, name, locale) for name in table}) == len(table)


COMMAND = re.compile(r"(?<![\w/.])/(\w[\w-]*)")
"""How a command of Discord is written in a sentence."""

SAID_AS_WORDS = "forget-me"
"""A command that is said in words as well, in every language."""


@pytest.mark.parametrize("locale", LOCALES)
def test_commands_are_called_what_discord_calls_them_in_each_language(locale: str) -> None:
    called = {name: translate("discord name", name, locale) for name in discord.COMMANDS}
    seen = 0
    for message in catalog(locale):
        named = COMMAND.findall(str(message.id))
        if message.context == "discord":
            seen += len(named)
            wanted = [called[name] for name in named]
            assert COMMAND.findall(str(message.string)) == wanted, message.string
        elif message.context is None:  # said where there are no such commands, too
            assert set(named) & called.keys() <= {SAID_AS_WORDS}, message.id
    assert seen


@pytest.mark.parametrize("locale", LOCALES)
def test_discord_takes_every_title_and_field(locale: str) -> None:
    found = {message.id: str(message.string) for message in catalog(locale) if message.context}
    for key, longest in FIELDS.items():
        assert len(found[SURFACES["discord"][key]]) <= longest, key


@pytest.mark.parametrize("locale", LOCALES)
def test_what_the_help_and_the_buttons_say_is_understood(locale: str) -> None:
    lines = [
        line for line in render_notice(Notice("help"), locale).split("\n") if line.startswith("• ")
    ]
    assert len(lines) == 6
    said = [part for line in lines for part in re.split(r" – |：", line[2:])[0].split(" / ")]
    said = [part for each in said for part in re.split(r", |、", each)]
    said += [label(button, locale) for button in (Button.AGAIN, Button.DELETE, Button.CANCEL)]
    assert len(said) == 15
    for part in said:
        assert wording.read(part).action is not Action.DRAW, part


SAID = (
    *(Button.AGAIN, Button.RETRY, Button.VARY, Button.LARGER, Button.SMALLER, Button.DETAILS),
    *(Button.SETTINGS, Button.DELETE, Button.CANCEL, Button.NOTIFY),
)
"""Buttons that may be said instead, where they do not work."""


@pytest.mark.parametrize("button", SAID)
@pytest.mark.parametrize("locale", LOCALES)
def test_what_is_on_a_button_may_be_said(locale: str, button: Button) -> None:
    assert wording.read(label(button, locale).lower()).action is PRESSED[button]


def test_every_reason_has_a_reason_and_an_advice() -> None:
    assert {reason.value for reason in Reason} == PROBLEMS.keys()


def test_every_button_has_a_label() -> None:
    assert all(button.label for button in Button)


def test_the_extraction_sees_the_tables() -> None:
    texts = in_the_code()
    labels = [button.label for button in Button]
    tables = [*NOTES.values(), *UNUSABLE.values(), *NOTICES.values(), *labels]
    tables += [text for pair in PROBLEMS.values() for text in pair]
    tables += [text for said in SWITCHES.values() for text in said.values()]
    assert set(tables) <= texts
