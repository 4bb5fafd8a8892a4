"""``banana-bot doctor`` on Feishu: whether the app is set up so that the bot can do its work.

https://open.feishu.cn/document/application-v6/scope/list says which scopes are granted, and
https://open.feishu.cn/document/server-docs/application-v6/application/get what is subscribed.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.feishu.api.client import Api, domain_of
from adapters.feishu.api.codes import MISSING_SCOPE, NO_ANSWER
from adapters.feishu.api.responses import ApiError
from adapters.feishu.settings import FeishuSettings
from bot.chat import BadProxy, way_to
from bot.ports import Finding

SUBJECT = "Feishu"
GUIDE = "see docs/feishu.md"


@dataclass(frozen=True, slots=True)
class Scope:
    """Any one of ``names`` is enough for ``use``; without an optional one the rest works."""

    use: str
    names: tuple[str, ...]
    optional: bool = False


SCOPES = (
    Scope("answering", ("im:message:send_as_bot", "im:message")),
    Scope(
        "hearing mentions in groups", ("im:message.group_at_msg:readonly", "im:message.group_msg")
    ),
    Scope("hearing direct messages", ("im:message.p2p_msg:readonly", "im:message.p2p_msg")),
    Scope(
        "reading pictures that are sent or quoted",
        ("im:message:readonly", "im:message", "im:message.history:readonly"),
    ),
    Scope("uploading pictures and files", ("im:resource", "im:resource:upload")),
    Scope("changing cards", ("im:message:update", "im:message", "im:message:send_as_bot")),
    Scope("deleting", ("im:message:recall", "im:message", "im:message:send_as_bot")),
    Scope(
        "a greeting when it is taken into a group",
        ("im:chat.members:bot_access", "im:chat:readonly", "im:chat"),
        optional=True,
    ),
    Scope(
        "a picture in a group first, a mention afterwards", ("im:message.group_msg",), optional=True
    ),
    Scope(
        "a reaction on small talk",
        ("im:message.reactions:write_only", "im:message"),
        optional=True,
    ),
    Scope("these checks", ("application:application:self_manage",), optional=True),
)
"""What the bot needs; :data:`WANTED` is what docs/feishu.md lets people import."""

WANTED = (
    "im:message:send_as_bot",
    "im:message.group_at_msg:readonly",
    "im:message.p2p_msg:readonly",
    "im:message:readonly",
    "im:message.reactions:write_only",
    "im:resource",
    "im:chat.members:bot_access",
    "application:application:self_manage",
)

SENSITIVE = ("im:message.group_msg",)
"""What an administrator has to agree to, so that it has an import of its own."""

MESSAGES, CALLBACK = "im.message.receive_v1", "card.action.trigger"

EVENTS: Mapping[str, str] = {
    "application.bot.menu_v6": "the bot's menu",
    "im.chat.access_event.bot_p2p_chat_entered_v1": "a greeting of who opens the chat with the bot",
    "im.chat.member.bot.added_v1": "a greeting in groups",
    "im.message.recalled_v1": "cancelling what is withdrawn",
}
"""Events that are worth having beside :data:`MESSAGES`, and what for."""

_ABOUT_BUTTONS = (
    "people see 200340 under a button while the callback card.action.trigger is not subscribed, "
    "200341 when no answer arrives within 3 seconds, and 200342 or 200343 when the address of the "
    "webhook is not reached; every button can be said in words too"
)

_ENABLED = 2
"""``activate_status`` of a bot that works: https://open.feishu.cn/document/client-docs/bot-v3/
obtain-bot-info."""


async def check(settings: FeishuSettings) -> AsyncIterator[Finding]:
    """Look at everything, from the credentials to the subscriptions."""
    if not settings.feishu_app_id or not settings.feishu_app_secret.get_secret_value():
        hint = "set FEISHU_APP_ID and FEISHU_APP_SECRET; both are on the app's first page"
        yield Finding(SUBJECT, False, "there are no credentials", hint)
        return
    for finding in _webhook(settings):
        yield finding
    api = Api(settings)
    try:
        reached = await _credentials(api, settings)
        yield reached
        if not reached.good:
            return
        yield await _bot(api)
        for finding in _clock(api):
            yield finding
        async for finding in _scopes(api, settings):
            yield finding
        async for finding in _subscriptions(api, settings):
            yield finding
    finally:
        await api.close()


def _webhook(settings: FeishuSettings) -> list[Finding]:
    if settings.feishu_mode != "webhook":
        return []
    found = []
    if not settings.web_public_url.startswith("https://"):
        hint = "set WEB_PUBLIC_URL to the https:// address under which Feishu reaches the bot"
        found.append(Finding(SUBJECT, False, "events cannot be delivered", hint))
    if not settings.feishu_encrypt_key.get_secret_value():
        hint = "set FEISHU_ENCRYPT_KEY: without it nothing says that an event is from Feishu"
        found.append(Finding(SUBJECT, False, "events are not signed", hint))
    return found


async def _credentials(api: Api, settings: FeishuSettings) -> Finding:
    domain = domain_of(settings)
    try:
        way = way_to(domain) or "directly"
        await api.open()
    except BadProxy as error:
        return Finding(SUBJECT, False, str(error), "correct it, or take it out of the environment")
    except ApiError as error:
        if error.code == NO_ANSWER:
            hint = "check the network, a proxy (HTTPS_PROXY) and FEISHU_DOMAIN"
            text = f"{domain} does not answer ({way}): {error.msg}"
            return Finding(SUBJECT, False, text, hint)
        hint = "check FEISHU_APP_ID, FEISHU_APP_SECRET, and FEISHU_DOMAIN: feishu or lark"
        return Finding(SUBJECT, False, f"{domain} refuses the credentials: {error}", hint)
    text = f"{domain} takes the credentials; calls and the long connection go {way}"
    return Finding(SUBJECT, True, text)


async def _bot(api: Api) -> Finding:
    hint = f"add the bot under “Features”, publish a version and have it approved; {GUIDE}"
    try:
        answer = await api.call("GET", "/open-apis/bot/v3/info")
    except ApiError as error:
        return Finding(SUBJECT, False, f"the app has no bot: {error}", hint)
    about = answer.get("bot") or {}
    name = about.get("app_name", "")
    if about.get("activate_status") != _ENABLED:
        return Finding(SUBJECT, False, f"the bot “{name}” is not enabled", hint)
    return Finding(SUBJECT, True, f"the bot is called “{name}”")


def _clock(api: Api) -> list[Finding]:
    """Whether our clock is right: messages are told apart by their age."""
    if not api.ahead:
        return []
    side = "behind" if api.ahead > 0 else "ahead of"
    text = f"the clock of this machine is {abs(round(api.ahead))} seconds {side} Feishu's"
    return [Finding(SUBJECT, False, text, "set the clock, for example by NTP")]


async def _scopes(api: Api, settings: FeishuSettings) -> AsyncIterator[Finding]:
    try:
        answer = await api.call("GET", "/open-apis/application/v6/scopes")
    except ApiError as error:
        yield Finding(SUBJECT, True, f"the scopes cannot be checked: {error}", GUIDE)
        return
    listed = [one for one in answer.get("scopes") or [] if isinstance(one, dict)]
    granted = {one.get("scope_name") for one in listed if one.get("grant_status") == 1}
    asked = {one.get("scope_name") for one in listed} - granted
    where = f"{domain_of(settings)}/app/{settings.feishu_app_id}/auth"
    good = True
    for scope in SCOPES:
        if granted.intersection(scope.names):
            continue
        waits = [name for name in scope.names if name in asked]
        hint = f"grant {scope.names[0]} at {where} and publish a version"
        if waits:
            hint = f"{waits[0]} is asked for: an administrator has to grant it"
        text = f"no scope for {scope.use}: {' or '.join(scope.names)}"
        good = good and scope.optional
        yield Finding(SUBJECT, scope.optional, text, hint)
    if good:
        yield Finding(SUBJECT, True, "every scope that is needed is granted")


async def _subscriptions(api: Api, settings: FeishuSettings) -> AsyncIterator[Finding]:
    path = "/open-apis/application/v6/applications/:app_id"
    try:
        answer = await api.call("GET", path, paths={"app_id": "me"}, query={"lang": "en_us"})
    except ApiError as error:
        scope = "grant application:application:self_manage; " if error.code == MISSING_SCOPE else ""
        hint = f"{scope}{GUIDE}; {_ABOUT_BUTTONS}"
        yield Finding(SUBJECT, True, "events and callbacks cannot be checked", hint)
        return
    about = answer.get("app") or {}
    if not about.get("online_version_id"):
        hint = "create a version and publish it: scopes and events count only from then on"
        yield Finding(SUBJECT, False, "no version of the app is published", hint)
    for finding in [*_events(about, settings), *_callbacks(about, settings)]:
        yield finding


def _events(about: Mapping[str, Any], settings: FeishuSettings) -> list[Finding]:
    event = about.get("event")
    if not isinstance(event, dict):
        return [Finding(SUBJECT, True, "the events cannot be checked", GUIDE)]
    subscribed = set(event.get("subscribed_events") or [])
    found = _delivery(event.get("subscription_type"), settings, "events")
    if MESSAGES not in subscribed:
        hint = f"add the event {MESSAGES} under “Events & callbacks” and publish a version"
        found.append(Finding(SUBJECT, False, "the bot hears nothing", hint))
    lacking = [f"{name} ({use})" for name, use in EVENTS.items() if name not in subscribed]
    if lacking:
        found.append(Finding(SUBJECT, True, f"optional events: {', '.join(lacking)}"))
    return found or [Finding(SUBJECT, True, "the events are subscribed")]


def _callbacks(about: Mapping[str, Any], settings: FeishuSettings) -> list[Finding]:
    callback = about.get("callback_info") or about.get("callback")
    if not isinstance(callback, dict):
        return [Finding(SUBJECT, True, "the callbacks cannot be checked", _ABOUT_BUTTONS)]
    if CALLBACK not in (callback.get("subscribed_callbacks") or []):
        hint = f"add {CALLBACK} under “Events & callbacks”, “Callbacks”; {_ABOUT_BUTTONS}"
        return [Finding(SUBJECT, False, "buttons do nothing", hint)]
    found = _delivery(callback.get("callback_type"), settings, "callbacks")
    return found or [Finding(SUBJECT, True, "buttons are delivered", _ABOUT_BUTTONS)]


def _delivery(how: object, settings: FeishuSettings, what: str) -> list[Finding]:
    """Whether Feishu delivers in the way in which the bot listens."""
    if how not in ("websocket", "webhook") or how == settings.feishu_mode:
        return []
    hint = f"choose the same under “Events & callbacks” and in FEISHU_MODE ({settings.feishu_mode})"
    return [Finding(SUBJECT, False, f"{what} are delivered by {how}", hint)]
