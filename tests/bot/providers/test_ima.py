"""IMA against an emulator of its API, alone and through the running bot."""

import asyncio
import io
import json
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydantic import SecretStr

from bot.app import App
from bot.domain import catalog
from bot.domain.failures import Failure, Reason
from bot.domain.generation import Progress, Reference, Request, Ticket
from bot.domain.image_models import IMAGE_MODELS
from bot.domain.requests import JSON
from bot.providers import ima as module
from bot.providers._http.client import RESULT_SECONDS, ResponseLimits
from bot.providers.ima import Ima, ImaSettings, polling
from bot.providers.ima import products as listing
from bot.providers.ima.answers import AnswerReader, secured
from bot.providers.ima.orders import UNCERTAIN
from bot.providers.ima.polling import LONGEST, LOOKS_PER_SECOND, SHORTEST, pause
from bot.providers.ima.products import PricedChoice, Product, Rule
from bot.providers.ima.uploads import signature
from bot.settings import Settings
from messages import Cost, Note, Status
from tests.emulators.ima import COMMON, FOURTEEN
from tests.emulators.process import Remote, Shared
from tests.support.asking import (
    Person,
    check_what_is_read,
    collected,
    everything_written,
    failed,
    made,
)
from tests.support.forked_program import ForkedProgram
from tests.support.model_ids import OLD_FLASH as FLASH
from tests.support.model_ids import PRO
from tests.support.scripted import Recorder, png

Start = Callable[[], Awaitable[tuple[App, Recorder]]]

KEY = "ima_test-5c1f0e9b7a"
APP_KEY = "signing-4e2d8c6f"
QUICK = ResponseLimits(connect=20, silence=60, total=90, attempts=3, first_pause=0.001)
IMPATIENT = replace(QUICK, silence=1.5, paying=1.5)
ASKED = Request(key="k", prompt="a lighthouse", model=FLASH, size="1K", aspect_ratio="1:1")
WIRE = {"512": "512px", "1K": "1K", "2K": "2K", "4K": "4K"}
ATTRIBUTES = {
    (FLASH, "text_to_image"): {"512": 4400, "1K": 4401, "2K": 4402, "4K": 4403},
    (FLASH, "image_to_image"): {"512": 4404, "1K": 4405, "2K": 4406, "4K": 4407},
    (PRO, "text_to_image"): {"1K": 2399, "2K": 2400, "4K": 2401},
    (PRO, "image_to_image"): {"1K": 2402, "2K": 2403, "4K": 2404},
}
POINTS = {
    FLASH: {"512": 4, "1K": 6, "2K": 10, "4K": 13},
    PRO: {"1K": 10, "2K": 10, "4K": 18},
}


def reference(kind: str = "PNG", mime: str = "image/png", color: str = "navy") -> Reference:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), color).save(file, kind)
    return Reference("img_0123456789ab", mime, file.getvalue())


@pytest.fixture(scope="session")
def emulator(emulator_of: Shared) -> Remote:
    return emulator_of("ima")


@pytest.fixture
async def server(emulator: Remote) -> Remote:
    await emulator.forget()
    await emulator.set(key=KEY, app_key=APP_KEY, duration=0)
    return emulator


def settings_for(server: Remote, **more: Any) -> ImaSettings:
    values: dict[str, Any] = {
        "api_key": SecretStr(KEY),
        "base_url": server.url,
        "upload_url": server.url,
        "app_key": SecretStr(APP_KEY),
    }
    return ImaSettings(**(values | more))


class Hurry:
    """A sleep that is over at once, and remembers how long it was to be."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        await asyncio.sleep(min(seconds, 0.002))


@pytest.fixture(autouse=True)
def _no_pauses() -> Iterator[None]:
    """What is tried again is tried as often as always, and at once."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


@pytest.fixture
def hurry() -> Hurry:
    return Hurry()


@pytest.fixture
async def ima(server: Remote, hurry: Hurry) -> AsyncIterator[Ima]:
    provider = Ima(settings_for(server), QUICK, sleep=hurry)
    yield provider
    await provider.close()


async def tasks(server: Remote) -> list[dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.get(f"{server.url}/_ctl/tasks") as got:
        return list(await got.json())


# When to look


def test_looks_are_sparse_at_first_dense_when_it_is_expected_and_then_fewer() -> None:
    expected = (20, 35)
    gaps, elapsed = [], 0.0
    while elapsed < 300:
        gaps.append((elapsed, pause(elapsed, expected)))
        elapsed += gaps[-1][1]
    assert gaps[0][1] > 15
    assert all(gap < 3.6 for at, gap in gaps if 18 < at < 35)
    assert all(gap < 3.1 for at, gap in gaps if 30 < at < 61)
    late = [gap for at, gap in gaps if at > 62]
    assert late == sorted(late)
    assert late[-1] == LONGEST


@given(
    elapsed=st.floats(-1e6, 1e6),
    expected=st.tuples(st.integers(0, 2000), st.integers(0, 2000)),
)
def test_a_pause_is_never_long_once_it_is_expected(
    elapsed: float, expected: tuple[int, int]
) -> None:
    wait = pause(elapsed, expected)
    assert wait >= SHORTEST * 0.999
    longest = max(1, *expected)
    assert wait <= max(LONGEST, 2 * longest)
    if elapsed > 1.75 * longest:
        assert wait <= LONGEST


@given(st.integers(5, 60), st.integers(1, 60))
def test_asking_again_does_not_move_the_looks(shortest: int, length: int) -> None:
    expected = (shortest, shortest + length)
    first = pause(0.0, expected)
    for part in (0.1, 0.5, 0.9):
        if first * (1 - part) > SHORTEST:
            assert pause(first * part, expected) == pytest.approx(first * (1 - part))


@pytest.mark.parametrize("seed", range(10))
def test_finished_pictures_are_noticed_sooner_with_no_more_requests(seed: int) -> None:
    chance = random.Random(seed)
    durations = [chance.uniform(15, 60) for _ in range(200)]
    lags, looks, usual = 0.0, 0, 0
    for duration in durations:
        elapsed = 0.0
        while elapsed < duration:
            elapsed += pause(elapsed, (20, 35))
            looks += 1
        lags += elapsed - duration
        usual += int(-(-duration // 5)) + 1
    assert looks <= usual
    assert lags / len(durations) < 1.5  # 2.5 with a look every five seconds


# The product list


def product(**more: Any) -> Product:
    values: dict[str, Any] = {
        "id": "x-1",
        "model_id": "x",
        "name": "X",
        "seconds": None,
        "defaults": {"size": "1K"},
        "options": {"size": ("512px", "1K", "4K"), "aspect_ratio": ("1:1", "16:9")},
        "rules": (
            Rule(1, 4, {"size": "512px"}),
            Rule(2, 6, {"size": "1K"}),
            Rule(3, 13, {"size": "4K"}),
        ),
    }
    return Product(**(values | more))


@pytest.mark.parametrize(
    ("asked", "rule", "sent"),
    [
        ({}, 2, {"size": "1K"}),
        ({"size": "512"}, 1, {"size": "512px"}),
        ({"size": "512px"}, 1, {"size": "512px"}),
        ({"size": "1k"}, 2, {"size": "1K"}),
        ({"size": "4K", "aspect_ratio": "16:9"}, 3, {"size": "4K", "aspect_ratio": "16:9"}),
        ({"size": None, "seed": 7}, 2, {"size": "1K", "seed": 7}),
    ],
)
def test_a_choice_has_the_one_rule_that_fits(
    asked: Mapping[str, JSON], rule: int, sent: Mapping[str, JSON]
) -> None:
    found = product().settle(asked)
    assert isinstance(found, PricedChoice)
    assert (found.rule.attribute_id, found.parameters) == (rule, sent)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"size": "8K"}, Reason.UNSUPPORTED_SIZE),
        ({"size": "2K"}, Reason.UNSUPPORTED_SIZE),
        ({"size": "2048x2048"}, Reason.UNSUPPORTED_SIZE),
        ({"size": "adaptive"}, Reason.UNSUPPORTED_SIZE),
        ({"aspect_ratio": "7:5"}, Reason.UNSUPPORTED_RATIO),
    ],
)
def test_what_is_not_offered_is_refused_and_never_the_cheapest(
    asked: Mapping[str, JSON], reason: Reason
) -> None:
    found = product().settle(asked)
    assert isinstance(found, Failure)
    assert found.reason is reason
    check_what_is_read(found)


def test_an_option_without_a_rule_has_no_price() -> None:
    lacking = product(rules=(Rule(1, 4, {"size": "512px"}),))
    assert lacking.sizes() == ("512",)
    found = lacking.settle({"size": "4K"})
    assert isinstance(found, Failure)
    assert found.facts["sizes"] == ("512",)
    assert isinstance(lacking.settle({}), Failure)  # the default size has no price either


def test_rules_of_several_attributes_and_of_none() -> None:
    quality = product(
        defaults={"size": "1K"},
        rules=(
            Rule(1, 9, {"size": "1K", "quality": "high"}),
            Rule(2, 5, {"size": "1K", "quality": "low"}),
        ),
    )
    cheapest = quality.settle({})
    assert isinstance(cheapest, PricedChoice)
    assert cheapest.parameters == {"size": "1K", "quality": "low"}
    chosen = quality.settle({"quality": "HIGH"})
    assert isinstance(chosen, PricedChoice)
    assert (chosen.rule.attribute_id, chosen.parameters["quality"]) == (1, "high")
    plain = product(defaults={}, options={}, rules=(Rule(1, 5, {}),))
    assert isinstance(plain.settle({}), PricedChoice)
    assert plain.sizes() == ()
    assert plain.costs() == (("", Cost(5, "points")),)
    assert isinstance(plain.settle({"size": "1K"}), Failure)
    assert isinstance(plain.settle({"aspect_ratio": "1:1"}), Failure)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    ["type", "children", "form_config", "credit_rules", "files", "tags", "id"]
                ),
                inner | st.just("3"),
                max_size=5,
            )
        ),
        max_leaves=20,
    )
)
def test_a_list_of_any_shape_can_be_read(tree: Any) -> None:
    assert isinstance(listing.products(tree, IMAGE_MODELS), list)


# Ordering


async def test_what_is_offered(server: Remote, ima: Ima) -> None:
    flash, pro = await ima.models()
    assert (flash.id, flash.name, flash.sizes) == (FLASH, "Nano Banana 2", catalog.SIZES)
    assert flash.aspect_ratios == FOURTEEN
    assert (flash.seconds, flash.max_references) == ((20, 35), 14)
    assert dict(flash.costs) == {s: Cost(p, "points") for s, p in POINTS[FLASH].items()}
    assert (pro.id, pro.sizes, pro.aspect_ratios) == (PRO, ("1K", "2K", "4K"), COMMON)
    assert (pro.seconds, pro.progress_every) == ((25, 45), 30)
    assert catalog.find("gemini-3-pro-image-preview", (flash, pro)) is pro
    await ima.models()
    assert len(await server.requests("product/list")) == 2


async def test_a_model_that_nobody_knows_yet(server: Remote) -> None:
    leaf = {
        "type": "3",
        "id": "gemini-5-image-v1",
        "model_id": "gemini-5-image",
        "name": "Nano Banana 5",
        "tags": [{"tag_type": "EET", "tag_value": "1~2min"}],
        "form_config": [{"field": "size", "value": "1K", "options": [{"value": "1K"}]}],
        "credit_rules": [
            {"attribute_id": 0, "points": 1, "attributes": {"size": "1K"}},
            {"attribute_id": 9, "points": 2, "attributes": {"default": "enabled"}},
        ],
    }
    products = listing.products([{"type": "2", "children": [leaf]}], IMAGE_MODELS)
    [model] = listing.models(products, (), IMAGE_MODELS).values()
    assert (model.id, model.name, model.seconds) == ("gemini-5-image", "Nano Banana 5", (60, 120))
    assert (model.sizes, model.max_references) == (("1K",), 0)
    assert model.costs == (("1K", Cost(2, "points")),)


async def test_offline_there_is_still_something_to_offer(server: Remote, ima: Ima) -> None:
    await server.fault({"path": "product/list", "status": 503, "times": 20})
    assert list(await ima.models()) == [*IMAGE_MODELS.available()]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("model", "size", "ratio"),
    [
        (FLASH, "512", "1:1"),
        (FLASH, "1K", "16:9"),
        (FLASH, "2K", "1:4"),
        (PRO, "1K", "9:16"),
        (PRO, "2K", "21:9"),
        (PRO, "4K", "1:1"),
    ],
)
@pytest.mark.parametrize("sources", [0, 1, 3])
async def test_an_order_field_by_field(
    server: Remote, ima: Ima, model: str, size: str, ratio: str, count: int, sources: int
) -> None:
    request = Request(
        key="k",
        prompt="a lighthouse “at dusk”",
        model=model,
        size=size,
        aspect_ratio=ratio,
        count=count,
        references=tuple(reference() for _ in range(sources)),
    )
    ticket = await ima.submit(request)
    assert isinstance(ticket, Ticket), ticket
    task = "image_to_image" if sources else "text_to_image"
    points, attribute = POINTS[model][size], ATTRIBUTES[model, task][size]
    assert ticket.id == "task_000001"
    assert ticket.cost == Cost(points * count, "points")
    assert ticket.seconds == ((20, 35) if model == FLASH else (25, 45))
    [listed] = await server.requests("product/list")
    assert listed["query"] == {"app": "ima", "platform": "web", "category": task}
    [sent] = await server.requests("tasks/create")
    assert sent["headers"]["authorization"] == f"Bearer {KEY}"
    assert sent["headers"]["x-app-source"] == "ima_skills"
    assert sent["headers"]["x_app_language"] == "en"
    urls = sent["body"]["src_img_url"]
    assert len(urls) == sources
    assert sent["body"] == {
        "task_type": task,
        "enable_multi_model": False,
        "src_img_url": urls,
        "parameters": [
            {
                "attribute_id": attribute,
                "model_id": model,
                "model_name": "Nano Banana 2" if model == FLASH else "Nano Banana Pro",
                "model_version": f"{model}-preview",
                "app": "ima",
                "platform": "web",
                "category": task,
                "credit": points,
                "parameters": {
                    "aspect_ratio": ratio,
                    "size": WIRE[size],
                    "prompt": "a lighthouse “at dusk”",
                    "n": count,
                    "input_images": urls,
                    "cast": {"points": points, "attribute_id": attribute},
                },
            }
        ],
    }


async def test_what_is_left_to_the_model_is_the_form_s_default(server: Remote, ima: Ima) -> None:
    ticket = await ima.submit(replace(ASKED, size=None, aspect_ratio=None))
    assert isinstance(ticket, Ticket)
    assert ticket.cost == Cost(6, "points")
    [sent] = await server.requests("create")
    inner = sent["body"]["parameters"][0]["parameters"]
    assert (inner["size"], inner["aspect_ratio"]) == ("1K", "1:1")


async def test_extra_parameters_join_those_of_the_model(server: Remote, hurry: Hurry) -> None:
    await server.set(extra=["seed", "mood"])
    settings = settings_for(
        server, extra_body={"seed": 1, "mood": "calm"}, extra_headers={"X-Team": "art"}
    )
    ima = Ima(settings, QUICK, sleep=hurry)
    extra: dict[str, JSON] = {"seed": 2, "size": "2k", "n": 8, "cast": None, "prompt": "other"}
    ticket = await ima.submit(replace(ASKED, extra=extra))
    assert isinstance(ticket, Ticket), ticket
    assert ticket.cost == Cost(10, "points")
    [sent] = await server.requests("create")
    order = sent["body"]["parameters"][0]
    assert order["attribute_id"] == 4402
    inner = order["parameters"]
    assert {k: inner[k] for k in ("seed", "mood", "size", "n", "prompt")} == {
        **{"seed": 2, "mood": "calm", "size": "2K", "n": 1},
        "prompt": "a lighthouse",
    }
    assert sent["headers"]["x-team"] == "art"
    await ima.close()


async def test_what_can_be_known_beforehand_is_refused_before_it_is_paid(
    server: Remote, ima: Ima
) -> None:
    cases = [
        (replace(ASKED, size="8K"), Reason.UNSUPPORTED_SIZE),
        (replace(ASKED, model=PRO, size="512"), Reason.UNSUPPORTED_SIZE),
        (replace(ASKED, model=PRO, aspect_ratio="1:8"), Reason.UNSUPPORTED_RATIO),
        (replace(ASKED, model="midjourney"), Reason.UNKNOWN_MODEL),
        (replace(ASKED, model="doubao-seedream-4.5"), Reason.UNKNOWN_MODEL),
        (replace(ASKED, references=(reference(),) * 15), Reason.TOO_MANY_REFERENCES),
    ]
    for request, reason in cases:
        failure = await ima.submit(request)
        assert isinstance(failure, Failure)
        assert failure.reason is reason
        check_what_is_read(failure)
    assert not await server.requests("create")
    assert not await server.requests("getuploadtoken")


# Handing over pictures


def test_the_signature_of_an_upload() -> None:
    signed = signature("webAgent", "EMULATOR-TEST-KEY", "1700000000", "0123456789abcdef01234")
    assert signed == "5FE81231232DF92D6AB1F6DE491552ADD6F7A330"


async def test_a_picture_is_handed_over_without_the_key(server: Remote, ima: Ima) -> None:
    source = reference()
    await made(ima, replace(ASKED, references=(source, reference("JPEG", "image/jpeg"))))
    tokens = await server.requests("getuploadtoken")
    assert [sorted(token["body"]) for token in tokens] == [
        sorted(
            [
                *("appUid", "cmimToken", "appId", "appKey", "timestamp", "nonce", "sign"),
                *("fService", "fType", "fSuffix", "fContentType"),
            ]
        )
    ] * 2
    assert {(t["body"]["fSuffix"], t["body"]["fContentType"]) for t in tokens} == {
        ("png", "image/png"),
        ("jpg", "image/jpeg"),
    }
    puts = await server.requests("/oss/webAgent")
    assert len(puts) == 2
    for put in puts:
        assert put["method"] == "PUT"
        names = set(put["headers"])
        assert names <= {
            *("host", "content-type", "content-length", "accept", "accept-encoding"),
        }
        assert KEY not in json.dumps(put)
    [sent] = await server.requests("create")
    async with aiohttp.ClientSession() as session:
        async with session.get(sent["body"]["src_img_url"][0]) as kept:
            assert await kept.read() == source.data


@pytest.mark.parametrize(("kind", "mime"), [("WEBP", "image/webp"), ("GIF", "image/gif")])
async def test_other_types_are_converted(server: Remote, ima: Ima, kind: str, mime: str) -> None:
    await made(ima, replace(ASKED, references=(reference(kind, mime),)))
    [token] = await server.requests("getuploadtoken")
    assert token["body"]["fContentType"] == "image/png"
    await server.forget()
    await server.set(key=KEY, app_key=APP_KEY, duration=0, accept_types=["image/jpg"])
    await made(ima, replace(ASKED, references=(reference(kind, mime),)))
    [token] = await server.requests("getuploadtoken")
    assert token["body"]["fContentType"] == "image/jpeg"


async def test_pictures_that_cannot_be_handed_over(server: Remote, ima: Ima, hurry: Hurry) -> None:
    edit = replace(ASKED, references=(reference(),))
    await server.set(accept_types=["image/bmp"])
    failure = await failed(ima, edit)
    assert (failure.reason, failure.explanation) == (
        Reason.REFERENCE_UNUSABLE,
        "IMA takes only these types: bmp.",
    )
    await server.set(accept_types=["image/jpg,png"])
    broken = replace(edit, references=(Reference("i", "image/webp", b"RIFF nothing"),))
    assert (await failed(ima, broken)).reason is Reason.REFERENCE_UNUSABLE
    without = Ima(settings_for(server, app_key=SecretStr("")), QUICK, sleep=hurry)
    failure = await failed(without, edit)
    assert failure.reason is Reason.REFERENCE_UNUSABLE
    assert "IMA_APP_KEY" in (failure.explanation or "")
    check_what_is_read(failure)
    assert not await server.requests("create")
    assert (await made(without, ASKED)).items
    await without.close()


@pytest.mark.parametrize(
    "place",
    [
        "http://10.0.0.1/x?Signature=a",
        "http://example.org/x",
        "https://user:pw@example.org/x",
        "https://10.0.0.1/x",
        "https://[::ffff:10.0.0.1]/x",
        "ftp://127.0.0.1/x",
        "nonsense",
        "http://[",
    ],
)
async def test_a_token_does_not_lead_astray(server: Remote, ima: Ima, place: str) -> None:
    await server.set(dead_upload=place)
    failure = await failed(ima, replace(ASKED, references=(reference(),)))
    assert failure.reason is Reason.PROVIDER_DOWN
    check_what_is_read(failure)
    assert not await server.requests("/oss/webAgent")
    assert not await server.requests("create")


async def test_an_upload_is_tried_again_and_a_refused_one_is_not(server: Remote, ima: Ima) -> None:
    edit = replace(ASKED, references=(reference(),))
    await server.fault({"path": "/oss/web", "status": 503}, {"path": "/oss/web", "reset": True})
    assert (await made(ima, edit)).items
    assert len(await server.requests("/oss/webAgent")) == 3
    await server.fault({"path": "/oss/web", "status": 403, "times": 3})
    failure = await failed(ima, edit)
    assert (failure.reason, failure.detail) == (
        Reason.PROVIDER_DOWN,
        "upload to 127.0.0.1: HTTP 403",
    )
    assert len(await server.requests("/oss/webAgent")) == 4


# Recovering


@pytest.mark.parametrize("code", [6009, 6010])
async def test_a_rule_that_does_not_fit_is_chosen_again(
    server: Remote, ima: Ima, code: int
) -> None:
    await server.set(fail={"create": {"code": code, "message": "mismatch", "times": 1}})
    pictures = await made(ima, replace(ASKED, size="2K"))
    assert (pictures.cost, pictures.notes) == (Cost(10, "points"), ())
    assert len(await server.requests("create")) == 2
    assert len(await server.requests("product/list")) == 2


async def test_a_list_that_changes_under_us(server: Remote, ima: Ima) -> None:
    await server.set(drift=True)
    assert (await made(ima, replace(ASKED, size="512"))).cost == Cost(4, "points")
    orders = [request["body"]["parameters"][0] for request in await server.requests("create")]
    assert [order["attribute_id"] for order in orders] == [4400, 5400]


@pytest.mark.parametrize("style", ["code", "status"])
async def test_too_much_becomes_less_and_the_person_is_told(
    server: Remote, ima: Ima, style: str
) -> None:
    await server.set(refuse={"4K": 500, "2K": 500}, style=style)
    pictures = await made(ima, replace(ASKED, size="4K"))
    assert pictures.cost == Cost(6, "points")
    facts = {"model": "Nano Banana 2", "asked": "4K", "size": "1K"}
    assert pictures.notes == (Note("size_adjusted", facts),)
    sizes = [
        request["body"]["parameters"][0]["parameters"]["size"]
        for request in await server.requests("create")
    ]
    assert sizes == ["4K", "2K", "1K"]


async def test_a_size_without_a_rule_becomes_the_next_smaller_one(server: Remote, ima: Ima) -> None:
    await server.set(refuse={"4K": 6009})
    pictures = await made(ima, replace(ASKED, size="4K", model=PRO))
    assert pictures.cost == Cost(10, "points")
    assert [note.facts["size"] for note in pictures.notes] == ["2K"]
    assert len(await server.requests("create")) == 3


async def test_there_is_nothing_below_the_smallest(server: Remote, ima: Ima) -> None:
    await server.set(fail={"create": {"code": 500, "message": "too complex"}})
    failure = await failed(ima, replace(ASKED, model=PRO, size="1K"))
    assert (failure.reason, failure.explanation) == (Reason.PROVIDER_DOWN, "too complex")
    assert len(await server.requests("create")) == 1
    await failed(ima, replace(ASKED, size="4K"))
    assert len(await server.requests("create")) == 1 + 3


@pytest.mark.parametrize(
    "fault",
    [
        {"reset": True},
        {"reset": True, "after": True},
        {"delay": 600},
        {"status": 502, "body": "<h1>Bad Gateway</h1>"},
        {"status": 504, "body": ""},
        {"status": 200, "body": "<html>hello</html>"},
        {"status": 200, "body": {"code": 0, "data": {}}},
        {"status": 200, "body": {"code": 0, "data": None}},
    ],
    ids=json.dumps,
)
async def test_an_order_whose_answer_is_lost_is_not_repeated(
    server: Remote, ima: Ima, fault: dict[str, Any]
) -> None:
    if "delay" in fault:
        ima = Ima(settings_for(server), IMPATIENT)
    await server.fault({"path": "tasks/create", **fault})
    failure = await failed(ima, ASKED)
    await ima.close()
    assert (failure.reason, failure.explanation) == (Reason.NETWORK, UNCERTAIN)
    check_what_is_read(failure)
    assert len(await server.requests("create")) == 1


# Collecting


async def test_all_pictures_of_a_task(server: Remote, ima: Ima) -> None:
    await server.set(duration=0.05, stagger=0.05)
    pictures = await made(ima, replace(ASKED, count=3, size="512", aspect_ratio="16:9"))
    assert len(set(pictures.items)) == 3
    for item in pictures.items:
        assert Image.open(io.BytesIO(item)).size == (672, 384)
    assert (pictures.cost, pictures.notes) == (Cost(12, "points"), ())


async def test_every_state_before_the_end_is_waited_for(server: Remote, ima: Ima) -> None:
    await server.set(duration=1, looks=20)
    assert len((await made(ima, replace(ASKED, count=2))).items) == 2
    assert len(await server.requests("tasks/detail")) == 20


@pytest.mark.parametrize(
    ("outcomes", "done"),
    [(["ok", "failed", "deleted"], 1), (["ok", "ok", "remark"], 2), (["watermark"], 3)],
)
async def test_what_was_made_is_delivered(
    server: Remote, ima: Ima, outcomes: list[str], done: int
) -> None:
    await server.set(outcomes=outcomes)
    pictures = await made(ima, replace(ASKED, count=3))
    assert len(pictures.items) == done
    partly = (Note("partly_done", {"done": done, "count": 3}),)
    assert pictures.notes == (partly if done < 3 else ())


async def test_pictures_missing_from_a_task_are_not_waited_for_long(
    server: Remote, ima: Ima
) -> None:
    await server.set(short=1)
    pictures = await made(ima, replace(ASKED, count=3))
    assert pictures.notes == (Note("partly_done", {"done": 2, "count": 3}),)


@pytest.mark.parametrize(
    "fault",
    [
        {"reset": True},
        {"status": 502, "body": "<h1>Bad Gateway</h1>"},
        {"status": 500, "body": {"code": 500, "message": "oops"}},
        {"status": 200, "body": {"code": 500, "message": "oops"}},
        {"status": 200, "body": "<html>"},
        {"status": 200, "body": {"code": 0, "data": None}},
        {"status": 200, "body": {"code": 0, "data": {"medias": "later"}}},
        {"status": 429, "headers": {"Retry-After": "33"}},
    ],
    ids=json.dumps,
)
async def test_trouble_while_looking_never_loses_a_task(
    server: Remote, ima: Ima, hurry: Hurry, fault: dict[str, Any]
) -> None:
    await server.fault({"path": "tasks/detail", "times": 12, **fault})
    assert len((await made(ima, ASKED)).items) == 1
    assert len(await server.requests("create")) == 1
    if "headers" in fault:
        assert 33 in hurry.asked


async def test_one_odd_refusal_does_not_lose_a_task_but_three_do(server: Remote, ima: Ima) -> None:
    refusal = {"code": 401, "message": "expired"}
    await server.set(fail={"detail": refusal | {"times": 2}})
    assert (await made(ima, ASKED)).items
    await server.set(fail={"detail": refusal})
    failure = await failed(ima, ASKED)
    assert failure.reason is Reason.UNAUTHORIZED
    assert "expired" in (failure.explanation or "")


async def test_only_the_caller_gives_up_waiting(server: Remote, ima: Ima, hurry: Hurry) -> None:
    await server.set(outcomes=["never"])
    ticket = await ima.submit(ASKED)
    assert isinstance(ticket, Ticket)
    signs = ima.collect(ticket, ASKED)
    for _ in range(40):
        assert isinstance(await anext(signs), Progress)
    await signs.aclose()
    assert len(await server.requests("detail")) == 39
    assert len(await server.requests("create")) == 1


async def test_of_many_tasks_each_is_looked_at_more_seldom(
    server: Remote, ima: Ima, hurry: Hurry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "LOOKS_PER_SECOND", 0.2)
    await server.set(outcomes=["never"])
    tickets = [await ima.submit(replace(ASKED, key=str(n))) for n in range(3)]
    watched = [ima.collect(ticket, ASKED) for ticket in tickets if isinstance(ticket, Ticket)]
    for signs in watched:
        await anext(signs)
    alone = pause(0.0, (20, 35))
    await anext(watched[0])
    await anext(watched[0])
    assert hurry.asked[-1] == pytest.approx(3 * alone, rel=0.1)
    for signs in watched[1:]:
        await signs.aclose()
    await anext(watched[0])
    await anext(watched[0])
    assert hurry.asked[-1] == pytest.approx(alone, rel=0.1)
    await watched[0].aclose()


async def test_after_a_restart_overdue_tasks_are_looked_at_one_by_one(server: Remote) -> None:
    hurry = Hurry()
    ima = Ima(settings_for(server), QUICK, sleep=hurry, clock=lambda: 4e9)
    watched = [ima.collect(Ticket(f"task_{n}", data={"began": 0.0}), ASKED) for n in range(3)]
    for signs in watched:
        await anext(signs)
    looking = [asyncio.ensure_future(anext(signs)) for signs in watched]
    await asyncio.wait(looking)
    assert sorted(hurry.asked) == [number / LOOKS_PER_SECOND for number in range(3)]
    for signs in watched:
        await signs.aclose()
    await ima.close()


@pytest.mark.parametrize(
    "fault",
    [{"reset": True}, {"status": 200, "body": "<h1>Hi</h1>"}, {"status": 502, "body": ""}],
    ids=json.dumps,
)
async def test_before_anything_is_paid_the_service_is_as_good_as_away(
    server: Remote, ima: Ima, fault: dict[str, Any]
) -> None:
    for path in ("product/list", "getuploadtoken"):
        await server.fault({"path": path, "times": 9, **fault})
        failure = await failed(ima, replace(ASKED, references=(reference(),)))
        assert failure.reason is Reason.PROVIDER_DOWN
        check_what_is_read(failure)
        await server.forget()
        await server.set(key=KEY, app_key=APP_KEY, duration=0)
    assert not await server.requests("create")


async def test_nobody_there_is_told_apart_from_a_lost_answer(server: Remote, hurry: Hurry) -> None:
    gone = Ima(settings_for(server, base_url="http://127.0.0.1:9"), QUICK, sleep=hurry)
    failure = await failed(gone, ASKED)
    assert (failure.reason, failure.explanation) == (Reason.PROVIDER_DOWN, None)
    await gone.close()


async def test_a_ticket_is_all_that_another_process_needs(server: Remote, ima: Ima) -> None:
    await server.set(numeric=True)
    request = replace(ASKED, size="4K", model=PRO, count=1)
    ticket = await ima.submit(request)
    assert isinstance(ticket, Ticket)
    assert ticket.id.isdigit()
    stored = json.loads(json.dumps({"id": ticket.id, "data": dict(ticket.data)}))
    hurry = Hurry()
    other = Ima(settings_for(server), QUICK, sleep=hurry, clock=lambda: 4e9)
    again = Ticket(stored["id"], ticket.cost, (25, 45), stored["data"])
    result = await collected(other, again, request)
    assert not isinstance(result, Failure), result
    assert hurry.asked[0] == 0  # it may have been finished for long
    assert result.cost == Cost(18, "points")
    assert len(await server.requests("create")) == 1
    await other.close()


async def test_a_picture_that_is_paid_for_is_fetched_again(
    server: Remote, ima: Ima, hurry: Hurry
) -> None:
    await server.fault({"path": "/results/", "status": 503, "times": 3})
    assert (await made(ima, ASKED)).items
    await server.set(outcomes=["ok", "gone"])
    pictures = await made(ima, replace(ASKED, count=2))
    assert [note.key for note in pictures.notes] == ["partly_done"]
    await server.set(outcomes=["gone"])
    failure = await failed(ima, ASKED)
    assert failure.reason is Reason.NETWORK
    check_what_is_read(failure)


async def test_a_result_elsewhere_on_a_private_host_is_not_fetched(
    server: Remote, ima: Ima
) -> None:
    media = {"resource_status": 1, "status": "success", "url": "https://10.0.0.1/x.png"}
    body = {"code": 0, "data": {"medias": [media]}}
    await server.fault({"path": "tasks/detail", "status": 200, "body": body})
    assert (await failed(ima, ASKED)).reason is Reason.UNUSABLE_ANSWER


# Errors

ERRORS: dict[str, tuple[dict[str, Any], Reason, str | None]] = {
    "401": (
        {"fail": {"create": {"code": 401, "message": "Unauthorized"}}},
        Reason.UNAUTHORIZED,
        "Unauthorized https://www.imaclaw.ai/imaclaw/apikey",
    ),
    "4008": (
        {"fail": {"create": {"code": 4008, "message": "Insufficient points"}}},
        Reason.OUT_OF_CREDIT,
        "Insufficient points https://www.imaclaw.ai/imaclaw/subscription",
    ),
    "4014": (
        {"fail": {"create": {"code": 4014, "message": "This model requires a subscription"}}},
        Reason.SUBSCRIPTION_REQUIRED,
        "This model requires a subscription",
    ),
    "6006": (
        {"fail": {"create": {"code": 6006, "message": "Points do not match"}}},
        Reason.PRICE_MISMATCH,
        "Points do not match",
    ),
    "6009": (
        {"fail": {"create": {"code": 6009, "message": "No matching credit rule"}}},
        Reason.BAD_PARAMETERS,
        "No matching credit rule",
    ),
    "6010": (
        {"fail": {"create": {"code": 6010, "message": "Attribute ID does not match the rule"}}},
        Reason.BAD_PARAMETERS,
        "Attribute ID does not match the rule",
    ),
    "Invalid product attribute": (
        {"fail": {"create": {"code": 4008, "message": "Invalid product attribute"}}},
        Reason.BAD_PARAMETERS,
        "Invalid product attribute",
    ),
    "400": (
        {"fail": {"create": {"code": 400, "message": "size must be one of 1K, 2K"}}},
        Reason.BAD_PARAMETERS,
        "size must be one of 1K, 2K",
    ),
    "pixels": (
        {"fail": {"create": {"code": 400, "message": "pixels should be at least 921600"}}},
        Reason.BELOW_MINIMUM_PIXELS,
        "pixels should be at least 921600",
    ),
    "500": (
        {"fail": {"create": {"code": 500, "message": "<b>internal</b> error"}}},
        Reason.PROVIDER_DOWN,
        "internal error",
    ),
    "429": (
        {"fail": {"create": {"code": 429, "message": "slow down"}}},
        Reason.RATE_LIMITED,
        "slow down",
    ),
    "503": (
        {"fail": {"create": {"code": 503, "message": ""}}},
        Reason.PROVIDER_DOWN,
        None,
    ),
    "refused by moderation": (
        {"fail": {"create": {"code": 400, "message": "prompt contains sensitive words"}}},
        Reason.REFUSED,
        "prompt contains sensitive words",
    ),
    "unheard of": (
        {"fail": {"create": {"code": 7777, "message": "the moon is full"}}},
        Reason.UNKNOWN,
        "the moon is full",
    ),
    "list: 401": (
        {"fail": {"list": {"code": 401, "message": "bad key"}}},
        Reason.UNAUTHORIZED,
        "bad key https://www.imaclaw.ai/imaclaw/apikey",
    ),
    "list: 500": (
        {"fail": {"list": {"code": 500, "message": "list is down"}}},
        Reason.PROVIDER_DOWN,
        "list is down",
    ),
    "status 2, error_msg": (
        {"outcomes": ["failed"], "words": "the model gave up"},
        Reason.PROVIDER_DOWN,
        "the model gave up",
    ),
    "status 2, remark only": (
        {"outcomes": ["remark"], "words": "pixels should be at least 921600"},
        Reason.BELOW_MINIMUM_PIXELS,
        "pixels should be at least 921600",
    ),
    "status 2, moderation": (
        {"outcomes": ["failed"], "words": "blocked by the safety filter"},
        Reason.REFUSED,
        "blocked by the safety filter",
    ),
    "status 2, no words": (
        {"outcomes": ["failed"], "words": ""},
        Reason.PROVIDER_DOWN,
        None,
    ),
    "status 3": ({"outcomes": ["deleted"]}, Reason.PROVIDER_DOWN, "Task was deleted."),
    "status 1 + failed": (
        {"outcomes": ["status"], "words": "no picture came out"},
        Reason.PROVIDER_DOWN,
        "no picture came out",
    ),
}
UPLOAD_ERRORS: dict[str, tuple[dict[str, Any], Reason, str | None]] = {
    "token: 401": (
        {"fail": {"token": {"code": 401, "message": "token refused"}}},
        Reason.UNAUTHORIZED,
        "token refused https://www.imaclaw.ai/imaclaw/apikey",
    ),
    "token: wrong IMA_APP_KEY": (
        {"app_key": "another"},
        Reason.UNAUTHORIZED,
        "invalid app https://www.imaclaw.ai/imaclaw/apikey",
    ),
}


@pytest.mark.parametrize("style", ["code", "status"])
@pytest.mark.parametrize("name", [*ERRORS, *UPLOAD_ERRORS])
async def test_every_error_has_a_reason_and_words(
    server: Remote, ima: Ima, name: str, style: str
) -> None:
    configured, reason, explanation = (ERRORS | UPLOAD_ERRORS)[name]
    await server.set(style=style, **configured)
    references = (reference(),) if name in UPLOAD_ERRORS else ()
    failure = await failed(ima, replace(ASKED, size="512", references=references))
    assert (failure.reason, failure.explanation) == (reason, explanation)
    check_what_is_read(failure)


def test_words_are_fit_for_a_person() -> None:
    reader = AnswerReader((KEY, APP_KEY))
    said = reader.words(f"<p>key {KEY}\n is {APP_KEY} bad</p> " + "x" * 500)
    assert said.startswith("key *** is *** bad xxx")
    assert len(said) <= 300
    assert reader.words(None) == reader.words("   ") == ""


@pytest.mark.parametrize(
    ("data", "count", "final"),
    [
        ({}, 0, False),
        ({"medias": None}, 0, False),
        ({"medias": ["x", 7]}, 0, False),
        ({"medias": [{}]}, 1, False),
        ({"medias": [{"resource_status": "1", "url": "https://x/a.png"}]}, 1, True),
        ({"medias": [{"resource_status": 1, "preview_url": "https://x/a.png"}]}, 1, False),
        ({"medias": [{"resource_status": "", "url": "https://x/a.png"}]}, 1, False),
        ({"medias": [{"resource_status": True}]}, 1, False),
        ({"medias": [], "status": "FAILED", "error_msg": "no"}, 1, True),
        ({"medias": [{"resource_status": 9}]}, 1, False),
    ],
)
def test_the_state_of_a_task(data: dict[str, Any], count: int, final: bool) -> None:
    medias = AnswerReader(()).medias(data)
    assert len(medias) == count
    assert all(media.final for media in medias) is final or not medias


# Configuration


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example",
        "http://api.imastudio.com",
        "https://api.imastudio.com.evil.example",
        "https://api.imastudio.com@evil.example",
        "http://127.0.0.1@evil.example",
        "ftp://localhost",
        "https://10.0.0.1",
    ],
)
@pytest.mark.parametrize("name", ["IMA_BASE_URL", "IMA_UPLOAD_URL"])
def test_the_key_goes_to_the_official_hosts_only(
    url: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMA_API_KEY", KEY)
    monkeypatch.setenv(name, url)
    with pytest.raises(ValueError, match=f"{name} can only be https://") as refusal:
        module.create(Settings())
    assert KEY not in str(refusal.value)


async def test_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMA_API_KEY", KEY)
    settings = ImaSettings()
    assert settings.base_url == "https://api.imastudio.com"
    assert settings.upload_url == "https://imapi.liveme.com"
    assert (settings.app_id, settings.app_key.get_secret_value()) == ("webAgent", "")
    assert KEY not in repr(settings)
    monkeypatch.setenv("IMA_BASE_URL", "http://localhost:1/")
    assert ImaSettings().base_url == "http://localhost:1"
    await module.create(Settings()).close()


async def test_the_check_costs_nothing(server: Remote, ima: Ima, hurry: Hurry) -> None:
    assert await ima.check() is None
    assert not await server.requests("create")
    without = Ima(settings_for(server, app_key=SecretStr("")), QUICK, sleep=hurry)
    failure = await without.check()
    assert failure
    assert "IMA_APP_KEY" in (failure.explanation or "")
    await without.close()
    wrong = Ima(settings_for(server, api_key=SecretStr("ima_wrong")), QUICK, sleep=hurry)
    failure = await wrong.check()
    assert failure
    assert failure.reason is Reason.UNAUTHORIZED
    await wrong.close()
    forged = Ima(settings_for(server, app_key=SecretStr("forged")), QUICK, sleep=hurry)
    assert isinstance(await forged.check(), Failure)
    await forged.close()


# Through the running bot


@pytest.fixture
def settings(settings: Settings, server: Remote, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("IMA_API_KEY", KEY)
    monkeypatch.setenv("IMA_BASE_URL", server.url)
    monkeypatch.setenv("IMA_UPLOAD_URL", server.url)
    monkeypatch.setenv("IMA_APP_KEY", APP_KEY)
    monkeypatch.setattr(module, "pause", lambda *_: 0.02)
    return settings.model_copy(update={"provider": "ima"})


async def test_the_bot_draws_and_edits(start: Start, server: Remote) -> None:
    app, recorder = await start()
    people = [Person(app, recorder, f"person-{n}") for n in range(4)]
    asked = [
        (people[0], (), {"size": "512", "aspect_ratio": "1:1"}, (512, 512), 4),
        (people[0], (), {"size": "1K", "aspect_ratio": "16:9", "count": 3}, (1344, 768), 18),
        (people[1], (), {"size": "2K", "aspect_ratio": "9:16", "model": "pro"}, (1536, 2688), 10),
        (people[2], (png(),), {"size": "1K", "aspect_ratio": "3:2"}, (1248, 832), 6),
        (people[3], (png(), png("red"), png("blue")), {"size": "512"}, (512, 512), 4),
        (people[3], (), {"size": "4K", "model": PRO}, (4096, 4096), 18),
    ]
    jobs = [
        (await person.ask("a lighthouse", pictures, **choices), size, points, choices)
        for person, pictures, choices, size, points in asked
    ]
    for job_id, size, points, choices in jobs:
        message = await recorder.final(job_id)
        assert message.status is Status.SUCCEEDED, message
        assert {(p.width, p.height) for p in message.pictures} == {size}
        assert len(message.pictures) == choices.get("count", 1)
        assert message.cost == Cost(points, "points")
        assert message.expected == ((25, 45) if "model" in choices else (20, 35))
        assert message.notes == ()
    assert len(await server.requests("tasks/create")) == len(jobs)
    sources = [len(r["body"]["src_img_url"]) for r in await server.requests("tasks/create")]
    assert sorted(sources) == [0, 0, 0, 0, 1, 3]


async def test_a_person_is_told_of_a_smaller_size_and_of_a_refusal(
    start: Start, server: Remote
) -> None:
    app, recorder = await start()
    person = Person(app, recorder)
    await server.set(refuse={"2K": 500})
    message = await recorder.final(await person.ask("a lighthouse", size="2K"))
    assert [note.key for note in message.notes] == ["size_adjusted"]
    assert message.cost == Cost(6, "points")
    await server.set(outcomes=["failed"], words="blocked by the safety filter")
    message = await recorder.final(await person.ask("a sword"))
    assert message.problem
    assert (message.problem.reason, message.problem.retryable) == ("refused", False)
    assert message.problem.explanation == "blocked by the safety filter"


async def test_a_restart_goes_on_with_the_ticket(start: Start, server: Remote) -> None:
    await server.set(duration=600)
    app, recorder = await start()
    job_id = await Person(app, recorder).ask("a lighthouse")
    await recorder.until(lambda shown: any(m.cost for m in shown))
    app, recorder = await start()
    await server.set(offset=1000)
    message = await recorder.final(job_id)
    assert (message.status, message.cost) == (Status.SUCCEEDED, Cost(6, "points"))
    assert len(await server.requests("create")) == 1


async def test_no_key_is_written_anywhere(
    start: Start,
    server: Remote,
    ima: Ima,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    app, recorder = await start()
    person = Person(app, recorder)
    shown = []
    leaks = f"the key {KEY} signed with {APP_KEY} is bad"
    for configured, _, _ in (ERRORS | UPLOAD_ERRORS).values():
        await server.forget()
        fail = {
            name: {**fault, "message": leaks} for name, fault in configured.get("fail", {}).items()
        }
        usual = {"key": KEY, "app_key": APP_KEY, "duration": 0}
        await server.set(**{**usual, **configured, "fail": fail, "words": leaks})
        shown.append(repr(await failed(ima, replace(ASKED, references=(reference(),)))))
    await server.forget()
    await server.set(key=KEY, app_key=APP_KEY, duration=0)
    await server.fault(
        {"path": "create", "status": 418, "body": leaks},
        {"path": "create", "status": 401, "body": {"code": 401, "message": leaks}},
        {"path": "create", "reset": True},
    )
    for _ in range(4):
        job_id = await person.ask("a lighthouse", (png(),))
        shown.append(repr(await recorder.final(job_id)))
    assert "succeeded" in shown[-1].lower()
    shown += [repr(ima), repr(vars(ima)["_settings"]), repr(await ima.models())]
    shown += [repr(message) for message in recorder.shown]
    written = everything_written(tmp_path, caplog, capsys) + "".join(shown).encode()
    for secret in (KEY, APP_KEY):
        assert secret.encode() not in written


async def test_a_killed_program_orders_once(server: Remote, tmp_path: Path) -> None:
    await server.set(duration=600, eet="0~1s")
    program = ForkedProgram(
        tmp_path,
        PROVIDER="ima",
        IMA_API_KEY=KEY,
        IMA_APP_KEY=APP_KEY,
        IMA_BASE_URL=server.url,
        IMA_UPLOAD_URL=server.url,
        DEFAULT_SIZE="512",
    )
    await asyncio.to_thread(program.start)
    try:
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as session:
            body = {"text": "a lighthouse", "event_id": "1"}
            async with session.post(f"{program.url}/api/requests", json=body) as response:
                job_id = (await response.json())["job_id"]
            for _ in range(2):
                looks = len(await server.requests("detail"))
                while len(await server.requests("detail")) == looks:
                    await asyncio.sleep(0.05)
                await asyncio.to_thread(program.stop)
                await asyncio.to_thread(program.start)
            await server.set(offset=1000)
            async with session.get(f"{program.url}/api/jobs/{job_id}/events") as stream:
                assert "succeeded" in (await stream.read()).decode()
    finally:
        await asyncio.to_thread(program.stop)
    assert len(await server.requests("create")) == 1
    assert [task["count"] for task in await tasks(server)] == [1]
    assert KEY not in program.log


async def test_a_virtual_field_follows_from_what_was_chosen(server: Remote, ima: Ima) -> None:
    await server.set(virtual=True)
    model = next(model for model in await ima.models() if model.name == "Nano Banana V")
    assert (model.sizes, model.aspect_ratios) == ((), ("1:1", "16:9"))
    for ratio, size in (("1:1", (2048, 2048)), ("16:9", (2560, 1440)), (None, (2560, 1440))):
        asked = replace(ASKED, model=model.id, size=None, aspect_ratio=ratio)
        found = await made(ima, asked)
        with Image.open(io.BytesIO(found.items[0])) as image:
            assert image.size == size
    sent = [
        request["body"]["parameters"][0]["parameters"]
        for request in await server.requests("tasks/create")
    ]
    assert [inner["size"] for inner in sent] == ["2048x2048", "2560x1440", "2560x1440"]
    assert not any("aspect_ratio" in inner for inner in sent)
    wrong = await failed(ima, replace(ASKED, model=model.id, size=None, aspect_ratio="9:16"))
    assert wrong.reason is Reason.UNSUPPORTED_RATIO


@pytest.mark.parametrize(
    ("url", "fetched"),
    [
        ("http://ws.esxscloud.com/a.png?x=1", "https://ws.esxscloud.com/a.png?x=1"),
        ("HTTP://ima-ga.esxscloud.com:80/a", "https://ima-ga.esxscloud.com/a"),
        ("http://b.oss-us-east-1.aliyuncs.com/a", "https://b.oss-us-east-1.aliyuncs.com/a"),
        ("https://ws.esxscloud.com/a", "https://ws.esxscloud.com/a"),
        ("http://evil.example/ws.esxscloud.com", "http://evil.example/ws.esxscloud.com"),
        ("http://esxscloud.com.evil.example/a", "http://esxscloud.com.evil.example/a"),
        ("http://127.0.0.1:8/a.png", "http://127.0.0.1:8/a.png"),
        ("", ""),
    ],
)
def test_links_of_its_own_hosts_are_raised_to_https(url: str, fetched: str) -> None:
    assert secured(url) == fetched


def test_results_have_two_minutes() -> None:
    assert (RESULT_SECONDS, Ima(ImaSettings())._client.downloader._seconds) == (120.0, 120.0)
