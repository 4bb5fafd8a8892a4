"""What the page and programs do all day: ask, look, ask again, cancel, delete."""

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.adapters.web.conftest import Client, Serve, Site
from tests.support.scripted import png

FIELDS = {
    "job_id",
    "status",
    "step",
    "percent",
    "elapsed",
    "message",
    "model",
    "cost",
    "pictures",
    "failure",
}


async def test_a_request_becomes_a_picture(client: Client) -> None:
    job = await client.draw("a lighthouse at dusk", options={"aspect_ratio": "16:9"})
    assert job.keys() >= FIELDS
    assert (job["status"], job["step"], job["percent"]) == ("succeeded", 3, 100)
    assert job["failure"] is None
    assert job["model"] == "gemini-nano-banana-2.1"
    assert job["cost"] == {"amount": 0, "unit": "USD"}
    assert job["aspect_ratio"] == "16:9"
    assert job["message"].startswith("✅ Your picture is ready!")
    [picture] = job["pictures"]
    assert picture["image_url"] == f"/media/{picture['image_id']}"
    assert picture["download_url"] == f"/download/{picture['image_id']}"
    assert picture["width"] / picture["height"] == pytest.approx(16 / 9, rel=0.02)


async def test_a_job_is_seen_while_it_is_made(client: Client) -> None:
    job_id = await client.ask("demo:seconds 30 a lighthouse")
    _, job = await client.get(f"/api/jobs/{job_id}")
    assert job["status"] in ("queued", "running")
    assert job["step"] in (0, 1, 2)
    assert [button["action"] for button in job["buttons"]] == ["cancel"]
    assert job["pictures"] == []


async def test_the_language_is_the_one_of_the_browser(client: Client) -> None:
    chinese = {"Accept-Language": "fr;q=0.3, zh-CN, en;q=0.8"}
    job_id = await client.ask("灯塔")
    await client.end_of(job_id)
    _, job = await client.get(f"/api/jobs/{job_id}", headers=chinese)
    assert job["message"].startswith("✅ 图片生成成功！")
    _, job = await client.get(f"/api/jobs/{job_id}")
    assert job["message"].startswith("✅ Your picture is ready!")


async def test_a_failure_has_a_reason_and_advice(client: Client) -> None:
    job = await client.draw("demo:fail refused a tower")
    assert (job["status"], job["step"]) == ("failed", 4)
    assert job["failure"]["reason"] == "refused"
    assert job["failure"]["text"]
    assert job["failure"]["advice"]
    # What was refused is refused again: it is said in other words, not retried.
    assert [button["action"] for button in job["buttons"]] == ["words", "settings", "delete"]
    network = await client.draw("demo:fail network a tower")
    assert network["buttons"][0]["action"] == "retry"


async def test_the_same_event_makes_one_job(client: Client, serve: Serve) -> None:
    body = {"text": "a lighthouse", "event_id": "click-1"}
    answers = await asyncio.gather(*(client.post("/api/requests", body) for _ in range(4)))
    # Four first requests of a browser without a cookie are four people.
    assert len({answer["job_id"] for _, answer in answers}) == 4
    answers = await asyncio.gather(*(client.post("/api/requests", body) for _ in range(4)))
    cookies = client.session.cookie_jar
    site = await serve()
    again = site.client()
    again.session.cookie_jar.update_cookies({c.key: c.value for c in cookies}, again_url(again))
    answers.append(await again.post("/api/requests", body))
    assert {status for status, _ in answers} == {202}
    assert len({answer["job_id"] for _, answer in answers}) == 1
    _, history = await again.get("/api/history")
    assert len(history["jobs"]) == 1


def again_url(client: Client) -> Any:
    return aiohttp.client.URL(client.url)


async def test_the_same_event_of_two_people_makes_two_jobs(site: Site) -> None:
    ada, bob = site.client(), site.client()
    assert await ada.ask(event_id="1") != await bob.ask(event_id="1")


async def test_an_upload_is_a_picture_to_work_from(client: Client) -> None:
    form = aiohttp.FormData()
    form.add_field("text", "make it warmer")
    form.add_field("options", '{"size": "2K"}')
    form.add_field("references", png(), filename="a.png", content_type="image/png")
    form.add_field("references", png("blue"), filename="b.png", content_type="image/png")
    status, answer = await client.call("POST", "/api/requests", data=form)
    assert status == 202, answer
    job = await client.end_of(answer["job_id"])
    assert job["status"] == "succeeded"
    assert job["size"] == "2K"
    assert len(job["references"]) == 2
    status, data = await client.get(job["references"][0]["image_url"])
    assert (status, data) == (200, png())


async def test_a_picture_made_before_is_worked_on(client: Client) -> None:
    first = await client.draw()
    image_id = first["pictures"][0]["image_id"]
    by_id = await client.draw("make it warmer", references=[image_id])
    by_reply = await client.draw("add a boat", reply_to=first["job_id"])
    by_words = await client.draw("make it warmer")
    assert [found["image_id"] for found in by_id["references"]] == [image_id]
    assert [found["image_id"] for found in by_reply["references"]] == [image_id]
    assert by_words["references"][0]["image_id"] == by_reply["pictures"][0]["image_id"]


async def test_again_and_pro_version(client: Client) -> None:
    first = await client.draw("a lighthouse", options={"aspect_ratio": "4:3"})
    status, answer = await client.post(f"/api/jobs/{first['job_id']}/again")
    assert status == 202
    again = await client.end_of(answer["job_id"])
    assert again["job_id"] != first["job_id"]
    assert (again["prompt"], again["aspect_ratio"]) == (first["prompt"], "4:3")
    body = {"options": {"model": "pro"}, "event_id": "1"}
    _, one = await client.post(f"/api/jobs/{first['job_id']}/again", body)
    _, two = await client.post(f"/api/jobs/{first['job_id']}/again", body)
    assert one == two
    assert (await client.end_of(one["job_id"]))["model"] == "gemini-3-pro-image"


async def test_buttons_are_pressed_by_their_names(client: Client) -> None:
    job = await client.draw("a lighthouse")
    path = f"/api/jobs/{job['job_id']}"
    for button in ("retry", "pro", "vary", "larger"):
        status, answer = await client.post(f"{path}/{button}")
        assert status == 202, button
        assert (await client.end_of(answer["job_id"]))["words"] == "a lighthouse"
    for told in ("details", "original"):
        status, answer = await client.post(f"{path}/{told}")
        assert (status, answer["notice"]["key"]) == (200, told)
    status, answer = await client.post(f"{path}/before")
    assert (status, answer["error"]["code"]) == (422, "nothing_before")
    for nothing in ("edit", "words", "notify", "resend", "dance"):
        status, answer = await client.post(f"{path}/{nothing}")
        assert (status, answer["error"]["code"]) == (404, "not_found"), nothing
    status, answer = await client.post(f"{path}/delete")
    assert (status, answer["notice"]["key"]) == (200, "deleted")
    assert (await client.get(path))[0] == 404


async def test_words_that_are_commands_are_answered(client: Client) -> None:
    status, answer = await client.post("/api/requests", {"text": "help"})
    assert (status, answer["notice"]["key"]) == (200, "help")
    assert "make it warmer" in answer["notice"]["text"]
    status, answer = await client.post("/api/requests", {"text": "again"})
    assert (status, answer["error"]["code"]) == (409, "nothing_to_repeat")
    job = await client.draw()
    status, answer = await client.post("/api/requests", {"text": "again"})
    assert status == 202
    assert (await client.end_of(answer["job_id"]))["prompt"] == job["prompt"]


async def test_cancel_once(client: Client) -> None:
    job_id = await client.ask("demo:seconds 60 a lighthouse")
    status, job = await client.post(f"/api/jobs/{job_id}/cancel")
    assert (status, job["status"]) == (200, "cancelled")
    status, answer = await client.post(f"/api/jobs/{job_id}/cancel")
    assert (status, answer["error"]["code"]) == (409, "already_final")


async def test_delete_takes_the_pictures_too(client: Client) -> None:
    job = await client.draw()
    assert (await client.call("DELETE", f"/api/jobs/{job['job_id']}"))[0] == 204
    assert (await client.get(f"/api/jobs/{job['job_id']}"))[0] == 404
    assert (await client.get(job["pictures"][0]["image_url"]))[0] == 404
    assert (await client.get("/api/history"))[1] == {"jobs": [], "next": None}
    assert (await client.call("DELETE", f"/api/jobs/{job['job_id']}"))[0] == 404


async def test_history_pages_back_in_time(client: Client) -> None:
    made = [await client.ask(f"lighthouse {number}") for number in range(5)]
    _, newest = await client.get("/api/history?limit=3")
    assert [job["job_id"] for job in newest["jobs"]] == made[:1:-1]
    _, rest = await client.get(f"/api/history?limit=3&before={newest['next']!r}")
    assert [job["job_id"] for job in rest["jobs"]] == made[1::-1]
    assert rest["next"] is None


async def test_other_people_see_nothing(site: Site) -> None:
    ada, eve = site.client(), site.client()
    job = await ada.draw()
    path = f"/api/jobs/{job['job_id']}"
    answers = [
        await eve.get(path),
        await eve.get(f"{path}/events"),
        await eve.post(f"{path}/cancel"),
        await eve.post(f"{path}/again"),
        await eve.post(f"{path}/delete"),
        await eve.call("DELETE", path),
        await eve.post("/api/requests", {"text": "warmer", "reply_to": job["job_id"]}),
    ]
    assert {status for status, _ in answers} == {404}
    assert {answer["error"]["code"] for _, answer in answers} == {"not_found"}
    image_id = job["pictures"][0]["image_id"]
    status, answer = await eve.post(
        "/api/requests", {"text": "make it warmer", "references": [image_id]}
    )
    assert (status, answer["error"]["code"]) == (422, "reference_missing")
    assert (await eve.get("/api/history"))[1]["jobs"] == []
    kept = await site.app.history.job(job["job_id"])
    assert kept
    assert kept.private


async def test_a_full_queue_says_when_to_come_back(client: Client) -> None:
    await client.get("/api/history")
    headers: Any = {}
    for _ in range(40):
        async with client.session.post(
            f"{client.url}/api/requests", json={"text": "demo:seconds 300 a lighthouse"}
        ) as response:
            status, answer, headers = response.status, await response.json(), response.headers
        if status != 202:
            break
    assert (status, answer["error"]["code"]) == (429, "queue_full")
    assert int(headers["Retry-After"]) > 0
    _, history = await client.get("/api/history?limit=50")
    assert max(job["position"] or 0 for job in history["jobs"]) > 1


async def test_pictures_outlive_a_restart_and_the_provider(client: Client, serve: Serve) -> None:
    job = await client.draw()
    site = await serve(provider="tests.support.scripted")
    status, data = await site.client().get(job["pictures"][0]["image_url"])
    assert status == 200
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
