"""What axe-core finds in the page, and whether the keyboard alone is enough."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import playwright
from tests.clients import node
from tests.support.program import Program

OpenPage = Callable[..., Any]

DONE = ".turn[data-status=succeeded]"

# https://github.com/dequelabs/axe-core/blob/develop/doc/API.md: all rules, best practices too.
RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target} ${node.html.slice(0, 160)} ${node.failureSummary}`));
}"""


SETTLE = """() => document.getAnimations().forEach((one) =>
  one.effect.getComputedTiming().endTime === Infinity ? one.cancel() : one.finish())"""


class Axe:
    """axe-core in a page; ``state`` names what is seen in it."""

    def __init__(self, page: Any) -> None:
        node.ready()
        self._page = page
        page.evaluate((node.MODULES / "axe-core" / "axe.min.js").read_text("utf-8"))

    def check(self, state: str) -> None:
        """Nothing is found; what fades in, or moves for ever, is seen as it is without that."""
        self._page.evaluate(SETTLE)
        found = self._page.evaluate(RUN)
        assert found == [], f"{state}: {found}"


def ask(page: Any, text: str) -> None:
    page.fill("#prompt", text)
    page.press("#prompt", "Enter")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(open_page: OpenPage, scheme: str) -> None:
    # The browser itself notes the request that is refused.
    page = open_page(color_scheme=scheme, calm=False, reduced_motion="reduce")
    axe = Axe(page)
    axe.check("nothing yet")
    ask(page, "make it warmer")
    page.locator(".turn[data-status=notice]").wait_for()
    page.select_option("#count", "2")
    ask(page, "a lighthouse")
    page.locator(DONE).wait_for()
    playwright.expect(page.locator(".tile img.here")).to_have_count(2)
    page.locator("[data-action=edit]").click()
    axe.check("which picture")
    page.keyboard.press("2")
    page.locator(".chip img").wait_for()
    ask(page, "make it warmer")
    page.locator(DONE).nth(1).wait_for()
    ask(page, "demo:fail refused a tower")
    page.locator(".turn[data-status=failed]").wait_for()
    ask(page, "demo:seconds 60 a boat")
    playwright.expect(page.get_by_role("progressbar")).to_be_visible()
    ask(page, "x" * 10_001)
    page.locator(".toast.error").wait_for()
    axe.check("a question, pictures, a failure, one that is made, an error")
    page.get_by_role("button", name="Cancel").click()
    page.locator(".turn[data-status=cancelled]").wait_for()
    page.locator(".look").last.click()
    playwright.expect(page.locator("#lightbox-versions li")).to_have_count(2)
    axe.check("lightbox")
    page.locator("#lightbox [data-action=delete]").click()
    axe.check("really?")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.click("#open-gallery")
    playwright.expect(page.locator("#gallery .tile")).to_have_count(3)
    page.locator("#gallery input[type=checkbox]").first.check()
    axe.check("gallery")
    page.keyboard.press("Escape")
    page.click("#open-settings")
    axe.check("settings")


def test_axe_finds_nothing_at_the_login(open_page: OpenPage, start: Callable[..., Program]) -> None:
    program = start(WEB_PASSWORD="open sesame")
    page = open_page(program.url, path="/login?wrong", reduced_motion="reduce")
    Axe(page).check("login")


def test_the_keyboard_makes_edits_goes_back_and_deletes(open_page: OpenPage) -> None:
    page = open_page()
    keys = page.keyboard

    def go_to(selector: str) -> None:
        """Press Tab until it has the focus."""
        for _ in range(60):
            if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
                return
            keys.press("Shift+Tab")
        raise AssertionError(f"{selector} cannot be reached")

    page.evaluate("document.activeElement.blur()")
    keys.press("/")
    keys.type("two lighthouses, 2 pictures")
    keys.press("Enter")
    page.locator(DONE).wait_for()
    go_to("[data-action=edit]")
    keys.press("Enter")
    keys.press("Tab")
    keys.press("Enter")
    playwright.expect(page.locator("#prompt")).to_be_focused()
    playwright.expect(page.locator(".chip")).to_have_count(1)
    keys.type("make it warmer")
    keys.press("Enter")
    page.locator(DONE).nth(1).wait_for()
    newest = page.locator(".turn").last
    playwright.expect(newest.locator(".from")).to_contain_text("of 2")
    go_to(".turn:last-child .from button")
    keys.press("Enter")
    playwright.expect(page.locator(".turn").first.locator(":focus")).to_have_count(1)
    go_to(".turn:first-child .look")
    keys.press("Enter")
    playwright.expect(page.get_by_role("dialog")).to_be_visible()
    keys.press("Escape")
    page.locator("#prompt").focus()
    if newest.locator("[data-action=more]").count():
        go_to(".turn:last-child [data-action=more]")
        keys.press("Enter")
        keys.press("Tab")
        for _ in range(12):
            if page.evaluate("document.activeElement.dataset.action") == "delete":
                break
            keys.press("Tab")
    keys.press("Enter")
    keys.press("Tab")
    keys.press("Enter")
    playwright.expect(page.locator(".turn")).to_have_count(1)
