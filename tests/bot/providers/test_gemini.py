"""Gemini against an emulator of its API, alone and through the running bot."""

import asyncio
import base64
import io
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pydantic import SecretStr

from bot.app import App
from bot.domain import catalog
from bot.domain.failures import Failure, Reason
from bot.domain.generation import Reference, Request, Ticket
from bot.domain.image_models import IMAGE_MODELS
from bot.providers._http.client import ResponseLimits
from bot.providers.gemini import Gemini, GeminiSettings
from bot.settings import Settings
from messages import Cost, Note, Status
from tests.emulators.generate_content import (
    KEY,
    blocked,
    candidate,
    dimensions,
    error,
    retry_info,
    said,
    usage,
)
from tests.emulators.pictures import base64_of, picture
from tests.emulators.process import Remote, Shared
from tests.support.asking import (
    Person,
    check_what_is_read,
    everything_written,
    failed,
    made,
    outcome,
    reads,
)
from tests.support.model_ids import FLASH as NEW
from tests.support.model_ids import LITE, PRO
from tests.support.model_ids import OLD_FLASH as FLASH
from tests.support.scripted import Recorder

Start = Callable[[], Awaitable[tuple[App, Recorder]]]

QUICK = ResponseLimits(connect=20, silence=60, total=90, attempts=3, first_pause=0.001)
IMPATIENT = replace(QUICK, silence=1.5, paying=1.5)
PATH = "/v1beta/models/gemini-3.1-flash-image:generateContent"
ASKED = Request(key="k", prompt="a lighthouse", model=FLASH, size="1K", aspect_ratio="1:1")


@pytest.fixture(scope="session")
def emulator(emulator_of: Shared) -> Remote:
    return emulator_of("gemini", offers="summer")


@pytest.fixture
async def server(emulator: Remote) -> Remote:
    await emulator.forget()
    return emulator


def settings_for(server: Remote, **more: Any) -> GeminiSettings:
    values = {"api_key": SecretStr(KEY), "base_url": f"{server.url}/v1beta", **more}
    return GeminiSettings(**values)


@pytest.fixture
async def gemini(server: Remote) -> AsyncIterator[Gemini]:
    provider = Gemini(settings_for(server), limits=QUICK, official=True)
    yield provider
    await provider.close()


@pytest.fixture
def settings(settings: Settings, server: Remote, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The running bot uses Gemini."""
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    monkeypatch.setenv("GEMINI_BASE_URL", f"{server.url}/v1beta")
    return settings.model_copy(update={"provider": "gemini"})


def size_of(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as image:
        return image.size


def reference(mime: str = "image/png", data: bytes | None = None) -> Reference:
    return Reference("img_1", mime, data or picture(60, 40, color="green"))


async def bodies(server: Remote) -> list[dict[str, Any]]:
    return [request["body"] for request in await server.requests(":generateContent")]


# What is asked, and what comes back


async def test_the_request_is_as_documented(server: Remote, gemini: Gemini) -> None:
    asked = replace(ASKED, size="2K", aspect_ratio="16:9")
    pictures = await made(gemini, asked)
    [request] = await server.requests(PATH)
    assert request["body"] == {
        "contents": [{"role": "user", "parts": [{"text": "a lighthouse"}]}],
        "generationConfig": {
            "responseModalities": ["TEXT", "IMAGE"],
            "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"},
        },
    }
    assert request["headers"]["x-goog-api-key"] == KEY
    assert request["headers"]["content-type"] == "application/json"
    assert request["query"] == {}
    [item] = pictures.items  # and not the one the model thought with
    assert size_of(item) == (2752, 1536)


async def test_what_is_left_to_the_model_is_left_out(server: Remote, gemini: Gemini) -> None:
    await made(gemini, replace(ASKED, size=None, aspect_ratio=None))
    await made(gemini, replace(ASKED, size="512", aspect_ratio=None))
    first, second = await bodies(server)
    assert first["generationConfig"] == {"responseModalities": ["TEXT", "IMAGE"]}
    assert second["generationConfig"]["imageConfig"] == {"imageSize": "512"}


async def test_pictures_to_work_from_come_before_the_text(server: Remote, gemini: Gemini) -> None:
    jpeg = picture(50, 50, kind="JPEG")
    await made(gemini, replace(ASKED, references=(reference(), reference("image/jpeg", jpeg))))
    [body] = await bodies(server)
    [turn] = body["contents"]  # one turn: no thought signature is needed
    png = {"mimeType": "image/png", "data": base64_of(reference().data)}
    parts = [{"inlineData": png}, {"inlineData": {"mimeType": "image/jpeg"}}]
    parts[1]["inlineData"]["data"] = base64_of(jpeg)
    assert turn == {"role": "user", "parts": [*parts, {"text": "a lighthouse"}]}


async def test_a_gif_is_sent_as_png(server: Remote, gemini: Gemini) -> None:
    gif = picture(50, 40, kind="GIF")
    await made(gemini, replace(ASKED, references=(reference("image/gif", gif),)))
    [body] = await bodies(server)
    sent = body["contents"][0]["parts"][0]["inlineData"]
    assert sent["mimeType"] == "image/png"
    assert size_of(base64.b64decode(sent["data"])) == (50, 40)
    broken = replace(ASKED, references=(reference("image/gif", b"GIF89a nothing"),))
    assert (await failed(gemini, broken)).reason is Reason.REFERENCE_UNUSABLE


async def test_extra_headers_and_bodies_are_merged_last(server: Remote) -> None:
    provider = Gemini(
        settings_for(
            server,
            extra_headers={"X-Team": "bots"},
            extra_body={"generationConfig": {"temperature": 0.5, "seed": 1}},
        ),
        limits=QUICK,
    )
    extra = {"generationConfig": {"seed": 2, "imageConfig": {"imageSize": "4K"}}}
    await made(provider, replace(ASKED, extra=extra))
    [request] = await server.requests(PATH)
    assert request["headers"]["x-team"] == "bots"
    assert request["body"]["generationConfig"] == {
        "responseModalities": ["TEXT", "IMAGE"],
        "imageConfig": {"aspectRatio": "1:1", "imageSize": "4K"},
        "temperature": 0.5,
        "seed": 2,
    }
    await provider.close()


async def test_jpeg_and_the_other_spelling_are_understood(server: Remote, gemini: Gemini) -> None:
    await server.set(jpeg=True, snake=True)
    [item] = (await made(gemini, ASKED)).items
    assert item.startswith(b"\xff\xd8")


async def test_the_cost_is_that_of_the_tokens(gemini: Gemini) -> None:
    ticket = await gemini.submit(replace(ASKED, size="4K", count=2))
    assert ticket == Ticket(id="", cost=Cost(0.302, "USD"))
    # 10 tokens read, 20 of text and 100 of thoughts written, 1120 of a picture.
    cost = (10 * 0.5 + 120 * 3 + 1120 * 60) / 1e6
    assert (await made(gemini, ASKED)).cost == Cost(round(cost, 4), "USD")
    pro = (10 * 2 + 120 * 12 + 1120 * 120) / 1e6
    assert (await made(gemini, replace(ASKED, model=PRO))).cost == Cost(round(pro, 4), "USD")


async def test_no_price_is_made_up(server: Remote, gemini: Gemini) -> None:
    blob = {"mimeType": "image/png", "data": base64_of(picture(64, 64))}
    body = candidate("STOP", content={"parts": [{"inlineData": blob}]})
    body["usageMetadata"] = {"promptTokenCount": 5, "candidatesTokenCount": 1120}
    await server.set(script=[body])
    assert (await made(gemini, ASKED)).cost is None
    await server.set(offers="unknown")
    await gemini.refresh()
    ticket = await gemini.submit(replace(ASKED, model="gemini-nano-banana-3"))
    assert isinstance(ticket, Ticket)
    assert ticket.cost is None


async def test_several_pictures_of_one_answer_are_delivered_once_each(
    server: Remote, gemini: Gemini
) -> None:
    one, two = (
        {"inlineData": {"mimeType": "image/png", "data": base64_of(picture(64, 64, color=color))}}
        for color in ("red", "green")
    )
    await server.set(script=[candidate("STOP", content={"parts": [one, one, two]})])
    assert len((await made(gemini, ASKED)).items) == 2


# Several at once


async def test_three_are_made_at_the_same_time(server: Remote, gemini: Gemini) -> None:
    await server.fault({"path": PATH, "together": True, "times": 3})
    pictures = await made(gemini, replace(ASKED, count=3))
    assert len(pictures.items) == 3
    assert pictures.notes == ()
    assert len(await bodies(server)) == 3
    assert pictures.cost == Cost(0.2027, "USD")


async def test_those_that_succeed_are_delivered(server: Remote, gemini: Gemini) -> None:
    await server.set(script=[None, candidate("IMAGE_SAFETY"), None])
    pictures = await made(gemini, replace(ASKED, count=3))
    assert len(pictures.items) == 2
    assert pictures.notes == (Note("partly_done", {"done": 2, "count": 3}),)
    await server.set(script=[candidate("IMAGE_SAFETY")] * 2)
    assert (await failed(gemini, replace(ASKED, count=2))).reason is Reason.REFUSED


# Trying again


async def test_a_picture_that_did_not_come_is_asked_for_once_more(
    server: Remote, gemini: Gemini
) -> None:
    for first in (candidate("NO_IMAGE"), said("Shall I?"), candidate("IMAGE_OTHER", "No.")):
        await server.forget()
        await server.set(script=[first])
        assert (await made(gemini, ASKED)).items
        assert len(await bodies(server)) == 2


async def test_a_refusal_is_not_asked_again(server: Remote, gemini: Gemini) -> None:
    for first in (candidate("IMAGE_SAFETY"), blocked("SAFETY"), candidate("MAX_TOKENS")):
        await server.forget()
        await server.set(script=[first])
        assert isinstance(await outcome(gemini, ASKED), Failure)
        assert len(await bodies(server)) == 1


async def test_both_tries_are_paid(server: Remote, gemini: Gemini) -> None:
    await server.set(script=[said("Shall I?") | {"usageMetadata": usage(0)}])
    once = (10 * 0.5 + 120 * 3 + 1120 * 60) / 1e6
    text = (10 * 0.5 + 120 * 3) / 1e6
    assert (await made(gemini, ASKED)).cost == Cost(round(once + text, 4), "USD")


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_what_costs_nothing_is_repeated(server: Remote, gemini: Gemini, status: int) -> None:
    await server.fault({"path": PATH, "status": status, "times": 2, "body": {"error": {}}})
    assert (await made(gemini, ASKED)).items
    assert len(await server.requests(PATH)) == 3


async def test_a_long_wait_is_left_to_the_person(server: Remote, gemini: Gemini) -> None:
    exhausted = error("Slow down.", "RESOURCE_EXHAUSTED", [retry_info("34.07s")])
    await server.fault({"path": PATH, "status": 429, "body": exhausted, "times": 9})
    failure = await failed(gemini, ASKED)
    assert (failure.reason, failure.retry_after) == (Reason.RATE_LIMITED, 34.07)
    assert len(await server.requests(PATH)) == 1
    await server.forget()
    exhausted = error("Slow down.", "RESOURCE_EXHAUSTED", [retry_info("0.01s")])
    await server.fault({"path": PATH, "status": 429, "body": exhausted, "times": 2})
    assert (await made(gemini, ASKED)).items


# What can go wrong

QUOTA = (
    "You exceeded your current quota, please check your plan and billing details. For more "
    "information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits?x=1. "
)
NO_FREE_TIER = QUOTA + (
    "To monitor your current usage, head to: https://ai.dev/rate-limit. \n"
    "* Quota exceeded for metric: generativelanguage.googleapis.com/"
    "generate_content_free_tier_requests, limit: 0, model: gemini-3.1-flash-image"
)
NOT_MADE = (
    "Unable to show the generated image. The model could not generate the image based on the "
    "prompt provided. You will not be charged for this request. Try rephrasing the prompt."
)
RATED = [{"category": "HARM_CATEGORY_SEXUALLY_EXPLICIT", "probability": "HIGH", "blocked": True}]


def status(name: str, message: str, code: int = 0) -> dict[str, Any]:
    body = error(message, name)
    return {"status": code or body["error"]["code"], "body": body, "times": 9}


def answers(body: Any, times: int = 2) -> dict[str, Any]:
    return {"script": [body] * times}


Case = tuple[str, dict[str, Any], Reason, str | None]
CASES: list[Case] = [
    ("400 INVALID_ARGUMENT", status("INVALID_ARGUMENT", "Request contains an invalid argument."),
     Reason.BAD_PARAMETERS, "Request contains an invalid argument."),
    ("400 API key not valid", {"key": "another"},
     Reason.UNAUTHORIZED, "API key not valid. Please pass a valid API key."),
    ("400 API key expired", status("INVALID_ARGUMENT", "API key expired. Please renew it."),
     Reason.UNAUTHORIZED, "API key expired. Please renew it."),
    ("400 FAILED_PRECONDITION", status("FAILED_PRECONDITION", "Please enable billing."),
     Reason.SUBSCRIPTION_REQUIRED, "Please enable billing."),
    ("400 the request is too large", {"largest": 50},
     Reason.REFERENCE_TOO_LARGE, "Request payload size exceeds the limit: 50 bytes."),
    ("400 a picture that cannot be read",
     status("INVALID_ARGUMENT", "Unable to process input image. Please retry or report in x"),
     Reason.REFERENCE_UNUSABLE, "Unable to process input image. Please retry or report in x"),
    ("401 UNAUTHENTICATED", status("UNAUTHENTICATED", "Request had invalid credentials."),
     Reason.UNAUTHORIZED, "Request had invalid credentials."),
    ("403 PERMISSION_DENIED", status("PERMISSION_DENIED", "Your API key was reported as leaked."),
     Reason.UNAUTHORIZED, "Your API key was reported as leaked."),
    ("404 NOT_FOUND", status("NOT_FOUND", "models/x is not found for API version v1beta."),
     Reason.UNKNOWN_MODEL, "models/x is not found for API version v1beta."),
    ("429 RESOURCE_EXHAUSTED", status("RESOURCE_EXHAUSTED", QUOTA),
     Reason.RATE_LIMITED,
     "You exceeded your current quota, please check your plan and billing details."),
    ("429 not in the free tier", status("RESOURCE_EXHAUSTED", NO_FREE_TIER),
     Reason.SUBSCRIPTION_REQUIRED,
     "You exceeded your current quota, please check your plan and billing details."),
    ("429 credits depleted", status("RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."),
     Reason.OUT_OF_CREDIT, "Your prepayment credits are depleted."),
    ("500 INTERNAL", status("INTERNAL", "An internal error has occurred."),
     Reason.PROVIDER_DOWN, "An internal error has occurred."),
    ("503 UNAVAILABLE", status("UNAVAILABLE", "The model is overloaded. Please try again later."),
     Reason.PROVIDER_DOWN, "The model is overloaded. Please try again later."),
    ("504 DEADLINE_EXCEEDED", status("DEADLINE_EXCEEDED", "The deadline expired."),
     Reason.TIMEOUT, "The deadline expired."),
    ("502 with HTML", {"status": 502, "body": "<html><h1>Bad Gateway</h1></html>", "times": 9},
     Reason.PROVIDER_DOWN, None),
    ("413 with HTML", {"status": 413, "body": "<html>Too Large</html>"},
     Reason.REFERENCE_TOO_LARGE, None),
    ("no answer", {"delay": 600}, Reason.TIMEOUT, None),
    ("the connection breaks", {"reset": True}, Reason.NETWORK, None),
    ("a redirect elsewhere", {"location": "https://example.org/x"}, Reason.UNUSABLE_ANSWER, None),
    *[
        (f"finishReason {reason}", answers(candidate(reason)), Reason.REFUSED, explanation)
        for reason, explanation in (
            ("SAFETY", "Flagged by a safety filter."),
            ("RECITATION", "The answer came too close to existing material."),
            ("BLOCKLIST", "It contains words from a blocklist."),
            ("PROHIBITED_CONTENT", "It may contain prohibited content."),
            ("SPII", "It may contain sensitive personal information."),
            ("IMAGE_SAFETY", "The picture was flagged by a safety filter."),
            ("IMAGE_PROHIBITED_CONTENT", "The picture may contain prohibited content."),
            ("IMAGE_RECITATION", "The picture came too close to existing material."),
        )
    ],
    ("finishReason SAFETY with ratings", answers(candidate("SAFETY", safetyRatings=RATED)),
     Reason.REFUSED, "Flagged by a safety filter. (sexually explicit)"),
    ("finishReason IMAGE_SAFETY with finishMessage",
     answers(candidate("IMAGE_SAFETY", "Unable to show the generated image: policy.")),
     Reason.REFUSED, "Unable to show the generated image: policy."),
    ("finishReason IMAGE_SAFETY, parts null",
     answers(candidate("IMAGE_SAFETY", content={"parts": None})),
     Reason.REFUSED, "The picture was flagged by a safety filter."),
    *[
        (f"blockReason {reason}", answers(blocked(reason)), Reason.REFUSED, explanation)
        for reason, explanation in (
            ("SAFETY", "Flagged by a safety filter."),
            ("OTHER", "The request was blocked."),
            ("BLOCKLIST", "It contains words from a blocklist."),
            ("PROHIBITED_CONTENT", "It may contain prohibited content."),
            ("IMAGE_SAFETY", "The picture was flagged by a safety filter."),
        )
    ],
    ("blockReason SAFETY with ratings", answers(blocked("SAFETY", safetyRatings=RATED)),
     Reason.REFUSED, "Flagged by a safety filter. (sexually explicit)"),
    ("blockReason with blockReasonMessage",
     answers(blocked("PROHIBITED_CONTENT", blockReasonMessage="The prompt could not be sent.")),
     Reason.REFUSED, "The prompt could not be sent."),
    ("finishReason NO_IMAGE twice", answers(candidate("NO_IMAGE")),
     Reason.TEXT_INSTEAD, "The model was expected to make a picture, and made none."),
    ("finishReason NO_IMAGE with finishMessage", answers(candidate("NO_IMAGE", NOT_MADE)),
     Reason.TEXT_INSTEAD, NOT_MADE),
    ("finishReason IMAGE_OTHER with finishMessage", answers(candidate("IMAGE_OTHER", NOT_MADE)),
     Reason.TEXT_INSTEAD, NOT_MADE),
    ("only text, twice", answers(said("Which lighthouse do you mean?")),
     Reason.TEXT_INSTEAD, "Which lighthouse do you mean?"),
    ("only a thought picture, twice",
     answers(candidate("STOP", content={"parts": [{"thought": True, "inlineData": {
         "mimeType": "image/png", "data": base64_of(picture(64, 64))}}]})),
     Reason.UNUSABLE_ANSWER, None),
    ("finishReason IMAGE_OTHER", answers(candidate("IMAGE_OTHER")),
     Reason.UNUSABLE_ANSWER, "The model could not make the picture."),
    ("finishReason OTHER", answers(candidate("OTHER")),
     Reason.UNUSABLE_ANSWER, "The model stopped for a reason it does not give."),
    ("finishReason MAX_TOKENS", answers(said("Once upon a time", "MAX_TOKENS")),
     Reason.UNUSABLE_ANSWER, "The answer reached its largest length before there was a picture."),
    ("finishReason LANGUAGE", answers(candidate("LANGUAGE")),
     Reason.UNUSABLE_ANSWER, "The language is not supported."),
    ("finishReason MALFORMED_FUNCTION_CALL", answers(candidate("MALFORMED_FUNCTION_CALL")),
     Reason.UNUSABLE_ANSWER, None),
    ("finishReason STOP with nothing", answers(candidate("STOP")), Reason.UNUSABLE_ANSWER, None),
    ("finishReason missing", answers(candidate(None)), Reason.UNUSABLE_ANSWER, None),
    ("no candidates", answers({"usageMetadata": {}}), Reason.UNUSABLE_ANSWER, None),
    ("candidates that are none", answers({"candidates": ["x"]}), Reason.UNUSABLE_ANSWER, None),
    ("a list", answers([]), Reason.UNUSABLE_ANSWER, None),
    ("not JSON", answers('{"candidates": ['), Reason.UNUSABLE_ANSWER, None),
    ("an error with status 200", answers(error("Too many.", "RESOURCE_EXHAUSTED")),
     Reason.RATE_LIMITED, "Too many."),
    ("a picture that is not base64",
     answers(candidate("STOP", content={"parts": [{"inlineData": {"data": "%%%"}}]})),
     Reason.UNUSABLE_ANSWER, None),
    ("a long picture that is not base64",
     answers(json.dumps(candidate("STOP", content={"parts": [
         {"inlineData": {"data": "A" * 70_000 + "%" * 100_000}}]}))),
     Reason.UNUSABLE_ANSWER, None),
    ("a picture that is a web page",
     answers(candidate("STOP", content={"parts": [
         {"inlineData": {"mimeType": "image/png", "data": base64_of(b"<html></html>")}}]})),
     Reason.UNUSABLE_ANSWER, None),
]  # fmt: skip


async def provoke(server: Remote, case: dict[str, Any]) -> None:
    if {"script", "key", "largest"} & set(case):
        await server.set(**case)
    else:
        await server.fault({"path": ":generateContent", **case})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
async def test_every_failure_is_told_apart(server: Remote, gemini: Gemini, case: Case) -> None:
    _, provoked, reason, explanation = case
    if "delay" in provoked:
        gemini = Gemini(settings_for(server), limits=IMPATIENT)
    await gemini.models()
    await provoke(server, provoked)
    failure = await failed(gemini, ASKED)
    await gemini.close()
    assert failure.reason is reason
    if explanation is not None:
        assert failure.explanation == explanation
    check_what_is_read(failure)


async def test_a_prompt_that_is_too_long_is_measured_in_characters(gemini: Gemini) -> None:
    failure = await failed(gemini, replace(ASKED, prompt="word " * 120_000))
    assert failure.reason is Reason.PROMPT_TOO_LONG
    assert failure.facts == {"length": 600_000, "limit": 524_288}
    check_what_is_read(failure)


@pytest.mark.parametrize(
    ("model", "extra", "said_"),
    [
        (FLASH, {"quality": "low"}, 'Unknown name "quality": Cannot find field'),
        (FLASH, {"generationConfig": {"imageConfig": {"imageSize": "1k"}}}, "must be one"),
        (PRO, {"generationConfig": {"imageConfig": {"imageSize": "512"}}}, "must be one"),
        (PRO, {"generationConfig": {"imageConfig": {"aspectRatio": "8:1"}}}, "must be one"),
        (FLASH, {"generationConfig": {"imageConfig": {"n": 1}}}, "image_config"),
        (FLASH, {"generationConfig": {"candidateCount": 2}}, "Multiple candidates"),
        (FLASH, {"contents": []}, "contents is not specified"),
        (FLASH, {"contents": [{"role": "x", "parts": [{"text": "a"}]}]}, "valid role"),
        (FLASH, {"contents": [{"role": "model", "parts": [{"text": "a"}]}]}, "signature"),
    ],
)
async def test_what_is_not_documented_is_refused(
    gemini: Gemini, model: str, extra: dict[str, Any], said_: str
) -> None:
    failure = await failed(gemini, replace(ASKED, model=model, extra=extra))
    assert failure.reason is Reason.BAD_PARAMETERS
    assert said_ in (failure.explanation or "")


async def test_models_that_are_not_there(gemini: Gemini) -> None:
    failure = await failed(gemini, replace(ASKED, model="gemini-9"))
    assert failure.reason is Reason.UNKNOWN_MODEL
    assert "Nano Banana Pro" in reads(failure)[0]


async def test_what_a_service_says_is_made_fit_to_read(server: Remote, gemini: Gemini) -> None:
    said_ = f"<p>No.</p>  See https://example.org/a?key={KEY} (request id: 12) " + "x" * 400
    await server.fault({"path": PATH, **status("INVALID_ARGUMENT", said_)})
    explanation = (await failed(gemini, ASKED)).explanation
    assert explanation is not None
    assert explanation.startswith("No. See https://example.org/a xxx")
    assert len(explanation) == 300


# The catalogue


async def test_the_models_are_those_that_google_lists(gemini: Gemini) -> None:
    models = {model.id: model for model in await gemini.models()}
    assert set(models) == {
        FLASH, PRO, "gemini-2.5-flash-image", "gemini-3.1-flash-lite-image"
    }  # fmt: skip
    assert models[FLASH].name == "Nano Banana 2"
    assert dict(models[PRO].costs)["4K"] == Cost(0.24, "USD")
    assert models["gemini-3.1-flash-lite-image"].sizes == ("1K",)
    assert models["gemini-2.5-flash-image"].sizes == ()
    first, *_ = offered = IMAGE_MODELS.arrange(models.values())
    assert catalog.find("nano banana", offered) is first
    assert first.id == FLASH


async def test_a_preview_is_the_model_itself(server: Remote, gemini: Gemini) -> None:
    methods = ["generateContent"]
    listed = [
        {"name": f"models/{name}", "supportedGenerationMethods": methods}
        for name in ("gemini-3-pro-image-preview", "gemini-7-image", "aqa", "gemini-2.5-flash")
    ]
    await server.set(models=[*listed, "nonsense"])
    pro, new = await gemini.models()
    assert (pro.id, new.id, new.name) == (PRO, "gemini-7-image", "gemini-7-image")
    await made(gemini, replace(ASKED, model=PRO))
    [request] = await server.requests(":generateContent")
    assert request["path"].endswith("/gemini-3-pro-image-preview:generateContent")


async def test_the_catalogue_is_kept_and_refreshed(server: Remote) -> None:
    now = 0.0
    provider = Gemini(settings_for(server), limits=QUICK, clock=lambda: now)
    for _ in range(3):
        assert len(await provider.models()) == 4
    assert len(await server.requests("/v1beta/models")) == 1
    await server.set(models=[{"name": "models/gemini-3-pro-image",
                              "supportedGenerationMethods": ["generateContent"]}])  # fmt: skip
    now = 601.0
    assert len(await provider.models()) == 4  # the old one, at once
    async with asyncio.timeout(60):
        while len(await provider.models()) == 4:
            await asyncio.sleep(0.01)
    await server.fault({"path": "/v1beta/models", "status": 500, "times": 9})
    now = 1300.0
    for _ in range(5):
        assert [model.id for model in await provider.models()] == [PRO]
        await asyncio.sleep(0.02)
    await provider.close()


async def test_without_the_service_the_known_models_are_offered(server: Remote) -> None:
    await server.fault({"path": "/v1beta/models", "delay": 600, "times": 9})
    provider = Gemini(settings_for(server), limits=replace(QUICK, silence=600, total=600))
    async with asyncio.timeout(60):
        assert [model.id for model in await provider.models()] == [NEW, FLASH, LITE, PRO]
    await provider.close()


async def test_the_check_costs_nothing(server: Remote, gemini: Gemini) -> None:
    assert await gemini.check() is None
    [request] = await server.requests()
    assert (request["method"], request["path"]) == ("GET", "/v1beta/models")
    await server.set(key="another")
    failure = await gemini.check()
    assert failure is not None
    assert failure.reason is Reason.UNAUTHORIZED
    nobody = Gemini(settings_for(server, api_key=SecretStr("")), limits=QUICK)
    failure = await nobody.check()
    assert failure is not None
    assert failure.reason is Reason.UNAUTHORIZED
    await nobody.close()


# Through the running bot


async def test_every_size_and_three_ratios(start: Start, server: Remote) -> None:
    app, recorder = await start()
    jobs = {}
    for model, sizes in ((FLASH, catalog.SIZES), (PRO, catalog.SIZES[1:])):
        for number, size in enumerate(sizes):
            person = Person(app, recorder, f"{model}-{number}")
            for ratio in ("1:1", "16:9", "3:4"):
                job = await person.ask("a boat", model=model, size=size, aspect_ratio=ratio)
                jobs[job] = dimensions(size, ratio)
    for job, pixels in jobs.items():
        message = await recorder.final(job)
        assert message.status is Status.SUCCEEDED
        [shown] = message.pictures
        assert (shown.width, shown.height) == pixels
        assert message.cost is not None
        assert message.cost.unit == "USD"
    sent = {
        (config["imageSize"], config["aspectRatio"])
        for config in (body["generationConfig"]["imageConfig"] for body in await bodies(server))
    }
    assert len(sent) == 12


async def test_edits_with_one_and_with_several_pictures(start: Start, server: Remote) -> None:
    app, recorder = await start()
    person = Person(app, recorder)
    pictures = [picture(80, 60, color=color) for color in ("red", "green", "blue")]
    for given in (pictures[:1], pictures):
        message = await recorder.final(await person.ask("make it warmer", given))
        assert message.status is Status.SUCCEEDED
        parts = (await bodies(server))[-1]["contents"][0]["parts"]
        assert [base64.b64decode(part["inlineData"]["data"]) for part in parts[:-1]] == given
        assert parts[-1] == {"text": "make it warmer"}


async def test_three_and_two_of_three_through_the_bot(start: Start, server: Remote) -> None:
    app, recorder = await start()
    person = Person(app, recorder)
    message = await recorder.final(await person.ask("a boat", count=3))
    assert len(message.pictures) == 3
    await server.set(script=[candidate("IMAGE_SAFETY")])
    message = await recorder.final(await person.ask("a boat", count=3))
    assert len(message.pictures) == 2
    assert message.notes == (Note("partly_done", {"done": 2, "count": 3}),)


async def test_no_key_is_written_anywhere(
    start: Start,
    server: Remote,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    key = "AIzaSyLEAKED-unique-key-0123456789abcd"
    configured = settings_for(server, api_key=SecretStr(key))
    provider = Gemini(configured, limits=IMPATIENT)
    shown = repr(configured) + repr(provider) + repr(vars(provider)) + str(configured)
    await server.set(key=key)
    for _, case, *_ in CASES:
        await server.forget()
        await server.set(key="another" if "key" in case else key, echo_key=True)
        if "key" not in case:
            await provoke(server, case)
        failure = await failed(provider, ASKED)
        shown += repr(failure) + repr(failure.problem) + "".join(reads(failure))
    await server.fault({"path": PATH, "status": 400, "body": f"<p>your key {key}</p>"})
    shown += repr(await failed(provider, ASKED))
    await provider.close()
    assert shown.find(key) < 0

    await server.forget()
    await server.set(key="another", echo_key=True)  # and the bot's own key is refused with it
    app, recorder = await start()
    message = await recorder.final(await Person(app, recorder).ask("a boat"))
    assert message.problem is not None
    assert message.problem.reason == "unauthorized"
    written = everything_written(Path(settings.data_dir), caplog, capsys)
    for secret in (key, KEY):
        assert secret.encode() not in written
        assert secret not in repr(recorder.shown)
