"""Pictures as files: their names, their headers, and what becomes of a stranger's prompt."""

import io
import re
from dataclasses import replace
from urllib.parse import unquote

import aiohttp
import pytest
from PIL import Image

from adapters.web.pictures import content_disposition, slug
from bot.domain.pictures import StoredPicture
from messages import Picture
from tests.adapters.web.conftest import Client, Serve, Site
from tests.bot.domain.test_protocol import JOB
from tests.support.scripted import png

KEPT = StoredPicture(
    Picture("img_0123456789ab", "image/png", 1, 1, 1), "generated/x", "web", "ada", None, 0.0
)


def file_name(header: str) -> str:
    """The name that a browser takes: the one in UTF-8."""
    plain, full = re.fullmatch(
        r"attachment; filename=\"([\w.-]+)\"; filename\*=UTF-8''(\S+)", header
    ).groups()  # type: ignore[union-attr]
    assert plain.isascii()
    return unquote(full)


async def test_a_picture_is_shown_and_cached_for_good(client: Client) -> None:
    job = await client.draw()
    picture = job["pictures"][0]
    async with client.session.get(client.url + picture["image_url"]) as response:
        data = await response.read()
        assert response.status == 200
        assert response.headers["Content-Type"] == "image/png"
        assert response.headers["Content-Disposition"] == "inline"
        assert response.headers["Content-Length"] == str(len(data)) == str(picture["size"])
        assert response.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        etag = response.headers["ETag"]
    image = Image.open(io.BytesIO(data))
    assert (image.width, image.height) == (picture["width"], picture["height"])
    async with client.session.get(
        client.url + picture["image_url"], headers={"If-None-Match": etag}
    ) as response:
        assert (response.status, await response.read()) == (304, b"")
    async with client.session.head(client.url + picture["image_url"]) as response:
        assert response.status == 200
        assert response.headers["Content-Length"] == str(len(data))


async def test_a_download_has_a_proper_name(client: Client) -> None:
    job = await client.draw("A lighthouse, at dusk!")
    picture = job["pictures"][0]
    async with client.session.get(client.url + picture["download_url"]) as response:
        header = response.headers["Content-Disposition"]
        assert Image.open(io.BytesIO(await response.read())).format == "PNG"
    assert header.startswith("attachment; ")
    assert file_name(header) == f"a-lighthouse-at-dusk_{picture['image_id']}.png"


async def test_a_file_that_is_gone_is_not_found(site: Site) -> None:
    client = site.client()
    job = await client.draw()
    image_id = job["pictures"][0]["image_id"]
    kept = await site.app.history.picture(image_id)
    assert kept is not None
    await site.app.media.delete(kept.path)
    assert (await client.get(f"/media/{image_id}"))[0] == 404
    assert (await client.get(f"/download/{image_id}"))[0] == 404


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("A lighthouse", "a-lighthouse_img_0123456789ab.png"),
        ("", "picture_img_0123456789ab.png"),
        ("!!!", "picture_img_0123456789ab.png"),
        ("黄昏的灯塔", "黄昏的灯塔_img_0123456789ab.png"),
        ("Ein Fuß über Köln", "ein-fuß-über-köln_img_0123456789ab.png"),
        ('a"; filename="evil.exe', "a-filename-evil-exe_img_0123456789ab.png"),
        ("a\r\nSet-Cookie: x=y", "a-set-cookie-x-y_img_0123456789ab.png"),
        ("../../etc/passwd", "etc-passwd_img_0123456789ab.png"),
        ("a\ud800b\u202eexe", "ab-exe_img_0123456789ab.png"),
    ],
)
def test_names_of_downloads(prompt: str, name: str) -> None:
    header = content_disposition(prompt, KEPT)
    assert header.isascii()
    assert header.isprintable()
    assert file_name(header) == name


def test_a_long_prompt_is_cut_between_words() -> None:
    assert slug("word " * 100) == "-".join(["word"] * 12)
    assert len(slug("x" * 1000)) == 60
    assert len(slug("灯塔" * 500)) == 60


async def test_a_shared_link_does_not_tell_what_was_asked(serve: Serve) -> None:
    site = await serve(web_public_url="https://banana.example")
    session = aiohttp.ClientSession(headers={"Host": "localhost"})
    site.sessions.append(session)
    async with session.get(site.url) as response:
        cookie = response.headers["Set-Cookie"].partition(";")[0]
    owner = {"Cookie": cookie}
    client = Client(session, site.url)
    _, answer = await client.post(
        "/api/requests", {"text": "paint our secret merger at dusk"}, headers=owner
    )
    async with session.get(
        f"{site.url}/api/jobs/{answer['job_id']}/events", headers=owner
    ) as response:
        await response.read()
    _, job = await client.get(f"/api/jobs/{answer['job_id']}", headers=owner)
    url = site.url + job["pictures"][0]["download_url"]
    names = {}
    for who, headers in (
        ("owner", owner),
        ("nobody", {}),
        ("other", {"Cookie": cookie[:-1] + "x"}),
    ):
        for method in ("GET", "HEAD"):
            async with session.request(method, url, headers=headers) as response:
                assert response.status == 200
                names[who] = str(response.headers).lower()
                assert "merger" in names[who] or who != "owner"
    image_id = job["pictures"][0]["image_id"]
    assert f'filename="picture_{image_id}.png"' in names["nobody"]
    for who in ("nobody", "other"):
        assert "merger" not in names[who]


async def test_of_a_picture_from_a_chat_nobody_is_told_the_words(serve: Serve) -> None:
    site = await serve(web_public_url="https://banana.example")
    client = site.client(headers={"Host": "localhost"})
    job = replace(JOB, id="job_0", platform="discord", requester="ada", prompt="our secret merger")
    await site.app.history.add(job)
    [kept] = await site.app.engine.library.keep_made(job, [png()], cost=None)  # type: ignore[misc]
    async with client.session.get(f"{site.url}/download/{kept.image_id}") as response:
        assert response.status == 200
        assert "merger" not in str(response.headers)
