"""The page itself and its files, all in memory: compressed once, checked by ETag every time.

Its texts are files too, one per language, that are made from the catalogues of :mod:`messages`.
"""

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from aiohttp import hdrs, web

from adapters.web.context import BOT, json_response, locale
from messages import LOCALES, language_names, texts_of

FOLDER = Path(__file__).parent / "static"

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
}

_LANGUAGE = b'<html lang="en">'
_MENU = b'id="set-language">'
"""What a page is in, and where it offers the languages there are."""


@dataclass(frozen=True, slots=True)
class Page:
    """One file as it is sent, plain and compressed."""

    type: str
    body: bytes
    compressed: bytes
    etag: str

    @classmethod
    def of(cls, body: bytes, suffix: str) -> "Page":
        digest = hashlib.sha256(body).hexdigest()[:20]
        return cls(_TYPES[suffix], body, gzip.compress(body, mtime=0), digest)

    def response(self, request: web.Request) -> web.Response:
        """https://www.rfc-editor.org/rfc/rfc9110#name-etag: each encoding has a tag of its own."""
        zipped = "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "")
        etag = f'"{self.etag}{"-gzip" if zipped else ""}"'
        headers = {
            "Cache-Control": "no-cache",
            "Vary": "Accept-Encoding",
            hdrs.ETAG: etag,
        }
        if etag in request.headers.get(hdrs.IF_NONE_MATCH, ""):
            return web.Response(status=304, headers=headers)
        headers[hdrs.CONTENT_TYPE] = self.type
        if zipped:
            headers[hdrs.CONTENT_ENCODING] = "gzip"
        return web.Response(body=self.compressed if zipped else self.body, headers=headers)


class Pages:
    """All files of the folder ``static``, the HTML ones once per language, and their texts.

    What is in a language is made when it is asked for first: texts take memory.
    """

    def __init__(self, folder: Path = FOLDER, *, login: bool = False) -> None:
        files = [path for path in folder.rglob("*") if path.suffix in _TYPES]
        self._login = login
        self._sources = {path.stem: path.read_bytes() for path in files if path.suffix == ".html"}
        self._texts = {f"texts/{name}.json": name for name in LOCALES}
        self._made: dict[tuple[str, str], Page] = {}
        self._files: Mapping[str, Page] = {
            path.relative_to(folder).as_posix(): Page.of(path.read_bytes(), path.suffix)
            for path in files
            if path.suffix != ".html"
        }

    async def html(self, request: web.Request, stem: str) -> web.Response:
        name = await locale(request)
        if (stem, name) not in self._made:
            body = _html(self._sources[stem], name, self._login)
            self._made[stem, name] = Page.of(body, ".html")
        response = self._made[stem, name].response(request)
        response.headers["Vary"] = "Accept-Encoding, Accept-Language, Cookie"
        return response

    def file(self, name: str) -> Page | None:
        if (language := self._texts.get(name)) is None:
            return self._files.get(name)
        if (name, language) not in self._made:
            self._made[name, language] = Page.of(_texts(language), ".json")
        return self._made[name, language]


PAGES: web.AppKey[Pages] = web.AppKey("pages", Pages)


async def index(request: web.Request) -> web.Response:
    """``GET /``: the page, in the person's language."""
    return await request.app[PAGES].html(request, "index")


async def static(request: web.Request) -> web.Response:
    """``GET /static/{name}``: only names that were there at start-up exist."""
    page = request.app[PAGES].file(request.match_info["name"])
    if page is None:
        raise web.HTTPNotFound
    return page.response(request)


async def favicon(request: web.Request) -> web.Response:
    """``GET /favicon.ico``, which browsers ask for whatever the page says."""
    page = request.app[PAGES].file("favicon.svg")
    assert page is not None
    return page.response(request)


async def health(_request: web.Request) -> web.Response:
    """``GET /healthz``: it answers, so the loop runs."""
    return json_response({"status": "ok"})


async def ready(request: web.Request) -> web.Response:
    """``GET /readyz``: whether the database answers and the platforms' connections are there.

    Nothing is asked of a platform. The status is 503 while something is missing.
    """
    parts = await request.app[BOT].readiness()
    good = all(parts.values())
    status = "ok" if good else "not ready"
    return json_response({"status": status, **parts}, status=200 if good else 503)


def _texts(locale: str) -> bytes:
    return json.dumps(texts_of("web", locale), ensure_ascii=False).encode()


def _html(source: bytes, locale: str, login: bool) -> bytes:
    """A page for one language; its scripts read the attributes of ``<html>``."""
    attributes = b' data-login=""' if login else b""
    language = b'<html lang="' + _tag(locale).encode() + b'"' + attributes + b">"
    languages = "".join(
        f'<option value="{name}" lang="{_tag(name)}">{escape(own)}</option>'
        for name, own in language_names().items()
    )
    return source.replace(_LANGUAGE, language, 1).replace(_MENU, _MENU + languages.encode(), 1)


def _tag(locale: str) -> str:
    """A language as BCP 47 and HTML spell it."""
    return locale.replace("_", "-")
