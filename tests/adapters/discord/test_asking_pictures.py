"""Which pictures of a message count, and which job its buttons belong to."""

from typing import Any

from adapters.discord.custom_id import write
from adapters.discord.pictures import MOST, job_in, of_option, of_payload
from messages import Button


def _file(name: str, **more: Any) -> dict[str, Any]:
    return {"id": "1", "filename": name, "size": 7, "url": f"https://cdn/{name}", **more}


def test_only_pictures_count() -> None:
    message = {
        "id": "5",
        "attachments": [
            _file("a.png"),
            _file("b.txt"),
            _file("c", content_type="image/webp"),
            _file("d.png", content_type="text/plain"),
        ],
        "embeds": [
            {"type": "image", "url": "https://example.com/e.png"},
            {"type": "image", "url": "http://example.com/f.png"},
            {"type": "rich", "thumbnail": {"url": "https://example.com/g.png"}},
        ],
    }
    found = of_payload(message, "9")
    assert [each.name for each in found] == ["a.png", "c", ""]
    assert found[0].data == {
        **{"url": "https://cdn/a.png", "size": 7, "name": "a.png"},
        **{"channel": "9", "message": "5"},
    }
    assert found[2].url == "https://example.com/e.png"


def test_forwarded_pictures_count_and_there_is_a_limit() -> None:
    inner = {"attachments": [_file(f"{number}.png") for number in range(20)]}
    message = {"id": "5", "attachments": [], "message_snapshots": [{"message": inner}]}
    found = of_payload(message, "9")
    assert len(found) == MOST
    assert found[0].data is not None
    assert found[0].data["message"] is None


def test_a_given_file_is_taken_whatever_it_is() -> None:
    given = of_option(_file("notes.txt"), "9")
    assert given.data is not None
    assert given.data["name"] == "notes.txt"


def test_a_job_is_found_at_any_depth() -> None:
    button = {"type": 2, "custom_id": write(Button.AGAIN, "job_1")}
    assert job_in([{"type": 1, "components": [{"type": 2, "url": "https://x"}, button]}]) == "job_1"
    assert job_in([{"type": 9, "components": [], "accessory": button}]) == "job_1"
    assert job_in([{"type": 2, "custom_id": "somebody:else"}]) is None
