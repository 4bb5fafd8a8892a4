"""Calls of Feishu's API when the platform, or the way to it, has a bad day."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from adapters.feishu.api.client import Api, File, domain_of
from adapters.feishu.api.codes import NO_ANSWER
from adapters.feishu.api.rate_limits import RateLimits, Window
from adapters.feishu.api.responses import ApiError
from adapters.feishu.api.transport import TooLarge
from adapters.feishu.settings import FeishuSettings
from tests.adapters.feishu.configuration import configured
from tests.emulators.process import Remote
from tests.support.scripted import png

INFO, IMAGES = "/open-apis/bot/v3/info", "/open-apis/im/v1/images"
MESSAGES = "/open-apis/im/v1/messages"


@pytest.fixture
def feishu(platform: Remote) -> Remote:
    return platform


@pytest.fixture
async def api(feishu: Remote) -> AsyncIterator[Api]:
    await feishu.forget()
    made = Api(configured(feishu), pause=0.01)
    yield made
    await made.close()


async def names(feishu: Remote, path: str = "") -> list[str]:
    return [request["path"].rpartition("/")[2] for request in await feishu.requests(path)]


async def chat_of(feishu: Remote) -> str:
    await feishu.ask("people", {"name": "Alice", "locale": "zh_cn"})
    made = await feishu.ask("chats", {"type": "group", "people": ["Alice"]})
    return str(made["chat_id"])


def text(chat: str, uuid: str | None = "u1") -> dict[str, str]:
    body = {"receive_id": chat, "msg_type": "text", "content": '{"text": "hello"}'}
    return body | ({"uuid": uuid} if uuid else {})


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("feishu", "https://open.feishu.cn"),
        ("lark", "https://open.larksuite.com"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
    ],
)
def test_feishu_lark_and_any_other_address(given: str, origin: str) -> None:
    assert domain_of(FeishuSettings(feishu_domain=given)) == origin


async def test_one_token_serves_many_calls(feishu: Remote, api: Api) -> None:
    answers = await asyncio.gather(*(api.call("GET", INFO) for _ in range(8)))
    assert answers[0]["bot"]["app_name"] == "banana"
    assert await names(feishu, "/auth/") == ["internal"]
    assert api.calls == 9
    agent = (await feishu.requests(INFO))[0]["headers"]["user-agent"]
    assert agent.startswith("oapi-sdk-python/")


async def test_a_token_that_was_revoked_is_replaced(feishu: Remote, api: Api) -> None:
    await api.open()
    await feishu.ask("tokens", {"revoke": True})
    answers = await asyncio.gather(*(api.call("GET", INFO) for _ in range(5)))
    assert len(answers) == 5
    assert await names(feishu, "/auth/") == ["internal", "internal"]


async def test_a_token_is_replaced_before_it_ends(feishu: Remote, api: Api) -> None:
    body = {"code": 0, "msg": "ok", "tenant_access_token": "t-old", "expire": 601}
    await feishu.fault({"path": "/auth/", "status": 200, "body": body})
    await api.open()
    fresh = await api._fresh_token()
    assert fresh == "t-old"
    api._token = (fresh, time.monotonic() - 1)
    assert (await api.call("GET", INFO))["bot"]


async def test_credentials_that_are_refused(feishu: Remote) -> None:
    wrong = Api(configured(feishu, feishu_app_secret="wrong"), pause=0.01)
    with pytest.raises(ApiError, match="secret") as caught:
        await wrong.open()
    assert caught.value.code == 10014
    assert "wrong" not in str(caught.value)
    await wrong.close()


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 502, "body": "<html>Bad Gateway</html>"},
        {"status": 500, "body": {"code": 1, "msg": "internal"}},
        {"status": 200, "body": "<html>a proxy</html>"},
        {"reset": True},
        {"reset": True, "after": True},
    ],
    ids=["502", "500", "html", "reset before", "reset after"],
)
@pytest.mark.parametrize("path", ["/auth/", MESSAGES])
async def test_what_passes_is_tried_again(
    feishu: Remote, api: Api, fault: dict[str, object], path: str
) -> None:
    chat = await chat_of(feishu)
    await feishu.fault({"path": path, "times": 2, **fault})
    query = {"receive_id_type": "chat_id"}
    made = await api.call("POST", MESSAGES, query=query, body=text(chat))
    shown = await feishu.ask(f"messages?chat={chat}")
    assert [message["message_id"] for message in shown] == [made["message_id"]]
    assert len(await names(feishu, path)) == 3


async def test_what_would_be_done_twice_is_not_tried_again(feishu: Remote, api: Api) -> None:
    chat = await chat_of(feishu)
    await feishu.fault({"path": MESSAGES, "reset": True, "after": True})
    query = {"receive_id_type": "chat_id"}
    with pytest.raises(ApiError) as caught:
        await api.call("POST", MESSAGES, query=query, body=text(chat, uuid=None))
    assert caught.value.code == NO_ANSWER
    assert len(await feishu.ask(f"messages?chat={chat}")) == 1


async def test_it_gives_up_after_some_attempts(feishu: Remote, api: Api) -> None:
    await feishu.fault({"path": INFO, "times": 99, "status": 503, "body": "<html>"})
    with pytest.raises(ApiError, match="503") as caught:
        await api.call("GET", INFO)
    assert (caught.value.code, caught.value.status) == (NO_ANSWER, 503)
    assert len(await names(feishu, INFO)) == 5


async def test_without_patience_it_is_tried_once(feishu: Remote, api: Api) -> None:
    await feishu.fault({"path": INFO, "status": 503, "body": "<html>"})
    with pytest.raises(ApiError):
        await api.call("GET", INFO, patient=False)
    assert len(await names(feishu, INFO)) == 1


@pytest.mark.parametrize("status", [400, 429])
async def test_too_many_calls_wait_as_long_as_feishu_says(
    feishu: Remote, api: Api, status: int
) -> None:
    chat = await chat_of(feishu)
    body = {"code": 99991400, "msg": "request trigger frequency limit"}
    headers = {"x-ogw-ratelimit-limit": "50", "x-ogw-ratelimit-reset": "1"}
    await feishu.fault({"path": MESSAGES, "status": status, "body": body, "headers": headers})
    began = time.monotonic()
    query = {"receive_id_type": "chat_id"}
    await api.call("POST", MESSAGES, query=query, body=text(chat, uuid=None))
    assert time.monotonic() - began >= 1.0


async def test_a_wait_that_is_too_long_is_a_refusal(feishu: Remote, api: Api) -> None:
    headers = {"x-ogw-ratelimit-reset": "600"}
    body = {"code": 99991400, "msg": "request trigger frequency limit"}
    await feishu.fault({"path": INFO, "status": 429, "body": body, "headers": headers})
    with pytest.raises(ApiError) as caught:
        await api.call("GET", INFO)
    assert caught.value.wait == 600


async def test_a_missing_scope_is_named(feishu: Remote, api: Api) -> None:
    await feishu.ask("scopes", {"remove": ["im:resource", "im:resource:upload"]})
    with pytest.raises(ApiError) as caught:
        await api.call(
            "POST", IMAGES, body={"image_type": "message"}, file=File("image", "a.png", png())
        )
    assert caught.value.scopes == ("im:resource", "im:resource:upload")
    words = {"code": 99991672, "msg": "Access denied. One of: [im:message, im:message:send_as_bot]"}
    await feishu.fault({"path": INFO, "status": 400, "body": words})
    with pytest.raises(ApiError) as caught:
        await api.call("GET", INFO)
    assert caught.value.scopes == ("im:message", "im:message:send_as_bot")


async def test_uploads_and_downloads(feishu: Remote, api: Api) -> None:
    data = png(size=(300, 200))
    await feishu.fault({"path": IMAGES, "reset": True})
    made = await api.call(
        "POST", IMAGES, body={"image_type": "message"}, file=File("image", "a.png", data)
    )
    uri, paths = f"{IMAGES}/:image_key", {"image_key": made["image_key"]}
    assert await api.download(uri, paths=paths, query={}, most=len(data)) == data
    with pytest.raises(TooLarge):
        await api.download(uri, paths=paths, query={}, most=len(data) - 1)
    with pytest.raises(ApiError):
        await api.download(uri, paths={"image_key": "../x?y"}, query={}, most=99)
    found = [one["where"] for one in (await feishu.ask("violations"))["violations"]]
    assert found == [f"GET {IMAGES}/../x?y"]


async def test_nobody_there(feishu: Remote) -> None:
    gone = Api(configured(feishu, feishu_domain="http://127.0.0.1:9"), pause=0.01)
    with pytest.raises(ApiError) as caught:
        await gone.open()
    assert caught.value.code == NO_ANSWER
    await gone.close()


# Rates


async def test_a_window_lets_so_many_through_in_any_span() -> None:
    window = Window(3, 0.3)
    turns: list[float] = []

    async def one() -> None:
        await window.turn()
        turns.append(time.monotonic())

    await asyncio.gather(*(one() for _ in range(9)))
    assert all(later - earlier >= 0.3 for earlier, later in zip(turns, turns[3:], strict=False))
    assert not window.take()
    await asyncio.sleep(0.35)
    assert window.take()


async def test_what_is_not_important_leaves_room() -> None:
    limits = RateLimits()
    assert [limits.spare("om_1", "PATCH x") for _ in range(3)] == [True, False, False]
    assert limits.spare("om_2", "PATCH x")


async def test_windows_are_forgotten_but_not_those_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.feishu.api.rate_limits.KEPT", 3)
    limits = RateLimits()
    for number in range(8):
        await limits.message(f"om_{number}")
    assert len(limits._windows) == 8
    for windows in limits._windows.values():
        windows[0]._turns.clear()
    for number in range(8, 20):
        await limits.message(f"om_{number}")
    assert len(limits._windows) <= 16


async def test_a_burst_stays_below_the_rate_of_a_chat(feishu: Remote, api: Api) -> None:
    chat = await chat_of(feishu)

    async def send(number: int) -> None:
        await api.call(
            "POST",
            MESSAGES,
            query={"receive_id_type": "chat_id"},
            body=text(chat, f"u{number}"),
            turn=lambda: api.limits.chat(chat),
        )

    await asyncio.gather(*(send(number) for number in range(10)))
    assert len(await names(feishu, MESSAGES)) == 10  # none was refused, none tried again
