"""Requests whose deliveries are refused with any code: each ends in one final visible message.

``FEISHU_REFUSALS=300`` makes as many of them; which codes are drawn depends on the number alone.
"""

import io
import os
import random
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from adapters.feishu.address import PLATFORM
from adapters.feishu.api import codes
from adapters.feishu.api.codes import NO_ANSWER, kind_of
from adapters.feishu.api.responses import ApiError
from adapters.feishu.messages.resources import IMAGES
from bot.chat.ladder import ErrorKind
from bot.domain.failures import Failure, Reason
from bot.domain.generation import Pictures
from bot.domain.requests import Accepted, Incoming
from bot.settings import Settings
from messages import Cost
from tests.adapters.feishu.scene import Scene, scene, until
from tests.emulators._feishu.refusals import CODES
from tests.emulators.process import Remote
from tests.support.scripted import Scripted, png

REQUESTS = int(os.environ.get("FEISHU_REFUSALS", "36"))
LIMITS = dict.fromkeys(
    ("chat_per_second", "api_per_second", "api_per_minute", "message_per_second"), 100_000
)

REPORTED = (
    *(230001, 230019, 230038, 230050, 230055, 230071, 230072, 230111, 231203, 11246, 999999),
    *(230009, 230013, 230018, 230027, 230035, 230049, 230053, 230101, 300000, 10003, 2200),
)
"""Codes that Feishu's pages and public reports name for calls that deliver."""

CALLS: tuple[dict[str, Any], ...] = (
    {"method": "POST", "path": "/reply$"},
    {"method": "POST", "path": "/im/v1/messages$"},
    {"method": "PATCH", "path": "/im/v1/messages/"},
    {"method": "PUT", "path": "/im/v1/messages/"},
    {"method": "DELETE", "path": "/im/v1/messages/"},
    {"method": "POST", "path": "/im/v1/images$"},
    {"method": "POST", "path": "/im/v1/files$"},
)
MOST = {"/reply$": 7, "/im/v1/messages$": 3, "/im/v1/images$": 9, "/im/v1/files$": 9}
"""How often a call is refused at most; a change three times, removing once."""

UNFINISHED = ("马上开始", "正在", "生成中")


def possible(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without refusing both to change a card and to remove it: then it stays as it is."""
    methods = [call["method"] for call in calls]
    both = "PATCH" in methods and "DELETE" in methods
    return [call for call in calls if call["method"] != "DELETE" or not both]


def refusal(choose: random.Random, call: dict[str, Any]) -> dict[str, Any]:
    """A call refused with a documented, a reported or an invented code, or by another server."""
    times = choose.randint(1, MOST.get(call["path"], 3 if call["method"] == "PATCH" else 1))
    if choose.random() < 0.15:
        status = choose.choice((403, 404, 407, 413, 451))
        return {**call, "times": times, "status": status, "body": f"<html>{status}</html>"}
    known = choose.choice((*CODES, *REPORTED))
    if call["method"] == "DELETE" and known in codes.WITHDRAWN:
        known = 230009  # a message that is there is not said to be gone
    code = known if choose.random() < 0.6 else choose.randrange(1, 2_000_000)
    body = {"code": code, "msg": "refused", "error": {"log_id": "x"}}
    return {**call, "times": times, "status": choose.choice((200, 400, 403)), "body": body}


async def test_whatever_the_code_each_request_ends_in_one_visible_message(
    platform: Remote,
    settings: Settings,
    provider: Scripted,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("PER_CHAT", "PER_MESSAGE", "PER_API", "PER_API_MINUTE"):
        monkeypatch.setattr(f"adapters.feishu.api.rate_limits.{name}", (100_000, 0.1))
    monkeypatch.setattr("adapters.feishu.messages.resources.IMAGES", replace(IMAGES, bytes=60_000))
    choose = random.Random(20261129)
    async with scene(platform, settings) as here:
        await platform.set(limits=LIMITS)
        chats = {kind: await chat(here, kind) for kind in ("group", "topic", "p2p")}
        for number in range(REQUESTS):
            kind = choose.choice(tuple(chats))
            calls = possible(choose.sample(CALLS, choose.randint(1, 3)))
            refusals = [refusal(choose, call) for call in calls]
            provider.outcomes.append(outcome(choose))
            await one(here, number, kind, chats[kind], refusals)
        assert len(provider.submitted) == REQUESTS
        assert (await platform.ask("violations"))["violations"] == []


def outcome(choose: random.Random) -> Failure | Pictures:
    if choose.random() < 0.2:
        return Failure(Reason.REFUSED)
    count = choose.choice((1, 1, 1, 2))
    return Pictures(tuple(picture(choose) for _ in range(count)), Cost(5, "points"))


def picture(choose: random.Random) -> bytes:
    """A small picture, or one that is too large for a card here."""
    if choose.random() < 0.7:
        return png()
    file = io.BytesIO()
    Image.frombytes("RGB", (180, 180), choose.randbytes(180 * 180 * 3)).save(file, "PNG")
    return file.getvalue()


async def chat(here: Scene, kind: str) -> str:
    made = await here.remote.ask("chats", {"type": kind, "people": ["Alice"]})
    return str(made["chat_id"])


async def one(
    here: Scene, number: int, kind: str, chat_id: str, refusals: list[dict[str, Any]]
) -> None:
    """One request, while the platform refuses: afterwards there is one final message of it."""
    await here.remote.fault(*refusals)
    before = {each["message_id"] for each in await everything(here)}
    here.chat = chat_id
    place = await here.place(p2p=kind == "p2p", thread=kind == "topic")
    incoming = Incoming(
        PLATFORM,
        f"event-{number}",
        here.alice["open_id"],
        chat_id,
        place.address(),
        text="画一只猫",
        locale="zh-CN",
    )
    accepted = await here.app.engine.receive(incoming)
    assert isinstance(accepted, Accepted)

    async def told() -> bool:
        job = await here.app.history.job(accepted.job_id)
        assert job is not None
        return job.status.final and bool(await final_messages(here, before))

    drawn = (number, kind, refusals)
    try:
        await here.done(accepted.job_id, 60)
        await until(told)
    except TimeoutError:
        shown = [(one["msg_type"], str(one["content"])) for one in await fresh(here, before)]
        raise AssertionError(f"never told: {drawn}; there is {shown}") from None
    await here.remote.fault()  # no more of them
    shown = await fresh(here, before)
    finals = await final_messages(here, before)
    assert len(finals) == 1, (drawn, [str(one["content"]) for one in shown])
    for message in shown:
        said = str(message["content"])
        assert not any(word in said for word in UNFINISHED), (drawn, said)


async def everything(here: Scene) -> list[dict[str, Any]]:
    found = await here.remote.ask("messages?bot=1")
    return [message for message in found if not message["deleted"]]


async def fresh(here: Scene, before: set[str]) -> list[dict[str, Any]]:
    return [one for one in await everything(here) if one["message_id"] not in before]


async def final_messages(here: Scene, before: set[str]) -> list[dict[str, Any]]:
    """Those of the new messages that say how it ended; originals that follow say nothing."""
    found = [one for one in await fresh(here, before) if one["msg_type"] != "file"]
    ends = ("生成成功", "图片已生成", "准备好", "❌", "✅")
    return [one for one in found if any(word in str(one["content"]) for word in ends)]


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        (99991663, 400, ErrorKind.RETRY),
        (99991400, 400, ErrorKind.RETRY),
        (230020, 400, ErrorKind.RETRY),
        (230049, 400, ErrorKind.RETRY),
        (1234567, 429, ErrorKind.RETRY),
        (230099, 500, ErrorKind.RETRY),
        (NO_ANSWER, 0, ErrorKind.RETRY),
        (NO_ANSWER, 502, ErrorKind.RETRY),
        (NO_ANSWER, 200, ErrorKind.RETRY),
        (NO_ANSWER, 413, ErrorKind.TOO_LARGE),
        (NO_ANSWER, 403, ErrorKind.REFUSED),
        (NO_ANSWER, 407, ErrorKind.REFUSED),
        (234006, 400, ErrorKind.TOO_LARGE),
        (230019, 400, ErrorKind.GONE),
        (230071, 400, ErrorKind.GONE),
        (230111, 400, ErrorKind.GONE),
        (230031, 400, ErrorKind.UNCHANGEABLE),
        (230002, 400, ErrorKind.FORBIDDEN),
        (230013, 400, ErrorKind.CLOSED),
        (99991672, 400, ErrorKind.NOT_SET_UP),
        (230099, 400, ErrorKind.REFUSED),
        (11246, 400, ErrorKind.REFUSED),
        (999999, 200, ErrorKind.REFUSED),
    ],
)
def test_kinds_of_refusals(code: int, status: int, kind: ErrorKind) -> None:
    assert kind_of(code, status) is kind


@pytest.mark.parametrize(
    ("code", "status", "unexplained"),
    [
        (NO_ANSWER, 403, True),
        (NO_ANSWER, 413, False),
        (11246, 400, True),
        (999999, 200, True),
        (230099, 400, False),
        (230002, 400, False),
        (99991663, 400, False),
    ],
)
def test_refusals_that_nothing_explains(code: int, status: int, unexplained: bool) -> None:
    assert ApiError(code, "?", status).unexplained is unexplained


def test_only_what_may_pass_is_tried_again() -> None:
    passing = codes.TOKEN_REFUSED | codes.TOO_FREQUENT | codes.BEING_SENT
    choose = random.Random(1)
    drawn = {*CODES, *REPORTED, *(choose.randrange(1, 10**8) for _ in range(1000))}
    assert {code for code in drawn if kind_of(code, 400) is ErrorKind.RETRY} == drawn & passing
