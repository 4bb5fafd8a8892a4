"""Text as every database takes it, wherever in a request it stands."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as limited
from hypothesis import strategies as st

from bot.app import App
from bot.domain.actions import Action
from bot.domain.failures import Failure
from bot.domain.requests import Accepted, Address, Attachment, Incoming, Options
from bot.domain.storable import storable
from bot.settings import Settings
from messages import Notice
from tests.bot.engine.test_conversation import ask
from tests.support.scripted import Recorder, Scripted

ODD = "\0x\ud83d y\udcff\0"

TEXTS = st.text(st.characters() | st.sampled_from("\0\ud800\udfff"))


@given(TEXTS)
def test_a_text_can_be_encoded_and_keeps_all_else(text: str) -> None:
    found = storable(text)
    assert found.encode("utf-8")[:0] == b""
    assert "\0" not in found
    assert found == "".join(c for c in text if c != "\0" and not "\ud800" <= c <= "\udfff")


@given(
    st.recursive(
        TEXTS | st.none() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    )
)
@limited(max_examples=30)
def test_whatever_json_holds_stays_the_same_but_for_that(value: Any) -> None:
    found = storable(value)
    assert storable(found) == found
    assert "\0" not in repr(found).replace("\\x00", "\0")
    repr(found).encode()


def test_a_request_keeps_its_types() -> None:
    whole = Incoming(
        platform="test",
        event_id=ODD,
        requester="ada",
        conversation="room",
        address=Address("test", {ODD: [ODD, {"a": ODD}]}),
        text=ODD,
        action=Action.DRAW,
        options=Options(model=ODD, extra={"a": (ODD,)}),
        attachments=(Attachment(ODD, data={"key": ODD}),),
    )
    found = storable(whole)
    assert found.action is Action.DRAW
    assert found.text == found.event_id == "x y"
    assert found.attachments == (Attachment("x y", data={"key": "x y"}),)
    assert found.options.extra == {"a": ("x y",)}
    assert found.address.data == {"x y": ["x y", {"a": "x y"}]}


@pytest.fixture(params=["sqlite", "postgresql"])
async def app(request: pytest.FixtureRequest, settings: Settings, provider: Scripted) -> Any:
    if request.param == "postgresql":
        settings.database_url = request.getfixturevalue("postgres_url")
    app = App(settings)
    app.adapters = [Recorder()]
    await app.start()
    yield app
    await app.close()


async def test_no_field_of_a_request_breaks_a_database(app: App) -> None:
    """Whatever a platform delivers is answered, and never with an exception."""
    odd: dict[str, object] = {
        "attachments": (Attachment(ODD, url=f"https://127.0.0.1/{ODD}.png"),),
        "options": Options(model=ODD, size=ODD, aspect_ratio=ODD, extra={ODD: ODD}),
        "address": Address("test", {ODD: ODD}, ODD),
    }
    for field in fields(Incoming):
        if field.type is str or field.name in ("target", "replied_to"):
            odd.setdefault(field.name, ODD)
    for number, (name, value) in enumerate(odd.items()):
        for text in ("a lighthouse", "help", "always use pro", "delete"):
            event = f"{number} {text}"
            incoming = replace(ask(text, event), **{name: value})  # type: ignore[arg-type]
            answer = await app.engine.receive(incoming)
            assert isinstance(answer, Accepted | Notice | Failure), name
