"""What a person sees and does in the page, in a real browser."""

import base64
import re
import zipfile
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
MODEL = ".facts li:first-child"


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


def press(turn: Any, action: str) -> None:
    """A button under a picture, also of those behind "More"."""
    button = turn.locator(f".buttons [data-action={action}]")
    if not button.is_visible():
        turn.locator("[data-action=more]").click()
    button.click()


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
    for fact in ("Demo drawing, no AI", "2 pictures", "2720×1536", "free"):
        assert fact in facts
    assert "AI-generated" not in facts
    assert page.locator(MODEL).get_attribute("title") == "Model: Nano Banana Pro"
    page.select_option("#size", "")
    page.select_option("#model", "")
    assert page.locator("#size option[value='2K']").get_attribute("disabled") is None


def test_a_question_is_answered_by_its_buttons(page: Any) -> None:
    ask(page, "make it warmer")
    question = page.locator(".turn[data-status=notice]")
    expect(question).to_contain_text("Which picture shall I change?")
    expect(question).to_contain_text("press Edit")
    expect(page.locator(DONE)).to_have_count(0)
    question.get_by_role("button", name="Make a new picture instead").click()
    page.locator(DONE).wait_for()
    expect(question).to_have_count(0)
    draw(page, "two lighthouses, 2 images")
    ask(page, "make it warmer")
    expect(question).to_contain_text("Which of the 2 pictures")
    expect(question.locator(".tile img.here")).to_have_count(2)
    question.get_by_role("button", name="2", exact=True).click()
    page.locator(DONE).nth(2).wait_for()
    expect(question).to_have_count(0)
    expect(page.locator(DONE).nth(2).locator(".thumbnails img")).to_have_count(1)


def test_the_lightbox(page: Any) -> None:
    page.select_option("#count", "2")
    draw(page, "a lighthouse")
    look = page.locator(".look").first
    look.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(page.locator("#lightbox-picture")).to_have_attribute("alt", "a lighthouse; 1 of 2")
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
    press(page.locator(".turn").first, "pro")
    expect(page.locator(DONE)).to_have_count(3)
    expect(page.locator(MODEL).last).to_have_attribute("title", "Model: Nano Banana Pro")
    page.locator(".turn").first.locator("[data-action=edit]").click()
    expect(page.locator(".chip")).to_have_count(1)
    expect(page.locator("#prompt")).to_be_focused()
    assert page.get_attribute("#prompt", "placeholder") == "What should change?"
    draw(page, "make it blue")
    expect(page.locator(".turn").last.locator(".thumbnails img")).to_have_count(1)
    press(page.locator(".turn").last, "delete")
    page.get_by_role("button", name="Keep").click()
    press(page.locator(".turn").last, "delete")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator(".turn")).to_have_count(4)
    press(page.locator(".turn").last, "delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(".turn")).to_have_count(3)
    page.reload()
    expect(page.locator(".turn")).to_have_count(3)


def test_one_of_several_is_asked_for(page: Any) -> None:
    page.select_option("#count", "2")
    page.select_option("#ratio", "16:9")
    draw(page, "two cats")
    turn = page.locator(".turn").first
    for number in (1, 2):
        press(turn, "edit")
        expect(page.get_by_role("dialog", name="Which picture?")).to_be_visible()
        page.get_by_role("button", name=f"Picture {number}").click()
    expect(page.locator(".chip")).to_have_count(1)
    assert [page.input_value(f"#{menu}") for menu in ("count", "ratio")] == ["", ""]
    second = turn.locator(".look img").nth(1).get_attribute("src")
    assert page.locator(".chip img").get_attribute("src") == second
    draw(page, "make it warmer")
    newest = page.locator(".turn").last
    expect(newest.locator(".from")).to_have_text("picture 2 of 2 from “two cats”")
    assert newest.locator(".thumbnails img").get_attribute("src") == second
    assert newest.locator(".tile").count() == 1
    press(turn, "larger")
    expect(page.get_by_role("dialog", name="Which picture?")).to_be_visible()
    with page.expect_request("**/larger") as sent:
        page.keyboard.press("2")
    assert sent.value.post_data_json["number"] == 2
    press(turn, "edit")
    page.keyboard.press("Escape")
    expect(page.locator(".chip")).to_have_count(0)
    press(turn, "delete")
    page.get_by_role("button", name="Only one of them…").click()
    page.get_by_role("button", name="Picture 1").click()
    expect(turn.locator(".tile")).to_have_count(1)


def test_a_request_is_filled_in_again(page: Any) -> None:
    page.select_option("#model", label="Nano Banana Pro")
    ask(page, "demo:fail network a lighthouse, 16:9, 2 pictures")
    page.locator(".turn[data-status=failed]").wait_for()
    page.select_option("#model", "")
    press(page.locator(".turn"), "words")
    assert page.input_value("#prompt") == "demo:fail network a lighthouse"
    filled = {menu: page.input_value(f"#{menu}") for menu in ("ratio", "size", "count")}
    assert filled == {"ratio": "16:9", "size": "1K", "count": "2"}
    assert page.locator("#model option:checked").inner_text() == "Nano Banana Pro"
    expect(page.locator("#prompt")).to_be_focused()


def test_before_and_versions(page: Any) -> None:
    draw(page, "a lighthouse")
    draw(page, "make it warmer")
    press(page.locator(".turn").last, "ratio")
    expect(page.locator("#ratio")).to_be_focused()
    page.select_option("#ratio", label="16:9 · Wide · slides")
    page.click("#send")
    page.locator(DONE).nth(2).wait_for()
    newest = page.locator(".turn").last
    expect(newest.locator(".from")).to_contain_text("16:9 of")
    press(newest, "details")
    strip = page.locator("#lightbox-versions button")
    expect(strip).to_have_count(3)
    expect(strip.nth(2)).to_have_attribute("aria-current", "true")
    strip.first.click()
    expect(page.locator("#lightbox-caption")).to_have_text("a lighthouse")
    page.keyboard.press("Escape")
    press(newest, "before")
    expect(page.locator(".turn").nth(1).locator(":focus")).to_have_count(1)


def test_what_was_not_sent_says_so(open_page: OpenPage) -> None:
    page = open_page(calm=False)
    page.route("**/api/requests", lambda route: route.abort())
    ask(page, "a lighthouse")
    failed = page.locator(".turn[data-status=failed]")
    expect(failed.locator(".headline")).to_have_text("Not sent yet")
    failed.locator("[data-action=words]").click()
    assert page.input_value("#prompt") == "a lighthouse"
    page.press("#prompt", "Enter")
    failed.wait_for()
    page.unroute("**/api/requests")
    failed.get_by_role("button", name="Retry").click()
    page.locator(DONE).wait_for()


def test_the_gallery(page: Any) -> None:
    page.select_option("#count", "2")
    draw(page, "two boats")
    page.select_option("#count", "")
    draw(page, "a lighthouse")
    page.click("#open-gallery")
    gallery = page.get_by_role("dialog", name="My pictures")
    tiles = gallery.locator(".tile")
    expect(tiles).to_have_count(3)
    heart = page.locator(".turn").first.locator("[data-tool=heart]").nth(1)
    gallery.get_by_role("button", name="Favourite: two boats; 2 of 2").click()
    expect(heart).to_have_attribute("aria-pressed", "true")
    gallery.get_by_role("button", name="Favourites").click()
    expect(tiles).to_have_count(1)
    gallery.get_by_role("button", name="Favourites").click()
    gallery.get_by_role("searchbox").fill("BOATS")
    expect(tiles).to_have_count(2)
    gallery.get_by_role("searchbox").fill("boats at night")
    expect(gallery.get_by_text("No picture found.")).to_be_visible()
    gallery.get_by_role("searchbox").fill("")
    expect(tiles).to_have_count(3)
    for name in ("a lighthouse", "two boats; 1 of 2"):
        gallery.get_by_role("checkbox", name=name).check()
    with page.expect_download() as download:
        gallery.get_by_role("link", name="Download as ZIP").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert len(archive.namelist()) == 2
    gallery.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete all 2").click()
    expect(tiles).to_have_count(1)
    expect(gallery.locator(".toast")).to_contain_text("2 pictures deleted.")
    tiles.locator(".look").click()
    page.locator("#lightbox [data-action=edit]").click()
    expect(gallery).to_be_hidden()
    expect(page.locator(".chip")).to_have_count(1)
    expect(page.locator(".turn .tile")).to_have_count(1)


def test_cancel_and_a_failure_with_advice(page: Any) -> None:
    ask(page, "demo:seconds 60 a lighthouse")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".turn[data-status=cancelled]")).to_be_visible()
    ask(page, "demo:fail refused a boat")
    failed = page.locator(".turn[data-status=failed]")
    expect(failed.locator(".failure")).to_contain_text("safety check")
    expect(failed.locator(".advice")).not_to_be_empty()
    expect(failed.get_by_role("button", name="Retry")).to_have_count(0)
    expect(failed.locator(".buttons button").first).to_have_text("Change the words")
    failed.locator("[data-action=words]").click()
    assert page.input_value("#prompt") == "demo:fail refused a boat"


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
    for name in ("more", "again", "larger", "vary", "edit"):
        page.keyboard.press("Shift+Tab")
        assert page.evaluate("document.activeElement.dataset.action") == name
    for _ in ("download", "favourite", "look"):
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
    expect(page.get_by_role("list", name="Your usage")).to_contain_text("Last 24 hours: 0 pictures")
    page.select_option("#set-theme", "dark")
    page.select_option("#set-model", label="Nano Banana Pro")
    expect(page.locator(".toast").first).to_contain_text("Saved")
    page.click("#set-clear")
    expect(page.locator("#set-model")).to_have_value("")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#set-model")).not_to_have_value("")
    page.select_option("#set-language", "zh_Hans")
    page.locator("html[lang=zh-Hans]").wait_for()
    page.locator("body:not(.loading)").wait_for()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.locator("#model option").first.inner_text() == "Nano Banana Pro"
    draw(page, "灯塔")
    expect(page.locator(MODEL)).to_have_attribute("title", re.compile("Nano Banana Pro"))


STATES = re.compile("收到，马上开始生成。|开始生成图片，请稍候…|正在生成图片…|图片生成成功！")
"""Whichever the page has come to when it is looked at."""


def test_chinese_by_the_browsers_language(open_page: OpenPage) -> None:
    page = open_page(locale="zh-CN")
    expect(page.get_by_role("heading", name="今天想画点什么？")).to_be_visible()
    ask(page, "黄昏的灯塔")
    expect(page.locator(".headline")).to_have_text(STATES)
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
        assert box["height"] >= 40
    page.tap(".look")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.tap("#lightbox-close")


def test_older_pictures_come_while_scrolling_up(page: Any, open_page: OpenPage) -> None:
    for number in range(22):
        body = {"text": f"demo:fail refused a boat {number}"}
        while not page.request.post(page.url + "api/requests", data=body).ok:
            page.wait_for_timeout(50)
    expect(page.locator(".turn[data-status=failed]")).to_have_count(22)
    page.reload()
    page.locator("body:not(.loading)").wait_for()
    assert page.locator(".turn").count() == 20
    page.evaluate("scrollTo(0, 0)")
    expect(page.locator(".turn")).to_have_count(22)
    assert page.locator(".said p").first.inner_text().endswith("refused a boat 0")
    assert page.evaluate("scrollY") > 100


def test_two_tabs_show_the_same(page: Any) -> None:
    other = page.context.new_page()
    other.goto(page.url)
    other.locator("body:not(.loading)").wait_for()
    draw(page, "a lighthouse")
    expect(other.locator(DONE)).to_have_count(1)
    page.bring_to_front()
    press(page.locator(".turn"), "delete")
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
