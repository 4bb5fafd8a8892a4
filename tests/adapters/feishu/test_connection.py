"""The long connection: lark-oapi's real client against the platform, with every way to lose it."""

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from adapters.feishu.api import sdk
from adapters.feishu.events import connection
from adapters.feishu.events.connection import LongConnection
from adapters.feishu.events.dispatcher import Answer, NotAccepted
from bot.ports import Misconfigured
from tests.adapters.feishu.conftest import FAST
from tests.adapters.feishu.stage import APP_ID, APP_SECRET, Stage


class Taken:
    """Takes events and keeps them; ``pause``, ``together`` and ``fail`` say how."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.pause = 0.0
        self.together = asyncio.Barrier(1)
        self.fail = 0
        self.answer: dict[str, Any] = {}

    async def __call__(self, payload: bytes) -> Answer:
        await asyncio.sleep(self.pause)
        await self.together.wait()
        if self.fail:
            self.fail -= 1
            raise NotAccepted("not now")
        self.events.append(json.loads(payload))
        return self.answer


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost connection is made anew after a moment; everything else may take its time."""
    monkeypatch.setattr(connection, "LONGEST_PAUSE", 0.2)
    monkeypatch.setattr(connection, "ACCEPT_SECONDS", 20.0)
    monkeypatch.setattr(connection, "JOIN_SECONDS", 20.0)


@pytest.fixture
def taken() -> Taken:
    return Taken()


@asynccontextmanager
async def connected(
    stage: Stage, taken: Taken, secret: str = APP_SECRET, wait: bool = True
) -> "AsyncIterator[asyncio.Task[None]]":
    task = asyncio.create_task(LongConnection(APP_ID, secret, stage.remote.url, taken).run())
    try:
        if wait:
            await stage.sockets(1)
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, Misconfigured):
            await task


@pytest.fixture
async def chat(stage: Stage) -> str:
    await stage.person("Ann")
    return await stage.chat("p2p", "Ann")


async def test_events_arrive_and_are_acknowledged(stage: Stage, taken: Taken, chat: str) -> None:
    async with connected(stage, taken):
        sent = await stage.say(chat, "Ann", "你好")
        event = await stage.acked(sent)
    assert event["tries"][0]["answer"]["code"] == 200
    [received] = taken.events
    assert received["event"]["message"]["message_id"] == sent["message_id"]


async def test_stopping_closes_the_socket_and_ends_the_thread(stage: Stage, taken: Taken) -> None:
    before = set(threading.enumerate())
    async with connected(stage, taken):
        assert any("feishu" in thread.name for thread in threading.enumerate())
    assert not [t for t in set(threading.enumerate()) - before if "feishu" in t.name]
    await stage.sockets(0)


@pytest.mark.parametrize("way", ["drop", "close"])
async def test_a_lost_connection_is_made_anew(
    stage: Stage, taken: Taken, chat: str, way: str
) -> None:
    async with connected(stage, taken):
        for _ in range(3):
            [old] = await stage.sockets(1)
            await stage.remote.ask("sockets", {"do": way})
            await stage.sockets(1, beside=old["id"])
        await stage.acked(await stage.say(chat, "Ann", "你好"))
    assert len(taken.events) == 1


async def test_whether_it_is_connected_is_told(stage: Stage, taken: Taken) -> None:
    kept = LongConnection(APP_ID, APP_SECRET, stage.remote.url, taken)
    assert not kept.connected
    running = asyncio.create_task(kept.run())

    async def there() -> bool:
        return kept.connected

    async def gone() -> bool:
        return not kept.connected

    await stage.until(there, "a connection")
    await stage.remote.set(bootstrap=[{"status": 502, "times": 100}])
    await stage.remote.ask("sockets", {"do": "drop"})
    await stage.until(gone, "that there is none")
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_a_silent_connection_is_given_up(stage: Stage, taken: Taken, chat: str) -> None:
    await stage.remote.set(client_config={**FAST, "PingInterval": 1})
    async with connected(stage, taken):
        [old] = await stage.sockets(1)
        await stage.remote.ask("sockets", {"do": "freeze"})

        async def another() -> bool:
            found = (await stage.remote.ask("sockets"))["open"]
            return any(not each["frozen"] and each["id"] != old["id"] for each in found)

        await stage.until(another, "another connection")
        await stage.remote.ask("sockets", {"do": "drop", "which": old["id"]})
        await stage.sockets(1)
        await stage.acked(await stage.say(chat, "Ann", "你好"))


async def test_pongs_keep_a_connection(stage: Stage, taken: Taken) -> None:
    await stage.remote.set(client_config={**FAST, "PingInterval": 2})
    async with connected(stage, taken):
        [first] = await stage.sockets(1)

        async def pinged() -> bool:
            return any(open["pings"] >= 4 for open in (await stage.remote.ask("sockets"))["open"])

        await stage.until(pinged, "four pings")
        assert [each["id"] for each in await stage.sockets(1)] == [first["id"]]


@pytest.mark.parametrize("code", [1000040350, 1000040346, 403, 514])
async def test_a_refusal_while_reconnecting_is_named_and_passes(
    stage: Stage, taken: Taken, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(stage, taken):
        [old] = await stage.sockets(1)
        await stage.remote.set(bootstrap=[{"code": code, "msg": "no", "times": 2}])
        await stage.remote.ask("sockets", {"do": "drop"})
        await stage.sockets(1, beside=old["id"])


@pytest.mark.parametrize(
    "refusal",
    [
        {"handshake-status": 514, "handshake-msg": "x", "handshake-autherrcode": 1000040350},
        {"handshake-status": 403, "handshake-msg": "forbidden"},
        {"handshake-status": 500, "handshake-msg": "busy"},
        {"status": 502},
    ],
)
async def test_a_refused_handshake_is_tried_again(
    stage: Stage, taken: Taken, refusal: dict[str, Any]
) -> None:
    await stage.remote.set(handshake=[{**refusal, "times": 2}])
    async with connected(stage, taken):
        assert len(await stage.sockets(1)) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        {"code": 1},
        {"code": 1000040343},
        {"code": 1000040350},
        {"status": 502, "body": "<html>bad gateway</html>"},
        {"status": 200, "body": "<html>a proxy</html>"},
        {"status": 200, "body": "{}"},
    ],
)
async def test_a_bootstrap_in_trouble_is_tried_again(
    stage: Stage, taken: Taken, trouble: dict[str, Any]
) -> None:
    await stage.remote.set(bootstrap=[{**trouble, "times": 2}])
    async with connected(stage, taken):
        assert len(await stage.sockets(1)) == 1


async def test_a_reset_bootstrap_is_tried_again(stage: Stage, taken: Taken) -> None:
    await stage.remote.fault({"path": "/callback/ws/endpoint", "reset": True, "times": 2})
    async with connected(stage, taken):
        assert len(await stage.sockets(1)) == 1


async def test_a_wrong_secret_at_the_start_is_said_clearly(stage: Stage, taken: Taken) -> None:
    async with connected(stage, taken, "another-secret", wait=False) as task:
        with pytest.raises(Misconfigured, match="FEISHU_APP_SECRET"):
            await task


async def test_a_slow_bootstrap_does_not_last_for_ever(
    stage: Stage, taken: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sdk, "BOOTSTRAP_SECONDS", 0.5)
    await stage.remote.set(bootstrap=[{"delay": 60}])
    async with connected(stage, taken, wait=False):
        await stage.sockets(1)


async def test_a_slow_bootstrap_holds_up_nothing(
    stage: Stage, taken: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the bot's loop, and not its end."""
    monkeypatch.setattr(sdk, "BOOTSTRAP_SECONDS", 60.0)
    await stage.remote.set(bootstrap=[{"delay": 60}])
    async with asyncio.timeout(30), connected(stage, taken, wait=False):
        asked = lambda: stage.remote.requests("/callback/ws/endpoint")  # noqa: E731
        await stage.until(asked, "the bootstrap")


async def test_what_is_not_accepted_is_pushed_again(stage: Stage, taken: Taken, chat: str) -> None:
    taken.fail = 1
    async with connected(stage, taken):
        sent = await stage.say(chat, "Ann", "你好")
        await stage.until(lambda: _tries(stage, sent, 1), "the first try")
        assert (await stage.event(sent["event_id"]))["tries"][0]["answer"]["code"] == 500
        await stage.advance(16)
        await stage.acked(sent)
    assert len(taken.events) == 1


async def test_what_takes_too_long_is_pushed_again_and_goes_on(
    stage: Stage, taken: Taken, chat: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "ACCEPT_SECONDS", 0.1)
    taken.together = asyncio.Barrier(2)
    async with connected(stage, taken):
        sent = await stage.say(chat, "Ann", "你好")
        await stage.until(lambda: _tries(stage, sent, 1), "the first try")
        event = await stage.event(sent["event_id"])
        assert event["tries"][0]["answer"]["code"] == 500
        assert not taken.events
        await taken.together.wait()
        await stage.until(lambda: _true(taken.events), "it was taken all the same")


async def test_a_large_event_comes_in_pieces(stage: Stage, taken: Taken, chat: str) -> None:
    await stage.remote.set(limits={"chunk_bytes": 700})
    async with connected(stage, taken):
        await stage.acked(await stage.say(chat, "Ann", "长" * 2000))
    assert "长" * 2000 in taken.events[0]["event"]["message"]["content"]


async def test_a_slow_event_does_not_hold_up_others(stage: Stage, taken: Taken, chat: str) -> None:
    taken.together = asyncio.Barrier(10)
    async with connected(stage, taken):
        sent = [await stage.say(chat, "Ann", f"{n}") for n in range(10)]
        for each in sent:
            assert len((await stage.acked(each))["tries"]) == 1


async def test_each_of_a_burst_is_acknowledged_once(stage: Stage, taken: Taken, chat: str) -> None:
    taken.pause = 0.01
    async with connected(stage, taken):
        sent = await asyncio.gather(*(stage.say(chat, "Ann", f"{n}") for n in range(100)))
        for each in sent:
            assert len((await stage.acked(each))["tries"]) == 1
    assert len(taken.events) == 100


async def test_nothing_secret_is_logged(
    stage: Stage,
    taken: Taken,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with connected(stage, taken):
        [old] = await stage.sockets(1)
        await stage.remote.ask("sockets", {"do": "drop"})
        await stage.sockets(1, beside=old["id"])
    said = caplog.text + "".join(capsys.readouterr())
    assert "ticket" not in said
    assert "access_key" not in said
    assert APP_SECRET not in said


def test_importing_the_adapter_loads_no_sdk() -> None:
    import subprocess
    import sys

    program = (
        "import adapters.feishu, sys; "
        "assert not [m for m in sys.modules if m.startswith(('lark', 'websockets'))]; "
        "from adapters.feishu.api import sdk; sdk.load(); "
        "heavy = {'requests', 'httpx', 'pkg_resources', 'requests_toolbelt'} & set(sys.modules); "
        "assert not heavy, heavy; "
        "assert len([m for m in sys.modules if m.startswith('lark_oapi.')]) < 100; "
        "assert sdk.socket().loop is None"
    )
    theirs = ("datetime.datetime.utcfromtimestamp", "There is no current event loop")
    allowed = [f"-Wignore:{start}:DeprecationWarning" for start in theirs]  # of lark_oapi
    command = [sys.executable, "-Werror", *allowed, "-c", program]
    subprocess.run(command, check=True, cwd=_root())


def _root() -> str:
    from tests.emulators.process import ROOT

    return str(ROOT)


async def _tries(stage: Stage, sent: dict[str, Any], count: int) -> bool:
    event = await stage.event(sent["event_id"])
    return len(event["tries"]) >= count and "answer" in event["tries"][count - 1]


async def _true(value: object) -> bool:
    return bool(value)
