"""The log tells what happened, and nothing of what people said or sent."""

import asyncio
import io
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from PIL import Image

from bot.app import App
from bot.domain.actions import Action
from bot.domain.requests import Address, Attachment, Incoming
from bot.runtime import logs
from bot.settings import Settings
from tests.support.scripted import Recorder

PROMPT = "a hat of straw for Ermintrude"
PERSON = "person-4711"
TOKEN = "aW50ZXJhY3Rpb246"
PLACE = "N 52 31 12"
"""Where a photo was taken, as EXIF has it."""


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What is logged."""
    return lambda: capsys.readouterr().err


def configure(**changes: Any) -> None:
    logs.configure(Settings(log_level="debug", **changes))


def photo() -> bytes:
    """A JPEG, and a PNG's text, that tell where they were taken."""
    exif = Image.Exif()
    exif[0x010E] = PLACE
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "orange").save(file, "JPEG", exif=exif, comment=PLACE.encode())
    return file.getvalue()


def incoming(key: str) -> Incoming:
    return Incoming(
        platform="test",
        event_id=key,
        requester=PERSON,
        conversation="c",
        address=Address("test", {"token": TOKEN}),
        text=PROMPT,
        action=Action.DRAW,
        attachments=(Attachment(data={"key": "photo"}),),
    )


async def test_a_request_leaves_nothing_of_itself_even_while_debugging(
    start: Callable[[], Awaitable[tuple[App, Recorder]]], written: Callable[[], str]
) -> None:
    configure()
    app, recorder = await start()
    recorder.attachments["photo"] = photo()
    await app.engine.receive(incoming("one"))
    await recorder.until(lambda shown: shown and shown[-1].status.final)
    assert recorder.shown[-1].pictures
    with Image.open(io.BytesIO(photo())) as image:
        image.load()
        image.getexif()
    logging.getLogger("bot.test").debug("ours is written")
    text = written()
    assert "ours is written" in text
    for private in (PROMPT, PERSON, TOKEN, PLACE):
        assert private not in text


@pytest.mark.parametrize("table", ["jobs", "pictures", "workflow_status"])
async def test_a_failing_insert_leaves_nothing_of_its_row(
    start: Callable[[], Awaitable[tuple[App, Recorder]]],
    written: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    table: str,
) -> None:
    configure()
    app, recorder = await start()
    recorder.attachments["photo"] = photo()
    refuse = f"CREATE TRIGGER no BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'full'); END"
    with app.database.engine.begin() as connection:
        connection.execute(sa.text(refuse))
    text = ""
    try:
        await app.engine.receive(incoming("one"))
    except sa.exc.SQLAlchemyError:
        logging.getLogger("bot.test").exception("not received")
    async with asyncio.timeout(60):
        while "full" not in (text := text + written()):
            await asyncio.sleep(0.01)
    for private in (PROMPT, PERSON, TOKEN, PLACE):
        assert private not in text


@pytest.mark.parametrize("format", ["console", "json"])
def test_what_others_wrote_is_no_order_and_no_event_of_its_own(
    written: Callable[[], str], format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEB_PASSWORD", "hunter2")
    configure(log_format=format)
    log = structlog.get_logger("bot.test")
    evil = "\x1b]0;pwned\x07\x1b[2J\u202e hunter2\n2026-01-01 [info] all is well"
    log.warning("answered", detail=evil, nested={"a": [evil, ValueError(evil)]}, count=3)
    logging.getLogger("library").warning("%s", evil)
    try:
        raise ValueError(evil)
    except ValueError:
        log.exception("broke")
    text = written()
    for order in "\x1b\x07\u202e":
        assert order not in text
    assert "hunter2" not in text
    assert "Traceback" in text
    assert not [line for line in text.splitlines() if line.startswith("2026-01-01")]
    if format == "json":
        assert json.loads(text.splitlines()[0])["count"] == 3


def test_libraries_do_not_speak_of_details(written: Callable[[], str]) -> None:
    configure()
    for name in ("PIL.TiffImagePlugin", "PIL.PngImagePlugin", "urllib3", "Lark", "asyncio"):
        assert not logging.getLogger(name).isEnabledFor(logging.DEBUG)
    for name in logs.CHATTY:
        assert not logging.getLogger(name).isEnabledFor(logging.INFO)
    assert logging.getLogger("adapters.web").isEnabledFor(logging.DEBUG)
    logs.configure(Settings(log_level="error"))
    assert not logging.getLogger("bot.x").isEnabledFor(logging.WARNING)
