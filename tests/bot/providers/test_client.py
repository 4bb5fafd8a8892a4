"""The client, against a server that misbehaves in every way it can."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.failures import Failure, Reason
from bot.providers._http.body import Inline
from bot.providers._http.client import (
    PASSING,
    Client,
    HTTPAnswer,
    ResponseLimits,
    failure_of,
    is_loopback,
)
from bot.runtime.transfers import Budget, arriving
from tests.emulators.echo import PICTURE
from tests.emulators.process import Remote, Shared

QUICK = ResponseLimits(connect=20, silence=60, total=90, attempts=3, first_pause=0.001)


@pytest.fixture(scope="session")
def emulator(emulator_of: Shared) -> Remote:
    return emulator_of("echo")


@pytest.fixture
async def server(emulator: Remote) -> Remote:
    await emulator.forget()
    return emulator


@pytest.fixture
async def client(server: Remote) -> AsyncIterator[Client]:
    client = Client(f"{server.url}/v1/", {"Authorization": "Bearer sk-secret"}, QUICK)
    yield client
    await client.close()


async def call(client: Client, method: str = "POST", path: str = "/x", **more: Any) -> HTTPAnswer:
    answer = await client.call(method, path, **more)
    assert isinstance(answer, HTTPAnswer), answer
    return answer


async def failed(client: Client, **more: Any) -> Failure:
    failure = await client.call("POST", "/x", body={}, **more)
    assert isinstance(failure, Failure), failure
    return failure


async def test_a_call_and_its_answer(server: Remote, client: Client) -> None:
    body = {"image": Inline(PICTURE, "image/png"), "n": 1}
    answer = await call(client, body=body, query={"a": "1"}, headers={"X-Extra": "e"})
    assert answer.ok
    assert answer.body["query"] == {"a": "1"}
    encoded = base64.b64encode(PICTURE).decode()
    sent = {"image": f"data:image/png;base64,{encoded}", "n": 1}
    assert answer.body["length"] == str(len(json.dumps(sent)))
    assert answer.picture(answer.body["picture"]) == PICTURE
    assert answer.picture(answer.body["sent"]["image"]) == PICTURE
    [request] = await server.requests("/v1/x")
    assert request["body"] == sent
    assert request["headers"]["authorization"] == "Bearer sk-secret"
    assert request["headers"]["x-extra"] == "e"
    form = await call(client, "POST", "/form", form={"a": "b"}, body=None)
    assert form.status == 500  # the echo reads JSON only
    assert (await server.requests("/form"))[0]["body"] == {"a": "b"}


@pytest.mark.parametrize("status", sorted(PASSING))
async def test_what_may_pass_is_repeated_where_that_is_safe(
    server: Remote, client: Client, status: int
) -> None:
    await server.fault({"path": "/v1/x", "status": status, "times": 2})
    assert (await call(client, body={}, repeatable=True)).ok
    assert len(await server.requests("/v1/x")) == 3


async def test_a_paid_call_is_repeated_only_if_nothing_was_begun(
    server: Remote, client: Client
) -> None:
    await server.fault({"path": "/v1/x", "status": 500})
    assert (await call(client, body={})).status == 500
    await server.fault({"path": "/v1/x", "reset": True})
    assert (await failed(client)).reason is Reason.NETWORK
    assert len(await server.requests("/v1/x")) == 2
    await server.fault({"path": "/v1/x", "status": 429, "headers": {"Retry-After": "0"}})
    assert (await call(client, body={})).ok


async def test_a_long_wait_is_left_to_the_person(server: Remote, client: Client) -> None:
    await server.fault({"path": "/v1/x", "status": 429, "headers": {"Retry-After": "300"}})
    answer = await call(client, body={}, repeatable=True)
    failure = failure_of(answer, "Slow down.")
    assert (failure.reason, failure.retry_after) == (Reason.RATE_LIMITED, 300)
    assert failure.explanation == "Slow down."
    date = {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}
    await server.fault({"path": "/v1/x", "status": 400, "headers": date})
    assert (await call(client, body={})).retry_after == 0
    zoneless = {"Retry-After": "Wed, 21 Oct 2015 07:28:00 -0000"}
    await server.fault({"path": "/v1/x", "status": 400, "headers": zoneless})
    assert (await call(client, body={})).retry_after == 0
    for odd in ("soon", "inf", "nan", "1e999", "Wed, 21 Oct 999999999 07:28:00 GMT"):
        await server.fault({"path": "/v1/x", "status": 400, "headers": {"Retry-After": odd}})
        assert (await call(client, body={})).retry_after is None


async def test_what_costs_nothing_may_be_repeated_too(server: Remote, client: Client) -> None:
    await server.fault({"path": "/v1/x", "status": 500, "times": 2})
    assert (await call(client, body={}, uncharged=frozenset({500}))).ok
    assert len(await server.requests("/v1/x")) == 3
    await server.fault({"path": "/v1/x", "status": 503})
    assert (await call(client, body={}, uncharged=frozenset({500}))).status == 503


async def test_a_service_may_say_elsewhere_how_long_to_wait(server: Remote) -> None:
    client = Client(f"{server.url}/v1", {}, QUICK, asked_wait=lambda answer: answer.body["wait"])
    await server.fault({"path": "/v1/x", "status": 429, "body": {"wait": 60}})
    assert (await call(client, body={})).status == 429
    await server.fault({"path": "/v1/x", "status": 429, "body": {"wait": 0.01}})
    assert (await call(client, body={})).ok
    assert len(await server.requests("/v1/x")) == 3
    await client.close()


async def test_it_gives_up_in_the_end(server: Remote, client: Client) -> None:
    await server.fault({"path": "/v1/x", "status": 502, "times": 9, "body": "<h1>Bad</h1>"})
    answer = await call(client, body={}, repeatable=True)
    assert (answer.status, answer.body, answer.text) == (502, None, "<h1>Bad</h1>")
    assert failure_of(answer).reason is Reason.PROVIDER_DOWN
    await server.fault({"path": "/v1/y", "reset": True, "times": 9})
    failure = await client.call("GET", "/y", repeatable=True)
    assert isinstance(failure, Failure)
    assert failure.reason is Reason.NETWORK


async def test_silence_is_a_timeout(server: Remote) -> None:
    await server.fault({"path": "/v1/x", "delay": 600})
    impatient = Client(f"{server.url}/v1", {}, replace(QUICK, silence=0.4, paying=0.4))
    assert (await failed(impatient)).reason is Reason.TIMEOUT
    await impatient.close()


async def test_nobody_there(client: Client) -> None:
    gone = Client("http://127.0.0.1:9", {}, QUICK)
    assert (await failed(gone)).reason is Reason.PROVIDER_DOWN
    await gone.close()


async def test_redirects_stay_on_the_host(server: Remote, client: Client) -> None:
    await server.fault({"path": "/v1/x", "location": "/v1/other", "status": 307})
    answer = await call(client, body={"a": 1})
    assert (answer.body["method"], answer.body["sent"]) == ("POST", {"a": 1})
    await server.fault({"path": "/v1/x", "location": "/v1/other", "status": 303})
    assert (await call(client, body={"a": 1})).body["method"] == "GET"
    elsewhere = server.url.replace("127.0.0.1", "localhost")
    for location in (f"{elsewhere}/v1/x", "https://example.org/", "//example.org/"):
        await server.forget()
        await server.fault({"path": "/v1/x", "location": location, "status": 307})
        failure = await failed(client)
        assert failure.reason is Reason.UNUSABLE_ANSWER
        assert len(await server.requests()) == 1
    await server.fault({"path": "/v1", "location": "/v1/x", "status": 307, "times": 9})
    assert "redirects" in (await failed(client)).detail


async def test_a_picture_that_is_not_base64(server: Remote, client: Client) -> None:
    text = '{"a": "' + "A" * 9000 + "!" * 5000 + '"}'
    fault = {"path": "/v1/x", "status": 200, "body": text, "content_type": "application/json"}
    await server.fault(fault)
    # The server sends it in one piece; what matters is that nothing breaks.
    answer = await client.call("POST", "/x", body={})
    assert isinstance(answer, HTTPAnswer | Failure)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, Reason.BAD_PARAMETERS),
        (401, Reason.UNAUTHORIZED),
        (402, Reason.OUT_OF_CREDIT),
        (404, Reason.BAD_PARAMETERS),
        (408, Reason.TIMEOUT),
        (413, Reason.REFERENCE_TOO_LARGE),
        (418, Reason.BAD_PARAMETERS),
        (503, Reason.PROVIDER_DOWN),
        (524, Reason.TIMEOUT),
    ],
)
async def test_what_a_status_means(
    server: Remote, client: Client, status: int, reason: Reason
) -> None:
    await server.fault({"path": "/v1/x", "status": status, "times": 3})
    failure = failure_of(await call(client, body={}))
    assert (failure.reason, failure.provider_code) == (reason, str(status))


async def test_the_key_is_nowhere_to_be_seen(server: Remote, client: Client) -> None:
    await server.fault({"path": "/v1/x", "status": 401, "body": {"error": "no"}, "times": 3})
    answer = await call(client, body={})
    assert "sk-secret" not in repr(answer) + repr(failure_of(answer)) + repr(client)


async def test_many_calls_at_once_share_the_pool(server: Remote, client: Client) -> None:
    answers = await asyncio.gather(*(call(client, body={"n": n}) for n in range(20)))
    assert sorted(answer.body["sent"]["n"] for answer in answers) == list(range(20))


async def test_a_long_call_keeps_no_other_from_being_made(server: Remote, client: Client) -> None:
    """However many jobs wait for their answers; the pool has as many connections."""
    await server.fault({"path": "/v1/x", "delay": 600, "times": 80})
    waiting = [asyncio.create_task(call(client, body={"n": n})) for n in range(80)]
    await _all_at_once(server, "/v1/x", waiting)


async def test_pictures_that_are_ready_are_fetched_together(server: Remote, client: Client) -> None:
    await server.fault({"path": "/v1/picture", "delay": 600, "times": 12})
    url = f"{server.url}/v1/picture"
    waiting = [asyncio.create_task(client.downloader.fetch(url)) for _ in range(12)]
    await _all_at_once(server, "/v1/picture", waiting)


async def _all_at_once(server: Remote, path: str, waiting: Sequence[asyncio.Task[Any]]) -> None:
    """Wait until the server has all requests, none of which it answers."""
    async with asyncio.timeout(60):
        while len(await server.requests(path)) < len(waiting):
            await asyncio.sleep(0.02)
    assert not any(task.done() for task in waiting)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_what_is_answered_is_counted_while_it_arrives(server: Remote, client: Client) -> None:
    budget = Budget()
    with budget.transfer() as transfer, arriving(transfer):
        await call(client, body={})
        read = transfer.size
        assert read > len(PICTURE)
        fetched = await client.downloader.fetch(f"{server.url}/v1/picture")
        assert transfer.size == read + len(fetched)  # type: ignore[arg-type]
    assert budget.used == 0
    await call(client, body={})
    assert budget.used == 0


async def test_an_answer_without_a_picture_is_not_counted_once_it_is_read(
    server: Remote, client: Client
) -> None:
    await server.fault({"path": ".*", "status": 200, "body": {"state": "processing"}, "times": 3})
    budget = Budget()
    with budget.transfer() as transfer, arriving(transfer):
        for _ in range(3):
            await call(client, body={})
            assert transfer.size == 0
        await call(client, body={})
        assert transfer.size > len(PICTURE)


async def test_events_are_heard_as_they_arrive(server: Remote, client: Client) -> None:
    encoded = base64.b64encode(PICTURE).decode()
    fault = {
        "path": "/v1/x",
        "status": 200,
        "body": f': ALIVE\n\ndata: {{"n": 1}}\n\ndata: {{"p": "{encoded}"}}\n\ndata: [DONE]\n\n',
        "content_type": "text/event-stream",
    }
    heard: list[HTTPAnswer] = []
    await server.fault(fault, fault)
    last = await call(client, body={}, hear=heard.append)
    assert heard[0].body == {"n": 1}
    assert last is heard[1]
    assert last.picture(last.body["p"]) == PICTURE
    # Nobody listens: it is no JSON.
    assert (await call(client, body={})).body is None
    assert (await call(client, body={}, hear=heard.append)).body["method"] == "POST"
    assert len(heard) == 2


def test_what_is_this_machine() -> None:
    assert all(map(is_loopback, ("http://127.0.0.1:1", "http://localhost/", "http://[::1]:2/x")))
    assert not any(map(is_loopback, ("https://example.org", "http://10.0.0.1", "nonsense")))
