"""The web page says what the chats say, in the same words."""

import pytest

from messages import LOCALES
from messages.locales import translations
from messages.texts import SURFACES
from tests.messages.test_catalogs import catalog


@pytest.mark.parametrize("locale", LOCALES)
def test_what_the_chats_say_too_is_said_in_their_words(locale: str) -> None:
    spoken = translations(locale)
    known = {(message.context, message.id) for message in catalog(locale)}
    said = {
        key: (spoken.pgettext("web", text), spoken.gettext(text))
        for key, text in SURFACES["web"].items()
        if isinstance(text, str) and (None, text) in known
    }
    assert {key: pair for key, pair in said.items() if pair[0] != pair[1]} == {}
    assert said.keys() >= {"acknowledged", "almost", "clock", "retry", "delete", "edit", "words"}
