"""AIHubMix against an emulator of its API, alone and through the running bot."""

import asyncio
import base64
import io
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
from bot.domain.failures import Reason
from bot.domain.generation import Reference, Request, Ticket
from bot.providers._http.client import ResponseLimits
from bot.providers.aihubmix import AIHubMix, AIHubMixSettings
from bot.settings import Settings
from messages import Cost, Note, Status
from tests.emulators import generate_content
from tests.emulators.aihubmix import KEY
from tests.emulators.generate_content import candidate, dimensions, retry_info
from tests.emulators.pictures import base64_of, picture
from tests.emulators.process import Remote, Shared
from tests.support.asking import (
    Person,
    check_what_is_read,
    everything_written,
    failed,
    made,
    reads,
)
from tests.support.model_ids import FLASH as NEW
from tests.support.model_ids import LITE, PRO
from tests.support.model_ids import OLD_FLASH as FLASH
from tests.support.scripted import Recorder

Start = Callable[[], Awaitable[tuple[App, Recorder]]]

QUICK = ResponseLimits(connect=20, silence=60, total=90, attempts=3, first_pause=0.001)
IMPATIENT = replace(QUICK, silence=1.5, paying=1.5)
FREE = "gpt-image-2-free"
OFFERS = [f"{FLASH}-preview", PRO, FLASH]
PREDICT = "/v1/models/openai/gpt-image-2-free/predictions"
GENERATE = "/gemini/v1beta/models/gemini-3.1-flash-image:generateContent"
ASKED = Request(key="k", prompt="a lighthouse", model=FREE, size="1K", aspect_ratio="1:1")
BANANA = replace(ASKED, model=FLASH)


@pytest.fixture(scope="session")
def emulator(emulator_of: Shared) -> Remote:
    return emulator_of("aihubmix", offers=tuple(OFFERS))


@pytest.fixture
async def server(emulator: Remote) -> Remote:
    await emulator.forget()
    return emulator


def settings_for(server: Remote, **more: Any) -> AIHubMixSettings:
    values = {"api_key": SecretStr(KEY), "base_url": f"{server.url}/v1", **more}
    return AIHubMixSettings(**values)


@pytest.fixture
async def aihubmix(server: Remote) -> AsyncIterator[AIHubMix]:
    provider = AIHubMix(settings_for(server), limits=QUICK)
    yield provider
    await provider.close()


@pytest.fixture
def settings(settings: Settings, server: Remote, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The running bot uses AIHubMix."""
    monkeypatch.setenv("AIHUBMIX_API_KEY", KEY)
    monkeypatch.setenv("AIHUBMIX_BASE_URL", f"{server.url}/v1")
    return settings.model_copy(update={"provider": "aihubmix"})


def size_of(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as image:
        return image.size


def reference(mime: str = "image/png", data: bytes | None = None) -> Reference:
    return Reference("img_1", mime, data or picture(60, 40, color="green"))


async def sent(server: Remote, path: str = "/predictions") -> list[dict[str, Any]]:
    return [request["body"] for request in await server.requests(path)]


# Predictions


@pytest.mark.parametrize(
    ("ratio", "size"), [("1:1", "1024x1024"), ("3:2", "1536x1024"), ("2:3", "1024x1536")]
)
async def test_the_request_is_as_documented(
    server: Remote, aihubmix: AIHubMix, ratio: str, size: str
) -> None:
    pictures = await made(aihubmix, replace(ASKED, aspect_ratio=ratio))
    [request] = await server.requests(PREDICT)
    assert request["body"] == {"input": {"prompt": "a lighthouse", "n": 1, "size": size}}
    assert request["headers"]["authorization"] == f"Bearer {KEY}"
    assert request["headers"]["content-type"] == "application/json"
    assert "x-goog-api-key" not in request["headers"]
    [item] = pictures.items
    assert "x".join(map(str, size_of(item))) == size


async def test_what_is_left_to_the_model_is_left_out(server: Remote, aihubmix: AIHubMix) -> None:
    await made(aihubmix, replace(ASKED, aspect_ratio=None))
    assert await sent(server) == [{"input": {"prompt": "a lighthouse", "n": 1}}]


async def test_pictures_to_work_from(server: Remote, aihubmix: AIHubMix) -> None:
    url = f"data:image/png;base64,{base64_of(reference().data)}"
    await made(aihubmix, replace(ASKED, references=(reference(),)))
    await made(aihubmix, replace(ASKED, references=(reference(), reference())))
    await made(
        aihubmix,
        replace(ASKED, references=(reference("image/gif", picture(50, 40, kind="GIF")),)),
    )
    one, two, gif = await sent(server)
    assert one["input"]["image"] == url
    assert two["input"]["image"] == [url, url]
    kind, _, data = gif["input"]["image"].partition(";base64,")
    assert kind == "data:image/png"
    assert size_of(base64.b64decode(data)) == (50, 40)


async def test_extra_fields_go_into_the_input(server: Remote) -> None:
    provider = AIHubMix(
        settings_for(
            server,
            extra_headers={"APP-Code": "bananas"},
            extra_body={"quality": "low", "background": "auto"},
        ),
        limits=QUICK,
    )
    await made(provider, replace(ASKED, extra={"background": "opaque"}))
    [request] = await server.requests(PREDICT)
    assert request["headers"]["app-code"] == "bananas"
    assert request["body"]["input"] == {
        "prompt": "a lighthouse", "n": 1, "size": "1024x1024", "quality": "low",
        "background": "opaque",
    }  # fmt: skip
    await made(provider, BANANA)  # which knows no quality, and would be refused with one
    [request] = await server.requests(GENERATE)
    assert request["headers"]["app-code"] == "bananas"
    assert set(request["body"]) == {"contents", "generationConfig"}
    await provider.close()


@pytest.mark.parametrize("style", ["object", "list", "links", "urls", "data", "strings"])
async def test_every_shape_of_an_output(server: Remote, aihubmix: AIHubMix, style: str) -> None:
    await server.set(style=style)
    pictures = await made(aihubmix, replace(ASKED, count=2, aspect_ratio="3:2"))
    assert [size_of(item) for item in pictures.items] == [(1536, 1024)] * 2
    for request in await server.requests("/files/"):
        assert "authorization" not in request["headers"]


async def test_several_pictures_of_one_call(server: Remote, aihubmix: AIHubMix) -> None:
    assert len((await made(aihubmix, replace(ASKED, count=3))).items) == 3
    assert [body["input"]["n"] for body in await sent(server)] == [3]
    assert len((await made(aihubmix, replace(ASKED, count=7))).items) == 7
    assert sorted(body["input"]["n"] for body in (await sent(server))[1:]) == [3, 4]


async def test_those_that_succeed_are_delivered(server: Remote, aihubmix: AIHubMix) -> None:
    await server.set(fewer=1)
    pictures = await made(aihubmix, replace(ASKED, count=3))
    assert len(pictures.items) == 2
    assert pictures.notes == (Note("partly_done", {"done": 2, "count": 3}),)


async def test_what_is_free_says_so(aihubmix: AIHubMix) -> None:
    assert await aihubmix.submit(ASKED) == Ticket(id="", cost=Cost(0, "USD"))
    assert (await made(aihubmix, ASKED)).cost == Cost(0, "USD")
    for model in ("gpt-image-2", FLASH):
        asked = replace(ASKED, model=model)
        assert await aihubmix.submit(asked) == Ticket(id="")
        assert (await made(aihubmix, asked)).cost is None


# The Gemini models


async def test_the_gemini_models_have_their_own_way(server: Remote, aihubmix: AIHubMix) -> None:
    asked = replace(BANANA, size="2K", aspect_ratio="16:9", references=(reference(),))
    [item] = (await made(aihubmix, asked)).items
    [request] = await server.requests(GENERATE)
    blob = {"mimeType": "image/png", "data": base64_of(reference().data)}
    assert request["body"] == {
        "contents": [{"role": "user", "parts": [{"inlineData": blob}, {"text": "a lighthouse"}]}],
        "generationConfig": {
            "responseModalities": ["TEXT", "IMAGE"],
            "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"},
        },
    }
    assert request["headers"]["x-goog-api-key"] == KEY
    assert "authorization" not in request["headers"]
    assert size_of(item) == (2752, 1536)


async def test_the_same_translation_reads_its_answers(server: Remote, aihubmix: AIHubMix) -> None:
    await server.set(script=[candidate("NO_IMAGE"), None, None, candidate("IMAGE_SAFETY")])
    assert (await made(aihubmix, BANANA)).items
    pictures = await made(aihubmix, replace(BANANA, count=2))
    assert pictures.notes == (Note("partly_done", {"done": 1, "count": 2}),)


# What can go wrong

REJECTED = "Your request was rejected by the safety system. safety_violations=[violence]."
MODEL = (
    "Incorrect model ID. Please request to view the model page or you do not have permission to "
    "use this model"
)
BALANCE = (
    "Your account balance is insufficient. Please recharge your account to continue using the API."
)


def answer(
    status: int, message: str, code: str = "", kind: str = "Aihubmix_api_error"
) -> dict[str, Any]:
    inner = {"message": f"{message} (tid: 2026112108590012)", "type": kind, "param": "",
             "code": code}  # fmt: skip
    return {"status": status, "body": {"error": inner}, "times": 9}


def google(name: str, message: str, *details: Any) -> dict[str, Any]:
    body = generate_content.error(message, name, list(details))
    return {"status": body["error"]["code"], "body": body, "times": 9}


Case = tuple[str, dict[str, Any], Reason, str | None]
CASES: list[Case] = [
    ("401", {"key": "another"}, Reason.UNAUTHORIZED, "Incorrect API key provided"),
    ("403 insufficient_user_quota", answer(403, BALANCE, "insufficient_user_quota"),
     Reason.OUT_OF_CREDIT, BALANCE),
    ("403 without a code", answer(403, "This key may not be used here."),
     Reason.UNAUTHORIZED, "This key may not be used here."),
    ("400 Incorrect model ID", answer(400, MODEL), Reason.UNKNOWN_MODEL, MODEL),
    ("400 moderation_blocked",
     answer(400, REJECTED, "moderation_blocked", "image_generation_user_error"),
     Reason.REFUSED, REJECTED),
    ("400 without a code, by its sentence", answer(400, REJECTED), Reason.REFUSED, REJECTED),
    ("400 content_policy_violation", answer(400, "It is against the policy.",
                                            "content_policy_violation"),
     Reason.REFUSED, "It is against the policy."),
    ("400 invalid_value", answer(400, "Invalid value: '8x8'.", "invalid_value"),
     Reason.BAD_PARAMETERS, "Invalid value: '8x8'."),
    ("400 invalid_image_file", answer(400, "Invalid image file or mode.", "invalid_image_file"),
     Reason.REFERENCE_UNUSABLE, "Invalid image file or mode."),
    ("404", answer(404, "Invalid URL."), Reason.BAD_PARAMETERS, "Invalid URL."),
    ("413", answer(413, "The request is too large."),
     Reason.REFERENCE_TOO_LARGE, "The request is too large."),
    ("429", answer(429, "The free model is busy.", "rate_limit_exceeded"),
     Reason.RATE_LIMITED, "The free model is busy."),
    ("429 insufficient_quota", answer(429, "You exceeded your quota.", "insufficient_quota"),
     Reason.OUT_OF_CREDIT, "You exceeded your quota."),
    ("500 upstream_error", answer(500, "The upstream failed.", "bad_response", "upstream_error"),
     Reason.PROVIDER_DOWN, "The upstream failed."),
    ("502 with HTML", {"status": 502, "body": "<html><h1>Bad Gateway</h1></html>"},
     Reason.PROVIDER_DOWN, None),
    ("503", answer(503, "No channel is available."),
     Reason.PROVIDER_DOWN, "No channel is available."),
    ("524", {"status": 524, "body": "<html>A timeout occurred</html>"}, Reason.TIMEOUT, None),
    ("no answer", {"delay": 600}, Reason.TIMEOUT, None),
    ("the connection breaks", {"reset": True}, Reason.NETWORK, None),
    ("a redirect elsewhere", {"location": "https://example.org/x"}, Reason.UNUSABLE_ANSWER, None),
    ("an error with status 200", {"answer": {"error": {"message": "It did not work."}}},
     Reason.UNUSABLE_ANSWER, "It did not work."),
    ("a refusal with status 200",
     {"answer": {"error": {"message": "Blocked.", "code": "moderation_blocked"}}},
     Reason.REFUSED, "Blocked."),
    ("an error that is a text", {"answer": {"error": "It did not work."}},
     Reason.UNUSABLE_ANSWER, "It did not work."),
    ("not JSON", {"status": 200, "body": "{", "content_type": "application/json"},
     Reason.UNUSABLE_ANSWER, None),
    ("a list", {"answer": []}, Reason.UNUSABLE_ANSWER, None),
    ("no output", {"answer": {"usage": {}}}, Reason.UNUSABLE_ANSWER, None),
    ("an empty output", {"answer": {"output": {"b64_json": [], "urls": []}}},
     Reason.UNUSABLE_ANSWER, None),
    ("a task instead of a picture", {"answer": {"task_id": "1", "status": "processing"}},
     Reason.UNUSABLE_ANSWER, None),
    ("a picture that is not base64", {"answer": {"output": [{"b64_json": "%%%"}]}},
     Reason.UNUSABLE_ANSWER, None),
    ("a picture that is a web page",
     {"answer": {"output": [{"b64_json": base64_of(b"<html></html>")}]}},
     Reason.UNUSABLE_ANSWER, None),
    ("a link that leads nowhere", {"style": "links", "broken": True}, Reason.NETWORK, None),
    ("a link to a private network", {"answer": {"output": [{"url": "http://10.0.0.1/a.png"}]}},
     Reason.UNUSABLE_ANSWER, None),
    ("a link to a file", {"answer": {"output": [{"url": "file:///etc/passwd"}]}},
     Reason.UNUSABLE_ANSWER, None),
]  # fmt: skip
GEMINI_CASES: list[Case] = [
    ("Gemini: 401", {"key": "another"}, Reason.UNAUTHORIZED, "Incorrect API key provided"),
    ("Gemini: 403 insufficient_user_quota", answer(403, BALANCE, "insufficient_user_quota"),
     Reason.OUT_OF_CREDIT, BALANCE),
    ("Gemini: 400 Incorrect model ID", answer(400, MODEL), Reason.UNKNOWN_MODEL, MODEL),
    ("Gemini: 400 INVALID_ARGUMENT", google("INVALID_ARGUMENT", "Invalid argument."),
     Reason.BAD_PARAMETERS, "Invalid argument."),
    ("Gemini: 429 RESOURCE_EXHAUSTED",
     google("RESOURCE_EXHAUSTED", "Resource exhausted.", retry_info("40s")),
     Reason.RATE_LIMITED, "Resource exhausted."),
    ("Gemini: 503 UNAVAILABLE", google("UNAVAILABLE", "The model is overloaded."),
     Reason.PROVIDER_DOWN, "The model is overloaded."),
    ("Gemini: finishReason IMAGE_SAFETY", {"script": [candidate("IMAGE_SAFETY")]},
     Reason.REFUSED, "The picture was flagged by a safety filter."),
    ("Gemini: finishReason NO_IMAGE twice", {"script": [candidate("NO_IMAGE")] * 2},
     Reason.TEXT_INSTEAD, "The model was expected to make a picture, and made none."),
]  # fmt: skip
ALL = [(ASKED, case) for case in CASES] + [(BANANA, case) for case in GEMINI_CASES]


async def provoke(server: Remote, case: dict[str, Any]) -> None:
    if {"script", "key", "answer", "style"} & set(case):
        await server.set(**case)
    else:
        await server.fault({"path": "predictions|generateContent", **case})


@pytest.mark.parametrize(("asked", "case"), ALL, ids=[case[0] for _, case in ALL])
async def test_every_failure_is_told_apart(
    server: Remote, aihubmix: AIHubMix, asked: Request, case: Case
) -> None:
    _, provoked, reason, explanation = case
    if "delay" in provoked:
        aihubmix = AIHubMix(settings_for(server), limits=IMPATIENT)
    await aihubmix.models()
    await provoke(server, provoked)
    failure = await failed(aihubmix, asked)
    await aihubmix.close()
    assert failure.reason is reason
    assert failure.explanation == explanation
    check_what_is_read(failure)


async def test_a_prompt_that_is_too_long(aihubmix: AIHubMix) -> None:
    failure = await failed(aihubmix, replace(ASKED, prompt="x" * 40_000))
    assert failure.reason is Reason.PROMPT_TOO_LONG
    assert failure.facts == {"length": 40_000, "limit": 32_000}
    check_what_is_read(failure)


@pytest.mark.parametrize(
    "extra",
    [{"style": "vivid"}, {"quality": "hd"}, {"size": "2K"}, {"n": 9}, {"n": "1"}, {"n": True}],
)
async def test_what_is_not_documented_is_refused(aihubmix: AIHubMix, extra: dict[str, Any]) -> None:
    failure = await failed(aihubmix, replace(ASKED, extra=extra))
    assert failure.reason is Reason.BAD_PARAMETERS
    assert failure.explanation


async def test_what_need_not_be_asked(server: Remote, aihubmix: AIHubMix) -> None:
    failure = await failed(aihubmix, replace(ASKED, model="gpt-9"))
    assert failure.reason is Reason.UNKNOWN_MODEL
    assert "Nano Banana Pro" in reads(failure)[0]
    broken = reference("image/gif", b"GIF89a nothing")
    failure = await failed(aihubmix, replace(ASKED, references=(broken,)))
    assert failure.reason is Reason.REFERENCE_UNUSABLE
    assert await sent(server) == []


async def test_what_was_not_begun_is_repeated(server: Remote, aihubmix: AIHubMix) -> None:
    for status in (429, 503):
        await server.forget()
        await server.fault({"path": PREDICT, "status": status, "times": 2, "body": {"error": {}}})
        assert (await made(aihubmix, ASKED)).items
        assert len(await sent(server)) == 3
    await server.forget()
    await server.fault({"path": PREDICT, "status": 500, "times": 2, "body": {"error": {}}})
    assert (await failed(aihubmix, ASKED)).reason is Reason.PROVIDER_DOWN
    assert len(await sent(server)) == 1
    await server.forget()
    waiting = answer(429, "Wait.") | {"headers": {"Retry-After": "90"}}
    await server.fault({"path": PREDICT, **waiting})
    assert (await failed(aihubmix, ASKED)).retry_after == 90
    assert len(await sent(server)) == 1


# The catalogue


async def test_the_models_are_those_that_a_way_leads_to(aihubmix: AIHubMix) -> None:
    models = {model.id: model for model in await aihubmix.models()}
    assert list(models) == [FLASH, PRO, "gpt-image-2", FREE, "gpt-image-1.5"]
    assert models[FREE].name == "GPT Image 2 (free trial, unreliable)"
    assert models["gpt-image-1.5"].name == "GPT Image 1.5"
    assert catalog.find(f"openai/{FREE}", models.values()) == models[FREE]


async def test_a_model_that_is_only_a_preview_is_called_so(
    server: Remote, aihubmix: AIHubMix
) -> None:
    preview = {"model_id": "gemini-3-pro-image-preview", "types": "image_generation"}
    await server.set(
        offers=[preview["model_id"]], catalogue=[preview, {"types": "image_generation"}]
    )
    [model] = await aihubmix.models()
    assert model.id == PRO
    await made(aihubmix, replace(BANANA, model=PRO))
    [request] = await server.requests(":generateContent")
    assert request["path"].endswith("/gemini-3-pro-image-preview:generateContent")


async def test_without_the_list_the_known_models_are_offered(server: Remote) -> None:
    for fault in ({"status": 500}, {"status": 200, "body": {"data": None}}, {"reset": True}):
        await server.forget()
        await server.fault({"path": "/api/v1/models", "times": 9, **fault})
        provider = AIHubMix(settings_for(server), limits=QUICK)
        models = [model.id for model in await provider.models()]
        assert models == [NEW, FLASH, LITE, PRO]
        assert (await made(provider, BANANA)).items
        await provider.close()


async def test_the_check_costs_nothing(server: Remote, aihubmix: AIHubMix) -> None:
    assert await aihubmix.check() is None
    [request] = await server.requests()
    assert (request["method"], request["path"]) == ("GET", "/dashboard/billing/remain")
    assert await server.paid() == []
    assert aihubmix.left == "$12.50 left"
    for left, told in (
        (-1, "this key has no limit"),
        (0.004, "$0.00 left"),
        (1234, "$1,234.00 left"),
    ):
        await server.set(remain=left)
        assert await aihubmix.check() is None
        assert aihubmix.left == told
    for left, why in ((0, Reason.OUT_OF_CREDIT), (None, Reason.UNUSABLE_ANSWER)):
        await server.set(remain=left)
        failure = await aihubmix.check()
        assert failure is not None
        assert failure.reason is why
    await server.set(key="another")  # the list of models would not mind
    failure = await aihubmix.check()
    assert failure is not None
    assert failure.reason is Reason.UNAUTHORIZED


@pytest.mark.parametrize(
    ("stage", "offered"),
    [(None, True), ("", True), ("active", True), ("retired", False), ("offline", False)],
)
async def test_trials_say_so_and_what_is_taken_away_is_not_offered(
    server: Remote, aihubmix: AIHubMix, stage: str | None, offered: bool
) -> None:
    kinds = {"types": "image_generation", "retire_stage": stage}
    trials = ("gemini-2.5-flash-image-free", "gpt-image-2-free")
    await server.set(
        catalogue=[kinds | {"model_id": id} for id in trials]
        + [{"model_id": "gpt-image-2", "types": "image_generation"}]
    )
    models = {model.id: model for model in await aihubmix.models()}
    assert ("gpt-image-2-free" in models) is offered
    for model in models.values():
        free = model.id.endswith("-free")
        assert model.name.endswith("(free trial, unreliable)") is free
        assert model.costs == ((("", Cost(0, "USD")),) if free else ())
        assert catalog.find(model.id, models.values()) is model


# Through the running bot


async def test_every_model_size_and_three_ratios(start: Start, server: Remote) -> None:
    app, recorder = await start()
    jobs = {}
    wanted = [(FREE, "1K", ("1:1", "3:2", "2:3"))]
    wanted += [(FLASH, size, ("1:1", "16:9", "3:4")) for size in catalog.SIZES]
    for number, (model, size, ratios) in enumerate(wanted):
        person = Person(app, recorder, f"person {number}")
        for ratio in ratios:
            job = await person.ask("a boat", model=model, size=size, aspect_ratio=ratio)
            table = {"1:1": (1024, 1024), "3:2": (1536, 1024), "2:3": (1024, 1536)}
            jobs[job] = table[ratio] if model == FREE else dimensions(size, ratio)
    for job, pixels in jobs.items():
        message = await recorder.final(job)
        assert message.status is Status.SUCCEEDED
        [shown] = message.pictures
        assert (shown.width, shown.height) == pixels


async def test_edits_and_several_pictures_through_the_bot(start: Start, server: Remote) -> None:
    app, recorder = await start()
    person = Person(app, recorder)
    pictures = [picture(80, 60, color=color) for color in ("red", "green", "blue")]
    urls = [f"data:image/png;base64,{base64_of(data)}" for data in pictures]
    for given, expected in ((pictures[:1], urls[0]), (pictures, urls)):
        message = await recorder.final(await person.ask("warmer", given, model=FREE, count=3))
        assert message.status is Status.SUCCEEDED
        assert len(message.pictures) == 3
        assert (await sent(server))[-1] == {
            "input": {"prompt": "warmer", "n": 3, "image": expected}
        }


async def test_no_key_is_written_anywhere(
    start: Start,
    server: Remote,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    key = "sk-LEAKED-unique-key-0123456789abcd"
    configured = settings_for(server, api_key=SecretStr(key))
    provider = AIHubMix(configured, limits=IMPATIENT)
    shown = repr(configured) + repr(provider) + repr(vars(provider)) + str(configured)
    for asked, (_, case, *_) in ALL:
        await server.forget()
        await server.set(key="another" if "key" in case else key, echo_key=True)
        if "key" not in case:
            await provoke(server, case)
        failure = await failed(provider, asked)
        shown += repr(failure) + repr(failure.problem) + "".join(reads(failure))
    await server.fault({"path": PREDICT, "status": 400, "body": f"<p>your key {key}</p>"})
    shown += repr(await failed(provider, ASKED))
    await provider.close()
    assert shown.find(key) < 0

    await server.forget()
    await server.set(key="another", echo_key=True)
    app, recorder = await start()
    person = Person(app, recorder)
    jobs = [await person.ask("a boat", model=model) for model in (FREE, FLASH)]
    finals = await asyncio.gather(*map(recorder.final, jobs))
    assert [m.problem.reason for m in finals if m.problem] == ["unauthorized"] * 2
    written = everything_written(Path(settings.data_dir), caplog, capsys)
    for secret in (key, KEY):
        assert written.find(secret.encode()) < 0
        assert repr(recorder.shown).find(secret) < 0
