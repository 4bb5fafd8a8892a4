"""Which picture is meant, and the other reading, over the JSON API."""

from typing import Any

from tests.adapters.web.conftest import Client, Site


async def notice(client: Client, text: str, **more: Any) -> dict[str, Any]:
    status, answer = await client.post("/api/requests", {"text": text, **more})
    assert status == 200, answer
    return dict(answer["notice"])


async def answer(client: Client, asked: dict[str, Any], number: int) -> dict[str, Any]:
    path = f"/api/questions/{asked['question']}/{number}"
    status, said = await client.post(path, {"event_id": f"answer-{number}"})
    assert status == 202, said
    return await client.end_of(said["job_id"])


async def test_which_one_is_asked_and_answered(client: Client) -> None:
    made = await client.draw("demo:seconds 0 four cats, 4 images")
    asked = await notice(client, "make it warmer", reply_to=made["job_id"])
    assert asked["key"] == "which_picture"
    assert [one["label"] for one in asked["answers"]] == ["1", "2", "3", "4"]
    assert [one["image_id"] for one in asked["pictures"]] == [
        one["image_id"] for one in made["pictures"]
    ]
    assert (await client.get("/api/history"))[1]["jobs"][0]["job_id"] == made["job_id"]
    changed = await answer(client, asked, 3)
    assert [one["image_id"] for one in changed["references"]] == [made["pictures"][2]["image_id"]]
    assert changed["text"] == "make it warmer"
    again = await answer(client, asked, 3)
    assert again["job_id"] == changed["job_id"]


async def test_a_change_without_a_picture_says_how_to_give_it(client: Client) -> None:
    asked = await notice(client, "make it warmer")
    assert asked["key"] == "ask_picture"
    assert asked["text"] == "Which picture shall I change?"
    assert [one["label"] for one in asked["answers"]] == ["Make a new picture instead"]
    assert (await client.get("/api/history"))[1]["jobs"] == []
    drawn = await answer(client, asked, 1)
    assert (drawn["references"], drawn["text"]) == ([], "make it warmer")


async def test_the_other_reading(client: Client) -> None:
    first = await client.draw("demo:seconds 0 a cat")
    changed = await client.draw("in watercolor, with gulls")
    assert "new_instead" in [button["action"] for button in changed["buttons"]]
    assert any("I took this for a change" in note for note in changed["notes"])
    status, said = await client.post(f"/api/jobs/{changed['job_id']}/new_instead", {})
    assert status == 202
    new = await client.end_of(said["job_id"])
    assert (new["references"], new["text"]) == ([], changed["text"])
    assert changed["references"][0]["image_id"] == first["pictures"][0]["image_id"]


async def test_what_is_no_question(site: Site, client: Client) -> None:
    asked = await notice(client, "make it warmer")
    for path in ("question_never/1", f"{asked['question']}/0", f"{asked['question']}/x"):
        status, _ = await client.post(f"/api/questions/{path}", {})
        assert status == 404, path
    status, _ = await site.client().post(f"/api/questions/{asked['question']}/1", {})
    assert status == 404
    made = await client.draw("demo:seconds 0 a cat")
    status, _ = await client.post(f"/api/jobs/{made['job_id']}/answer", {})
    assert status == 404
