"""Who somebody is, who may come in, and what other sites cannot do."""

import asyncio
from collections import Counter

import aiohttp
import pytest
from itsdangerous import base64_decode
from pydantic import ValidationError

from adapters.web import login
from adapters.web.errors import RefusedRequest
from adapters.web.guards import allowed_host
from adapters.web.people import COOKIE
from adapters.web.settings import WebSettings
from bot.settings import Settings
from tests.adapters.web.conftest import Client, Serve, Site
from tests.support.scripted import png


def cookie_of(client: Client) -> str:
    return next(c.value for c in client.session.cookie_jar if c.key == COOKIE)


async def test_a_browser_is_remembered(client: Client, serve: Serve) -> None:
    async with client.session.get(client.url) as response:
        header = response.headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=31536000"):
        assert part in header
    assert "Secure" not in header
    job_id = await client.ask()
    site = await serve()
    again = Client(
        aiohttp.ClientSession(cookies={COOKIE: header.split(";")[0][len(COOKIE) + 1 :]}), site.url
    )
    site.sessions.append(again.session)
    _, history = await again.get("/api/history")
    assert [job["job_id"] for job in history["jobs"]] == [job_id]


async def test_a_cookie_that_was_not_signed_here_is_nobody(site: Site) -> None:
    ada = site.client()
    await ada.ask()
    person, signature = cookie_of(ada).split(".")
    for forged in (
        person,
        f"{person}.",
        f"{person}.{'0' * 64}",
        f"{'0' * 32}.{signature}",
        f"{person}.{signature}é".encode().decode("latin-1"),
        "../../etc.x",
    ):
        session = aiohttp.ClientSession(headers={"Cookie": f"{COOKIE}={forged}"})
        site.sessions.append(session)
        status, history = await Client(session, site.url).get("/api/history")
        assert (status, history["jobs"]) == (200, [])


@pytest.mark.parametrize("password", ["", "open sesame"])
async def test_a_cookie_of_the_version_before_is_signed_anew(serve: Serve, password: str) -> None:
    """It had the same signature, in hex."""
    site = await serve(web_password=password)
    ada = site.client()
    if password:
        await log_in(ada, password)
    job_id = await ada.ask()
    person, _, signature = cookie_of(ada).partition(".")
    old = f"{person}.{base64_decode(signature).hex()}"
    session = aiohttp.ClientSession(cookies={COOKIE: old})
    site.sessions.append(session)
    again = Client(session, site.url)
    _, history = await again.get("/api/history")
    assert [job["job_id"] for job in history["jobs"]] == [job_id]
    async with session.get(site.url) as response:
        assert response.cookies[COOKIE].value == f"{person}.{signature}"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://[::1"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1"},
    ],
)
async def test_changes_from_other_sites_are_refused(
    client: Client, headers: dict[str, str]
) -> None:
    for method, path in (
        ("POST", "/api/requests"),
        ("PUT", "/api/preferences"),
        ("DELETE", "/api/jobs/x"),
        ("POST", "/login"),
    ):
        status, answer = await client.call(method, path, json={"text": "a"}, headers=headers)
        assert (status, answer["error"]["code"]) == (403, "cross_site")
    assert (await client.get("/api/history", headers=headers))[1]["jobs"] == []


async def test_changes_from_the_page_itself_are_accepted(client: Client) -> None:
    for headers in (
        {"Sec-Fetch-Site": "same-origin", "Origin": client.url},
        {"Origin": client.url},
        {"Sec-Fetch-Site": "none"},
    ):
        status, _ = await client.post("/api/requests", {"text": "help"}, headers=headers)
        assert status == 200


async def test_only_our_own_names_are_answered(serve: Serve) -> None:
    site = await serve(web_public_url="https://banana.example/")
    client = site.client()
    for host in ("localhost", "LOCALHOST:9000", "127.0.0.1", "[::1]:80", "banana.example"):
        assert (await client.get("/healthz", headers={"Host": host}))[0] == 200, host
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil", "10.0.0.1", "", "[x"):
        status, answer = await client.get("/api/history", headers={"Host": host})
        assert (status, answer["error"]["code"]) == (421, "unknown_host"), host


def test_behind_an_open_address_any_ip_address_is_answered() -> None:
    opened = WebSettings(web_host="0.0.0.0", web_password="x")  # type: ignore[arg-type]
    assert allowed_host("192.168.1.5:8080", opened)
    assert allowed_host("[fe80::1]", opened)
    assert not allowed_host("evil.example", opened)
    assert not allowed_host("192.168.1.5", Settings())


async def test_https_makes_the_cookie_secure(serve: Serve) -> None:
    site = await serve(web_public_url="https://banana.example")
    async with site.client().session.get(site.url) as response:
        assert "; Secure" in response.headers["Set-Cookie"]


async def log_in(client: Client, password: str) -> tuple[int, str]:
    async with client.session.post(
        f"{client.url}/login", data={"password": password}, allow_redirects=False
    ) as response:
        return response.status, response.headers.get("Location", "")


async def test_a_password_keeps_strangers_out(serve: Serve) -> None:
    site = await serve(web_password="open sesame")
    client = site.client()
    for method, path in (
        ("GET", "/api/history"),
        ("GET", "/api/models"),
        ("GET", "/api/events"),
        ("GET", "/media/img_000000000000"),
        ("POST", "/api/requests"),
        ("GET", "/nothing"),
    ):
        status, answer = await client.call(method, path)
        assert (status, answer["error"]["code"]) == (401, "login_needed"), path
    async with client.session.get(f"{client.url}/", allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (303, "/login")
        assert "Set-Cookie" not in response.headers
    assert (await client.get("/healthz"))[0] == 200
    assert (await client.get("/static/style.css"))[0] == 200
    status, page = await client.get("/login")
    assert status == 200
    assert b'type="password"' in page


async def test_logging_in_and_out(serve: Serve) -> None:
    site = await serve(web_password="open sesame")
    client = site.client()
    assert await log_in(client, "wrong") == (303, "/login?wrong")
    assert (await client.get("/api/history"))[0] == 401
    assert await log_in(client, "open sesame") == (303, "/")
    job = await client.draw()
    assert (await client.get("/"))[0] == 200
    async with client.session.get(f"{client.url}/login", allow_redirects=False) as response:
        assert response.status == 303
    async with client.session.post(f"{client.url}/logout", allow_redirects=False) as response:
        assert response.headers["Location"] == "/login"
    assert (await client.get("/api/history"))[0] == 401
    assert (await client.get(job["pictures"][0]["image_url"]))[0] == 401
    await log_in(client, "open sesame")
    assert len((await client.get("/api/history"))[1]["jobs"]) == 1


async def test_another_password_logs_everybody_out(serve: Serve) -> None:
    site = await serve(web_password="one")
    client = site.client()
    await log_in(client, "one")
    await client.ask()
    cookie = cookie_of(client)
    site = await serve(web_password="two")
    session = aiohttp.ClientSession(headers={"Cookie": f"{COOKIE}={cookie}"})
    site.sessions.append(session)
    assert (await Client(session, site.url).get("/api/history"))[0] == 401


async def test_a_public_address_shows_pictures_to_whoever_has_the_link(serve: Serve) -> None:
    site = await serve(web_password="one", web_public_url="https://banana.example")
    client = Client(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()), site.url)
    site.sessions.append(client.session)
    kept = await site.app.engine.keep_upload("discord", "ada", png())
    async with client.session.get(f"{site.url}/media/{kept.image_id}") as response:  # type: ignore[union-attr]
        assert response.status == 200
        assert "Set-Cookie" not in response.headers
    assert (await client.get("/api/history"))[0] == 401


async def test_guessing_has_to_wait(serve: Serve) -> None:
    site = await serve(web_password="open sesame")
    client = site.client()
    for _ in range(login.GUESSES):
        assert (await log_in(client, "wrong"))[0] == 303
    async with client.session.post(f"{client.url}/login", data={"password": "open sesame"}) as r:
        assert r.status == 429
        assert 0 < int(r.headers["Retry-After"]) <= login.WINDOW
    status, _ = await client.call("POST", "/login", data={"password": "x" * 10_000})
    assert status == 429


@pytest.mark.parametrize("proxied", [False, True])
async def test_a_burst_of_guesses_is_counted_to_the_last(serve: Serve, proxied: bool) -> None:
    """All of them are waiting for their forms to be read when the first one is wrong."""
    site = await serve(
        web_password="open sesame", web_trusted_proxies="127.0.0.1" if proxied else ""
    )
    form = b"password=wrong"
    head = "POST /login HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {}, 198.51.100.9\r\n"
    head += "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n"
    streams = []
    for number in range(60):
        stream = await asyncio.open_connection("127.0.0.1", site.app.settings.web_port)
        stream[1].write(head.format(f"203.0.113.{number}", len(form)).encode())
        streams.append(stream)
    await asyncio.sleep(0.2)
    for _, writer in streams:
        writer.write(form)
    found: Counter[bytes] = Counter()
    for reader, writer in streams:
        found[(await reader.readline()).split(b" ")[1]] += 1
        writer.close()
    assert found == {b"303": login.GUESSES, b"429": 60 - login.GUESSES}
    assert (await log_in(site.client(), "open sesame"))[0] == (303 if proxied else 429)


async def test_logging_out_ends_a_stolen_cookie_too(serve: Serve) -> None:
    site = await serve(web_password="open sesame")
    client, stranger = site.client(), site.client()
    await log_in(client, "open sesame")
    await log_in(stranger, "open sesame")
    job_id = await client.ask()
    stolen = aiohttp.ClientSession(headers={"Cookie": f"{COOKIE}={cookie_of(client)}"})
    site.sessions.append(stolen)
    thief = Client(stolen, site.url)
    assert (await thief.get("/api/history"))[0] == 200
    async with client.session.post(f"{client.url}/logout", allow_redirects=False):
        pass
    for path in ("/api/history", f"/api/jobs/{job_id}", "/api/events", "/media/img_0123456789ab"):
        assert (await thief.get(path))[0] == 401
    await log_in(client, "open sesame")
    assert (await client.get(f"/api/jobs/{job_id}"))[0] == 200
    assert (await thief.get("/api/history"))[0] == 401
    assert (await stranger.get("/api/history"))[0] == 200


async def test_over_tls_the_cookie_is_of_this_host_only(serve: Serve) -> None:
    site = await serve(web_public_url="https://banana.example", web_password="open sesame")
    client = site.client()
    async with client.session.post(
        f"{site.url}/login", data={"password": "open sesame"}, allow_redirects=False
    ) as response:
        [header] = response.headers.getall("Set-Cookie")
    name, _, rest = header.partition("=")
    assert name == f"__Host-{COOKIE}"
    parts = rest.split("; ")
    assert {"Secure", "Path=/", "HttpOnly", "SameSite=Lax"} <= set(parts)
    assert not any(part.startswith("Domain") for part in parts)
    for sent, status in ((f"{name}={parts[0]}", 200), (f"{COOKIE}={parts[0]}", 401)):
        session = aiohttp.ClientSession(headers={"Cookie": sent})
        site.sessions.append(session)
        assert (await Client(session, site.url).get("/api/history"))[0] == status


async def test_login_forms_that_are_none(serve: Serve) -> None:
    site = await serve(web_password="open sesame")
    client = site.client()
    assert (await client.post("/login", {"password": "open sesame"}))[0] == 415
    assert (await client.call("POST", "/login", data={"password": "x" * 10_000}))[0] == 413
    assert await log_in(client, "") == (303, "/login?wrong")
    odd = [b"\xff", b"password=%ff%00", b"password=%ED%A0%80", b"&" * 4000, b"=&=", b"p" * 4096]
    for sent in odd:
        status, _ = await client.call(
            "POST",
            "/login",
            data=sent,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            allow_redirects=False,
        )
        assert status in (303, 400)


def test_the_throttle_forgets_with_time_and_stays_small() -> None:
    now = [0.0]
    throttle = login.Throttle(lambda: now[0])
    for _ in range(login.GUESSES):
        assert throttle.wait("a") == 0
        assert not throttle.guess("a", lambda: False)
    assert throttle.wait("a") == login.WINDOW
    with pytest.raises(RefusedRequest):
        throttle.guess("a", lambda: pytest.fail("it was looked at"))
    now[0] = login.WINDOW + 1
    assert throttle.wait("a") == 0
    assert throttle.guess("a", lambda: True)
    for number in range(login.ADDRESSES + 1):
        throttle.guess(str(number), lambda: False)
    assert len(throttle._guesses) == login.ADDRESSES


def test_the_page_is_not_opened_to_others_without_a_password() -> None:
    for host in ("0.0.0.0", "::", "192.168.1.5", "banana.example"):
        with pytest.raises(ValidationError, match="WEB_PASSWORD"):
            WebSettings(web_host=host)
        assert WebSettings(web_host=host, web_password="x")  # type: ignore[arg-type]
    for host in ("127.0.0.1", "::1", "localhost"):
        assert WebSettings(web_host=host).web_is_local
