"""SIGKILL between every two lines of the conversation."""

import asyncio
import json
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.discord.stage import until
from tests.chaos import killing
from tests.emulators import openrouter
from tests.emulators.process import Remote, Shared, launch
from tests.support.forked_program import ForkedProcess

STEPS = ("acknowledge", "gather", "submit", "start", "collect", "succeed")
LINES = [f"{moment}:{step}" for step in STEPS for moment in ("before", "done")]
LINES += ["after:succeed"]  # after any other step is before the next one
DURING = "during:collect"
"""It is killed from without, when the service has been asked for the picture."""

AT_ONCE = 5
FAILING = ["before:fail", "done:fail", "after:fail"]
LONGEST = 200.0
"""Seconds that a conversation may take on a machine that has much else to do."""

Asked = Callable[[], Awaitable[object]]


async def start(
    folder: Path, prompt: str, at: str, configuration: Mapping[str, str], asked: Asked | None = None
) -> int:
    """Hold the conversation in a process of its own, which is killed once ``asked`` says so; gives
    its exit status."""
    process = await asyncio.to_thread(ForkedProcess, killing.run, folder, prompt, at, configuration)
    try:
        if asked is not None:
            await until(asked, "the service is asked", patience=LONGEST)
            process.send_signal(signal.SIGKILL)
        return await asyncio.to_thread(process.wait, LONGEST)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)


async def run(
    folder: Path, prompt: str, at: str, asked: Asked | None = None, **configuration: str
) -> list[dict[str, Any]]:
    """Ask, be killed at that line, start again; gives everything that was shown, in order."""
    folder.mkdir()
    log = folder / "program.log"
    killed = await start(folder, prompt, at, configuration, asked)
    assert killed == -signal.SIGKILL, log.read_text()
    assert await start(folder, prompt, "", configuration) == 0, log.read_text()
    assert len(list(folder.glob("message-*"))) == 1
    return [json.loads(line) for line in (folder / "calls").read_text().splitlines()]


async def all_lines(
    folder: Path, lines: list[str], prompt: str, **configuration: str
) -> dict[str, list[dict[str, Any]]]:
    """Run them all, several at once: they mostly wait."""
    running = asyncio.Semaphore(AT_ONCE)

    async def one(at: str) -> list[dict[str, Any]]:
        async with running:
            return await run(folder / at.replace(":", "-"), prompt.format(at), at, **configuration)

    return dict(zip(lines, await asyncio.gather(*map(one, lines)), strict=True))


@pytest.fixture(scope="session")
def ima(emulator_of: Shared) -> Remote:
    return emulator_of("ima")


async def test_a_picture_is_paid_once_and_shown(tmp_path: Path, ima: Remote) -> None:
    configuration = {
        "PROVIDER": "ima",
        "IMA_API_KEY": "ima_emulator",
        "IMA_BASE_URL": ima.url,
        "IMA_UPLOAD_URL": ima.url,
        "IMA_APP_KEY": "EMULATOR-TEST-KEY",
    }
    prompt = "a lighthouse, {}"
    await ima.set(eet="1~3s")
    await ima.fault({"path": "detail", "delay": 600})
    during = await run(
        tmp_path / "during",
        prompt.format(DURING),
        "",
        lambda: ima.requests("detail"),
        **configuration,
    )
    shown = {DURING: during} | await all_lines(tmp_path, LINES, prompt, **configuration)
    asked = shown.pop("done:submit")  # killed in the very call that is paid for
    assert (asked[-1]["status"], asked[-1]["problem"]) == ("failed", "cut_off")
    for at, calls in shown.items():
        final = [call for call in calls if call["status"] == "succeeded"]
        assert calls[-1] == final[-1], at
        assert len(final[-1]["pictures"]) == 1, at
        # Between showing the result and storing that it was shown, it may be shown again; that
        # changes nothing, as both make the same message look the same.
        assert all(call == final[0] for call in final), at
    created = Counter(
        request["body"]["parameters"][0]["parameters"]["prompt"].partition(", ")[2]
        for request in await ima.requests("/tasks/create")
    )
    assert created == dict.fromkeys([*LINES, DURING], 1)


@pytest.mark.parametrize("again", ["ask", "always"])
async def test_without_a_ticket_the_person_is_asked_before_it_is_paid_again(
    tmp_path: Path, again: str
) -> None:
    lines = ["done:collect", "before:succeed"]
    prompt = "a lighthouse, {}"
    with launch("openrouter") as remote:
        configuration = {
            "PROVIDER": "openrouter",
            "OPENROUTER_API_KEY": openrouter.KEY,
            "OPENROUTER_BASE_URL": f"{remote.url}/api/v1",
            "PAY_AGAIN": again,
        }

        async def orders() -> list[dict[str, Any]]:
            return [r for r in await remote.requests("/images") if r["method"] == "POST"]

        await remote.fault({"path": "/images$", "method": "POST", "delay": 600})
        during = await run(tmp_path / "during", prompt.format(DURING), "", orders, **configuration)
        shown = await all_lines(tmp_path, lines, prompt, **configuration)
        asked = Counter(order["body"]["prompt"].partition(", ")[2] for order in await orders())
    assert all(calls[-1]["status"] == "succeeded" for calls in shown.values())
    # What is stored already is the result.
    assert asked == {DURING: 1 + (again == "always"), lines[0]: 1, lines[1]: 1}
    told = {"ask": ("failed", "cut_off"), "always": ("succeeded", None)}
    assert (during[-1]["status"], during[-1]["problem"]) == told[again]


async def test_a_failure_is_explained(tmp_path: Path) -> None:
    shown = await all_lines(tmp_path, FAILING, "demo:fail refused a boat {}", DEMO_SECONDS="0")
    for at, calls in shown.items():
        assert calls[-1]["status"] == "failed", at
        assert calls[-1]["problem"] == "refused", at
