"""What only one surface says: Discord's menus and forms, Feishu's cards, the web page."""

from messages.locales import babel_locale, translations
from messages.texts import SURFACES

_NUMBERS = (1_000_000, *range(200, -1, -1))
"""Among these are all kinds of whole numbers that a language tells apart."""


def text(surface: str, key: str, locale: str, **facts: object) -> str:
    """One text of :data:`messages.texts.SURFACES` in one of :data:`messages.LOCALES`, its
    placeholders filled.

    Raises:
        KeyError: there is no such text, or a placeholder has no fact.
    """
    found = SURFACES[surface][key]
    assert isinstance(found, str)  # a plural needs a number
    said = translate(surface, found, locale)
    return said.format(**facts) if facts else said


def texts_of(surface: str, locale: str) -> dict[str, str | dict[str, str]]:
    """All texts of a surface by their keys, placeholders as they are.

    A plural is a dictionary by category, one of which is always ``other``
    (https://cldr.unicode.org/index/cldr-spec/plural-rules).
    """
    return {
        key: translate(surface, found, locale)
        if isinstance(found, str)
        else _plural(surface, found, locale)
        for key, found in SURFACES[surface].items()
    }


def translate(context: str, text: str, locale: str) -> str:
    """A text that has a context in the catalogues, in one of :data:`messages.LOCALES`."""
    return translations(locale).pgettext(context, text)


def _plural(context: str, texts: tuple[str, str], locale: str) -> dict[str, str]:
    category, catalog = babel_locale(locale).plural_form, translations(locale)
    found = {category(n): catalog.npgettext(context, *texts, n) for n in _NUMBERS}
    return {"other": catalog.npgettext(context, *texts, _NUMBERS[0]), **found}
