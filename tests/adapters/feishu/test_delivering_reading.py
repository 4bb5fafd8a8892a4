"""Taking the pictures that people point at from the platform."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.feishu.messages.content import ReceivedContent
from bot.domain.failures import Failure, Reason
from bot.domain.requests import Attachment
from bot.settings import Settings
from tests.adapters.feishu.scene import Scene, scene
from tests.emulators.process import Remote
from tests.support.scripted import Scripted, png


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
    data = await here.delivery.read(attachment(message, made["image_key"]))
    assert isinstance(data, bytes)
    assert len(data) == made["bytes"]
    file = await here.remote.ask("files", {"name": "photo.PNG", "size": 1_000})
    message = await sent(here, file=file["file_key"])
    data = await here.delivery.read(attachment(message, file["file_key"], "file"))
    assert isinstance(data, bytes)
    assert len(data) == 1_000


async def test_what_is_too_large_is_not_read_to_its_end(here: Scene) -> None:
    file = await here.remote.ask("files", {"name": "photo.png", "size": 21 * 2**20})
    message = await sent(here, file=file["file_key"])
    failure = await here.delivery.read(attachment(message, file["file_key"], "file"))
    assert isinstance(failure, Failure)
    assert failure.reason is Reason.REFERENCE_TOO_LARGE
    assert failure.facts["limit_mb"] == 20


async def test_the_pictures_of_a_quoted_message(here: Scene) -> None:
    one = await here.remote.ask("images", {"width": 30, "height": 20})
    two = await here.remote.ask("images", {"width": 20, "height": 30})
    data = base64.b64encode(png()).decode()
    file = await here.remote.ask("files", {"name": "photo", "base64": data})
    other = await here.remote.ask("files", {"name": "photo.png", "size": 99})
    keys = (one["image_key"], two["image_key"])
    marked = [[{"tag": "md", "text": f"**look** ![image]({keys[1]})"}]]
    found = {}
    for name, content in {
        "image": {"image": keys[0]},
        "post": {"post": post(*keys)},
        "md": {"post": {"title": "", "content": marked}},
        "file": {"file": file["file_key"]},
        "document": {"file": other["file_key"]},
        "text": {"text": "no picture"},
        "place": {"raw": {"msg_type": "location", "content": {"name": "Shanghai"}}},
    }.items():
        message = await sent(here, **content)
        contents = await here.delivery.contents(message)
        read = await here.delivery.read(attachment(message, kind="parent"))
        assert isinstance(contents, ReceivedContent)
        if contents.attachments:
            found[name] = [(one.data or {})["key"] for one in contents.attachments]
            assert isinstance(read, bytes)
        else:
            assert isinstance(read, Failure)
            found[name] = [read.reason.value, *contents.unusable]
    assert found == {
        "image": [keys[0]],
        "post": list(keys),
        "md": [keys[1]],
        "file": [file["file_key"]],
        "document": ["attachment_unusable", "file"],
        "text": ["reference_missing"],
        "place": ["attachment_unusable", "message"],
    }


@pytest.mark.parametrize("handed_out", [False, True])
async def test_pictures_in_records_and_in_cards_of_other_bots(
    here: Scene, handed_out: bool
) -> None:
    """Feishu's page says that they are not handed out; where they are, they are used."""
    await here.remote.set(open_resources=handed_out)
    made = await here.remote.ask("images", {"width": 30, "height": 20})
    key = made["image_key"]
    elements = [{"tag": "img", "img_key": key}, {"tag": "markdown", "content": "built"}]
    raw = {"msg_type": "interactive", "content": {"elements": elements}}
    card = await sent(here, **{"from": "", "from_bot": "cli_other", "raw": raw})
    inside = [{"from": "Alice", "text": "look"}, {"from": "Alice", "image": key}]
    record = await sent(here, record=inside)
    for message, kind in ((card, "message"), (record, "record")):
        contents = await here.delivery.contents(message)
        assert isinstance(contents, ReceivedContent)
        (picture,) = contents.attachments
        read = await here.delivery.read(picture)
        if handed_out:
            assert isinstance(read, bytes)
        else:
            assert isinstance(read, Failure)
            assert read.reason is Reason.ATTACHMENT_UNUSABLE
            assert read.facts == {"unusable": [kind]}
    assert contents.text == "look"
    assert (await here.remote.ask("violations"))["violations"] == []


async def test_a_card_of_ours_has_no_pictures_to_read(here: Scene) -> None:
    job = await here.done(await here.ask())
    assert await here.delivery.contents(job.address.message) == ReceivedContent()


async def test_a_card_without_a_picture(here: Scene) -> None:
    raw = {"msg_type": "interactive", "content": {"schema": "2.0", "body": {"elements": []}}}
    card = await sent(here, **{"from": "", "from_bot": "cli_other", "raw": raw})
    assert await here.delivery.contents(card) == ReceivedContent(unusable=("card",))


async def test_a_withdrawn_message_has_no_pictures(here: Scene) -> None:
    made = await here.remote.ask("images", {"width": 30, "height": 20})
    message = await sent(here, image=made["image_key"])
    await here.remote.ask("act", {"do": "recall", "message": message})
    parent = await here.delivery.contents(message)
    assert isinstance(parent, Failure)
    assert parent.reason is Reason.REFERENCE_MISSING
    failure = await here.delivery.read(attachment(message, made["image_key"]))
    assert isinstance(failure, Failure)
    assert failure.reason is Reason.REFERENCE_MISSING


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (234003, Reason.REFERENCE_MISSING),
        (234043, Reason.REFERENCE_MISSING),
        (230002, Reason.REFERENCE_MISSING),
        (99991672, Reason.MISSING_PERMISSION),
        (230999, Reason.ATTACHMENT_UNUSABLE),
    ],
)
async def test_refusals_are_failures(here: Scene, code: int, reason: Reason) -> None:
    body = {"code": code, "msg": "One of the following scopes is required: [im:message]."}
    await here.remote.fault({"path": "/im/", "status": 400, "body": body, "times": 2})
    for found in (
        await here.delivery.read(attachment("om_x", "img_x")),
        await here.delivery.contents("om_x"),
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
    assert await here.delivery.contents("om_x") == ReceivedContent()
