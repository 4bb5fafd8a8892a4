"""The Feishu emulator checks cards strictly, and lets people use them."""

import asyncio
import base64
import copy
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from tests.emulators._feishu.cards import CardError, check_card
from tests.emulators._feishu.raw import Line, Raw, button, card, words
from tests.emulators.process import Remote, Shared

PLAIN = {"tag": "plain_text", "content": "x"}
FORM = {
    "tag": "form",
    "name": "edit",
    "elements": [
        {"tag": "input", "name": "prompt", "max_length": 10, "required": True},
        {
            "tag": "select_static",
            "name": "ratio",
            "options": [{"text": PLAIN, "value": "1:1"}, {"text": PLAIN, "value": "16:9"}],
            "initial_option": "1:1",
        },
        button("编辑", name="submit", form_action_type="submit"),
    ],
}
SELECT = {
    "tag": "select_static",
    "element_id": "models",
    "placeholder": PLAIN,
    "options": [{"text": PLAIN, "value": "pro"}, {"text": PLAIN, "value": "flash"}],
    "behaviors": [{"type": "callback", "value": {"do": "model"}}],
}
MENU = {
    "tag": "overflow",
    "options": [{"text": PLAIN, "value": "delete"}],
    "behaviors": [{"type": "callback", "value": {"do": "menu"}}],
}
COLUMNS = {
    "tag": "column_set",
    "flex_mode": "flow",
    "columns": [
        {"tag": "column", "width": "auto", "elements": [button("再来一张")]},
        {"tag": "column", "width": "weighted", "weight": 1, "elements": [SELECT, MENU]},
    ],
}
PANEL = {
    "tag": "collapsible_panel",
    "header": {"title": {"tag": "markdown", "content": "详情"}, "icon_position": "right"},
    "border": {"color": "grey", "corner_radius": "5px"},
    "elements": [words("seed 1")],
}
IMAGES = {
    "tag": "img_combination",
    "combination_mode": "double",
    "img_list": [{"img_key": "img_1"}, {"img_key": "img_1"}],
}
IMAGE = {"tag": "img", "img_key": "img_1", "alt": PLAIN, "margin": "4px -12px"}
WHOLE = card(words("hi"), {"tag": "hr"}, IMAGE, IMAGES, COLUMNS, PANEL, FORM)
WHOLE["header"] = {
    "title": PLAIN,
    "template": "blue",
    "text_tag_list": [{"tag": "text_tag", "text": PLAIN, "color": "green"}],
}
Change = Callable[[dict[str, Any]], Any]


def element(number: int, **change: Any) -> Change:
    return lambda card: card["body"]["elements"][number].update(change)


def inside(number: int, which: int, **change: Any) -> Change:
    return lambda card: card["body"]["elements"][number]["elements"][which].update(change)


def more(*elements: Any) -> Change:
    return lambda card: card["body"]["elements"].extend(elements)


def root(**change: Any) -> Change:
    return lambda card: card.update(change)


def test_a_card_with_everything_is_taken() -> None:
    check_card(WHOLE, lambda key: key == "img_1")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (root(schema="1.0"), "schema"),
        (root(elements=[]), "unknown property, property: elements"),
        (root(config={"wide_screen_mode": True}), "wide_screen_mode"),
        (root(config={"update_multi": False}), "update_multi"),
        (root(header={"tag": "header", "title": PLAIN}), "property: tag"),
        (root(header={"title": PLAIN, "template": "pink"}), "template"),
        (element(0, text_size="huge"), "text_size"),
        (element(0, element_id="1st"), "element_id"),
        (element(0, element_id="a" * 21), "element_id"),
        (element(1, color="red"), "property: color"),
        (element(2, img_key="img_2"), "invalid image keys"),
        (element(2, size="stretch_without_padding"), "size"),
        (lambda card: card["body"]["elements"][2].pop("alt"), "alt is required"),
        (element(3, combination_mode="quad"), "combination_mode"),
        (element(3, img_list=[]), "img_list"),
        (element(4, corner_radius="5px"), "property: corner_radius"),
        (element(4, columns=[words("x")]), "unsupported tag markdown"),
        (element(5, border={"type": "default"}), "property: type"),
        (element(5, elements=[FORM]), "root of the card"),
        (element(6, elements=[words("x")]), "needs a button"),
        (inside(6, 0, name=""), "name"),
        (inside(6, 0, name="ratio"), "name ratio is repeated"),
        (inside(6, 0, max_length=1001), "max_length"),
        (inside(6, 1, initial_option="9:1"), "initial_option"),
        (inside(6, 2, form_action_type="send"), "form_action_type"),
        (element(0, content="![x](img_2)"), "invalid image keys"),
        (element(0, content="<at id=ou_nobody></at>"), "invalid user resource"),
        (element(0, content="| a | b |\n|---|---|\n| 1 | 2 |\n\n" * 6), "table number"),
        (more({"tag": "person", "user_id": "ou_nobody"}), "invalid user resource"),
        (more({"tag": "action", "actions": []}), "unsupported tag action"),
        (more({"tag": "note", "elements": []}), "unsupported tag note"),
        (more(button("x", form_action_type="submit")), "form_action_type is for"),
        (more(button("x", value={"a": 1})), "property: value"),
        (more(button("x", type="blue")), "type"),
        (more(button("x", behaviors=[{"type": "callback", "value": "x"}])), "must be an object"),
        (more(button("x" * 101)), "longer than 100"),
        (more({"tag": "multi_select_static", "options": []}), "must be in a form"),
        (more({"tag": "input", "required": True}), "required is for"),
        (more(*[{"tag": "hr"}] * 200), "element exceeds the limit"),
        (more({"tag": "hr", "element_id": "a"}, {"tag": "hr", "element_id": "a"}), "repeated"),
    ],
)
def test_a_card_with_a_mistake_is_refused(change: Change, said: str) -> None:
    broken = copy.deepcopy(WHOLE)
    change(broken)
    with pytest.raises(CardError) as error:
        check_card(broken, lambda key: key == "img_1", users=lambda user: user == "ou_1")
    assert said in error.value.detail


ODD: list[Any] = [None, 1, -1, 1.5, True, "", "x", [], {}, [1], [[]], [{}], {"tag": []}]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where anything is in a card."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in inner:
        yield (*path, key)
        if isinstance(each, dict | list):
            yield from places(each, (*path, key))


def test_nothing_in_the_place_of_anything_breaks_the_checker() -> None:
    taken = refused = 0
    for path in places(WHOLE):
        for value in ODD:
            broken = copy.deepcopy(WHOLE)
            inner: Any = broken
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = value
            try:
                check_card(broken, lambda key: key == "img_1")
                taken += 1
            except CardError:
                refused += 1
    assert refused > taken > 0


# Using cards


@pytest.fixture(scope="session")
def shared(emulator_of: Shared) -> Remote:
    return emulator_of("feishu")


@pytest.fixture
async def raw(shared: Remote) -> AsyncIterator[Raw]:
    await shared.forget()
    async with Raw(shared) as raw:
        await shared.ask("people", {"name": "Alice"})
        yield raw


async def shown(raw: Raw, made: dict[str, Any]) -> str:
    chat = (await raw.remote.ask("chats", {"people": ["Alice"]}))["chat_id"]
    given = {"chat": chat, "from": "Alice", "text": "<@bot>", "deliver": False}
    message = (await raw.remote.ask("send", given))["message_id"]
    sent = await raw.reply(message, made, "interactive")
    assert sent["code"] == 0, sent
    return str(sent["data"]["message_id"])


def answered(line: Line, answer: Any) -> asyncio.Task[Any]:
    """Take one callback and answer it; the task gives its payload."""

    async def act() -> Any:
        frame, payload = await line.event()
        data = base64.b64encode(json.dumps(answer).encode()).decode()
        await line.ack(frame, {"code": 200, "data": data})
        return payload

    return asyncio.ensure_future(act())


async def test_components_report_what_people_do(raw: Raw) -> None:
    made = card(COLUMNS, FORM)
    message = await shown(raw, made)
    line = await raw.connect()
    click = {"message": message, "by": "Alice"}
    for use, action in (
        ({"text": "再来一张"}, {"tag": "button", "value": {"do": "再来一张"}}),
        (
            {"element_id": "models", "option": "pro"},
            {"tag": "select_static", "value": {"do": "model"}, "option": "pro"},
        ),
        (
            {"tag": "overflow", "option": "delete"},
            {"tag": "overflow", "value": {"do": "menu"}, "option": "delete"},
        ),
        (
            {"name": "submit", "form": {"prompt": "蓝色"}},
            {
                "tag": "button",
                "value": {"do": "编辑"},
                "name": "submit",
                "form_value": {"prompt": "蓝色", "ratio": "1:1"},
            },
        ),
    ):
        taking = answered(line, {"toast": {"type": "info", "content": "好"}})
        result = await raw.remote.ask("click", click | use)
        payload = await taking
        assert payload["event"]["action"] == action
        assert payload["event"]["context"]["open_message_id"] == message
        assert (result["error"], result["seen"]) == (None, "好")
    for wrong in (
        {"text": "不存在"},
        {"element_id": "models", "option": "ultra"},
        {"name": "submit"},
        {"name": "submit", "form": {"prompt": "x" * 11}},
        {"name": "submit", "form": {"prompt": "x", "unknown": "x"}},
    ):
        with pytest.raises(AssertionError):
            await raw.remote.ask("click", click | wrong)
    assert (await raw.remote.ask("violations"))["violations"] == []
    await line.close()


async def test_answers_are_applied_or_refused(raw: Raw) -> None:
    message = await shown(raw, card(button("go")))
    line = await raw.connect()
    click = {"message": message, "by": "Alice", "text": "go"}
    new = {"card": {"type": "raw", "data": card(button("go"), words("2"))}}
    taking = answered(line, new)
    assert (await raw.remote.ask("click", click))["card"] is True
    await taking
    [seen] = await raw.remote.ask("messages?bot=1")
    assert seen["content"] == new["card"]["data"]
    for answer, error in (
        ({"card": {"type": "raw", "data": {"schema": "2.0", "elements": []}}}, 200673),
        ({"toast": {"type": "loud", "content": "x"}}, 200672),
        ({"message": "x"}, 200672),
    ):
        taking = answered(line, answer)
        assert (await raw.remote.ask("click", click))["error"] == error
        await taking
    assert len((await raw.remote.ask("violations"))["violations"]) == 3
    await raw.remote.set(limits={"callback_seconds": 0.2})
    assert (await raw.remote.ask("click", click))["error"] == 200341
    await line.event()
    await raw.remote.ask("events", {"callback": False})
    assert (await raw.remote.ask("click", click))["error"] == 200340
    await line.close()


async def test_a_card_is_updated_later_twice_within_half_an_hour(raw: Raw) -> None:
    message = await shown(raw, card(button("go")))
    line = await raw.connect()
    taking = answered(line, {})
    click = {"message": message, "by": "Alice", "text": "go"}
    token = (await raw.remote.ask("click", click))["token"]
    await taking
    path = "/open-apis/interactive/v1/card/update"
    body = {"token": token, "card": card(words("later"))}
    await raw.remote.set(offset=1801)
    assert (await raw.call("POST", path, json=body))["code"] == 300030
    wrong = body | {"token": "x"}
    assert (await raw.call("POST", path, json=wrong))["code"] == 300020
    await raw.remote.set(offset=0)
    codes = [(await raw.call("POST", path, json=body))["code"] for _ in range(3)]
    assert codes == [0, 0, 300040]
    [seen] = await raw.remote.ask("messages?bot=1")
    assert seen["content"] == card(words("later"))
    await line.close()


# Card entities


async def test_entities_are_sent_once_and_change_in_order(raw: Raw) -> None:
    base = "/open-apis/cardkit/v1/cards"
    streamed = card({**words(""), "element_id": "text"}, streaming_mode=True)
    body = {"type": "card_json", "data": json.dumps(streamed)}
    made = (await raw.call("POST", base, json=body))["data"]["card_id"]
    message = await shown(raw, {"type": "card", "data": {"card_id": made}})
    again = {"type": "card", "data": {"card_id": made}}
    answer = await raw.reply(message, again, "interactive")
    assert (answer["code"], "cardid is invalid" in answer["msg"]) == (230099, True)

    async def put(path: str, method: str = "PUT", **fields: Any) -> Any:
        return (await raw.call(method, f"{base}/{made}{path}", json=fields))["code"]

    text = "/elements/text/content"
    assert await put(text, content="画", sequence=1) == 0
    assert await put(text, content="画了", sequence=1) == 300317
    assert await put(text, content="画了", sequence=5) == 0
    assert await put("/elements/none/content", content="x", sequence=6) == 300313
    new = json.dumps([{**words("more"), "element_id": "more"}])
    assert await put("/elements", "POST", type="append", elements=new, sequence=7) == 0
    wrong = json.dumps([{"tag": "markdown", "content": "x", "colour": "red"}])
    assert await put("/elements", "POST", type="append", elements=wrong, sequence=8) == 300315
    assert await put("/elements/more", "DELETE", sequence=9) == 0
    await raw.remote.set(offset=2)
    off = json.dumps({"config": {"streaming_mode": False}})
    assert await put("/settings", "PATCH", settings=off, sequence=10) == 0
    assert await put(text, content="x", sequence=11) == 300309
    [seen] = await raw.remote.ask("messages?bot=1")
    assert seen["content"]["body"]["elements"][0]["content"] == "画了"
    codes = [await put("/elements/none", "DELETE", sequence=12) for _ in range(9)]
    assert codes[-1] == 99991400
