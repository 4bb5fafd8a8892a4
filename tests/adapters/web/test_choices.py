"""Models and preferences."""

from tests.adapters.web.conftest import Client, Serve


async def test_models_come_from_the_provider(client: Client) -> None:
    status, answer = await client.get("/api/models")
    assert status == 200
    assert [model["name"] for model in answer["models"]] == [
        "Nano Banana 2.1",
        "Nano Banana 2 Lite",
        "Nano Banana Pro",
    ]
    assert answer["default"]["model"] == answer["models"][0]["id"]
    assert answer["default"]["size"] == "1K"
    assert answer["premium"] == "gemini-3-pro-image"
    assert answer["max_count"] == 4


async def test_preferences_are_kept_and_used(client: Client, serve: Serve) -> None:
    nothing = {"model": None, "size": None, "aspect_ratio": None, "language": None}
    assert await client.get("/api/preferences") == (200, nothing)
    chosen = {"model": "pro", "size": "2k", "aspect_ratio": "16:9", "language": "zh-Hans"}
    status, stored = await client.call("PUT", "/api/preferences", json=chosen)
    assert status == 200
    assert stored == {
        "model": "gemini-3-pro-image",
        "size": "2K",
        "aspect_ratio": "16:9",
        "language": "zh_Hans",
    }
    job = await client.draw("a lighthouse")
    assert (job["model"], job["size"], job["aspect_ratio"]) == ("gemini-3-pro-image", "2K", "16:9")
    assert job["message"].startswith("✅ 图片生成成功！")


async def test_a_preference_is_changed_alone_and_cleared(client: Client) -> None:
    await client.call("PUT", "/api/preferences", json={"model": "pro", "size": "2K"})
    _, stored = await client.call("PUT", "/api/preferences", json={"model": None})
    assert (stored["model"], stored["size"]) == (None, "2K")


async def test_preferences_that_nothing_offers_are_refused(client: Client) -> None:
    wrong = {
        "model": ("dall-e", "unknown_model"),
        "size": ("8K", "unsupported_size"),
        "aspect_ratio": ("7:13", "unsupported_ratio"),
        "language": ("tlh", "unknown_language"),
    }
    for name, (value, code) in wrong.items():
        status, answer = await client.call("PUT", "/api/preferences", json={name: value})
        assert (status, answer["error"]["code"]) == (422, code)
    status, answer = await client.call("PUT", "/api/preferences", json={"colour": "red"})
    assert (status, answer["error"]["code"]) == (400, "invalid")
    assert "colour" in answer["error"]["message"]


async def test_what_was_used_is_told_in_the_persons_language(client: Client) -> None:
    await client.draw("a lighthouse")
    status, answer = await client.get("/api/usage")
    assert status == 200
    assert answer["text"].startswith("Your usage\n• Last 24 hours: 1 picture, free\n")
    await client.call("PUT", "/api/preferences", json={"language": "zh-Hans"})
    _, answer = await client.get("/api/usage")
    assert "最近 24 小时：1 张" in answer["text"]
