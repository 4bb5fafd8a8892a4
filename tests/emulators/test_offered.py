"""Models that come and go while an emulator runs, asked for as any client would."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from tests.emulators import aihubmix, generate_content, ima, openrouter
from tests.emulators.offered import FLASH, LITE, NEW, NEXT, OFFERS, PRO
from tests.emulators.process import Remote, Shared, launch

NAMES = ("gemini", "openrouter", "aihubmix", "ima")
TODAY = {
    "gemini": {NEW, PRO, LITE},
    "openrouter": {NEW, PRO, LITE, FLASH},
    "aihubmix": {NEW, PRO, LITE, FLASH},
    "ima": {FLASH, PRO},
}


@pytest.fixture(scope="module")
def running(emulator_of: Shared) -> dict[str, Remote]:
    return {name: emulator_of(name) for name in NAMES}


@pytest.fixture(params=NAMES)
async def service(request: pytest.FixtureRequest, running: dict[str, Remote]) -> "Service":
    remote = running[request.param]
    await remote.forget()
    return Service(request.param, remote)


class Service:
    """One of the four; each way of asking gives a status and a body."""

    def __init__(self, name: str, remote: Remote) -> None:
        self.name = name
        self.remote = remote
        ask: dict[str, Callable[[str, str], Awaitable[tuple[int, Any]]]] = {
            "gemini": self._gemini,
            "openrouter": self._openrouter,
            "aihubmix": self._aihubmix,
            "ima": self._ima,
        }
        self.ask = ask[name]

    async def listed(self) -> set[str]:
        """Google's image models in the service's list."""
        path, key = {
            "gemini": ("/v1beta/models?pageSize=100", {"x-goog-api-key": generate_content.KEY}),
            "openrouter": ("/api/v1/images/models", {}),
            "aihubmix": ("/api/v1/models?type=image_generation", {}),
            "ima": ("", {}),
        }[self.name]
        if self.name == "ima":
            return {leaf["model_id"] for leaf in await self._leaves()} - {"doubao-seedream-4.5"}
        _, body = await self._call("GET", path, key)
        entries = body.get("models") or body.get("data")
        ids = {entry.get("model_id") or entry.get("id") or entry["name"] for entry in entries}
        ids = {id.rpartition("/")[2].removesuffix("-preview") for id in ids}
        return {id for id in ids if id in {NEW, FLASH, PRO, LITE, NEXT}}

    async def _call(
        self, method: str, path: str, headers: dict[str, str], body: Any = None
    ) -> tuple[int, Any]:
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, self.remote.url + path, headers=headers, json=body) as response,
        ):
            return response.status, await response.json()

    async def _generate(self, path: str, key: str, size: str) -> tuple[int, Any]:
        body = {
            "contents": [{"parts": [{"text": "a lighthouse"}]}],
            "generationConfig": {"imageConfig": {"imageSize": size}},
        }
        return await self._call("POST", f"{path}:generateContent", {"x-goog-api-key": key}, body)

    async def _gemini(self, model: str, size: str) -> tuple[int, Any]:
        return await self._generate(f"/v1beta/models/{model}", generate_content.KEY, size)

    async def _aihubmix(self, model: str, size: str) -> tuple[int, Any]:
        return await self._generate(f"/gemini/v1beta/models/{model}", aihubmix.KEY, size)

    async def _openrouter(self, model: str, size: str) -> tuple[int, Any]:
        body = {"model": f"google/{model}", "prompt": "a lighthouse", "resolution": size}
        key = {"Authorization": f"Bearer {openrouter.KEY}"}
        return await self._call("POST", "/api/v1/images", key, body)

    async def _leaves(self) -> list[dict[str, Any]]:
        query = "app=ima&platform=web&category=text_to_image"
        _, body = await self._call("GET", f"/open/v1/product/list?{query}", IMA)
        nodes, found = body["data"], []
        while nodes:
            node = nodes.pop()
            nodes += node.get("children", [])
            found += [node] if node["type"] == "3" else []
        return found

    async def _ima(self, model: str, size: str) -> tuple[int, Any]:
        """Orders by a product of the list, or by one that was there; the status is its code."""
        leaf = ima.leaf("text_to_image", model)
        rule = next((r for r in leaf["credit_rules"] if r["attributes"]["size"] == size), None)
        rule = rule or leaf["credit_rules"][0]
        cast = {"points": rule["points"], "attribute_id": rule["attribute_id"]}
        inner = {"prompt": "a lighthouse", "n": 1, "input_images": [], "cast": cast}
        order = {
            "attribute_id": rule["attribute_id"],
            "model_id": model,
            "model_name": leaf["name"],
            "model_version": leaf["id"],
            "app": "ima",
            "platform": "web",
            "category": "text_to_image",
            "credit": rule["points"],
            "parameters": inner | {"size": size, "aspect_ratio": "1:1"},
        }
        body = {"task_type": "text_to_image", "enable_multi_model": False, "src_img_url": []}
        _, answer = await self._call(
            "POST", "/open/v1/tasks/create", IMA, body | {"parameters": [order]}
        )
        return answer["code"], answer


IMA = {
    "Authorization": "Bearer ima_emulator",
    "Content-Type": "application/json",
    "x-app-source": "ima_skills",
}

NO_SUCH_MODEL = {
    "gemini": (404, "is not found for API version v1beta"),
    "openrouter": (400, f"google/{NEW} is not a valid model ID"),
    "aihubmix": (400, "Incorrect model ID"),
    "ima": (400, "Invalid product attribute"),
}


async def test_the_list_is_what_is_set(service: Service) -> None:
    assert await service.listed() == TODAY[service.name]
    for name in ("new", "old", "both", "lines", "unknown", "next"):
        await service.remote.set(offers=name)
        assert await service.listed() == set(OFFERS[name])
    await service.remote.set(offers=[PRO])
    assert await service.listed() == {PRO}
    for model in (NEW, FLASH):
        assert (await service.ask(model, "1K"))[0] != 200


async def test_a_model_is_retired_while_it_runs(service: Service) -> None:
    await service.remote.set(offers="next")
    assert (await service.ask(NEW, "1K"))[0] == 200
    await service.remote.set(retired=[NEW])
    assert await service.listed() == {NEXT, PRO, LITE}
    status, body = await service.ask(NEW, "1K")
    assert (status, NO_SUCH_MODEL[service.name][1] in str(body)) == (
        NO_SUCH_MODEL[service.name][0],
        True,
    )
    assert [paid["model"] for paid in await service.remote.paid()] == [NEW]


async def test_a_model_is_retired_between_the_list_and_the_request(service: Service) -> None:
    await service.remote.set(offers="both", retiring=[FLASH])
    assert await service.listed() == {NEW, FLASH}
    assert (await service.ask(FLASH, "1K"))[0] == NO_SUCH_MODEL[service.name][0]
    assert await service.listed() == {NEW}
    assert (await service.ask(FLASH, "1K"))[0] == NO_SUCH_MODEL[service.name][0]
    assert (await service.ask(NEW, "1K"))[0] == 200
    [paid] = await service.remote.paid()
    assert (paid["model"], paid["size"], paid["pictures"]) == (NEW, "1K", 1)


async def test_2_1_is_not_made_at_512(service: Service) -> None:
    small = "512px" if service.name == "ima" else "512"
    await service.remote.set(offers="both")
    status, body = await service.ask(NEW, small)
    assert status == 400, body
    assert (await service.ask(FLASH, small))[0] == 200
    assert [paid["model"] for paid in await service.remote.paid()] == [FLASH]


async def test_a_size_is_refused_that_the_list_has(service: Service) -> None:
    await service.remote.set(offers="lines", sizes={NEW: ["1K", "2K"]})
    assert (await service.ask(NEW, "2K"))[0] == 200
    status, body = await service.ask(NEW, "4K")
    assert status == 400, body


async def test_other_words_for_no_such_model(running: dict[str, Remote]) -> None:
    for name, how, status, words in (
        ("openrouter", "deprecated", 404, "retired"),
        ("openrouter", "no_endpoints_found", 404, f"No endpoints found for google/{NEW}."),
        ("openrouter", "unavailable", 404, "gone at its provider"),
        ("aihubmix", "channel", 503, f"No available channel for model {NEW}"),
        ("aihubmix", "google", 404, "is not found for API version v1beta"),
    ):
        service = Service(name, running[name])
        await service.remote.forget()
        await service.remote.set(retired=[NEW], no_model=how)
        answered, body = await service.ask(NEW, "1K")
        assert (answered, words in str(body)) == (status, True), (how, body)


async def test_what_openrouter_cuts_off_is_not_paid(running: dict[str, Remote]) -> None:
    service = Service("openrouter", running["openrouter"])
    await service.remote.forget()
    await service.remote.fault({"path": "/images$", "method": "POST", "after": True, "reset": True})
    with pytest.raises(aiohttp.ClientError):
        await service.ask(NEW, "1K")
    assert await service.remote.paid() == []


async def test_settings_of_the_start_are_not_forgotten() -> None:
    with launch("gemini", offers="old") as remote:
        service = Service("gemini", remote)
        assert await service.listed() == {FLASH}
        await remote.set(offers="new")
        assert await service.listed() == {NEW}
        await remote.forget()
        assert await service.listed() == {FLASH}
