"""Conversation that asks for no picture, and what a picture is for."""

import pytest

from bot.domain.actions import Action
from bot.domain.preferences import AUTOMATIC, Switch
from bot.language import talk
from bot.language.purposes import Purpose, purpose_of
from bot.language.spelling import fold
from bot.language.wording import (
    COUNT_LIMITED,
    PURPOSE_RATIO,
    Reading,
    names_nothing,
    read,
)
from tests.support.model_ids import FLASH, PRO


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It's done!!!", "its done"),
        ("Sooooo coool 😍", "soo cool"),
        ("哈哈哈哈，好的！", "哈哈好的"),
        ("ready?", "ready?"),
        ("好了@我一下", "好了艾特我一下"),
        ("👍", ""),
    ],
)
def test_a_message_is_compared_without_marks(text: str, words: str) -> None:
    assert talk.plain(fold(text).text) == words


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("speak Chinese", "zh_Hans"),
        ("answer in English please", "en"),
        ("switch to Japanese", "ja"),
        ("说中文", "zh_Hans"),
        ("用英语回复我", "en"),
        ("用繁体中文", "zh_Hant"),
        ("日本語でお願い", "ja"),
        ("英語で話して", "en"),
    ],
)
def test_a_language_is_a_preference(text: str, language: str) -> None:
    assert read(text) == Reading(Action.PREFER, language=language)


def test_beside_a_picture_a_language_is_that_of_its_text() -> None:
    assert read("in English please", image=True).action is Action.DRAW


@pytest.mark.parametrize(
    ("text", "notify"),
    [
        ("only ping me if it takes long", AUTOMATIC),
        ("等久了再叫我", AUTOMATIC),
        ("通知は自動で", AUTOMATIC),
        ("always tell me when it is done", True),
        ("notifications on", True),
        ("每次画好都通知我", True),
        ("毎回できたら教えて", True),
        ("don't ping me anymore", False),
        ("别再通知我了", False),
        ("通知はいらない", False),
    ],
)
def test_being_called_is_a_preference(text: str, notify: Switch) -> None:
    assert read(text) == Reading(Action.PREFER, switch=("notify", notify))


@pytest.mark.parametrize(
    ("text", "private"),
    [
        ("always private", True),
        ("private by default", True),
        ("always answer me in private", True),
        ("keep my pictures private", True),
        ("incognito mode", True),
        ("默认私密", True),
        ("以后都私聊回复我", True),
        ("私密模式", True),
        ("以后我的图只给我看", True),
        ("いつも自分だけに見せて", True),
        ("非公開モードにして", True),
        ("always public", False),
        ("turn off private mode", False),
        ("默认公开", False),
        ("关闭私密模式", False),
        ("非公開モードをオフにして", False),
        ("a private beach at sunset", None),
        ("a public library", None),
        ("私密花园", None),
        ("a detective in private mode of a browser", None),
    ],
)
def test_being_answered_alone_is_a_preference(text: str, private: bool | None) -> None:
    reading = read(text)
    assert reading.switch == (None if private is None else ("private", private))
    assert (reading.action is Action.PREFER) == (private is not None)


@pytest.mark.parametrize(
    ("text", "turn"),
    [
        ("next page", 1),
        ("show me older ones", 1),
        ("older pictures please", 1),
        ("下一页", 1),
        ("看更早的图", 1),
        ("次のページ", 1),
        ("previous page", -1),
        ("上一页", -1),
        ("前のページを見せて", -1),
        ("the next page of a comic book", 0),
        ("older brother and sister", 0),
        ("前の画像", 0),
    ],
)
def test_the_history_has_pages(text: str, turn: int) -> None:
    reading = read(text)
    assert reading.turn == turn
    assert (reading.action is Action.HISTORY) == bool(turn)


@pytest.mark.parametrize(
    ("text", "action", "count"),
    [
        ("再来四张", Action.AGAIN, 4),
        ("two more please", Action.AGAIN, 2),
        ("three more like this", Action.VARY, 3),
        ("换一批", Action.VARY, None),
        ("more like this", Action.VARY, None),
    ],
)
def test_so_many_more(text: str, action: Action, count: int | None) -> None:
    reading = read(text)
    assert (reading.action, reading.count) == (action, count)


def test_more_than_may_be_are_as_many_as_may_be() -> None:
    reading = read("give me 9 more")
    assert (reading.count, reading.notes) == (4, (COUNT_LIMITED,))


@pytest.mark.parametrize("text", ["use pro", "Pro", "用Pro", "pro please", "switch to pro"])
def test_on_a_picture_a_model_is_for_that_picture(text: str) -> None:
    assert read(text, image=True).action is Action.PRO


def test_another_model_on_a_picture_repeats_it() -> None:
    reading = read("use flash", image=True)
    assert (reading.action, reading.model, reading.casual) == (Action.AGAIN, FLASH, False)


@pytest.mark.parametrize(("text", "casual"), [("use pro", True), ("always use pro", False)])
def test_whether_a_wish_is_a_lasting_one(text: str, casual: bool) -> None:
    reading = read(text)
    assert (reading.action, reading.model, reading.casual) == (Action.PREFER, PRO, casual)


@pytest.mark.parametrize(
    ("text", "assent"),
    [
        ("ok", True),
        ("ok ok ok ok ok ok ok ok ok, thanks", True),
        ("好的", True),
        ("はい、了解", True),
        ("thanks", False),
    ],
)
def test_small_talk_may_be_a_yes(text: str, assent: bool) -> None:
    assert read(text) == Reading(Action.SMALL_TALK, assent=assent)


@pytest.mark.parametrize(
    "text",
    [
        "nice\nhat",
        "thanks " * 40,
        "a fox and a hen and " * 7,
        "🐱🎩🌹🍕",
        "so",
        "ok a fox",
        "😀" * 250,
        "thanks, a fox",
        "!" * 250,
    ],
)
def test_what_says_more_is_no_small_talk(text: str) -> None:
    assert read(text).action is not Action.SMALL_TALK or text == "so"


@pytest.mark.parametrize(
    "text",
    [
        "can I have it in 4K?",
        "why is the sky blue? draw it",
        "为什么猫总是四脚着地，四格漫画",
        "今天天气真好，野餐垫上的小熊",
        "what would it look like in winter?",
        "why is the sky blue?\na poster",
        "who is this? " * 20,
    ],
)
def test_what_names_a_picture_is_no_question(text: str) -> None:
    assert read(text).action is not Action.QUESTION


@pytest.mark.parametrize(
    ("text", "ratio", "purpose"),
    [
        ("公众号头图，秋天的银杏大道", "21:9", "公众号头图"),
        ("a YouTube thumbnail about beans", "16:9", "YouTube thumbnail"),
        ("小红书封面：抹茶", "3:4", "小红书封面"),
        ("a fox, as a phone wallpaper", "9:16", "phone wallpaper"),
        ("頭像，貓", "1:1", "頭像"),
        ("スマホの壁紙に富士山", "9:16", "スマホの壁紙"),
        ("business card for a locksmith", "3:2", "business card"),
        ("x" * 100 + ", as a profile picture", "1:1", "profile picture"),
    ],
)
def test_a_purpose_chooses_the_ratio_and_stays_in_the_prompt(
    text: str, ratio: str, purpose: str
) -> None:
    reading = read(text)
    assert (reading.aspect_ratio, reading.purpose) == (ratio, purpose)
    assert (reading.notes, reading.prompt) == ((PURPOSE_RATIO,), text)


@pytest.mark.parametrize(
    ("text", "ratio"),
    [
        ("a phone wallpaper, 1:1", "1:1"),
        ("手机壁纸，横图，狐狸", "16:9"),
        ("avatar 5:7 of a fox", None),
        ("a woman holding a business card in the rain at night", None),
        ("一个正在看手机壁纸的女孩走在街上", None),
        ("a fox", None),
    ],
)
def test_an_explicit_ratio_wins_and_content_is_no_purpose(text: str, ratio: str | None) -> None:
    reading = read(text)
    assert (reading.aspect_ratio, reading.purpose) == (ratio, "")


def test_where_a_purpose_stands() -> None:
    assert purpose_of("phone wallpaper of a fox") == Purpose("9:16", 0, 15)


@pytest.mark.parametrize(
    "text",
    [
        "this one made me laugh",
        "omg I can't choose",
        "do you keep my pictures?",
        "just 3 of you?",
        "有点意思",
        "一次最多能画几张？",
        "かわいすぎる",
        "haha his face",
        "our build failed again",
        "look what he did to my couch lol",
        "这氛围感拉满了",
        "もう帰りたい",
        "no need to draw that, I was just sharing",
        "are we allowed to sell these, copyright wise?",
    ],
)
def test_what_shows_nothing_or_only_tells_something_is_asked_about(text: str) -> None:
    assert read(text).action is Action.QUESTION


@pytest.mark.parametrize(
    "text",
    [
        "a photo of a photo",
        "可爱的机器人",
        "the time is 4:03",
        "it's too busy",
        "「2023」を「2024」に変えて",
        "nice\nhat",
        "a hamster in a tutu lol",
        "this made me " + "laugh " * 30,
        "why did you leave me, sad jazz album cover",
    ],
)
def test_what_shows_something_or_changes_it_is_not_asked_about(text: str) -> None:
    assert read(text).action is Action.DRAW


@pytest.mark.parametrize(
    "text", ["hiya, back from lunch", "哈喽哈喽，我来打个招呼", "あけおめ🎍ことよろ"]
)
def test_a_greeting_may_say_more(text: str) -> None:
    assert read(text).action is Action.GREETING


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("这张删了吧，别让老板看见", Action.DELETE),
        ("以后不用通知我了，太吵", Action.PREFER),
        ("try again, same thing", Action.AGAIN),
        ("有点糊，弄清晰点", Action.LARGER),
        ("abort abort ABORT", Action.CANCEL),
        ("delete this picture, draw a cat", Action.DRAW),
        ("history, a leather book", Action.DRAW),
        ("delete this, and, then, so", Action.DRAW),
        ("my settings, a dark interface for a radio", Action.DRAW),
    ],
)
def test_a_command_may_be_said_with_a_remark(text: str, action: Action) -> None:
    assert read(text).action is action


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("could you make me a wallpaper for my phone?", True),
        ("公众号缺张头图，急", True),
        ("LinkedInのバナー作りたいんですけど", True),
        ("phone wallpaper", True),
        ("draw me something", True),
        ("想做个海报", True),
        ("なんか描いて", True),
        ("phone wallpaper of a koi", False),
        ("a 9:41 iPhone lock screen", False),
        ("a koi", False),
        ("koi", False),
        ("a card on the table", False),
        ("phone wallpaper " * 10, False),
    ],
)
def test_a_purpose_or_a_kind_of_picture_alone_says_nothing_to_draw(text: str, only: bool) -> None:
    assert names_nothing(text) is only


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("oops wrong person, delete", Action.DELETE),
        ("history, a leather book", Action.DRAW),
        ("cancel, again", Action.DRAW),
        ("删了吧，看着瘆得慌", Action.DELETE),
        ("删掉吧 太丑了", Action.DELETE),
        ("放大一下，要印易拉宝", Action.LARGER),
        ("sharper and bigger please, it's for a banner", Action.LARGER),
        ("ooh do me a few more like that so the team can vote", Action.VARY),
        ("多来几张让我选选", Action.VARY),
        ("もっと大きいのください、印刷します", Action.LARGER),
    ],
)
def test_a_command_with_its_reason(text: str, action: Action) -> None:
    assert read(text).action is action
