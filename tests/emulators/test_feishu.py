"""The Feishu emulator refuses what Feishu refuses: calls, limits, pictures and files."""

import json
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.emulators._feishu.raw import IM, Raw, button, card, png, words
from tests.emulators.process import Remote, Shared


@pytest.fixture(scope="session")
def shared(emulator_of: Shared) -> Remote:
    return emulator_of("feishu")


@pytest.fixture
async def remote(shared: Remote) -> Remote:
    await shared.forget()
    return shared


@pytest.fixture
async def raw(remote: Remote) -> AsyncIterator[Raw]:
    async with Raw(remote) as raw:
        yield raw


async def asked(remote: Remote, kind: str = "group", text: str = "<@bot> 画") -> tuple[str, str]:
    """A chat with Alice, and a message of hers."""
    await remote.ask("people", {"name": "Alice"})
    chat = (await remote.ask("chats", {"type": kind, "people": ["Alice"]}))["chat_id"]
    sent = await remote.ask("send", {"chat": chat, "from": "Alice", "text": text})
    return chat, sent["message_id"]


async def violations(remote: Remote) -> list[Any]:
    found: list[Any] = (await remote.ask("violations"))["violations"]
    return found


# Tokens, scopes, frequency


async def test_tokens_are_given_for_the_right_secret_only(raw: Raw) -> None:
    path = "/open-apis/auth/v3/tenant_access_token/internal"
    right = {"app_id": raw.app["app_id"], "app_secret": raw.app["secret"]}
    assert 0 < (await raw.call("POST", path, json=right))["expire"] <= 7200
    for change, code in (
        ({"app_secret": "wrong"}, 10014),
        ({"app_id": "cli_0000000000000000"}, 10003),
        ({"app_id": "short"}, 10003),
    ):
        assert (await raw.call("POST", path, json=right | change))["code"] == code
    assert (await raw.call("POST", path, json={"app_id": "x"}))["code"] == 10003


async def test_tokens_end_when_revoked_or_old(raw: Raw) -> None:
    path = "/open-apis/bot/v3/info"
    about = await raw.call("GET", path)
    assert about["bot"]["open_id"] == raw.app["open_id"]
    assert "X-Tt-Logid" in raw.headers
    await raw.remote.ask("tokens", {"revoke": True})
    answer = await raw.call("GET", path)
    assert (answer["status"], answer["code"]) == (400, 99991663)
    await raw.login()
    assert (await raw.call("GET", path))["code"] == 0
    await raw.remote.set(offset=7300)
    assert (await raw.call("GET", path))["code"] == 99991663
    assert await violations(raw.remote) == []
    raw.token = ""
    assert (await raw.call("GET", path))["code"] == 99991661
    raw.token = "x-1"
    assert (await raw.call("GET", path))["code"] == 99991671


async def test_a_missing_scope_is_named(raw: Raw) -> None:
    _, message = await asked(raw.remote)
    gone = ["im:message", "im:message:send_as_bot"]
    await raw.remote.ask("scopes", {"remove": gone})
    answer = await raw.reply(message, {"text": "x"})
    assert answer["code"] == 99991672
    subjects = [each["subject"] for each in answer["error"]["permission_violations"]]
    assert set(gone) <= set(subjects)
    scopes = (await raw.call("GET", "/open-apis/application/v6/scopes"))["data"]["scopes"]
    names = {each["scope_name"] for each in scopes if each["grant_status"] == 1}
    assert "im:resource" in names
    assert not names & set(gone)


async def test_calls_are_limited_by_frequency(raw: Raw) -> None:
    await raw.remote.set(limits={"api_per_second": 3})
    codes = [(await raw.call("GET", "/open-apis/bot/v3/info"))["code"] for _ in range(4)]
    assert codes == [0, 0, 0, 99991400]
    answer = await raw.call("GET", "/open-apis/bot/v3/info")
    assert answer["status"] == 429
    assert raw.headers["x-ogw-ratelimit-limit"] == "3"
    assert int(raw.headers["x-ogw-ratelimit-reset"]) >= 1
    await raw.remote.set(offset=2)
    assert (await raw.call("GET", "/open-apis/bot/v3/info"))["code"] == 0


async def test_calls_are_limited_by_the_minute(raw: Raw) -> None:
    await raw.remote.set(limits={"api_per_minute": 3})
    codes = [(await raw.call("GET", "/open-apis/bot/v3/info"))["code"] for _ in range(4)]
    assert codes == [0, 0, 0, 99991400]
    await raw.remote.set(offset=61)
    assert (await raw.call("GET", "/open-apis/bot/v3/info"))["code"] == 0


async def test_a_chat_takes_five_messages_a_second_of_all_bots(raw: Raw) -> None:
    _, message = await asked(raw.remote)
    codes = [(await raw.reply(message, {"text": "x"}))["code"] for _ in range(6)]
    assert codes == [0] * 5 + [230020]
    await raw.remote.set(offset=1.5)
    assert (await raw.reply(message, {"text": "x"}))["code"] == 0
    await raw.remote.set(limits={"chat_per_second": 100})
    codes = [(await raw.reply(message, {"text": "x"}))["code"] for _ in range(10)]
    assert codes == [0] * 10


async def test_the_limit_of_a_chat_is_shared_by_bots(raw: Raw) -> None:
    other = {"app_id": "cli_00000000000000aa", "secret": "another", "name": "other"}
    await raw.remote.ask("apps", other)
    await raw.remote.ask("people", {"name": "Alice"})
    made = {"people": ["Alice"], "bots": ["banana", "other"]}
    chat = (await raw.remote.ask("chats", made))["chat_id"]
    sent = await raw.remote.ask("send", {"chat": chat, "from": "Alice", "text": "x"})
    async with Raw(raw.remote) as second:
        second.app = {**other, "open_id": ""}
        second.token = ""
        await second.login()
        answers = [
            await each.reply(sent["message_id"], {"text": "x"}) for each in [raw, second] * 3
        ]
    assert [each["code"] for each in answers] == [0] * 5 + [230020]


async def test_the_official_schemas_refuse_what_they_do_not_know(raw: Raw) -> None:
    if not os.environ.get("LARK_SCHEMAS"):
        assert (await raw.remote.ask("violations"))["schema"] is False
        pytest.skip("LARK_SCHEMAS does not say where the official schemas are")
    chat, _ = await asked(raw.remote)
    body = {"receive_id": chat, "msg_type": "text", "content": '{"text":"x"}'}
    path = f"{IM}/messages?receive_id_type=chat_id"
    assert (await raw.call("POST", path, json=body))["code"] == 0
    answer = await raw.call("POST", path, json=body | {"extra": 1})
    assert answer["code"] == 99992402
    assert answer["error"]["field_violations"]
    assert (await raw.call("POST", f"{IM}/messages", json=body))["code"] == 99992402
    assert len(await violations(raw.remote)) == 2


# Messages


async def test_a_uuid_sends_once_an_hour(raw: Raw) -> None:
    chat, message = await asked(raw.remote)
    first = await raw.reply(message, {"text": "x"}, uuid="job-1")
    again = await raw.reply(message, {"text": "x"}, uuid="job-1")
    other = await raw.reply(message, {"text": "x"}, uuid="job-2")
    assert first["data"]["message_id"] == again["data"]["message_id"]
    assert other["data"]["message_id"] != first["data"]["message_id"]
    await raw.remote.set(offset=3601)
    later = await raw.reply(message, {"text": "x"}, uuid="job-1")
    assert later["data"]["message_id"] != first["data"]["message_id"]
    assert len(await raw.remote.ask(f"messages?chat={chat}&bot=1")) == 3
    assert (await raw.reply(message, {"text": "x"}, uuid="x" * 51))["code"] == 99992402


async def test_replies_stay_in_their_topic(raw: Raw) -> None:
    _, message = await asked(raw.remote, "topic")
    sent = (await raw.reply(message, {"text": "x"}))["data"]
    assert sent["thread_id"].startswith("omt_")
    assert (sent["root_id"], sent["parent_id"]) == (message, message)
    _, message = await asked(raw.remote)
    assert "thread_id" not in (await raw.reply(message, {"text": "x"}))["data"]
    threaded = (await raw.reply(message, {"text": "x"}, reply_in_thread=True))["data"]
    assert threaded["thread_id"].startswith("omt_")


async def test_what_is_gone_cannot_be_answered(raw: Raw) -> None:
    chat, message = await asked(raw.remote)
    await raw.remote.ask("act", {"do": "recall", "message": message})
    assert (await raw.reply(message, {"text": "x"}))["code"] == 230011
    _, message = await asked(raw.remote)
    shown = (await raw.remote.ask("messages"))[-1]
    await raw.remote.ask("act", {"do": "remove_bot", "chat": shown["chat_id"]})
    assert (await raw.reply(message, {"text": "x"}))["code"] == 230002
    about = (await raw.call("GET", f"{IM}/chats/{shown['chat_id']}/members/is_in_chat"))["data"]
    assert about == {"is_in_chat": False}
    await raw.remote.ask("act", {"do": "disband", "chat": chat})
    body = {"receive_id": chat, "msg_type": "text", "content": '{"text":"x"}'}
    answer = await raw.call("POST", f"{IM}/messages?receive_id_type=chat_id", json=body)
    assert answer["code"] == 232009
    assert await violations(raw.remote) == []


async def test_messages_have_a_size(raw: Raw) -> None:
    _, message = await asked(raw.remote)
    whole = {"text": "x" * (150 * 1024 - 12)}
    assert (await raw.reply(message, whole))["code"] == 0
    assert (await raw.reply(message, {"text": "x" * (150 * 1024)}))["code"] == 230025
    assert (await raw.reply(message, card(words("字" * 9000)), "interactive"))["code"] == 0
    escaped = json.dumps(card(words("字" * 9000)))
    assert (await raw.reply(message, escaped, "interactive"))["code"] == 230025


async def test_only_cards_are_patched_and_only_texts_are_edited(raw: Raw) -> None:
    chat, message = await asked(raw.remote)
    text = (await raw.reply(message, {"text": "x"}))["data"]["message_id"]
    shown = (await raw.reply(message, card(words("1")), "interactive"))["data"]["message_id"]
    assert (await raw.patch(shown, card(words("2"))))["code"] == 0
    assert (await raw.patch(text, card(words("2"))))["code"] == 230001
    lonely = card(words("3"))
    del lonely["config"]["update_multi"]
    assert (await raw.patch(shown, lonely))["code"] == 230001
    edit = {"msg_type": "text", "content": '{"text":"y"}'}
    assert (await raw.call("PUT", f"{IM}/messages/{text}", json=edit))["code"] == 0
    assert (await raw.call("PUT", f"{IM}/messages/{shown}", json=edit))["code"] == 230054
    assert (await raw.patch(message, card(words("2"))))["code"] == 230027
    of_bot = await raw.remote.ask(f"messages?chat={chat}&bot=1")
    assert [each["edits"] for each in of_bot] == [1, 1]
    assert of_bot[1]["history"][0]["content"] == card(words("1"))


async def test_a_message_is_updated_five_times_a_second_for_two_weeks(raw: Raw) -> None:
    _, message = await asked(raw.remote)
    shown = (await raw.reply(message, card(words("1")), "interactive"))["data"]["message_id"]
    codes = [(await raw.patch(shown, card(words("2"))))["code"] for _ in range(6)]
    assert codes == [0] * 5 + [230020]
    await raw.remote.set(offset=13.9 * 86400, limits={"token_seconds": 10**7})
    await raw.login()
    assert (await raw.patch(shown, card(words("3"))))["code"] == 0
    await raw.remote.set(offset=14.1 * 86400)
    assert (await raw.patch(shown, card(words("4"))))["code"] == 230031


async def test_a_message_is_recalled_by_who_sent_it(raw: Raw) -> None:
    _, message = await asked(raw.remote)
    sent = (await raw.reply(message, {"text": "x"}))["data"]["message_id"]
    assert (await raw.call("DELETE", f"{IM}/messages/{message}"))["code"] == 230026
    await raw.remote.set(offset=86500, limits={"token_seconds": 10**6})
    await raw.login()
    assert (await raw.call("DELETE", f"{IM}/messages/{sent}"))["code"] == 230009
    await raw.remote.set(offset=86300)
    assert (await raw.call("DELETE", f"{IM}/messages/{sent}"))["code"] == 0
    assert (await raw.patch(sent, card()))["code"] == 230011
    read = (await raw.call("GET", f"{IM}/messages/{sent}"))["data"]["items"][0]
    assert read["deleted"] is True


async def test_a_quoted_picture_is_found_and_loaded(raw: Raw) -> None:
    chat, _ = await asked(raw.remote)
    post = {"content": [[{"tag": "img", "image": {"width": 30, "height": 20}}]]}
    drawn = await raw.remote.ask("send", {"chat": chat, "from": "Alice", "post": post})
    text = {"chat": chat, "from": "Alice", "text": "<@bot> 改", "reply_to": drawn["message_id"]}
    sent = await raw.remote.ask("send", text)
    [event] = await raw.remote.ask(f"events?event_id={sent['event_id']}")
    parent = event["payload"]["event"]["message"]["parent_id"]
    read = (await raw.call("GET", f"{IM}/messages/{parent}"))["data"]["items"][0]
    node = json.loads(read["body"]["content"])["content"][0][0]
    path = f"{IM}/messages/{parent}/resources/{node['image_key']}"
    loaded = await raw.call("GET", f"{path}?type=image")
    assert loaded["bytes"].startswith(b"\x89PNG")
    assert (await raw.call("GET", f"{path}?type=file"))["code"] == 234003
    assert (await raw.call("GET", path))["code"] == 234001
    shown = (await raw.reply(parent, card(words("1")), "interactive"))["data"]["message_id"]
    path = f"{IM}/messages/{shown}/resources/{node['image_key']}?type=image"
    assert (await raw.call("GET", path))["code"] == 234043


async def test_reactions_come_and_go(raw: Raw) -> None:
    _, message = await asked(raw.remote)
    base = f"{IM}/messages/{message}/reactions"
    made = await raw.call("POST", base, json={"reaction_type": {"emoji_type": "DONE"}})
    gone = await raw.call("DELETE", f"{base}/{made['data']['reaction_id']}")
    assert gone["code"] == 0
    wrong = {"reaction_type": {"emoji_type": "NOPE"}}
    assert (await raw.call("POST", base, json=wrong))["code"] == 231001


# Pictures and files


async def test_pictures_have_formats_and_sizes(raw: Raw) -> None:
    assert (await raw.upload(png()))["code"] == 0
    assert (await raw.upload(png(kind="JPEG")))["code"] == 0
    assert (await raw.upload(b""))["code"] == 234010
    assert (await raw.upload(b"no picture at all"))["code"] == 234011
    assert (await raw.upload(png() + bytes(10 * 2**20)))["code"] == 234006
    assert (await raw.upload(png(12001, 8)))["code"] == 234039
    assert (await raw.upload(png(2001, 8, "GIF")))["code"] == 234039
    assert (await raw.upload(png(2000, 8, "GIF")))["code"] == 0
    assert (await raw.upload(png(), image_type="sticker"))["code"] == 234001
    assert len(await violations(raw.remote)) == 6


async def test_files_have_types_and_sizes(raw: Raw) -> None:
    made = await raw.upload_file(b"x" * 100)
    assert made["code"] == 0
    assert (await raw.upload_file(bytes(30 * 2**20 + 1)))["code"] == 234006
    assert (await raw.upload_file(b""))["code"] == 234010
    assert (await raw.upload_file(b"x", "png"))["code"] == 234001
    chat, message = await asked(raw.remote)
    sent = await raw.reply(message, {"file_key": made["data"]["file_key"]}, "file")
    assert sent["code"] == 0
    [shown] = await raw.remote.ask(f"messages?chat={chat}&bot=1")
    assert [each["name"] for each in shown["files"].values()] == ["原图.png"]


async def test_downloads_and_edits_end_somewhere(raw: Raw) -> None:
    chat, message = await asked(raw.remote)
    file = {"name": "big.bin", "size": 1000}
    sent = await raw.remote.ask("send", {"chat": chat, "from": "Alice", "file": file})
    [key] = (await raw.remote.ask(f"messages?chat={chat}"))[-1]["files"]
    path = f"{IM}/messages/{sent['message_id']}/resources/{key}?type=file"
    assert (await raw.call("GET", path))["bytes"] == bytes(1000)
    await raw.remote.set(limits={"download_bytes": 999, "edits": 2})
    assert (await raw.call("GET", path))["code"] == 234037
    text = (await raw.reply(message, {"text": "x"}))["data"]["message_id"]
    edit = {"msg_type": "text", "content": '{"text":"y"}'}
    edits = [await raw.call("PUT", f"{IM}/messages/{text}", json=edit) for _ in range(3)]
    assert [each["code"] for each in edits] == [0, 0, 230072]
    assert await violations(raw.remote) == []


async def test_a_bot_shows_its_own_pictures_only(raw: Raw) -> None:
    _, message = await asked(raw.remote)
    theirs = (await raw.remote.ask("images", {"width": 8, "height": 8}))["image_key"]
    assert (await raw.reply(message, {"image_key": theirs}, "image"))["code"] == 230017
    alt = {"tag": "plain_text", "content": ""}
    shown = card({"tag": "img", "img_key": theirs, "alt": alt})
    answer = await raw.reply(message, shown, "interactive")
    assert answer["code"] == 230099
    assert "ErrCode: 200570" in answer["msg"]
    own = (await raw.upload(png()))["data"]["image_key"]
    shown = card({"tag": "img", "img_key": own, "alt": alt}, button("再来一张"))
    assert (await raw.reply(message, shown, "interactive"))["code"] == 0


async def test_faults_and_unknown_calls(raw: Raw) -> None:
    fault = {"path": "bot/v3/info", "status": 502, "body": "<html>bad gateway</html>"}
    await raw.remote.fault(fault)
    assert (await raw.call("GET", "/open-apis/bot/v3/info"))["status"] == 502
    assert (await raw.call("GET", "/open-apis/bot/v3/info"))["code"] == 0
    assert (await raw.call("GET", "/open-apis/bot/v9/info"))["status"] == 404
    assert len(await violations(raw.remote)) == 1
