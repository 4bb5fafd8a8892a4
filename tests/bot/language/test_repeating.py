"""A picture that is there, made once more: larger, several more, by another model; and what only
sounds like that."""

import pytest

from bot.domain.actions import Action
from bot.language import pointers
from bot.language.pointers import Pointer, Which
from bot.language.wording import change_of, read


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("Can I get this in 4K? It's going on a wall.", Action.LARGER),
        ("I need this in the highest resolution you've got", Action.LARGER),
        ("这个能不能给个大尺寸的，我要喷绘一米宽", Action.LARGER),
        ("幫我放大到可以印A2海報的尺寸", Action.LARGER),
        ("これ、壁に貼れるくらい大きいのってもらえます？", Action.LARGER),
        ("none of these do it for me, roll four fresh ones", Action.VARY),
        ("再給我看幾個不一樣的版本", Action.VARY),
        ("別パターンも見たいっす", Action.VARY),
        ("同样的词再跑两张", Action.AGAIN),
        ("どれもいまいち…新しく四枚お願いしたいです", Action.AGAIN),
        ("Number 2, big as possible, it goes over the pass.", Action.LARGER),
    ],
)
def test_the_picture_is_made_once_more(text: str, action: Action) -> None:
    assert read(text).action is action


@pytest.mark.parametrize(
    "text", ["one more time but let the other model have a crack at it", "换个模型重跑一遍看看"]
)
def test_it_is_made_with_another_model(text: str) -> None:
    assert read(text).other_model


@pytest.mark.parametrize(
    "text",
    [
        "a poster in print size of a fox",
        "as big as possible, a whale under a tiny boat",
        "再来三张不同姿态的猫咪贴纸",
        "another set of teacups on a shelf",
        "ポスターに使える大きさの富士山の絵",
    ],
)
def test_a_picture_of_something_is_no_repetition(text: str) -> None:
    assert read(text).action is Action.DRAW


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("给狐狸围条红格子围巾", True),
        ("给妈妈做张贺卡", False),
        ("Any chance of a bit of sunrise behind him?", True),
        ("any chance of a dragon", False),
        ("次はペンギンの八百屋さんでお願いします", False),
        ("行，这张过。接着是第二页：小刺猬背着苹果过河", False),
        ("sory meant CASTLE not cattle lol", True),
        ("哎哟写错了，是三只羊不是三只狼", True),
        ("写错了作业的小孩", False),
    ],
)
def test_a_change_is_told_from_another_picture(text: str, change: bool) -> None:
    assert change_of(text).change is change


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("定下来了，左下那张，出大图", (Pointer(which=Which.BOTTOM_LEFT),)),
        ("二番ええやん、これの兄弟みたいなん何枚か出して", (Pointer(number=2),)),
        ("bigger, not the last one", ()),
        ("take 2 is great, 3 as well", ()),
        ("the bicycle one is great, a bigger one please", (Pointer(about="bicycle"),)),
        ("the last one is great. " * 20, ()),
    ],
)
def test_what_a_command_names_beside(text: str, found: tuple[Pointer, ...]) -> None:
    assert pointers.mentioned(text) == found
