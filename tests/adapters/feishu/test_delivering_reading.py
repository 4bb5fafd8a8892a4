"""Taking the pictures that people point at from the platform."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.feishu.resources import Resources
from bot.failures import Failure, Reason
from bot.ports import Attachment
from bot.settings import Settings
from tests.adapters.feishu.scene import Scene, scene
from tests.emulators.process import Remote
from tests.scripted import Scripted


@pytest.fixture
async def here(platform: Remote, settings: Settings, provider: Scripted) -> AsyncIterator[Scene]:
    async with scene(platform, settings) as made:
        yield made


async def sent(here: Scene, **content: Any) -> str:
    body = {"chat": here.chat, "from": "Alice", "deliver": False, **content}
    made = await here.remote.ask("send", body)
    return str(made["message_id"])


def attachment(message: str, key: str = "", kind: str = "image") -> Attachment:
    return Attachment(data={"message": message, "key": key, "type": kind, "name": ""})


def post(*keys: str) -> dict[str, Any]:
    lines = [[{"tag": "text", "text": "look"}], *([{"tag": "img", "image": key}] for key in keys)]
    return {"title": "", "content": lines}


async def test_pictures_and_files_are_read(here: Scene) -> None:
    made = await here.remote.ask("images", {"width": 30, "height": 20, "format": "PNG"})
    message = await sent(here, image=made["image_key"])
    data = await here.desk.read(attachment(message, made["image_key"]))
    assert isinstance(data, bytes)
    assert len(data) == made["bytes"]
    file = await here.remote.ask("files", {"name": "photo.PNG", "size": 1_000})
    message = await sent(here, file=file["file_key"])
    data = await here.desk.read(attachment(message, file["file_key"], "file"))
    assert isinstance(data, bytes)
    assert len(data) == 1_000


async def test_what_is_too_large_is_not_read_to_its_end(here: Scene) -> None:
    file = await here.remote.ask("files", {"name": "photo.png", "size": 21 * 2**20})
    message = await sent(here, file=file["file_key"])
    failure = await here.desk.read(attachment(message, file["file_key"], "file"))
    assert isinstance(failure, Failure)
    assert failure.reason is Reason.REFERENCE_TOO_LARGE
    assert failure.facts["limit_mb"] == 20


async def test_the_pictures_of_a_quoted_message(here: Scene) -> None:
    one = await here.remote.ask("images", {"width": 30, "height": 20})
    two = await here.remote.ask("images", {"width": 20, "height": 30})
    file = await here.remote.ask("files", {"name": "photo.jpeg", "size": 99})
    other = await here.remote.ask("files", {"name": "notes.pdf", "size": 99})
    keys = (one["image_key"], two["image_key"])
    found = {}
    for name, content in {
        "image": {"image": keys[0]},
        "post": {"post": post(*keys)},
        "file": {"file": file["file_key"]},
        "document": {"file": other["file_key"]},
        "text": {"text": "no picture"},
    }.items():
        message = await sent(here, **content)
        parent = await here.desk.parent(message)
        read = await here.desk.read(attachment(message, kind="parent"))
        if isinstance(parent, tuple) and parent:
            found[name] = [(one.data or {})["key"] for one in parent]
            assert isinstance(read, bytes)
        else:
            assert isinstance(read, Failure)
            found[name] = [read.reason.value]
    assert found == {
        "image": [keys[0]],
        "post": list(keys),
        "file": [file["file_key"]],
        "document": ["reference_unusable"],
        "text": ["reference_missing"],
    }


async def test_a_card_has_no_pictures_to_read(here: Scene) -> None:
    job = await here.done(await here.ask())
    assert await here.desk.parent(job.address.message) == ()


async def test_a_withdrawn_message_has_no_pictures(here: Scene) -> None:
    made = await here.remote.ask("images", {"width": 30, "height": 20})
    message = await sent(here, image=made["image_key"])
    await here.remote.ask("act", {"do": "recall", "message": message})
    parent = await here.desk.parent(message)
    assert isinstance(parent, Failure)
    assert parent.reason is Reason.REFERENCE_MISSING
    failure = await here.desk.read(attachment(message, made["image_key"]))
    assert isinstance(failure, Failure)
    assert failure.reason is Reason.REFERENCE_MISSING


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (234003, Reason.REFERENCE_MISSING),
        (234043, Reason.REFERENCE_MISSING),
        (230002, Reason.REFERENCE_MISSING),
        (99991672, Reason.MISSING_PERMISSION),
        (230999, Reason.REFERENCE_UNREACHABLE),
    ],
)
async def test_refusals_are_failures(here: Scene, code: int, reason: Reason) -> None:
    body = {"code": code, "msg": "One of the following scopes is required: [im:message]."}
    await here.remote.fault({"path": "/im/", "status": 400, "body": body, "times": 2})
    for found in (
        await here.desk.read(attachment("om_x", "img_x")),
        await here.desk.parent("om_x"),
    ):
        assert isinstance(found, Failure)
        assert found.reason is reason
        if reason is Reason.MISSING_PERMISSION:
            assert found.facts == {"permission": "im:message"}


@pytest.mark.parametrize("content", ["", "nothing", "[]", '{"content": 1}', '{"zh_cn": {}}', "{}"])
async def test_what_cannot_be_understood_has_no_pictures(here: Scene, content: str) -> None:
    item = {"message_id": "om_x", "msg_type": "post", "body": {"content": content}}
    body = {"code": 0, "msg": "", "data": {"items": [item]}}
    await here.remote.fault({"path": "/im/", "status": 200, "body": body})
    assert await here.desk.parent("om_x") == ()
    assert isinstance(here.desk._resources, Resources)
