"""Acting as a person: typing, commands, buttons, menus and modals.

Each action refuses (with :class:`Impossible`) what Discord's own client would not let a person do.
"""

import asyncio
import base64
from io import BytesIO
from typing import Any

from PIL import Image

from tests.emulators._discord import components, payloads
from tests.emulators._discord.cdn import Attachment
from tests.emulators._discord.filling import filled, option
from tests.emulators._discord.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL,
    Interaction,
)
from tests.emulators._discord.messages import REPLY, Message
from tests.emulators._discord.permissions import BITS
from tests.emulators._discord.refusing import Impossible, demand
from tests.emulators._discord.world import THREADS, Channel, User, World

MENTION = "mention"
MENUS = {"user": 2, "message": 3}
HELD_BACK = 60.0
FORWARDED = 1 << 14


class People:
    """Actions; each takes the JSON of its control and returns what to answer."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._later: set[asyncio.Task[None]] = set()

    @property
    def world(self) -> World:
        """What exists."""
        world: World = self._server.world
        return world

    def who(self, body: dict[str, Any]) -> User:
        """The person of ``as``."""
        user = self.world.users.get(int(body.get("as", 0)))
        demand(user, "as: no such person")
        assert user is not None
        return user

    def where(self, body: dict[str, Any], user: User) -> Channel:
        """The channel of ``channel``; ``"dm"`` is the person's direct messages with the bot."""
        asked = body.get("channel", "dm")
        if asked == "dm":
            demand(self.world.mutual(user), "this person shares no server with the bot")
            return self.world.direct(self.world.bot.id, user.id)
        channel = self.world.channels.get(int(asked))
        demand(channel, "channel: no such channel")
        assert channel is not None
        held = self.world.permissions(channel, user.id)
        demand(held & BITS["VIEW_CHANNEL"], "this person does not see the channel")
        return channel

    def files(
        self, given: list[dict[str, Any]], channel: int, *, ephemeral: bool
    ) -> list[Attachment]:
        """Uploads: ``{"filename", "base64" | "picture": [w, h] | "size"}``; ``content_type`` is
        what their sender says they are, null for nothing."""
        keep = self._server.cdn.keep
        made = [keep(channel, one["filename"], data(one), ephemeral=ephemeral) for one in given]
        for file, one in zip(made, given, strict=True):
            file.content_type = one.get("content_type", file.content_type)
        return made

    def stickers(self, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Stickers: ``{"name", "format" (1 to 4), "base64" | "picture"}``."""
        made = []
        for one in given:
            id = self._server.clock.snowflake()
            made.append({"id": str(id), "name": one["name"], "format_type": one["format"]})
            suffix = {1: "png", 2: "png", 3: "json", 4: "gif"}[one["format"]]
            self._server.cdn.stickers[f"{id}.{suffix}"] = data({"filename": f"a.{suffix}", **one})
        return made

    # Messages

    async def type(self, body: dict[str, Any]) -> dict[str, Any]:
        """Write a message: ``content``, ``mention``, ``attachments``, ``reply_to``, ``ping``,
        ``stickers``, ``poll`` (its question), ``forward`` (a message); a bot also ``embeds`` and
        ``components``, and a person ``unfolded``: the embeds that Discord makes of links.
        ``deleted``: the message that is replied to is deleted meanwhile."""
        user = self.who(body)
        channel = self.where(body, user)
        content = body.get("content", "")
        if body.get(MENTION):
            content = f"<@{self.world.bot.id}> {content}".strip()
        reply = body.get("reply_to")
        messages = self._server.messages
        target = messages.all.get(int(reply)) if reply else None
        demand(not reply or (target and not target.deleted), "reply_to: no such message")
        files = self.files(body.get("attachments", []), channel.id, ephemeral=False)
        stickers = self.stickers(body.get("stickers", []))
        source = messages.all.get(int(body["forward"])) if "forward" in body else None
        demand("forward" not in body or (source and not source.deleted), "forward: nothing there")
        cards = body.get("embeds") or body.get("components")
        demand(not cards or user.bot, "only bots write embeds and components")
        full = content or files or stickers or source or cards or "poll" in body
        demand(full, "there is nothing to send")
        message: Message = messages.add(
            channel.id,
            user.id,
            type=REPLY if reply else 0,
            attachments=files,
            reply_to=int(reply) if reply else None,
            nonce=str(self._server.clock.snowflake()),
            stickers=stickers,
            poll=_poll(body["poll"]) if "poll" in body else None,
        )
        if source:
            message.snapshot = messages.snapshot(source)
            message.source, message.flags = (source.channel, source.id), message.flags | FORWARDED
        allowed = {"parse": ["users", "roles", "everyone"], "replied_user": body.get("ping", True)}
        shown = {key: body[key] for key in ("embeds", "components", "flags") if key in body}
        messages.fill(message, {"content": content, "allowed_mentions": allowed, **shown}, {})
        message.embeds += body.get("unfolded", [])
        if body.get("deleted") and target:
            self._server.remove(target)
        messages.note(message)
        self._server.events.message("MESSAGE_CREATE", message)
        return {"message": str(message.id), "channel": str(channel.id)}

    async def edit(self, body: dict[str, Any]) -> dict[str, Any]:
        """Change the ``content`` of one's own ``message``."""
        user, message = self.who(body), self._message(body)
        demand(message.author == user.id, "the message is another person's")
        message.edited = self._server.clock.now
        self._server.messages.fill(message, {"content": body["content"]}, {})
        self._server.messages.note(message)
        self._server.events.message("MESSAGE_UPDATE", message)
        return {}

    async def react(self, body: dict[str, Any]) -> dict[str, Any]:
        """Add the reaction ``emoji`` to ``message``, or with ``remove`` take it away."""
        user, message = self.who(body), self._message(body)
        who = message.reactions.setdefault(body["emoji"], [])
        added = not body.get("remove")
        if added and user.id not in who:
            who.append(user.id)
        elif not added and user.id in who:
            who.remove(user.id)
        self._server.events.reaction(message, user.id, body["emoji"], added=added)
        return {}

    def _message(self, body: dict[str, Any]) -> Message:
        message = self._server.messages.all.get(int(body["message"]))
        demand(message and not message.deleted, "message: no such message")
        demand(
            "as" not in body or self._server.messages.visible_to(message, int(body["as"])),
            "this person does not see the message",
        )
        found: Message = message
        return found

    # Commands

    def _command(
        self, body: dict[str, Any], kind: int, user: User, channel: Channel
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """A command as Discord's client offers it here, and by whose installation."""
        name = body["name"] if kind != 1 else body["name"].split(" ")[0]
        place = payloads.place(self.world, channel)
        known = self._server.commands.here(channel.guild)
        fitting = [one for one in known if (one["type"], one["name"]) == (kind, name)]
        demand(fitting, f"{name}: no such command is registered")
        command = fitting[0]
        owners = self._owners(command, user, channel, place)
        demand(owners, f"{name}: not offered here: neither server nor person has installed it")
        contexts = command.get("contexts")
        if contexts is None:
            contexts = [0, 1, 2] if command.get("dm_permission", True) else [0]
        demand("guild_id" in command or place in contexts, f"{name}: not in this context")
        parent = (
            self.world.channels.get(channel.parent or 0) if channel.type in THREADS else channel
        )
        demand(
            not command["nsfw"] or (parent and (parent.nsfw or place)), f"{name}: age-restricted"
        )
        held = self.world.permissions(channel, user.id)
        needed = command.get("default_member_permissions")
        admin = held & BITS["ADMINISTRATOR"]
        if channel.guild:
            permitted = needed is None or (int(needed) and held & int(needed) == int(needed))
            demand(permitted or admin, f"{name}: this person lacks permissions")
            demand(held & BITS["USE_APPLICATION_COMMANDS"], "this person may not use commands")
        return command, owners

    def _owners(
        self, command: dict[str, Any] | None, user: User, channel: Channel, place: int
    ) -> dict[str, str]:
        kinds = command.get("integration_types", [0]) if command else [0, 1]
        guild = self.world.guilds[channel.guild] if channel.guild else None
        owners: dict[str, str] = {}
        if 0 in kinds and guild and guild.app:
            owners["0"] = str(guild.id)
        if 0 in kinds and place == 1:
            owners["0"] = "0"
        if 1 in kinds and user.installed:
            owners["1"] = str(user.id)
        return owners

    async def slash(self, body: dict[str, Any]) -> dict[str, Any]:
        """Run ``name`` (with its sub-commands, ``"settings show"``) with ``options``."""
        user = self.who(body)
        channel = self.where(body, user)
        command, owners = self._command(body, 1, user, channel)
        one = self._begin(COMMAND, user, channel, owners, body["name"])
        one.deprecated = self._named(one, body["name"], user)
        try:
            given = filled(self, command, body, channel)
        except Impossible:
            self._undo(one)
            raise
        return await self._go(one, given, body)

    async def autocomplete(self, body: dict[str, Any]) -> dict[str, Any]:
        """Type into the option ``focused`` of a command; unless told, ``wait`` is as long as it
        may be answered."""
        user = self.who(body)
        channel = self.where(body, user)
        command, owners = self._command(body, 1, user, channel)
        focused = option(command, body["name"], body["focused"])
        demand(focused.get("autocomplete"), f"{body['focused']}: has no autocomplete")
        given = filled(self, command, body, channel, focused=body["focused"])
        one = self._begin(AUTOCOMPLETE, user, channel, owners, body["name"])
        return await self._go(one, given, {"wait": self._server.interactions.longest} | body)

    async def menu(self, body: dict[str, Any]) -> dict[str, Any]:
        """Choose the context menu entry ``name`` of ``message`` or ``user``."""
        user = self.who(body)
        kind = "message" if "message" in body else "user"
        resolved: dict[str, Any]
        if kind == "message":
            message = self._message(body)
            channel = self.where({"channel": message.channel}, user)
            target = str(message.id)
            resolved = {"messages": {target: self._server.messages.payload(message)}}
        else:
            channel, target = self.where(body, user), str(int(body["user"]))
            resolved = {"users": {target: payloads.user(self.world.users[int(target)])}}
        command, owners = self._command(body, MENUS[kind], user, channel)
        one = self._begin(COMMAND, user, channel, owners, body["name"])
        one.menu = True
        one.deprecated = self._named(one, body["name"], user)
        one.metadata |= {"target_message_id": target} if kind == "message" else {}
        given = {"id": command["id"], "name": command["name"], "type": command["type"]}
        given |= {"guild_id": command["guild_id"]} if "guild_id" in command else {}
        return await self._go(one, given | {"target_id": target, "resolved": resolved}, body)

    # Components

    def _component(
        self, body: dict[str, Any], kinds: tuple[int, ...]
    ) -> tuple[User, Message, dict[str, Any]]:
        user, message = self.who(body), self._message(body)
        seen = self._server.messages.visible_to(message, user.id)
        demand(seen, "this person does not see the message")
        for _, one in components.walk(message.components):
            if one["type"] not in kinds:
                continue
            named = "custom_id" in body and one.get("custom_id") == body["custom_id"]
            text = (one.get("label") or "", (one.get("emoji") or {}).get("name") or "")
            labelled = "label" in body and body["label"] in (*text, " ".join(text[::-1]).strip())
            if named or labelled:
                demand(not one.get("disabled"), "it is disabled")
                demand(one.get("custom_id"), "it only opens a link")
                return user, message, one
        raise Impossible(f"no such component: {body.get('custom_id') or body.get('label')}")

    async def click(self, body: dict[str, Any]) -> dict[str, Any]:
        """Press the button ``custom_id`` or ``label`` of ``message``."""
        user, message, button = self._component(body, (components.BUTTON,))
        return await self._pressed(user, message, button, {}, body)

    async def select(self, body: dict[str, Any]) -> dict[str, Any]:
        """Choose ``values`` in the select menu ``custom_id`` of ``message``."""
        user, message, one = self._component(body, components.SELECTS)
        values = [str(value) for value in body["values"]]
        demand(one["min_values"] <= len(values) <= one["max_values"], "too few or too many values")
        data: dict[str, Any] = {"values": values}
        if one["type"] == components.STRING:
            offered = {choice["value"] for choice in one["options"]}
            demand(set(values) <= offered, f"not offered: {sorted(set(values) - offered)}")
        else:
            people = {id: self.world.users[int(id)] for id in values}
            data["resolved"] = {"users": {id: payloads.user(p) for id, p in people.items()}}
        return await self._pressed(user, message, one, data, body)

    async def _pressed(
        self,
        user: User,
        message: Message,
        one: dict[str, Any],
        data: dict[str, Any],
        body: dict[str, Any],
    ) -> dict[str, Any]:
        channel = self.world.channels.get(message.channel)
        demand(channel, "the channel is gone")
        assert channel is not None
        began = (message.metadata or {}).get("authorizing_integration_owners")
        place = payloads.place(self.world, channel)
        owners = dict(began or self._owners(None, user, channel, place))
        made = self._begin(COMPONENT, user, channel, owners, one["custom_id"], source=message)
        given = {"custom_id": one["custom_id"], "component_type": one["type"], "id": one["id"]}
        return await self._go(made, given | data, body)

    async def submit(self, body: dict[str, Any]) -> dict[str, Any]:
        """Send the modal that the interaction ``modal`` opened, with ``values`` by custom id or
        label."""
        opener = self._server.interactions.all.get(int(body["modal"]))
        demand(opener and opener.modal, "modal: that interaction opened none")
        user = self.world.users[opener.user]
        demand(int(body.get("as", user.id)) == user.id, "the modal is another person's")
        channel = self.world.channels.get(opener.channel)
        demand(channel, "the channel is gone")
        assert channel is not None
        shown, resolved = self._server.forms.filled(opener.modal, body.get("values", {}), channel)
        source = self._server.messages.all.get(opener.source) if opener.source else None
        name = opener.modal["custom_id"]
        one = self._begin(MODAL, user, channel, opener.owners, name, source=source)
        one.metadata["triggering_interaction_metadata"] = opener.metadata
        data: dict[str, Any] = {"custom_id": name, "components": shown}
        data |= {"resolved": resolved} if resolved else {}
        return await self._go(one, data, body)

    # Delivery

    def _begin(self, *facts: Any, **more: Any) -> Interaction:
        made: Interaction = self._server.interactions.begin(*facts, **more)
        return made

    def _named(self, one: Interaction, name: str, user: User) -> dict[str, Any]:
        return {"id": str(one.id), "type": 2, "name": name, "user": payloads.user(user)}

    def _undo(self, one: Interaction) -> None:
        self._server.interactions.all.pop(one.id, None)
        self._server.interactions.by_token.pop(one.token, None)

    async def _go(
        self, one: Interaction, data: dict[str, Any], body: dict[str, Any]
    ) -> dict[str, Any]:
        """Deliver, ``deliver_after`` seconds late, and wait ``wait`` seconds for an answer."""
        interactions = self._server.interactions
        locale = body.get("locale") or self.world.users[one.user].locale
        payload = interactions.payload(one, data, locale)
        held = min(float(body.get("deliver_after", 0)), HELD_BACK)
        if held:
            task = asyncio.create_task(self._deliver(payload, one.guild, held))
            self._later.add(task)
            task.add_done_callback(self._later.discard)
        else:
            self._server.events.interaction(payload, one.guild)
        if body.get("wait"):
            try:
                async with asyncio.timeout(float(body["wait"])):
                    await one.answered.wait()
            except TimeoutError:
                pass
        told: dict[str, Any] = interactions.told(one)
        return told

    async def _deliver(self, payload: dict[str, Any], guild: int | None, held: float) -> None:
        await asyncio.sleep(held)
        self._server.events.interaction(payload, guild)


def _poll(question: str) -> dict[str, Any]:
    answers = [{"answer_id": n, "poll_media": {"text": text}} for n, text in enumerate("ab", 1)]
    return {
        "question": {"text": question},
        "answers": answers,
        "expiry": "2030-01-01T00:00:00+00:00",
        "allow_multiselect": False,
        "layout_type": 1,
        "results": {"answer_counts": [], "is_finalized": False},
    }


def data(one: dict[str, Any]) -> bytes:
    """The bytes of an upload that a control describes."""
    if "base64" in one:
        return base64.b64decode(one["base64"])
    if "picture" in one:
        buffer = BytesIO()
        color = tuple(one.get("color", (200, 120, 40)))
        kind = {"jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP", "gif": "GIF"}
        suffix = one["filename"].rpartition(".")[2].lower()
        Image.new("RGB", tuple(one["picture"]), color).save(buffer, kind.get(suffix, "PNG"))
        return buffer.getvalue()
    return b"\0" * int(one.get("size", 10))
