"""OpenRouter: what is sent, what is understood, and every way in which it says no."""

import asyncio
import base64
import io
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from bot.app import App
from bot.domain import catalog
from bot.domain.failures import NOT_RETRYABLE, Failure, Reason
from bot.domain.generation import Pictures, Progress, Reference, Request, Ticket
from bot.domain.image_models import IMAGE_MODELS
from bot.domain.requests import Accepted, Address, Attachment, Incoming, Options
from bot.providers import openrouter
from bot.providers._google.generate_content import merged
from bot.providers._http import model_cache
from bot.providers._http.client import ResponseLimits
from bot.providers.openrouter import OpenRouter, OpenRouterSettings
from bot.settings import Settings
from messages import LOCALES, Cost, Message, Note, Status, Step, advice, reason
from messages.texts import PROBLEMS
from tests.emulators.offered import TOKENS
from tests.emulators.openrouter import FOURTEEN, KEY, PIXELS_1K, SCALES, TEN
from tests.emulators.process import Remote, Shared
from tests.support.asking import failed, made, outcome
from tests.support.model_ids import OLD_FLASH
from tests.support.model_ids import PRO as NANO_PRO
from tests.support.scripted import Recorder, Scripted

QUICK = ResponseLimits(connect=20, silence=60, total=90, attempts=3, first_pause=0.001)
IMPATIENT = replace(QUICK, silence=1.5, paying=1.5)
FLASH, PRO = "google/gemini-3.1-flash-image", "google/gemini-3-pro-image"
ENDPOINTS = ("images", "chat")

Start = Callable[[], Awaitable[tuple[App, Recorder]]]
Build = Callable[..., OpenRouter]


@pytest.fixture(scope="session")
def emulator(emulator_of: Shared) -> Remote:
    return emulator_of("openrouter", offers="summer")


@pytest.fixture
async def server(emulator: Remote) -> Remote:
    await emulator.forget()
    return emulator


@pytest.fixture
async def build(server: Remote) -> AsyncIterator[Build]:
    built: list[OpenRouter] = []

    def one(
        *,
        limits: ResponseLimits = QUICK,
        clock: Callable[[], float] = time.monotonic,
        **more: Any,
    ) -> OpenRouter:
        given = {"api_key": KEY, "base_url": f"{server.url}/api/v1"} | more
        built.append(OpenRouter(OpenRouterSettings(**given), limits, clock))
        return built[-1]

    yield one
    for provider in built:
        await provider.close()


@pytest.fixture
async def bot(
    server: Remote,
    settings: Settings,
    provider: Scripted,
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
) -> Start:
    """The whole bot with OpenRouter."""
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    monkeypatch.setenv("OPENROUTER_BASE_URL", f"{server.url}/api/v1")
    settings.provider = "openrouter"
    return start


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "orange").save(file, kind)
    return file.getvalue()


def data_url(kind: str) -> str:
    return f"data:image/{kind.lower()};base64,{base64.b64encode(picture(kind)).decode()}"


def reference(kind: str = "PNG") -> Reference:
    return Reference("img_000000000000", f"image/{kind.lower()}", picture(kind))


def wish(**more: Any) -> Request:
    return replace(Request("job_1", "a lighthouse", OLD_FLASH, "1K", "16:9"), **more)


def pixels(data: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(data)).size


async def posted(server: Remote) -> list[dict[str, Any]]:
    return [request for request in await server.requests() if request["method"] == "POST"]


def ask(event: str, text: str = "a lighthouse", **more: Any) -> Incoming:
    plain = Incoming("test", event, f"ada-{event}", "room", Address("test"), text)
    return replace(plain, **more)


async def finished(app: App, recorder: Recorder, incoming: Incoming) -> Message:
    answer = await app.engine.receive(incoming)
    assert isinstance(answer, Accepted), answer
    return await recorder.final(answer.job_id)


# Through the whole bot


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_each_size_and_three_ratios(
    server: Remote, bot: Start, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENROUTER_ENDPOINT", endpoint)
    app, recorder = await bot()
    wanted = [(size, ratio) for size in catalog.SIZES for ratio in ("1:1", "16:9", "4:5")]
    messages = await asyncio.gather(
        *(
            finished(app, recorder, ask(f"{n}", options=Options(size=size, aspect_ratio=ratio)))
            for n, (size, ratio) in enumerate(wanted)
        )
    )
    for (size, ratio), message in zip(wanted, messages, strict=True):
        assert message.status is Status.SUCCEEDED
        [made] = message.pictures
        scale = SCALES[size]
        assert (made.width, made.height) == tuple(int(side * scale) for side in PIXELS_1K[ratio])
        assert message.cost == Cost(round(TOKENS[OLD_FLASH][size] * 0.00006, 6), "USD")
        assert message.model == "Nano Banana 2"
    bodies = {json.dumps(request["body"], sort_keys=True) for request in await posted(server)}
    assert bodies == {
        json.dumps(expected(endpoint, size, ratio), sort_keys=True) for size, ratio in wanted
    }


def expected(endpoint: str, size: str, ratio: str, **more: Any) -> dict[str, Any]:
    """The whole body of a request for a lighthouse, as documented."""
    if endpoint == "images":
        prompt = {"model": FLASH, "prompt": "a lighthouse"}
        return prompt | {"resolution": size, "aspect_ratio": ratio} | more
    return {
        "model": FLASH,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "a lighthouse"}]}],
        "modalities": ["image", "text"],
        "image_config": {"aspect_ratio": ratio, "image_size": {"512": "0.5K"}.get(size, size)},
        "stream": False,
    } | more


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("kinds", [("PNG",), ("PNG", "JPEG", "WEBP")])
async def test_from_one_picture_and_from_several(
    server: Remote,
    bot: Start,
    endpoint: str,
    kinds: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENROUTER_ENDPOINT", endpoint)
    app, recorder = await bot()
    recorder.attachments = {kind: picture(kind) for kind in kinds}
    attachments = tuple(Attachment(kind, data={"key": kind}) for kind in kinds)
    options = Options(model="pro", size="2K", aspect_ratio="4:3")
    incoming = ask("1", "make it warmer", attachments=attachments, options=options)
    message = await finished(app, recorder, incoming)
    assert message.status is Status.SUCCEEDED
    assert (message.pictures[0].width, message.pictures[0].height) == (2368, 1728)
    parts = [{"type": "image_url", "image_url": {"url": data_url(kind)}} for kind in kinds]
    [request] = await posted(server)
    body = request["body"]
    assert request["headers"]["authorization"] == f"Bearer {KEY}"
    assert request["headers"]["content-type"] == "application/json"
    if endpoint == "images":
        assert body == {
            "model": PRO,
            "prompt": body["prompt"],
            "resolution": "2K",
            "aspect_ratio": "4:3",
            "input_references": parts,
        }
        assert "warmer" in body["prompt"]
    else:
        assert body["messages"][0]["content"][1:] == parts
        assert "warmer" in body["messages"][0]["content"][0]["text"]
        assert body["image_config"] == {"aspect_ratio": "4:3", "image_size": "2K"}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_three_pictures_are_three_calls_at_once(
    server: Remote, bot: Start, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENROUTER_ENDPOINT", endpoint)
    app, recorder = await bot()
    await server.fault({"method": "POST", "together": True, "times": 3})
    message = await finished(app, recorder, ask("1", options=Options(count=3)))
    assert (len(message.pictures), message.notes) == (3, ())
    assert message.cost == Cost(0.2016, "USD")
    assert len(await posted(server)) == 3


async def test_some_of_three_pictures(server: Remote, bot: Start) -> None:
    app, recorder = await bot()
    await server.set(answers=[{"error": "policy"}, None, {"error": "refusal"}])
    message = await finished(app, recorder, ask("1", options=Options(count=3)))
    assert message.status is Status.SUCCEEDED
    assert len(message.pictures) == 1
    assert message.notes == (Note("partly_done", {"done": 1, "count": 3}),)
    await server.set(answers=[{"error": "policy"}, {"error": "policy"}])
    message = await finished(app, recorder, ask("2", options=Options(count=2)))
    assert message.problem
    assert message.problem.reason == "refused"
    assert message.problem.explanation == "The request was rejected by the safety system."


async def test_the_price_is_quoted_and_then_what_it_really_was(server: Remote, bot: Start) -> None:
    app, recorder = await bot()
    await server.fault({"method": "POST", "delay": 0.3})
    await server.set(usage=False)
    message = await finished(app, recorder, ask("1", options=Options(model="pro", size="1K")))
    quoted = [shown.cost for shown in recorder.shown if shown.step is Step.START]
    assert quoted[-1] == Cost(0.1344, "USD")
    assert message.cost == Cost(0.1344, "USD")  # nothing better is known


async def test_after_a_restart_the_person_is_asked_before_it_is_paid_again(
    server: Remote, bot: Start
) -> None:
    app, recorder = await bot()
    await server.fault({"method": "POST", "delay": 600})
    answer = await app.engine.receive(ask("1"))
    assert isinstance(answer, Accepted)
    await recorder.until(lambda shown: any(m.step is Step.START for m in shown))
    while not await posted(server):
        await asyncio.sleep(0.02)
    _, recorder = await bot()
    problem = (await recorder.final(answer.job_id)).problem
    assert problem is not None
    assert problem.reason == Reason.CUT_OFF.value
    assert len(await posted(server)) == 1


# The catalogue


async def test_models_come_from_the_catalogue(build: Build) -> None:
    models = await build().models()
    assert [(model.id, model.name) for model in models] == [
        (OLD_FLASH, "Nano Banana 2"),
        (NANO_PRO, "Nano Banana Pro"),
        ("gemini-3.1-flash-lite-image", "Nano Banana 2 Lite"),
        ("gemini-2.5-flash-image", "Gemini 2.5 Flash Image"),
        ("google/gemini-chat-image", "Gemini Chat Image"),
    ]
    flash, pro, lite, old, chat = models
    assert (flash.sizes, set(flash.aspect_ratios)) == (catalog.SIZES, set(FOURTEEN))
    assert (pro.sizes, pro.aspect_ratios, pro.max_references) == (("1K", "2K", "4K"), TEN, 14)
    assert (lite.sizes, lite.costs) == (("1K",), (("1K", Cost(0.0336, "USD")),))
    assert (old.sizes, old.max_references) == ((), 3)
    assert old.costs == (("", Cost(0.0387, "USD")),)
    assert flash.costs == (("1K", Cost(0.0672, "USD")),)
    assert (chat.sizes, chat.aspect_ratios) == ((), catalog.COMMON_RATIOS)
    assert catalog.find("nano banana", IMAGE_MODELS.arrange(models)).id == flash.id  # type: ignore[union-attr]
    assert catalog.find("google/gemini-3-pro-image-preview", models) is pro
    assert catalog.find("gemini 2.5 flash image", models) is old


async def test_other_families_can_be_offered(server: Remote, build: Build) -> None:
    provider = build(models="bytedance-seed/*, openai/*")
    gpt, seedream = await provider.models()
    assert (gpt.id, gpt.name, gpt.costs) == ("openai/gpt-image-2", "GPT Image 2", ())
    assert seedream.costs == (("2K", Cost(0.05, "USD")),)
    ticket = await provider.submit(wish(model=seedream.id, size="2K", count=6))
    assert ticket == Ticket("", Cost(0.3, "USD"), (5, 60))
    request = wish(model=seedream.id, size="2K", count=6)
    assert len((await made(provider, request)).items) == 6
    # It makes four pictures a call.
    assert sorted(r["body"].get("n", 1) for r in await posted(server)) == [2, 4]


async def test_the_catalogue_is_kept_and_refreshed(server: Remote, build: Build) -> None:
    now = 1000.0
    provider = build(clock=lambda: now)
    first = await provider.models()
    assert await provider.models() == first
    assert len(await server.requests("/images/models")) == 1 + 4
    assert [r["query"] for r in await server.requests("/v1/models")] == [
        {"output_modalities": "image"}
    ]
    now += 601
    await server.set(lists="down")
    async with asyncio.timeout(60):
        while len(await server.requests("/v1/models")) < 2:
            assert await provider.models() == first  # the last one is still good
            await asyncio.sleep(0.02)
    for _ in range(2):
        assert await provider.models() == first
    assert len(await server.requests("/v1/models")) == 2


@pytest.mark.parametrize("lists", ["down", "malformed"])
async def test_without_a_catalogue_there_is_the_one_built_in(
    server: Remote, build: Build, lists: str
) -> None:
    await server.set(lists=lists)
    provider = build()
    assert list(await provider.models()) == [*IMAGE_MODELS.available()]
    assert isinstance(await outcome(provider, wish()), Pictures)
    assert [request["path"] for request in await posted(server)] == ["/api/v1/images"]


async def test_a_gateway_without_the_image_api_is_asked_by_chat(
    server: Remote, build: Build
) -> None:
    await server.set(lists="absent")
    provider = build()
    assert OLD_FLASH in [model.id for model in await provider.models()]
    await made(provider, wish())
    assert [request["path"] for request in await posted(server)] == ["/api/v1/chat/completions"]


async def test_nobody_waits_for_a_slow_catalogue(
    server: Remote, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_cache, "PATIENCE", 0.5)
    await server.fault({"path": "/models", "delay": 60, "times": 2})
    provider = build()
    async with asyncio.timeout(60):
        assert await provider.models() == IMAGE_MODELS.available()
    monkeypatch.setattr(model_cache, "PATIENCE", 600.0)
    async with asyncio.timeout(60):
        assert await provider.models() == IMAGE_MODELS.available()


async def test_a_model_that_only_chats_is_asked_by_chat(server: Remote, build: Build) -> None:
    await made(build(), wish(model="google/gemini-chat-image", size=None))
    [request] = await posted(server)
    assert request["path"] == "/api/v1/chat/completions"
    assert request["body"]["image_config"] == {"aspect_ratio": "16:9"}


async def test_a_model_that_is_not_listed_is_tried_as_it_is(server: Remote, build: Build) -> None:
    request = wish(model="openai/gpt-image-2", size=None, aspect_ratio=None)
    assert isinstance(await outcome(build(), request), Pictures)
    failure = await failed(build(), wish(model="midjourney"))
    assert failure.reason is Reason.UNKNOWN_MODEL
    assert "Nano Banana 2" in str(failure.facts["models"])
    failure = await failed(build(), wish(model="vendor/none"))
    assert (failure.reason, failure.facts["model"]) == (Reason.UNKNOWN_MODEL, "vendor/none")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_the_wrong_endpoint_is_left_for_the_other_one_once(
    server: Remote, build: Build, endpoint: str
) -> None:
    await server.set(answers=[{"error": "wrong_endpoint"}])
    await made(build(), wish())
    paths = [request["path"] for request in await posted(server)]
    assert paths == ["/api/v1/images", "/api/v1/chat/completions"]
    await server.set(answers=[{"error": "wrong_endpoint"}, {"error": "wrong_endpoint"}])
    failure = await failed(build(), wish())
    assert (failure.reason, failure.provider_code) == (Reason.BAD_PARAMETERS, "wrong_endpoint")
    await server.set(answers=[{"error": "wrong_endpoint"}])
    assert (await failed(build(endpoint=endpoint), wish())).provider_code == "wrong_endpoint"


# Requests


async def test_what_is_not_chosen_is_not_sent(server: Remote, build: Build) -> None:
    for endpoint in ENDPOINTS:
        await made(build(endpoint=endpoint), wish(size=None, aspect_ratio=None))
    images, chat = (request["body"] for request in await posted(server))
    assert images == {"model": FLASH, "prompt": "a lighthouse"}
    assert "image_config" not in chat


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_extra_headers_and_fields_have_the_last_word(
    server: Remote, build: Build, endpoint: str
) -> None:
    provider = build(
        endpoint=endpoint,
        extra_headers={"X-OpenRouter-Title": "bot", "HTTP-Referer": "https://example.org"},
        extra_body={"provider": {"order": ["google-vertex"], "allow_fallbacks": True}},
    )
    await made(provider, wish(extra={"provider": {"allow_fallbacks": False}}))
    [request] = await posted(server)
    wanted = {"order": ["google-vertex"], "allow_fallbacks": False}
    assert request["body"] == expected(endpoint, "1K", "16:9", provider=wanted)
    assert request["headers"]["x-openrouter-title"] == "bot"
    assert request["headers"]["http-referer"] == "https://example.org"


async def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-v1-secret")
    monkeypatch.setenv("OPENROUTER_EXTRA_BODY", '{"seed": 1}')
    monkeypatch.setenv("OPENROUTER_ENDPOINT", "chat")
    settings = OpenRouterSettings()
    assert settings.base_url == "https://openrouter.ai/api/v1"
    assert (settings.endpoint, settings.extra_body) == ("chat", {"seed": 1})
    provider = openrouter.create(Settings())
    assert "secret" not in repr(settings) + repr(provider) + repr(vars(provider)["_settings"])
    await provider.close()


def test_extra_objects_are_merged_into_those_there_are() -> None:
    body = {"a": {"b": 1, "c": {"d": 2}}, "e": [1]}
    assert merged(body, {"a": {"c": {"d": 3}}}, {"e": [2], "f": None}) == {
        "a": {"b": 1, "c": {"d": 3}},
        "e": [2],
        "f": None,
    }


# Answers


@pytest.mark.parametrize("form", ["object", "untyped", "string", "parts", "url"])
async def test_the_forms_of_a_picture_in_a_chat(server: Remote, build: Build, form: str) -> None:
    await server.set(form=form)
    outcome = await made(build(endpoint="chat"), wish())
    assert pixels(outcome.items[0]) == ((64, 48) if form == "url" else (1344, 768))


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "mislabelled"])
async def test_the_kinds_of_pictures(
    server: Remote, build: Build, endpoint: str, kind: str
) -> None:
    await server.set(picture=kind, media_type=False)
    outcome = await made(build(endpoint=endpoint), wish())
    assert pixels(outcome.items[0]) == (1344, 768)
    assert outcome.cost == Cost(0.0672, "USD")


async def test_with_an_own_key_at_the_provider_its_cost_counts(
    server: Remote, build: Build
) -> None:
    await server.set(byok=True)
    assert (await made(build(), wish())).cost == Cost(0.0672, "USD")
    await server.set(byok=False, usage=False)
    assert (await made(build(), wish())).cost is None


async def test_a_40_mb_answer_is_one_picture(server: Remote, build: Build) -> None:
    await server.set(picture="noise")
    request = wish(size="4K", aspect_ratio="4:5", references=(reference(),))
    [data] = (await made(build(), request)).items
    assert len(data) * 4 / 3 > 40e6
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_a_redirect_to_another_host_is_refused(
    server: Remote, build: Build, endpoint: str
) -> None:
    provider = build(endpoint=endpoint)
    await provider.models()
    elsewhere = server.url.replace("127.0.0.1", "localhost")
    for status in (302, 307):
        location = f"{elsewhere}/api/v1/images"
        await server.fault({"method": "POST", "location": location, "status": status})
        assert (await failed(provider, wish())).reason is Reason.UNUSABLE_ANSWER
    assert len(await posted(server)) == 2
    path = (await posted(server))[0]["path"]
    await server.fault({"method": "POST", "location": path, "status": 307})
    await made(provider, wish())
    # After a 302 a POST becomes a GET, which is nothing here.
    await server.fault({"method": "POST", "location": path, "status": 302})
    assert isinstance(await outcome(provider, wish()), Failure)


async def test_a_slow_picture_is_waited_for(server: Remote, build: Build) -> None:
    assert ResponseLimits().silence > 60 < ResponseLimits().total
    provider = build()
    await provider.models()
    await server.fault({"method": "POST", "delay": 1})
    await made(provider, wish())
    await server.fault({"method": "POST", "delay": 600})
    assert (await failed(build(limits=IMPATIENT), wish())).reason is Reason.TIMEOUT
    assert len(await posted(server)) == 2


async def test_retry_after_is_honoured(server: Remote, build: Build) -> None:
    provider = build()
    await provider.models()
    for status in (429, 503, 529):
        await server.fault(
            {"method": "POST", "status": status, "headers": {"Retry-After": "0.3"}, "body": {}}
        )
        started = time.monotonic()
        await made(provider, wish())
        assert time.monotonic() - started > 0.3
    assert len(await posted(server)) == 6


async def test_a_model_that_talks_is_asked_once_more(server: Remote, build: Build) -> None:
    provider = build(endpoint="chat")
    talk = {"nothing": "STOP", "text": "Shall I draw it?"}
    await server.set(answers=[talk])
    outcome = await made(provider, wish())
    assert outcome.cost == Cost(0.1344, "USD")  # what it said was charged as well
    await server.set(answers=[talk, talk, None])
    failure = await failed(provider, wish())
    assert (failure.reason, failure.explanation) == (Reason.TEXT_INSTEAD, "Shall I draw it?")
    assert len(await posted(server)) == 4


async def test_an_uncharged_picture_that_failed_is_tried_once_more(
    server: Remote, build: Build
) -> None:
    await server.set(answers=[{"error": "empty"}])
    await made(build(), wish())
    await server.set(answers=[{"error": "empty"}, {"error": "empty"}])
    assert (await failed(build(), wish())).reason is Reason.PROVIDER_DOWN
    await server.set(answers=[{"error": "empty"}])  # a chat may have been charged
    assert (await failed(build(endpoint="chat"), wish())).reason is Reason.PROVIDER_DOWN


# Streams


async def test_a_model_that_streams_gives_signs_of_life(server: Remote, build: Build) -> None:
    provider = build(models="openai/*")
    request = wish(model="openai/gpt-image-2", size=None, aspect_ratio="1:1")
    signs = [sign async for sign in provider.collect(Ticket(""), request)]
    assert len([sign for sign in signs if isinstance(sign, Progress)]) >= 2
    outcome = signs[-1]
    assert isinstance(outcome, Pictures)
    assert pixels(outcome.items[0]) == (1024, 1024)
    assert outcome.cost == Cost(0.0672, "USD")
    [posting] = await posted(server)
    assert posting["body"]["stream"] is True
    await server.set(answers=[{"in_body": "policy"}])
    failure = await failed(provider, request)
    assert failure.explanation == "The request was rejected by the safety system."


async def test_a_chat_can_be_streamed(server: Remote, build: Build) -> None:
    provider = build(endpoint="chat", extra_body={"stream": True})
    outcome = await made(provider, wish())
    assert pixels(outcome.items[0]) == (1344, 768)
    assert outcome.cost == Cost(0.0672, "USD")
    await server.set(answers=[{"in_choice": "policy"}])
    assert (await failed(provider, wish())).reason is Reason.REFUSED
    await server.set(answers=[{"in_body": "provider_down"}])
    assert (await failed(provider, wish())).explanation == "The model is overheated."
    refused = {"nothing": "IMAGE_SAFETY", "finish": "content_filter", "text": "I would rather not."}
    await server.set(answers=[refused])
    failure = await failed(provider, wish())
    assert (failure.reason, failure.explanation) == (Reason.REFUSED, "I would rather not.")


# Errors: name in the emulator, reason, explanation

INSUFFICIENT = "Insufficient credits. Add more using https://openrouter.ai/credits"
FLAGGED = (
    "google/gemini-3.1-flash-image requires moderation on Google. Your input was flagged "
    "(violence, sexual/minors)"
)
CONTEXT = (
    "This endpoint's maximum context length is 131072 tokens. However, you requested about "
    "262144 tokens (262144 of text input)."
)
ERRORS = [
    ("bad_request", Reason.BAD_PARAMETERS, "Invalid value for temperature."),
    ("no_key", Reason.UNAUTHORIZED, "Missing Authentication header"),
    ("bad_key", Reason.UNAUTHORIZED, "User not found."),
    ("credits", Reason.OUT_OF_CREDIT, INSUFFICIENT),
    ("in_flight", Reason.RATE_LIMITED, "In-flight spending budget exhausted"),
    ("moderation", Reason.REFUSED, FLAGGED),
    ("guardrail", Reason.REFUSED, "Request blocked by a guardrail"),
    ("permission", Reason.UNAUTHORIZED, "This key may not use this model"),
    ("not_found", Reason.UNKNOWN_MODEL, "No such model"),
    ("data_policy", Reason.ACCOUNT_SETTINGS, "No endpoints found matching your data policy"),
    ("request_timeout", Reason.TIMEOUT, "Request timed out"),
    ("precondition", Reason.BAD_PARAMETERS, "Precondition failed"),
    ("payload", Reason.PROMPT_TOO_LONG, "Payload too large"),
    ("unprocessable", Reason.BAD_PARAMETERS, "Unprocessable aspect ratio"),
    ("rate", Reason.RATE_LIMITED, "Rate limit exceeded: free-models-per-min"),
    (
        "rate_upstream",
        Reason.RATE_LIMITED,
        "google/gemini-3.1-flash-image is temporarily rate-limited upstream.",
    ),
    ("server", Reason.PROVIDER_DOWN, None),
    ("unmapped", Reason.PROVIDER_DOWN, None),
    ("provider_down", Reason.PROVIDER_DOWN, "The model is overheated."),
    ("empty", Reason.PROVIDER_DOWN, "The provider returned no image"),
    ("overloaded", Reason.PROVIDER_DOWN, "Provider overloaded"),
    ("no_provider", Reason.PROVIDER_DOWN, "No provider meets your routing requirements"),
    ("timeout", Reason.TIMEOUT, "The provider timed out"),
    ("edge_timeout", Reason.TIMEOUT, "Edge network timeout"),
    ("overloaded_529", Reason.PROVIDER_DOWN, "Provider is temporarily overloaded"),
    ("context", Reason.PROMPT_TOO_LONG, CONTEXT),
    ("tokens", Reason.PROMPT_TOO_LONG, "Too many tokens"),
    ("max_tokens", Reason.BAD_PARAMETERS, "max_tokens is too large"),
    ("too_long", Reason.PROMPT_TOO_LONG, "String too long"),
    ("prompt", Reason.BAD_PARAMETERS, "Invalid prompt"),
    ("policy", Reason.REFUSED, "The request was rejected by the safety system."),
    ("refusal", Reason.REFUSED, "I will not draw this person."),
    ("image_invalid", Reason.REFERENCE_UNUSABLE, "Image 1 could not be decoded"),
    ("image_large", Reason.REFERENCE_TOO_LARGE, "Image 1 exceeds 20 MB"),
    ("image_small", Reason.REFERENCE_TOO_SMALL, "Image 1 is under 8 pixels"),
    ("image_format", Reason.REFERENCE_UNUSABLE, "Unsupported image format"),
    ("image_lost", Reason.REFERENCE_UNUSABLE, "Image not found"),
    ("image_unloaded", Reason.REFERENCE_UNUSABLE, "Image could not be downloaded"),
    ("invalid_model", Reason.UNKNOWN_MODEL, "google/x is not a valid model ID"),
    ("zod", Reason.BAD_PARAMETERS, None),
    ("model_not_found", Reason.UNKNOWN_MODEL, "Model not found"),
    ("wrong_endpoint", Reason.BAD_PARAMETERS, "This model is not served at this endpoint"),
    ("no_endpoints", Reason.UNKNOWN_MODEL, "No endpoints for this model"),
    ("deprecated", Reason.UNKNOWN_MODEL, "This model was retired"),
    ("unavailable", Reason.UNKNOWN_MODEL, "The model is gone at its provider"),
    ("privacy", Reason.ACCOUNT_SETTINGS, "Your privacy settings exclude it"),
    ("constraint", Reason.BAD_PARAMETERS, "No provider takes this size"),
    ("free_ended", Reason.UNKNOWN_MODEL, "The free variant has ended"),
    ("capacity", Reason.RATE_LIMITED, "All capacity is taken"),
    ("temporarily", Reason.PROVIDER_DOWN, "Temporarily unavailable"),
    ("region", Reason.REGION_UNSUPPORTED, "Not available in your region"),
]
WAITS = {
    "in_flight": 25,
    "rate": 30,
    "rate_upstream": 40,
    "overloaded": 45,
    "capacity": 50,
    "temporarily": 35,
}

EMPTY: dict[str, Any] = {"choices": [{"message": {"content": ""}, "finish_reason": "stop"}]}
NO_PICTURE: list[tuple[str, dict[str, Any], Reason, str | None]] = [
    (
        f"{native}, {finish}, images {images}",
        {"nothing": native, "finish": finish, "images": images, "text": text},
        Reason.REFUSED,
        text or None,
    )
    for native, text in (
        ("IMAGE_SAFETY", "I cannot show that."),
        ("IMAGE_PROHIBITED_CONTENT", None),
        ("IMAGE_RECITATION", ""),
    )
    for finish, images in (("stop", None), ("content_filter", []))
] + [
    (
        "a refusal",
        {"nothing": "STOP", "refusal": "I must decline."},
        Reason.REFUSED,
        "I must decline.",
    ),
    (
        "filtered without more",
        {"nothing": None, "finish": "content_filter"},
        Reason.REFUSED,
        None,
    ),
    ("IMAGE_OTHER", {"nothing": "IMAGE_OTHER"}, Reason.UNUSABLE_ANSWER, None),
    (
        "IMAGE_OTHER with text",
        {"nothing": "IMAGE_OTHER", "text": "Something broke."},
        Reason.TEXT_INSTEAD,
        "Something broke.",
    ),
    ("NO_IMAGE", {"nothing": "NO_IMAGE", "images": []}, Reason.UNUSABLE_ANSWER, None),
    (
        "text",
        {"nothing": "STOP", "text": [{"type": "text", "text": "A tall\n**lighthouse**."}]},
        Reason.TEXT_INSTEAD,
        "A tall **lighthouse**.",
    ),
    ("finish error", {"nothing": None, "finish": "error"}, Reason.PROVIDER_DOWN, None),
    ("no message", {"body": {"choices": [{}]}}, Reason.UNUSABLE_ANSWER, None),
    ("no choices", {"body": {"choices": []}}, Reason.UNUSABLE_ANSWER, None),
    ("wrong types", {"body": {"choices": "no", "usage": 3}}, Reason.UNUSABLE_ANSWER, None),
    ("error is text", {"body": {"error": "It broke."}}, Reason.PROVIDER_DOWN, "It broke."),
    (
        "code is text",
        {"body": {"error": {"code": "429", "message": "Slow down."}}},
        Reason.RATE_LIMITED,
        "Slow down.",
    ),
]


def answered_with(name: str) -> Request:
    """A request that may get that error: those about pictures come to requests with one."""
    return wish(references=(reference(),) if name.startswith("image_") else ())


def check_words(failure: Failure) -> None:
    """What a person reads has the reason's words, in both languages, and the explanation."""
    for locale in LOCALES:
        said = reason(failure.problem, locale)
        assert said.strip()
        assert not failure.explanation or failure.explanation in said
        assert advice(failure.problem, locale).strip()
    start = PROBLEMS[failure.reason.value][0].partition("{")[0]
    assert reason(failure.problem, "en").startswith(start)
    assert len({reason(failure.problem, locale) for locale in LOCALES}) == len(LOCALES)


@pytest.mark.parametrize(("name", "why", "explanation"), ERRORS, ids=[row[0] for row in ERRORS])
async def test_errors_with_their_status(
    server: Remote, build: Build, name: str, why: Reason, explanation: str | None
) -> None:
    for endpoint in ENDPOINTS:
        await server.set(answers=[{"error": name}] * 4, lists="down")
        failure = await failed(build(endpoint=endpoint), answered_with(name))
        assert (failure.reason, failure.explanation) == (why, explanation)
        assert failure.retry_after == WAITS.get(name)
        assert failure.provider_code
        check_words(failure)


@pytest.mark.parametrize(
    ("name", "why", "explanation"),
    [row for row in ERRORS if row[0] not in ("zod", "payload")],
    ids=[row[0] for row in ERRORS if row[0] not in ("zod", "payload")],
)
async def test_errors_inside_an_answer_of_status_200(
    server: Remote, build: Build, name: str, why: Reason, explanation: str | None
) -> None:
    provider = build(endpoint="chat")
    await server.set(answers=[{"in_body": name}, {"in_choice": name}], lists="down")
    for _ in range(2):
        failure = await failed(provider, answered_with(name))
        assert (failure.reason, failure.explanation) == (why, explanation)
    provider = build(endpoint="images")
    await server.set(answers=[{"in_body": name}])
    assert (await failed(provider, answered_with(name))).reason is why


@pytest.mark.parametrize(
    ("planned", "why", "explanation"),
    [row[1:] for row in NO_PICTURE],
    ids=[row[0] for row in NO_PICTURE],
)
async def test_an_end_without_a_picture(
    server: Remote, build: Build, planned: dict[str, Any], why: Reason, explanation: str | None
) -> None:
    await server.set(answers=[planned, planned, None], lists="down")
    failure = await failed(build(endpoint="chat"), wish())
    assert (failure.reason, failure.explanation) == (why, explanation)
    again = why in (Reason.TEXT_INSTEAD, Reason.UNUSABLE_ANSWER)
    assert len(await posted(server)) == (2 if again else 1)
    check_words(failure)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("kind", ["broken", "html"])
async def test_what_is_no_picture(server: Remote, build: Build, endpoint: str, kind: str) -> None:
    await server.set(picture=kind)
    failure = await failed(build(endpoint=endpoint), wish())
    assert failure.reason is Reason.UNUSABLE_ANSWER
    check_words(failure)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"status": 200, "body": "<html>hello</html>"}, Reason.UNUSABLE_ANSWER),
        ({"status": 502, "body": "<html>Bad gateway</html>", "times": 2}, Reason.PROVIDER_DOWN),
        ({"status": 200, "body": "[]", "content_type": "application/json"}, Reason.UNUSABLE_ANSWER),
        ({"status": 200, "body": {"data": []}, "times": 2}, Reason.UNUSABLE_ANSWER),
        ({"status": 200, "body": {"data": [{"b64_json": 3}]}, "times": 2}, Reason.UNUSABLE_ANSWER),
        ({"reset": True, "times": 2}, Reason.PROVIDER_DOWN),
        ({"reset": True, "after": True, "times": 2}, Reason.PROVIDER_DOWN),
        ({"delay": 600}, Reason.TIMEOUT),
    ],
)
async def test_answers_that_are_none(
    server: Remote, build: Build, fault: dict[str, Any], why: Reason
) -> None:
    provider = build(limits=IMPATIENT if "delay" in fault else QUICK)
    await provider.models()
    await server.fault({"method": "POST", **fault})
    failure = await failed(provider, wish())
    assert (failure.reason, failure.explanation) == (why, None)
    check_words(failure)
    assert isinstance(await outcome(build(), wish()), Pictures)


async def test_what_is_too_much_and_too_little_is_said_in_numbers(
    server: Remote, build: Build
) -> None:
    request = wish(references=(reference(),))
    names = ("payload", "image_large", "image_small")
    await server.set(answers=[{"error": name} for name in (*names, "context")])
    large = {"limit_mb": 20, "limit_megapixels": 50}
    for why, facts in (
        (Reason.REFERENCE_TOO_LARGE, large),
        (Reason.REFERENCE_TOO_LARGE, large),
        (Reason.REFERENCE_TOO_SMALL, {"width": 40, "height": 30, "limit": "8"}),
    ):
        failure = await failed(build(), request)
        assert (failure.reason, failure.facts) == (why, facts)
    assert (await failed(build(), wish())).facts == {"length": 12, "limit": 6}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(
    ("extra", "why", "explanation"),
    [
        ({"prompts": "x"}, Reason.BAD_PARAMETERS, "Unrecognized key(s) in object: prompts"),
        ({"model": "vendor/none"}, Reason.UNKNOWN_MODEL, "Model not found"),
        ({"stream": "no"}, Reason.BAD_PARAMETERS, "stream: Expected boolean"),
        ({"provider": {"color": 1}}, Reason.BAD_PARAMETERS, "provider: Unrecognized key(s): color"),
    ],
)
async def test_what_is_not_documented_is_refused(
    server: Remote,
    build: Build,
    endpoint: str,
    extra: dict[str, Any],
    why: Reason,
    explanation: str,
) -> None:
    failure = await failed(build(endpoint=endpoint), wish(extra=extra))
    assert (failure.reason, failure.explanation) == (why, explanation)


@pytest.mark.parametrize(
    ("endpoint", "extra", "explanation"),
    [
        ("images", {"prompt": ""}, "prompt: Required"),
        ("images", {"resolution": "512px"}, "resolution: Invalid enum value"),
        ("images", {"resolution": "0.5K"}, "resolution: Invalid enum value"),
        ("images", {"aspect_ratio": "2:1"}, "aspect_ratio: not for this model"),
        ("images", {"n": 2}, "n: this model makes one picture per request"),
        ("images", {"n": True}, "n: Invalid number"),
        ("images", {"seed": 1}, "seed: Not supported"),
        ("images", {"input_references": [{"url": "x"}]}, "Invalid image part"),
        ("chat", {"image_config": {"image_size": "512"}}, "image_config.image_size: Invalid value"),
        (
            "chat",
            {"image_config": {"aspect_ratio": "2:1"}},
            "image_config.aspect_ratio: Invalid value",
        ),
        ("chat", {"image_config": 3}, "image_config: Expected object"),
        ("chat", {"modalities": "image"}, "modalities: Invalid enum value"),
        ("chat", {"messages": []}, 'Input required: specify "prompt" or "messages"'),
        (
            "chat",
            {"messages": [{"role": "user", "content": 3}]},
            "content: Expected string or array",
        ),
    ],
)
async def test_each_endpoint_has_its_own_rules(
    server: Remote, build: Build, endpoint: str, extra: dict[str, Any], explanation: str
) -> None:
    failure = await failed(build(endpoint=endpoint), wish(extra=extra))
    assert (failure.reason, failure.explanation) == (Reason.BAD_PARAMETERS, explanation)


async def test_without_modalities_a_chat_only_talks(server: Remote, build: Build) -> None:
    failure = await failed(build(endpoint="chat"), wish(extra={"modalities": ["text"]}))
    assert failure.explanation == "A lighthouse, in words."


async def test_a_link_to_a_picture_stays_where_the_provider_is(
    server: Remote, build: Build
) -> None:
    def answer(url: str) -> dict[str, Any]:
        image = {"type": "image_url", "image_url": {"url": url}}
        return {"body": {"choices": [{"message": {"images": [image]}}]}}

    provider = build(endpoint="chat")
    for url, why in (
        ("http://192.168.1.1/a.png", Reason.UNUSABLE_ANSWER),
        (f"{server.url}/nothing.png", Reason.NETWORK),
        ("ftp://example.org/a.png", Reason.UNUSABLE_ANSWER),
    ):
        await server.set(answers=[answer(url)])
        assert (await failed(provider, wish())).reason is why


# The key


async def test_the_key_is_checked_without_cost(server: Remote, build: Build) -> None:
    assert await build().check() is None
    wrong = await build(api_key="sk-or-v1-wrong").check()
    assert wrong
    assert (wrong.reason, wrong.explanation) == (Reason.UNAUTHORIZED, "User not found.")
    for left, why in ((0, Reason.OUT_OF_CREDIT), (3.5, None)):
        await server.set(limit_remaining=left)
        provider = build()
        found = await provider.check()
        assert (found.reason if found else None) is why
        # A limit of the key is not the account's balance, and is not told as one.
        assert provider.left.startswith("$3.50 left of this key's limit; the") is (why is None)
    nobody = await build(base_url="http://127.0.0.1:9").check()
    assert nobody
    assert nobody.reason is Reason.PROVIDER_DOWN
    assert {request["path"] for request in await server.requests()} == {"/api/v1/key"}


async def test_the_key_is_nowhere_to_be_found(
    server: Remote,
    bot: Start,
    build: Build,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "5ecre7f00d5ecre7f00d-of-a-gateway"  # it need not look like a key
    monkeypatch.setenv("OPENROUTER_API_KEY", secret)
    await server.set(key=secret)
    app, recorder = await bot()
    plans: list[dict[str, Any] | None] = [{"error": name} for name, _, _ in ERRORS[:6]]
    plans += [{"error": "echo"}, {"body": {"error": f"{secret} is bad"}}, None]
    plans += [{"body": {"choices": [{"message": {"content": f"You sent {secret}."}}]}}]
    messages = []
    for number, plan in enumerate(plans):
        await server.set(answers=[plan] * 2)
        messages.append(await finished(app, recorder, ask(f"{number}")))
    await server.fault({"method": "POST", "status": 400, "body": f"<p>{'x' * 150}{secret}</p>"})
    messages.append(await finished(app, recorder, ask("html")))
    await server.fault({"method": "POST", "location": f"https://example.org/?key={secret}"})
    messages.append(await finished(app, recorder, ask("redirect")))
    assert [message.status for message in messages].count(Status.SUCCEEDED) == 1

    provider = build(api_key=secret)
    failures = []
    for plan in plans[:8]:
        await server.set(answers=[plan] * 2)
        failures.append(await failed(provider, wish()))
    assert any("Incorrect API key" in (failure.explanation or "") for failure in failures)
    await app.close()
    places = {
        "logs": caplog.text + "".join(capfd.readouterr()),
        "messages": repr(messages) + repr(recorder.shown),
        "failures": repr(failures) + repr(provider) + repr(await provider.check()),
    }
    files = [path for path in settings.data_dir.rglob("*") if path.is_file()]
    assert any(path.suffix == ".json" for path in files)
    assert any("sqlite" in path.name for path in files)
    places |= {str(path): path.read_bytes().decode("latin-1") for path in files}
    part = secret[:12]
    assert [place for place, text in places.items() if part in text] == []


def test_reasons_that_cannot_pass_are_final() -> None:
    final = {why for _, why, _ in ERRORS if why in NOT_RETRYABLE}
    assert Reason.REFUSED in final
    assert not {Reason.RATE_LIMITED, Reason.PROVIDER_DOWN, Reason.TEXT_INSTEAD} & final
