"""What a person sees and does in the page, in a real browser."""

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import playwright
from tests.support.program import Program
from tests.support.scripted import png

OpenPage = Callable[..., Any]
Start = Callable[..., Program]

DONE = ".turn[data-status=succeeded]"


@pytest.fixture
def page(open_page: OpenPage) -> Any:
    return open_page()


def ask(page: Any, text: str) -> None:
    page.fill("#prompt", text)
    page.press("#prompt", "Enter")


def draw(page: Any, text: str) -> None:
    done = page.locator(DONE).count()
    ask(page, text)
    page.locator(DONE).nth(done).wait_for()


def expect(locator: Any) -> Any:
    return playwright.expect(locator)


def test_an_example_is_one_click_away(page: Any) -> None:
    expect(page.get_by_role("heading", name="What shall we make?")).to_be_visible()
    page.get_by_role("button", name="A banana astronaut").click()
    assert page.input_value("#prompt").startswith("A banana astronaut")
    expect(page.locator("#prompt")).to_be_focused()
    page.press("#prompt", "Enter")
    expect(page.locator("#welcome")).to_be_hidden()
    page.locator(DONE).wait_for()


def test_what_is_chosen_is_made(page: Any) -> None:
    page.select_option("#model", label="Nano Banana 2 Lite")
    assert page.locator("#size option[value='2K']").get_attribute("disabled") is not None
    page.select_option("#model", label="Nano Banana Pro")
    page.select_option("#ratio", "16:9")
    page.select_option("#size", "2K")
    page.select_option("#count", "2")
    draw(page, "a lighthouse")
    expect(page.locator(".tile img.here")).to_have_count(2)
    facts = page.locator(".facts").inner_text()
    for fact in ("Nano Banana Pro", "2K", "16:9", "2 pictures", "free"):
        assert fact in facts
    page.select_option("#size", "")
    page.select_option("#model", "")
    assert page.locator("#size option[value='2K']").get_attribute("disabled") is None


def test_the_lightbox(page: Any) -> None:
    page.select_option("#count", "2")
    draw(page, "a lighthouse")
    look = page.locator(".look").first
    look.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(page.locator("#lightbox-picture")).to_have_attribute(
        "alt", re.compile("Picture 1 of 2: a lighthouse")
    )
    page.keyboard.press("ArrowRight")
    expect(page.locator("#lightbox-picture")).to_have_attribute("alt", re.compile("2 of 2"))
    page.keyboard.press("ArrowRight")
    expect(page.locator("#lightbox-picture")).to_have_attribute("alt", re.compile("1 of 2"))
    with page.expect_download() as download:
        dialog.get_by_role("link", name="Download").click()
    assert re.fullmatch(r"a-lighthouse_img_\w+\.png", download.value.suggested_filename)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(look).to_be_focused()


def test_again_pro_edit_and_delete(page: Any) -> None:
    draw(page, "a lighthouse")
    page.get_by_role("button", name="Again").click()
    expect(page.locator(DONE)).to_have_count(2)
    page.get_by_role("button", name="Pro version").first.click()
    expect(page.locator(DONE)).to_have_count(3)
    expect(page.locator(".facts").last).to_contain_text("Nano Banana Pro")
    page.locator(".turn").first.locator("[data-action=edit]").click()
    expect(page.locator(".chip")).to_have_count(1)
    expect(page.locator("#prompt")).to_be_focused()
    assert page.get_attribute("#prompt", "placeholder") == "What should change?"
    draw(page, "make it blue")
    expect(page.locator(".turn").last.locator(".thumbnails img")).to_have_count(1)
    page.locator("[data-action=delete]").last.click()
    page.get_by_role("button", name="Keep").click()
    expect(page.locator(".turn")).to_have_count(4)
    page.locator("[data-action=delete]").last.click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(".turn")).to_have_count(3)
    page.reload()
    expect(page.locator(".turn")).to_have_count(3)


def test_cancel_and_a_failure_with_advice(page: Any) -> None:
    ask(page, "demo:seconds 60 a lighthouse")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".turn[data-status=cancelled]")).to_be_visible()
    ask(page, "demo:fail refused something")
    failed = page.locator(".turn[data-status=failed]")
    expect(failed.locator(".failure")).to_contain_text("refused")
    expect(failed.locator(".advice")).not_to_be_empty()
    expect(failed.get_by_role("button", name="Retry")).to_be_visible()


def test_what_cannot_be_sent_comes_back(open_page: OpenPage) -> None:
    page = open_page(calm=False)  # the browser itself notes every refused request
    ask(page, "x" * 10_001)
    expect(page.locator(".toast.error")).to_contain_text("too long")
    assert len(page.input_value("#prompt")) == 10_001
    expect(page.locator(".turn")).to_have_count(0)


def test_words_that_are_commands(page: Any) -> None:
    ask(page, "help")
    expect(page.locator(".turn[data-status=notice] .words")).to_contain_text("make it warmer")


def test_references_by_file_drop_and_paste(page: Any, tmp_path: Path) -> None:
    file = tmp_path / "orange.png"
    file.write_bytes(png())
    page.set_input_files("#files", file)
    expect(page.locator(".chip")).to_have_count(1)
    for kind in ("drop", "paste"):
        page.evaluate(GIVE, [kind, base64.b64encode(png("blue")).decode(), "image/png"])
    expect(page.locator(".chip")).to_have_count(3)
    page.get_by_role("button", name="Remove orange.png").click()
    expect(page.locator(".chip")).to_have_count(2)
    page.evaluate(GIVE, ["drop", base64.b64encode(b"words").decode(), "text/plain"])
    expect(page.locator(".toast.error")).to_contain_text("not a picture")
    draw(page, "make it warmer")
    expect(page.locator(".thumbnails img")).to_have_count(2)
    expect(page.locator(".chip")).to_have_count(0)


GIVE = """([kind, base64, type]) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], "given.png", { type }));
  const options = { bubbles: true, cancelable: true };
  if (kind === "paste") {
    document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, ...options }));
  } else {
    for (const name of ["dragenter", "dragover", "drop"]) {
      document.body.dispatchEvent(new DragEvent(name, { dataTransfer: data, ...options }));
    }
  }
}"""


def test_a_text_file_called_png_is_refused_kindly(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(calm=False)
    file = tmp_path / "not.png"
    file.write_text("words")
    page.set_input_files("#files", file)
    ask(page, "make it warmer")
    expect(page.locator(".toast.error")).to_contain_text("cannot be read")
    expect(page.locator(".chip")).to_have_count(1)
    assert page.input_value("#prompt") == "make it warmer"


def test_with_the_keyboard_alone(page: Any) -> None:
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    expect(page.locator("#prompt")).to_be_focused()
    page.keyboard.type("a lighthouse")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("at dusk")
    assert page.input_value("#prompt") == "a lighthouse\nat dusk"
    reached = []
    for _ in range(6):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    assert reached == ["attach", "model", "ratio", "size", "count", "send"]
    page.keyboard.press("Enter")
    page.locator(DONE).wait_for()
    expect(page.locator("#prompt")).to_be_focused()
    for name in ("delete", "pro", "edit", "again"):
        page.keyboard.press("Shift+Tab")
        assert page.evaluate("document.activeElement.dataset.action") == name
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type("another one")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".turn")).to_have_count(2)


def test_settings_last(page: Any) -> None:
    page.get_by_role("button", name="Settings").click()
    page.select_option("#set-theme", "dark")
    page.select_option("#set-model", label="Nano Banana Pro")
    expect(page.locator(".toast").first).to_contain_text("Saved")
    page.select_option("#set-language", "zh_Hans")
    page.locator("html[lang=zh-Hans]").wait_for()
    page.locator("body:not(.loading)").wait_for()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.locator("#model option").first.inner_text() == "Nano Banana Pro"
    draw(page, "灯塔")
    expect(page.locator(".facts")).to_contain_text("Nano Banana Pro")


def test_chinese_by_the_browsers_language(open_page: OpenPage) -> None:
    page = open_page(locale="zh-CN")
    expect(page.get_by_role("heading", name="今天想画点什么？")).to_be_visible()
    ask(page, "黄昏的灯塔")
    expect(page.locator(".headline")).to_have_text(re.compile("收到，马上开始生成。|正在生成图片…"))
    page.locator(DONE).wait_for()
    expect(page.get_by_role("button", name="再来一张")).to_be_visible()
    with page.expect_download() as download:
        page.locator(".tile").hover()
        page.get_by_role("link", name=re.compile("下载")).click()
    assert re.fullmatch(r"黄昏的灯塔_img_\w+\.png", download.value.suggested_filename)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_telephone(open_page: OpenPage, scheme: str) -> None:
    page = open_page(
        viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, color_scheme=scheme
    )
    page.fill("#prompt", "a lighthouse " + "very" * 40)
    page.tap("#send")
    page.locator(DONE).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    for button in page.locator(".turn button:visible, .composer button:visible").all():
        box = button.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert box["height"] >= 34
    page.tap(".look")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.tap("#lightbox-close")


def test_older_pictures_come_while_scrolling_up(page: Any, open_page: OpenPage) -> None:
    for number in range(22):
        body = {"text": f"demo:fail refused {number}"}
        while not page.request.post(page.url + "api/requests", data=body).ok:
            page.wait_for_timeout(50)
    expect(page.locator(".turn[data-status=failed]")).to_have_count(22, timeout=15_000)
    page.reload()
    page.locator("body:not(.loading)").wait_for()
    assert page.locator(".turn").count() == 20
    page.evaluate("scrollTo(0, 0)")
    expect(page.locator(".turn")).to_have_count(22)
    assert page.locator(".said p").first.inner_text().endswith("refused 0")
    assert page.evaluate("scrollY") > 100


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_has_a_name_and_enough_contrast(open_page: OpenPage, scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    draw(page, "a lighthouse")
    ask(page, "demo:fail refused something")
    page.locator(".turn[data-status=failed]").wait_for()
    page.wait_for_timeout(400)  # until everything has faded in
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate(PALE) == []
    assert page.evaluate("document.querySelectorAll('h1').length") == 1
    assert (
        page.evaluate(
            "[...document.querySelectorAll('[id]')].map((e) => e.id)"
            ".filter((id, i, all) => all.indexOf(id) !== i)"
        )
        == []
    )
    ask(page, "demo:seconds 9 a lighthouse")
    bar = page.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", re.compile(r"\d+"))
    expect(bar).to_have_attribute("aria-label", "Progress")
    page.get_by_role("button", name="Cancel").click()


NAMELESS = """() => {
  const all = [...document.querySelectorAll("button, a, input, select, textarea, img, dialog")];
  return all.filter((element) => {
    if (element.tagName === "IMG") return !element.hasAttribute("alt");
    const labels = [...(element.labels ?? [])].map((label) => label.textContent).join("");
    const by = document.getElementById(element.getAttribute("aria-labelledby") ?? "");
    const alt = element.querySelector("img[alt]")?.alt ?? "";
    const name = element.getAttribute("aria-label") || by?.textContent || labels
      || element.textContent.trim() || alt;
    return !name.trim();
  }).map((element) => element.outerHTML.slice(0, 120));
}"""

# https://www.w3.org/TR/WCAG22/#contrast-minimum: 4.5 to 1.
PALE = """() => {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const light = (color) => {
    const [r, g, b] = color.slice(0, 3).map((value) => {
      value /= 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] > 250) return color;
    }
    return rgba(getComputedStyle(document.body).backgroundColor);
  };
  const pale = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!text || !element.checkVisibility({ opacityProperty: true })) continue;
    if (element.closest(":disabled, option, .hidden, .skip")) continue;
    const [a, b] = [light(rgba(getComputedStyle(element).color)), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) pale.push(`${element.className || element.tagName} ${ratio.toFixed(2)}`);
  }
  return [...new Set(pale)];
}"""


def test_two_tabs_show_the_same(page: Any) -> None:
    other = page.context.new_page()
    other.goto(page.url)
    other.locator("body:not(.loading)").wait_for()
    draw(page, "a lighthouse")
    expect(other.locator(DONE)).to_have_count(1)
    page.bring_to_front()
    page.locator("[data-action=delete]").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(other.locator(".turn")).to_have_count(0)


def test_the_login_page(open_page: OpenPage, start: Start) -> None:
    program = start(WEB_PASSWORD="open sesame", DEMO_SECONDS="0")
    page = open_page(program.url, path="/login")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("not the password")
    page.get_by_label("Password").fill("open sesame")
    page.keyboard.press("Enter")
    page.locator("body:not(.loading)").wait_for()
    draw(page, "a lighthouse")
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Password")).to_be_visible()
