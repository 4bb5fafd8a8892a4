"""The protocol as a person lives through it: from a prompt to a picture, and through a crash."""

import io
import re
from collections.abc import Callable
from typing import Any

from PIL import Image, ImageStat

from tests.browser.conftest import playwright
from tests.support.program import Program

OpenPage = Callable[..., Any]
Start = Callable[..., Program]

DONE = ".turn[data-status=succeeded]"

# Notes when Enter is pressed, when the acknowledgement is there, and every percentage.
WATCH = """() => {
  window.seen = { asked: null, acknowledged: null, percents: [] };
  addEventListener("keydown", (event) => {
    if (event.key === "Enter") window.seen.asked = performance.now();
  }, true);
  new MutationObserver(() => {
    const turn = document.querySelector(".turn:last-child");
    const words = turn?.querySelector(".headline").textContent;
    if (words === "OK, generating now.") window.seen.acknowledged ??= performance.now();
    const percent = Number(turn?.querySelector("[role=progressbar]").getAttribute("aria-valuenow"));
    if (percent && percent !== window.seen.percents.at(-1)) window.seen.percents.push(percent);
  }).observe(document.getElementById("turns"), {
    subtree: true, childList: true, characterData: true, attributes: true,
  });
}"""


def test_from_a_prompt_to_a_picture_and_a_change_of_it(open_page: OpenPage, start: Start) -> None:
    program = start(DEMO_SECONDS="3")
    page = open_page(program.url)
    page.evaluate(WATCH)
    page.select_option("#ratio", "16:9")
    page.fill("#prompt", "A lighthouse at dusk, waves below")
    page.press("#prompt", "Enter")
    first = finished(page, 1)
    seen = page.evaluate("window.seen")
    assert seen["acknowledged"] - seen["asked"] < 300
    assert len(seen["percents"]) >= 2
    assert seen["percents"] == sorted(seen["percents"])

    page.fill("#prompt", "make it warmer")
    page.press("#prompt", "Enter")
    second = finished(page, 2)
    assert [found["image_id"] for found in second["references"]] == [
        first["pictures"][0]["image_id"]
    ]
    before, after = (warmth(page, program, job) for job in (first, second))
    assert after > before

    page.reload()
    playwright.expect(page.locator(DONE)).to_have_count(2)
    playwright.expect(page.locator(".tile img.here")).to_have_count(2)
    assert page.locator(".said p").all_inner_texts() == [
        "A lighthouse at dusk, waves below",
        "make it warmer",
    ]
    download(page, first)


def test_a_kill_in_the_middle_ends_in_the_picture(open_page: OpenPage, start: Start) -> None:
    program = start(DEMO_SECONDS="5")
    page = open_page(program.url, calm=False)  # connections will be refused meanwhile
    page.evaluate("window.same = true")
    page.fill("#prompt", "a lighthouse")
    page.press("#prompt", "Enter")
    bar = page.get_by_role("progressbar")
    begun = re.compile(r"[1-9]\d")
    playwright.expect(bar).to_have_attribute("aria-valuenow", begun, timeout=30_000)
    program.stop()
    playwright.expect(page.locator("#connection")).to_be_visible()
    program.start()
    page.locator(DONE).wait_for()
    playwright.expect(page.locator("#connection")).to_be_hidden()
    playwright.expect(page.locator(".tile img.here")).to_have_count(1)
    assert page.evaluate("window.same")
    assert page.locator(".turn").count() == 1
    assert len(program.logged("submitted")) == 1


def finished(page: Any, number: int) -> dict[str, Any]:
    """The newest job, once so many are done."""
    page.locator(DONE).nth(number - 1).wait_for()
    history = page.request.get(page.url + "api/history").json()
    return dict(history["jobs"][0])


def warmth(page: Any, program: Program, job: dict[str, Any]) -> float:
    """How much more red than blue there is in a job's picture."""
    data = page.request.get(program.url + job["pictures"][0]["image_url"]).body()
    red, _, blue = ImageStat.Stat(Image.open(io.BytesIO(data)).convert("RGB")).mean
    return float(red - blue)


def download(page: Any, job: dict[str, Any]) -> None:
    page.locator(".tile").first.hover()
    with page.expect_download() as downloaded:
        page.locator(".tile-tools a").first.click()
    image_id = job["pictures"][0]["image_id"]
    name = downloaded.value.suggested_filename
    assert name == f"a-lighthouse-at-dusk-waves-below_{image_id}.png"
    with Image.open(downloaded.value.path()) as picture:
        picture.load()
        assert picture.format == "PNG"
        assert picture.width > picture.height
