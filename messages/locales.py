"""Languages: which one a person gets, and the catalogue of texts in it.

Catalogues are gettext ``.po`` files read as they are; there is no compile step. A file is all that
a language needs: its name is the language, what is missing in it is said in English, which is the
language of the message ids and the fallback for everyone else.
"""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale

CATALOGS = Path(__file__).parent / "catalogs"

LOCALES = ("en", *sorted({path.stem for path in CATALOGS.glob("*.po")} - {"en"}))
"""The languages there are texts in, as Babel spells them; English is the first."""

_TAGS = {name.replace("_", "-"): name for name in LOCALES}
_TELLING = 2_000
"""Characters of a text that tell its language."""

_FARTHEST = 60
"""How different a language may be and still be understood (CLDR distance, 0 to 1000): Traditional
and Simplified Chinese are within it, Chinese and Japanese are not."""


@cache
def _negotiate(tag: str) -> str | None:
    tag = tag.replace("_", "-")
    if tag in _TAGS:
        return _TAGS[tag]
    import langcodes  # its tables take a while to load, and most tags are our own

    try:
        match = langcodes.closest_supported_match(tag, list(_TAGS), max_distance=_FARTHEST)
    except ValueError:
        return None
    return _TAGS[match] if match else None


def negotiate(*wanted: str | None) -> str:
    """The first language of ``wanted`` that we speak, else English.

    Takes BCP 47 tags (https://www.rfc-editor.org/info/bcp47) with dashes or underscores, best
    first; tags that mean nothing, and ``None``, are passed over.
    """
    for tag in wanted:
        if tag and len(tag) <= 35 and (match := _negotiate(tag)):
            return match
    return LOCALES[0]


def spoken(text: str) -> str | None:
    """The language a text is written in, as far as its letters tell; ``None`` if they do not.

    Han characters without kana are Chinese; Latin letters alone are taken for English. Of a long
    text the beginning tells.
    """
    letters = [char for char in text[:_TELLING] if char.isalpha()]
    if any("\u3040" <= char <= "\u30ff" for char in letters):
        return "ja"
    if any("\u4e00" <= char <= "\u9fff" for char in letters):
        return "zh"
    return "en" if any(char.isascii() for char in letters) else None


@cache
def translations(locale: str) -> NullTranslations:
    """The texts of one of :data:`LOCALES`; those of English are the message ids."""
    if locale == LOCALES[0]:
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with (CATALOGS / f"{locale}.po").open("rb") as file:
        catalog = read_po(file, locale=locale)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return GNUTranslations(compiled)


@cache
def babel_locale(locale: str) -> Locale:
    """How numbers are written in one of :data:`LOCALES`."""
    return Locale.parse(locale)


def language_names() -> dict[str, str]:
    """What each of :data:`LOCALES` calls itself."""
    return {name: babel_locale(name).get_display_name() or name for name in LOCALES}
