import pytest

from messages import LOCALES, language_names, negotiate, spoken
from messages.locales import CATALOGS


@pytest.mark.parametrize(
    ("tag", "locale"),
    [
        ("zh", "zh_Hans"),
        ("zh-Hans-CN", "zh_Hans"),
        ("zh_CN", "zh_Hans"),
        ("zh-TW", "zh_Hant"),
        ("zh-Hant-HK", "zh_Hant"),
        ("ja-JP", "ja"),
        ("ZH-cn", "zh_Hans"),
        ("en", "en"),
        ("en_GB", "en"),
        ("en-US", "en"),
        ("fr", "en"),
        ("xx", "en"),
        ("", "en"),
        ("*", "en"),
        ("not a tag at all", "en"),
        ("z" * 1000, "en"),
    ],
)
def test_a_tag_becomes_a_language_we_speak(tag: str, locale: str) -> None:
    assert negotiate(tag) == locale


def test_languages_are_the_files_there_are() -> None:
    assert LOCALES[0] == "en"
    assert sorted(LOCALES) == sorted(path.stem for path in CATALOGS.iterdir())


def test_languages_call_themselves_by_different_names() -> None:
    names = language_names()
    assert tuple(names) == LOCALES
    assert len(set(names.values())) == len(LOCALES)
    assert (names["en"], names["zh_Hans"]) == ("English", "中文 (简体)")


def test_the_first_language_we_speak_wins() -> None:
    assert negotiate(None, "fr", "zh", "en") == "zh_Hans"
    assert negotiate() == "en"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("画一只猫", "zh"),
        ("a cat", "en"),
        ("画一只 cat", "zh"),
        ("猫を描いて", "ja"),
        ("16:9 🎨", None),
        ("кот", None),
    ],
)
def test_the_letters_tell_the_language(text: str, language: str | None) -> None:
    assert spoken(text) == language
