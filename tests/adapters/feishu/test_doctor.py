"""What the doctor says about an app that is set up, or is not."""

import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import stamina

from adapters.feishu import doctor
from adapters.feishu.settings import FeishuSettings
from bot.ports import Finding
from tests.adapters.feishu.configuration import configured
from tests.adapters.feishu.stage import APP_ID
from tests.emulators.process import Remote

Examine = Callable[..., Awaitable[list[Finding]]]
ROOT = Path(__file__).parents[3]


@pytest.fixture
async def examine(platform: Remote) -> Examine:
    await platform.forget()

    async def run(**more: Any) -> list[Finding]:
        given = configured(platform, **more)
        found = [finding async for finding in doctor.check(given)]
        assert (await platform.ask("violations"))["violations"] == []
        return found

    return run


def bad(found: list[Finding]) -> list[str]:
    return [f"{finding.text} -> {finding.hint}" for finding in found if not finding.good]


async def test_all_is_well(examine: Examine, platform: Remote) -> None:
    found = await examine()
    assert bad(found) == []
    texts = "\n".join(finding.text for finding in found)
    assert "takes the credentials; calls and the long connection go directly" in texts
    assert "“banana”" in texts
    assert "every scope that is needed is granted" in texts
    assert "the events are subscribed" in texts
    assert any("200340" in finding.hint and "200341" in finding.hint for finding in found)
    await platform.forget()


async def test_no_credentials(examine: Examine) -> None:
    (problem,) = bad(await examine(feishu_app_secret=""))
    assert "FEISHU_APP_SECRET" in problem


async def test_wrong_credentials(examine: Examine) -> None:
    (problem,) = bad(await examine(feishu_app_secret="not-this-one"))
    assert "refuses the credentials" in problem
    assert "not-this-one" not in problem


async def test_nobody_there() -> None:
    values = {"feishu_app_id": APP_ID, "feishu_app_secret": "x"}
    given = FeishuSettings(**values, feishu_domain="http://127.0.0.1:9")
    with stamina.set_testing(True, attempts=1):
        (problem,) = bad([finding async for finding in doctor.check(given)])
    assert "does not answer" in problem
    assert "FEISHU_DOMAIN" in problem


async def test_missing_scopes_are_named_with_what_needs_them(
    examine: Examine, platform: Remote
) -> None:
    await platform.ask(
        "scopes", {"remove": ["im:resource", "im:message.p2p_msg:readonly", "im:message.group_msg"]}
    )
    await platform.set(scopes_pending=["im:resource"])
    found = await examine()
    messages, resources = bad(found)
    assert "direct messages" in messages
    assert f"/app/{APP_ID}/auth" in messages
    assert "an administrator has to grant it" in resources
    optional = [one for one in found if "mention afterwards" in one.text]
    assert [one.good for one in optional] == [True]


async def test_what_is_not_subscribed(examine: Examine, platform: Remote) -> None:
    removed = {"remove": [doctor.MESSAGES, "application.bot.menu_v6"], "callback": False}
    await platform.ask("events", removed)
    await platform.ask("apps", {"app_id": APP_ID, "published": False})
    found = await examine()
    published, events, callbacks = bad(found)
    assert "publish" in published
    assert doctor.MESSAGES in events
    assert "200340" in callbacks
    assert any("application.bot.menu_v6" in one.text and one.good for one in found)


async def test_without_the_scope_it_says_what_cannot_be_checked(
    examine: Examine, platform: Remote
) -> None:
    await platform.ask("scopes", {"remove": ["application:application:self_manage"]})
    found = await examine()
    assert bad(found) == []
    (unknown,) = [one for one in found if one.text == "events and callbacks cannot be checked"]
    assert "application:application:self_manage" in unknown.hint


async def test_the_webhook_needs_an_address_and_a_key(examine: Examine) -> None:
    problems = bad(await examine(feishu_mode="webhook"))
    assert len(problems) == 4
    assert "WEB_PUBLIC_URL" in problems[0]
    assert "FEISHU_ENCRYPT_KEY" in problems[1]
    assert "delivered by websocket" in problems[2]


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/bot/", {"code": 11205, "msg": "app do not have bot"}, "no bot"),
        ("/bot/", {"code": 0, "bot": {"app_name": "b", "activate_status": 1}}, "not enabled"),
    ],
)
async def test_a_bot_that_does_not_work(
    examine: Examine, platform: Remote, path: str, body: dict[str, Any], said: str
) -> None:
    await platform.fault({"path": path, "status": 200, "body": body})
    (problem,) = bad(await examine())
    assert said in problem


async def test_answers_with_less_in_them(examine: Examine, platform: Remote) -> None:
    await platform.fault(
        {"path": "/scopes", "status": 400, "body": {"code": 1, "msg": "no"}},
        {
            "path": "/applications/me",
            "status": 200,
            "body": {"code": 0, "data": {"app": {"online_version_id": "oav_1"}}},
        },
    )
    found = await examine()
    assert bad(found) == []
    assert sum("cannot be checked" in one.text for one in found) == 3


def test_what_is_imported_covers_what_is_needed() -> None:
    for scope in doctor.SCOPES:
        imported = {*doctor.WANTED, *doctor.SENSITIVE}
        assert set(scope.names) & imported, scope.use
        assert scope.optional or set(scope.names) & set(doctor.WANTED), scope.use


@pytest.mark.parametrize("name", ["feishu.md", "feishu.zh-CN.md"])
def test_what_an_administrator_has_to_agree_to_is_imported_apart(name: str) -> None:
    text = (ROOT / "docs" / name).read_text("utf-8")
    imports = [json.loads(one) for one in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    scopes = [set(one["scopes"]["tenant"]) for one in imports]
    assert scopes == [set(doctor.WANTED), set(doctor.SENSITIVE)]


@pytest.mark.parametrize("name", ["feishu.md", "feishu.zh-CN.md"])
def test_the_guides_list_the_same(name: str) -> None:
    text = (ROOT / "docs" / name).read_text("utf-8")
    for wanted in (
        *doctor.WANTED,
        *doctor.SENSITIVE,
        *doctor.EVENTS,
        doctor.MESSAGES,
        doctor.CALLBACK,
    ):
        assert wanted in text


async def test_a_wrong_clock(examine: Examine, platform: Remote) -> None:
    await platform.set(offset=3 * 3600)
    (problem,) = bad(await examine())
    assert "seconds behind Feishu's" in problem
    assert "10800" in problem or "10799" in problem or "10801" in problem


async def test_what_the_greeting_needs(examine: Examine, platform: Remote) -> None:
    every = ["im:chat.members:bot_access", "im:chat:readonly", "im:chat"]
    await platform.ask("scopes", {"remove": every})
    found = await examine()
    assert bad(found) == []
    assert any("no scope for a greeting" in one.text for one in found)
    assert any("grant im:chat.members:bot_access" in one.hint for one in found)
