"""In which situations words want a picture: kinds of sayings, beside a picture and without one."""

from __future__ import annotations

import pytest

from bot.domain.actions import Action
from bot.domain.situation import Situation
from bot.language.pointers import shown
from bot.language.quotes import is_bare
from bot.language.situations import ALL, is_asked, wanted_in
from bot.language.wanting import LONGEST, Evidence, evidence, only_talks
from bot.language.wording import is_command, may_quote, read


def wants(text: str, *, at_hand: bool = False, about: bool = False) -> bool:
    beside = Situation.AT_HAND if at_hand else Situation.NOTHING
    return (Situation.ABOUT if about else beside) in wanted_in(text, read(text))


@pytest.mark.parametrize(
    "text",
    [
        "draw a fox",
        "my daughter would like a narwhal on rollerskates, she's standing right here",
        "could you give us a banner for the kickoff",
        "a small moth reading a letter by candlelight",
        "um, I've never used this, sorry... a moth reading a letter by candlelight?",
        "a fox in the snow, film grain",
        "hedgehog barista, 35mm",
        "雪山下的小木屋",
        "给我三张狐狸的照片",
        "能不能画一只飞猪",
        "夕暮れの踏切に立つロボット",
        "宇宙食の自販機を描いてほしいです",
    ],
)
@pytest.mark.parametrize("at_hand", [False, True])
def test_what_asks_or_shows_is_wanted(text: str, at_hand: bool) -> None:
    if at_hand and "never used" in text:  # the moth is described beyond doubt all the same
        assert evidence(text).describes
    assert wants(text, at_hand=at_hand)


@pytest.mark.parametrize(
    "text",
    [
        "@Dana did you book the meeting room for thursday or should i",
        "I can't draw to save my life",
        "looks like my uncle after two beers",
        "take your time, I'm getting coffee",
        "pretty sure that horse has seen things",
        "heyy anyone home?",
        "你文档链接没开权限",
        "我最近迷上看别人画水彩",
        "这句说得真有画面感",
        "出一张图大概扣多少钱",
        "なんかうちの部長に似てるww",
        "昨日の飲み会のせいで頭が痛いです",
        "田中さん、議事録どこに置きましたか",
    ],
)
@pytest.mark.parametrize("at_hand", [False, True])
def test_talk_is_not(text: str, at_hand: bool) -> None:
    assert not wants(text, at_hand=at_hand)


@pytest.mark.parametrize(
    "text",
    [
        "he needs more armor",
        "hat → helmet",
        "could the sword be in his left hand?",
        "what if it was autumn instead",
        "加个帽子",
        "人别笑，严肃脸",
        "メガネかけさせて",
        "犬じゃなくて狐",
    ],
)
def test_a_change_is_wanted_of_a_picture_that_is_there(text: str) -> None:
    assert wants(text, about=True)


def test_what_tells_of_something_is_a_description_where_no_picture_is_there() -> None:
    told = "公司茶水间的咖啡机成精了，皮克斯那种感觉"
    assert wants(told)
    assert not wants(told, at_hand=True)


def test_words_of_no_kind_are_wanted_where_they_can_be_no_remark() -> None:
    assert wants("quibblewort")
    assert not wants("quibblewort", at_hand=True)
    assert wants("quibblewort", about=True)


def test_settings_are_wanted_unless_something_is_asked() -> None:
    assert wants("sorry, I said 4:5", at_hand=True)
    found = evidence("is that 4:5?", "is that", settings=True)
    assert not found.settings


def test_what_only_talks_is_a_remark_beside_a_command() -> None:
    assert only_talks("none of these quite land")
    assert not only_talks("a cat on a wall")
    assert read("none of these quite land, give me another four").count == 4


@pytest.mark.parametrize(
    "text",
    [
        "our cat had kittens last night, five of them",
        "thinking about repainting the kitchen, maybe sage green",
        "might get a tattoo of a swallow, still undecided",
        "can you draw hands properly now or still six fingers",
        "Tom can you bring the blue banner on Friday?",
        "我家猫昨晚把我的假发叼到阳台上去了",
        "打算把客厅刷成绿色，又怕太暗",
        "做出来的图能放公司官网吧？",
        "谁把群头像换成河马的",
        "今朝は駅で白い猫に会ったよ",
        "部屋の壁紙を緑にしようか迷ってる",
        "作った画像、SNSに上げても平気？",
    ],
)
@pytest.mark.parametrize("at_hand", [False, True])
def test_a_story_a_plan_and_a_question_about_the_bot_want_nothing(text: str, at_hand: bool) -> None:
    assert not wants(text, at_hand=at_hand)


@pytest.mark.parametrize(
    "text",
    [
        "my nan turns 90, she loves robins and gin. card please",
        "I had this dream: a library underwater, jellyfish as lamps. please show me",
        "我奶奶八十大寿，寿桃仙鹤啥的，喜庆点",
        "昨晚梦见一条鲸鱼在城市上空飞，画出来",
        "娘がカバが空飛ぶとこ見たいって",
        "昨日見た夢の絵を描いて",
    ],
)
def test_a_wish_beside_a_story_is_one(text: str) -> None:
    assert wants(text)


def test_a_change_beside_a_story_is_one_where_there_is_a_picture() -> None:
    text = "my dog ate the cake, the icing should be red"
    assert wants(text, at_hand=True)
    assert not wants(text)


def test_what_is_told_of_a_picture_is_no_change_of_it() -> None:
    assert not wants("第二张的狗更萌", about=True)
    assert wants("第二张，狗更萌一点", about=True)
    assert only_talks("看着瘆得慌")


@pytest.mark.parametrize(
    "text", ["🐙🎩☕ please", "🦊 in a 🚀", "🐱+🚀+🌕 来", "🐧☔🍜でなんか一枚"]
)
def test_emoji_of_things_that_are_put_together_are_a_picture(text: str) -> None:
    assert read(text).action is Action.DRAW
    assert wants(text, at_hand=True)


def test_other_emoji_are_none() -> None:
    assert read("😂😂😂").action is Action.SMALL_TALK
    assert read("lol 😂🙏 please").action is not Action.DRAW


def test_text_in_quotation_marks_and_marks_alone_say_nothing() -> None:
    assert evidence("!!!") == Evidence()
    assert not evidence("“draw a cat”").asks
    assert LONGEST > len("a fox in the snow")


def test_which_words_may_be_about_others() -> None:
    assert may_quote("lmaooo can you make a pic of that, pixel art")
    assert may_quote("按这个意境来张水墨画")
    assert not may_quote("no need to draw that one lol")
    assert not may_quote("a poster of a jazz band")
    assert is_command("/draw a fox")
    assert not is_command("a fox")


@pytest.mark.parametrize(
    "text",
    [
        letter * LONGEST
        for letter in (
            "a",
            "a ",
            "啊",
            "を",
            "を て",
            ",a",
            "the ",
            "我要",
            "please ",
            "@",
            "(",
            "的 ",
        )
    ],
)
def test_it_is_linear(text: str) -> None:
    """These repeat what patterns begin or end with; a pattern that tries every way never ends."""
    assert evidence(text[:LONGEST]) == evidence(text[:LONGEST])


def test_a_remark_that_shows_something_or_names_a_picture_is_read_as_one() -> None:
    assert read("dragon eating ramen lol").action is Action.DRAW
    assert read("I'll have the fourth, only without the fence").action is Action.DRAW
    assert read("I just got back from my sister's place").action is Action.QUESTION


def test_words_that_only_point() -> None:
    assert is_bare("draw this")
    assert not is_bare("make it a painting")
    assert not is_bare("draw this " * 20)
    assert shown("make the sky red in the first one") is None


def test_a_list_of_things_is_a_description() -> None:
    assert wants("cosy reading nook, autumn leaves outside", at_hand=True)
    assert wants("quibble, wobblewort", about=True)
    assert not wants("hmm", about=True)


def test_a_description_with_a_wish_may_be_of_another_picture() -> None:
    assert wants("castle at dawn, less fog")
    assert not wants("castle at dawn, less fog", at_hand=True)


def test_a_form_of_change_or_settings_outweigh_what_is_told() -> None:
    assert wants("手がちょっと怖い", at_hand=True)
    assert wants("square", at_hand=True)
    assert wants("now make it night, looks like my street", at_hand=True)
    assert wants("I said 4:5", at_hand=True)
    assert wants("he needs more armor")  # so that the picture of him is asked for


def test_everything_is_drawn_that_is_no_chat() -> None:
    """What follows a command, what is too long for a remark, and a picture without words."""
    for text in ("/draw what a day", "what a day " * LONGEST, ""):
        assert wanted_in(text, read(text)) == ALL


def test_what_points_at_a_picture_is_about_it_wherever_it_is_said() -> None:
    assert wanted_in("2nd, warmer light", read("2nd, warmer light")) == ALL
    assert wanted_in("picture 2", read("picture 2")) == ALL
    assert wanted_in("the last one, I guess", read("the last one, I guess")) == frozenset()


def test_words_that_only_point_are_about_what_is_there() -> None:
    assert wants("draw this")
    assert not wants("draw this", at_hand=True)


def test_a_change_in_other_words_is_one_of_the_picture_at_hand() -> None:
    assert wants("almost!! the sign needs to say OPEN LATE", at_hand=True)
    assert wants("眼镜摘掉", at_hand=True)


def test_what_is_put_off_is_not_wanted_yet() -> None:
    for text in (
        "I'll want a menu cover later on",
        "想做个菜单，等我妈把菜名发过来再说",
        "そのうちチラシ頼むかも、まだ値段が決まってなくて",
    ):
        assert not wants(text)


def test_a_greeting_is_no_talk() -> None:
    assert wants("在吗在吗 急！！奶茶店开业海报，店名阿柚家，买一送一")
    assert wants("お疲れさまです。社内報の表紙を一点、余白広めでお願いいたします。")
    assert evidence("在吗") == Evidence(chatty=True)


def test_what_comes_with_a_photo_and_tells_of_it_is_a_remark() -> None:
    text = "初めて焼いたシフォンケーキ、ぺしゃんこでした😂"
    assert not wants(text, about=True)


def test_a_format_does_not_make_a_description_a_change() -> None:
    text = "直播间背景，赛博茶馆那种味道，竖屏"
    found = evidence(text, read(text).prompt, settings=True)
    assert found.shows
    assert not found.changes
    assert evidence("nope, it should be landscape").changes


def test_it_is_asked_about_what_wants_no_picture_there() -> None:
    def asked(text: str, situation: Situation) -> bool:
        return is_asked(text, read(text), situation)

    assert not asked("quibblewort", Situation.NOTHING)
    assert asked("quibblewort", Situation.AT_HAND)
    assert asked("I just got back from my sister's place", Situation.NOTHING)
    assert not asked("help", Situation.NOTHING)


def test_a_reply_to_somebody_is_a_remark_unless_it_asks_or_shows() -> None:
    def wanted(text: str) -> bool:
        return Situation.REPLY in wanted_in(text, read(text))

    assert wanted("draw a robot chef")
    assert wanted("a teapot")
    assert not wanted("thai obv")
    assert not wanted("what a day")
