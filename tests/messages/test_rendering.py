"""The texts of the protocol, word for word."""

from dataclasses import replace

import pytest

from messages import (
    LOCALES,
    Button,
    Cost,
    Message,
    Note,
    Notice,
    Picture,
    Problem,
    Status,
    Step,
    advice,
    label,
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
        "OK, generating now.\nYou have other requests running; this one is number 2 in your queue.",
        "收到，马上开始生成。\n你还有其他请求正在进行，本次排在第 2 位。",
    ),
    (
        RUNNING,
        "🎨 Generating your picture, one moment…\n• Model: Nano Banana 2\n"
        "• Expected time: 20–40 seconds\n• Credits: 6 points",
        "🎨 开始生成图片，请稍候…\n• 模型：Nano Banana 2\n• 预计耗时：20~40 秒\n• 消耗积分：6 pts",
    ),
    (
        replace(RUNNING, expected=None, cost=None),
        "🎨 Generating your picture, one moment…\n• Model: Nano Banana 2",
        "🎨 开始生成图片，请稍候…\n• 模型：Nano Banana 2",
    ),
    (
        replace(RUNNING, step=Step.PROGRESS, percent=45, elapsed=18.4),
        "⏳ Generating… 45%\n18 s so far, 40 s at most",
        "⏳ 正在生成中… 45%\n已等待 18s，预计最长 40s",
    ),
    (
        replace(RUNNING, step=Step.PROGRESS, percent=95, elapsed=47),
        "⏳ Generating… 95%\n47 s so far, 40 s at most\nAlmost there, just a moment…",
        "⏳ 正在生成中… 95%\n已等待 47s，预计最长 40s\n稍等，即将完成…",
    ),
    (
        replace(RUNNING, step=Step.PROGRESS, expected=None, percent=95, elapsed=1),
        "⏳ Generating… 95%\n1 s so far, 0 s at most\nAlmost there, just a moment…",
        "⏳ 正在生成中… 95%\n已等待 1s，预计最长 0s\n稍等，即将完成…",
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
        "• Time: 23 seconds (expected 20–40 seconds)\n• Credits: 1 point\n"
        "ℹ️ Sizes above 4K are not possible, so it becomes 4K.\n"
        "🔗 Original: https://example.org/media/img_0123456789ab",
        "✅ 图片生成成功！\n• 模型：Nano Banana 2\n• 耗时：预计 20~40 秒，实际 23 秒\n"
        "• 消耗积分：1 pts\nℹ️ 暂不支持超过 4K 的尺寸，已改为 4K。\n"
        "🔗 原始链接：https://example.org/media/img_0123456789ab",
    ),
    (
        replace(RUNNING, step=Step.SUCCESS, seconds=1, expected=(4, 4), cost=Cost(0.0672, "USD")),
        "✅ Your picture is ready!\n• Model: Nano Banana 2\n"
        "• Time: 1 second (expected 4 seconds)\n• Cost: $0.0672",
        "✅ 图片生成成功！\n• 模型：Nano Banana 2\n• 耗时：预计 4 秒，实际 1 秒\n• 费用：US$0.0672",
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
        "❌ 图片生成失败\n• 原因：生成时间过长，已超时。\n"
        "• 建议：建议用更快的模型或更小的尺寸重试。\n需要我帮你重试吗？",
    ),
    (
        replace(RUNNING, step=Step.FAILURE, problem=Problem("refused", retryable=False)),
        "❌ The picture could not be made\n"
        "• Reason: The image service refused the request for safety reasons.\n"
        "• Advice: Describe it differently, without real people, violence or protected characters.",
        "❌ 图片生成失败\n• 原因：图片服务出于安全原因拒绝了该请求。\n"
        "• 建议：请换一种描述，避免真实人物、暴力或受保护的角色。",
    ),
    (
        replace(RUNNING, step=Step.FAILURE),
        "❌ The picture could not be made\n• Reason: Image generation encountered an issue.\n"
        "• Advice: Please retry or switch model.\nShall I try again?",
        "❌ 图片生成失败\n• 原因：图片生成遇到问题。\n• 建议：请稍后重试或换个模型试试。\n"
        "需要我帮你重试吗？",
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
    assert reason(problem, "en").endswith("safety reasons. “No {weapons}, please.”")


def test_a_chinese_sentence_is_followed_by_no_space() -> None:
    problem = Problem("provider_down", explanation="The model is overloaded.")
    assert "。“The model is overloaded.”" in reason(problem, "zh_Hans")
    assert "moment. “The model is overloaded.”" in reason(problem, "en")


def test_waiting_is_advised_in_seconds() -> None:
    assert advice(Problem("refused", retry_after=9, retryable=False), "en").startswith("Describe")
    assert advice(Problem("rate_limited", retry_after=float("inf")), "en").startswith("Wait")
    assert advice(Problem("rate_limited", retry_after=0.2), "en") == "Try again in 1 second."
    assert advice(Problem("rate_limited", retry_after=90), "en") == "Try again in 90 seconds."
    assert advice(Problem("rate_limited", retry_after=90), "zh_Hans") == "请在 90 秒后重试。"


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
    assert reason(Problem("new in a plug-in"), "en") == "Image generation encountered an issue."


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
            "Noted. From now on: Nano Banana Pro, 2K.",
            "好的，以后都用：Nano Banana Pro, 2K。",
        ),
        ({"choices": [None]}, "Noted. From now on: automatic.", "好的，以后都用：自动。"),
        (
            {"notify": True},
            "Noted. You will be called when a picture is done.",
            "好的，图片完成后会通知你。",
        ),
        (
            {"notify": False},
            "Noted. You will not be called when a picture is done.",
            "好的，图片完成后不再通知你。",
        ),
        (
            {"choices": ["2K"], "spoiler": False},
            "Noted. From now on: 2K.\nNoted. Your pictures will not be covered.",
            "好的，以后都用：2K。\n好的，你的图片不再遮住。",
        ),
    ],
)
def test_what_was_preferred_is_said(facts: dict[str, object], english: str, chinese: str) -> None:
    assert render_notice(Notice("preferred", facts), "en") == english
    assert render_notice(Notice("preferred", facts), "zh_Hans") == chinese


def test_what_was_deleted_needs_no_plural() -> None:
    said = render_notice(Notice("forgot_you", {"pictures": 1}), "en")
    assert said == "Everything that was stored about you is deleted (pictures: 1)."


def test_details_show_a_cost_in_words() -> None:
    names = ("text", "model", "provider", "aspect_ratio", "count", "references", "took", "when")
    facts = {**dict.fromkeys(names, "x"), "job_id": "job_1", "size": None}
    said = render_notice(Notice("details", {**facts, "cost": Cost(6, "points")}), "en")
    assert "Cost: 6 points" in said
    assert "Size: automatic" in said


def test_numbers_follow_the_language_and_fractions_are_plural() -> None:
    cost = replace(RUNNING, step=Step.START, expected=None, cost=Cost(1234.5, "points"))
    assert render(cost, "en").endswith("• Credits: 1,234.5 points")


def test_a_picture_is_facts_only() -> None:
    picture = Picture("img_0123456789ab", "image/png", 1, 2, 3)
    assert replace(RUNNING, pictures=(picture,)).pictures == (picture,)
    assert [status for status in Status if status.final] == ["succeeded", "failed", "cancelled"]


def test_a_finished_picture_in_one_line() -> None:
    done = replace(RUNNING, seconds=12.4, cost=Cost(6, "points"), size="2K", aspect_ratio="16:9")
    assert summary(done, "en") == "Nano Banana 2 · 12 seconds · 6 points · 2K · 16:9"
    assert summary(replace(done, cost=None, size=None, seconds=None), "en") == (
        "Nano Banana 2 · 16:9"
    )


def test_a_refusal_and_its_advice() -> None:
    assert render_problem(Problem("not_yours"), "zh_Hans").splitlines() == [
        "❌ 只有请求这张图片的人才能这样做。",
        "请自己发起一个请求。",
    ]


def test_it_may_have_been_paid_for() -> None:
    problem = Problem("network", explanation="Gone.", maybe_paid=True)
    assert reason(problem, "en") == (
        "The connection to the image service broke. It may have been made, and paid for, all the "
        "same. “Gone.”"
    )
    assert reason(problem, "zh_Hans").endswith("图片可能已经生成并计费。“Gone.”")
    assert advice(problem, "en").startswith("Ask again only if it may cost the price once more;")
    assert advice(problem, "zh_Hans").startswith("再试可能会再次计费")


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("amount", [float("nan"), float("inf")])
def test_a_cost_that_is_no_number_is_a_dash(amount: float, locale: str) -> None:
    assert "–" in summary(replace(RUNNING, cost=Cost(amount, "USD")), locale)


def test_the_refusals_of_the_page_have_words_in_every_language() -> None:
    for code in REFUSALS:
        assert len({refusal(code, locale) for locale in LOCALES}) == len(LOCALES)
    assert refusal("no such code", "en") is None
