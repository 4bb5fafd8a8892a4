"""What one person, or one address, takes of everybody's places, bytes and disk."""

import asyncio
import io
import json
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from PIL import Image
from structlog.testing import capture_logs

from adapters.web import addresses, events, jobs, newcomers, payload, references, server
from adapters.web.context import ADDRESS, KNOWN, PERSON
from adapters.web.errors import RefusedRequest
from adapters.web.newcomers import Newcomers
from adapters.web.seldom import Seldom
from adapters.web.shares import Shares
from bot.engine import generation
from bot.images.downloads import PER_OWNER, Downloader
from bot.runtime.transfers import Budget
from tests.adapters.web.conftest import Client, Serve, Site
from tests.support.odd_pictures import encoded, scene
from tests.support.scripted import png

FORM = (
    b'--x\r\nContent-Disposition: form-data; name="references"; filename="a"\r\n\r\nthe beginning'
)


class Pictures:
    """A server of pictures that can hang; it notes what it was asked for."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.asked: list[str] = []
        self.hanging = 0
        self.end = asyncio.Event()
        self.url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
            self.asked.append(path)
            if path.startswith("/missing"):
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            else:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(self.data))
                if path.startswith("/drip"):
                    self.hanging += 1
                    await self.end.wait()
                writer.write(self.data)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def pictures() -> AsyncIterator[Pictures]:
    pictures = Pictures(png())
    listening = await asyncio.start_server(pictures.answer, "127.0.0.1", 0)
    pictures.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    yield pictures
    pictures.end.set()
    listening.close()


async def reach(site: Site, budget: Budget | None = None) -> None:
    """Let the site fetch from this machine."""
    await site.app.downloader.close()
    site.app.bot._downloader = Downloader(
        allow=lambda _: True, schemes=("http",), ports=None, budget=budget or Budget()
    )


def from_address(site: Site, address: str) -> Client:
    return site.client(connector=aiohttp.TCPConnector(local_addr=(address, 0)))


def links(pictures: Pictures, kind: str, number: int) -> dict[str, Any]:
    urls = [f"{pictures.url}/{kind}{index}.png" for index in range(number)]
    return {"text": "make it warmer", "references": urls}


def files(site: Site) -> int:
    folder = site.app.settings.data_dir / "media" / "references"
    return len([path for path in Path(folder).rglob("img_*") if path.suffix != ".json"])


async def send(client: Client, text: str, **fields: str) -> tuple[int, Any]:
    form = aiohttp.FormData()
    form.add_field("text", text)
    for name, value in fields.items():
        form.add_field(name, value)
    form.add_field("references", png(), filename="a.png")
    return await client.call("POST", "/api/requests", data=form)


# Links


async def test_too_many_links_are_refused_before_one_is_followed(
    site: Site, pictures: Pictures
) -> None:
    await reach(site)
    client = site.client()
    for number, text in ((15, "warmer"), (14, f"warmer {pictures.url}/a.png"), (32, "warmer")):
        body = links(pictures, "a", number) | {"text": text}
        status, answer = await client.post("/api/requests", body)
        assert (status, answer["error"]["code"]) == (422, "too_many_references")
    fields = [("references", f"{pictures.url}/{index}.png") for index in range(15)]
    form = aiohttp.FormData([("text", "warmer"), *fields], default_to_multipart=True)
    status, answer = await client.call("POST", "/api/requests", data=form)
    assert (status, answer["error"]["code"]) == (422, "too_many_references")
    assert pictures.asked == []


async def test_a_bad_choice_is_refused_before_a_link_is_followed(
    site: Site, pictures: Pictures
) -> None:
    await reach(site)
    body = links(pictures, "a", 1) | {"options": {"model": "dall-e"}}
    status, answer = await site.client().post("/api/requests", body)
    assert (status, answer["error"]["code"]) == (422, "unknown_model")
    assert pictures.asked == []


async def test_dripping_links_hold_up_their_own_person_only(site: Site, pictures: Pictures) -> None:
    await reach(site)
    mallory, ada = site.client(), site.client()
    await mallory.get("/")
    slow = [
        asyncio.create_task(mallory.post("/api/requests", links(pictures, "drip", 14)))
        for _ in range(jobs.UPLOADS_PER_PERSON)
    ]
    while pictures.hanging < PER_OWNER:
        await asyncio.sleep(0.01)
    status, answer = await ada.post("/api/requests", links(pictures, "a", 3))
    assert status == 202, answer
    assert pictures.hanging == PER_OWNER
    status, answer = await mallory.post("/api/requests", links(pictures, "a", 1))
    assert (status, answer["error"]["code"]) == (429, "too_many_uploads")
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)


async def test_the_first_link_that_fails_ends_the_rest(site: Site, pictures: Pictures) -> None:
    await reach(site)
    body = links(pictures, "drip", 13)
    body["references"].insert(1, f"{pictures.url}/missing.png")
    status, answer = await site.client().post("/api/requests", body)
    assert (status, answer["error"]["code"]) == (422, "reference_unreachable")
    assert len(pictures.asked) <= PER_OWNER
    assert files(site) == 0


async def test_many_large_links_are_few_bytes_in_flight(
    site: Site, pictures: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures.data = png(size=(900, 900)) + bytes(2_000_000)
    highest, total = 0, 4_000_000
    budget = Budget(total)
    await reach(site, budget)
    engine = site.app.engine
    keep = engine.keep_upload

    async def noted(platform: str, requester: str, data: bytes) -> Any:
        nonlocal highest
        highest = max(highest, budget.used)
        return await keep(platform, requester, data)

    monkeypatch.setattr(engine, "keep_upload", noted)
    people = [site.client() for _ in range(4)]
    asked = [person.post("/api/requests", links(pictures, "a", 6)) for person in people]
    answers = await asyncio.gather(*asked)
    assert {status for status, _ in answers} == {202}, answers
    assert total // 2 < highest <= total + len(pictures.data) + 2 * 1_000_000
    assert budget.used == 0


async def test_all_links_of_a_request_together_have_a_limit(
    site: Site, pictures: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    await reach(site)
    monkeypatch.setattr(references, "LARGEST_BODY", 3 * len(pictures.data))
    client = site.client()
    assert (await client.post("/api/requests", links(pictures, "a", 3)))[0] == 202
    status, answer = await client.post("/api/requests", links(pictures, "a", 4))
    assert (status, answer["error"]["code"]) == (413, "too_large")
    assert files(site) == 3


async def test_pictures_of_many_jobs_are_few_bytes_in_memory(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation, "LOADED_BYTES", 2 * len(png()))
    site = await serve()
    highest, budget = 0, site.app.engine._generator._loads
    find = site.app.engine.library.references

    async def noted(image_ids: Any) -> Any:
        nonlocal highest
        highest = max(highest, budget.used)
        return await find(image_ids)

    monkeypatch.setattr(site.app.engine.library, "references", noted)
    people = [site.client() for _ in range(6)]
    for person in people:
        await person.get("/")
    answers = await asyncio.gather(*(send(person, "make it warmer") for person in people))
    assert {status for status, _ in answers} == {202}
    ends = zip(people, answers, strict=True)
    made = await asyncio.gather(*(one.end_of(answer["job_id"]) for one, (_, answer) in ends))
    assert {job["status"] for job in made} == {"succeeded"}
    assert 0 < highest <= 2 * len(png())
    assert budget.used == 0


# Uploads


@asynccontextmanager
async def dripping(site: Site, cookie: str, address: str) -> AsyncIterator[asyncio.StreamReader]:
    """An upload of which nothing comes after its beginning."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", site.app.settings.web_port, local_addr=(address, 0)
    )
    head = "POST /api/requests HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n"
    head += f"Content-Type: multipart/form-data; boundary=x\r\nCookie: {cookie}\r\n\r\n"
    writer.write(head.encode() + FORM)
    try:
        yield reader
    finally:
        writer.close()


async def cookie_of(client: Client) -> str:
    await client.get("/")
    return "; ".join(f"{cookie.key}={cookie.value}" for cookie in client.session.cookie_jar)


async def test_dripping_uploads_hold_up_their_own_person_only(site: Site) -> None:
    mallory, ada = site.client(), site.client()
    cookie = await cookie_of(mallory)
    async with AsyncExitStack() as open_:
        for _ in range(jobs.UPLOADS_PER_PERSON):
            await open_.enter_async_context(dripping(site, cookie, "127.0.0.1"))
        while (refused := await send(mallory, "make it warmer"))[0] == 202:
            await asyncio.sleep(0.01)
        assert (refused[0], refused[1]["error"]["code"]) == (429, "too_many_uploads")
        for _ in range(3):
            assert (await send(ada, "make it warmer"))[0] == 202


async def test_without_a_cookie_all_of_an_address_are_one_person(site: Site) -> None:
    async with AsyncExitStack() as open_:
        for _ in range(jobs.UPLOADS_PER_PERSON):
            await open_.enter_async_context(dripping(site, "", "127.0.0.2"))
        async with dripping(site, "", "127.0.0.2") as reader:
            assert (await reader.readline()).startswith(b"HTTP/1.1 429 ")
        assert (await send(from_address(site, "127.0.0.3"), "make it warmer"))[0] == 202


async def test_words_come_in_however_much_of_others_is_on_its_way(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payload, "BUSY_SECONDS", 0.05)
    budget = Budget(1_000_000)
    await reach(site, budget)
    client = site.client()
    with ExitStack() as held:
        for owner in ("mallory", "eve", "trudy"):
            transfer = held.enter_context(budget.transfer(owner))
            if budget.fits(transfer, 500_000):
                await transfer.take(500_000)
        assert (await client.post("/api/requests", {"text": "a lighthouse"}))[0] == 202
        assert (await client.post("/api/requests", {"text": "\ud83d\ude00" * 4000}))[0] == 202
        assert (await send(client, "make it warmer"))[0] == 202
        status, answer = await client.post("/api/requests", {"text": "x" * 200_000})
        assert (status, answer["error"]["code"]) == (503, "busy")
    assert budget.used == 0


def test_places_are_refused_in_words_that_are_true() -> None:
    shares = Shares(total=6, each=2, of_address=3)
    theirs, others = RefusedRequest(429, "too_many_uploads"), RefusedRequest(503, "busy")

    def asks(person: str, address: str) -> Any:
        return {PERSON: person, KNOWN: True, ADDRESS: address}

    with ExitStack() as held:

        def hold(person: str, address: str) -> None:
            held.enter_context(shares.hold(asks(person, address), theirs, others))

        for person in ("mallory", "mallory", "eve"):
            hold(person, "192.0.2.1")
        for person, refused in (("mallory", theirs), ("eve", others), ("bob", others)):
            with pytest.raises(RefusedRequest) as told:
                hold(person, "192.0.2.1")
            assert told.value is refused
        for person in ("ada", "ben", "cy"):
            hold(person, "192.0.2.2")
        with pytest.raises(RefusedRequest) as told:
            hold("dora", "192.0.2.3")
        assert told.value is others
    assert shares.open == 0


async def test_what_is_refused_or_unused_leaves_no_file(site: Site) -> None:
    client = site.client()
    await client.get("/")
    assert (await send(client, "help"))[0] == 200
    assert (await send(client, "make it warmer", options='{"size": "8K"}'))[0] == 422
    assert (await send(client, "make it warmer", reply_to="job_nobody"))[0] == 404
    assert files(site) == 0
    for _ in range(3):
        status, answer = await send(client, "make it warmer", event_id="one")
        assert status == 202
    await client.end_of(answer["job_id"])
    assert files(site) == 1
    assert (await send(client, ""))[1]["notice"]["key"] == "picture_kept"
    assert files(site) == 2
    while (answer := await client.post("/api/requests", {"text": "demo:seconds 300 a tower"}))[
        0
    ] == 202:
        pass
    assert answer[1]["error"]["code"] == "queue_full"
    for _ in range(3):
        assert (await send(client, "make it warmer"))[1]["error"]["code"] == "queue_full"
    assert files(site) == 2


async def test_an_error_of_ours_leaves_no_file_either(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(site.app.history, "admit", broken)
    assert (await send(site.client(), "make it warmer"))[0] == 500
    assert files(site) == 0


def noise() -> bytes:
    """A PNG of about 600 kB, which do not compress."""
    file = io.BytesIO()
    Image.frombytes("RGB", (450, 450), os.urandom(450 * 450 * 3)).save(file, "PNG")
    return file.getvalue()


async def test_a_person_sends_so_much_a_day(serve: Serve) -> None:
    site = await serve(upload_mb_per_day=1)
    client = site.client()
    form = aiohttp.FormData()
    form.add_field("text", "make it warmer")
    picture = encoded(scene(size=(500, 400)), "PNG", compress_level=0)
    assert 500_000 < len(picture) < 1_000_000
    for _ in range(2):
        form.add_field("references", picture, filename="a.png")
    headers = {"Accept-Language": "zh"}
    status, answer = await client.call("POST", "/api/requests", data=form, headers=headers)
    assert (status, answer["error"]["code"]) == (429, "too_much_sent")
    assert answer["error"]["message"] == "24 小时内你发来的参考图已超过 1 MB。"
    assert files(site) == 0


# People and streams


async def test_requests_without_a_cookie_are_not_so_many_people(site: Site) -> None:
    statuses: Counter[int] = Counter()
    session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
    site.sessions.append(session)
    known = site.client()
    await known.get("/")

    async def ask(number: int) -> None:
        body = {"text": f"demo:seconds 300 a tower {number}"}
        async with session.post(f"{site.url}/api/requests", json=body) as response:
            statuses[response.status] += 1

    await asyncio.gather(*(ask(number) for number in range(100)))
    assert statuses.keys() == {202, 429}
    assert statuses[202] <= newcomers.AT_ONCE + 5  # a few seconds may pass meanwhile
    assert (await known.post("/api/requests", {"text": "a fox"}))[0] == 202
    assert (await from_address(site, "127.0.0.2").post("/api/requests", {"text": "a fox"}))[
        0
    ] == 202


def test_newcomers_come_one_after_the_other_and_few_are_remembered() -> None:
    now, waits = [0.0], [newcomers.EVERY]
    gate = Newcomers(lambda: now[0])

    def admitted(address: str) -> int:
        for number in range(1000):
            try:
                gate.admit(address)
            except RefusedRequest as refused:
                waits.append(refused.retry_after or 0)
                return number
        return 1000

    assert admitted("a") == newcomers.AT_ONCE
    assert admitted("a") == 0
    assert admitted("b") == newcomers.AT_ONCE
    now[0] += 2 * newcomers.EVERY
    assert admitted("a") == 2
    assert 0 < min(waits) <= max(waits) <= newcomers.EVERY
    now[0] += 3600
    assert admitted("a") == newcomers.AT_ONCE
    for number in range(newcomers.ADDRESSES + 10):
        gate.admit(str(number))
    assert len(gate._due) == newcomers.ADDRESSES


async def test_streams_of_one_address_leave_half_to_the_others(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 8 * events.STREAMS_PER_PERSON
    monkeypatch.setattr(server, "most_connections", lambda _: most)
    site = await serve()

    async def streams(client: Client, number: int) -> Counter[int]:
        found: Counter[int] = Counter()
        for _ in range(number):
            response = await open_.enter_async_context(
                client.session.get(f"{client.url}/api/events")
            )
            found[response.status] += 1
        return found

    async with AsyncExitStack() as open_:
        session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(local_addr=("127.0.0.2", 0), limit=0),
        )
        site.sessions.append(session)
        nobody = Client(session, site.url)
        assert (await streams(nobody, events.STREAMS_PER_PERSON + 3))[429] == 3
        for _ in range(3):  # with cookies, but from the same address
            friend = from_address(site, "127.0.0.2")
            await friend.get("/")
            refused = (await streams(friend, events.STREAMS_PER_PERSON))[429]
        assert refused == events.STREAMS_PER_PERSON
        other = from_address(site, "127.0.0.3")
        assert (await streams(other, 3))[200] == 3


async def test_behind_our_own_proxy_each_client_counts_for_itself(serve: Serve) -> None:
    site = await serve(web_trusted_proxies="127.0.0.1")
    session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
    site.sessions.append(session)

    async def asked(address: str) -> int:
        headers = {"X-Forwarded-For": f"10.0.0.1, {address}"}
        url = f"{site.url}/api/preferences"
        async with session.get(url, headers=headers) as response:
            return response.status

    found = Counter([await asked("198.51.100.1") for _ in range(newcomers.AT_ONCE + 10)])
    assert found[429] >= 5
    assert await asked("198.51.100.2") == 200


async def test_a_proxy_that_is_not_configured_is_noticed_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = Seldom(structlog.get_logger(), "warning", every=1e9)
    monkeypatch.setattr(addresses, "unheard", fresh)
    client = site.client()
    with capture_logs() as lines:
        for _ in range(5):
            await client.get("/healthz", headers={"X-Forwarded-For": "198.51.100.1"})
    assert [line["proxy"] for line in lines] == ["127.0.0.1"]
    assert "WEB_TRUSTED_PROXIES" in lines[0]["event"]


async def test_refusals_are_in_the_persons_language(site: Site) -> None:
    session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
    site.sessions.append(session)
    headers = {"Accept-Language": "zh-CN"}
    for _ in range(newcomers.AT_ONCE + 5):
        async with session.get(f"{site.url}/api/history", headers=headers) as response:
            answer = json.loads(await response.read())
    assert answer["error"]["message"].startswith("来自你这个地址的新访客太多")
