"""Which model the JSON API shows and gets: by words and options, today and from before."""

from typing import Any

import pytest

from bot.domain.image_models import NEWEST
from tests.adapters.web.conftest import Client, Serve, Site
from tests.emulators.process import Remote
from tests.support import current_models, scripted
from tests.support.current_models import Got
from tests.support.model_ids import FLASH, LITE, OLD_FLASH, PRO
from tests.support.scripted import Scripted

REPLACED = {
    "en": "Nano Banana 2 is no longer offered: made with Nano Banana 2.1.",
    "zh_Hans": "Nano Banana 2 已经下线，这次用 Nano Banana 2.1 画。",
}
ADJUSTED = {
    "en": "Nano Banana 2.1 does not make 512, so it becomes 1K.",
    "zh_Hans": "Nano Banana 2.1 不支持 512，已改为 1K。",
}
languages = pytest.mark.parametrize("language", ["en", "zh_Hans"])


def _client(site: Site, language: str) -> Client:
    return site.client(headers={"Accept-Language": language.replace("_", "-")})


def _checked(job: dict[str, Any], paid: dict[str, Any], got: Got, language: str) -> None:
    assert (job["model"], job["model_name"], job["size"]) == (got.model, got.name, got.size)
    assert job["cost"]["unit"] == "USD"
    assert got.paid(job["cost"]["amount"])
    assert got.told(f"{job['message']}\n {job['size']} ")
    assert job["notes"] == [REPLACED[language]] * got.replaced
    assert (paid["model"], paid["size"]) == (got.model, got.size)


@languages
async def test_words(serve: Serve, gemini: Remote, language: str) -> None:
    client = _client(await serve(provider="gemini"), language)
    for text, got in current_models.SAID[language].items():
        job = await client.draw(text)
        _checked(job, (await gemini.paid())[-1], got, language)


@languages
async def test_options(serve: Serve, gemini: Remote, language: str) -> None:
    client = _client(await serve(provider="gemini"), language)
    for name, got in current_models.CHOSEN.items():
        job = await client.draw("x", options={"model": name})
        _checked(job, (await gemini.paid())[-1], got, language)


async def test_what_can_be_chosen(serve: Serve, gemini: Remote) -> None:
    client = (await serve(provider="gemini")).client()
    _, answer = await client.get("/api/models")
    assert [(model["id"], model["name"], model["sizes"]) for model in answer["models"]] == [
        (FLASH, "Nano Banana 2.1", ["1K", "2K", "4K"]),
        (LITE, "Nano Banana 2 Lite", ["1K"]),
        (PRO, "Nano Banana Pro", ["1K", "2K", "4K"]),
    ]
    assert (answer["default"]["model"], answer["premium"]) == (FLASH, PRO)


@languages
async def test_a_program_that_names_the_model_of_before(
    serve: Serve, provider: Scripted, language: str
) -> None:
    client = _client(await serve(provider=scripted.NAME), language)
    job = await client.draw("x", options={"model": OLD_FLASH, "size": "512"})
    assert (job["model"], job["size"]) == (FLASH, "1K")
    assert job["notes"] == [REPLACED[language], ADJUSTED[language]]
    chosen = {"model": OLD_FLASH, "size": "512", "aspect_ratio": "16:9"}
    status, liked = await client.call("PUT", "/api/preferences", json=chosen)
    assert (status, liked["model"], liked["size"]) == (200, FLASH, "1K")
    assert (await client.draw("a boat"))["notes"] == []


@languages
async def test_a_job_and_a_preference_of_before(
    serve: Serve, provider: Scripted, language: str
) -> None:
    provider.offered = current_models.BEFORE
    site = await serve(provider=scripted.NAME)
    client = _client(site, language)
    old = await client.draw("a lighthouse, 512px")
    assert (old["model"], old["size"]) == (OLD_FLASH, "512")
    await client.call("PUT", "/api/preferences", json={"model": OLD_FLASH, "size": "512"})
    provider.offered = NEWEST
    _, shown = await client.get(f"/api/jobs/{old['job_id']}")
    assert (shown["model"], shown["model_name"]) == (OLD_FLASH, "Nano Banana 2")
    assert shown["notes"] == []
    assert [button["action"] for button in shown["buttons"]] == ["edit", "vary", "larger", "again"]
    _, liked = await client.get("/api/preferences")
    assert (liked["model"], liked["size"]) == (FLASH, "1K")
    for options in ({}, {"model": OLD_FLASH, "size": "512"}):
        path = f"/api/jobs/{old['job_id']}/again"
        _, answer = await client.post(path, {"options": options})
        job = await client.end_of(answer["job_id"])
        assert (job["model"], job["size"]) == (FLASH, "1K")
        assert job["notes"] == [REPLACED[language], ADJUSTED[language]]
    job = await client.draw("make it red", reply_to=old["job_id"])
    assert (job["model"], job["size"]) == (FLASH, "1K")
    assert job["notes"] == [REPLACED[language], ADJUSTED[language]]  # by the preference
    assert (await client.draw("a boat"))["notes"] == []
