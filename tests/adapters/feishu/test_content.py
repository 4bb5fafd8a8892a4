"""What messages, events and menu keys mean, one by one."""

import json
import random
from typing import Any

import pytest

from adapters.feishu.access import allowed, stale
from adapters.feishu.events.connection_errors import ConnectionRefused
from adapters.feishu.events.dispatcher import EventDispatcher, NotAccepted, seconds
from adapters.feishu.events.dispatcher import read as event_of
from adapters.feishu.handlers.menu import action_of
from adapters.feishu.handlers.messages import spot_of
from adapters.feishu.messages.content import maybe_image, read
from adapters.feishu.messages.markup import unmarked
from adapters.feishu.settings import FeishuSettings
from bot.domain.actions import Action
from bot.language.detection import own_words
from messages.texts import UNUSABLE

ME, BOB = "ou_me", "ou_bob"


def message(kind: str, content: Any, *who: tuple[str, str, str]) -> dict[str, Any]:
    """``who``: key, open_id and name of those who are mentioned."""
    mentions = [
        {"key": key, "id": {"open_id": open_id}, "name": name} for key, open_id, name in who
    ]
    body = content if isinstance(content, str) else json.dumps(content)
    return {
        "message_id": "om_1",
        "message_type": kind,
        "content": body,
        **({"mentions": mentions} if mentions else {}),
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@_user_1 画一只猫", "画一只猫"),
        ("画 @_user_1 一只猫", "画 一只猫"),
        ("@_user_1", ""),
        ("@_user_2 @_user_1 hill", "@Bob hill"),
        ("@_user_10 @_user_1 x", "@Eve x"),
        ("@_all @_user_1 x", "x"),
        ("@_user_1 two\nlines  here", "two\nlines here"),
        ("@_user_7 who is that", "who is that"),
        ("@_user_1画一只猫", "画一只猫"),
        ("@_user_1给@_user_2画一只猫", "给@Bob画一只猫"),
        ("@_user_12只猫", "2只猫"),
        ("@_user_10只猫 @_user_1", "@Eve只猫"),
        ("@_user_2@_user_12只猫", "@Bob2只猫"),
        ("@_all@_user_1画一只猫", "画一只猫"),
    ],
)
def test_mentions_in_text(text: str, expected: str) -> None:
    who = (("@_user_1", ME, "banana"), ("@_user_2", BOB, "Bob"), ("@_user_10", "ou_eve", "Eve"))
    found = read(message("text", {"text": text}, *who), ME)
    assert found.text == expected
    assert found.mentioned


def test_a_person_with_a_longer_number_is_not_taken_for_another() -> None:
    who = (("@_user_1", ME, "banana"), ("@_user_12", BOB, "Bob"))
    assert read(message("text", {"text": "@_user_1@_user_12的猫"}, *who), ME).text == "@Bob的猫"


def test_a_mention_without_a_key_is_passed_over() -> None:
    assert read(message("text", {"text": "一只猫"}, ("", BOB, "Bob")), ME).text == "一只猫"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@_user_1 @_user_2 帮助", "帮助"),
        ("@_user_2 @_user_1 设置", "设置"),
        ("@_user_2@_user_1删除", "删除"),
        ("@_user_1 再来一张 @_user_2", "再来一张"),
        ("@_user_2 @_user_10 @_user_1 /help @_user_2", "/help"),
        ("@_user_2 @_user_1 always use pro", "always use pro"),
        ("@_user_2 @_user_1 换成蓝色的", "@Bob 换成蓝色的"),
        ("@_user_1 @_user_2 一张肖像", "@Bob 一张肖像"),
        ("@_user_1 给 @_user_2 再来一张", "给 @Bob 再来一张"),
        ("@_user_1 @_user_2", "@Bob"),
    ],
)
def test_mentions_beside_a_command_are_left_out(text: str, expected: str) -> None:
    who = (("@_user_1", ME, "banana"), ("@_user_2", BOB, "Bob"), ("@_user_10", "ou_eve", "Bo"))
    found = read(message("text", {"text": text}, *who), ME)
    assert own_words(found.text, found.names) == expected


@pytest.mark.parametrize(
    ("whom", "words", "expected"),
    [
        ("@_user_1", "2只猫", "2只猫"),
        ("@_user_2", "2只猫", "@Bob2只猫"),
        ("@_user_2", "的猫", "@Bob的猫"),
        ("@_user_2", " 帮助", "帮助"),
    ],
)
def test_mentions_in_rich_text(whom: str, words: str, expected: str) -> None:
    at = {"tag": "at", "user_id": whom, "user_name": "somebody"}
    content = {"title": "", "content": [[at, {"tag": "text", "text": words}]]}
    who = (("@_user_1", ME, "banana"), ("@_user_2", BOB, "Bob"), ("@_user_12", "ou_eve", "Eve"))
    found = read(message("post", content, *who), ME)
    assert own_words(found.text, found.names) == expected


def test_nobody_is_mentioned_when_we_do_not_know_ourselves() -> None:
    found = read(message("text", {"text": "@_user_1 x"}, ("@_user_1", "", "?")), "")
    assert not found.mentioned


def test_rich_text() -> None:
    content = {
        "title": "Poster",
        "content": [
            [
                {"tag": "at", "user_id": "@_user_1", "user_name": "banana"},
                {"tag": "text", "text": " a red "},
                {"tag": "a", "text": "barn", "href": "https://example.org/x"},
                {"tag": "emotion", "emoji_type": "SMILE"},
            ],
            [{"tag": "img", "image_key": "img_a"}, {"tag": "img", "image_key": "img_b"}],
            [{"tag": "a", "text": "this", "href": "https://example.org/x.png"}],
            [{"tag": "at", "user_id": "all", "user_name": "All"}, {"tag": "md", "text": "end"}],
            [{"tag": "at", "user_id": "ou_bob", "user_name": "Bob"}],
            "nonsense",
            [None],
        ],
    }
    found = read(message("post", content, ("@_user_1", ME, "banana")), ME)
    assert found.text == "Poster\na red barn\nthis https://example.org/x.png\nend\n@Bob"
    keys = [attachment.data and attachment.data["key"] for attachment in found.attachments]
    assert keys == ["img_a", "img_b"]
    assert read(message("post", {"zh_cn": content}), ME).attachments == found.attachments


@pytest.mark.parametrize(
    ("kind", "content", "pictures", "unusable"),
    [
        ("image", {"image_key": "img_1"}, 1, ()),
        ("file", {"file_key": "f", "file_name": "a.JPG"}, 1, ()),
        ("file", {"file_key": "f", "file_name": "a.pdf"}, 1, ()),
        ("sticker", {"file_key": "f"}, 0, ("sticker",)),
        ("audio", {"file_key": "f"}, 0, ("audio",)),
        ("media", {"file_key": "f", "image_key": "img_1"}, 0, ("video",)),
        ("folder", {"file_key": "f", "file_name": "a"}, 0, ("file",)),
        ("vote", {"topic": "x", "options": []}, 0, ("poll",)),
        ("location", {}, 0, ("message",)),
        ("share_user", {"user_id": "ou_1"}, 0, ("message",)),
        ("something new", {}, 0, ("message",)),
        ("interactive", {"elements": [[{"tag": "img", "image_key": "img_1"}]]}, 1, ()),
        ("interactive", {"elements": [{"columns": [{"img_key": "img_1"}, 5, None]}]}, 1, ()),
        ("interactive", {"title": "x", "elements": []}, 0, ("card",)),
        ("interactive", "not json", 0, ("card",)),
        ("system", {"template": "{from_user} invited {to_chatters}"}, 0, ()),
        ("image", {}, 0, ()),
        ("text", "not json", 0, ()),
        ("text", "[]", 0, ()),
        ("post", {}, 0, ()),
        ("post", {"content": 5}, 0, ()),
        ("post", {"content": [[{"tag": "media", "file_key": "f"}]]}, 0, ("video",)),
    ],
)
def test_types_of_messages(
    kind: str, content: Any, pictures: int, unusable: tuple[str, ...]
) -> None:
    found = read(message(kind, content), "")
    assert len(found.attachments) == pictures
    assert found.unusable == unusable
    assert set(unusable) <= set(UNUSABLE)
    assert found.text == ""


def test_a_card_that_goes_ever_deeper_is_not_followed_for_ever() -> None:
    deep: dict[str, Any] = {"img_key": "img_1"}
    for _ in range(50):
        deep = {"elements": [deep]}
    assert read(message("interactive", deep), "").unusable == ("card",)


def test_a_record_has_to_be_asked_for() -> None:
    assert read(message("merge_forward", "Merged and Forwarded Message"), "").record


@pytest.mark.parametrize(
    ("name", "maybe"),
    [
        ("photo.jpg", True),
        ("photo.JFIF", True),
        ("photo", True),
        ("photo.png ", True),
        ("IMG_0001.HEIC", True),
        ("photo.unheardof", True),
        ("", True),
        ("notes.pdf", False),
        ("clip.mp4", False),
        ("song.mp3", False),
        ("all.zip", False),
    ],
)
def test_what_may_be_a_picture_by_its_name(name: str, maybe: bool) -> None:
    assert maybe_image(name) is maybe


CAT = "https://example.org/cat.png"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"[{CAT}]({CAT})", CAT),
        (f"draw this [cat]({CAT}) again", f"draw this cat {CAT} again"),
        (f"[]({CAT})", CAT),
        ("[the page](https://example.org/x) in blue", "the page in blue"),
        ("[https://a.example](https://a.example) in blue", "https://a.example in blue"),
        ("see [x](https://en.wikipedia.org/wiki/A_(b)) now", "see x now"),
        ("[not a link] (really)", "[not a link] (really)"),
        ("a[1](2)", "a[1](2)"),
    ],
)
def test_links_in_texts_are_unwrapped(text: str, expected: str) -> None:
    assert read(message("text", {"text": text}), "").text == expected


@pytest.mark.parametrize(
    ("markdown", "expected", "keys"),
    [
        ("make it **bold** and *soft*", "make it bold and soft", []),
        ("***both*** __one__ ~~gone~~ `code`", "both one gone code", []),
        ("2*3*4 and a_b_c and 5 * 6 * 7", "2*3*4 and a_b_c and 5 * 6 * 7", []),
        ("![image](img_1) like this ![x](img_2)", " like this ", ["img_1", "img_2"]),
        (f"like ![x]({CAT})", f"like  {CAT} ", []),
        ("# Title\n> quoted\n- one\n* two\n---\nend", "Title\nquoted\none\ntwo\n\nend", []),
        ("```python\ncat\n```", "\ncat\n", []),
        ("<font color='red'>red</font> barn", "red barn", []),
        ('<at id=ou_bob></at> and <at user_id="ou_x">X</at>', "@Bob and ?", []),
        (r"\*stars\* &amp; stripes", "*stars* & stripes", []),
        ("[text](https://example.org)", "text", []),
    ],
)
def test_markdown_does_not_get_into_a_prompt(markdown: str, expected: str, keys: list[str]) -> None:
    names = {"ou_bob": "@Bob"}
    assert unmarked(markdown, lambda who: names.get(who, "?")) == (expected, keys)


def test_markdown_of_rich_text() -> None:
    content = {"content": [[{"tag": "md", "text": "**make** it ~~blue~~ red ![image](img_1)"}]]}
    found = read(message("post", content), "")
    assert found.text == "make it blue red"
    assert [one.data and one.data["key"] for one in found.attachments] == ["img_1"]


def test_every_topic_is_a_conversation() -> None:
    group = spot_of({"chat_id": "oc_1", "chat_type": "group"}, "ou_1")
    assert (group.conversation, group.thread, group.p2p) == ("oc_1", False, False)
    topic = spot_of({"chat_id": "oc_1", "chat_type": "group", "thread_id": "omt_1"}, "ou_1")
    assert (topic.conversation, topic.thread) == ("oc_1:omt_1", True)
    assert topic.place("om_1").asked == "om_1"
    assert spot_of({"chat_id": "oc_1", "chat_type": "p2p"}, "ou_1").p2p


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("1609073151345", 1609073151.345),
        ("1609073151345000", 1609073151.345),
        (1609073151, 1609073151.0),
        (None, 0.0),
        ("", 0.0),
    ],
)
def test_times(given: object, expected: float) -> None:
    assert seconds(given) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("key", "action"),
    [
        ("help", Action.HELP),
        ("Settings", Action.SETTINGS),
        ("again", Action.AGAIN),
        ("forget-me", Action.FORGET_ME),
        ("cancel", Action.CANCEL),
        ("draw", Action.HELP),
        ("prefer", Action.HELP),
        ("whatever", Action.HELP),
        ("", Action.HELP),
    ],
)
def test_keys_of_the_menu(key: str, action: Action) -> None:
    assert action_of(key) is action


@pytest.mark.parametrize(
    ("chats", "people", "chat", "user", "p2p", "expected"),
    [
        ((), (), "oc_1", "ou_1", False, True),
        (("oc_1",), (), "oc_1", "ou_1", False, True),
        (("oc_1",), (), "oc_2", "ou_1", False, False),
        (("oc_1",), (), "oc_2", "ou_1", True, False),
        ((), ("ou_1",), "oc_2", "ou_1", False, True),
        ((), ("ou_1",), "oc_2", "ou_2", True, False),
        (("oc_1",), ("ou_1",), "oc_2", "ou_1", True, True),
        (("oc_1",), ("ou_1",), "oc_1", "ou_2", False, False),
        (("oc_1",), ("ou_1",), "oc_2", "ou_1", False, False),
    ],
)
def test_who_may_ask(
    chats: tuple[str, ...],
    people: tuple[str, ...],
    chat: str,
    user: str,
    p2p: bool,
    expected: bool,
) -> None:
    settings = FeishuSettings(feishu_allowed_chats=chats, feishu_allowed_people=people)
    assert allowed(settings, chat, user, p2p=p2p) is expected


def test_what_is_stale() -> None:
    settings = FeishuSettings(feishu_event_max_age=100)
    assert stale(settings, 1000, 1101)
    assert not stale(settings, 1000, 1099)
    assert not stale(settings, 0, 1e9)


@pytest.mark.parametrize(("domain", "language"), [("feishu", "zh-CN"), ("lark", "en")])
def test_the_usual_language_is_that_of_the_platforms_home(domain: str, language: str) -> None:
    assert FeishuSettings(feishu_domain=domain).usual_locale == language


@pytest.mark.parametrize(
    ("code", "bootstrap", "hopeless", "word"),
    [
        (1000040345, True, True, "FEISHU_APP_SECRET"),
        (1000040346, True, True, "FEISHU_DOMAIN"),
        (1000040350, True, False, "stop other programs"),
        (514, True, True, "FEISHU_APP_ID"),
        (514, False, False, "stop other programs"),
        (403, True, False, "publish"),
        (999, True, False, "code"),
    ],
)
def test_refusals_say_what_to_do(code: int, bootstrap: bool, hopeless: bool, word: str) -> None:
    refused = ConnectionRefused(code, "no", bootstrap=bootstrap)
    assert refused.hopeless is hopeless
    assert word in refused.hint


@pytest.mark.parametrize(
    "payload",
    [b"", b"\xff", b"[]", b"{}", b'{"header": 5}', b'{"uuid": "1", "event": {"type": "message"}}'],
)
async def test_what_is_no_event_is_acknowledged(payload: bytes) -> None:
    assert event_of(payload) is None
    assert await EventDispatcher({}).take(payload) == {}


async def test_a_handler_that_breaks_lets_the_event_come_again() -> None:
    async def breaks(event: object) -> None:
        raise OSError("the database is away")

    payload = json.dumps({"header": {"event_type": "x", "event_id": "1"}}).encode()
    with pytest.raises(NotAccepted):
        await EventDispatcher({"x": breaks}).take(payload)
    assert await EventDispatcher({"y": breaks}).take(payload) == {}


@pytest.mark.parametrize("kind", ["text", "post", "image", "file", "interactive", "sticker"])
def test_any_json_is_a_message_or_none(kind: str) -> None:
    """What another app has sent is the platform's to check, and it does not say how."""
    drawn = random.Random(kind)
    odd = [None, 5, True, 1e400, "", "x", "\ud800", [], {}, [[[]]], {"a": {"b": [1]}}]
    names = ("content", "title", "zh_cn", "text", "tag", "image_key", "file_key", "elements")

    def some(depth: int = 0) -> Any:
        if depth > 3 or drawn.random() < 0.3:
            return drawn.choice(odd)
        if drawn.random() < 0.5:
            return [some(depth + 1) for _ in range(2)]
        return {drawn.choice(names): some(depth + 1) for _ in range(3)}

    for _ in range(2000):
        mentions = [{name: drawn.choice(odd) for name in ("key", "id", "name")}, drawn.choice(odd)]
        message = {"message_type": kind, "message_id": "om_1", "content": json.dumps(some())}
        read({**message, "mentions": drawn.choice([mentions, *odd])}, "ou_bot")
