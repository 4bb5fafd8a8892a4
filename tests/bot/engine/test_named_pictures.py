"""Pictures that words name by a thing in them, beside a reason, or beside a command."""

import pytest

from bot.domain.actions import Action
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import Parent
from bot.domain.requests import Attachment
from messages import Notice
from tests.bot.engine.test_conversation import ask
from tests.bot.engine.test_intake import House, house
from tests.bot.engine.test_which_picture import EARLY, made, sources
from tests.support.model_ids import FLASH, PRO

__all__ = ["house"]


@pytest.mark.parametrize(
    ("words", "number", "action"),
    [
        ("I'll take the second one, bigger please, it's for printing", 2, Action.LARGER),
        ("I'd take number three, can it be larger? going on a mug", 3, Action.LARGER),
        ("第一張給我大張一點的，要輸出", 1, Action.LARGER),
        ("第三张要大图，打印用", 3, Action.LARGER),
        ("一番最後のやつ、もっと大きいサイズでちょうだい", 4, Action.LARGER),
        ("3枚目をもっと大きくして、印刷するので", 3, Action.LARGER),
        ("more like the last one", 4, Action.VARY),
        ("a few more like the top left one", 1, Action.VARY),
        ("照着3再多来几个", 3, Action.VARY),
        ("2番みたいなのをもう何枚か", 2, Action.VARY),
    ],
)
async def test_a_command_beside_a_reason_is_about_the_picture_they_name(
    house: House, words: str, number: int, action: Action
) -> None:
    job = await made(house, "set", 4)
    for target in (None, "set"):
        asked = await house.job(ask(words, f"to {target}", replied_to=target))
        assert asked.parent == Parent(job.id, number, 4, action)


async def test_the_size_that_is_named_beside_the_picture(house: House) -> None:
    await made(house, "set", 4)
    asked = await house.job(ask("就1号了，给我出个4K的"))
    assert asked.parent is not None
    assert (asked.parent.number, asked.parent.by, asked.size) == (1, Action.LARGER, "4K")


@pytest.mark.parametrize("words", ["make that one bigger", "bigger please"])
async def test_a_command_that_names_none_is_about_what_it_would_be(
    house: House, words: str
) -> None:
    await made(house, "before")
    job = await made(house, "cat", created_at=EARLY + 1)
    larger = await house.job(ask(words))
    assert larger.parent == Parent(job.id, 1, 1, Action.LARGER)


@pytest.mark.parametrize(
    "words",
    [
        "one more go at the bicycle please",
        "another go at the bike one please",
        "redo the bicycle",
        "自転車のやつもう一回",
        "bicycle那张重新画一张",
    ],
)
async def test_the_request_that_is_named_once_more(house: House, words: str) -> None:
    await made(house, "bicycle", 2)
    await made(house, "lighthouse", created_at=EARLY + 1)
    again = await house.job(ask(words))
    assert again.prompt == "a bicycle"
    assert again.parent is None


@pytest.mark.parametrize(
    "words",
    [
        "can the bike have a wicker basket with a baguette in it",
        "the bicycle needs a bell",
        "give the bike a basket",
        "put a cat on the bicycle",
        "paint the bicycle yellow",
    ],
)
async def test_a_change_of_what_only_an_earlier_picture_shows(house: House, words: str) -> None:
    await made(house, "bicycle")
    assert await sources(house, ask(words, "only")) == ["bicycle-1"]
    await made(house, "lighthouse", created_at=EARLY + 1)
    job = await house.job(ask(words))
    assert [each.image_id for each in job.attachments] == ["bicycle-1"]
    assert job.prompt == words
    reply = ask(words, "reply", replied_to="lighthouse")
    assert await sources(house, reply) == ["lighthouse-1"]
    await made(house, "bike", created_at=EARLY + 2)
    assert await sources(house, ask(words, "newest")) == ["bike-1"]


async def test_what_several_earlier_pictures_show_is_asked_about(house: House) -> None:
    await made(house, "bicycle")
    await made(house, "bike", created_at=EARLY + 1)
    await made(house, "lighthouse", created_at=EARLY + 2)
    notice = await house.asked(ask("give the bicycle a basket"))
    assert [each.image_id for each in notice.pictures] == ["bike-1", "bicycle-1"]


@pytest.mark.parametrize("words", ["make the sky pink", "把天空改成粉色", "空をピンクにして"])
async def test_what_every_picture_has_names_none(house: House, words: str) -> None:
    await made(house, "sky", text="the sky 天空 空")
    await made(house, "lighthouse", created_at=EARLY + 1)
    assert await sources(house, ask(words)) == ["lighthouse-1"]


async def test_another_go_at_the_newest_is_one_too(house: House) -> None:
    job = await made(house, "bicycle", text="自行车")
    varied = await house.job(ask("自行车再来两张看看"))
    assert varied.parent == Parent(job.id, 1, 1, Action.VARY)
    assert varied.count == 2


async def test_variations_of_a_picture_that_is_named_beside_a_question_to_nobody(
    house: House,
) -> None:
    job = await made(house, "bicycle", text="夕暮れの灯台")
    await made(house, "lighthouse", created_at=EARLY + 1)
    varied = await house.job(ask("灯台のやつ別バージョンもう何枚か"))
    assert varied.parent == Parent(job.id, 1, 1, Action.VARY)


async def test_pictures_put_aside_are_what_a_command_is_about(house: House) -> None:
    await made(house, "set", 4)
    await house.settle(ask("", attachments=(Attachment(url="https://example.com/a.png"),)))
    words = "I'll take the second one, bigger please, it's for printing"
    asked = await house.job(ask(words, "2"))
    assert asked.parent is not None
    assert asked.parent.number == 1


@pytest.mark.parametrize(
    "words",
    [
        "do it again with the other model, this one's a bit plasticky",
        "一模一样的内容，换个模型再跑一遍",
        "同样的再出一次，换个模型试试",
        "一样的再来一张，换个模型",
        "同じのを別のモデルでもう一回",
    ],
)
async def test_once_more_with_another_model(house: House, words: str) -> None:
    await made(house, "cat")
    again = await house.job(ask(words))
    assert (again.prompt, again.model) == ("a cat", PRO)
    assert (await house.job(ask(words, "2", replied_to="cat"))).model == PRO
    await made(house, "best", created_at=EARLY + 1, model=PRO)
    back = await house.job(ask(words, "3"))
    assert (back.prompt, back.model) == ("a best", FLASH)


async def test_of_several_one_is_made_once_more_with_another_model(house: House) -> None:
    await made(house, "set", 4)
    again = await house.job(ask("number 2: do it again with the other model"))
    assert (again.prompt, again.model) == ("a set", PRO)


async def test_there_is_no_other_model(house: House) -> None:
    await made(house, "cat")
    models = await house.intake.models()
    only = [model for model in models if model.id == FLASH]
    repeated = house.intake._repetitions.repeated
    found = await repeated(Action.AGAIN, ask("again"), only, other_model=True)
    assert isinstance(found, Failure)
    assert found.reason is Reason.NOT_FOUND


@pytest.mark.parametrize(
    "words", ["右上の文字、消しといて", "the text in the corner, delete it", "左边的字，删掉"]
)
async def test_a_part_that_is_deleted_is_a_change(house: House, words: str) -> None:
    await made(house, "cat")
    assert await sources(house, ask(words, replied_to="cat")) == ["cat-1"]


@pytest.mark.parametrize("words", ["今の画像消しといて", "間違えて送ったので消してください"])
async def test_a_picture_that_is_deleted_is_no_change(house: House, words: str) -> None:
    await made(house, "cat")
    asked = await house.settle(ask(words))
    assert isinstance(asked, Notice)
    assert asked.key == "ask_delete"


@pytest.mark.parametrize(
    "words",
    [
        "and as a separate picture, a teapot shaped like a dragon",
        "那张先做着，顺便再给我一张樱花树下的校车",
        "それは進めておいて、別で猫の絵も描いて",
    ],
)
async def test_a_separate_picture_beside_one_that_is_being_made(house: House, words: str) -> None:
    await house.history.add(await house.job(ask("a ferry in fog")))
    assert await sources(house, ask(words, "2")) == []


@pytest.mark.parametrize(
    "words",
    [
        "忘说了，右下角得有只打盹的狗",
        "sorry, forgot to say, a small dog sleeping in the corner",
        "言い忘れましたけど、隅に寝ている犬を描いて",
    ],
)
async def test_what_was_forgotten_is_about_the_picture_that_is_being_made(
    house: House, words: str
) -> None:
    ferry = await house.job(ask("a ferry in fog"))
    await house.history.add(ferry)
    change = await house.job(ask(words, "2"))
    assert change.parent is not None
    assert change.parent.job_id == ferry.id
