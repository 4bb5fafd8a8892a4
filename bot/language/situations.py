"""In which situations words that could be drawn want a picture; in the others they are asked about.

The same words may be a request and a remark: "a cat on a chair" wants a picture where there is
none, and "what a day" wants none anywhere.
"""

from collections.abc import Sequence

from bot.domain.actions import Action
from bot.domain.situation import Situation
from bot.language import classifier, pointers, quotes, wanting, wording
from bot.language.wording import Reading

ALL = frozenset(Situation)


def is_asked(text: str, reading: Reading, situation: Situation) -> bool:
    """Tell whether it is asked first if a text that is read so wants a picture."""
    if reading.action is Action.DRAW:
        return situation not in wanted_in(text, reading)
    return reading.action is Action.QUESTION


def wanted_in(text: str, reading: Reading, people: Sequence[str] = ()) -> frozenset[Situation]:
    """Return the situations in which a text that is read as a picture to draw wants one.

    ``people`` are the names of those whom it mentions.
    """
    if not text or len(text) > wanting.LONGEST or wording.is_command(text):
        return ALL
    said = pointers.pointer(text, people) or pointers.shown(text)
    if said is not None:  # then it is about that picture, wherever it is said
        acts = said.action is not None or not said.words
        found = wanting.evidence(said.words)
        whole = wanting.evidence(text)
        is_told = whole.narrates and not (whole.asks or whole.alters)
        wants = acts or (not is_told and found.wants(Situation.ABOUT))
        return ALL if wants else frozenset()
    settings = bool(reading.size or reading.aspect_ratio or reading.explicit_model)
    found = wanting.evidence(text, reading.prompt, settings=settings)
    if found.withdrawn:
        return frozenset()
    wanted = {situation for situation in Situation if found.wants(situation)}
    if quotes.is_bare(text):  # "draw this" points at what is there
        return frozenset(wanted - {Situation.AT_HAND} | {Situation.NOTHING, Situation.REPLY})
    if settings and found.settings:  # "cats, 16:9" leaves no doubt
        return frozenset(wanted)
    is_clear = found.changes or found.describes or found.ends or settings
    is_either = found.alters and not is_clear and not wording.is_change(text)
    asked = {Situation.AT_HAND} if is_either else set()  # of that picture, or another one
    return frozenset(
        situation
        for situation in ALL - asked
        if is_likely(text, situation, is_wanted=situation in wanted)
    )


def is_likely(text: str, situation: Situation, *, is_wanted: bool = True) -> bool:
    """Weigh what the grammar finds against how likely it is that a text wants a picture there.

    The grammar decides alone about words that were never seen.
    """
    odds = classifier.log_odds(text, situation)
    if odds is None:
        return is_wanted
    if situation is Situation.REPLY and not is_wanted:
        return False  # then it may be about what is replied to: wording.read_quoting
    return odds >= (classifier.LIKELY if is_wanted else classifier.SURE)
