"""Reactions to messages. https://open.feishu.cn/document/server-docs/im-v1/message-reaction/create"""

from typing import Any

from aiohttp import web

from tests.emulators._feishu.gateway import Call, Gateway
from tests.emulators._feishu.refusals import Refused, check
from tests.emulators._feishu.state import Message, World, hex_id

EMOJI = frozenset(
    """
    OK THUMBSUP THANKS MUSCLE FINGERHEART APPLAUSE FISTBUMP JIAYI DONE SMILE BLUSH LAUGH SMIRK LOL
    FACEPALM LOVE WINK PROUD WITTY SMART SCOWL THINKING SOB CRY ERROR NOSEPICK HAUGHTY SLAP
    SPITBLOOD TOASTED GLANCE DULL INNOCENTSMILE JOYFUL WOW TRICK YEAH ENOUGH TEARS EMBARRASSED KISS
    SMOOCH DROOL OBSESSED MONEY TEASE SHOWOFF COMFORT CLAP PRAISE STRIVE XBLUSH SILENT WAVE WHAT
    FROWN SHY DIZZY LOOKDOWN CHUCKLE WAIL CRAZY WHIMPER HUG BLUBBER WRONGED HUSKY SHHH SMUG ANGRY
    HAMMER SHOCKED TERROR PETRIFIED SKULL SWEAT SPEECHLESS SLEEP DROWSY YAWN SICK PUKE BETRAYED
    HEADSET EatingFood MeMeMe Sigh Typing Lemon Get LGTM OnIt OneSecond VRHeadset YouAreTheBest
    SALUTE SHAKE HIGHFIVE UPPERLEFT ThumbsDown SLIGHT TONGUE EYESCLOSED RoarForYou CALF BEAR BULL
    RAINBOWPUKE ROSE HEART PARTY LIPS BEER CAKE GIFT CUCUMBER Drumstick Pepper CANDIEDHAWS BubbleTea
    Coffee Yes No OKR CheckMark CrossMark MinusOne Hundred AWESOMEN Pin Alarm Loudspeaker Trophy
    Fire BOMB Music XmasTree Snowman XmasHat FIREWORKS REDPACKET FORTUNE LUCK FIRECRACKER
    HEARTBROKEN POOP StatusFlashOfInspiration 18X CLEAVER Soccer Basketball
    """.split()
)


class Reactions:
    """Routes of the reactions of messages."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self.world = world
        self.gateway = gateway

    def routes(self, router: web.UrlDispatcher) -> None:
        api = self.gateway.api
        base = "/open-apis/im/v1/messages/{message_id}/reactions"
        router.add_post(base, api("im.v1.messageReaction.create", self.create))
        router.add_get(base, api("im.v1.messageReaction.list", self.list))
        one = f"{base}/{{reaction_id}}"
        router.add_delete(one, api("im.v1.messageReaction.delete", self.delete))

    async def create(self, call: Call) -> dict[str, Any]:
        body = call.body or {}
        kind: Any = body.get("reaction_type")
        shape = set(body) == {"reaction_type"} and isinstance(kind, dict)
        check(shape and set(kind) == {"emoji_type"}, 99992402, "reaction_type")
        check(kind["emoji_type"] in EMOJI, 231001, str(kind["emoji_type"]))
        message = self._message(call)
        return self.add(message, call.app.app_id, "app", kind["emoji_type"])

    def add(self, message: Message, by: str, kind: str, emoji: str) -> dict[str, Any]:
        """Put a reaction; one there is already is given again."""
        for known in message.reactions.values():
            operator = known["operator"]["operator_id"]
            if operator == by and known["reaction_type"]["emoji_type"] == emoji:
                return known
        made: dict[str, Any] = {
            "reaction_id": hex_id("ZCaCIjUBVVWSrm5L-", 32),
            "operator": {"operator_id": by, "operator_type": kind},
            "action_time": str(self.world.milliseconds),
            "reaction_type": {"emoji_type": emoji},
        }
        message.reactions[made["reaction_id"]] = made
        return made

    async def delete(self, call: Call) -> dict[str, Any]:
        message = self._message(call)
        found = message.reactions.get(call.path["reaction_id"])
        if found is None:
            others = self.world.messages.values()
            known = any(call.path["reaction_id"] in each.reactions for each in others)
            raise Refused(231010 if known else 231011)
        check(found["operator"]["operator_id"] == call.app.app_id, 231007)
        return message.reactions.pop(call.path["reaction_id"])

    async def list(self, call: Call) -> dict[str, Any]:
        found = [
            each
            for each in self._message(call).reactions.values()
            if call.query.get("reaction_type", each["reaction_type"]["emoji_type"])
            == each["reaction_type"]["emoji_type"]
        ]
        return {"items": found, "has_more": False, "page_token": ""}

    def _message(self, call: Call) -> Message:
        message = self.world.messages.get(call.path["message_id"])
        if message is None or message.deleted:
            raise Refused(231003)
        if call.app.app_id not in self.world.chats[message.chat_id].bots:
            raise Refused(231008)
        return message
