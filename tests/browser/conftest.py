"""The real program as a process of its own, and a real Chromium that looks at its page."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.forked_program import ForkedProgram
from tests.support.program import Program

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
playwright.expect.set_options(timeout=60_000)

ROOT = Path(__file__).parents[2]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (CHROMIUM can name it)")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkedProgram]:
    """One program for the tests that do not need their own; pictures take a moment."""
    folder = tmp_path_factory.mktemp("program")
    program = ForkedProgram(folder, DEMO_SECONDS="0.2", DEFAULT_SIZE="512")
    program.start()
    yield program
    program.stop(signal.SIGTERM)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Start a program of the test's own; it ends after every page that looks at it."""
    programs: list[Program] = []

    def begin(**environment: str) -> Program:
        # One that is forked has loaded the bot already, from here.
        kind = Program if "PYTHONPATH" in environment else ForkedProgram
        quick = {} if "PROVIDER" in environment else {"DEFAULT_SIZE": "512"}
        programs.append(kind(tmp_path, **{**quick, **environment}))
        programs[-1].start()
        return programs[-1]

    yield begin
    for program in programs:
        program.stop(signal.SIGTERM)


@pytest.fixture
def open_page(
    browser: Any, program: ForkedProgram, start: Callable[..., Program]
) -> Iterator[Callable[..., Any]]:
    """Open the page as a new person. At the end nothing may have gone wrong in it."""
    contexts: list[Any] = []
    trouble: list[str] = []

    def begin(url: str = program.url, *, path: str = "/", calm: bool = True, **more: Any) -> Any:
        options = {"viewport": {"width": 1200, "height": 860}, "locale": "en-US", **more}
        context = browser.new_context(**options)
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        if calm:
            page.on("console", lambda m: m.type in ("error", "warning") and trouble.append(m.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("request", lambda request: _check_host(request.url, url, trouble))
        page.goto(url + path)
        if path == "/":
            page.locator("body:not(.loading)").wait_for()
        return page

    yield begin
    for context in contexts:
        context.close()
    assert trouble == []


def _check_host(asked: str, url: str, trouble: list[str]) -> None:
    if not asked.startswith((f"{url}/", f"blob:{url}/")):
        trouble.append(f"asked {asked}")
