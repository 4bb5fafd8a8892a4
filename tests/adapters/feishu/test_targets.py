"""Where a message is sent: which form is tried in which place after which refusal."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.feishu.address import FeishuPlace
from adapters.feishu.api.responses import ApiError
from adapters.feishu.delivery.targets import Target, send_to_first, targets

IN_TOPIC = FeishuPlace("oc_1", "ou_1", "om_asked", "om_root", thread=True)
REPLY, ROOT = Target("reply", "om_asked", True, "oc_1"), Target("reply", "om_root", True, "oc_1")
CHAT, ALONE = Target("chat_id", "oc_1"), Target("open_id", "ou_1")

CODES = {
    "GONE": 230019,
    "TOO_OLD": 230031,
    "OUT_OF_CHAT": 230002,
    "NOT_TO_THEM": 230013,
    "CONTENT": 230099,
    "TOO_LARGE": 234006,
    "UNKNOWN": 999999,
}


@pytest.mark.parametrize(
    ("place", "private", "expected"),
    [
        (IN_TOPIC, True, [REPLY, ROOT, CHAT, ALONE]),
        (IN_TOPIC, False, [REPLY, ROOT, CHAT]),
        (
            FeishuPlace("oc_1", "ou_1", "om_asked"),
            True,
            [Target("reply", "om_asked", False, "oc_1")],
        ),
        (FeishuPlace("oc_1", "ou_1", None, p2p=True), True, [CHAT, ALONE]),
        (FeishuPlace("", "ou_1"), False, [ALONE]),
        (FeishuPlace("oc_1", "ou_1", "om_asked", private=True), True, [ALONE]),
        (FeishuPlace("oc_1", "ou_1", "om_root", "om_root", thread=True), True, [ROOT, CHAT, ALONE]),
    ],
)
def test_places(place: FeishuPlace, private: bool, expected: list[Target]) -> None:
    found = targets(place, private=private)
    assert found[: len(expected)] == expected
    assert len(found) == len(set(found))


class Platform:
    """Refuses what ``refuse`` gives a kind for; writes down what was tried."""

    def __init__(self, refuse: Callable[[Target, str], ApiError | None]) -> None:
        self.refuse = refuse
        self.tried: list[tuple[Target, str, str]] = []

    async def __call__(self, target: Target, form: str, uuid: str) -> str:
        self.tried.append((target, form, uuid))
        if refusal := self.refuse(target, form):
            raise refusal
        return f"{target.way} {form}"


async def run(
    refuse: Callable[[Target, str], ApiError | None], forms: str = "abc"
) -> tuple[Platform, str | ApiError]:
    platform = Platform(refuse)
    places = targets(IN_TOPIC, private=True)
    try:
        return platform, await send_to_first(places, lambda _: forms, platform, "{}-{}".format)
    except ApiError as error:
        return platform, error


async def test_what_nobody_knows_is_tried_in_every_form_and_place() -> None:
    platform, ended = await run(lambda *_: ApiError(123456, "?", 400))
    assert [(t, form) for t, form, _ in platform.tried] == [
        (t, form) for t in (REPLY, ROOT, CHAT, ALONE) for form in "abc"
    ]
    assert isinstance(ended, ApiError)
    assert ended.unexplained
    assert len({uuid for _, _, uuid in platform.tried}) == 12


@pytest.mark.parametrize("kind", ["OUT_OF_CHAT", "NOT_TO_THEM"])
async def test_a_chat_that_takes_nothing_is_left_for_the_person(kind: str) -> None:
    def refuse(target: Target, _: str) -> ApiError | None:
        return None if target.private else ApiError(CODES[kind], "no", 400)

    platform, ended = await run(refuse)
    assert [t for t, _, _ in platform.tried] == [REPLY, ALONE]
    assert ended == "open_id a"


async def test_every_form_is_tried_for_the_person() -> None:
    def refuse(target: Target, form: str) -> ApiError | None:
        if not target.private:
            return ApiError(230013, "no", 400)
        return None if form == "c" else ApiError(999999, "?", 400)

    platform, ended = await run(refuse)
    assert ended == "open_id c"
    assert len(platform.tried) == 4


@pytest.mark.parametrize("kind", ["GONE", "TOO_OLD"])
async def test_a_message_that_takes_no_reply_is_left_for_the_next_place(kind: str) -> None:
    def refuse(target: Target, _: str) -> ApiError | None:
        return ApiError(CODES[kind], "no", 400) if target.way == "reply" else None

    platform, ended = await run(refuse)
    assert [t for t, _, _ in platform.tried] == [REPLY, ROOT, CHAT]
    assert ended == "chat_id a"


@pytest.mark.parametrize(("code", "status"), [(99991400, 400), (-1, 0), (7, 503), (99991672, 400)])
async def test_what_may_pass_is_raised_at_once(code: int, status: int) -> None:
    platform, ended = await run(lambda *_: ApiError(code, "later", status))
    assert len(platform.tried) == 1
    assert isinstance(ended, ApiError)


async def test_a_doubtful_attempt_keeps_its_uuid() -> None:
    def refuse(_: Target, form: str) -> ApiError | None:
        if form == "c":
            return None
        error = ApiError(999999, "?", 400)
        error.doubtful = form == "a"
        return error

    platform, ended = await run(refuse)
    assert ended == "reply c"
    assert [uuid for _, _, uuid in platform.tried] == ["0-0", "0-0", "0-0"]


async def test_what_was_lost_is_found() -> None:
    error = ApiError(999999, "?", 400)
    error.doubtful = True
    platform = Platform(lambda *_: error)
    asked: list[Target] = []

    async def find(target: Target) -> str | None:
        asked.append(target)
        return "found" if len(asked) == 2 else None

    places = targets(IN_TOPIC)
    ended = await send_to_first(places, lambda _: "abc", platform, "{}-{}".format, find)
    assert (ended, len(platform.tried), asked) == ("found", 2, [REPLY, REPLY])


@given(st.lists(st.sampled_from(tuple(CODES)), min_size=1, max_size=40))
async def test_it_ends_and_never_goes_up_again(kinds: list[str]) -> None:
    left = list(kinds)

    def refuse(*_: object) -> ApiError | None:
        return ApiError(CODES[left.pop()], "no", 400) if left else None

    platform, ended = await run(refuse)
    order = [
        (targets(IN_TOPIC, private=True).index(t), "abc".index(form))
        for t, form, _ in platform.tried
    ]
    assert order == sorted(set(order))
    refused = len(kinds) - len(left)
    assert isinstance(ended, str) is (refused < len(platform.tried))
    assert isinstance(ended, str) or order[-1][0] == 3


async def test_there_has_to_be_a_place() -> None:
    with pytest.raises(ValueError, match="no place"):
        await send_to_first([], lambda _: "a", Platform(lambda *_: None), "{}-{}".format)
