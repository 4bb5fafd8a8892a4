"""Originals that are larger than a card takes: announced in the card, sent as files behind it."""

from dataclasses import replace

from cachetools import FIFOCache

from adapters.feishu.address import FeishuPlace
from adapters.feishu.api.responses import ApiError
from adapters.feishu.messages import sending
from adapters.feishu.messages.resources import KEYS_KEPT, LARGEST_FILE, TRIES, Resources, fits
from adapters.feishu.messages.sending import MessageSender, unique
from bot.chat import ErrorKind, packing
from messages import Message, Note, Picture, Step


class Originals:
    """Sends what had to be made smaller for the card."""

    def __init__(self, resources: Resources, messages: MessageSender) -> None:
        self._resources = resources
        self._sender = messages
        self._unanswered: FIFOCache[str, int] = FIFOCache(KEYS_KEPT)

    def announce(self, message: Message, place: FeishuPlace) -> Message:
        """The message with notes about pictures that are smaller in the card than they were."""
        if message.step is not Step.SUCCESS:
            return message
        reduced = [one for one in message.pictures if not fits(one)]
        notes = [packing.reduced(one.size) for one in reduced[:1]]
        refused = {image_id for image_id, sent in place.files if not sent}
        if any(one.size <= LARGEST_FILE and one.image_id not in refused for one in reduced):
            notes.append(Note("original_follows"))
        return replace(message, notes=(*message.notes, *notes))

    async def follow(self, place: FeishuPlace, card: str, message: Message) -> FeishuPlace:
        """Send those originals that have not followed yet; a refused one is noted as such.

        Raises:
            ApiError: there is no answer at the moment.
        """
        done = dict(place.files)
        for number, picture in enumerate(message.pictures, start=1):
            large = not fits(picture) and picture.size <= LARGEST_FILE
            if large and picture.image_id not in done:
                done[picture.image_id] = await self._send(place, card, message, picture, number)
        return replace(place, files=tuple(done.items()))

    async def _send(
        self, place: FeishuPlace, card: str, message: Message, picture: Picture, number: int
    ) -> str:
        """The id of the message with the file, or nothing when it was refused."""
        name = packing.file_name(packing.slug(message.prompt), number, picture.mime)
        try:
            key = await self._resources.send_file(picture, name, place.viewer)
            if key is None:
                return ""
            content = sending.of_file(key)
            key = unique("file", message.job_id, number, place.private)
            sent = (await self._sender.answer(place, content, key, to=card)).id
        except ApiError as error:
            sending.note(error, "sending an original as a file")
            tries = self._unanswered.pop(picture.image_id, 0) + 1
            if error.kind is ErrorKind.RETRY and tries < TRIES:
                self._unanswered[picture.image_id] = tries
                raise
            return ""
        self._unanswered.pop(picture.image_id, None)
        return sent
