"""The texts of the protocol, word for word."""

from dataclasses import replace

import pytest

from messages import (
    LOCALES,
    Button,
    Choice,
    Cost,
    MadeFrom,
    Message,
    Note,
    Notice,
    Offer,
    Picture,
    PictureName,
    Problem,
    Status,
    Step,
    about,
    advice,
    alt_text,
    answers,
    join,
    label,
    made_from,
    model_name,
    picture_name,
    ratio_name,
    reason,
    render,
    render_note,
    render_notice,
    render_problem,
    summary,
)
from messages.rendering import refusal
from messages.texts import NOTES, NOTICES, PROBLEMS, REFUSALS

RUNNING = Message(
    job_id="job_1",
    step=Step.START,
    status=Status.RUNNING,
    model="Nano Banana 2",
    expected=(20, 40),
    cost=Cost(6, "points"),
)

EXPECTED = [
    (replace(RUNNING, step=Step.ACKNOWLEDGE), "OK, generating now.", "收到，马上开始生成。"),
    (
        replace(RUNNING, step=Step.ACKNOWLEDGE, position=2),
        "In your queue: number 2.",
        "已排队：第 2 位，轮到就开始画。",
    ),
    (
        replace(RUNNING, step=Step.ACKNOWLEDGE, position=4, starts_in=48),
        "In your queue: number 4, starts in about 50 seconds.",
        "已排队：第 4 位，大约 50 秒后开始。",
    ),
    (
        replace(RUNNING, step=Step.ACKNOWLEDGE, position=4, starts_in=130),
        "In your queue: number 4, starts in about 2 minutes.",
        "已排队：第 4 位，大约 2 分钟后开始。",
    ),
    (
        replace(RUNNING, step=Step.ACKNOWLEDGE, follows=True),
        "OK, I will change it as soon as the picture is ready.",
        "收到，等这张图画好就改。",
    ),
    (
        replace(RUNNING, demo=True, expected=None, cost=None),
        "🎨 Generating your picture, one moment…\n• Model: Demo drawing, no AI",
        "🎨 开始生成图片，请稍候…\n• 模型：演示图，不是 AI 画的",
    ),
    (
        RUNNING,
        "🎨 Generating your picture, one moment…\n• Model: Nano Banana 2\n"
        "• Expected time: 20–40 seconds\n• Cost: 6 points",
        "🎨 开始生成图片，请稍候…\n• 模型：Nano Banana 2\n• 预计用时：20–40 秒\n• 费用：6 积分",
    ),
    (
        replace(RUNNING, expected=None, cost=None),
        "🎨 Generating your picture, one moment…\n• Model: Nano Banana 2",
        "🎨 开始生成图片，请稍候…\n• 模型：Nano Banana 2",
    ),
    (
        replace(RUNNING, step=Step.PROGRESS, percent=45, elapsed=18.4),
        "⏳ Generating… 45%\n18 s so far, 40 s at most",
        "⏳ 正在生成中… 45%\n已等待 18 秒，最长 40 秒",
    ),
    (
        replace(RUNNING, step=Step.PROGRESS, percent=95, elapsed=47),
        "⏳ Generating… 95%\n47 s so far, 40 s at most\nAlmost there, just a moment…",
        "⏳ 正在生成中… 95%\n已等待 47 秒，最长 40 秒\n稍等，马上就好…",
    ),
    (
        replace(RUNNING, step=Step.PROGRESS, expected=None, percent=95, elapsed=1),
        "⏳ Generating… 95%\n1 s so far, 0 s at most\nAlmost there, just a moment…",
        "⏳ 正在生成中… 95%\n已等待 1 秒，最长 0 秒\n稍等，马上就好…",
    ),
    (
        replace(
            RUNNING,
            step=Step.SUCCESS,
            status=Status.SUCCEEDED,
            seconds=23.4,
            cost=Cost(1, "points"),
            link="https://example.org/media/img_0123456789ab",
            notes=(Note("size_downgraded", {"size": "4K"}),),
        ),
        "✅ Your picture is ready!\n• Model: Nano Banana 2\n"
        "• Time: 23 seconds (expected 20–40 seconds)\n• Cost: 1 point\n"
        "ℹ️ Sizes above 4K are not possible, so it becomes 4K.\n"
        "🔗 Original: https://example.org/media/img_0123456789ab",
        "✅ 图片生成成功！\n• 模型：Nano Banana 2\n• 用时：23 秒（预计 20–40 秒）\n"
        "• 费用：1 积分\nℹ️ 清晰度最高 4K，已改为 4K。\n"
        "🔗 原图：https://example.org/media/img_0123456789ab",
    ),
    (
        replace(RUNNING, step=Step.SUCCESS, seconds=1, expected=(4, 4), cost=Cost(0.0672, "USD")),
        "✅ Your picture is ready!\n• Model: Nano Banana 2\n"
        "• Time: 1 second (expected 4 seconds)\n• Cost: $0.0672",
        "✅ 图片生成成功！\n• 模型：Nano Banana 2\n• 用时：1 秒（预计 4 秒）\n• 费用：US$0.0672",
    ),
    (
        replace(RUNNING, step=Step.SUCCESS, expected=None, cost=Cost(0, "USD")),
        "✅ Your picture is ready!\n• Model: Nano Banana 2\n• Cost: free",
        "✅ 图片生成成功！\n• 模型：Nano Banana 2\n• 费用：免费",
    ),
    (
        replace(RUNNING, step=Step.FAILURE, problem=Problem("timeout")),
        "❌ The picture could not be made\n• Reason: The picture took too long.\n"
        "• Advice: Try again with a faster model or a smaller size.\nShall I try again?",
        "❌ 图片生成失败\n• 原因：等太久了还没出图。\n"
        "• 建议：换快一点的模型或低一点的清晰度再试。\n要我重试一次吗？",
    ),
    (
        replace(RUNNING, step=Step.FAILURE, problem=Problem("refused", retryable=False)),
        "❌ The picture could not be made\n"
        "• Reason: The safety check said no.\n"
        "• Advice: Try other words: real people, violence and famous characters are the usual "
        "reasons.",
        "❌ 图片生成失败\n• 原因：内容没通过安全检查。\n"
        "• 建议：换个说法，避开真人、暴力和受版权保护的角色。",
    ),
    (
        replace(RUNNING, step=Step.FAILURE),
        "❌ The picture could not be made\n"
        "• Reason: Something went wrong while making the picture.\n"
        "• Advice: Try again, or choose another model.\nShall I try again?",
        "❌ 图片生成失败\n• 原因：画图时出了点问题。\n• 建议：再试一次，或换一个模型。\n"
        "要我重试一次吗？",
    ),
    (
        replace(RUNNING, step=Step.FAILURE, problem=Problem("cancelled", retryable=False)),
        "🚫 Cancelled.",
        "🚫 已取消。",
    ),
]


@pytest.mark.parametrize(("message", "english", "chinese"), EXPECTED)
def test_each_step_reads_as_written(message: Message, english: str, chinese: str) -> None:
    assert render(message, "en") == english
    assert render(message, "zh_Hans") == chinese


def test_the_providers_own_words_are_quoted() -> None:
    problem = Problem("refused", explanation="No {weapons}, please.")
    assert reason(problem, "en").endswith("check said no. “No {weapons}, please.”")


def test_a_chinese_sentence_is_followed_by_no_space() -> None:
    problem = Problem("provider_down", explanation="The model is overloaded.")
    assert "。“The model is overloaded.”" in reason(problem, "zh_Hans")
    assert "now. “The model is overloaded.”" in reason(problem, "en")


def test_waiting_is_advised_in_seconds() -> None:
    assert advice(Problem("refused", retry_after=9, retryable=False), "en").startswith(
        "Try other words"
    )
    assert advice(Problem("rate_limited", retry_after=float("inf")), "en").startswith(
        "Try again in half"
    )
    assert advice(Problem("rate_limited", retry_after=0.2), "en") == "Try again in 1 second."
    assert advice(Problem("rate_limited", retry_after=90), "en") == "Try again in 90 seconds."
    assert advice(Problem("rate_limited", retry_after=90), "zh_Hans") == "90 秒后再试。"


def test_a_limit_that_nobody_named_is_not_shown_as_a_gap() -> None:
    for key in ("prompt_too_long", "reference_too_large"):
        for locale in LOCALES:
            assert "–" not in reason(Problem(key), locale) + advice(Problem(key), locale)
    known = Problem("prompt_too_long", {"length": 11000, "limit": 10000})
    assert "10000" in reason(known, "en")


def test_facts_are_filled_in_and_never_read_as_placeholders() -> None:
    facts = {"model": "{0.__class__}", "models": ["A", "B"]}
    problem = Problem("unknown_model", facts)
    assert reason(problem, "en") == "There is no model called “{0.__class__}” here."
    assert advice(problem, "en") == "Choose one of these: A, B."
    assert reason(Problem("unknown_model"), "en") == "There is no model called “–” here."


@pytest.mark.parametrize("locale", LOCALES)
def test_everything_can_be_said(locale: str) -> None:
    for key in PROBLEMS:
        assert reason(Problem(key), locale)
        assert advice(Problem(key), locale)
    for key in NOTES:
        assert render_note(Note(key), locale)
    for key in NOTICES:
        assert render_notice(Notice(key), locale)
    for button in Button:
        assert label(button, locale)


def test_an_unknown_reason_still_reads_well() -> None:
    assert (
        reason(Problem("new in a plug-in"), "en")
        == "Something went wrong while making the picture."
    )


def test_notices_name_what_is_automatic_and_list_entries() -> None:
    settings = Notice("settings", {"model": None, "size": "2K", "aspect_ratio": "1:1"})
    assert "• Model: automatic" in render_notice(settings, "en")
    models = render_notice(Notice("models", {"entries": ["A (1K)", "B"]}), "en")
    assert models == "These models are available:\n• A (1K)\n• B"
    assert render_notice(Notice("models", {"entries": 3}), "en") == "These models are available:"


@pytest.mark.parametrize(
    ("facts", "english", "chinese"),
    [
        (
            {"choices": ["Nano Banana Pro", "2K"]},
            "Done: Nano Banana Pro, 2K from now on.",
            "好的，以后默认：Nano Banana Pro、2K。",
        ),
        ({"choices": [None]}, "Done: automatic from now on.", "好的，以后默认：自动。"),
        (
            {"notify": True},
            "Done: I'll ping you when a picture is ready.",
            "好的，画好了会叫你。",
        ),
        (
            {"notify": False},
            "Done: no more pings when a picture is ready.",
            "好的，画好了不再叫你。",
        ),
        (
            {"notify": "auto"},
            "Done: I'll ping you after a long wait.",
            "好的，等久了才叫你。",
        ),
        (
            {"choices": ["2K"], "spoiler": False},
            "Done: 2K from now on.\nDone: your pictures are no longer covered.",
            "好的，以后默认：2K。\n好的，图片不再遮住。",
        ),
    ],
)
def test_what_was_preferred_is_said(facts: dict[str, object], english: str, chinese: str) -> None:
    assert render_notice(Notice("preferred", facts), "en") == english
    assert render_notice(Notice("preferred", facts), "zh_Hans") == chinese


def test_entries_may_be_sentences_of_their_own() -> None:
    entry = Note("status_waiting", {"words": "a fox", "position": 2})
    notice = Notice("status", {"entries": [entry]})
    assert render_notice(notice, "en") == "On their way:\n• “a fox”: number 2 in your queue"
    assert render_notice(notice, "zh_Hans") == "正在画：\n• “a fox”：排在第 2 位"
    notice = Notice("status", {"entries": [Note("status_following", {"words": "red"})]})
    said = "On their way:\n• “red”: starts when the picture that it changes is ready"
    assert render_notice(notice, "en") == said


def test_what_was_deleted_needs_no_plural() -> None:
    said = render_notice(Notice("forgot_you", {"pictures": 1}), "en")
    assert said == "Everything that was stored about you is deleted (pictures: 1)."


def test_details_leave_out_what_is_not_known() -> None:
    facts = {"text": "a cat", "count": 1, "references": 2, "took": 1}
    assert render_notice(Notice("details", facts), "en").splitlines() == [
        "Details",
        "• Description: a cat",
        "• Pictures: 1",
        "• Made from: 2 pictures",
        "• Time: 1 second",
    ]


def test_sentences_are_joined_as_the_language_does() -> None:
    assert join(["One.", "Two."]) == "One. Two."
    assert join(["一。", "二。"]) == "一。二。"
    assert join([]) == ""


def test_details_show_a_cost_in_words() -> None:
    names = ("text", "model", "provider", "aspect_ratio", "count", "references", "took", "when")
    facts = {**dict.fromkeys(names, "x"), "job_id": "job_1", "size": None}
    said = render_notice(Notice("details", {**facts, "cost": Cost(6, "points")}), "en")
    assert "Cost: 6 points" in said
    assert "Size: automatic" in said


def test_numbers_follow_the_language_and_fractions_are_plural() -> None:
    cost = replace(RUNNING, step=Step.START, expected=None, cost=Cost(1234.5, "points"))
    assert render(cost, "en").endswith("• Cost: 1,234.5 points")


def test_a_picture_is_facts_only() -> None:
    picture = Picture("img_0123456789ab", "image/png", 1, 2, 3)
    assert replace(RUNNING, pictures=(picture,)).pictures == (picture,)
    assert [status for status in Status if status.final] == ["succeeded", "failed", "cancelled"]


def test_a_finished_picture_in_one_line() -> None:
    done = replace(RUNNING, seconds=12.4, cost=Cost(6, "points"), size="2K", aspect_ratio="16:9")
    assert summary(done, "en") == "Nano Banana 2 · 2K · 12 s · 6 points · AI-generated"
    picture = Picture("img_0123456789ab", "image/png", 1376, 768, 3)
    assert summary(replace(done, pictures=(picture,)), "zh_Hans") == (
        "Nano Banana 2 · 1376×768 · 12 秒 · 6 积分 · AI 生成"
    )
    demo = replace(done, demo=True)
    assert summary(demo, "en") == "Demo drawing, no AI · 2K · 12 s · 6 points"
    assert model_name(demo, "en") == "Demo drawing, no AI"
    assert summary(replace(done, cost=None, size=None, seconds=None), "en") == (
        "Nano Banana 2 · AI-generated"
    )


@pytest.mark.parametrize(
    ("how", "count", "said"),
    [
        ("draw", 1, "from “three cats”"),
        ("draw", 4, "picture 2 of 4 from “three cats”"),
        ("larger", 1, "2K of “three cats”"),
        ("larger", 4, "2K of picture 2 of 4 from “three cats”"),
        ("vary", 1, "variations of “three cats”"),
        ("vary", 4, "variations of picture 2 of 4 from “three cats”"),
        ("extend", 1, "16:9 of “three cats”"),
        ("extend", 4, "16:9 of picture 2 of 4 from “three cats”"),
        ("pro", 4, "“three cats” with Nano Banana 2"),
    ],
)
def test_what_a_picture_was_made_from(how: str, count: int, said: str) -> None:
    source = MadeFrom("job_0", 2, count, how, ("a cat", "three cats"))
    done = replace(RUNNING, size="2K", aspect_ratio="16:9", made_from=source)
    assert made_from(done, "en") == said
    untold = replace(done, made_from=replace(source, words=()))
    assert "the picture before" in made_from(untold, "en")
    assert made_from(RUNNING, "en") == ""
    shown = replace(done, step=Step.SUCCESS, status=Status.SUCCEEDED)
    assert said in render(shown, "en").splitlines()


def test_an_alternative_text_says_the_whole() -> None:
    picture = Picture("img_0123456789ab", "image/png", 1, 2, 3)
    source = MadeFrom("job_0", 1, 1, "draw", ("a lighthouse at dusk",))
    changed = replace(RUNNING, prompt="make it warmer", made_from=source)
    assert alt_text(replace(RUNNING, prompt="a cat"), "en") == "a cat"
    assert alt_text(changed, "en") == "a lighthouse at dusk; changed: make it warmer"
    two = replace(changed, pictures=(picture, picture))
    assert alt_text(two, "en", 2) == "a lighthouse at dusk; changed: make it warmer; 2 of 2"
    again = replace(changed, made_from=replace(source, words=("a cat", "make it warmer")))
    assert alt_text(again, "en") == "a cat; changed: make it warmer"
    for how, said in (("larger", "2K"), ("extend", "1:1")):
        source = MadeFrom("job_0", 2, 4, how, ("a cat, 16:9",))
        shape = {"size": "2K", "aspect_ratio": "1:1", "made_from": source}
        reshaped = replace(RUNNING, prompt="a cat, 16:9", **shape)
        assert alt_text(reshaped, "en") == f"a cat, 16:9; changed: {said}"


def test_a_question_names_what_it_is_about() -> None:
    words = "three cats"
    source = MadeFrom("job_0", 2, 4, "larger", (words,))
    larger = PictureName(words, source, "2K", "1:1", "Nano Banana 2")
    asked = Notice("ask_delete", {"what": larger})
    assert render_notice(asked, "en", words=False).startswith(
        "Delete 2K of picture 2 of 4 from “three cats”?"
    )
    assert render_notice(asked, "zh_Hans").startswith(
        "要删除“three cats”第 2 张（共 4 张）的 2K 版吗？"
    )
    changed = PictureName("make it blue", replace(source, how="draw"))
    one = Notice("ask_delete_one", {"what": changed, "number": 1, "count": 2})
    assert render_notice(one, "en", words=False).startswith(
        "Delete picture 1 of 2 from “make it blue”?"
    )
    done = replace(RUNNING, prompt=words, size="2K", made_from=source)
    assert picture_name(done, "en") == "2K of picture 2 of 4 from “three cats”"


def test_ratios_that_people_look_for_have_names() -> None:
    assert ratio_name("16:9", "zh_Hans") == "16:9 · 横图 · PPT"
    assert ratio_name("4:5", "zh_Hans") == "4:5"


def test_what_is_written_on_a_button_that_makes_something_else() -> None:
    assert label(Button.VARY, "en", Offer(count=4, cost=Cost(0.13, "USD"))) == (
        "4 variations · $0.13"
    )
    assert label(Button.LARGER, "zh_Hans", Offer(size="2K")) == "放大到 2K"
    assert label(Button.PRO, "en", Offer(cost=Cost(9, "points"))) == (
        f"{label(Button.PRO, 'en')} · 9 points"
    )


def test_a_refusal_and_its_advice() -> None:
    assert render_problem(Problem("not_yours"), "zh_Hans").splitlines() == [
        "❌ 只有发起人能删除或取消。",
        "想要自己的，点“再来一张”或“修改”。",
    ]


def test_it_may_have_been_paid_for() -> None:
    problem = Problem("network", explanation="Gone.", maybe_paid=True)
    assert reason(problem, "en") == (
        "The connection to the image service broke off. "
        "It may have been made, and paid for, all the same. “Gone.”"
    )
    assert reason(problem, "zh_Hans").endswith("图片可能已经画好并扣费。“Gone.”")
    assert advice(problem, "en").startswith("Try again only if it may cost the price once more;")
    assert advice(problem, "zh_Hans").startswith("再试可能会再扣一次费")


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("amount", [float("nan"), float("inf")])
def test_a_cost_that_is_no_number_is_a_dash(amount: float, locale: str) -> None:
    assert "–" in summary(replace(RUNNING, cost=Cost(amount, "USD")), locale)


def test_the_refusals_of_the_page_have_words_in_every_language() -> None:
    for code in REFUSALS:
        assert len({refusal(code, locale) for locale in LOCALES}) == len(LOCALES)
    assert refusal("no such code", "en") is None
    assert refusal("too_large", "en", {"size": "20 MB"}).endswith("at most 20 MB are accepted.")


def test_the_answers_of_a_question_in_each_language() -> None:
    asked = Notice("ask_picture", question="q", choices=("1", "Make a new picture instead"))
    assert answers(asked, "en") == ("1", "Make a new picture instead")
    assert answers(asked, "zh_Hans") == ("1", "改为画一张新图")
    assert answers(Notice("help"), "en") == ()


def test_what_is_to_be_known_of_a_model() -> None:
    pro = Choice("pro", "Nano Banana Pro", (20, 40), Cost(0.134, "USD"), "premium")
    assert about(pro, "en") == "$0.134 · 20–40 seconds · best at details and text"
    assert about(Choice("lite", "Lite"), "en") == ""
    shown = render_notice(Notice("models", {"entries": [pro, Choice("lite", "Lite")]}), "en")
    assert shown.splitlines()[1:] == [f"• Nano Banana Pro · {about(pro, 'en')}", "• Lite"]
    assert render_notice(Notice("models", {"entries": ["words"]}), "en").endswith("• words")


def test_what_is_dear_is_asked_with_its_price() -> None:
    problem = Problem("confirm_cost", {"amount": 0.6, "unit": "USD"})
    asked = replace(RUNNING, step=Step.FAILURE, status=Status.FAILED, problem=problem)
    assert render(asked, "en").splitlines() == [
        "💰 Shall I make it?",
        "It costs about $0.60.",
        advice(problem, "en"),
    ]
    assert reason(Problem("confirm_cost", {"amount": "?"}), "en") == "It costs about –."
