"""Every text in the code is in every catalogue, with the same placeholders, and nothing else is."""

import string
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from bot.domain.failures import Reason
from messages import LOCALES, Button
from messages.locales import CATALOGS
from messages.texts import NOTES, NOTICES, PROBLEMS, SWITCHES, UNUSABLE

ROOT = Path(__file__).parents[2]
KEYWORDS = {"say": None, "N_": None, "many": (1, 2)}


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


def forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


@pytest.mark.parametrize("locale", LOCALES)
def test_nothing_is_missing_and_nothing_is_left_over(locale: str) -> None:
    there = {message.id for message in catalog(locale) if message.id}
    assert there == in_the_code()


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


def test_every_reason_has_a_reason_and_an_advice() -> None:
    assert {reason.value for reason in Reason} == PROBLEMS.keys()


def test_every_button_has_a_label() -> None:
    assert all(button.label for button in Button)


def test_the_extraction_sees_the_tables() -> None:
    texts = in_the_code()
    labels = [button.label for button in Button]
    tables = [*NOTES.values(), *UNUSABLE.values(), *NOTICES.values(), *labels]
    pairs = [*PROBLEMS.values(), *SWITCHES.values()]
    assert set(tables) | {text for pair in pairs for text in pair} <= texts
