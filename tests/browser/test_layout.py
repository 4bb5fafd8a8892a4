"""What is in view: how far a request is, and its words, in windows as people have them."""

from collections.abc import Callable
from typing import Any

from tests.browser.conftest import playwright

OpenPage = Callable[..., Any]
expect = playwright.expect

DONE = ".turn[data-status=succeeded]"

SMALL = """() =>
  [...document.querySelectorAll("button, a, select, .check")]
    .filter((one) => one.checkVisibility() && !one.matches(".skip, .look"))
    .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
    .filter(([, box]) => box.width < 40 || box.height < 40)"""

LONG = "with waves " * 40

IN_VIEW = """(selectors) => {
  const head = document.querySelector(".top").getBoundingClientRect().bottom;
  const dock = document.querySelector("#composer").getBoundingClientRect().top;
  const newest = document.querySelector(".turn:last-child");
  return selectors.filter((selector) => {
    const box = newest.querySelector(selector).getBoundingClientRect();
    return box.height === 0 || box.top < head - 1 || box.bottom > dock + 1;
  });
}"""


SIZES = ((1366, 680), (1280, 800), (390, 800))


def test_the_state_and_the_words_stay_in_view(open_page: OpenPage) -> None:
    page = open_page(reduced_motion="reduce")

    def check(*selectors: str) -> None:
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            for _ in range(100):  # it scrolls there
                page.wait_for_timeout(300)
                hidden = page.evaluate(IN_VIEW, [".said p", ".headline", *selectors])
                if hidden == []:
                    break
            assert hidden == [], (width, height)

    def ask(text: str, ratio: str = "", count: str = "") -> None:
        page.select_option("#ratio", ratio)
        page.select_option("#count", count)
        page.fill("#prompt", text)
        page.press("#prompt", "Enter")

    for ratio in ("9:16", "1:1"):
        ask("demo:seconds 60 a lighthouse at dusk", ratio)
        expect(page.locator(".turn").last.locator(".bar")).to_be_visible()
        check(".bar", ".tiles")
        page.get_by_role("button", name="Cancel").click()
    ask(f"a lighthouse {LONG}", "9:16")
    page.locator(DONE).wait_for()
    check()
    ask("a lighthouse at dusk", "16:9", "4")
    page.locator(DONE).nth(1).wait_for()
    check(".tiles")
    assert page.evaluate("document.documentElement.scrollWidth") == SIZES[-1][0]
    assert page.evaluate(SMALL) == []


def test_a_toast_stands_above_the_words(open_page: OpenPage) -> None:
    page = open_page(calm=False, viewport={"width": 390, "height": 800})
    page.fill("#prompt", "x" * 10_001)
    page.press("#prompt", "Enter")
    toast = page.locator(".toast.error").bounding_box()
    prompt = page.locator("#prompt").bounding_box()
    assert toast["y"] + toast["height"] <= prompt["y"]


def test_the_tab_says_when_it_is_ready(open_page: OpenPage) -> None:
    page = open_page()
    page.fill("#prompt", "demo:seconds 1 a lighthouse")
    page.press("#prompt", "Enter")
    page.evaluate(
        "Object.defineProperty(document, 'hidden', { get: () => true, configurable: true })"
    )
    page.locator(DONE).wait_for()
    expect(page).to_have_title("✓ Ready · banana-bot")
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    expect(page).to_have_title("banana-bot")


def test_a_picture_says_that_it_loads_and_can_be_asked_for_again(open_page: OpenPage) -> None:
    page = open_page(calm=False)
    held: list[Any] = []
    page.route("**/media/*", lambda route: held.append(route))
    page.fill("#prompt", "a lighthouse")
    page.press("#prompt", "Enter")
    waiting = page.locator(".tile .waiting")
    expect(waiting).to_have_text("Loading picture…")
    held.pop().abort()
    expect(waiting).to_have_text("The picture could not be loaded.")
    page.unroute("**/media/*")
    page.get_by_role("button", name="Load again").click()
    expect(page.locator(".tile img.here")).to_have_count(1)
    expect(waiting).to_have_count(0)
