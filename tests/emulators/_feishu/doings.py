"""What people do besides writing, and the events it makes: ``POST /_ctl/act``."""

from copy import deepcopy
from typing import Any

from tests.emulators._feishu.people import People
from tests.emulators._feishu.state import TENANT, App, Chat, Message, Person


class Doings:
    """One method for each ``do``; each returns the id of the event, or None if nobody is told."""

    def __init__(self, people: People) -> None:
        self.people = people
        self.world = people.world
        self.events = people.events

    def act(self, body: dict[str, Any]) -> dict[str, Any]:
        """Do it."""
        doing = getattr(self, f"do_{body.get('do')}", None)
        if doing is None:
            raise ValueError(f"nobody can {body.get('do')}")
        done = doing(body)
        return done if isinstance(done, dict) else {"event_id": done}

    def _by(self, body: dict[str, Any]) -> Person:
        return self.people.person(body["by"])

    def _bot(self, chat: Chat) -> App:
        for app in self.world.apps.values():
            if app.app_id in chat.bots:
                return app
        return next(iter(self.world.apps.values()))

    def _around(self, message: Message) -> App:
        return self._bot(self.world.chats[message.chat_id])

    def do_read(self, body: dict[str, Any]) -> str | None:
        person = self._by(body)
        messages = [self.people.message(each) for each in body["messages"]]
        reader = {
            "reader_id": person.ids(),
            "read_time": str(self.world.milliseconds),
            "tenant_key": TENANT,
        }
        event = {"reader": reader, "message_id_list": [each.message_id for each in messages]}
        return self.events.emit(self._around(messages[0]), "im.message.message_read_v1", event)

    def do_react(self, body: dict[str, Any]) -> dict[str, Any]:
        message, person = self.people.message(body["message"]), self._by(body)
        made = self.people.reactions.add(message, person.open_id, "user", body["emoji"])
        event = self._reaction(message, person, body["emoji"])
        sent = self.events.emit(self._around(message), "im.message.reaction.created_v1", event)
        return {"event_id": sent, "reaction_id": made["reaction_id"]}

    def do_unreact(self, body: dict[str, Any]) -> str | None:
        message, person = self.people.message(body["message"]), self._by(body)
        gone = message.reactions.pop(body["reaction"])
        event = self._reaction(message, person, gone["reaction_type"]["emoji_type"])
        return self.events.emit(self._around(message), "im.message.reaction.deleted_v1", event)

    def _reaction(self, message: Message, person: Person, emoji: str) -> dict[str, Any]:
        return {
            "message_id": message.message_id,
            "reaction_type": {"emoji_type": emoji},
            "operator_type": "user",
            "user_id": person.ids(),
            "action_time": str(self.world.milliseconds),
        }

    def do_forward(self, body: dict[str, Any]) -> dict[str, Any]:
        """A card is forwarded to another chat, with its buttons as if they worked there.

        Clients offer it unless the card says otherwise in ``enable_forward``:
        https://open.feishu.cn/document/feishu-cards/card-json-v2-structure.
        """
        message, chat = self.people.message(body["message"]), self.people.chat(body["chat"])
        card = deepcopy(self.world.card_of(message))
        if card["config"].get("enable_forward") is False:
            raise ValueError("the card cannot be forwarded")
        copy = Message(
            chat.chat_id, message.sender, "app", "interactive", card, self.world.milliseconds
        )
        self.world.messages[copy.message_id] = copy
        return {"event_id": None, "message_id": copy.message_id}

    def do_recall(self, body: dict[str, Any]) -> str | None:
        """A message is withdrawn: by who wrote it, or of the bot by the owner of the group."""
        message = self.people.message(body["message"])
        message.deleted = True
        message.updated = self.world.milliseconds
        event = {
            "message_id": message.message_id,
            "chat_id": message.chat_id,
            "recall_time": str(self.world.milliseconds),
            "recall_type": body.get("recall_type", "message_owner"),
        }
        return self.events.emit(self._around(message), "im.message.recalled_v1", event)

    def do_remove_bot(self, body: dict[str, Any]) -> str | None:
        chat = self.people.chat(body["chat"])
        app = self.people.app(body.get("app"))
        chat.bots.discard(app.app_id)
        return self.events.emit(app, "im.chat.member.bot.deleted_v1", self._chat(chat, body))

    def do_add_bot(self, body: dict[str, Any]) -> str | None:
        chat = self.people.chat(body["chat"])
        app = self.people.app(body.get("app"))
        chat.bots.add(app.app_id)
        return self.events.emit(app, "im.chat.member.bot.added_v1", self._chat(chat, body))

    def do_disband(self, body: dict[str, Any]) -> str | None:
        chat = self.people.chat(body["chat"])
        chat.dissolved = True
        return self.events.emit(self._bot(chat), "im.chat.disbanded_v1", self._chat(chat, body))

    def _chat(self, chat: Chat, body: dict[str, Any]) -> dict[str, Any]:
        who = self._by(body).ids() if body.get("by") else {"open_id": "", "union_id": ""}
        about = {"chat_id": chat.chat_id, "operator_id": who, "external": False}
        return about | {"operator_tenant_key": TENANT, "name": chat.name}

    def do_enter(self, body: dict[str, Any]) -> dict[str, Any]:
        """Somebody opens the conversation with the bot."""
        person, app = self._by(body), self.people.app(body.get("app"))
        chat = self.world.p2p(app, person)
        inside = [m for m in self.world.messages.values() if m.chat_id == chat.chat_id]
        event: dict[str, Any] = {"chat_id": chat.chat_id, "operator_id": person.ids()}
        if inside:
            event["last_message_id"] = inside[-1].message_id
            event["last_message_create_time"] = str(inside[-1].created)
        kind = "im.chat.access_event.bot_p2p_chat_entered_v1"
        return {"event_id": self.events.emit(app, kind, event), "chat_id": chat.chat_id}

    def do_menu(self, body: dict[str, Any]) -> dict[str, Any]:
        """Somebody uses an entry of the bot's menu, which only conversations with it have."""
        person, app = self._by(body), self.people.app(body.get("app"))
        chat = self.world.p2p(app, person)
        event = {
            "operator": {"operator_name": person.name, "operator_id": person.ids()},
            "event_key": body["key"],
            "timestamp": self.world.milliseconds // 1000,
        }
        sent = self.events.emit(app, "application.bot.menu_v6", event)
        return {"event_id": sent, "chat_id": chat.chat_id}
