"""Answers to interactions: the callback, and the webhook behind the interaction's token.

https://discord.com/developers/docs/interactions/receiving-and-responding#endpoints.
"""

from typing import Any

from tests.emulators._discord import bodies, modals, rules
from tests.emulators._discord.api import Call, Routes
from tests.emulators._discord.bodies import Upload
from tests.emulators._discord.errors import Form, Refused
from tests.emulators._discord.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL,
    Interaction,
)
from tests.emulators._discord.messages import MENU, PLAIN, REPLY, SLASH, Message
from tests.emulators._discord.permissions import BITS
from tests.emulators._discord.rules import EPHEMERAL, LOADING

WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
MESSAGE, DEFER, DEFER_UPDATE, UPDATE, CHOICES, OPEN = 4, 5, 6, 7, 8, 9
FOLLOWUPS = 5
NEW = rules.SUPPRESS_EMBEDS | EPHEMERAL | rules.SILENT | rules.V2
EDIT = rules.SUPPRESS_EMBEDS | rules.V2


class Callbacks:
    """The endpoints that need no authorization but the token in their path."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def routes(self, routes: Routes) -> None:
        """Add the endpoints."""
        path = "/interactions/{interaction_id}/{interaction_token}/callback"
        routes.add("POST", path, self.answer, auth=False)
        routes.add("POST", WEBHOOK, self.follow, auth=False)
        for name in ("@original", "{message_id}"):
            message = f"{WEBHOOK}/messages/{name}"
            routes.add("GET", message, self.get, auth=False)
            routes.add("PATCH", message, self.edit, auth=False)
            routes.add("DELETE", message, self.delete, auth=False)

    # The first response

    async def answer(self, call: Call) -> Any:
        """The callback: types 4 to 9."""
        one = self._server.interactions.all.get(call.id("interaction_id"))
        if one is None or one.token != call.path["interaction_token"]:
            raise Refused(10062)
        try:
            body = await self._answer(one, call)
        except Refused as refused:
            one.refusals.append(refused.body)
            raise
        one.acked = self._server.clock.now
        one.answered.set()
        if call.query.get("with_response", "").lower() not in ("1", "true"):
            return None
        return body

    async def _answer(self, one: Interaction, call: Call) -> dict[str, Any]:
        server = self._server
        if one.acked is not None:
            raise Refused(10062 if server.interactions.expired(one) else 40060)
        if server.interactions.late(one) or server.interactions.expired(one):
            raise Refused(10062)
        kind = (call.body or {}).get("type")
        data = (call.body or {}).get("data") or {}
        self._check_kind(one, kind)
        resource: dict[str, Any] = {}
        if kind in (MESSAGE, DEFER):
            message = self._respond(one, data, call.files, loading=kind == DEFER)
            if kind == MESSAGE:
                resource = {"type": kind, "message": server.messages.payload(message)}
        elif kind in (DEFER_UPDATE, UPDATE):
            message = server.messages.found(one.source or 0)
            if kind == UPDATE:
                self._change(message, data, call.files, one, ("data",))
                resource = {"type": kind, "message": server.messages.payload(message)}
            one.original = message.id
        elif kind == OPEN:
            modals.check(data)
            one.modal = data
        else:
            one.choices = data.get("choices") or []
        one.response = kind
        made: dict[str, Any] = {"interaction": self._interaction(one)}
        return made | ({"resource": resource} if resource else {})

    def _check_kind(self, one: Interaction, kind: Any) -> None:
        """Check that the kind of response fits the interaction.

        Raises:
            Refused: 50035, or 10008 when the message to update is gone.
        """
        fitting = {
            COMMAND: (MESSAGE, DEFER, OPEN),
            COMPONENT: (MESSAGE, DEFER, DEFER_UPDATE, UPDATE, OPEN),
            AUTOCOMPLETE: (CHOICES,),
            MODAL: (MESSAGE, DEFER) + ((DEFER_UPDATE, UPDATE) if one.source else ()),
        }[one.type]
        form = Form()
        words = f"This interaction takes one of {fitting}."
        form.need(kind in fitting, ("type",), "INTERACTION_CALLBACK_INVALID_TYPE", words)
        form.settle()

    def _interaction(self, one: Interaction) -> dict[str, Any]:
        made: dict[str, Any] = {"id": str(one.id), "type": one.type}
        if one.original:
            message = self._server.messages.all[one.original]
            made |= {
                "response_message_id": str(message.id),
                "response_message_loading": one.loading,
                "response_message_ephemeral": bool(message.flags & EPHEMERAL),
            }
        return made

    def _respond(
        self, one: Interaction, data: dict[str, Any], files: dict[int, Upload], *, loading: bool
    ) -> Message:
        """The first message of an interaction, or the sign that the app is thinking."""
        if loading:
            form = Form()
            flags = data.get("flags") or 0
            known = not flags & ~(EPHEMERAL | rules.V2)
            form.need(known, ("data", "flags"), "BASE_TYPE_BAD_TYPE", "Flags that do not fit.")
            form.settle()
            message = self._new(one, flags | LOADING)
        else:
            self._check(one, data, files, ("data",))
            message = self._new(one, data.get("flags") or 0)
            self._server.messages.fill(message, data, files)
        one.original, one.loading = message.id, loading
        self._publish("MESSAGE_CREATE", message)
        return message

    def _check(
        self,
        one: Interaction,
        data: dict[str, Any],
        files: dict[int, Upload],
        path: tuple[str, ...],
    ) -> None:
        rules.check(data, files, allowed_flags=NEW, path=path)
        self._files(one, files)

    def _files(self, one: Interaction, files: dict[int, Upload]) -> None:
        """Sizes, and whether the app may attach files here.

        Raises:
            Refused: 40005 or 50013.
        """
        bodies.limit(files, one.limit, self._server.settings.get("refuse_files"))
        if files and not one.permissions & BITS["ATTACH_FILES"]:
            raise Refused(50013)

    def _new(self, one: Interaction, flags: int) -> Message:
        """A message of the app in answer to an interaction, empty as yet."""
        server = self._server
        if one.channel not in server.world.channels:
            raise Refused(10003)
        if server.interactions.hidden(one):
            flags |= EPHEMERAL
        first = one.original is None
        message: Message = server.messages.add(
            one.channel,
            server.world.bot.id,
            only=one.user if flags & EPHEMERAL else None,
            flags=flags & (EPHEMERAL | LOADING | rules.V2 | rules.SILENT),
            webhook=True,
            interaction=one.id,
        )
        message.metadata = dict(one.metadata)
        message.deprecated = one.deprecated if first else None
        if not first:
            message.metadata["original_response_message_id"] = str(one.original)
        message.type = self._type(one, first)
        if message.type == REPLY:
            message.reply_to = one.source if first else one.original
        return message

    def _type(self, one: Interaction, first: bool) -> int:
        if not first or one.type == COMPONENT:
            return REPLY if one.source or not first else PLAIN
        if one.type == MODAL:
            return REPLY if one.source else PLAIN
        return MENU if one.menu else SLASH

    def _publish(self, name: str, message: Message) -> None:
        self._server.messages.note(message)
        self._server.events.message(name, message)

    # The webhook

    def _token(self, call: Call) -> Interaction:
        """The interaction a token belongs to.

        Raises:
            Refused: 10015 for another app's or an unanswered interaction, 50027 for a token that
                is unknown or no longer works.
        """
        one = self._server.interactions.by_token.get(call.path["webhook_token"])
        if one is None or self._server.interactions.expired(one):
            raise Refused(50027)
        if call.id("webhook_id") != self._server.world.app["id"]:
            raise Refused(10015)
        if one.acked is None or one.response == CHOICES:
            raise Refused(10015)
        found: Interaction = one
        return found

    def _message(self, call: Call) -> tuple[Interaction, Message]:
        one = self._token(call)
        if "message_id" not in call.path:
            if one.original is None:
                raise Refused(10008)
            id = one.original
        else:
            id = call.id("message_id")
            if id not in (one.original, one.source, *one.followups):
                raise Refused(10008)
        if one.channel not in self._server.world.channels:
            raise Refused(10003)
        return one, self._server.messages.found(id)

    async def follow(self, call: Call) -> Any:
        """A follow-up; the first after a deferral fills the message that is loading."""
        one = self._token(call)
        data = call.body or {}
        if one.channel not in self._server.world.channels:
            raise Refused(10003)
        if one.loading and one.original:
            message = self._server.messages.all[one.original]
            if not message.deleted:
                rules.check(data, call.files, allowed_flags=NEW)
                self._files(one, call.files)
                return self._change(message, data, call.files, one, (), checked=True)
        if one.user_only and len(one.followups) >= FOLLOWUPS:
            raise Refused(40094)
        self._check(one, data, call.files, ())
        message = self._new(one, data.get("flags") or 0)
        one.followups.append(message.id)
        self._server.messages.fill(message, data, call.files)
        self._publish("MESSAGE_CREATE", message)
        return self._server.messages.payload(message)

    async def get(self, call: Call) -> Any:
        _, message = self._message(call)
        return self._server.messages.payload(message)

    async def edit(self, call: Call) -> Any:
        one, message = self._message(call)
        return self._change(message, call.body or {}, call.files, one, ())

    async def delete(self, call: Call) -> None:
        one, message = self._message(call)
        if one.original == message.id:
            one.loading = False
        self._server.remove(message)

    def _change(
        self,
        message: Message,
        data: dict[str, Any],
        files: dict[int, Upload],
        one: Interaction,
        path: tuple[str, ...],
        *,
        checked: bool = False,
    ) -> dict[str, Any]:
        """Edit a message, which ends its loading."""
        messages = self._server.messages
        if not checked:
            held = messages.held(message)
            rules.check(data, files, allowed_flags=EDIT | EPHEMERAL, path=path, held=held)
            self._files(one, files)
        self._server.count_edit(message)
        if message.flags & LOADING:
            message.flags &= ~LOADING
        else:
            message.edited = self._server.clock.now
        if message.id == one.original:
            one.loading = False
        messages.fill(message, data, files)
        self._publish("MESSAGE_UPDATE", message)
        changed: dict[str, Any] = messages.payload(message)
        return changed
