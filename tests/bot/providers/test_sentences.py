"""Every sentence that services were seen to refuse with, and what a person is told of it."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.failures import ELSEWHERE, Failure, Reason
from bot.ports import Provider
from bot.providers._http.error_sentences import meaning
from bot.providers._http.explanations import sentence
from messages import LOCALES, advice, reason
from tests.emulators.generate_content import error, error_info, retry_info
from tests.emulators.process import Remote
from tests.support.asking import outcome
from tests.support.services import QUICK, SERVICES

QUOTA = (
    "You exceeded your current quota, please check your plan and billing details. For more "
    "information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. "
)
NO_TIER = QUOTA + (
    "\n* Quota exceeded for metric: generativelanguage.googleapis.com/"
    "generate_content_free_tier_requests, limit: 0, model: gemini-3-pro\nPlease retry in 2.5s."
)


def google(message: str, status: str, *details: Any) -> tuple[int, Any]:
    body = error(message, status, list(details))
    return body["error"]["code"], body


def violated(*ids: str, value: str = "100") -> dict[str, Any]:
    """https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto"""
    violations = [{"quotaMetric": "x", "quotaId": id, "quotaValue": value} for id in ids]
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": violations}


def relayed(status: int, message: str, code: str = "", kind: str = "new_api_error") -> Any:
    """https://github.com/QuantumNous/new-api (types/error.go): the envelope of its errors."""
    return status, {"error": {"message": message, "type": kind, "param": "", "code": code}}


def routed(status: int, message: str, **metadata: Any) -> Any:
    """https://openrouter.ai/docs/api/reference/errors-and-debugging"""
    return status, {"error": {"code": status, "message": message, "metadata": metadata}}


def ima(code: int, message: str) -> Any:
    return 200, {"code": code, "message": message, "data": None}


DAY = "GenerateRequestsPerDayPerProjectPerModel-FreeTier"
MINUTE = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"
GEMINI = ("Google", "a copy of Google", "AIHubMix, Gemini")
HUB = ("AIHubMix, Gemini", "AIHubMix, predictions", "a copy of Google")
ROUTER = ("OpenRouter, images", "OpenRouter, chat")
NESTED = json.dumps(error("User location is not supported for the API use.", "FAILED_PRECONDITION"))

# Whom it was seen at, what came, the reason, and whether the seconds that were asked are told.
TABLE: list[tuple[tuple[str, ...], Any, Reason]] = [
    (GEMINI, google("User location is not supported for the API use.", "FAILED_PRECONDITION"),
     Reason.REGION_UNSUPPORTED),
    (GEMINI, relayed(400, NESTED), Reason.REGION_UNSUPPORTED),
    (GEMINI, google("Gemini API free tier is not available in your country. Please enable billing "
                    "on your project in Google AI Studio.", "FAILED_PRECONDITION"),
     Reason.SUBSCRIPTION_REQUIRED),
    (GEMINI, google("Image generation is not available in your country.", "FAILED_PRECONDITION"),
     Reason.REGION_UNSUPPORTED),
    (GEMINI, google("Imagen API is only accessible to billed users at this time.",
                    "INVALID_ARGUMENT"), Reason.SUBSCRIPTION_REQUIRED),
    (GEMINI, google(NO_TIER, "RESOURCE_EXHAUSTED", retry_info("2s")), Reason.SUBSCRIPTION_REQUIRED),
    (GEMINI, google(QUOTA, "RESOURCE_EXHAUSTED", violated(DAY, value="0"), retry_info("2s")),
     Reason.SUBSCRIPTION_REQUIRED),
    (GEMINI, google(QUOTA, "RESOURCE_EXHAUSTED", violated(DAY), retry_info("34s")),
     Reason.QUOTA_EXHAUSTED),
    (GEMINI, google(QUOTA, "RESOURCE_EXHAUSTED", violated(MINUTE, DAY), retry_info("3s")),
     Reason.QUOTA_EXHAUSTED),
    (GEMINI, google("Quota exceeded for quota metric 'Generate requests per day'.",
                    "RESOURCE_EXHAUSTED"), Reason.QUOTA_EXHAUSTED),
    (GEMINI, google(QUOTA, "RESOURCE_EXHAUSTED", violated(MINUTE), retry_info("34s")),
     Reason.RATE_LIMITED),
    (GEMINI, google("Your prepayment credits are depleted.", "RESOURCE_EXHAUSTED"),
     Reason.OUT_OF_CREDIT),
    (GEMINI, google("Your project has exceeded its monthly spending cap.", "RESOURCE_EXHAUSTED"),
     Reason.OUT_OF_CREDIT),
    (GEMINI, google("Image generation failed with the following error: The prompt could not be "
                    "submitted. This prompt contains sensitive words that violate Google's "
                    "Responsible AI practices.", "INVALID_ARGUMENT"), Reason.REFUSED),
    (GEMINI, google("Request contains an invalid argument.", "INVALID_ARGUMENT",
                    error_info("PUBLIC_ERROR_UNSAFE_GENERATION")), Reason.REFUSED),
    (GEMINI, google("Request contains an invalid argument.", "INVALID_ARGUMENT"),
     Reason.BAD_PARAMETERS),
    (GEMINI, google("Generative Language API has not been used in project 1 before or it is "
                    "disabled.", "PERMISSION_DENIED", error_info("SERVICE_DISABLED")),
     Reason.UNAUTHORIZED),
    (GEMINI, google("models/gemini-3.1-flash-image is not found for API version v1beta, or is not "
                    "supported for generateContent. Call ListModels …", "NOT_FOUND"),
     Reason.UNKNOWN_MODEL),
    (HUB, relayed(400, "user sensitive words detected", "sensitive_words_detected"),
     Reason.REFUSED),
    (HUB, relayed(400, "检测到敏感词，请修改后重试"), Reason.REFUSED),
    (HUB, relayed(400, "request blocked by Gemini API", "prompt_blocked"), Reason.REFUSED),
    (HUB, relayed(500, "Gemini image generation blocked [IMAGE_SAFETY]: The image was blocked",
                  "channel:image_generation_failed", "channel_error"), Reason.REFUSED),
    (HUB, relayed(502, "bad response: finishReason PROHIBITED_CONTENT"), Reason.REFUSED),
    (HUB, relayed(503, "No available channel for model gemini-3.1-flash-image under group default",
                  "model_not_found"), Reason.UNKNOWN_MODEL),
    (HUB, relayed(503, "当前分组 default 下对于模型 gemini-3.1-flash-image 无可用渠道"),
     Reason.UNKNOWN_MODEL),
    (HUB, relayed(403, "用户额度不足, 剩余额度: ＄0.00", "insufficient_user_quota"),
     Reason.OUT_OF_CREDIT),
    (HUB, relayed(403, "预扣费额度失败, 用户剩余额度: ＄0.01"), Reason.OUT_OF_CREDIT),
    (HUB, relayed(401, "无效的令牌"), Reason.UNAUTHORIZED),
    (HUB, relayed(403, "Country, region, or territory not supported",
                  "unsupported_country_region_territory"), Reason.REGION_UNSUPPORTED),
    (HUB, relayed(429, "You have reached the daily request limit of free models."),
     Reason.QUOTA_EXHAUSTED),
    (ROUTER, routed(404, "No endpoints found matching your data policy (Paid model training). "
                    "Configure: https://openrouter.ai/settings/privacy"), Reason.ACCOUNT_SETTINGS),
    (ROUTER, routed(404, "No endpoints available matching your guardrail restrictions and data "
                    "policy. Configure: https://openrouter.ai/settings/privacy"),
     Reason.ACCOUNT_SETTINGS),
    (ROUTER, routed(404, "No endpoints found for google/gemini-3.1-flash-image."),
     Reason.UNKNOWN_MODEL),
    (ROUTER, routed(400, "google/gemini-3.1-flash-image is not a valid model ID"),
     Reason.UNKNOWN_MODEL),
    (ROUTER, routed(429, "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 "
                    "free model requests per day"), Reason.QUOTA_EXHAUSTED),
    (ROUTER, routed(429, "Rate limit exceeded: free-models-per-min."), Reason.RATE_LIMITED),
    (ROUTER, routed(402, "This request requires more credits, or fewer max_tokens."),
     Reason.OUT_OF_CREDIT),
    (ROUTER, routed(400, "Provider returned error", provider_name="Google AI Studio", raw=NESTED),
     Reason.REGION_UNSUPPORTED),
    (ROUTER, routed(502, "Provider returned error", raw="finishReason: IMAGE_SAFETY"),
     Reason.REFUSED),
    (ROUTER, routed(502, "Provider returned error", provider_code="IMAGE_PROHIBITED_CONTENT"),
     Reason.REFUSED),
    (ROUTER, routed(502, "Image generation blocked [IMAGE_SAFETY]",
                    error_type="provider_unavailable"), Reason.REFUSED),
    (ROUTER, routed(500, "Internal Server Error", error_type="server", raw=json.dumps(
        {"error": {"message": "The request was rejected by the safety system."}})),
     Reason.REFUSED),
    (("IMA",), ima(4008, "Insufficient points"), Reason.OUT_OF_CREDIT),
    (("IMA",), ima(500, "积分不足"), Reason.OUT_OF_CREDIT),
    (("IMA",), ima(4014, "This model requires a subscription"), Reason.SUBSCRIPTION_REQUIRED),
    (("IMA",), ima(500, "输入包含敏感内容"), Reason.REFUSED),
    (("IMA",), ima(500, "upstream: finishReason IMAGE_SAFETY"), Reason.REFUSED),
    (("IMA",), ima(1000, "User location is not supported for the API use."),
     Reason.REGION_UNSUPPORTED),
    (("IMA",), ima(429, "today's daily limit is reached"), Reason.QUOTA_EXHAUSTED),
]  # fmt: skip
CASES = [
    pytest.param(name, *came, why, id=f"{name}: {number} {why.value}")
    for number, (names, came, why) in enumerate(TABLE)
    for name in names
]


@pytest.mark.parametrize(("name", "status", "body", "why"), CASES)
async def test_what_is_told(
    emulators: dict[str, Remote],
    built: list[Provider],
    name: str,
    status: int,
    body: Any,
    why: Reason,
) -> None:
    service = SERVICES[name]
    remote = emulators[service.emulator]
    await remote.forget()
    await remote.set(**service.settings)
    provider = service.build(remote.url, replace(QUICK, attempts=2))
    built.append(provider)
    await provider.models()
    fault = {"method": "POST", "path": service.path, "status": status, "body": body, "times": 9}
    await remote.fault(fault)
    found = await outcome(provider, service.asked)
    assert isinstance(found, Failure)
    assert found.reason is why, found
    check_words(found)
    if not found.retryable:
        calls = await remote.requests(service.path.rstrip("$"))
        assert len([call for call in calls if call["method"] == "POST"]) == 1
    assert found.elsewhere is (why in ELSEWHERE)


def check_words(found: Failure) -> None:
    """No seconds where trying again cannot help, and nothing of a machine's."""
    for locale in LOCALES:
        said, advised = reason(found.problem, locale), advice(found.problem, locale)
        if not found.retryable:
            assert not any(word in advised for word in ("second", "秒", "Try again in"))
        assert "{" not in said
        assert "–" not in advised.replace("“–”", "")


@pytest.mark.parametrize("name", ROUTER)
@pytest.mark.parametrize("cost", ["NaN", "Infinity", "-Infinity", "1e999", "-1", "true", '"x"'])
async def test_a_cost_that_is_no_amount_is_not_told(
    emulators: dict[str, Remote], built: list[Provider], name: str, cost: str
) -> None:
    remote = emulators["openrouter"]
    await remote.forget()
    provider = SERVICES[name].build(remote.url, QUICK)
    built.append(provider)
    await provider.models()
    picture = (
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
        "gg=="
    )
    images = f'{{"data": [{{"b64_json": "{picture}"}}], "usage": {{"cost": {cost}}}}}'
    url = f'{{"image_url": {{"url": "data:image/png;base64,{picture}"}}}}'
    chat = f'{{"choices": [{{"message": {{"images": [{url}]}}}}], "usage": {{"cost": {cost}}}}}'
    body = images if name == "OpenRouter, images" else chat
    kind = "application/json"
    await remote.fault({"method": "POST", "status": 200, "body": body, "content_type": kind})
    found = await outcome(provider, SERVICES[name].asked)
    assert not isinstance(found, Failure), found
    assert found.cost is None


@given(st.text(), st.text(), st.none() | st.integers() | st.text())
def test_any_words_mean_something_or_nothing(one: str, other: str, code: object) -> None:
    assert meaning(one, other, code) in {None, *Reason}


@given(st.text(alphabet='{}":error,message[]x \n', max_size=200))
def test_any_text_is_made_fit(text: str) -> None:
    assert len(sentence(text) or "") <= 300
