import pytest

from messages import LOCALES, text, texts_of, translate
from messages.surfaces import _plural
from messages.texts import SURFACES

POINTS = ("{number} point", "{number} points")


def test_a_text_of_a_surface_has_its_facts() -> None:
    assert text("discord", "picture", "en", number=2) == "Picture 2"
    assert text("discord", "picture", "zh_Hans", number=2) == "第 2 张"
    assert text("feishu", "hint", "en", words="a {cat}").endswith(": a {cat}")
    with pytest.raises(KeyError):
        text("discord", "picture", "en", other=2)
    with pytest.raises(KeyError):
        text("web", "no such key", "en")


def test_a_text_is_looked_for_on_its_own_surface() -> None:
    assert translate("web", "Ratio", "zh_Hans") == "比例"
    assert translate("discord", "On", "zh_Hans") == "On"
    assert translate("web", "no such text", "zh_Hans") == "no such text"


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("surface", SURFACES)
def test_all_texts_of_a_surface_have_their_keys(surface: str, locale: str) -> None:
    found = texts_of(surface, locale)
    assert list(found) == list(SURFACES[surface])
    assert all(isinstance(said, str) or said["other"] for said in found.values())
    facts = dict.fromkeys(("number", "count", "value", "names", "words", "prompt"), "x")
    if surface != "web":
        assert all("{" not in text(surface, key, locale, **facts) for key in found)


def test_a_plural_is_by_category() -> None:
    assert texts_of("web", "en")["points"] == {"one": POINTS[0], "other": POINTS[1]}
    assert texts_of("web", "zh_Hans")["points"] == {"other": "{number} 积分"}


def test_plural_categories_are_those_of_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    class Forms:
        def npgettext(self, _context: str, _one: str, _several: str, n: int) -> str:
            if n % 10 == 1 and n % 100 != 11:
                return "балл"
            return "балла" if n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14) else "баллов"

    monkeypatch.setattr("messages.surfaces.translations", lambda _locale: Forms())
    found = _plural("web", POINTS, "ru")
    assert found == {"one": "балл", "few": "балла", "many": "баллов", "other": "баллов"}
