"""Downloads from real TLS servers on loopback: one that may be reached and one that may not.

``127.0.0.2`` stands for the internet: the fetcher under test is allowed to connect to it, as to
every public address. ``127.0.0.1`` stands for the private network.
"""

import asyncio
import gzip
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

import pytest
from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.failures import Failure, Reason
from bot.images.downloads import PER_OWNER, Address, Downloader, embedded, is_public
from bot.runtime.transfers import Budget

INTERNET = "127.0.0.2"
PRIVATE = "127.0.0.1"
BODY = b"a picture, as far as the fetcher is concerned" * 1000

Respond = Callable[[asyncio.StreamWriter], Awaitable[None]]


def allow(address: Address) -> bool:
    return address == IPv4Address(INTERNET) or is_public(address)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate and its key, in one file, for the names and addresses of these tests."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    names = f"DNS:pictures.example,DNS:other.example,IP:{INTERNET},IP:{PRIVATE}"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 2"
    subject = ["-subj", "/CN=pictures.example", "-addext", f"subjectAltName={names}"]
    files = ["-out", str(path), "-keyout", f"{path}.key"]
    subprocess.run([*command.split(), *subject, *files], check=True, capture_output=True)
    with path.open("ab") as file:
        file.write(Path(f"{path}.key").read_bytes())
    return path


class Server:
    """Answers each path as told, and remembers who connected and what was asked."""

    def __init__(self, answers: dict[str, bytes | Respond]) -> None:
        self.answers = answers
        self.connections = 0
        self.asked: list[str] = []
        self.headers: list[str] = []
        self.port = 0

    @asynccontextmanager
    async def running(self, host: str, certificate: Path | None) -> AsyncIterator["Server"]:
        context = None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
        listening = await asyncio.start_server(self._accept, host, 0, ssl=context)
        self.port = listening.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            listening.close()
            await listening.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                self.headers.append(head)
                path = head.split(" ")[1]
                self.asked.append(path)
                answer = self.answers[path]
                if isinstance(answer, bytes):
                    writer.write(answer)
                    await writer.drain()
                else:
                    await answer(writer)
                    break
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def answer(body: bytes = b"", *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    return answer(b"", f"Location: {location}", status=status)


class Names(AbstractResolver):
    """Gives each name's answers one after the other, the last one again and again."""

    def __init__(self, port: int, **names: list[list[str]]) -> None:
        self._port = port
        self._names = {name.replace("_", "."): answers for name, answers in names.items()}
        self.closed = False

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        answers = self._names.get(host)
        if answers is None:
            raise OSError("no such name")
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            ResolveResult(hostname=host, host=a, port=self._port, family=family, proto=0, flags=0)
            for a in addresses
        ]

    async def close(self) -> None:
        self.closed = True


class World:
    """One server on the internet, one in the private network, and fetchers that see both."""

    def __init__(self, internet: Server, private: Server, trust: ssl.SSLContext) -> None:
        self.internet = internet
        self.private = private
        self.trust = trust
        self.fetchers: list[Downloader] = []

    def fetcher(self, **options: object) -> Downloader:
        names = Names(self.internet.port, pictures_example=[[INTERNET]], other_example=[[INTERNET]])
        settings: dict[str, object] = {"resolver": names, "ssl": self.trust, "allow": allow}
        fetcher = Downloader(**(settings | options))  # type: ignore[arg-type]
        self.fetchers.append(fetcher)
        return fetcher

    async def fetch(self, url: str, **options: object) -> bytes | Failure:
        return await self.fetcher(**options).fetch(url)

    async def serve(self, response: bytes | Respond, **options: object) -> bytes | Failure:
        self.internet.answers["/it"] = response
        return await self.fetch("https://pictures.example/it", **options)


@pytest.fixture
async def world(certificate: Path) -> AsyncIterator[World]:
    trust = ssl.create_default_context(cafile=certificate)
    internet, private = Server({"/a.png": answer(BODY)}), Server({"/a.png": answer(b"secret")})
    async with (
        internet.running(INTERNET, certificate) as internet,
        private.running(PRIVATE, certificate) as private,
    ):
        world = World(internet, private, trust)
        yield world
        for fetcher in world.fetchers:
            await fetcher.close()
        assert private.connections == 0, "the private network was reached"


def reason(found: bytes | Failure) -> Reason:
    assert isinstance(found, Failure)
    return found.reason


# What is fetched


async def test_a_file_is_downloaded(world: World) -> None:
    world.internet.answers["/b.png?signature=x%2Fy"] = answer(BODY)
    assert await world.fetch("https://pictures.example/b.png?signature=x%2Fy#part") == BODY


async def test_a_url_that_is_not_quite_one_is_encoded(world: World) -> None:
    world.internet.answers["/%C3%A4%20b.png"] = answer(BODY)
    assert await world.fetch("https://PICTURES.example/ä b.png") == BODY


async def test_the_request_gives_nothing_away(world: World) -> None:
    assert await world.fetch("https://pictures.example/a.png") == BODY
    head = world.internet.headers[0].lower()
    assert "accept-encoding: identity" in head
    assert "cookie" not in head
    assert "referer" not in head
    assert "authorization" not in head


async def test_cookies_are_not_kept(world: World) -> None:
    fetcher = world.fetcher()
    world.internet.answers["/cookie"] = answer(BODY, "Set-Cookie: a=b; Path=/")
    await fetcher.fetch("https://pictures.example/cookie")
    await fetcher.fetch("https://pictures.example/a.png")
    assert "cookie" not in world.internet.headers[1].lower()


async def test_a_literal_public_address_is_fetched(world: World) -> None:
    url = f"https://{INTERNET}:{world.internet.port}/a.png"
    assert await world.fetch(url, ports=None) == BODY


async def test_a_host_in_another_script_is_encoded(world: World) -> None:
    names = Names(world.internet.port, **{"xn--bcher-kva_example": [[INTERNET]]})
    found = await world.fetch("https://bücher.example/a.png", resolver=names)
    assert found == Failure(
        # The name was found; only the certificate is for others.
        Reason.REFERENCE_UNREACHABLE,
        {"host": "bücher.example"},
        detail="ClientConnectorCertificateError",
    )


async def test_plain_http_is_for_those_who_ask_for_it(certificate: Path) -> None:
    async with Server({"/a.png": answer(BODY)}).running(PRIVATE, None) as server:
        url = f"http://127.0.0.1:{server.port}/a.png"
        loopback = Downloader(
            allow=lambda address: address.is_loopback, schemes=("http", "https"), ports=None
        )
        assert await loopback.fetch(url) == BODY
        await loopback.close()
        assert reason(await Downloader().fetch(url)) is Reason.REFERENCE_NOT_HTTPS


async def test_a_closed_fetcher_can_be_used_again(world: World) -> None:
    names = Names(world.internet.port, pictures_example=[[INTERNET]])
    fetcher = world.fetcher(resolver=names)
    assert await fetcher.fetch("https://pictures.example/a.png") == BODY
    await fetcher.close()
    await fetcher.close()
    assert names.closed
    assert await fetcher.fetch("https://pictures.example/a.png") == BODY


# What is not


@pytest.mark.parametrize(
    "url",
    [
        "http://pictures.example/a.png",
        "ftp://pictures.example/a.png",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "//pictures.example/a.png",
        "pictures.example/a.png",
        "",
    ],
)
async def test_only_https_is_fetched(world: World, url: str) -> None:
    assert reason(await world.fetch(url)) is Reason.REFERENCE_NOT_HTTPS


@pytest.mark.parametrize(
    "url",
    [
        "https:///a.png",
        "https://user@pictures.example/a.png",
        "https://user:password@pictures.example/a.png",
        "https://pictures.example:8443/a.png",
        "https://pictures.example:22/a.png",
        "https://pictures.example:99999/a.png",
        "https://pictures.example:port/a.png",
        "https://[::1/a.png",
        "https://unknown.example/a.png",
        "https://pictures.example/" + "a" * 9000,
    ],
)
async def test_odd_urls_are_refused(world: World, url: str) -> None:
    assert reason(await world.fetch(url)) is Reason.REFERENCE_UNREACHABLE
    assert world.internet.connections == 0


@pytest.mark.parametrize("url", [f"https://{'a' * 70}.example/", "https://a..example/"])
async def test_names_that_cannot_be_looked_up_are_refused(url: str) -> None:
    fetcher = Downloader(resolver=ThreadedResolver())
    assert reason(await fetcher.fetch(url)) is Reason.REFERENCE_UNREACHABLE
    await fetcher.close()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "169.254.169.254",
        "100.100.100.200",
        "[::]",
        "[::1]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::a00:1]",
        "[2002:7f00:1::]",
        "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
        "[fe80::1]",
        "[fe80::1%25eth0]",
        "[fe80::1%eth0]",
        "[2606:4700::1%25eth0]",
        "[fd00::1]",
        "[ff02::1]",
        # The same addresses, spelled so that a careless check does not see them.
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "127.0.0.1.",
        "１２７.０.０.１",
        "127。0。0。1",
        "%31%32%37.0.0.1",
        "0",
    ],
)
async def test_private_addresses_are_refused(world: World, host: str) -> None:
    port = world.private.port
    for url in (f"https://{host}/a.png", f"https://{host}:{port}/a.png"):
        assert reason(await world.fetch(url, ports=None)) is Reason.REFERENCE_PRIVATE


@pytest.mark.parametrize("name", ["localhost", "localhost.", "LOCALHOST"])
async def test_names_of_this_machine_are_refused(world: World, name: str) -> None:
    found = await world.fetch(f"https://{name}/a.png", resolver=ThreadedResolver())
    # Some systems do not know the name with the dot of the root.
    unknown = (Reason.REFERENCE_UNREACHABLE,) if name.endswith(".") else ()
    assert reason(found) in (Reason.REFERENCE_PRIVATE, *unknown)


@pytest.mark.parametrize(
    "addresses",
    [[PRIVATE], [INTERNET, PRIVATE], ["::1", INTERNET], ["fe80::1%eth0"], ["not an address"]],
)
async def test_one_private_answer_refuses_the_name(world: World, addresses: list[str]) -> None:
    names = Names(world.private.port, pictures_example=[addresses])
    found = await world.fetch("https://pictures.example/a.png", resolver=names)
    assert reason(found) is Reason.REFERENCE_PRIVATE
    assert world.internet.connections == 0


async def test_a_name_without_address_is_unreachable(world: World) -> None:
    names = Names(1, pictures_example=[[]])
    found = await world.fetch("https://pictures.example/a.png", resolver=names)
    assert reason(found) is Reason.REFERENCE_UNREACHABLE


async def test_a_second_answer_of_the_dns_changes_nothing(world: World) -> None:
    names = Names(world.internet.port, pictures_example=[[INTERNET], [PRIVATE]])
    fetcher = world.fetcher(resolver=names)
    world.internet.answers["/once"] = answer(BODY, "Connection: close")
    # The first download asks once and uses that answer; the next connection's is refused.
    assert await fetcher.fetch("https://pictures.example/once") == BODY
    assert reason(await fetcher.fetch("https://pictures.example/a.png")) is Reason.REFERENCE_PRIVATE


async def test_a_connection_that_was_checked_is_used_again(world: World) -> None:
    names = Names(world.internet.port, pictures_example=[[INTERNET], [PRIVATE]])
    fetcher = world.fetcher(resolver=names)
    assert await fetcher.fetch("https://pictures.example/a.png") == BODY
    assert await fetcher.fetch("https://pictures.example/a.png") == BODY
    assert world.internet.connections == 1


async def test_a_certificate_nobody_vouches_for_is_refused(world: World) -> None:
    found = await world.fetch("https://pictures.example/a.png", ssl=None)
    assert reason(found) is Reason.REFERENCE_UNREACHABLE
    assert world.internet.asked == []


# Redirects


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 T", "308 P"])
async def test_redirects_are_followed(world: World, status: str) -> None:
    assert await world.serve(redirect("https://other.example/a.png", status)) == BODY
    assert await world.serve(redirect("/a.png", status)) == BODY


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("http://pictures.example/a.png", Reason.REFERENCE_NOT_HTTPS),
        ("file:///etc/passwd", Reason.REFERENCE_NOT_HTTPS),
        ("https://127.0.0.1/a.png", Reason.REFERENCE_PRIVATE),
        ("//[::1]/a.png", Reason.REFERENCE_PRIVATE),
        ("https://[::ffff:127.0.0.1]/a.png", Reason.REFERENCE_PRIVATE),
        ("https://2130706433/a.png", Reason.REFERENCE_PRIVATE),
        ("https://inside.example/a.png", Reason.REFERENCE_PRIVATE),
        ("https://pictures.example:1/a.png", Reason.REFERENCE_UNREACHABLE),
        ("https://user@pictures.example/a.png", Reason.REFERENCE_UNREACHABLE),
        ("https://[::1/a.png", Reason.REFERENCE_UNREACHABLE),
    ],
)
async def test_every_hop_is_checked(world: World, location: str, expected: Reason) -> None:
    names = Names(world.internet.port, pictures_example=[[INTERNET]], inside_example=[[PRIVATE]])
    assert reason(await world.serve(redirect(location), resolver=names)) is expected


async def test_redirects_end(world: World) -> None:
    found = await world.serve(redirect("/it"), max_redirects=3)
    assert reason(found) is Reason.REFERENCE_UNREACHABLE
    assert world.internet.asked == ["/it"] * 4


async def test_a_redirect_to_nowhere_is_an_answer_without_a_file(world: World) -> None:
    found = await world.serve(answer(status="302 Found"))
    assert isinstance(found, Failure)
    assert found.facts == {"host": "pictures.example", "status": 302}


# Answers


@pytest.mark.parametrize("status", ["204 No", "206 Part", "403 Forbidden", "404 No", "500 Oh"])
async def test_only_success_is_a_file(world: World, status: str) -> None:
    found = await world.serve(answer(b"", status=status))
    assert isinstance(found, Failure)
    assert found.reason is Reason.REFERENCE_UNREACHABLE
    assert found.facts == {"host": "pictures.example", "status": int(status[:3])}


async def test_a_large_file_is_refused_by_its_announced_size(world: World) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n"
    found = await world.serve(head, max_bytes=2**20)
    assert found == Failure(Reason.REFERENCE_TOO_LARGE, {"limit_mb": 1, "limit_megapixels": 50})


@pytest.mark.parametrize("chunked", [True, False])
async def test_an_endless_body_is_cut_off(world: World, chunked: bool) -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        extra = b"Transfer-Encoding: chunked\r\n" if chunked else b""
        writer.write(b"HTTP/1.1 200 OK\r\n" + extra + b"\r\n")
        piece = b"x" * 0x4000
        while True:
            writer.write(b"4000\r\n" + piece + b"\r\n" if chunked else piece)
            await writer.drain()
            await asyncio.sleep(0)  # drain alone lets nobody else run while there is room

    found = await world.serve(endless, max_bytes=2**20)
    assert reason(found) is Reason.REFERENCE_TOO_LARGE


@pytest.mark.parametrize("size", [2**20 - 1, 2**20])
async def test_a_file_up_to_the_limit_is_fetched(world: World, size: int) -> None:
    assert await world.serve(answer(b"x" * size), max_bytes=2**20) == b"x" * size


async def test_a_body_shorter_than_announced_is_refused(world: World) -> None:
    async def short(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nfew")
        await writer.drain()

    assert reason(await world.serve(short)) is Reason.REFERENCE_UNREACHABLE


async def test_a_body_longer_than_announced_is_never_kept(world: World) -> None:
    found = await world.serve(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nfew and more")
    assert isinstance(found, Failure) or found == b"few"


@pytest.mark.parametrize("encoding", ["gzip", "br", "GZIP, identity"])
async def test_compressed_answers_are_refused(world: World, encoding: str) -> None:
    bomb = gzip.compress(bytes(2**22))
    found = await world.serve(answer(bomb, f"Content-Encoding: {encoding}"))
    assert reason(found) is Reason.REFERENCE_UNREACHABLE


@pytest.mark.parametrize("nonsense", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nA" * 9999])
async def test_what_is_not_http_is_refused(world: World, nonsense: bytes) -> None:
    async def chatter(writer: asyncio.StreamWriter) -> None:
        writer.write(nonsense)
        await writer.drain()

    assert reason(await world.serve(chatter)) is Reason.REFERENCE_UNREACHABLE


@pytest.mark.parametrize("limit", ["seconds", "silence"])
@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"])
async def test_a_server_that_falls_silent_is_left(world: World, limit: str, head: bytes) -> None:
    left = asyncio.Event()

    async def silent(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        await left.wait()

    found = await world.serve(silent, **{limit: 0.1})
    left.set()
    assert found == Failure(
        Reason.REFERENCE_UNREACHABLE, {"host": "pictures.example"}, detail="timeout"
    )


async def test_a_dripping_body_ends_with_the_total_time(world: World) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    found = await world.serve(drip, seconds=0.3, silence=0.2)
    assert reason(found) is Reason.REFERENCE_UNREACHABLE


async def test_few_downloads_run_at_once(world: World) -> None:
    running, most, go = 0, 0, asyncio.Event()

    async def counted(writer: asyncio.StreamWriter) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        if running == 4:
            go.set()
        await go.wait()
        running -= 1
        writer.write(answer(BODY, "Connection: close"))
        await writer.drain()

    world.internet.answers["/it"] = counted
    fetcher = world.fetcher()
    url = "https://pictures.example/it"
    found = await asyncio.gather(*(fetcher.fetch(url) for _ in range(8)))
    assert found == [BODY] * 8
    assert most == 4


async def test_a_failure_keeps_no_signature(world: World) -> None:
    found = await world.fetch("https://unknown.example/secret-path?signature=secret")
    assert "secret" not in repr(found)
    assert reason(found) is Reason.REFERENCE_UNREACHABLE


# Addresses


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "93.184.216.34",
        "172.32.0.1",
        "2606:4700:4700::1111",
        "2a00:1450:4001:800::200e",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2002:808:808::1",
        "2001:0:808:808:0:0:f7f7:f7f7",
    ],
)
def test_public_addresses(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.19.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::8.8.8.8",
        "100::1",
        "2001:10::1",
        "2001:db8::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "64:ff9b:1::8.8.8.8",
        # Teredo whose server is private, then whose client is.
        "2001:0:a00:1:0:0:f7f7:f7f7",
        "2001:0:808:808:0:0:f5ff:fffe",
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


v4 = st.ip_addresses(v=4).map(lambda address: IPv4Address(int(address)))


@given(v4)
def test_an_address_in_another_one_counts_as_itself(inner: IPv4Address) -> None:
    number = int(inner)
    wrapped = [
        (0xFFFF << 32) | number,
        (0x0064FF9B << 96) | number,
        (0x2002 << 112) | (number << 80) | 1,
        (0x20010000 << 96) | (0x08080808 << 64) | (number ^ 0xFFFFFFFF),
    ]
    for outer in map(IPv6Address, wrapped):
        assert inner in embedded(outer)
        assert is_public(outer) == is_public(inner)


@given(v4)
def test_what_python_calls_private_is_never_public(address: IPv4Address) -> None:
    if address.is_private or address.is_multicast or address.is_reserved:
        assert not is_public(address)


# What many downloads cost


async def test_links_that_drip_hold_up_their_owner_only(world: World) -> None:
    hanging, end = 0, asyncio.Event()

    async def drip(writer: asyncio.StreamWriter) -> None:
        nonlocal hanging
        hanging += 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")
        await end.wait()

    links = [f"https://pictures.example/{number}" for number in range(40)]
    for number in range(40):
        world.internet.answers[f"/{number}"] = drip
    fetcher = world.fetcher()
    slow = [asyncio.create_task(fetcher.fetch(link, owner="mallory")) for link in links]
    while hanging < PER_OWNER:
        await asyncio.sleep(0.01)
    for _ in range(10):
        assert await fetcher.fetch("https://pictures.example/a.png", owner="ada") == BODY
    assert hanging == PER_OWNER
    for task in slow:
        task.cancel()
    end.set()
    await asyncio.gather(*slow, return_exceptions=True)


async def test_what_is_downloaded_counts_until_the_caller_is_done_with_it(world: World) -> None:
    budget = Budget(2 * len(BODY))
    fetcher = world.fetcher(budget=budget)
    highest = 0

    async def use(number: int) -> None:
        nonlocal highest
        with budget.transfer() as transfer:
            found = await fetcher.fetch(
                "https://pictures.example/a.png", owner=str(number), transfer=transfer
            )
            assert found == BODY
            assert transfer.size == len(BODY)
            highest = max(highest, budget.used)
            await asyncio.sleep(0.01)

    await asyncio.gather(*(use(number) for number in range(12)))
    assert highest <= 3 * len(BODY)
    assert budget.used == 0
