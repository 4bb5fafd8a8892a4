"""Texts made to take long: whatever is repeated, twice as much takes about twice as long.

Time is the thread's own, compared with that of a shorter text in the same moment; what looks like
more is measured again, as other programs disturb it.
"""

import json
import random
import re
from collections.abc import Callable, Iterator

import pytest

from adapters.discord import escaping
from adapters.discord.gateway import messages
from adapters.feishu.messages import content
from bot.domain.requests import LONGEST_PROMPT, LONGEST_TEXT
from bot.engine.reader import AT_ONCE
from bot.language import wording
from bot.language.detection import own_words
from bot.language.links import picture_links
from bot.language.phrases import LONGEST_COMMAND
from messages import spoken
from tests.support.growth import LEAST, TRIES, grows_too_fast, seconds

SHORT = 350
"""Characters of the shorter text; the longer one is eight times as long."""

UNITS = (
    *("http://", "https://a.png", ".png", '"', "'", "“", "「", "《", "`", "a ", "ab"),
    *("1", "1 ", "x", "x4 ", "@", "@a", "\n", " ", ",", ". ", "…", "-", " - ", "/"),
    *(" / ", "—", "~", "(", "()", "no ", "wait, ", "or ", "不", "和", "make it "),
    *("make ", "it ", "the ", "of ", "again ", "to ", "4K ", "4K image, ", "16:9 "),
    *("16:9, ", "3:2 ", "1920x1080 ", "3 ", "4 more ", "two different ", "512 "),
    *("set of ", "premium ", "banana ", "nano ", "square ", "tall ", "photo "),
    *("photos ", "use pro ", "pro ", "in ", "in 4K ", "with ", "not ", "remove ", "把"),
    *(
        "不要4K",
        "clock ",
        "z4 ",
        "画",
        "一张",
        "的",
        "一张4K的",
        "。",
        "、",
        "了",
        "吧",
        "请",
        "帮我",
    ),
    *("用", "换成", "横图", "都", "写着", "写在", "written on ", "says ", "a 4K ", "an 8K "),
    *("--ar 16:9 ", "--model ", "always ", "put a on ", "their should be "),
    *("in the style of ", "variations ", "this image ", "再", "更", "以后", "默认", "hmm"),
    *("嗯", "hello, ", "please ", "thanks ", "now", "\u200b", "e\u0301", "Ａ", "㍿"),
    *("@_user_1", "@_user_1 ", "@_all", "<@1>", "<@", "<a:aa:1>", "<:a", "||", "**"),
    *("\\", "_ ", "[a]("),
    *("描いて", "を", "に", "これを", "もっと", "縦長の", "猫を16:9で", "すぎる", "じゃなくて4K"),
    *("--v 7 ", "--no x ", "not 4:3 ", "不要横版", "a: 1\n", '"n": 3, ', "往左", "图中"),
    *("a cat 16:9, ", '"a', "(16:9)", "1:", "最好的", "在", "a b "),
)
AROUND = (("", ""), ("make ", " x"), ("put ", "\nx"), ("画", "☃"))


def feishu(text: str) -> None:
    """A text as Feishu brings it, in which people are mentioned."""
    mentioned = [
        {"key": f"@_user_{number}", "name": name, "id": {"open_id": name}}
        for number, name in enumerate(("Al", "a", "@a", "画"))
    ]
    message = {"message_type": "text", "message_id": "1", "mentions": mentioned}
    found = content.read({**message, "content": json.dumps({"text": text})}, "a")
    own_words(found.text, found.names)
    post = {"title": text, "content": [[{"tag": "text", "text": text}]]}
    found = content.read({**message, "message_type": "post", "content": json.dumps(post)}, "a")
    own_words(found.text, found.names)


def discord(text: str) -> None:
    """A text as Discord brings it, and as it is shown there."""
    messages._EMOJI.sub(r":\1:", messages._TAG.sub("", text))
    escaping.escape(text)
    escaping.shorten(text, 300)


READERS: dict[str, Callable[[str], object]] = {
    "drawing": wording.read,
    "change": wording.is_change,
    "links": picture_links,
    "language": spoken,
    "feishu": feishu,
    "discord": discord,
}


def hostile() -> Iterator[tuple[str, str, str]]:
    """What is repeated, and what stands before and after it: each unit, and some of them mixed."""
    drawn = random.Random(11)
    for number, unit in enumerate(UNITS):
        yield (unit, *AROUND[number % len(AROUND)])
    for _ in range(30):
        yield ("".join(drawn.choices(UNITS, k=drawn.randint(2, 3))), *drawn.choice(AROUND))


@pytest.mark.parametrize("reader", READERS)
def test_a_longer_text_takes_no_more_than_its_share(reader: str) -> None:
    for text in ("a lighthouse", "画一座灯塔", "make it 4K"):  # what is compiled first
        READERS[reader](text)
    slow = [case for case in hostile() if grows_too_fast(READERS[reader], SHORT, *case)]
    assert slow == []


def test_the_measure_would_notice() -> None:
    """The pattern that this is about, as it once was."""
    once = re.compile(r"https?://[^\s]+?\.(?:png|jpg)")
    assert grows_too_fast(once.findall, SHORT, "http://")
    assert not grows_too_fast(re.compile(r"https?://\S+").findall, SHORT, "http://")


MOST_AT_TWICE = 30.0
"""Twice as long a command may take so many times as long. Cubed it would be 8, which a length of
`LONGEST_COMMAND` bounds to some milliseconds; what explodes doubles with each word or letter."""


def explodes(read: Callable[[str], object], text: str) -> bool:
    """Whether a short text takes far longer than its first half."""
    half = text[: len(text) // 2]
    least = {half: float("inf"), text: float("inf")}
    for _ in range(TRIES):
        for each, known in least.items():
            least[each] = min(known, seconds(read, each))
        if least[text] < max(MOST_AT_TWICE * least[half], LEAST):
            return False
    return True


@pytest.mark.parametrize("reader", ["drawing", "change"])
def test_a_command_does_not_explode_however_it_is_written(reader: str) -> None:
    """Commands are short, and their patterns are tried on nothing longer: those may be slow for
    their length, as long as twice as much does not take many times as long.
    """
    drawn = random.Random(4)
    words = [*"".join(UNITS).split(), "the", "all", "my", "of", "one", "for me", "更", "就", "我"]
    for text in ("a lighthouse", "画一座灯塔", "make it 4K"):
        READERS[reader](text)
    slow = []
    for _ in range(400):
        some = drawn.choices(words, k=drawn.randint(1, 3))
        text = " ".join(drawn.choices(some, k=LONGEST_COMMAND))[:LONGEST_COMMAND]
        if explodes(READERS[reader], text):
            slow.append(text)
    assert slow == []


def test_the_measure_would_notice_an_explosion() -> None:
    """Each more of these letters takes twice as long."""
    assert explodes(re.compile(r"(?:a|aa)+").fullmatch, "a" * 28 + "b")
    assert not explodes(re.compile(r"a+").fullmatch, "a" * 28 + "b")


def test_a_long_text_is_as_long_as_may_be() -> None:
    """What is measured here is what may come in; nothing longer is read."""
    assert AT_ONCE < LONGEST_PROMPT < LONGEST_TEXT <= 20_000
