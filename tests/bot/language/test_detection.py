"""Which language words are in, and which of them are said to the bot."""

import pytest

from bot.domain.image_models import NEWEST
from bot.language.detection import language_of, own_words


@pytest.mark.parametrize(
    "text",
    [
        *("", "/help", " /settings", "/models", "/history", "/forget-me", "/forget-me yes"),
        *("/model pro", "/draw", "/draw 16:9", "!help", "/HELP@banana"),
        *("Pro", "nano banana pro", "Nano Banana 2", "gemini-3-pro-image", "ＰＲＯ", "pro!"),
        *("2K", "4K", "4k.", "0.5K", "512px", "16:9", "1920x1080", "2 K", "2K, 16:9"),
        *("pro 4K", "4K, nano banana pro, 16:9", "nano banana 2 2K", "pro 1024", "?"),
    ],
)
def test_what_every_language_writes_alike_tells_none(text: str) -> None:
    assert language_of(text, NEWEST) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("help", "en"),
        ("settings", "en"),
        ("use pro", "en"),
        ("always use 2K", "en"),
        ("a cat, 2K", "en"),
        ("/draw a cat", "en"),
        ("/unheard of", "en"),
        ("a banana, pro 16:9", "en"),
        ("banana", "en"),
        ("flash", "en"),
        ("cat", "en"),
        ("4K TV", "en"),
        ("professional", "en"),
        ("/画 cat", "zh"),
        ("/帮助", "zh"),
        ("/draw 猫", "zh"),
        ("/model 大香蕉", "zh"),
        ("Pro 版", "zh"),
        ("猫を 2K", "ja"),
    ],
)
def test_words_tell_their_language(text: str, language: str) -> None:
    assert language_of(text, NEWEST) == language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@Bob 帮助", "帮助"),
        ("@Bob@Bo删除", "删除"),
        ("再来一张 @Bob", "再来一张"),
        ("@Bob @Bo /help @Bob", "/help"),
        ("@Bob always use pro", "always use pro"),
        ("@Bob 换成蓝色的", "@Bob 换成蓝色的"),
        ("给 @Bob 再来一张", "给 @Bob 再来一张"),
        ("@Bob", "@Bob"),
        ("", ""),
    ],
)
def test_names_beside_a_command_are_no_part_of_it(text: str, expected: str) -> None:
    assert own_words(text, ("@Bo", "@Bob")) == expected
