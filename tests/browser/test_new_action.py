"""A button that the page has never heard of does what the engine does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.new_action import with_new_action
from tests.support.program import Program


def test_a_button_it_does_not_know(
    open_page: Callable[..., Any], start: Callable[..., Program], tmp_path: Path
) -> None:
    changed = with_new_action(tmp_path / "changed")
    program = start(PYTHONPATH=str(changed), DEMO_SECONDS="0", DEFAULT_SIZE="512")
    page = open_page(program.url)
    page.locator("#prompt").fill("a lighthouse")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Sharpen").click()
    page.locator(".toast", has_text="Got it").wait_for()
