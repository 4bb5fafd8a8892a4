"""What is asked again, and what may have been paid for: for each provider, counted by its emulator.

docs/providers.md has the same table in words.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from pydantic import SecretStr

from bot.domain.failures import Failure, Reason
from bot.domain.generation import Pictures
from bot.domain.protocol import SHORTEST_DEADLINE
from bot.ports import Provider
from bot.providers._http.calls import ProviderCall
from bot.providers._http.client import Client, ResponseLimits
from bot.providers.gemini import Gemini, GeminiSettings
from messages import reason
from tests.emulators.process import Remote
from tests.support.asking import outcome
from tests.support.services import ASKED, QUICK, SERVICES, ima

GATEWAY = "<html><h1>Bad Gateway</h1></html>"
BLOCKED = {
    "error": {
        "message": "Gemini image generation blocked [IMAGE_SAFETY]: The image was blocked due "
        "to safety policy violation (request id: 202607111002)",
        "type": "channel_error",
        "param": "",
        "code": "channel:image_generation_failed",
    }
}

# What happens to the paying call, and for whom: how often it is asked, how many of those calls the
# service bills, and why there is no picture (None: there is one), with whether that is in doubt.
Row = tuple[int, int, Reason | None, bool]
DOWN, NET, LATE, ODD, NO = (
    Reason.PROVIDER_DOWN,
    Reason.NETWORK,
    Reason.TIMEOUT,
    Reason.UNUSABLE_ANSWER,
    Reason.REFUSED,
)
ALL = tuple(SERVICES)
TABLE: dict[str, tuple[dict[str, Any], dict[str, Row]]] = {
    "nothing happens": ({"times": 0}, dict.fromkeys(ALL, (1, 1, None, False))),
    "429, twice": ({"status": 429, "times": 2}, dict.fromkeys(ALL, (3, 1, None, False))),
    "503, twice": ({"status": 503, "times": 2}, dict.fromkeys(ALL, (3, 1, None, False))),
    "500 instead of the picture": (
        {"status": 500, "after": True, "body": GATEWAY},
        {
            "Google": (2, 1, None, False),
            "a copy of Google": (1, 1, DOWN, True),
            "AIHubMix, Gemini": (1, 1, DOWN, True),
            "AIHubMix, predictions": (1, 1, DOWN, True),
            "OpenRouter, images": (1, 0, DOWN, False),
            "OpenRouter, chat": (1, 1, DOWN, True),
            "IMA": (1, 1, NET, True),
        },
    ),
    "502 of a gateway instead of the picture": (
        {"status": 502, "after": True, "body": GATEWAY},
        {
            "Google": (1, 1, DOWN, True),
            "a copy of Google": (1, 1, DOWN, True),
            "AIHubMix, Gemini": (1, 1, DOWN, True),
            "AIHubMix, predictions": (1, 1, DOWN, True),
            "OpenRouter, images": (2, 1, None, False),
            "OpenRouter, chat": (1, 1, DOWN, True),
            "IMA": (1, 1, NET, True),
        },
    ),
    "504 of a gateway instead of the picture": (
        {"status": 504, "after": True, "body": GATEWAY},
        {
            **dict.fromkeys(ALL, (1, 1, LATE, True)),
            "OpenRouter, images": (1, 0, LATE, False),
            "IMA": (1, 1, NET, True),
        },
    ),
    "the connection breaks after the picture": (
        {"reset": True, "after": True},
        {**dict.fromkeys(ALL, (1, 1, NET, True)), "OpenRouter, images": (2, 1, None, False)},
    ),
    "the picture comes too late": (
        {"delay": 3},
        {**dict.fromkeys(ALL, (1, 1, LATE, True)), "OpenRouter, images": (1, 0, LATE, False),
         "IMA": (1, 1, NET, True)},
    ),
    "half of an answer": (
        {"status": 200, "after": True, "body": '{"candidates": ['},
        {**dict.fromkeys(ALL, (1, 1, ODD, True)), "OpenRouter, images": (1, 0, ODD, False),
         "IMA": (1, 1, NET, True)},
    ),
    "a refusal in a 500": (
        {"status": 500, "body": BLOCKED, "times": 9},
        {**dict.fromkeys(ALL, (1, 0, NO, False)), "IMA": (1, 0, NET, True)},
    ),
    "a refusal in a 502": (
        {"status": 502, "body": BLOCKED, "times": 9},
        {**dict.fromkeys(ALL, (1, 0, NO, False)), "IMA": (1, 0, NET, True)},
    ),
    "a refusal in a 503": (
        {"status": 503, "body": BLOCKED, "times": 9},
        {name: (1, 0, NO, False) for name in ALL if name != "IMA"},
    ),
}  # fmt: skip
CASES = [
    pytest.param(name, fault, *row, id=f"{name}: {what}")
    for what, (fault, rows) in TABLE.items()
    for name, row in rows.items()
]


@pytest.fixture
async def providers() -> AsyncIterator[list[Provider]]:
    made: list[Provider] = []
    yield made
    for provider in made:
        await provider.close()


@pytest.mark.parametrize(("name", "fault", "asked", "paid", "why", "doubt"), CASES)
async def test_what_is_asked_again_and_what_is_paid(
    emulators: dict[str, Remote],
    providers: list[Provider],
    name: str,
    fault: dict[str, Any],
    asked: int,
    paid: int,
    why: Reason | None,
    doubt: bool,
) -> None:
    service = SERVICES[name]
    remote = emulators[service.emulator]
    await remote.forget()
    await remote.set(**service.settings)
    limits = replace(QUICK, silence=1.5, paying=1.5) if "delay" in fault else QUICK
    provider = service.build(remote.url, limits)
    providers.append(provider)
    await provider.models()
    if fault.get("times", 1):
        await remote.fault({"method": "POST", "path": service.path, **fault})
    found = await outcome(provider, service.asked)
    if "delay" in fault:  # the service still makes what nobody waits for
        async with asyncio.timeout(60):
            while len(await remote.paid()) < paid:
                await asyncio.sleep(0.02)
    calls = [
        request
        for request in await remote.requests(service.path.rstrip("$"))
        if request["method"] == "POST"
    ]
    assert (len(calls), len(await remote.paid())) == (asked, paid)
    if why is None:
        assert isinstance(found, Pictures), found
        return
    assert isinstance(found, Failure)
    assert (found.reason, found.maybe_paid) == (why, doubt), found
    # A picture that was billed and never came is told of; and is never made a second time.
    assert found.maybe_paid or not paid
    assert not (found.maybe_paid and found.elsewhere)
    assert not (why is NO and (found.retryable or found.elsewhere))
    for locale, words in (("en", "paid for, all the same"), ("zh_Hans", "可能已经画好并扣费")):
        assert (words in reason(found.problem, locale)) is doubt


WORDS = ("", "internal", "upstream error: do request failed", "bad response status code 502",
         "The model is overloaded.", "invalid argument", "nothing that anybody knows")  # fmt: skip


def drawn(random: Random) -> dict[str, Any]:
    """An answer that nobody has documented, before or after the picture was made."""
    status = random.choice([*range(400, 430), *range(500, 530), 598, 599])
    message = random.choice(WORDS)
    bodies: list[Any] = [
        GATEWAY,
        "",
        {},
        [],
        {"message": message},
        {"error": message},
        {"error": {"message": message, "type": "x", "code": random.choice(["", None, 7, "odd"])}},
        {"error": {"message": message, "code": status, "status": "ODD", "details": [3]}},
        {"code": random.choice([0, 200, 999, "x", None]), "message": message, "data": None},
    ]
    body = random.choice(bodies)
    # 503 and 529 say that nothing was begun, and are believed.
    begun = status >= 500 and status not in (503, 529) and random.random() < 0.7
    return {"status": status, "body": body, "after": begun}


@pytest.mark.parametrize("name", ALL)
async def test_nothing_is_paid_twice_whatever_comes(
    emulators: dict[str, Remote], providers: list[Provider], name: str
) -> None:
    service, random = SERVICES[name], Random(name)
    remote = emulators[service.emulator]
    provider = service.build(remote.url, replace(QUICK, attempts=2))
    providers.append(provider)
    for _ in range(30):
        await remote.forget()
        await remote.set(**service.settings)
        fault = drawn(random)
        if name == "OpenRouter, chat" and "error" in fault["body"]:
            fault["after"] = False  # its own errors are not charged
        await remote.fault({"method": "POST", "path": service.path, "times": 1, **fault})
        found = await outcome(provider, service.asked)
        paid = await remote.paid()
        assert len(paid) <= 1, fault
        if isinstance(found, Failure):
            assert found.maybe_paid or not paid, (fault, found)
            assert not (paid and found.elsewhere), (fault, found)


@pytest.mark.parametrize("code", [500, 6009, 6010])
async def test_ima_orders_again_after_a_code_of_its_own(
    emulators: dict[str, Remote], providers: list[Provider], code: int
) -> None:
    remote = emulators["ima"]
    for style in ("code", "status"):
        await remote.forget()
        await remote.set(eet="0~1s", duration=0.1, style=style)
        await remote.set(fail={"create": {"code": code, "message": "", "times": 1}})
        provider = ima(remote.url, QUICK)
        providers.append(provider)
        assert isinstance(await outcome(provider, replace(ASKED, size="4K")), Pictures)
        assert len(await remote.requests("/tasks/create")) == 2
        assert len(await remote.paid()) == 1


async def test_ima_does_not_order_again_what_it_refused(
    emulators: dict[str, Remote], providers: list[Provider]
) -> None:
    remote = emulators["ima"]
    words = "Image generation blocked [IMAGE_SAFETY]"
    for code in (500, 6009):
        await remote.forget()
        await remote.set(fail={"create": {"code": code, "message": words, "times": 9}})
        provider = ima(remote.url, QUICK)
        providers.append(provider)
        found = await outcome(provider, replace(ASKED, size="4K"))
        assert isinstance(found, Failure)
        assert (found.reason, found.elsewhere, found.maybe_paid) == (NO, False, False)
        assert len(await remote.requests("/tasks/create")) == 1


@pytest.mark.parametrize("status", [500, 502, 520, 524])
async def test_ima_never_orders_again_after_a_status_alone(
    emulators: dict[str, Remote], providers: list[Provider], status: int
) -> None:
    remote = emulators["ima"]
    for body in ("<html>oops</html>", "", {"message": "internal"}, {"code": None}, {"code": 0}):
        await remote.forget()
        await remote.fault(
            {"path": "/tasks/create", "status": status, "body": body, "times": 9, "after": True}
        )
        provider = ima(remote.url, QUICK)
        providers.append(provider)
        found = await outcome(provider, replace(ASKED, size="4K"))
        assert isinstance(found, Failure)
        assert (found.reason, found.maybe_paid) == (Reason.NETWORK, True), body
        assert len(await remote.paid()) == 1


@pytest.mark.parametrize("name", ALL)
async def test_what_never_reached_the_service_was_not_paid(
    providers: list[Provider], name: str
) -> None:
    """Neither a port where nobody is, nor a machine that does not answer to a connection."""
    service = SERVICES[name]
    with socket.socket() as deaf, socket.socket() as waiting:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)  # room for one, who is never let in
        port = deaf.getsockname()[1]
        waiting.connect(("127.0.0.1", port))
        limits = replace(QUICK, connect=0.3, attempts=2)
        for url in ("http://127.0.0.1:9", f"http://127.0.0.1:{port}"):
            provider = service.build(url, limits)
            providers.append(provider)
            found = await outcome(provider, service.asked)
            assert isinstance(found, Failure)
            assert (found.reason, found.maybe_paid) == (DOWN, False), (url, found)
            assert found.elsewhere


def test_a_call_that_pays_is_waited_for_as_long_as_a_job_lasts() -> None:
    assert ResponseLimits().paying == SHORTEST_DEADLINE == 600
    client = Client("https://example.org", {})
    call = ProviderCall("POST", "/", None, None, None, None, False, True, frozenset())
    waited = client._timeout(call)
    assert (waited.sock_read, waited.sock_connect) == (600, 10)
    assert waited.total is not None
    assert waited.total > 600
    assert client._timeout(replace(call, pays=False)).sock_read == 180


async def test_google_is_told_how_long_it_may_take(
    emulators: dict[str, Remote], providers: list[Provider]
) -> None:
    remote = emulators["gemini"]
    await remote.forget()
    provider = SERVICES["Google"].build(remote.url, replace(QUICK, paying=600))
    providers.append(provider)
    assert isinstance(await outcome(provider, ASKED), Pictures)
    [request] = await remote.requests(":generateContent")
    assert request["headers"]["x-server-timeout"] == "600"


@pytest.mark.parametrize(
    ("url", "google"),
    [
        ("https://generativelanguage.googleapis.com/v1beta", True),
        ("https://aihubmix.com/gemini/v1beta", False),
        ("https://generativelanguage.googleapis.com.example.org/v1beta", False),
        ("https://example.org/generativelanguage.googleapis.com", False),
        ("http://127.0.0.1:1/v1beta", False),
    ],
)
async def test_only_google_itself_has_googles_rules(url: str, google: bool) -> None:
    settings = GeminiSettings(api_key=SecretStr("k"), base_url=url)
    provider = Gemini(settings)
    assert (500 in provider._content._uncharged) is google
    await provider.close()
