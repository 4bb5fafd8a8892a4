"""Pictures to work from that are linked, through the real API and real TLS servers."""

from tests.adapters.web.conftest import Site
from tests.bot.images.test_downloads import (
    PRIVATE,
    World,
    answer,
    certificate,  # noqa: F401 - a fixture
    redirect,
    world,  # noqa: F401 - a fixture
)
from tests.support.scripted import png


async def test_a_link_becomes_a_reference(site: Site, world: World) -> None:  # noqa: F811
    site.app.bot._downloader = world.fetcher()
    world.internet.answers["/a.png"] = answer(png())
    client = site.client()
    link = "https://pictures.example/a.png"
    job = await client.draw("make it warmer", references=[link])
    assert job["status"] == "succeeded"
    assert len(job["references"]) == 1


async def test_a_redirect_into_a_private_network_is_refused(
    site: Site,
    world: World,  # noqa: F811
) -> None:
    site.app.bot._downloader = world.fetcher()
    client = site.client()
    for target in (
        f"https://{PRIVATE}:443/a.png",
        "https://[::ffff:10.0.0.1]/",
        "https://10.1.1.1/",
    ):
        world.internet.answers["/it"] = redirect(target)
        body = {"text": "warmer", "references": ["https://pictures.example/it"]}
        status, found = await client.post("/api/requests", body)
        assert (status, found["error"]["code"]) == (422, "reference_private"), target
    world.internet.answers["/it"] = redirect("http://pictures.example/a.png")
    status, found = await client.post("/api/requests", body)
    assert (status, found["error"]["code"]) == (422, "reference_not_https")
    world.internet.answers["/it"] = answer(b"<html>")
    status, found = await client.post("/api/requests", body)
    assert (status, found["error"]["code"]) == (422, "reference_unusable")
