"""The attackers of the benchmark, in processes of their own: they go on until they are ended.

``python -m bench.attackers PORT contents|crowds`` prints how they were answered when it gets
SIGTERM. Each kind comes from its own address on loopback, and tries again at once.
"""

import asyncio
import json
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import aiohttp
from PIL import Image

from tests.support import odd_pictures as odd

HOST = "127.0.0.1"
LINKS = 14
"""As many as a model takes: more are refused before any is followed."""

LARGE = 19 * 2**20
CONNECTIONS = 1100
STREAMS = 1024
NEWCOMERS = 600
PAUSE = 0.05
REST = 4.0
"""Seconds until whoever lost a connection opens another: some 600 come every second."""

HEAD = b"POST /api/requests HTTP/1.1\r\nHost: localhost\r\n"
FORM = HEAD + b"Content-Type: multipart/form-data; boundary=x\r\n"
FILE = b'--x\r\nContent-Disposition: form-data; name="references"; filename="a"\r\n\r\n'

Attack = Callable[["Mob", str], Awaitable[None]]


class Mob:
    """All of them; ``answers`` counts what each kind was told."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://{HOST}:{port}"
        self.answers: dict[str, Counter[str]] = {}
        self.links = ""

    def note(self, kind: str, answer: object) -> None:
        self.answers.setdefault(kind, Counter())[str(answer)] += 1

    @asynccontextmanager
    async def person(self, address: str) -> AsyncIterator[aiohttp.ClientSession]:
        """Somebody with a cookie."""
        jar = aiohttp.CookieJar(unsafe=True)
        connector = aiohttp.TCPConnector(local_addr=(address, 0), limit=0)
        timeout = aiohttp.ClientTimeout(total=120)
        async with aiohttp.ClientSession(
            self.url, cookie_jar=jar, connector=connector, timeout=timeout
        ) as session:
            while not len(jar):
                with suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get("/"):
                        pass
                await asyncio.sleep(PAUSE)
            yield session

    async def post(self, session: aiohttp.ClientSession, kind: str, **more: object) -> None:
        try:
            async with session.post("/api/requests", **more) as answer:  # type: ignore[arg-type]
                await answer.read()
                self.note(kind, answer.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            self.note(kind, type(error).__name__)
        await asyncio.sleep(PAUSE)

    async def raw(self, kind: str, address: str, *sent: bytes, wait: float = 30) -> None:
        """Send bytes, and wait for an answer or the end of the connection."""
        answer = "closed"
        writer = None
        try:
            async with asyncio.timeout(wait):
                reader, writer = await asyncio.open_connection(
                    HOST, self.port, local_addr=(address, 0)
                )
                for piece in sent:
                    writer.write(piece)
                    await writer.drain()
                line = await reader.readline()
                answer = line.split(b" ")[1].decode() if line else answer
        except TimeoutError:
            answer = "kept open"
        except OSError as error:
            answer = type(error).__name__
        finally:
            if writer:
                writer.close()
        self.note(kind, answer)
        await asyncio.sleep(PAUSE)


# 1: texts


async def texts(mob: Mob, address: str) -> None:
    chance = random.Random(1)
    units = (
        "http://",
        "https://a.png ",
        "make it ",
        "2K, ",
        "“",
        "16:9 ",
        "一张2K的",
        "@",
        "\u0300",
    )
    async with mob.person(address) as session:
        while True:
            length = chance.choice((10_000, 10_000, 20_000, 200_000))
            text = (chance.choice(units) * length)[:length]
            await mob.post(session, "texts", json={"text": text})


# 2: pictures


def _pictures() -> list[bytes]:
    plain = odd.encoded(odd.scene(), "JPEG")
    scans = odd.repeated_scans(0, (2000, 2000))
    last = scans[scans.rindex(b"\xff\xda") : -2]
    comments = [odd.segment(0xFE, b"c" * 65_000)] * 70
    return [
        odd.repeated_scans(5_000_000 // len(last), (2000, 2000)),
        odd.exif_bomb(5_000_000),
        odd.encoded(Image.new("L", (7000, 7000)), "WEBP", lossless=True),
        odd.with_segments(plain, *comments),
        odd.encoded(Image.new("RGB", (7000, 7000)), "PNG"),
        odd.encoded(Image.new("RGB", (3500, 3500)), "WEBP", lossless=True),
        odd.png_header(30_000, 30_000),
    ]


async def pictures(mob: Mob, address: str) -> None:
    made = await asyncio.to_thread(_pictures)
    async with mob.person(address) as session:
        while True:
            for picture in made:
                form = aiohttp.FormData([("text", "make it warmer")])
                form.add_field("references", picture, filename="a.jpg")
                await mob.post(session, "pictures", data=form)


# 3: links


async def _serve(mob: Mob) -> None:
    """Pictures of 19 MB, and such as never end."""
    side = 2500
    noise = Image.frombytes("RGB", (side, side), random.Random(3).randbytes(side * side * 3))
    large = odd.encoded(noise, "PNG", compress_level=0)[: LARGE + 2**20]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(large))
            for at in range(0, len(large), 4096 if path.startswith(b"/drip") else len(large)):
                writer.write(large[at : at + 4096] if path.startswith(b"/drip") else large)
                await writer.drain()
                await asyncio.sleep(2 if path.startswith(b"/drip") else 0)
        writer.close()

    server = await asyncio.start_server(answer, HOST, 0)
    mob.links = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"


async def _linking(mob: Mob, address: str, kind: str) -> None:
    async with mob.person(address) as session:

        async def one() -> None:
            while True:
                links = [f"{mob.links}/{kind}{number}.png" for number in range(LINKS)]
                body = {"text": "make it warmer", "references": links}
                await mob.post(session, f"links, {kind}", json=body)

        await asyncio.gather(*(one() for _ in range(4)))


async def large_links(mob: Mob, address: str) -> None:
    await asyncio.gather(*(_linking(mob, address, "large") for _ in range(3)))


async def dripping_links(mob: Mob, address: str) -> None:
    await asyncio.gather(*(_linking(mob, address, "drip") for _ in range(2)))


# 4: uploads


async def dripping_uploads(mob: Mob, address: str) -> None:
    """As slowly as is allowed, by eight people with four uploads each."""

    async def one(session: aiohttp.ClientSession) -> None:
        async def body() -> AsyncIterator[bytes]:
            yield FILE
            for _ in range(1000):
                yield b"x" * 16_384
                await asyncio.sleep(1)

        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        while True:
            await mob.post(session, "uploads, dripping", data=body(), headers=headers)

    async def somebody() -> None:
        async with mob.person(address) as session:
            await asyncio.gather(*(one(session) for _ in range(4)))

    await asyncio.gather(*(somebody() for _ in range(8)))


async def refused_uploads(mob: Mob, address: str) -> None:
    """Sound pictures with a request that cannot be, and 16 that are none."""
    sound = odd.encoded(odd.scene(), "PNG")
    async with mob.person(address) as session:
        while True:
            form = aiohttp.FormData([("text", "warmer"), ("options", '{"size": "9K"}')])
            for number in range(14):
                form.add_field("references", sound, filename=f"{number}.png")
            await mob.post(session, "uploads, refused", data=form)
            form = aiohttp.FormData([("text", "warmer")])
            for number in range(3):
                form.add_field("references", b"x" * LARGE, filename=f"{number}.png")
            await mob.post(session, "uploads, no pictures", data=form)


# 5: connections


async def half_requests(mob: Mob, address: str) -> None:
    """Half a head, or half a body, on more connections than there are descriptors."""
    halves = (
        b"",
        HEAD[:30],
        HEAD + b"Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
    )

    async def one(number: int) -> None:
        while True:
            await mob.raw("half requests", address, halves[number % len(halves)])
            await asyncio.sleep(REST)

    await asyncio.gather(*(one(number) for number in range(CONNECTIONS)))


async def streams(mob: Mob, address: str) -> None:
    """Streams without a cookie; whoever gets one keeps it."""
    request = b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n"

    async def one() -> None:
        while True:
            await mob.raw("streams", address, request)
            await asyncio.sleep(REST)

    await asyncio.gather(*(one() for _ in range(STREAMS)))


async def newcomers(mob: Mob, address: str) -> None:
    """Requests for pictures without a cookie."""
    body = b'{"text": "a lighthouse"}'
    request = HEAD + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)

    async def one() -> None:
        while True:
            await mob.raw("newcomers", address, request, body)
            await asyncio.sleep(REST)

    await asyncio.gather(*(one() for _ in range(NEWCOMERS)))


async def garbage(mob: Mob, address: str) -> None:
    """What is no HTTP, as often as can be."""
    chance = random.Random(5)
    while True:
        await mob.raw("no HTTP", address, chance.randbytes(200) + b"\r\n\r\n")


# 6: bodies


def _bodies() -> list[tuple[bytes, bytes]]:
    """Content types and bodies."""
    part = b'--x\r\nContent-Disposition: form-data; name="a%d"\r\n\r\n\r\n'
    form = b"multipart/form-data; boundary=x"
    json_ = b"application/json"
    return [
        (form, b"".join(part % number for number in range(20_000)) + b"--x--\r\n"),
        (form, b"".join(part % number for number in range(300_000)) + b"--x--\r\n"),
        (form, b"--x\r\nContent-Disposition: " + b"a" * 2**20 + b"\r\n\r\n\r\n--x--\r\n"),
        (form, b"--x\r\n" + b"a: b\r\n" * 100_000 + b"\r\n\r\n--x--\r\n"),
        (form, b"\r\n" * 2**20),
        (json_, b"[" * 900_000),
        (json_, b'{"a":' * 150_000),
        (json_, b'{"text": "\\ud800 a \\u0000 lighthouse"}'),
        (json_, b'{"text": "' + b"\\u0000" * 160_000 + b'"}'),
        (json_, b'{"references": [' + b'"a",' * 240_000 + b'"a"]}'),
    ]


async def bodies(mob: Mob, address: str) -> None:
    made = await asyncio.to_thread(_bodies)
    async with mob.person(address) as session:
        while True:
            for number, (kind, body) in enumerate(made):
                headers = {"Content-Type": kind.decode()}
                await mob.post(session, f"bodies, {number}", data=body, headers=headers)


CONTENTS: tuple[Attack, ...] = (
    *(texts, texts, pictures, pictures, pictures, large_links, dripping_links),
    *(dripping_uploads, refused_uploads, bodies, bodies),
)
CROWDS: tuple[Attack, ...] = (half_requests, streams, newcomers, garbage)
GROUPS = {"contents": CONTENTS, "crowds": CROWDS}


async def work(port: int, group: str) -> dict[str, Counter[str]]:
    """The attacks of a group at once, each from an address of its own, until SIGTERM."""
    mob = Mob(port)
    await _serve(mob)
    end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end.set)
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    tasks = [
        asyncio.create_task(attack(mob, f"127.0.{len(group)}.{number}"))
        for number, attack in enumerate(GROUPS[group], 1)
    ]
    await end.wait()
    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    for attack, result in zip(GROUPS[group], ended, strict=True):
        if not isinstance(result, asyncio.CancelledError):
            mob.note(attack.__name__, f"gave up: {result!r}")
    return mob.answers


if __name__ == "__main__":
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    os.nice(5)  # they would have machines of their own
    sys.stdout.write(json.dumps(asyncio.run(work(int(sys.argv[1]), sys.argv[2]))) + "\n")
