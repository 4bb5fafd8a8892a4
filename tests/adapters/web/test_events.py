"""Server-sent events: what a client sees, after a break as well."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from adapters.web import events
from tests.adapters.web.conftest import Client, Serve, Site


@dataclass
class Event:
    id: int
    name: str
    data: dict[str, Any]


class Listener:
    """An EventSource, as far as the format goes."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.comments = 0

    async def next(self) -> Event | None:
        """The next event; ``None`` at the end of the stream."""
        async with asyncio.timeout(60):
            while block := await self._block():
                fields = dict(line.split(": ", 1) for line in block if not line.startswith(":"))
                self.comments += sum(line.startswith(":") for line in block)
                if "data" in fields:
                    return Event(int(fields["id"]), fields["event"], json.loads(fields["data"]))
        return None

    async def until(self, status: str) -> list[Event]:
        """The events up to the first job with this status."""
        seen = []
        while event := await self.next():
            seen.append(event)
            if event.data.get("status") == status:
                return seen
        raise EOFError("the stream ended")

    async def _block(self) -> list[str]:
        lines: list[str] = []
        while line := (await self._response.content.readline()).decode():
            if line == "\n":
                return lines
            lines.append(line.rstrip("\n"))
        return lines


@asynccontextmanager
async def listening(
    client: Client, path: str = "/api/events", **headers: str
) -> AsyncIterator[Listener]:
    timeout = aiohttp.ClientTimeout(total=None)
    async with client.session.get(client.url + path, headers=headers, timeout=timeout) as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        yield Listener(response)


async def test_a_job_from_its_first_step_to_its_last(client: Client) -> None:
    job_id = await client.ask("demo:seconds 2 a lighthouse")
    async with listening(client, f"/api/jobs/{job_id}/events") as stream:
        seen = await stream.until("succeeded")
        assert await stream.next() is None
    steps = [event.data["step"] for event in seen]
    percents = [event.data["percent"] for event in seen if event.data["status"] == "running"]
    assert steps == sorted(steps)
    assert percents == sorted(percents)
    assert len(set(percents)) >= 2
    assert max(percents) <= 95
    assert seen[-1].data["percent"] == 100
    assert seen[-1].data["pictures"]
    assert [event.id for event in seen] == sorted(event.id for event in seen)


async def test_a_finished_job_is_told_at_once_and_the_stream_ends(client: Client) -> None:
    job = await client.draw()
    async with listening(client, f"/api/jobs/{job['job_id']}/events") as stream:
        event = await stream.next()
        assert event is not None
        assert event.data == job
        assert await stream.next() is None


async def test_one_stream_tells_of_every_job_of_a_person_and_of_nobody_elses(site: Site) -> None:
    ada, bob = site.client(), site.client()
    await ada.get("/api/history")
    async with listening(ada) as stream:
        await bob.draw()
        first = await ada.ask("a boat")
        second = await ada.ask("a cat")
        seen = await stream.until("succeeded") + await stream.until("succeeded")
    assert {event.data["job_id"] for event in seen} == {first, second}


async def test_what_was_missed_is_told_after_reconnecting(client: Client, serve: Serve) -> None:
    await client.get("/api/history")
    async with listening(client) as stream:
        await client.ask("a boat")
        last = (await stream.until("succeeded"))[-1]
    missed = await client.draw("a cat")
    async with listening(client, **{"Last-Event-ID": str(last.id)}) as stream:
        seen = [await stream.next(), await stream.next()]
    assert missed["job_id"] in [event.data["job_id"] for event in seen if event]
    async with listening(client, **{"Last-Event-ID": "nonsense"}) as stream:
        running = await client.ask("demo:seconds 60 a tower")
        event = await stream.next()
        assert event is not None
        assert event.data["job_id"] == running
    async with listening(client) as stream:
        event = await stream.next()
        assert event is not None
        assert event.data["job_id"] == running


async def test_a_deleted_job_is_told(client: Client) -> None:
    job = await client.draw()
    async with listening(client) as stream:
        await client.call("DELETE", f"/api/jobs/{job['job_id']}")
        while event := await stream.next():
            if event.name == "deleted":
                break
    assert event is not None
    assert event.data == {"job_id": job["job_id"]}


async def test_silence_is_filled_with_comments(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "HEARTBEAT", 0.1)
    monkeypatch.setattr(events, "IDLE", 0.1)
    await client.get("/api/history")
    async with listening(client) as stream:
        task = asyncio.create_task(stream.next())
        async with asyncio.timeout(60):
            while stream.comments < 2:
                await asyncio.sleep(0.02)
        await client.ask()
        await task


async def test_streams_are_counted(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "IDLE", 0.05)
    monkeypatch.setattr(events, "HEARTBEAT", 0.05)
    await client.get("/api/history")
    async with AsyncExitStack() as tabs:
        for _ in range(events.STREAMS_PER_PERSON):
            await tabs.enter_async_context(listening(client))
        status, answer = await client.get("/api/events")
        assert (status, answer["error"]["code"]) == (429, "too_many_streams")
    for _ in range(1200):  # the slot is free again once the server has noticed
        async with client.session.get(f"{client.url}/api/events") as response:
            if response.status == 200:
                return
        await asyncio.sleep(0.05)
    pytest.fail("the slot was never given back")


async def test_streams_end_when_the_server_stops(serve: Serve) -> None:
    site = await serve()
    client = site.client()
    await client.get("/api/history")
    async with listening(client) as stream:
        site.task.cancel()
        async with asyncio.timeout(60):
            assert await stream.next() is None
