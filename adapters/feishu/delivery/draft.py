"""The forms of one message, from its card with everything to words alone. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.feishu.address import FeishuPlace
from adapters.feishu.cards import cards, elements
from adapters.feishu.cards.elements import Element
from adapters.feishu.messages import sending
from messages import Message, Note, Problem, render_note


@dataclass(frozen=True, slots=True)
class CardDraft:
    """A message in one of :data:`messages.LOCALES`; ``problem`` is why pictures of it were not
    uploaded."""

    message: Message
    locale: str
    problem: Problem | None = None

    def forms(self, place: FeishuPlace) -> Sequence[sending.MessageContent]:
        """What a new message may be, the best form first.

        With pictures: the card, a simple card, rich text; without them: a simple card, words. A
        picture is worth more to a person than the buttons under it.
        """
        best = [sending.of_card(self._card(place)), sending.of_card(self._card(place, simple=True))]
        if not self._shown(place):
            return [*best, self.plain(place), self._words()]
        bare = self._card(place, simple=True, pictures=False)
        return [*best, self.plain(place), sending.of_card(bare), self._words()]

    def changes(self, place: FeishuPlace) -> Sequence[Element | sending.MessageContent]:
        """What a message that is there may become, the best form first: a card or rich text."""
        if place.plain:
            texts = [self.plain(place), self.plain(place, pictures=False)]
            return texts if self._shown(place) else texts[:1]
        best = [self._card(place), self._card(place, simple=True)]
        if not self._shown(place):
            return best
        return [*best, self._card(place, simple=True, pictures=False)]

    def plain(self, place: FeishuPlace, *, pictures: bool = True) -> sending.MessageContent:
        """As rich text."""
        images = self._images(place) if pictures else {}
        title, lines = cards.plain(self.message, self.locale)
        if len(images) < len(self.message.pictures):
            lines.append(cards.missing(self.problem, self.locale))
        shown = [images[one.image_id] for one in self.message.pictures if one.image_id in images]
        return sending.of_lines(title, lines, shown)

    def _words(self) -> sending.MessageContent:
        title, lines = cards.plain(self.message, self.locale)
        if self.message.pictures:
            lines.append(cards.missing(self.problem, self.locale))
        return sending.of_text("\n".join([title, *lines]))

    def _images(self, place: FeishuPlace) -> dict[str, str]:
        return dict(place.images)

    def _shown(self, place: FeishuPlace) -> bool:
        images = self._images(place)
        return any(one.image_id in images for one in self.message.pictures)

    def _card(self, place: FeishuPlace, *, simple: bool = False, pictures: bool = True) -> Element:
        images = self._images(place) if pictures else {}
        card = cards.card(
            *(self.message, self.locale, images),
            problem=self.problem,
            requester=place.asked_among_others,
            any_language=place.any_language,
            simple=simple,
        )
        return _moved(card, self.locale) if place.private and not place.p2p else card


def _moved(card: Element, locale: str) -> Element:
    """A card that says why it is not where it was asked for."""
    note = elements.paragraph(f"ℹ️ {render_note(Note('answered_here'), locale)}")
    return {**card, "body": {**card["body"], "elements": [note, *card["body"]["elements"]]}}
