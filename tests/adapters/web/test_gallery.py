"""A person's pictures: found again, marked, deleted and saved several at once."""

import asyncio
import io
import zipfile

from tests.adapters.web.conftest import Client, Site


async def found(client: Client, **query: str) -> list[str]:
    status, page = await client.get("/api/history", params={"succeeded": "1", **query})
    assert status == 200
    return [job["text"] for job in page["jobs"]]


async def test_pictures_are_found_by_words_and_as_favourites(client: Client) -> None:
    boat = await client.draw("A Red boat at dusk")
    await client.draw("100% silk_road")
    await client.draw("demo:fail refused a red boat")
    assert await found(client) == ["100% silk_road", "A Red boat at dusk"]
    assert await found(client, words="boat RED") == ["A Red boat at dusk"]
    assert await found(client, words="0% k_r") == ["100% silk_road"]
    assert await found(client, words="_ %") == ["100% silk_road"]
    assert await found(client, words="green boat") == []
    assert await found(client, favourites="1") == []
    path = f"/api/pictures/{boat['pictures'][0]['image_id']}"
    answer = await client.call("PUT", path, json={"favourite": True})
    assert answer == (200, {"favourite": True})
    assert await found(client, favourites="1") == ["A Red boat at dusk"]
    _, job = await client.get(f"/api/jobs/{boat['job_id']}")
    assert [picture["favourite"] for picture in job["pictures"]] == [True]
    await client.call("PUT", path, json={"favourite": False})
    assert await found(client, favourites="1") == []


async def test_one_of_several_is_deleted_and_the_last_one_takes_the_request(
    client: Client,
) -> None:
    job = await client.draw("two lighthouses", options={"count": 2})
    first, second = (picture["image_id"] for picture in job["pictures"])
    path = f"/api/jobs/{job['job_id']}"

    async def delete(*ids: str) -> int:
        body = {"image_ids": list(ids)}
        status, answer = await client.post("/api/pictures/delete", body)
        assert status == 200
        return int(answer["deleted"])

    assert await delete(first, first, "img_000000000000") == 1
    assert (await client.get(f"/media/{first}"))[0] == 404
    _, left = await client.get(path)
    assert [picture["image_id"] for picture in left["pictures"]] == [second]
    assert await delete(first) == 0
    assert await delete(second) == 1
    assert (await client.get(path))[0] == 404


async def test_of_several_pictures_one_has_to_be_named(client: Client) -> None:
    job = await client.draw("two lighthouses", options={"count": 2})
    second = job["pictures"][1]["image_id"]
    body = {"text": "make it warmer", "reply_to": job["job_id"]}
    path = f"/api/jobs/{job['job_id']}"
    for status, answer in (
        await client.post("/api/requests", {**body, "number": 3}),
        await client.post(f"{path}/vary"),
        await client.post(f"{path}/vary", {"number": 3}),
    ):
        assert (status, answer["error"]["code"]) == (422, "which_picture")
        assert answer["error"]["message"].startswith("There are several pictures")
    warmer = await client.draw(**{**body, "number": 2})
    assert [each["image_id"] for each in warmer["references"]] == [second]
    assert warmer["made_from"]["number"] == 2
    status, answer = await client.post(f"{path}/vary", {"number": 2})
    varied = await client.end_of(answer["job_id"])
    assert [each["image_id"] for each in varied["references"]] == [second]
    assert (await client.post(f"{path}/again"))[0] == 202


async def test_pictures_are_saved_as_one_archive(client: Client) -> None:
    job = await client.draw("黄昏的灯塔", options={"count": 2})
    other = await client.draw("a boat")
    ids = [picture["image_id"] for picture in (*job["pictures"], *other["pictures"])]
    status, data = await client.get("/download", params=[("id", one) for one in (*ids, ids[0])])
    assert status == 200
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert names == [
            *(f"黄昏的灯塔_{image_id}.png" for image_id in ids[:2]),
            f"a-boat_{ids[2]}.png",
        ]
        for name, image_id in zip(names, ids, strict=True):
            assert archive.read(name) == (await client.get(f"/media/{image_id}"))[1]
    assert (await client.call("HEAD", f"/download?id={ids[0]}"))[0] == 405


async def test_other_peoples_pictures_are_left_alone(site: Site) -> None:
    ada, eve = site.client(), site.client()
    job = await ada.draw()
    await eve.get("/api/history")
    image_id = job["pictures"][0]["image_id"]
    answers = [
        await eve.call("PUT", f"/api/pictures/{image_id}", json={"favourite": True}),
        await eve.get("/download", params={"id": image_id}),
        await eve.get("/download", params={"id": "../secret"}),
    ]
    assert {status for status, _ in answers} == {404}
    body = {"image_ids": [image_id]}
    assert await eve.post("/api/pictures/delete", body) == (200, {"deleted": 0})
    assert (await ada.get(f"/media/{image_id}"))[0] == 200


async def test_what_cannot_be_is_refused(client: Client) -> None:
    image_id = (await client.draw())["pictures"][0]["image_id"]
    many = [("id", f"img_{number:012x}") for number in range(201)]
    answers = await asyncio.gather(
        client.call("PUT", f"/api/pictures/{image_id}", json={"favourite": "yes"}),
        client.post("/api/pictures/delete", {"image_ids": []}),
        client.post("/api/pictures/delete", {"image_ids": [one for _, one in many]}),
        client.get("/download", params=many),
        client.get("/download"),
    )
    assert [status for status, _ in answers] == [400, 400, 400, 413, 404]


async def test_versions_know_what_they_were_made_from(client: Client) -> None:
    cats = await client.draw("three cats", options={"count": 2})
    warmer = await client.draw("make it warmer", reply_to=cats["job_id"], number=2)
    source = {"job_id": cats["job_id"], "number": 2}
    assert warmer["made_from"] == {**source, "text": "picture 2 of 2 from “three cats”"}
    assert warmer["pictures"][0]["alt"] == "three cats; changed: make it warmer"
    assert cats["pictures"][1]["alt"] == "three cats; 2 of 2"
    assert cats["made_from"] is None
    path = f"/api/jobs/{warmer['job_id']}"
    wide_body = {"options": {"aspect_ratio": "16:9"}}
    assert (await client.post(f"{path}/extend"))[0] == 404
    _, answer = await client.post(f"{path}/extend", wide_body)
    wide = await client.end_of(answer["job_id"])
    assert (wide["words"], wide["aspect_ratio"]) == ("make it warmer", "16:9")
    await client.draw("a boat")
    for each in (cats, warmer, wide):
        _, found = await client.get(f"/api/jobs/{each['job_id']}/versions")
        assert [job["job_id"] for job in found["jobs"]] == [
            one["job_id"] for one in (cats, warmer, wide)
        ]
    await client.call("DELETE", f"/api/jobs/{cats['job_id']}")
    _, found = await client.get(f"{path}/versions")
    assert [job["job_id"] for job in found["jobs"]] == [warmer["job_id"], wide["job_id"]]
