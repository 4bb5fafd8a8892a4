"""The page's own files: headers, caching, and languages that say the same things."""

import re
from pathlib import Path

import pytest

from adapters.web.pages import FOLDER
from messages import LOCALES, language_names, texts_of
from tests.adapters.web.conftest import Client, Serve
from tests.support.ports import free_port

CATALOGS = {locale: texts_of("web", locale) for locale in LOCALES}
SOURCES = [path for path in FOLDER.iterdir() if path.suffix in (".js", ".html")]


async def test_every_answer_is_guarded(client: Client) -> None:
    for path in ("/", "/static/app.js", "/api/history", "/healthz", "/nothing"):
        async with client.session.get(client.url + path) as response:
            policy = response.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
            assert "unsafe" not in policy
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Referrer-Policy"] == "no-referrer"
            assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
            assert "camera=()" in response.headers["Permissions-Policy"]


async def test_files_are_compressed_and_asked_for_again(client: Client) -> None:
    for path in ("/", "/static/app.js", "/static/style.css", "/static/texts/en.json"):
        async with client.session.get(client.url + path) as response:
            assert response.headers["Content-Encoding"] == "gzip"
            assert response.headers["Cache-Control"] == "no-cache"
            etag = response.headers["ETag"]
        headers = {"If-None-Match": etag}
        async with client.session.get(client.url + path, headers=headers) as response:
            assert response.status == 304
        headers["Accept-Encoding"] = "identity"
        async with client.session.get(client.url + path, headers=headers) as response:
            assert response.status == 200
            assert "Content-Encoding" not in response.headers


async def test_the_page_speaks_the_language_of_the_browser(client: Client) -> None:
    for wanted, tag in (("zh-CN", "zh-Hans"), ("en-GB", "en"), ("tlh", "en"), ("", "en")):
        _, page = await client.get("/", headers={"Accept-Language": wanted})
        assert f'<html lang="{tag}">'.encode() in page
    await client.call("PUT", "/api/preferences", json={"language": "zh_Hans"})
    _, page = await client.get("/", headers={"Accept-Language": "en"})
    assert b'<html lang="zh-Hans">' in page


async def test_the_texts_of_the_page_are_those_of_the_catalogues(client: Client) -> None:
    for locale, texts in CATALOGS.items():
        async with client.session.get(f"{client.url}/static/texts/{locale}.json") as response:
            assert response.content_type == "application/json"
            assert await response.json() == texts
    async with client.session.get(f"{client.url}/static/texts/tlh.json") as response:
        assert response.status == 404


async def test_the_page_offers_the_languages_there_are(client: Client) -> None:
    _, page = await client.get("/")
    menu = page.decode().partition('id="set-language">')[2].partition("</select>")[0]
    offered = dict(re.findall(r'<option value="(\w+)" lang="[\w-]+">([^<]+)</option>', menu))
    assert offered == language_names()


@pytest.mark.parametrize("path", ["/favicon.ico", "/static/favicon.svg"])
async def test_the_icon(client: Client, path: str) -> None:
    async with client.session.get(client.url + path) as response:
        assert response.content_type == "image/svg+xml"


def test_catalogs_have_the_same_texts_and_placeholders() -> None:
    english = CATALOGS.pop("en")
    assert CATALOGS
    for name, texts in CATALOGS.items():
        assert texts.keys() == english.keys(), name
        for key, text in texts.items():
            assert placeholders(text) == placeholders(english[key]), (name, key)
    CATALOGS["en"] = english


def test_every_text_is_there_and_used() -> None:
    english = CATALOGS["en"]
    code = "".join(path.read_text() for path in SOURCES)
    used = set(re.findall(r'data-(?:text|label|title|placeholder)="(\w+)"', code))
    used |= set(re.findall(r'say\(\s*"(\w+)"', code))
    assert used <= english.keys()
    for key in english.keys() - used:
        assert re.search(rf'"{key}"', code) or key.startswith("theme_"), key


def test_nothing_is_inline_and_nothing_comes_from_elsewhere() -> None:
    for path in SOURCES:
        source = path.read_text()
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", source
        )
        for url in re.findall(r"https?://[^\s\"'`]+", source):
            assert url == "http://www.w3.org/2000/svg", (path.name, url)
        if path.suffix == ".html":
            assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", source)


async def test_a_port_that_is_taken_is_named(serve: Serve, client: Client) -> None:
    from adapters.web.server import Web
    from adapters.web.settings import WebSettings
    from bot.app import App
    from bot.settings import Settings

    port = int(client.url.rpartition(":")[2])
    app = App(Settings(data_dir=Path("other"), provider="demo", web_port=port))
    await app.start()
    try:
        with pytest.raises(OSError, match=rf"cannot be served at 127\.0\.0\.1:{port}.*WEB_PORT"):
            await Web(app.bot, WebSettings(web_port=port)).listen(app.engine.receive)
    finally:
        await app.close()
    assert free_port() != port


def placeholders(text: str | dict[str, str]) -> set[str]:
    whole = text if isinstance(text, str) else " ".join(text.values())
    return set(re.findall(r"\{(\w+)\}", whole))
